//! HMAC (RFC 2104, FIPS 198-1) with SHA-256 and SHA-512.
//!
//! Invariant: a [`Key`] holds the states after the inner and the outer padding, so a message pays
//! for its own blocks only. [`Prefixed`] goes further, for columns of short values: it calls the
//! compression of SHA-256 directly, twice for a message of less than one block.
//!
//! Must never: accept a truncated tag in [`Key::verify`].

use std::fmt;

use aws_lc_rs::hmac;
use sha2::block_api::compress256;
use zeroize::{Zeroize, Zeroizing};

use super::{constant_time_equal, sha256};
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

/// HMAC-SHA-256 of messages that all begin alike: the fastest way to many short ones.
///
/// The compression is that of the crate `sha2`, which takes the machine's SHA instructions where
/// there are any. The states and the beginning are key material and are wiped on drop; a copy of
/// a state is compressed in place, so none is left on the stack.
pub struct Prefixed {
    inner: [u32; 8],
    outer: [u32; 8],
    /// What of the beginning does not fill a block, and zeros.
    head: [u8; BLOCK],
    filled: usize,
    /// Bytes that went into `inner`.
    absorbed: u64,
}

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;
/// Bytes of the message length at the end of the last block.
const LENGTH: usize = 8;
/// The hash value before the first block (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

impl Prefixed {
    /// A key of any length, and what every message begins with.
    pub fn new(key: &[u8], prefix: &[u8]) -> Prefixed {
        let mut short = Zeroizing::new([0; BLOCK]);
        if key.len() > BLOCK {
            copy(&mut short, &sha256(key));
        } else {
            copy(&mut short, key);
        }
        let padding = |byte: u8| {
            let mut block = Zeroizing::new(*short);
            block.iter_mut().for_each(|key| *key ^= byte);
            let mut state = INITIAL;
            compress256(&mut state, &[*block]);
            state
        };
        let (whole, rest) = prefix.as_chunks::<BLOCK>();
        let mut prefixed = Prefixed {
            inner: padding(0x36),
            outer: padding(0x5c),
            head: [0; BLOCK],
            filled: rest.len(),
            absorbed: (BLOCK + prefix.len() - rest.len()) as u64,
        };
        compress256(&mut prefixed.inner, whole);
        copy(&mut prefixed.head, rest);
        prefixed
    }

    /// The whole tag over the prefix and `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        let mut state = self.inner;
        let mut block = self.head;
        let mut filled = self.filled;
        let mut rest = message;
        if let Some((first, more)) = message.split_at_checked(BLOCK - filled) {
            copy_at(&mut block, filled, first);
            compress256(&mut state, &[block]);
            let (whole, tail) = more.as_chunks::<BLOCK>();
            compress256(&mut state, whole);
            (block, filled, rest) = ([0; BLOCK], 0, tail);
        }
        copy_at(&mut block, filled, rest);
        filled += rest.len();
        if let Some(end) = block.get_mut(filled) {
            *end = 0x80;
        }
        if filled >= BLOCK - LENGTH {
            compress256(&mut state, &[block]);
            block = [0; BLOCK];
        }
        let bits = (self.absorbed + (self.filled + message.len()) as u64) * 8;
        copy_at(&mut block, BLOCK - LENGTH, &bits.to_be_bytes());
        compress256(&mut state, &[block]);

        let mut block = [0; BLOCK];
        copy(&mut block, &bytes(&state));
        copy_at(&mut block, 32, &[0x80]);
        let bits = (BLOCK as u64 + 32) * 8;
        copy_at(&mut block, BLOCK - LENGTH, &bits.to_be_bytes());
        let mut state = self.outer;
        compress256(&mut state, &[block]);
        bytes(&state)
    }
}

fn bytes(state: &[u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (to, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *to = word.to_be_bytes();
    }
    bytes
}

fn copy(block: &mut [u8; BLOCK], bytes: &[u8]) {
    copy_at(block, 0, bytes);
}

/// Copies into the block, where the caller has seen that the bytes fit.
#[inline]
fn copy_at(block: &mut [u8; BLOCK], at: usize, bytes: &[u8]) {
    if let Some(place) = block.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

impl Drop for Prefixed {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
        self.head.zeroize();
    }
}

impl fmt::Debug for Prefixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hmac::Prefixed")
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
    use crate::testing::Random;

    /// Two implementations, AWS-LC's and ours over the crate `sha2`, on every length.
    #[test]
    fn prefixed_agrees_with_aws_lc() {
        let mut random = Random::new(71);
        let mut bytes =
            |length: usize| -> Vec<u8> { (0..length).map(|_| random.next() as u8).collect() };
        for prefix in [0, 1, 10, 32, 54, 55, 56, 63, 64, 65, 127, 128, 200] {
            for key in [0, 16, 32, 63, 64, 65, 131] {
                let (key, prefix) = (bytes(key), bytes(prefix));
                let ours = Prefixed::new(&key, &prefix);
                let theirs = Key::new(Algorithm::Sha256, &key);
                for length in 0..=300 {
                    let message = bytes(length);
                    assert_eq!(
                        ours.sign(&message),
                        theirs.sign(&[&prefix, &message]).as_ref(),
                        "{} {} {length}",
                        key.len(),
                        prefix.len()
                    );
                }
            }
        }
    }
}
