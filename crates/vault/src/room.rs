//! A vault as a key sees it at one time.
//!
//! Invariant: a token whose end has come is not found and not opened, and gives way to the next one of its subject.

use std::sync::Arc;

use sealine_protect::{Entry, ProtectError, Subject, Token, TokenVault};

use crate::vault::{Space, Vault};

/// See [`Vault::at`].
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) vault: Arc<Vault>,
    pub(crate) key: String,
    pub(crate) now: i64,
}

impl Room {
    fn space<'a>(&'a self, domain: &'a str) -> Space<'a> {
        Space {
            key: &self.key,
            domain,
            now: self.now,
        }
    }
}

impl TokenVault for Room {
    fn find(&self, domain: &str, subjects: &[Subject]) -> Result<Vec<Option<Token>>, ProtectError> {
        self.vault.store().find(&self.space(domain), subjects)
    }

    fn keep(
        &self,
        domain: &str,
        entries: &[Entry],
        ttl: Option<u64>,
    ) -> Result<Vec<Token>, ProtectError> {
        let expires = ttl.map(|seconds| {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            self.now.saturating_add(seconds)
        });
        self.vault
            .store()
            .keep(&self.space(domain), entries, expires)
    }

    fn sealed(&self, domain: &str, tokens: &[Token]) -> Result<Vec<Option<Vec<u8>>>, ProtectError> {
        self.vault.store().sealed(&self.space(domain), tokens)
    }
}
