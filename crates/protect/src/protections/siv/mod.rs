//! `siv(x, key [, domain])`: a ciphertext that is the same for the same value.

mod declaration;
mod format;
mod kernel;
mod open;

use std::sync::Arc;

use crate::catalogue::Entry;

/// This protection.
pub(crate) const ENTRY: Entry = Entry {
    declaration: declaration::DECLARATION,
    returns: |_, input| kernel::returns(input),
    bind: |arguments, _, keys| Ok(Arc::new(kernel::kernel(arguments, keys)?)),
    unbind: Some(open::opener),
    #[cfg(test)]
    sample: kernel::sample,
};
