//! `encrypt(x, key)`: a ciphertext that opens only where it was written.

mod declaration;
mod format;
mod kernel;
mod open;

pub(crate) use declaration::DECLARATION;
pub(crate) use kernel::{kernel, returns};
pub use open::decrypt;
