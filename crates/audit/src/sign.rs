//! The one place where this crate meets the signature primitive.
//!
//! INVARIANT: Ed25519 as in RFC 8032, over exactly the bytes given. One key signs
//! two kinds of message, and no text is both: a DSSE encoding begins `DSSEv1 `
//! and a checkpoint with an origin, which has no space. Must never hash, trim or
//! re-encode what it signs.

use crate::AuditError;
use sealine_protect::crypto::ed25519::{SigningKey, VerifyingKey};

pub(crate) fn sign(key: &SigningKey, message: &[u8]) -> Result<[u8; 64], AuditError> {
    key.sign(message).map_err(|_| AuditError::Sign)
}

pub(crate) fn verify(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    key.verify(message, signature).is_ok()
}

pub(crate) fn verifier(key: &SigningKey) -> VerifyingKey {
    key.verifying_key()
}

pub(crate) fn public(key: &VerifyingKey) -> [u8; 32] {
    *key.as_bytes()
}

pub(crate) fn public_key(bytes: &[u8; 32]) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(bytes).ok()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
pub(crate) mod tests {
    use sealine_protect::crypto::Secret;

    use super::*;

    /// A key that is the same in every test run.
    pub(crate) fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&Secret::new(vec![seed; 32])).unwrap()
    }
}
