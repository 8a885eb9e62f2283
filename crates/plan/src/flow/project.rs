//! Projections: each column is its expression, and what can fail in it is evaluated where the column
//! is used.

use datafusion::logical_expr::{Expr, Projection};

use super::node::Node;
use super::prover::Prover;
use super::relation::Relation;
use crate::error::Bound;
use crate::expr::{Env, Names};

impl Prover<'_> {
    pub(crate) fn projection(&mut self, node: &Projection, input: &Node) -> Bound<Relation> {
        let names = Names::of(input.plan.schema());
        let env = Env {
            names: Some(&names),
            ..Env::of(input)
        };
        let sources: Vec<Option<usize>> = node.expr.iter().map(|expr| env.passed(expr)).collect();
        let mut columns = Vec::with_capacity(node.expr.len());
        for (expr, source) in node.expr.iter().zip(&sources) {
            // What is handed on is what it was, and fails where it failed.
            if let Some(cell) = source.and_then(|index| env.columns.get(index)) {
                self.used(cell);
                columns.push(cell.clone());
                continue;
            }
            let before = std::mem::take(&mut self.partial);
            let mut cell = self.evaluate(expr, &env)?;
            let fails = std::mem::replace(&mut self.partial, before);
            self.partial.extend(&fails);
            cell.fails = fails;
            columns.push(cell);
        }
        let unique = kept_keys(&input.relation.unique, &sources);
        Ok(input.relation.with_columns(columns, unique))
    }
}

/// The input column that an expression hands on unchanged.
pub(crate) fn passed_index(expr: &Expr, input: &Node) -> Option<usize> {
    Env::of(input).passed(expr)
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
