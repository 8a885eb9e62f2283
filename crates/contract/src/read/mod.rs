//! From what a source gives to a typed array: text by kernels of our own, other types by casts
//! that change no value.
//!
//! INVARIANT: a value that cannot be read exactly is a failure of its row and a null in the
//! array; it is never rounded, wrapped or cut.

mod cast;
mod number;
mod temporal;
mod text;

pub(crate) use text::{Reader, compile};

pub(crate) use cast::{from_typed, without_zone};
