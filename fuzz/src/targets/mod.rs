//! Decoders by what they decode. INVARIANT: each is the production code that reads such bytes, never a
//! copy of it.

mod evidence;
mod files;
mod keys;
mod list;
mod texts;
mod tokens;

pub use list::{Prepared, TARGETS, Target};
