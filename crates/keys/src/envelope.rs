//! Envelope encryption: a data key for each file, wrapped under a file key.
//!
//! ```text
//! file key version u32 | nonce 12 | ciphertext | tag 16        (big-endian; AES-256-GCM)
//! ```
//!
//! The associated data is the name of the file key. What the envelope holds is the data key or,
//! as Parquet's key tools do it, a key-encryption key that wraps some data keys in turn:
//!
//! ```text
//! nonce 12 | ciphertext | tag 16        (AES-GCM of the key-encryption key's length)
//! ```
//!
//! with the id of the key-encryption key as associated data. A reader then asks for one key where
//! it would have asked for one per column.
//!
//! Invariant: a [`DataKey`] is made here only, fresh for each use, so a file's writer cannot be
//! given a key that another file has.

use std::fmt;

use sealine_protect::crypto::{Secret, aead, random};

use crate::{KeyError, root::KEY_LEN};

const VERSION_LEN: usize = 4;
/// Bytes of the id of a key-encryption key.
const ID_LEN: usize = 16;
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

    /// What goes into the file beside the ciphertext, as key material.
    pub fn wrapped(&self) -> &WrappedKey {
        &self.wrapped
    }
}

/// A key that wraps the data keys of one file, itself under a file key. Not `Clone`.
pub struct KeyEncryptionKey {
    plaintext: Secret,
    key: String,
    bytes: Vec<u8>,
    id: Vec<u8>,
}

impl KeyEncryptionKey {
    /// A fresh data key of 256 bits, wrapped under this key.
    ///
    /// # Errors
    /// [`KeyError::Crypto`].
    pub fn new_data_key(&self) -> Result<DataKey, KeyError> {
        let plaintext = Secret::random(KEY_LEN)?;
        let bytes = gcm(&self.plaintext)?.seal(&self.id, plaintext.expose())?;
        let inner = Inner {
            id: self.id.clone(),
            bytes,
        };
        Ok(DataKey {
            plaintext,
            wrapped: WrappedKey::new(self.key.clone(), self.bytes.clone())?.around(inner)?,
        })
    }
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyEncryptionKey({:?})", self.key)
    }
}

/// A data key under a key-encryption key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Inner {
    /// The id of the key-encryption key.
    pub(crate) id: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
}

/// A data key under a file key, directly or through a key-encryption key; safe to store.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    key: String,
    bytes: Vec<u8>,
    inner: Option<Inner>,
}

impl WrappedKey {
    /// An envelope as it was given out, under the file key of this name. Whether it opens shows
    /// in [`OpenKeys::unwrap`](crate::OpenKeys::unwrap).
    ///
    /// # Errors
    /// [`KeyError::Material`] when it does not have the length of one.
    pub fn new(key: String, bytes: Vec<u8>) -> Result<WrappedKey, KeyError> {
        let least = VERSION_LEN + aead::NONCE_LEN + aead::TAG_LEN;
        if bytes.len() < least || bytes.len() > LONGEST {
            return Err(KeyError::Material(
                "its wrapped key does not have the length of one",
            ));
        }
        Ok(WrappedKey {
            key,
            bytes,
            inner: None,
        })
    }

    /// The same envelope, holding the key that `inner` is wrapped under.
    pub(crate) fn around(self, inner: Inner) -> Result<WrappedKey, KeyError> {
        let lengths = aead::NONCE_LEN + aead::TAG_LEN + 1..=aead::NONCE_LEN + aead::TAG_LEN + 64;
        if !lengths.contains(&inner.bytes.len()) || inner.id.len() > 64 {
            return Err(KeyError::Material(
                "its wrapped key does not have the length of one",
            ));
        }
        Ok(WrappedKey {
            inner: Some(inner),
            ..self
        })
    }

    pub(crate) fn inner(&self) -> Option<&Inner> {
        self.inner.as_ref()
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

    /// The envelope, of the data key or of the key-encryption key.
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
    let wrapped = wrap(name, version, key, &plaintext)?;
    Ok(DataKey { plaintext, wrapped })
}

pub(crate) fn new_key_encryption_key(
    name: &str,
    version: u32,
    key: &Secret,
) -> Result<KeyEncryptionKey, KeyError> {
    let plaintext = Secret::random(KEY_LEN)?;
    let wrapped = wrap(name, version, key, &plaintext)?;
    Ok(KeyEncryptionKey {
        plaintext,
        key: wrapped.key,
        bytes: wrapped.bytes,
        id: random::array::<ID_LEN>()?.to_vec(),
    })
}

/// What others ask to be wrapped is an AES key.
pub(crate) fn check_length(plaintext: &Secret) -> Result<(), KeyError> {
    match plaintext.len() {
        16 | 24 | 32 => Ok(()),
        _ => Err(KeyError::Material("a key to wrap has 16, 24 or 32 bytes")),
    }
}

pub(crate) fn wrap(
    name: &str,
    version: u32,
    key: &Secret,
    plaintext: &Secret,
) -> Result<WrappedKey, KeyError> {
    let sealed = wrapping(key)?.seal(name.as_bytes(), plaintext.expose())?;
    let mut bytes = Vec::with_capacity(VERSION_LEN + sealed.len());
    bytes.extend_from_slice(&version.to_be_bytes());
    bytes.extend_from_slice(&sealed);
    WrappedKey::new(name.to_owned(), bytes)
}

pub(crate) fn unwrap(wrapped: &WrappedKey, key: &Secret) -> Result<Secret, KeyError> {
    let version = wrapped.version()?;
    let sealed = wrapped.bytes.get(VERSION_LEN..).unwrap_or_default();
    let failed = |_| KeyError::DoesNotUnwrap {
        name: wrapped.key.clone(),
        version,
    };
    let opened = wrapping(key)?
        .open(wrapped.key.as_bytes(), sealed)
        .map_err(failed)?;
    match &wrapped.inner {
        Some(inner) => gcm(&opened)?.open(&inner.id, &inner.bytes).map_err(failed),
        None => Ok(opened),
    }
}

fn wrapping(key: &Secret) -> Result<aead::Key, KeyError> {
    Ok(aead::Key::new(aead::Algorithm::Aes256Gcm, key)?)
}

/// A key-encryption key at work. Those of others may have 128 bits.
fn gcm(key: &Secret) -> Result<aead::Key, KeyError> {
    let algorithm = if key.len() == aead::Algorithm::Aes128Gcm.key_len() {
        aead::Algorithm::Aes128Gcm
    } else {
        aead::Algorithm::Aes256Gcm
    };
    Ok(aead::Key::new(algorithm, key)?)
}
