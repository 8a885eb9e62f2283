//! CSV as text columns: RFC 4180, read in whole buffers, splitting only what is well formed.
//!
//! INVARIANT: a row that cannot be split ends in `malformed` with its number and line; it never
//! stops the read and is never quoted in an error. Must never guess a type.

mod formula;
mod header;
mod options;
mod reader;
mod split;

pub(crate) use formula::dangerous;
pub use options::CsvOptions;
pub(crate) use reader::read_csv;
pub use reader::{CsvSource, open_csv};
