//! Unions: branches whose rows were decided differently tell which branch a row came from.

use std::sync::Arc;

use sealine_label::{Channels, LabelId};

use super::node::Node;
use super::prover::Prover;
use super::relation::Relation;
use crate::error::Bound;
use crate::expr::{Cell, Own};

impl Prover<'_> {
    pub(crate) fn union(&mut self, inputs: &[Arc<Node>]) -> Bound<Relation> {
        let Some((head, rest)) = inputs.split_first() else {
            return Err(self.unsupported("a union of nothing"));
        };
        let mut joined = head.relation.clone();
        for input in rest {
            joined = self.either(&joined, &input.relation)?;
        }
        let rows: Vec<(LabelId, LabelId)> = inputs
            .iter()
            .map(|input| (input.relation.selected, input.relation.correlated))
            .collect();
        let differ = rows.iter().any(|row| Some(row) != rows.first());
        if differ {
            let decided = self.row(&joined);
            let decided = self.labels.through(decided, Channels::CORRELATED);
            joined.correlated = self.join(joined.correlated, decided);
            joined.columns = joined
                .columns
                .iter()
                .map(|cell| self.tainted(cell, decided))
                .collect();
        }
        joined.total = false;
        joined.single = rest.is_empty() && joined.single;
        joined.unique = if rest.is_empty() {
            joined.unique
        } else {
            Vec::new()
        };
        Ok(joined)
    }

    /// Rows of one relation or the other; columns by position.
    pub(crate) fn either(&mut self, a: &Relation, b: &Relation) -> Bound<Relation> {
        if a.columns.len() != b.columns.len() {
            return Err(self.unsupported("a union of unequal branches"));
        }
        let columns = a
            .columns
            .iter()
            .zip(&b.columns)
            .map(|(x, y)| self.either_cell(x, y))
            .collect();
        let mut rows_of = a.rows_of.clone();
        for (dataset, once) in &b.rows_of {
            let twice = rows_of.contains_key(dataset);
            rows_of.insert(Arc::clone(dataset), *once && !twice);
        }
        Ok(Relation {
            columns,
            selected: self.join(a.selected, b.selected),
            correlated: self.join(a.correlated, b.correlated),
            order: self.join(a.order, b.order),
            total: false,
            unique: Vec::new(),
            rows_of,
            single: false,
        })
    }

    /// A cell that is one or the other.
    pub(crate) fn either_cell(&mut self, a: &Cell, b: &Cell) -> Cell {
        let (own, left, right) = match (&a.own, &b.own) {
            (Some(x), Some(y)) => {
                let columns = x.columns.union(&y.columns).cloned().collect();
                (
                    Some(Own {
                        columns: Arc::new(columns),
                        writable: x.writable || y.writable,
                        reading: self.either_reading(x.reading, y.reading),
                    }),
                    a.value,
                    b.value,
                )
            }
            _ => (None, self.value(a), self.value(b)),
        };
        Cell {
            own,
            value: self.join(left, right),
            null: self.join(a.null, b.null),
            length: self.join(a.length, b.length),
            slots: a.slots.union(&b.slots).copied().collect(),
            fails: a.fails.union(&b.fails).copied().collect(),
            catalogued: a.catalogued && b.catalogued,
        }
    }
}
