//! Rows from outside become typed, checked columns, or rejects with a rule and a row number.
//!
//! A trust boundary: the only way rows enter the engine. INVARIANT: every row that a source gives
//! is either accepted, and then meets every rule of every declared column, or rejected under the
//! first rule it breaks: those of the columns in their order, then expectations across them; the
//! tally adds up. No error of this crate holds a value of a row. It
//! must never convert a value into one that means something else.

mod check;
mod codes;
mod column;
mod compile;
mod error;
mod expect;
mod newest;
mod read;
mod rejects;
mod rules;
mod tally;

pub use check::{Checked, Contract};
pub use codes::CODES;
pub use error::ContractError;
pub use expect::{Expectation, Holds};
pub use newest::Newest;
pub use rejects::rejects_schema;
pub use rules::names as rule;
pub use tally::Tally;
