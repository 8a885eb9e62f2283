//! `bucket(x, width [, offset])`: the lower edge of the bucket that a value falls into.

mod declaration;
mod kernel;

pub(crate) use declaration::DECLARATION;
pub(crate) use kernel::kernel;
