//! Ed25519 signatures (RFC 8032).
//!
//! Invariant: [`VerifyingKey::verify`] accepts canonical signatures of 64 bytes only.
//!
//! Must never: sign two kinds of message under one key without a prefix that tells them apart.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::Secret;
use crate::ProtectError;

/// A private signing key; it wipes itself when dropped.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: VerifyingKey,
}

impl SigningKey {
    /// The key that a seed of 32 bytes determines.
    ///
    /// # Errors
    /// [`ProtectError::KeyLength`] for another length.
    pub fn from_seed(seed: &Secret) -> Result<SigningKey, ProtectError> {
        if seed.len() != 32 {
            return Err(ProtectError::KeyLength {
                algorithm: "Ed25519",
                expected: 32,
                found: seed.len(),
            });
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose())
            .map_err(|_| ProtectError::Primitive("Ed25519"))?;
        let public = VerifyingKey::from_bytes(pair.public_key().as_ref())?;
        Ok(SigningKey { pair, public })
    }

    /// A fresh key, with the seed to keep.
    ///
    /// # Errors
    /// [`ProtectError::Randomness`] when the system gives none.
    pub fn generate() -> Result<(SigningKey, Secret), ProtectError> {
        let seed = Secret::random(32)?;
        Ok((SigningKey::from_seed(&seed)?, seed))
    }

    /// The 64 bytes of the signature over `message`.
    ///
    /// # Errors
    /// [`ProtectError::Primitive`] when AWS-LC fails.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 64], ProtectError> {
        let signature = self
            .pair
            .try_sign(message)
            .map_err(|_| ProtectError::Primitive("Ed25519"))?;
        signature
            .as_ref()
            .try_into()
            .map_err(|_| ProtectError::Primitive("Ed25519"))
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.public
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ed25519::SigningKey")
    }
}

/// A public key of 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct VerifyingKey([u8; 32]);

impl VerifyingKey {
    /// Takes the 32 bytes of RFC 8032. Whether they are a point shows when verifying.
    ///
    /// # Errors
    /// [`ProtectError::KeyLength`] for another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<VerifyingKey, ProtectError> {
        bytes
            .try_into()
            .map(VerifyingKey)
            .map_err(|_| ProtectError::KeyLength {
                algorithm: "Ed25519",
                expected: 32,
                found: bytes.len(),
            })
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Checks `signature` over `message`.
    ///
    /// # Errors
    /// [`ProtectError::NotAuthentic`] when it does not hold.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), ProtectError> {
        if signature.len() != 64 {
            return Err(ProtectError::NotAuthentic);
        }
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(message, signature)
            .map_err(|_| ProtectError::NotAuthentic)
    }
}
