//! The root secret: it seals every key of the keystore and signs the document they stand in.
//!
//! Invariant: the secret itself is used for nothing but deriving the two keys below.

use base64::{Engine, engine::general_purpose::STANDARD};
use sealine_protect::crypto::{Secret, aead, hkdf, hmac};

use crate::{KeyError, Purpose};

/// Bytes of the root secret and of every key under it.
pub(crate) const KEY_LEN: usize = 32;

/// The keys derived from the root secret.
#[derive(Debug)]
pub(crate) struct Root {
    wrapping: aead::Key,
    integrity: hmac::Key,
}

impl Root {
    pub(crate) fn new(secret: &Secret) -> Result<Root, KeyError> {
        let wrapping = hkdf::subkey(secret, b"", "sealine keystore wrap 1")?;
        let integrity = hkdf::subkey(secret, b"", "sealine keystore mac 1")?;
        Ok(Root {
            wrapping: aead::Key::new(aead::Algorithm::Aes256Gcm, &wrapping)?,
            integrity: hmac::Key::new(hmac::Algorithm::Sha256, integrity.expose()),
        })
    }

    /// Seals one version of a key to its name, purpose and version.
    pub(crate) fn wrap(&self, place: Place<'_>, key: &Secret) -> Result<String, KeyError> {
        Ok(STANDARD.encode(self.wrapping.seal(&place.associated_data(), key.expose())?))
    }

    /// Opens what [`Root::wrap`] made; `None` when it was not made here or for another place.
    pub(crate) fn unwrap(&self, place: Place<'_>, wrapped: &str) -> Option<Secret> {
        let sealed = STANDARD.decode(wrapped).ok()?;
        let key = self.wrapping.open(&place.associated_data(), &sealed).ok()?;
        (key.len() == KEY_LEN).then_some(key)
    }

    /// The MAC of a document of one kind and format.
    pub(crate) fn mac(&self, context: &[u8], document: &[u8]) -> hmac::Tag {
        self.integrity.sign(&[context, document])
    }
}

/// Where a wrapped key belongs.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) name: &'a str,
    pub(crate) purpose: Purpose,
    pub(crate) version: u32,
}

impl Place<'_> {
    /// Each part after its length, so that no two places share it.
    pub(crate) fn associated_data(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.name.len() + 32);
        for part in [self.name, self.purpose.as_str()] {
            // Names are at most 128 bytes.
            out.extend_from_slice(&(part.len() as u64).to_be_bytes());
            out.extend_from_slice(part.as_bytes());
        }
        out.extend_from_slice(&self.version.to_be_bytes());
        out
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
    fn a_wrapped_key_opens_only_in_its_place_and_under_its_root() {
        let root = Root::new(&Secret::new(vec![1; 32])).unwrap();
        let key = Secret::random(KEY_LEN).unwrap();
        let place = Place {
            name: "crm",
            purpose: Purpose::Token,
            version: 1,
        };
        let wrapped = root.wrap(place, &key).unwrap();
        assert!(root.unwrap(place, &wrapped).unwrap().equals(&key));
        for moved in [
            Place {
                name: "crn",
                ..place
            },
            Place {
                purpose: Purpose::Value,
                ..place
            },
            Place {
                version: 2,
                ..place
            },
        ] {
            assert!(root.unwrap(moved, &wrapped).is_none());
        }
        let other = Root::new(&Secret::new(vec![2; 32])).unwrap();
        assert!(other.unwrap(place, &wrapped).is_none());
        assert!(root.unwrap(place, "not base64!").is_none());
        assert_ne!(
            root.mac(b"a\0", b"x").as_ref(),
            other.mac(b"a\0", b"x").as_ref()
        );
    }
}
