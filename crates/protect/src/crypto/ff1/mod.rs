//! FF1 (NIST SP 800-38G): format-preserving encryption of strings of numerals.
//!
//! FF1 alone: FF3 and FF3-1 are withdrawn. It is deterministic and not authenticated: it shows
//! which values are equal under one key and tweak, and whoever may choose values learns pairs.
//! Prefer [`siv`](super::siv) wherever the format need not stay.
//!
//! Invariant: radix^length is at least 1,000,000 (SP 800-38G revision 1), always. The arithmetic
//! of ours has no branch and no table that depends on a numeral; its reciprocal of the radix
//! replaces division, whose time depends on the operands. What remains is the multiplication of
//! the machine, which takes constant time on every processor that has AES instructions.
//!
//! Must never: take a shorter value, however it came about.

mod long;
mod narrow;
mod reciprocal;
mod rounds;
mod setting;

pub use rounds::{Ff1, Job};
pub use setting::Setting;
