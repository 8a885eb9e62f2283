//! Rows chosen by their place: LIMIT, OFFSET, DISTINCT and DISTINCT ON.
//!
//! Invariant: rows that the query leaves tied are told apart by their values ([`super::sort`]); where
//! that cannot be, the query is refused.

use std::sync::Arc;

use datafusion::logical_expr::{Distinct, DistinctOn, Expr, Limit, LogicalPlan, SortExpr};
use sealine_label::{Channels, LabelId};

use super::node::{Node, Outcome};
use super::prover::{Found, Prover};
use super::relation::Relation;
use super::sort::{followed_by, sorted, told_apart};
use crate::error::{Bound, refuse};
use crate::expr::{Env, is_literal, span_of};

impl Prover<'_> {
    pub(crate) fn limit(&mut self, node: &Limit, input: &Node) -> Bound<Outcome> {
        for bound in [&node.skip, &node.fetch].into_iter().flatten() {
            if !is_literal(bound) {
                let span = span_of(bound, &self.step.sql);
                return Err(refuse(
                    "SL2008",
                    "LIMIT and OFFSET take a literal number",
                    span,
                    "here",
                ));
            }
        }
        let one = matches!(node.fetch.as_deref(), Some(Expr::Literal(value, _)) if matches!(value.to_string().as_str(), "0" | "1"));
        let mut relation = input.relation.clone();
        let mut rewritten = None;
        if !relation.total
            && !relation.single
            && !is_sorted(&input.plan)
            && let Some(keys) = told_apart(&[], input)
        {
            (relation.order, relation.total) = self.ordering(&keys, input)?;
            rewritten = Some(LogicalPlan::Limit(Limit {
                input: Arc::new(sorted(keys, input)),
                ..node.clone()
            }));
        }
        let mut relation = self.first_rows(relation);
        relation.single |= one;
        Ok(Outcome {
            relation,
            rewritten,
        })
    }

    /// Only some of the rows, by their order.
    pub(crate) fn first_rows(&mut self, mut relation: Relation) -> Relation {
        if !relation.total && !relation.single {
            self.not_total(
                relation.order,
                "a LIMIT without an order that leaves no two rows tied",
            );
        }
        let order = self.labels.through(relation.order, Channels::CORRELATED);
        relation.correlated = self.join(relation.correlated, order);
        relation
    }

    /// Reports that which rows come first is decided by something that is not in the query.
    pub(crate) fn not_total(&mut self, order: LabelId, what: &str) {
        let world = self.world;
        let highest = self
            .labels
            .entries(order)
            .map(|(origin, _, _)| (world.level(origin), origin.clone()))
            .max();
        if let Some((level, origin)) = highest {
            self.report(Found {
                code: "SL3009",
                reason: format!(
                    "{what} hands out rows by where they happen to lie, which depends on `{origin}`; order by columns that name a row, such as the primary key"
                ),
                origin,
                level,
                span: self.step.sql.span,
                step: self.step.index,
            });
        }
    }

    pub(crate) fn distinct(&mut self, node: &Distinct, input: &Node) -> Bound<Outcome> {
        match node {
            Distinct::All(_) => {
                let mut relation = input.relation.clone().fanned();
                let decided = self.deciding(&relation.columns);
                let decided = self.labels.through(decided, Channels::CORRELATED);
                relation.correlated = self.join(relation.correlated, decided);
                let all = self.seen_all(&relation.columns);
                let all = self.labels.through(all, Channels::CORRELATED);
                relation.order = self.join(relation.order, all);
                relation.total = false;
                relation.unique.push((0..relation.columns.len()).collect());
                Ok(relation.into())
            }
            Distinct::On(on) => self.distinct_on(on, input),
        }
    }

    /// One row of each group, by order: groups, order and rows are explicit on everything.
    fn distinct_on(&mut self, node: &DistinctOn, input: &Node) -> Bound<Outcome> {
        let env = Env::of(input);
        let groups = self.cells_over(&node.on_expr, input)?;
        let mut decided = self.seen_all(&groups);
        let keys = node.sort_expr.clone().unwrap_or_default();
        let (mut order, mut total) = self.ordering(&keys, input)?;
        let mut rewritten = None;
        if !total && let Some(keys) = first_of_each(node, keys, input) {
            (order, _) = self.ordering(&keys, input)?;
            total = true;
            let apart = DistinctOn {
                sort_expr: Some(keys),
                input: Arc::clone(&input.plan),
                ..node.clone()
            };
            rewritten = Some(LogicalPlan::Distinct(Distinct::On(apart)));
        }
        decided = self.join(decided, order);
        let rows = self.row(&input.relation);
        decided = self.join(decided, rows);
        if !total {
            self.not_total(
                input.relation.order,
                "DISTINCT ON without an order that leaves no two rows tied",
            );
            decided = self.join(decided, input.relation.order);
        }
        let decided = self.labels.through(decided, Channels::CORRELATED);
        let mut columns = Vec::new();
        for expr in &node.select_expr {
            let cell = self.evaluate(expr, &env)?;
            columns.push(self.tainted(&cell, decided));
        }
        let sources: Vec<Option<usize>> = node
            .select_expr
            .iter()
            .map(|expr| super::project::passed_index(expr, input))
            .collect();
        let mut relation = input
            .relation
            .with_columns(
                columns,
                super::project::kept_keys(&input.relation.unique, &sources),
            )
            .fanned();
        relation.correlated = self.join(relation.correlated, decided);
        relation.order = self.join(relation.order, decided);
        relation.total = false;
        Ok(Outcome {
            relation,
            rewritten,
        })
    }
}

/// The keys by which the first row of each group is the same, wherever the rows lie: with a key of
/// the rows behind them, or with all that is selected.
fn first_of_each(
    node: &DistinctOn,
    mut keys: Vec<SortExpr>,
    input: &Node,
) -> Option<Vec<SortExpr>> {
    if keys.is_empty() {
        keys = node
            .on_expr
            .iter()
            .map(|expr| expr.clone().sort(true, false))
            .collect();
    }
    if input.relation.unique.is_empty() {
        let selected: Vec<Expr> = node
            .select_expr
            .iter()
            .map(|expr| expr.clone().unalias())
            .collect();
        followed_by(&keys, &selected, input)
    } else {
        told_apart(&keys, input)
    }
}

/// Whether the rows stand in an order that the query asks for.
fn is_sorted(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Sort(_) => true,
        LogicalPlan::Projection(node) => is_sorted(&node.input),
        LogicalPlan::SubqueryAlias(node) => is_sorted(&node.input),
        _ => false,
    }
}
