//! What is known about the cells of a column, or about the result of an expression.
//!
//! Invariant: what a cell shows is `value`, its own column in clear where `own` says so, and
//! `null`; the length counts inside a protection only, since reading a value reads its length.

use std::collections::BTreeSet;
use std::sync::Arc;

use sealine_label::LabelId;

/// The normalizer `trim`, as a bit.
pub(crate) const TRIM: u8 = 1;
/// The normalizer `lower`, as a bit.
pub(crate) const LOWER: u8 = 2;
/// The normalizer `digits`, as a bit.
pub(crate) const DIGITS: u8 = 4;

/// What is known about a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Set where the cell is a catalogued column's, passed through (canonical).
    pub(crate) own: Option<Own>,
    /// What else reached the value.
    pub(crate) value: LabelId,
    /// What decided whether it is null.
    pub(crate) null: LabelId,
    /// What decided its length.
    pub(crate) length: LabelId,
    /// The protections whose result it is.
    pub(crate) slots: BTreeSet<usize>,
    /// What can fail in the expressions that compute it, as the prover numbers it.
    pub(crate) fails: BTreeSet<usize>,
    /// Whether it comes from catalogued columns through protections only, so that no author
    /// chose it.
    pub(crate) catalogued: bool,
}

/// A dataset, a column of it, and the normalizers behind it.
pub(crate) type Catalogued = (Arc<str>, Arc<str>, u8);

/// The catalogued columns that a cell was passed through from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    /// Several where branches of a union meet. Shared: a column that is handed on through many
    /// steps stays the same.
    pub(crate) columns: Arc<BTreeSet<Catalogued>>,
    /// Whether an author of this project may choose the values.
    pub(crate) writable: bool,
    /// Which reading of a dataset it comes from: columns of one reading stand in one row there.
    /// None where that is not known.
    pub(crate) reading: Option<u64>,
}

impl Own {
    /// The normalizers, where they agree.
    pub(crate) fn normal(&self) -> Option<u8> {
        let mut all = self.columns.iter().map(|(_, _, normal)| *normal);
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    /// The dataset and column, where it is one as it is.
    pub(crate) fn only(&self) -> Option<(&Arc<str>, &Arc<str>)> {
        let mut columns = self.columns.iter();
        match (columns.next(), columns.next()) {
            (Some((dataset, column, 0)), None) => Some((dataset, column)),
            _ => None,
        }
    }

    /// Whether both come from the same row, wherever they stand.
    pub(crate) fn same_row(&self, other: &Self) -> bool {
        self.reading.is_some() && self.reading == other.reading
    }

    /// The same columns behind one more normalizer.
    pub(crate) fn normalized(&self, bit: u8) -> Self {
        let columns = self
            .columns
            .iter()
            .map(|(d, c, normal)| (d.clone(), c.clone(), normal | bit));
        Self {
            columns: Arc::new(columns.collect()),
            writable: self.writable,
            reading: self.reading,
        }
    }
}

impl Cell {
    /// A result with these labels that is no catalogued column.
    pub(crate) fn computed(value: LabelId, null: LabelId, length: LabelId) -> Self {
        Self {
            own: None,
            value,
            null,
            length,
            slots: BTreeSet::new(),
            fails: BTreeSet::new(),
            catalogued: false,
        }
    }
}
