//! `encrypt(x, key)`: a ciphertext that opens only where it was written.

mod declaration;
mod format;
mod kernel;
mod open;
mod row;

use std::sync::Arc;

use crate::catalogue::Entry;

/// This protection.
pub(crate) const ENTRY: Entry = Entry {
    declaration: declaration::DECLARATION,
    returns: kernel::returns,
    bind: |arguments, context, keys| Ok(Arc::new(kernel::kernel(arguments, context, keys)?)),
    unbind: Some(open::opener),
    #[cfg(test)]
    sample: kernel::sample,
};
