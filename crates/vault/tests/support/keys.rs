//! Keys for tests of a vault: every name is a key of its own, and the vault is the one at hand.

use std::sync::Arc;

use sealine_label::declare::{Argument, Call, Context};
use sealine_protect::{
    KeySource, ProtectError, TokenVault, VersionSource,
    crypto::{Secret, TokenKey, ValueKey},
};

// The crate's own tests know the vault by another path than those beside it.
use super::Vault;

pub(crate) struct Keys {
    pub(crate) vault: Arc<Vault>,
    pub(crate) now: i64,
}

impl KeySource for Keys {
    fn token_key(&self, name: &str) -> Result<TokenKey, ProtectError> {
        TokenKey::new(&Secret::new(vec![name.len() as u8; 32]))
    }

    fn value_key(&self, _: &str) -> Result<ValueKey, ProtectError> {
        ValueKey::new(1, Secret::new(vec![1; 32]))
    }

    fn vault(&self, key: &str) -> Result<Arc<dyn TokenVault>, ProtectError> {
        Ok(self.vault.at(key, self.now))
    }
}

impl VersionSource for Keys {
    fn value_key_version(&self, name: &str, _: u32) -> Result<ValueKey, ProtectError> {
        self.value_key(name)
    }
}

/// `vault_token(email, key, domain, ttl, reuse)`.
pub(crate) fn call(key: &str, domain: &str, ttl: &str, reuse: &str) -> Call {
    let arguments = [key, domain, ttl, reuse].map(|word| Argument::Text(word.to_owned()));
    Call {
        name: "vault_token",
        arguments: arguments.to_vec(),
        context: Context {
            dataset: "lake.people".to_owned(),
            column: "email".to_owned(),
        },
    }
}
