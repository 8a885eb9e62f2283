//! `nullify(x)`: null in place of every value.

mod declaration;
mod kernel;

pub(crate) use declaration::DECLARATION;
pub(crate) use kernel::kernel;
