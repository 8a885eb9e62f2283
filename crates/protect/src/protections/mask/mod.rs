//! `mask(x, first, last)`: stars in place of all but the first and last characters.

mod declaration;
mod kernel;

pub(crate) use declaration::DECLARATION;
pub(crate) use kernel::kernel;
