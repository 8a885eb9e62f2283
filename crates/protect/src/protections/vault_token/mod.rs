//! `vault_token(x, key [, domain [, ttl [, reuse]]])`: a random stand-in, kept in a table.

mod declaration;
mod kernel;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
pub(crate) mod memory;
mod open;
mod seal;

use std::sync::Arc;

use crate::{catalogue::Entry, subject};

/// This protection.
pub(crate) const ENTRY: Entry = Entry {
    declaration: declaration::DECLARATION,
    returns: |_, input| {
        subject::takes(kernel::NAME, input)?;
        Ok(arrow::datatypes::DataType::Utf8)
    },
    bind: |arguments, _, keys| Ok(Arc::new(kernel::kernel(arguments, keys)?)),
    unbind: Some(open::opener),
    #[cfg(test)]
    sample: kernel::sample,
};
