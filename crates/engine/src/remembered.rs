//! What the log alone remembers: which keys were destroyed, and which token vault is in use.
//!
//! The entries are not verified here: whoever can take one away has the state's owner's rights, and `audit verify`
//! finds it.

use std::path::Path;

use crate::error::EngineError;
use crate::vault::Known;
use sealine_audit::{Action, Reader};
use sealine_keys::{Fingerprint, Tombstones};

/// What the log alone remembers.
pub(crate) struct Remembered {
    /// Every key that it calls destroyed.
    pub(crate) tombstones: Tombstones,
    /// The vault that was used last and not given up since.
    pub(crate) vault: Option<Known>,
}

impl Remembered {
    /// Reads the log from its beginning.
    pub(crate) fn read(log: &Path) -> Result<Self, EngineError> {
        let mut found = Self {
            tombstones: Tombstones::none(),
            vault: None,
        };
        for record in Reader::open(log)?.entries(0) {
            if let Some(event) = record?.event {
                found.take(event.action);
            }
        }
        Ok(found)
    }

    fn take(&mut self, action: Action) {
        match action {
            Action::KeyDestroyed { fingerprint, .. } => {
                self.tombstones
                    .insert(Fingerprint::from_bytes(*fingerprint.as_bytes()));
            }
            // What is no id would be a bug of whoever wrote it, and forgets nothing.
            Action::VaultKnown { vault, .. } | Action::VaultMoved { to: vault, .. } => {
                self.vault = vault.parse().ok().map(Known::new).or(self.vault);
            }
            Action::RunCommitted {
                vault_batches: Some(batches),
                ..
            } => {
                if let Some(known) = &mut self.vault {
                    known.batches = batches;
                }
            }
            Action::VaultAccepted { batches, .. } => {
                if let Some(known) = &mut self.vault {
                    known.batches = batches;
                }
            }
            Action::VaultForgotten { .. } => self.vault = None,
            _ => {}
        }
    }
}
