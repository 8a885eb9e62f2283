//! What a dataset as a whole must meet: how many rows, how new, and what holds across the columns
//! of each row.

use crate::source::{Span, Spanned};
use crate::sql::SqlText;

/// How many rows there may be; at least one of the bounds is given.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct RowCount {
    /// No fewer rows.
    pub min: Option<u64>,
    /// No more rows.
    pub max: Option<u64>,
    /// Where it was written.
    pub span: Span,
}

/// How old the newest row may be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Freshness {
    /// A column of dates or timestamps.
    pub column: Spanned<String>,
    /// Seconds, from one on.
    pub within: i64,
    /// `within` as it was written, for messages.
    pub written: String,
}

/// A condition that every row must meet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// Its name, which rejected rows carry.
    pub name: Spanned<String>,
    /// A condition over the columns of one row. As in a CHECK of SQL, a row breaks it where it is
    /// false; null is no violation.
    pub sql: SqlText,
}
