//! Where random tokens are kept: what `vault_token` asks of a token vault.
//!
//! Invariant: a vault sees no plaintext. A subject is known to it by an HMAC under a key that it
//! does not have, and the value only as a ciphertext that authenticates its domain and its token.
//!
//! Must never: hand out a token that has expired; give one subject two tokens that are both alive.

use std::fmt::Debug;

use crate::ProtectError;

/// A random token of 128 bits.
pub type Token = [u8; 16];

/// HMAC-SHA-256 of a value within its domain.
pub type Subject = [u8; 32];

/// A token that is to be kept.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose it is, so that the same value finds it again; none for a token of one row alone.
    pub subject: Option<Subject>,
    /// The token, which takes effect only where the subject has none.
    pub token: Token,
    /// The value, sealed for the domain and this token.
    pub sealed: Vec<u8>,
}

/// A table of tokens, for one key and at one time: what has expired by then is not there.
///
/// A call is one batch of rows. Every answer is as long as what was asked, and in its order.
pub trait TokenVault: Send + Sync + Debug {
    /// The tokens that subjects have.
    ///
    /// # Errors
    /// [`ProtectError::Vault`].
    fn find(&self, domain: &str, subjects: &[Subject]) -> Result<Vec<Option<Token>>, ProtectError>;

    /// Keeps all entries or none, durably, and says which token stands for each: its own, or the
    /// one that the subject has, where another process was faster. A token lives for `ttl`
    /// seconds, or for ever; one that stands keeps its own time.
    ///
    /// # Errors
    /// [`ProtectError::Vault`].
    fn keep(
        &self,
        domain: &str,
        entries: &[Entry],
        ttl: Option<u64>,
    ) -> Result<Vec<Token>, ProtectError>;

    /// The sealed values behind tokens.
    ///
    /// # Errors
    /// [`ProtectError::Vault`].
    fn sealed(&self, domain: &str, tokens: &[Token]) -> Result<Vec<Option<Vec<u8>>>, ProtectError>;
}
