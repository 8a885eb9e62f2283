//! A key that is never stored: what a process seals for itself, and only while it lives.
//!
//! Purpose: temporary files. AES-256-GCM (SP 800-38D) under a fresh random key; the nonce is the
//! stream's number (64 bits) and the message's (32 bits), so it is unique by construction
//! (SP 800-38D, 8.2.1), and the same two numbers are the associated data.
//!
//! Invariant: a stream numbers its messages itself; a message opens only as the one that it is.
//!
//! Must never: hand out key bytes; let a caller choose a nonce.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::aead::{Algorithm, Key, NONCE_LEN, TAG_LEN};
use super::{Secret, random};
use crate::ProtectError;

/// A random key of this process, wiped when the last stream drops.
#[derive(Debug)]
pub struct Ephemeral {
    key: Arc<Key>,
    streams: AtomicU64,
}

impl Ephemeral {
    /// A fresh key.
    ///
    /// # Errors
    /// [`ProtectError::Randomness`].
    pub fn new() -> Result<Ephemeral, ProtectError> {
        let mut key = Secret::new(vec![0; Algorithm::Aes256Gcm.key_len()]);
        random::fill(key.expose_mut())?;
        Ok(Ephemeral {
            key: Arc::new(Key::new(Algorithm::Aes256Gcm, &key)?),
            streams: AtomicU64::new(0),
        })
    }

    /// A new stream of messages.
    pub fn stream(&self) -> Stream {
        Stream {
            key: Arc::clone(&self.key),
            number: self.streams.fetch_add(1, Ordering::Relaxed),
            sealed: AtomicU32::new(0),
        }
    }
}

/// Messages that are sealed one after the other and opened by their numbers.
pub struct Stream {
    key: Arc<Key>,
    number: u64,
    sealed: AtomicU32,
}

impl Stream {
    /// Seals the next message into `out`: ciphertext, then [`TAG_LEN`] bytes of tag. Returns its
    /// number, from 0 up.
    ///
    /// # Errors
    /// [`ProtectError::KeyExhausted`] after 2^32 - 1 messages; nothing was sealed then.
    pub fn seal(&self, message: &[u8], out: &mut Vec<u8>) -> Result<u32, ProtectError> {
        self.key.count(1)?;
        let next = |number: u32| number.checked_add(1);
        let number = self
            .sealed
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .map_err(|_| ProtectError::KeyExhausted)?;
        out.resize(message.len() + TAG_LEN, 0);
        let nonce = self.nonce(number);
        self.key.seal_into(nonce, &nonce, message, out)?;
        Ok(number)
    }

    /// Opens the message with this number into `out`, which is empty where that fails.
    ///
    /// # Errors
    /// [`ProtectError::NotAuthentic`] for any changed byte, another number or another stream.
    pub fn open(&self, number: u32, sealed: &[u8], out: &mut Vec<u8>) -> Result<(), ProtectError> {
        out.clear();
        let length = sealed.len().checked_sub(TAG_LEN);
        out.resize(length.ok_or(ProtectError::NotAuthentic)?, 0);
        let nonce = self.nonce(number);
        let opened = self.key.open_into(nonce, &nonce, sealed, out);
        if opened.is_err() {
            out.clear();
        }
        opened
    }

    fn nonce(&self, number: u32) -> [u8; NONCE_LEN] {
        let mut nonce = [0; NONCE_LEN];
        let (stream, message) = nonce.split_at_mut(8);
        stream.copy_from_slice(&self.number.to_be_bytes());
        message.copy_from_slice(&number.to_be_bytes());
        nonce
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ephemeral::Stream({})", self.number)
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
    fn a_message_opens_only_as_the_one_that_it_is() {
        let key = Ephemeral::new().unwrap();
        let (one, other) = (key.stream(), key.stream());
        let (mut first, mut second, mut out) = (Vec::new(), Vec::new(), Vec::new());
        assert_eq!(one.seal(b"first", &mut first).unwrap(), 0);
        assert_eq!(one.seal(b"first", &mut second).unwrap(), 1);
        assert_ne!(first, second);
        one.open(0, &first, &mut out).unwrap();
        assert_eq!(out, b"first");
        one.open(1, &second, &mut out).unwrap();
        // Swapped within the stream, across streams, under another key.
        assert!(one.open(1, &first, &mut out).is_err() && out.is_empty());
        assert!(one.open(0, &second, &mut out).is_err());
        assert!(other.open(0, &first, &mut out).is_err());
        let stranger = Ephemeral::new().unwrap().stream();
        assert!(stranger.open(0, &first, &mut out).is_err());
        for at in 0..first.len() {
            let mut changed = first.clone();
            changed[at] ^= 1;
            assert!(one.open(0, &changed, &mut out).is_err(), "byte {at}");
            assert!(one.open(0, &first[..at], &mut out).is_err(), "cut at {at}");
        }
    }
}
