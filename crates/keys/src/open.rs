//! The keys of a keystore, open in memory for one run.
//!
//! Invariant: a key is found by name and purpose together; only the primary version protects, and
//! only versions that are enabled or decrypt-only open; a use of a key that wears out is counted
//! before it happens.
//!
//! Must never: hand out a key for a purpose it was not made for.

use std::{collections::BTreeMap, fmt};

use sealine_protect::{
    KeySource, ProtectError, VersionSource,
    crypto::{Secret, TokenKey, ValueKey, ed25519::SigningKey},
};

use crate::{
    DIGEST_KEY, DataKey, KeyEncryptionKey, KeyError, LOG_KEY, Purpose, State, WrappedKey, envelope,
    uses::Meter,
};

/// Open keys; wiped when dropped.
pub struct OpenKeys {
    epoch: u64,
    keysets: BTreeMap<String, OpenKeyset>,
    meter: Meter,
}

pub(crate) struct OpenKeyset {
    pub(crate) purpose: Purpose,
    pub(crate) primary: u32,
    /// The most uses of one version, where they are counted.
    pub(crate) limit: Option<u64>,
    pub(crate) versions: BTreeMap<u32, (State, Option<Secret>)>,
}

impl OpenKeys {
    pub(crate) fn new(epoch: u64, keysets: BTreeMap<String, OpenKeyset>, meter: Meter) -> OpenKeys {
        OpenKeys {
            epoch,
            keysets,
            meter,
        }
    }

    /// The [`Keystore::epoch`](crate::Keystore::epoch) that these keys were opened at.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// A fresh data key of 256 bits for one file, with itself wrapped under the primary version
    /// of `name`, a key of purpose `file`. Counted as one use.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`], [`KeyError::WrongPurpose`], [`KeyError::VersionState`],
    /// [`KeyError::Exhausted`]; [`KeyError::File`] when the use could not be counted;
    /// [`KeyError::Crypto`].
    pub fn new_data_key(&self, name: &str) -> Result<DataKey, KeyError> {
        let (version, key) = self.protecting(name, Purpose::File)?;
        self.count(name, Purpose::File, version)?;
        envelope::new_data_key(name, version, key)
    }

    /// A fresh key to wrap the data keys of one file, with itself wrapped under the primary
    /// version of `name`, a key of purpose `file`. Counted as one use, however many data keys it
    /// wraps.
    ///
    /// # Errors
    /// As of [`OpenKeys::new_data_key`].
    pub fn new_key_encryption_key(&self, name: &str) -> Result<KeyEncryptionKey, KeyError> {
        let (version, key) = self.protecting(name, Purpose::File)?;
        self.count(name, Purpose::File, version)?;
        envelope::new_key_encryption_key(name, version, key)
    }

    /// Wraps a key of 16, 24 or 32 bytes that another made, under the primary version of `name`,
    /// a key of purpose `file`. Counted as one use.
    ///
    /// # Errors
    /// As of [`OpenKeys::new_data_key`]; [`KeyError::Material`] for another length.
    pub fn wrap(&self, name: &str, plaintext: &Secret) -> Result<WrappedKey, KeyError> {
        let (version, key) = self.protecting(name, Purpose::File)?;
        envelope::check_length(plaintext)?;
        self.count(name, Purpose::File, version)?;
        envelope::wrap(name, version, key, plaintext)
    }

    /// Opens a wrapped data key, wrapped once or twice.
    ///
    /// # Errors
    /// [`KeyError::DoesNotUnwrap`] for a key that was wrapped elsewhere; [`KeyError::UnknownKey`],
    /// [`KeyError::UnknownVersion`], [`KeyError::VersionState`], [`KeyError::WrongPurpose`],
    /// [`KeyError::Material`].
    pub fn unwrap(&self, wrapped: &WrappedKey) -> Result<Secret, KeyError> {
        let key = self.opening(wrapped.key(), Purpose::File, wrapped.version()?)?;
        envelope::unwrap(wrapped, key)
    }

    /// The key that signs the log and the receipts.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`] when the keystore has none; [`KeyError::Crypto`].
    pub fn signer(&self) -> Result<SigningKey, KeyError> {
        Ok(SigningKey::from_seed(
            self.protecting(LOG_KEY, Purpose::Sign)?.1,
        )?)
    }

    /// The key of keyed digests of plaintext.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`] when the keystore has none.
    pub fn digest_key(&self) -> Result<Secret, KeyError> {
        Ok(self.protecting(DIGEST_KEY, Purpose::Digest)?.1.duplicate())
    }

    /// Which version of a key protects: for receipts, which name keys and versions.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`], [`KeyError::WrongPurpose`].
    pub fn primary(&self, name: &str, purpose: Purpose) -> Result<u32, KeyError> {
        self.protecting(name, purpose).map(|(version, _)| version)
    }

    /// Counts one use of a version that is about to protect.
    fn count(&self, name: &str, purpose: Purpose, version: u32) -> Result<(), KeyError> {
        match self.keyset(name, purpose)?.limit {
            Some(limit) => self.meter.take(name, version, limit),
            None => Ok(()),
        }
    }

    fn protecting(&self, name: &str, purpose: Purpose) -> Result<(u32, &Secret), KeyError> {
        let version = self.keyset(name, purpose)?.primary;
        let (state, secret) = self.version(name, purpose, version)?;
        match (state, secret) {
            (State::Enabled, Some(secret)) => Ok((version, secret)),
            _ => Err(KeyError::VersionState {
                name: name.to_owned(),
                version,
                state,
            }),
        }
    }

    fn opening(&self, name: &str, purpose: Purpose, version: u32) -> Result<&Secret, KeyError> {
        let (state, secret) = self.version(name, purpose, version)?;
        match (state, secret) {
            (State::Enabled | State::DecryptOnly, Some(secret)) => Ok(secret),
            _ => Err(KeyError::VersionState {
                name: name.to_owned(),
                version,
                state,
            }),
        }
    }

    fn version(
        &self,
        name: &str,
        purpose: Purpose,
        version: u32,
    ) -> Result<(State, Option<&Secret>), KeyError> {
        match self.keyset(name, purpose)?.versions.get(&version) {
            Some((state, secret)) => Ok((*state, secret.as_ref())),
            None => Err(KeyError::UnknownVersion {
                name: name.to_owned(),
                version,
            }),
        }
    }

    fn keyset(&self, name: &str, needed: Purpose) -> Result<&OpenKeyset, KeyError> {
        match self.keysets.get(name) {
            Some(keyset) if keyset.purpose == needed => Ok(keyset),
            Some(keyset) => Err(KeyError::WrongPurpose {
                name: name.to_owned(),
                found: keyset.purpose,
                needed,
            }),
            None => Err(KeyError::UnknownKey {
                name: name.to_owned(),
                purpose: needed,
            }),
        }
    }
}

impl KeySource for OpenKeys {
    fn token_key(&self, name: &str) -> Result<TokenKey, ProtectError> {
        let (_, secret) = self
            .protecting(name, Purpose::Token)
            .map_err(KeyError::into_protect)?;
        TokenKey::new(secret)
    }

    fn value_key(&self, name: &str) -> Result<ValueKey, ProtectError> {
        let (version, secret) = self
            .protecting(name, Purpose::Value)
            .map_err(KeyError::into_protect)?;
        self.count(name, Purpose::Value, version)
            .map_err(KeyError::into_protect)?;
        ValueKey::new(version, secret.duplicate())
    }
}

impl VersionSource for OpenKeys {
    fn value_key_version(&self, name: &str, version: u32) -> Result<ValueKey, ProtectError> {
        let secret = self
            .opening(name, Purpose::Value, version)
            .map_err(KeyError::into_protect)?;
        ValueKey::new(version, secret.duplicate())
    }
}

impl fmt::Debug for OpenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenKeys")
            .field("names", &self.keysets.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
