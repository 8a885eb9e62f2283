//! `date_shift(x, key, subject, days)`: moves the dates of a subject by one secret distance.

mod declaration;
mod kernel;

use std::sync::Arc;

use crate::{KeySource, catalogue::Entry};

/// This protection.
pub(crate) const ENTRY: Entry = Entry {
    declaration: declaration::DECLARATION,
    returns: kernel::returns,
    bind: |arguments, _, keys| Ok(Arc::new(kernel::kernel(arguments, keys)?)),
    unbind: Some(|arguments, _, keys| {
        let keys: &dyn KeySource = keys;
        Ok(Box::new(kernel::kernel(arguments, keys)?))
    }),
    #[cfg(test)]
    sample: kernel::sample,
};
