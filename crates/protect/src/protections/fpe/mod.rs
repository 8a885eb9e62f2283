//! `fpe(x, key [, form [, short [, tweak]]])` and `fpe_card(x, key [, short [, tweak]])`:
//! format-preserving encryption.
//!
//! They are two because they show two things: `fpe` nothing of the value but its form, `fpe_card`
//! the first and last digits, as a mask does. The proof has to know which.

mod declaration;
mod form;
mod kernel;
mod open;

use std::sync::Arc;

use crate::catalogue::Entry;

/// `fpe`.
pub(crate) const ENTRY: Entry = Entry {
    declaration: declaration::FPE,
    returns: |arguments, input| {
        kernel::said(arguments)?;
        kernel::returns(declaration::FPE.name, input)
    },
    bind: |arguments, _, keys| Ok(Arc::new(kernel::kernel(kernel::said(arguments)?, keys)?)),
    unbind: Some(|arguments, _, keys| open::opener(kernel::said(arguments)?, keys)),
    #[cfg(test)]
    sample: kernel::sample,
};

/// `fpe_card`.
pub(crate) const CARD: Entry = Entry {
    declaration: declaration::CARD,
    returns: |arguments, input| {
        kernel::said_card(arguments)?;
        kernel::returns(declaration::CARD.name, input)
    },
    bind: |arguments, _, keys| {
        Ok(Arc::new(kernel::kernel(
            kernel::said_card(arguments)?,
            keys,
        )?))
    },
    unbind: Some(|arguments, _, keys| open::opener(kernel::said_card(arguments)?, keys)),
    #[cfg(test)]
    sample: kernel::sample_card,
};
