//! Places and texts of expressions.

use datafusion::common::Span as SqlSpan;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::Expr;
use sealine_spec::{Span, SqlText};

use crate::error::place;

/// The place of an expression: from its first to its last column; the whole SQL if it has none.
pub(crate) fn span_of(expr: &Expr, sql: &SqlText) -> Span {
    let mut found: Option<SqlSpan> = None;
    let _ = expr.apply(|part| {
        let spans = match part {
            Expr::Column(column) | Expr::OuterReferenceColumn(_, column) => &column.spans,
            Expr::ScalarSubquery(subquery) => &subquery.spans,
            Expr::Exists(exists) => &exists.subquery.spans,
            Expr::InSubquery(within) => &within.subquery.spans,
            _ => return Ok(TreeNodeRecursion::Continue),
        };
        for span in spans.iter() {
            found = Some(found.map_or(*span, |known| known.union(span)));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    found.map_or(sql.span, |span| place(sql, span))
}

/// An expression as people read it, cut to a line.
pub(crate) fn shown(expr: &Expr) -> String {
    let text = expr.human_display().to_string();
    let mut line: String = text.chars().take(120).collect();
    if line.len() < text.len() {
        line.push('…');
    }
    line
}

/// Whether an expression can be a column as it is: one column, behind casts and functions of one
/// argument. Anything else need not be evaluated to know that it is computed.
pub(crate) fn is_path(expr: &Expr) -> bool {
    match expr {
        Expr::Column(_) | Expr::OuterReferenceColumn(_, _) => true,
        Expr::Alias(alias) => is_path(&alias.expr),
        Expr::Cast(cast) => is_path(&cast.expr),
        Expr::TryCast(cast) => is_path(&cast.expr),
        Expr::ScalarFunction(function) => {
            matches!(function.args.as_slice(), [only] if is_path(only))
        }
        _ => false,
    }
}

/// Whether an expression reads no column.
pub(crate) fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(_, _) => true,
        Expr::Cast(cast) => is_literal(&cast.expr),
        Expr::TryCast(cast) => is_literal(&cast.expr),
        Expr::Negative(inner) => is_literal(inner),
        Expr::Alias(alias) => is_literal(&alias.expr),
        _ => false,
    }
}
