//! A declared column with everything ready to check it.

use crate::read::Reader;
use crate::rules::{Check, Seen};

/// One column of the contract.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) reader: Reader,
    /// In the order in which they name a reject.
    pub(crate) checks: Vec<Check>,
    pub(crate) seen: Option<Seen>,
}
