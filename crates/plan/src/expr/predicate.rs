//! Predicates of filters, split into what selects and what correlates.
//!
//! A comparison of one canonical column with literals selects. Where its owner grants these cells
//! (`select:`), what shows is the cell and not the value.
//!
//! Invariant: a grant counts for `=`, `<>`, `IN` and `NOT IN` with literals of its domain only.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use sealine_label::{Channels, LabelId, Layer};
use sealine_spec::Select;

use super::cell::{Cell, Own};
use super::evaluate::Env;
use super::span::{is_literal, is_path};
use crate::error::Bound;
use crate::flow::Prover;

/// What decides a filter.
pub(crate) struct Verdict {
    pub(crate) selected: LabelId,
    pub(crate) correlated: LabelId,
}

impl Prover<'_> {
    /// The labels of a predicate, conjunct by conjunct.
    pub(crate) fn predicate(&mut self, expr: &Expr, env: &Env<'_>) -> Bound<Verdict> {
        if let Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::And,
            right,
        }) = expr
        {
            let (a, b) = (self.predicate(left, env)?, self.predicate(right, env)?);
            return Ok(Verdict {
                selected: self.join(a.selected, b.selected),
                correlated: self.join(a.correlated, b.correlated),
            });
        }
        if let Some(selected) = self.selection(expr, env)? {
            let selected = self.labels.through(selected, Channels::SELECTED);
            return Ok(Verdict {
                selected,
                correlated: self.nothing(),
            });
        }
        let cell = self.evaluate(expr, env)?;
        Ok(Verdict {
            selected: self.nothing(),
            correlated: self.seen(&cell),
        })
    }

    /// The label of comparisons of columns with literals, joined by AND, OR and NOT.
    fn selection(&mut self, expr: &Expr, env: &Env<'_>) -> Bound<Option<LabelId>> {
        match expr {
            Expr::BinaryExpr(BinaryExpr {
                left,
                op: Operator::And | Operator::Or,
                right,
            }) => {
                let (Some(a), Some(b)) = (self.selection(left, env)?, self.selection(right, env)?)
                else {
                    return Ok(None);
                };
                Ok(Some(self.join(a, b)))
            }
            Expr::Not(inner) => self.selection(inner, env),
            Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_comparison(*op) => {
                let (column, literal) = if is_literal(right) {
                    (left, right)
                } else {
                    (right, left)
                };
                if !is_literal(literal) {
                    return Ok(None);
                }
                // For what can fail in it.
                self.evaluate(literal, env)?;
                let cells =
                    matches!(op, Operator::Eq | Operator::NotEq).then(|| vec![literal.as_ref()]);
                self.compared(column, cells, env)
            }
            Expr::InList(InList { expr, list, .. }) if list.iter().all(is_literal) => {
                for literal in list {
                    self.evaluate(literal, env)?;
                }
                self.compared(expr, Some(list.iter().collect()), env)
            }
            Expr::IsNull(inner) | Expr::IsNotNull(inner) if is_path(inner) => {
                let cell = self.evaluate(inner, env)?;
                Ok(cell.own.is_some().then_some(cell.null))
            }
            Expr::Between(between) if is_literal(&between.low) && is_literal(&between.high) => {
                self.evaluate(expr, env)?;
                self.compared(&between.expr, None, env)
            }
            Expr::Like(like) if is_literal(&like.pattern) => {
                self.evaluate(expr, env)?;
                self.compared(&like.expr, None, env)
            }
            _ => Ok(None),
        }
    }

    fn compared(
        &mut self,
        column: &Expr,
        cells: Option<Vec<&Expr>>,
        env: &Env<'_>,
    ) -> Bound<Option<LabelId>> {
        if !is_path(column) {
            return Ok(None);
        }
        let cell = self.evaluate(column, env)?;
        let Some(own) = &cell.own else {
            return Ok(None);
        };
        let granted = cells.and_then(|cells| self.granted(own, &cells));
        let Some(values) = granted else {
            return Ok(Some(self.seen(&cell)));
        };
        let mut all = self.rest_of(&cell);
        for value in values {
            let one = self.own_as(own, &Layer::Cell { value });
            all = self.join(all, one);
        }
        Ok(Some(all))
    }

    /// What a cell carries besides the column that it is.
    fn rest_of(&mut self, cell: &Cell) -> LabelId {
        self.join(cell.value, cell.null)
    }

    /// The texts compared with, if the owner grants them all.
    fn granted(&self, own: &Own, cells: &[&Expr]) -> Option<Vec<Arc<str>>> {
        let select = self.grant(own)?;
        cells
            .iter()
            .map(|cell| {
                let text = literal_text(cell)?;
                select
                    .domain
                    .contains(&text)
                    .then(|| Arc::from(text.as_str()))
            })
            .collect()
    }

    /// The grant on a column, as it is and not behind a normalizer.
    fn grant(&self, own: &Own) -> Option<&Select> {
        let columns: Vec<_> = own.columns.iter().collect();
        let [(dataset, column, 0)] = columns.as_slice() else {
            return None;
        };
        self.world.column(dataset, column)?.select.as_ref()
    }
}

fn is_comparison(op: Operator) -> bool {
    matches!(
        op,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
    )
}

/// A literal as the text that a grant's domain is written in.
pub(crate) fn literal_text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(value, _) if !value.is_null() => match value {
            ScalarValue::Utf8(Some(text))
            | ScalarValue::Utf8View(Some(text))
            | ScalarValue::LargeUtf8(Some(text)) => Some(text.clone()),
            other => Some(other.to_string()),
        },
        Expr::Cast(cast) => literal_text(&cast.expr),
        Expr::TryCast(cast) => literal_text(&cast.expr),
        _ => None,
    }
}
