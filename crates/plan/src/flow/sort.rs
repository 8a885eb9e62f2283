//! Sorting changes no rows: what it reads decides their order, which counts where order counts.

use datafusion::logical_expr::{Partitioning, Repartition, Sort, SortExpr};
use sealine_label::{Channels, LabelId};

use super::node::Node;
use super::prover::Prover;
use super::relation::Relation;
use crate::error::Bound;
use crate::expr::Env;

impl Prover<'_> {
    pub(crate) fn sort(&mut self, node: &Sort, input: &Node) -> Bound<Relation> {
        let (order, total) = self.ordering(&node.expr, input)?;
        let mut relation = input.relation.clone();
        relation.order = if total {
            order
        } else {
            self.join(order, relation.order)
        };
        relation.total = total;
        match node.fetch {
            Some(_) => Ok(self.first_rows(relation)),
            None => Ok(relation),
        }
    }

    /// What sort keys carry, and whether they leave no two rows tied.
    pub(crate) fn ordering(&mut self, keys: &[SortExpr], input: &Node) -> Bound<(LabelId, bool)> {
        let env = Env::of(input);
        let mut order = self.nothing();
        let mut indices = Vec::new();
        for key in keys {
            let cell = self.evaluate(&key.expr, &env)?;
            let seen = self.seen(&cell);
            order = self.join(order, seen);
            indices.extend(super::project::passed_index(&key.expr, input));
        }
        let total = !keys.is_empty() && input.relation.names_a_row(&indices);
        Ok((self.labels.through(order, Channels::ORDER), total))
    }

    /// A distribution by expressions: placement depends on what they read.
    pub(crate) fn repartition(&mut self, node: &Repartition, input: &Node) -> Bound<Relation> {
        let exprs = match &node.partitioning_scheme {
            Partitioning::RoundRobinBatch(_) => Vec::new(),
            Partitioning::Hash(exprs, _) | Partitioning::DistributeBy(exprs) => exprs.clone(),
            Partitioning::Range(_) => return Err(self.unsupported("a range partitioning")),
        };
        let cells = self.cells_over(&exprs, input)?;
        let seen = self.seen_all(&cells);
        let mut relation = input.relation.clone();
        relation.order = self.join(relation.order, seen);
        relation.total = false;
        Ok(relation)
    }
}
