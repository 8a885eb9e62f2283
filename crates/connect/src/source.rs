//! What every reader of a dataset gives: batches of rows as they were found, numbered.
//!
//! INVARIANT: every row of the input is either in `batch` or in `malformed`, and its number is
//! known; nothing is dropped. Must never interpret a value: types are the contract's business.

use arrow::record_batch::RecordBatch;
use sealine_protect::crypto::TableKey;

use crate::ConnectError;

/// The position in the input of each row of a batch.
///
/// Row numbers are 1-based and count data rows (a header is not one); a malformed row takes a
/// number too, so the numbers in a batch may have gaps. Lines are physical, 1-based, and known
/// for text formats only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    first: u64,
    count: usize,
    numbers: Vec<u64>,
    lines: Vec<u64>,
}

impl Rows {
    /// `count` rows without gaps from row `first`, without lines.
    pub fn contiguous(first: u64, count: usize) -> Rows {
        Rows {
            first,
            count,
            numbers: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Rows with their numbers and lines, one of each for each row.
    pub fn numbered(numbers: Vec<u64>, lines: Vec<u64>) -> Rows {
        Rows {
            first: numbers.first().copied().unwrap_or(0),
            count: numbers.len(),
            numbers,
            lines,
        }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The same rows of an input in which `by` rows came before.
    pub(crate) fn after(mut self, by: u64) -> Rows {
        self.first = self.first.saturating_add(by);
        for number in &mut self.numbers {
            *number = number.saturating_add(by);
        }
        self
    }

    /// The row number of the row at `index` of the batch.
    pub fn row(&self, index: usize) -> Option<u64> {
        if self.numbers.is_empty() && index < self.count {
            return self.first.checked_add(u64::try_from(index).ok()?);
        }
        self.numbers.get(index).copied()
    }

    /// The physical line on which the row at `index` of the batch begins.
    pub fn line(&self, index: usize) -> Option<u64> {
        self.lines.get(index).copied()
    }
}

/// A row that could not be split into its columns.
#[derive(Clone, PartialEq, Eq)]
pub struct Malformed {
    /// Its 1-based data row number.
    pub row: u64,
    /// The physical line on which it begins.
    pub line: u64,
    /// Which rule it breaks: one of the names in [`crate::rule`].
    pub rule: &'static str,
    /// Its bytes as they stand in the file, at most [`crate::rule::RAW_MAX`] of them.
    pub raw: Vec<u8>,
    /// Whether `raw` was cut.
    pub truncated: bool,
}

impl std::fmt::Debug for Malformed {
    // The raw bytes are row data and must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Malformed")
            .field("row", &self.row)
            .field("line", &self.line)
            .field("rule", &self.rule)
            .field("bytes", &self.raw.len())
            .finish()
    }
}

/// Some rows of a dataset, as they were found.
pub struct RawBatch {
    /// The columns asked for, in the order asked for. CSV: all text. Parquet: the file's types.
    pub batch: RecordBatch,
    /// Where each row of `batch` comes from.
    pub rows: Rows,
    /// Rows that could not be split, in file order; their numbers lie between those of `rows`.
    pub malformed: Vec<Malformed>,
}

impl std::fmt::Debug for RawBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawBatch")
            .field("rows", &self.batch.num_rows())
            .field("malformed", &self.malformed.len())
            .finish_non_exhaustive()
    }
}

/// Something worth telling the operator that stops nothing. Holds no text from the file, since
/// the header of a file without one is its first row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Columns of the file that the catalog does not declare: they have the highest level and are
    /// not read. `positions` are 1-based, at most the first 20; `count` is all of them.
    Undeclared {
        /// How many there are.
        count: usize,
        /// Where the first of them stand.
        positions: Vec<usize>,
    },
    /// Rows of a JSON Lines file with fields that the catalog does not declare: not read.
    UndeclaredFields {
        /// How many rows have one.
        rows: u64,
    },
    /// Declared columns that no row of a JSON Lines file has: each is null throughout.
    NeverThere {
        /// Names from the catalog.
        columns: Vec<String>,
    },
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Warning::Undeclared { count, positions } => {
                let places: Vec<String> = positions.iter().map(usize::to_string).collect();
                let more = if *count > positions.len() {
                    ", ..."
                } else {
                    ""
                };
                write!(
                    f,
                    "{count} column(s) of the file are not declared in the catalog and are not read (position {}{more})",
                    places.join(", ")
                )
            }
            Warning::UndeclaredFields { rows } => write!(
                f,
                "{rows} row(s) have fields that are not declared in the catalog and are not read"
            ),
            Warning::NeverThere { columns } => {
                let names: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
                write!(
                    f,
                    "no row has {}: null throughout; check the spelling in the catalog",
                    names.join(", ")
                )
            }
        }
    }
}

/// A dataset being read: synchronous, pulled batch by batch, in file order.
pub trait Source: Send {
    /// The next rows, or `None` at the end. After an error every further call gives `None`.
    fn next(&mut self) -> Result<Option<RawBatch>, ConnectError>;
    /// Bytes of the input consumed so far, for progress.
    fn bytes_read(&self) -> u64;
    /// Bytes of the whole input, where known.
    fn bytes_total(&self) -> Option<u64>;
    /// What is worth telling and stops nothing.
    fn warnings(&self) -> &[Warning] {
        &[]
    }
}

/// A fresh key for hash tables over values from outside, so that no input can be built whose
/// values collide. It protects nothing else and is never stored.
pub fn table_key() -> Result<TableKey, ConnectError> {
    TableKey::new().map_err(|_| ConnectError::Random)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn rows_know_their_numbers() {
        let plain = Rows::contiguous(5, 3);
        assert_eq!(
            (plain.row(0), plain.row(2), plain.row(3)),
            (Some(5), Some(7), None)
        );
        assert_eq!(plain.line(0), None);
        let gaps = Rows::numbered(vec![1, 3], vec![2, 9]);
        assert_eq!(
            (gaps.row(1), gaps.line(1), gaps.len()),
            (Some(3), Some(9), 2)
        );
    }

    #[test]
    fn debug_shows_no_row_data() {
        let bad = Malformed {
            row: 1,
            line: 2,
            rule: "ragged",
            raw: b"secret".to_vec(),
            truncated: false,
        };
        assert!(!format!("{bad:?}").contains("secret"));
    }
}
