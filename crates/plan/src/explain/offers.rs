//! What to ask a data owner for, where no change of the query would do.
//!
//! Invariant: an offer has no place in the pipeline's text; it is the owner's to take up.

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator};
use sealine_label::{Aspect, Level, Origin};

use super::evidence::Again;
use super::items::condition;
use crate::candidate::Candidate;
use crate::check::Trail;
use crate::expr::literal_text;
use crate::flow::Node;
use crate::plan::Plan;

/// An owner's view and a select grant where rows tell, and the relabelling, in that order.
pub(crate) fn offers(plan: &Plan, again: &Again, origin: &Origin, trail: Trail) -> Vec<Candidate> {
    let mut all = Vec::new();
    if trail.column.is_none() {
        all.extend(view(plan, again, origin, trail.output));
        all.extend(grant(plan, again, origin, trail));
    }
    all.extend(relabel(plan, again, origin, trail));
    all
}

/// An owner's view, ready to paste into the catalogue.
fn view(plan: &Plan, again: &Again, origin: &Origin, output: usize) -> Option<Candidate> {
    let dataset = again.spec.datasets.get(&*origin.dataset)?;
    let column = origin.column.as_ref()?;
    let short = dataset.id.rsplit('.').next().unwrap_or(&dataset.id);
    let prefix = dataset.id.strip_suffix(short).unwrap_or_default();
    let from = &plan.outputs.get(output)?.from;
    let text = plan.evidence.texts.iter().find(|text| text.name == *from)?;
    // The pipeline's own condition, if it is about this column alone.
    let written = condition(&text.sql.text)
        .filter(|written| written.contains(&**column) && !written.contains('.'));
    let condition = written.map_or_else(
        || format!("{column} IS NOT NULL"),
        |text| text.replace('"', "\\\""),
    );
    let condition = condition.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Candidate {
        title: format!(
            "ask the owner of `{}` for a view that makes this selection",
            dataset.id
        ),
        demands: Vec::new(),
        span: None,
        replacement: format!(
            "{prefix}selected_{short}: {{ view: \"SELECT * FROM {} WHERE {condition}\" }}",
            dataset.id
        ),
        reveals: "for which rows the owner's condition holds".to_owned(),
    })
}

/// A select grant, ready to paste into the column's entry of the catalogue.
fn grant(plan: &Plan, again: &Again, origin: &Origin, trail: Trail) -> Option<Candidate> {
    let name = origin.column.as_ref()?;
    let column = again.spec.datasets.get(&*origin.dataset)?.column(name)?;
    if column.select.is_some() || origin.aspect != Aspect::Value {
        return None;
    }
    let values = compared(plan.evidence.nodes.get(trail.output)?, name);
    if values.is_empty() {
        return None;
    }
    let level = again.spec.project.levels.name(clearance(plan, trail)?);
    let quoted: Vec<String> = values
        .iter()
        .map(|value| format!("'{}'", value.replace('\'', "''")))
        .collect();
    Some(Candidate {
        title: format!(
            "ask the owner of `{}` for a select grant on `{name}`",
            origin.dataset
        ),
        demands: Vec::new(),
        span: None,
        replacement: format!(
            "select: {{ to: {level}, domain: [{}], max_cells: {} }}",
            quoted.join(", "),
            values.len() + 1
        ),
        reveals: format!("for each row, which of the listed values `{name}` is, or none"),
    })
}

/// The literals that filters compare a column of that name with, by `=`, `<>` and `IN`.
fn compared(node: &Arc<Node>, name: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut open = vec![Arc::clone(node)];
    let mut seen = std::collections::HashSet::new();
    while let Some(node) = open.pop() {
        if !seen.insert(Arc::as_ptr(&node)) {
            continue;
        }
        open.extend(node.inputs.iter().cloned());
        let LogicalPlan::Filter(filter) = node.bound.as_ref() else {
            continue;
        };
        let _ = filter.predicate.apply(|part| {
            match part {
                Expr::BinaryExpr(BinaryExpr {
                    left,
                    op: Operator::Eq | Operator::NotEq,
                    right,
                }) => {
                    for (column, literal) in [(left, right), (right, left)] {
                        if is_column(column, name) {
                            values.extend(literal_text(literal));
                        }
                    }
                }
                Expr::InList(list) if is_column(&list.expr, name) => {
                    values.extend(list.list.iter().filter_map(literal_text));
                }
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        });
    }
    values.sort();
    values.dedup();
    values
}

fn is_column(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Column(column) if column.name == name)
}

/// The clearance that a finding met.
fn clearance(plan: &Plan, trail: Trail) -> Option<Level> {
    match trail.named {
        true => Some(Level::bottom()),
        false => Some(plan.outputs.get(trail.output)?.clearance),
    }
}

/// The level that would let the value through, where its owner agrees.
fn relabel(plan: &Plan, again: &Again, origin: &Origin, trail: Trail) -> Option<Candidate> {
    let level = again.spec.project.levels.name(clearance(plan, trail)?);
    let (name, replacement) = match &origin.column {
        Some(column) => (
            format!("{}.{column}", origin.dataset),
            format!("{column}: {{ level: {level} }}"),
        ),
        None => (
            origin.dataset.to_string(),
            "primary_key: [COLUMN]".to_owned(),
        ),
    };
    Some(Candidate {
        title: format!("relabel `{name}`, if its owner agrees that it is {level}"),
        demands: Vec::new(),
        span: None,
        replacement,
        reveals: format!("all of `{name}` to everyone cleared for {level}"),
    })
}
