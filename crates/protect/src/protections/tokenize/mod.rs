//! `tokenize(x, key [, domain])`: a keyed, deterministic stand-in.

mod declaration;
mod kernel;
mod plaintext;

pub(crate) use declaration::DECLARATION;
pub(crate) use kernel::{kernel, returns};
