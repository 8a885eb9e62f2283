//! `scrub(x [, plan [, key]])`: running text without the personal data that the detectors find in
//! it, each kind by a protection of its own.

mod declaration;
mod kernel;
mod plan;

use std::sync::Arc;

use crate::catalogue::Entry;

/// This protection.
pub(crate) const ENTRY: Entry = Entry {
    declaration: declaration::DECLARATION,
    returns: |arguments, input| kernel::returns(arguments, input),
    bind: |arguments, context, keys| Ok(Arc::new(kernel::kernel(arguments, context, keys)?)),
    unbind: None,
    #[cfg(test)]
    sample: kernel::sample,
};
