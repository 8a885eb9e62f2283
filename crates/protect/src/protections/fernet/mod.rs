//! `fernet(x, key)`: a token that other programs open.

mod declaration;
mod kernel;
mod open;

use std::sync::Arc;

use arrow::datatypes::DataType;

use crate::{catalogue::Entry, interchange};

/// This protection.
pub(crate) const ENTRY: Entry = Entry {
    declaration: declaration::DECLARATION,
    returns: |_, input| interchange::returns(kernel::NAME, input, DataType::Utf8),
    bind: |arguments, _, keys| Ok(Arc::new(kernel::kernel(arguments, keys)?)),
    unbind: Some(open::opener),
    #[cfg(test)]
    sample: kernel::sample,
};
