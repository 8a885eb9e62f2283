//! Projections: each column is its expression.

use datafusion::logical_expr::{Expr, Projection};

use super::node::Node;
use super::prover::Prover;
use super::relation::Relation;
use crate::error::Bound;

impl Prover<'_> {
    pub(crate) fn projection(&mut self, node: &Projection, input: &Node) -> Bound<Relation> {
        let columns = self.cells_over(&node.expr, input)?;
        let sources: Vec<Option<usize>> = node
            .expr
            .iter()
            .map(|expr| passed_index(expr, input))
            .collect();
        let unique = kept_keys(&input.relation.unique, &sources);
        Ok(input.relation.with_columns(columns, unique))
    }
}

/// The input column that an expression hands on unchanged.
pub(crate) fn passed_index(expr: &Expr, input: &Node) -> Option<usize> {
    match expr {
        Expr::Column(column) => input.plan.schema().maybe_index_of_column(column),
        Expr::Alias(alias) => passed_index(&alias.expr, input),
        _ => None,
    }
}

/// The keys that survive where output column `i` is input column `sources[i]`.
pub(crate) fn kept_keys(keys: &[Vec<usize>], sources: &[Option<usize>]) -> Vec<Vec<usize>> {
    let place = |index: &usize| {
        sources
            .iter()
            .position(|source| source.as_ref() == Some(index))
    };
    keys.iter()
        .filter_map(|key| key.iter().map(place).collect())
        .collect()
}
