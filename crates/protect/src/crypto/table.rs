//! Tables in memory over values from outside: keyed fingerprints (SipHash-1-3 with 128 bits of output, Aumasson
//! and Bernstein) and a keyed hasher.
//!
//! Invariant: a key is fresh for each use, so that no input can be built whose values collide; two different
//! texts then have one fingerprint with a chance of about n²/2¹²⁹.
//!
//! Must never: be stored, or protect anything that leaves the process: use [`hmac`](super::hmac) for that.

use std::fmt;
use std::hash::{BuildHasher, Hasher};

use super::random;
use crate::ProtectError;

/// The key of the tables of one run.
#[derive(Clone, Copy)]
pub struct TableKey(u64, u64);

impl TableKey {
    /// A fresh key.
    ///
    /// # Errors
    /// [`ProtectError::Randomness`] when the system gives none.
    pub fn new() -> Result<TableKey, ProtectError> {
        let bytes = u128::from_le_bytes(random::array()?);
        Ok(TableKey(bytes as u64, (bytes >> 64) as u64))
    }

    /// The fingerprint of `text`.
    #[must_use]
    pub fn fingerprint(self, text: &[u8]) -> u128 {
        fingerprint((self.0, self.1), text)
    }
}

impl fmt::Debug for TableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TableKey")
    }
}

impl BuildHasher for TableKey {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded {
            key: (self.0, self.1),
            hash: 0,
        }
    }
}

/// A keyed hash of one or two words: the two halves of a product.
pub struct Folded {
    key: (u64, u64),
    hash: u64,
}

impl fmt::Debug for Folded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Folded")
    }
}

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.hash
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.hash ^ word ^ self.key.0) * u128::from(self.key.1 | 1);
        self.hash = (product as u64) ^ ((product >> 64) as u64);
    }

    fn write_u128(&mut self, word: u128) {
        self.write_u64(word as u64);
        self.write_u64((word >> 64) as u64);
    }
}

fn fingerprint((k0, k1): (u64, u64), text: &[u8]) -> u128 {
    let mut state = [
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ];
    let (blocks, rest) = text.as_chunks::<8>();
    for block in blocks {
        absorb(&mut state, u64::from_le_bytes(*block));
    }
    let mut last = [0_u8; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    absorb(
        &mut state,
        u64::from_le_bytes(last) | (text.len() as u64) << 56,
    );
    let [_, _, v2, _] = &mut state;
    *v2 ^= 0xee;
    let low = squeeze(&mut state);
    let [_, v1, _, _] = &mut state;
    *v1 ^= 0xdd;
    let high = squeeze(&mut state);
    u128::from(high) << 64 | u128::from(low)
}

fn absorb(state: &mut [u64; 4], block: u64) {
    let [_, _, _, v3] = state;
    *v3 ^= block;
    round(state);
    let [v0, _, _, _] = state;
    *v0 ^= block;
}

fn squeeze(state: &mut [u64; 4]) -> u64 {
    for _ in 0..3 {
        round(state);
    }
    state.iter().fold(0, |all, word| all ^ word)
}

fn round(state: &mut [u64; 4]) {
    let [v0, v1, v2, v3] = state;
    *v0 = v0.wrapping_add(*v1);
    *v1 = v1.rotate_left(13) ^ *v0;
    *v0 = v0.rotate_left(32);
    *v2 = v2.wrapping_add(*v3);
    *v3 = v3.rotate_left(16) ^ *v2;
    *v0 = v0.wrapping_add(*v3);
    *v3 = v3.rotate_left(21) ^ *v0;
    *v2 = v2.wrapping_add(*v1);
    *v1 = v1.rotate_left(17) ^ *v2;
    *v2 = v2.rotate_left(32);
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

    // The published vector for the empty text under the key 00 01 .. 0f.
    #[test]
    fn known_answer() {
        let key = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        let expected = [
            231, 126, 188, 178, 39, 136, 165, 190, 253, 98, 219, 106, 221, 48, 48, 1,
        ];
        assert_eq!(fingerprint(key, b"").to_le_bytes(), expected);
    }

    #[test]
    fn length_key_and_every_byte_count() {
        let key = (1, 2);
        let mut seen = std::collections::BTreeSet::new();
        for length in 0..40 {
            assert!(seen.insert(fingerprint(key, &vec![0; length])));
            assert!(seen.insert(fingerprint((1, 3), &vec![0; length])));
            for at in 0..length {
                let mut text = vec![0; length];
                text[at] = 1;
                assert!(seen.insert(fingerprint(key, &text)));
            }
        }
    }
}
