//! What outlives a destroyed key: its fingerprint, by which a restored backup is recognised.
//!
//! Invariant: a fingerprint is of the key's own bytes, so a new key that takes an old name and
//! number is another key and is not refused.
//!
//! Must never: tell anything of the key. A fingerprint is a PRF of 32 random bytes.

use std::{collections::BTreeSet, fmt};

use sealine_protect::crypto::{Secret, hkdf, hmac};

use crate::{KeyError, root::Place};

/// A version of a key that is to be gone for good. The caller keeps it where no backup of the
/// keystore reaches: in the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The key.
    pub name: String,
    /// The version.
    pub version: u32,
    /// Of its bytes, name, purpose and version.
    pub fingerprint: Fingerprint,
}

/// Recognises the bytes of a key without telling them: HMAC-SHA-256 over name, purpose and version
/// under HKDF(key, info `sealine key fingerprint 1`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// As it was logged.
    pub fn from_bytes(bytes: [u8; 32]) -> Fingerprint {
        Fingerprint(bytes)
    }

    /// To be logged.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn of(place: Place<'_>, key: &Secret) -> Result<Fingerprint, KeyError> {
        let subkey = hkdf::subkey(key, b"", "sealine key fingerprint 1")?;
        let tag = hmac::Key::new(hmac::Algorithm::Sha256, subkey.expose())
            .sign(&[&place.associated_data()]);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(tag.as_ref());
        Ok(Fingerprint(bytes))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Every version that was ever destroyed, as the audit log tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tombstones(BTreeSet<Fingerprint>);

impl Tombstones {
    /// Nothing was ever destroyed. Right only where there is no log that could tell otherwise.
    pub fn none() -> Tombstones {
        Tombstones::default()
    }

    /// Adds one.
    pub fn insert(&mut self, fingerprint: Fingerprint) {
        self.0.insert(fingerprint);
    }

    /// Whether a version's bytes are to be refused.
    pub fn contains(&self, fingerprint: &Fingerprint) -> bool {
        self.0.contains(fingerprint)
    }
}

impl FromIterator<Fingerprint> for Tombstones {
    fn from_iter<I: IntoIterator<Item = Fingerprint>>(fingerprints: I) -> Tombstones {
        Tombstones(fingerprints.into_iter().collect())
    }
}
