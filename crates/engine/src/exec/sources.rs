//! Where kernels take keys and the token vault from.
//!
//! INVARIANT: the vault is opened, and its file made, by the first protection that needs it, and never by a run
//! that needs none; its time stands still for the run, so that one value cannot get two tokens within it.

use std::sync::{Arc, Mutex, PoisonError};

use sealine_keys::OpenKeys;
use sealine_protect::crypto::{TokenKey, ValueKey};
use sealine_protect::{KeySource, ProtectError, TokenVault, VersionSource};
use sealine_vault::{Vault, VaultId};

use crate::vault::{Known, Site};

/// The keys of a project and, from its first use, the token vault as it is at one time.
#[derive(Debug)]
pub(crate) struct Sources {
    keys: Arc<OpenKeys>,
    site: Site,
    known: Option<Known>,
    now: i64,
    vault: Mutex<Option<Arc<Vault>>>,
}

impl Sources {
    /// The vault at `site`, at `now`, Unix time in seconds; it must be the one that is `known`.
    pub(crate) fn new(keys: Arc<OpenKeys>, site: Site, known: Option<Known>, now: i64) -> Self {
        let vault = Mutex::new(None);
        Self {
            keys,
            site,
            known,
            now,
            vault,
        }
    }

    pub(crate) fn keys(&self) -> &OpenKeys {
        &self.keys
    }

    /// Which vault was opened, if one was.
    pub(crate) fn opened(&self) -> Option<VaultId> {
        let place = self.vault.lock().unwrap_or_else(PoisonError::into_inner);
        place.as_ref().map(|vault| vault.id())
    }

    /// How many batches the vault has kept, if one was opened and counts them.
    pub(crate) fn batches(&self) -> Result<Option<u64>, ProtectError> {
        let place = self.vault.lock().unwrap_or_else(PoisonError::into_inner);
        place.as_ref().map_or(Ok(None), |vault| vault.batches())
    }
}

impl KeySource for Sources {
    fn token_key(&self, name: &str) -> Result<TokenKey, ProtectError> {
        self.keys.token_key(name)
    }

    fn value_key(&self, name: &str) -> Result<ValueKey, ProtectError> {
        self.keys.value_key(name)
    }

    fn sealed_at(&self) -> Option<u64> {
        u64::try_from(self.now).ok()
    }

    fn vault(&self, key: &str) -> Result<Arc<dyn TokenVault>, ProtectError> {
        let mut place = self.vault.lock().unwrap_or_else(PoisonError::into_inner);
        let vault = match &*place {
            Some(vault) => Arc::clone(vault),
            None => Arc::clone(place.insert(Arc::new(self.site.open(self.known)?))),
        };
        Ok(vault.at(key, self.now))
    }
}

impl VersionSource for Sources {
    fn value_key_version(&self, name: &str, version: u32) -> Result<ValueKey, ProtectError> {
        self.keys.value_key_version(name, version)
    }
}
