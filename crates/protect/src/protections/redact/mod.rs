//! `redact(x)`: a constant in place of every value, nulls included.

mod declaration;
mod kernel;

pub(crate) use declaration::DECLARATION;
pub(crate) use kernel::kernel;
