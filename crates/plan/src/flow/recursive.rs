//! Recursive queries: a monotone fixpoint, in which the rows of each round are explicit on
//! everything that the next one sees.

use std::sync::Arc;

use datafusion::logical_expr::{LogicalPlan, RecursiveQuery};
use sealine_label::Channels;

use super::node::{Node, Outcome};
use super::prover::Prover;
use super::relation::Relation;
use crate::error::{Bound, refuse};
use crate::expr::Cell;

/// Labels only grow, and there are finitely many; a query needs as many rounds as it has columns
/// in a chain.
const MOST_ROUNDS: usize = 64;

impl Prover<'_> {
    #[allow(clippy::type_complexity)]
    pub(crate) fn recursive(
        &mut self,
        node: &RecursiveQuery,
    ) -> Bound<(Outcome, Vec<Arc<Node>>, Option<LogicalPlan>)> {
        // No aggregate in here is over a population that the query fixes.
        self.nested += 1;
        let done = self.fixpoint(node);
        self.nested -= 1;
        let (relation, inputs) = done?;
        Ok((relation.into(), inputs, None))
    }

    fn fixpoint(&mut self, node: &RecursiveQuery) -> Bound<(Relation, Vec<Arc<Node>>)> {
        let start = self.node(&node.static_term)?;
        let mut known = self.round(&start.relation, node.is_distinct);
        for _ in 0..MOST_ROUNDS {
            self.work.push((node.name.clone(), known.clone()));
            let step = self.node(&node.recursive_term);
            self.work.pop();
            let step = step?;
            let next = self.either(&known, &step.relation)?;
            let next = self.round(&next, node.is_distinct);
            if next == known {
                // It may never end.
                let rows = self.row(&known);
                self.may_fail(rows, "a recursive query", self.step.sql.span);
                return Ok((known, vec![start, step]));
            }
            known = next;
        }
        Err(refuse(
            "SL2016",
            "the labels of this recursive query did not settle; write it with fewer columns that feed each other",
            self.step.sql.span,
            "recursive query",
        ))
    }

    /// The relation with its rows explicit on every column.
    fn round(&mut self, relation: &Relation, distinct: bool) -> Relation {
        let mut decided = self.row(relation);
        if distinct {
            let all = self.seen_all(&relation.columns);
            decided = self.join(decided, all);
        }
        let decided = self.labels.through(decided, Channels::CORRELATED);
        let mut columns: Vec<Cell> = relation
            .columns
            .iter()
            .map(|cell| self.tainted_all(cell, decided))
            .collect();
        // Rounds may put columns beside each other that did not stand in one row.
        for own in columns.iter_mut().filter_map(|cell| cell.own.as_mut()) {
            own.reading = None;
        }
        let mut next = Relation {
            columns,
            unique: Vec::new(),
            total: false,
            single: false,
            ..relation.clone()
        }
        .fanned();
        next.correlated = self.join(next.correlated, decided);
        next.order = self.join(next.order, decided);
        next
    }
}
