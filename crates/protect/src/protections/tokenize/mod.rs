//! `tokenize(x, key [, domain [, output [, length]]])`: a keyed, deterministic stand-in.

mod declaration;
mod form;
mod kernel;
pub(crate) mod plaintext;

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
