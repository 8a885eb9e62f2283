//! Subqueries in expressions: their rows and values are explicit in the result.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::logical_expr::{Expr, Subquery};
use sealine_label::LabelId;

use super::cell::Cell;
use super::evaluate::Env;
use super::span::span_of;
use crate::error::Bound;
use crate::flow::{Node, Prover};

impl Prover<'_> {
    fn within(&mut self, subquery: &Subquery, env: &Env<'_>) -> Bound<Arc<Node>> {
        self.enter(env.schema, env.columns);
        self.nested += 1;
        let endorsed = std::mem::replace(&mut self.step.endorsed, false);
        let cut = std::mem::replace(&mut self.cut, false);
        let node = self.node(&subquery.subquery);
        self.cut = cut;
        self.step.endorsed = endorsed;
        self.nested -= 1;
        self.outer.pop();
        let node = node?;
        self.met.push(Arc::clone(&node));
        Ok(node)
    }

    /// What decides which rows a subquery gives. One that refers outwards runs as a join and not once
    /// for each row: where nothing matches, the engine may leave out even the one row of an aggregate
    /// without groups, so that everything that picked rows anywhere in it tells.
    pub(crate) fn rows_within(&mut self, subquery: &Subquery, node: &Node) -> LabelId {
        if subquery.outer_ref_columns.is_empty() {
            return self.row(&node.relation);
        }
        self.rows_anywhere(node)
    }

    fn rows_anywhere(&mut self, node: &Node) -> LabelId {
        let (mut all, mut met) = (self.row(&node.relation), HashSet::new());
        let mut open = node.inputs.clone();
        while let Some(below) = open.pop() {
            if met.insert(Arc::as_ptr(&below)) {
                let rows = self.row(&below.relation);
                all = self.join(all, rows);
                open.extend(below.inputs.iter().cloned());
            }
        }
        all
    }

    pub(crate) fn exists(&mut self, subquery: &Subquery, env: &Env<'_>) -> Bound<Cell> {
        let node = self.within(subquery, env)?;
        let rows = self.rows_within(subquery, &node);
        Ok(Cell::computed(rows, self.nothing(), self.nothing()))
    }

    /// `x IN (…)`, `x = ANY (…)`: values, nulls and rows of the subquery all enter.
    pub(crate) fn compared_with(
        &mut self,
        expr: &Expr,
        subquery: &Subquery,
        env: &Env<'_>,
    ) -> Bound<Cell> {
        let cell = self.evaluate(expr, env)?;
        let node = self.within(subquery, env)?;
        let mut all = self.rows_within(subquery, &node);
        let values = self.seen_all(&node.relation.columns);
        all = self.join(all, values);
        let seen = self.seen(&cell);
        all = self.join(all, seen);
        Ok(self.all_of(all))
    }

    pub(crate) fn scalar_subquery(
        &mut self,
        subquery: &Subquery,
        expr: &Expr,
        env: &Env<'_>,
    ) -> Bound<Cell> {
        let node = self.within(subquery, env)?;
        let mut all = self.rows_within(subquery, &node);
        if !node.relation.single {
            self.may_fail(
                all,
                "a subquery that can give several rows",
                span_of(expr, &self.step.sql),
            );
        }
        let values = self.seen_all(&node.relation.columns);
        all = self.join(all, values);
        Ok(self.all_of(all))
    }
}
