//! JSON Lines as text columns: one object a line, each declared field as its text.
//!
//! INVARIANT: a line that is no object of RFC 8259 ends in `malformed` with its number; it never
//! stops the read and is never quoted in an error. Must never guess a type: a number keeps its
//! digits as they stand, and the contract says what they are.

mod reader;
mod scan;

pub(crate) use reader::read_jsonl;
pub use scan::is_json;
