//! Rows out in clear: CSV, JSON Lines and Arrow IPC, where the clearance allows it.
//!
//! INVARIANT: there is no writer without a [`PlainAllowed`], which only a clearance below the
//! highest level gives. Must never be the fallback of a writer that seals.

mod allowed;
mod text;
mod write;

pub use allowed::PlainAllowed;
pub use write::{PlainFormat, PlainWriter};
