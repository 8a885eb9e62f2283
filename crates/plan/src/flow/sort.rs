//! Sorting changes no rows: what it reads decides their order, which counts where order counts.
//!
//! Where only the first rows are kept, rows that the query leaves tied are told apart by a key of
//! theirs, or by all their columns: which come out is then decided by values, whose labels it
//! carries, and never by where the rows happen to lie.

use std::sync::Arc;

use datafusion::common::Column;
use datafusion::logical_expr::{
    Expr, ExprSchemable, LogicalPlan, Partitioning, Repartition, Sort, SortExpr,
};
use sealine_label::{Channels, LabelId};

use super::node::{Node, Outcome};
use super::prover::Prover;
use super::relation::Relation;
use crate::error::Bound;
use crate::expr::Env;

impl Prover<'_> {
    pub(crate) fn sort(&mut self, node: &Sort, input: &Node) -> Bound<Outcome> {
        let (mut order, mut total) = self.ordering(&node.expr, input)?;
        let mut rewritten = None;
        if self.cut
            && !total
            && !input.relation.single
            && let Some(keys) = told_apart(&node.expr, input)
        {
            (order, total) = self.ordering(&keys, input)?;
            rewritten = Some(sorted(keys, input));
        }
        let mut relation = input.relation.clone();
        relation.order = if total {
            order
        } else {
            self.join(order, relation.order)
        };
        relation.total = total;
        if node.fetch.is_some() {
            return Err(self.unsupported("a sort that keeps some rows"));
        }
        Ok(Outcome {
            relation,
            rewritten,
        })
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

/// The sort keys with more behind them, so that no two different rows are tied; none where a column
/// has no order.
pub(crate) fn told_apart(keys: &[SortExpr], input: &Node) -> Option<Vec<SortExpr>> {
    let schema = input.plan.schema();
    let named: Vec<usize> = keys
        .iter()
        .filter_map(|key| super::project::passed_index(&key.expr, input))
        .collect();
    let every: Vec<usize> = (0..schema.fields().len()).collect();
    let columns = input.relation.unique.first().unwrap_or(&every);
    let more = columns.iter().filter(|index| !named.contains(index));
    let more = more.map(|index| {
        let ordered = schema
            .fields()
            .get(*index)
            .is_some_and(|field| !field.data_type().is_nested());
        let column = Column::from(schema.qualified_field(*index));
        ordered.then(|| Expr::Column(column).sort(true, false))
    });
    let more: Option<Vec<SortExpr>> = more.collect();
    Some(keys.iter().cloned().chain(more?).collect())
}

/// The sort keys with these expressions behind them; none where one has no order.
pub(crate) fn followed_by(
    keys: &[SortExpr],
    exprs: &[Expr],
    input: &Node,
) -> Option<Vec<SortExpr>> {
    let mut all = keys.to_vec();
    for expr in exprs {
        let data_type = expr.get_type(input.plan.schema()).ok()?;
        if data_type.is_nested() {
            return None;
        }
        if !all.iter().any(|key| key.expr == *expr) {
            all.push(expr.clone().sort(true, false));
        }
    }
    Some(all)
}

/// A node sorted.
pub(crate) fn sorted(keys: Vec<SortExpr>, input: &Node) -> LogicalPlan {
    LogicalPlan::Sort(Sort {
        expr: keys,
        input: Arc::clone(&input.plan),
        fetch: None,
    })
}
