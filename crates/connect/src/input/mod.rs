//! The bytes of a text file on their way to its reader: opened once, witnessed, decompressed,
//! windowed; and the text columns that come out.
//!
//! INVARIANT: every stored byte is seen by the witness once and in order; what a compressed file
//! expands to is bounded, and one that is cut short is an error, never a shorter file.

mod columns;
mod stream;
mod window;

pub(crate) use columns::{Gathered, text_schema};
pub use stream::{Compression, Witness, Witnessed};
pub(crate) use stream::{Input, bear_witness};
pub(crate) use window::Window;
