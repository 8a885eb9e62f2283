//! What is known about a relation.
//!
//! Invariant: `columns` are aligned with the node's schema; the row label says what decided
//! which rows there are, and whoever sees any column sees it too.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealine_label::LabelId;

use crate::expr::Cell;

/// Labels and facts of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    /// One a column.
    pub(crate) columns: Vec<Cell>,
    /// What decided the rows by comparing one column with literals.
    pub(crate) selected: LabelId,
    /// What decided the rows in any other way.
    pub(crate) correlated: LabelId,
    /// What decided the order of the rows.
    pub(crate) order: LabelId,
    /// Whether the rows were just sorted so that no two can change places.
    pub(crate) total: bool,
    /// Sets of columns (by index) in which no two rows agree and none is null.
    pub(crate) unique: Vec<Vec<usize>>,
    /// The datasets whose rows these are, and whether each row stands at most once.
    pub(crate) rows_of: BTreeMap<Arc<str>, bool>,
    /// Whether there is at most one row.
    pub(crate) single: bool,
}

impl Relation {
    /// The same rows with other columns.
    pub(crate) fn with_columns(&self, columns: Vec<Cell>, unique: Vec<Vec<usize>>) -> Self {
        Self {
            columns,
            unique,
            ..self.clone()
        }
    }

    /// The same, its rows perhaps several times.
    pub(crate) fn fanned(mut self) -> Self {
        for once in self.rows_of.values_mut() {
            *once = false;
        }
        self
    }

    /// Whether these columns name a row.
    pub(crate) fn names_a_row(&self, columns: &[usize]) -> bool {
        self.single
            || self
                .unique
                .iter()
                .any(|key| key.iter().all(|index| columns.contains(index)))
            || (0..self.columns.len()).all(|index| columns.contains(&index))
    }
}
