//! `mask_iban(x [, last])`: hides an account number but its country and last characters.

mod declaration;
mod kernel;

use std::sync::Arc;

use crate::{Kernel, catalogue::Entry};

/// This protection.
pub(crate) const ENTRY: Entry = Entry {
    declaration: declaration::DECLARATION,
    returns: |arguments, input| kernel::kernel(arguments)?.returns(input),
    bind: |arguments, _, _| Ok(Arc::new(kernel::kernel(arguments)?)),
    unbind: None,
    #[cfg(test)]
    sample: kernel::sample,
};
