//! Keys with one purpose: a token key cannot encrypt, a value key cannot tokenize.
//!
//! Invariant: each wraps 32 random bytes of the keystore, and what is used is derived from them.
//!
//! Must never: be made from a password or from fewer bytes.

use std::fmt;

use super::{Secret, aead, hkdf, hmac};
use crate::ProtectError;

const KEY_LEN: usize = 32;

/// A key of purpose `token`: for stand-ins that are the same for the same value. Each protection
/// uses a key of its own, derived with its name.
pub struct TokenKey(Secret);

impl TokenKey {
    /// A key of the keystore.
    ///
    /// # Errors
    /// [`ProtectError::KeyLength`] when `secret` is not 32 bytes.
    pub fn new(secret: &Secret) -> Result<TokenKey, ProtectError> {
        check("a token key", secret)?;
        Ok(TokenKey(secret.duplicate()))
    }

    /// `length` bytes of HKDF-SHA-256(key, info `info`): the key of one protection. The info is
    /// its name, with `/` and a use where it needs several keys.
    ///
    /// # Errors
    /// [`ProtectError::Unsupported`] above 255 hash lengths.
    pub(crate) fn derive(&self, info: &str, length: usize) -> Result<Secret, ProtectError> {
        let algorithm = hmac::Algorithm::Sha256;
        hkdf::derive(algorithm, self.0.expose(), b"", info.as_bytes(), length)
    }

    /// HMAC-SHA-256 under HKDF-SHA-256(key, info `tokenize`), of messages that begin with the
    /// domain and its end.
    ///
    /// # Errors
    /// [`ProtectError::Primitive`] when AWS-LC fails.
    pub(crate) fn in_domain(&self, domain: &str) -> Result<hmac::Prefixed, ProtectError> {
        let prefix = [domain.as_bytes(), &[0]].concat();
        Ok(hmac::Prefixed::new(
            self.derive("tokenize", KEY_LEN)?.expose(),
            &prefix,
        ))
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey")
    }
}

/// One version of a key for `encrypt`. Data keys are derived from it, one for each salt.
pub struct ValueKey {
    version: u32,
    secret: Secret,
}

impl ValueKey {
    /// Version `version` of a key.
    ///
    /// # Errors
    /// [`ProtectError::KeyLength`] when `secret` is not 32 bytes.
    pub fn new(version: u32, secret: Secret) -> Result<ValueKey, ProtectError> {
        check("a value key", &secret)?;
        Ok(ValueKey { version, secret })
    }

    /// The version, which every ciphertext names.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The key of one cipher for `salt`: HKDF-SHA-256(key, salt, info), with another `info` for
    /// every cipher and format.
    pub(crate) fn data_key(
        &self,
        algorithm: aead::Algorithm,
        info: &str,
        salt: &[u8],
    ) -> Result<aead::Key, ProtectError> {
        aead::Key::new(algorithm, &hkdf::subkey(&self.secret, salt, info)?)
    }

    /// `length` bytes of HKDF-SHA-256(key, info `info`): the key that one interchange format is
    /// given. The info is the protection's name, with `/` and a use where it needs several.
    pub(crate) fn derive(&self, info: &str, length: usize) -> Result<Secret, ProtectError> {
        let algorithm = hmac::Algorithm::Sha256;
        hkdf::derive(
            algorithm,
            self.secret.expose(),
            b"",
            info.as_bytes(),
            length,
        )
    }
}

impl fmt::Debug for ValueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValueKey(version {})", self.version)
    }
}

fn check(what: &'static str, secret: &Secret) -> Result<(), ProtectError> {
    if secret.len() == KEY_LEN {
        Ok(())
    } else {
        Err(ProtectError::KeyLength {
            algorithm: what,
            expected: KEY_LEN,
            found: secret.len(),
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn short_keys_are_refused_and_none_is_shown() {
        assert!(TokenKey::new(&Secret::new(vec![1; 31])).is_err());
        assert!(ValueKey::new(1, Secret::new(vec![1; 16])).is_err());
        let key = ValueKey::new(9, Secret::new(vec![0x41; 32])).unwrap();
        assert_eq!(format!("{key:?}"), "ValueKey(version 9)");
        assert_eq!(
            format!("{:?}", TokenKey::new(&Secret::new(vec![0x41; 32])).unwrap()),
            "TokenKey"
        );
    }
}
