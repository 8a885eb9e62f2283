//! HMAC (RFC 2104, FIPS 198-1) with SHA-256 and SHA-512.
//!
//! Invariant: a [`Key`] holds the states after the inner and the outer padding, so a message pays
//! for its own blocks only.
//!
//! Must never: accept a truncated tag in [`Key::verify`].

use std::fmt;

use aws_lc_rs::hmac;

use super::constant_time_equal;
use crate::ProtectError;

/// The hash below the HMAC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// HMAC-SHA-256, tags of 32 bytes.
    Sha256,
    /// HMAC-SHA-512, tags of 64 bytes.
    Sha512,
}

impl Algorithm {
    /// Reads `SHA-256` or `SHA-512`.
    ///
    /// # Errors
    /// [`ProtectError::Unsupported`] for anything else.
    pub fn parse(name: &str) -> Result<Algorithm, ProtectError> {
        match name {
            "SHA-256" => Ok(Algorithm::Sha256),
            "SHA-512" => Ok(Algorithm::Sha512),
            _ => Err(ProtectError::unsupported(
                "this hash (SHA-256 and SHA-512 are)",
            )),
        }
    }

    /// The length of a full tag in bytes.
    pub fn tag_len(self) -> usize {
        match self {
            Algorithm::Sha256 => 32,
            Algorithm::Sha512 => 64,
        }
    }

    fn native(self) -> hmac::Algorithm {
        match self {
            Algorithm::Sha256 => hmac::HMAC_SHA256,
            Algorithm::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// An HMAC key, ready for many messages. AWS-LC wipes it when it drops.
pub struct Key {
    algorithm: Algorithm,
    native: hmac::Key,
}

impl Key {
    /// A key of any length (RFC 2104: short ones are padded, long ones hashed).
    pub fn new(algorithm: Algorithm, key: &[u8]) -> Key {
        Key {
            algorithm,
            native: hmac::Key::new(algorithm.native(), key),
        }
    }

    /// The tag over the concatenation of `parts`.
    pub fn sign(&self, parts: &[&[u8]]) -> Tag {
        let mut message = self.message();
        for part in parts {
            message.update(part);
        }
        message.finish()
    }

    /// Whether `tag` is the whole tag over the concatenation of `parts`, in constant time.
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        tag.len() == self.algorithm.tag_len() && constant_time_equal(self.sign(parts).as_ref(), tag)
    }

    /// A message to be fed in pieces.
    pub fn message(&self) -> Message {
        Message(hmac::Context::with_key(&self.native))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hmac::Key({:?})", self.algorithm)
    }
}

/// A message under way. Cloning one that has taken in a common prefix saves hashing it again.
#[derive(Clone)]
pub struct Message(hmac::Context);

impl Message {
    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The tag over all that was taken in.
    pub fn finish(self) -> Tag {
        Tag(self.0.sign())
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hmac::Message")
    }
}

/// A full tag: 32 or 64 bytes.
pub struct Tag(hmac::Tag);

impl AsRef<[u8]> for Tag {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A tag under a secret key is a pseudonym: not for logs.
        f.write_str("hmac::Tag")
    }
}
