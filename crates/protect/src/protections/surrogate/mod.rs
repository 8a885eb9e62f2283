//! `surrogate(x, kind, key [, domain])`: a realistic stand-in that belongs to nobody.

mod declaration;
mod draw;
mod kernel;
mod kind;
mod words;

use std::sync::Arc;

use crate::catalogue::Entry;

/// This protection.
pub(crate) const ENTRY: Entry = Entry {
    declaration: declaration::DECLARATION,
    returns: kernel::returns,
    bind: |arguments, _, keys| Ok(Arc::new(kernel::kernel(arguments, keys)?)),
    unbind: None,
    #[cfg(test)]
    sample: kernel::sample,
};
