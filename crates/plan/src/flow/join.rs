//! Joins: the predicate is explicit on all columns of both sides, and the rows of both decide.
//! Equality of two keys shows them as a link, which a policy may permit.

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::logical_expr::{BinaryExpr, Expr, Join, LogicalPlan, Operator, Subquery};
use sealine_label::{Aspect, Channels, LabelId, Layer, Origin, View};

use super::node::Node;
use super::prover::Prover;
use super::relation::Relation;
use crate::error::{Bound, planning};
use crate::expr::{Cell, Env};

impl Prover<'_> {
    pub(crate) fn join_node(&mut self, node: &Join, left: &Node, right: &Node) -> Bound<Relation> {
        let mut predicate = self.on(node, left, right)?;
        if let Some(lateral) = lateral(&node.right) {
            let picked = self.rows_within(lateral, right);
            let picked = self.labels.through(picked, Channels::CORRELATED);
            predicate = self.join(predicate, picked);
        }
        let rows = self.rows_of_both(left, right);
        let decided = self.join(rows, predicate);
        let (mut l, mut r) = (left.relation.clone(), right.relation.clone());
        for side in [&mut l, &mut r] {
            side.columns = side
                .columns
                .iter()
                .map(|cell| self.tainted(cell, predicate))
                .collect();
        }
        let (left_nulls, right_nulls) = match node.join_type {
            JoinType::Left => (false, true),
            JoinType::Right => (true, false),
            JoinType::Full => (true, true),
            _ => (false, false),
        };
        for (side, nullable) in [(&mut l, left_nulls), (&mut r, right_nulls)] {
            if nullable {
                side.columns = side
                    .columns
                    .iter()
                    .map(|cell| self.nullable(cell, decided))
                    .collect();
                side.unique.clear();
            }
        }
        let mut joined = match node.join_type {
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
                both(node, left, right, l, r)
            }
            JoinType::LeftSemi | JoinType::LeftAnti => l,
            JoinType::RightSemi | JoinType::RightAnti => r,
            JoinType::LeftMark => self.marked(l, decided),
            JoinType::RightMark => self.marked(r, decided),
        };
        joined.selected = self.join(left.relation.selected, right.relation.selected);
        let rows = self.join(left.relation.correlated, right.relation.correlated);
        joined.correlated = self.join(rows, predicate);
        let order = self.join(left.relation.order, right.relation.order);
        joined.order = self.join(order, decided);
        joined.total = false;
        joined.single = left.relation.single && right.relation.single;
        Ok(joined)
    }

    /// What the condition of a join carries.
    fn on(&mut self, node: &Join, left: &Node, right: &Node) -> Bound<LabelId> {
        let mut all = self.nothing();
        for (l, r) in &node.on {
            let cells = [
                self.evaluate(l, &Env::of(left))?,
                self.evaluate(r, &Env::of(right))?,
            ];
            let seen = match self.linked(&cells) {
                Some(linked) => linked,
                None => self.seen_all(&cells),
            };
            all = self.join(all, seen);
        }
        if let Some(filter) = &node.filter {
            let schema = left
                .plan
                .schema()
                .join(right.plan.schema())
                .map_err(|e| planning(&e, &self.step.sql))?;
            let schema = Arc::new(schema);
            let columns: Vec<Cell> = left
                .relation
                .columns
                .iter()
                .chain(&right.relation.columns)
                .cloned()
                .collect();
            let env = Env {
                schema: &schema,
                columns: &columns,
                names: None,
            };
            // The whole first: what can fail behind an equality fails where that holds.
            let cell = self.evaluate(filter, &env)?;
            let seen = match self.conjuncts(filter, &env)? {
                (linked, true) => linked,
                _ => self.seen(&cell),
            };
            all = self.join(all, seen);
        }
        Ok(self.labels.through(all, Channels::CORRELATED))
    }

    /// What the conjuncts of a condition carry, and whether any of them links two keys.
    fn conjuncts(&mut self, filter: &Expr, env: &Env<'_>) -> Bound<(LabelId, bool)> {
        if let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter {
            if *op == Operator::And {
                let (a, one) = self.conjuncts(left, env)?;
                let (b, other) = self.conjuncts(right, env)?;
                return Ok((self.join(a, b), one || other));
            }
            if *op == Operator::Eq {
                let cells = [self.evaluate(left, env)?, self.evaluate(right, env)?];
                if let Some(linked) = self.linked(&cells) {
                    return Ok((linked, true));
                }
            }
        }
        let cell = self.evaluate(filter, env)?;
        Ok((self.seen(&cell), false))
    }

    /// Equality of two columns that name the rows of their datasets, which owners declare and
    /// contracts hold: it tells which rows of both are about the same, and nothing more of the
    /// value. Whether that may be told is asked where the rows go.
    fn linked(&mut self, cells: &[Cell; 2]) -> Option<LabelId> {
        let world = self.world;
        let key = |cell: &Cell| {
            let own = cell.own.as_ref().filter(|own| !own.writable)?;
            let (dataset, column) = own.only()?;
            (world.is_key(dataset, column) && !world.writable(dataset))
                .then(|| (Arc::clone(dataset), Arc::clone(column)))
        };
        let [left, right] = cells;
        let (a, b) = (key(left)?, key(right)?);
        let mut all = self.nothing();
        for (cell, (dataset, column), other) in [(left, &a, &b), (right, &b, &a)] {
            let layer = Layer::Linked {
                dataset: Arc::clone(&other.0),
                column: Arc::clone(&other.1),
            };
            let value = Origin::column(dataset, column, Aspect::Value);
            let told = [
                self.one(value, View::of(layer)),
                self.one(Origin::rows(dataset), View::clear()),
                cell.value,
                cell.null,
            ];
            all = told
                .into_iter()
                .fold(all, |all, one| self.labels.join(all, one));
        }
        Some(all)
    }

    fn rows_of_both(&mut self, left: &Node, right: &Node) -> LabelId {
        let l = self.row(&left.relation);
        let r = self.row(&right.relation);
        self.join(l, r)
    }

    /// A cell that is null where the condition failed.
    fn nullable(&mut self, cell: &Cell, decided: LabelId) -> Cell {
        let catalogued = cell.catalogued;
        Cell {
            catalogued,
            ..self.tainted_all(cell, decided)
        }
    }

    fn marked(&mut self, mut side: Relation, decided: LabelId) -> Relation {
        side.columns.push(self.all_of(decided));
        side
    }
}

/// The subquery that a side of a join is, if it is one.
fn lateral(plan: &LogicalPlan) -> Option<&Subquery> {
    match plan {
        LogicalPlan::Subquery(subquery) => Some(subquery),
        LogicalPlan::SubqueryAlias(alias) => lateral(&alias.input),
        LogicalPlan::Projection(columns) => lateral(&columns.input),
        _ => None,
    }
}

/// The columns of both sides, with the keys and counts that survive.
fn both(node: &Join, left: &Node, right: &Node, l: Relation, r: Relation) -> Relation {
    let mut pairs: Vec<(&Expr, &Expr)> = node.on.iter().map(|(l, r)| (l, r)).collect();
    equalities(node.filter.as_ref(), &mut pairs);
    let (mut left_keys, mut right_keys) = (Vec::new(), Vec::new());
    for (a, b) in pairs {
        let (l, r) = (
            super::project::passed_index(a, left),
            super::project::passed_index(b, right),
        );
        let (m, s) = (
            super::project::passed_index(b, left),
            super::project::passed_index(a, right),
        );
        // Written either way round; a column of the other side is in neither schema.
        for (l, r) in [(l, r), (m, s)] {
            if let (Some(l), Some(r)) = (l, r) {
                left_keys.push(l);
                right_keys.push(r);
            }
        }
    }
    // Whether each row of one side meets at most one of the other.
    let one_right = names_one(&right.relation, &right_keys);
    let one_left = names_one(&left.relation, &left_keys);
    let width = l.columns.len();
    let mut unique = Vec::new();
    if one_right {
        unique.extend(l.unique.iter().cloned());
    }
    let shifted = |key: &Vec<usize>| key.iter().map(|index| index + width).collect::<Vec<_>>();
    if one_left {
        unique.extend(r.unique.iter().map(shifted));
    }
    for a in &l.unique {
        unique.extend(
            r.unique
                .iter()
                .map(|b| a.iter().copied().chain(shifted(b)).collect()),
        );
    }
    unique.truncate(16);
    let mut rows_of = l.rows_of.clone();
    for once in rows_of.values_mut() {
        *once &= one_right;
    }
    for (dataset, once) in &r.rows_of {
        let twice = l.rows_of.contains_key(dataset);
        rows_of.insert(Arc::clone(dataset), *once && one_left && !twice);
    }
    let columns = l.columns.iter().chain(&r.columns).cloned().collect();
    Relation {
        columns,
        unique,
        rows_of,
        ..l
    }
}

/// The equalities that a condition is made of.
fn equalities<'e>(filter: Option<&'e Expr>, pairs: &mut Vec<(&'e Expr, &'e Expr)>) {
    match filter {
        Some(Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::And,
            right,
        })) => {
            equalities(Some(left), pairs);
            equalities(Some(right), pairs);
        }
        Some(Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Eq,
            right,
        })) => pairs.push((left, right)),
        _ => {}
    }
}

fn names_one(relation: &Relation, keys: &[usize]) -> bool {
    relation.single
        || relation
            .unique
            .iter()
            .any(|key| key.iter().all(|index| keys.contains(index)))
}
