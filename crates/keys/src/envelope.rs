//! Envelope encryption: a data key for each file, wrapped under a file key.
//!
//! ```text
//! file key version u32 | nonce 12 | ciphertext | tag 16        (big-endian; AES-256-GCM)
//! ```
//!
//! The associated data is the name of the file key.
//!
//! Invariant: a [`DataKey`] is made here only, fresh for each file, so a file's writer cannot be
//! given a key that another file has.

use std::fmt;

use sealine_protect::crypto::{Secret, aead};

use crate::{KeyError, root::KEY_LEN};

const VERSION_LEN: usize = 4;
/// The longest envelope that is read: a data key has at most 64 bytes.
pub(crate) const LONGEST: usize = VERSION_LEN + aead::NONCE_LEN + 64 + aead::TAG_LEN;

/// A fresh data key and itself wrapped. Not `Clone`: one file, one data key.
#[derive(Debug)]
pub struct DataKey {
    plaintext: Secret,
    wrapped: WrappedKey,
}

impl DataKey {
    /// The 32 bytes that encrypt the file.
    pub fn plaintext(&self) -> &Secret {
        &self.plaintext
    }

    /// What goes into the file beside the ciphertext.
    pub fn wrapped(&self) -> &WrappedKey {
        &self.wrapped
    }
}

/// A data key under a file key; safe to store.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    key: String,
    bytes: Vec<u8>,
}

impl WrappedKey {
    pub(crate) fn from_parts(key: String, bytes: Vec<u8>) -> Result<WrappedKey, KeyError> {
        let least = VERSION_LEN + aead::NONCE_LEN + aead::TAG_LEN;
        if bytes.len() < least || bytes.len() > LONGEST {
            return Err(KeyError::Material(
                "its wrapped key does not have the length of one",
            ));
        }
        Ok(WrappedKey { key, bytes })
    }

    /// The name of the file key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The version of the file key.
    ///
    /// # Errors
    /// [`KeyError::Material`] when the bytes are too short to have one.
    pub fn version(&self) -> Result<u32, KeyError> {
        let version = self
            .bytes
            .first_chunk()
            .ok_or(KeyError::Material("its wrapped key is cut"))?;
        Ok(u32::from_be_bytes(*version))
    }

    /// The envelope.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappedKey({:?}, {} bytes)", self.key, self.bytes.len())
    }
}

pub(crate) fn new_data_key(name: &str, version: u32, key: &Secret) -> Result<DataKey, KeyError> {
    let plaintext = Secret::random(KEY_LEN)?;
    let sealed = wrapping(key)?.seal(name.as_bytes(), plaintext.expose())?;
    let mut bytes = Vec::with_capacity(VERSION_LEN + sealed.len());
    bytes.extend_from_slice(&version.to_be_bytes());
    bytes.extend_from_slice(&sealed);
    Ok(DataKey {
        plaintext,
        wrapped: WrappedKey::from_parts(name.to_owned(), bytes)?,
    })
}

pub(crate) fn unwrap(wrapped: &WrappedKey, key: &Secret) -> Result<Secret, KeyError> {
    let version = wrapped.version()?;
    let sealed = wrapped.bytes.get(VERSION_LEN..).unwrap_or_default();
    wrapping(key)?
        .open(wrapped.key.as_bytes(), sealed)
        .map_err(|_| KeyError::DoesNotUnwrap {
            name: wrapped.key.clone(),
            version,
        })
}

fn wrapping(key: &Secret) -> Result<aead::Key, KeyError> {
    Ok(aead::Key::new(aead::Algorithm::Aes256Gcm, key)?)
}
