//! All that depends on the radix, the length and the tweak, and on no numeral.
//!
//! Invariant: a setting exists only where radix^length is at least 1,000,000.

use std::fmt;

use zeroize::Zeroizing;

use super::{Ff1, long};
use crate::{ProtectError, crypto::aes::Block};

/// The least count of strings of one length (SP 800-38G revision 1, 5.2).
const LEAST_DOMAIN: u128 = 1_000_000;
/// Numerals of a value: the standard bounds them at 2^32, and long ones take quadratic time.
const LONGEST: usize = 4096;
/// Bytes of a tweak.
const LONGEST_TWEAK: usize = 4096;
/// A half of at most 96 bits: one block makes its round function, and 128 bits hold all sums.
pub(super) const SHORT_HALF: u128 = 1 << 96;

/// Values of one length under one tweak. Make one and use it for all of them.
pub struct Setting {
    pub(super) length: usize,
    /// Numerals of the left half, `u` in the standard.
    pub(super) left: usize,
    /// Bytes of a half, `b` in the standard.
    pub(super) bytes: usize,
    /// Bytes of the round function's number, `d` in the standard.
    pub(super) output: usize,
    /// The CBC-MAC over P and over all whole blocks of Q that no round changes.
    pub(super) state: Zeroizing<Block>,
    /// What else of Q no round changes, and zeros.
    pub(super) head: Block,
    /// How many bytes of `head` count.
    pub(super) filled: usize,
    /// Whether both halves are short. Their powers of the radix stay with the key: a column may
    /// have a setting for every row, and all of them should fit into the cache.
    pub(super) short: bool,
}

impl Setting {
    /// For `length` numerals under `tweak`.
    ///
    /// # Errors
    /// [`ProtectError::Unsupported`] below radix^length = 1,000,000, above 4096 numerals, and for
    /// a tweak above 4096 bytes.
    pub fn new(ff1: &Ff1, length: usize, tweak: &[u8]) -> Result<Setting, ProtectError> {
        if !ff1.takes(length) {
            return Err(ProtectError::unsupported(
                "FF1 of fewer than 1,000,000 possible values, or of more than 4096 numerals",
            ));
        }
        if tweak.len() > LONGEST_TWEAK {
            return Err(ProtectError::unsupported("a tweak above 4096 bytes"));
        }
        let left = length / 2;
        let right = length - left;
        let short = ff1.power(left).zip(ff1.power(right));
        let bytes = match short {
            Some((_, right)) => (128 - (right.value - 1).leading_zeros() as usize).div_ceil(8),
            None => long::bytes(ff1, right),
        };

        let radix = ff1.radix.to_be_bytes();
        let (count, tweak_count) = (
            (length as u32).to_be_bytes(),
            (tweak.len() as u32).to_be_bytes(),
        );
        let mut fixed = Vec::with_capacity(64 + tweak.len());
        fixed.extend_from_slice(&[1, 2, 1]);
        fixed.extend_from_slice(radix.get(1..).unwrap_or_default());
        fixed.extend_from_slice(&[10, left as u8]);
        fixed.extend_from_slice(&count);
        fixed.extend_from_slice(&tweak_count);
        fixed.extend_from_slice(tweak);
        // Zeros, so that the round's number and its half end with a block.
        let short_by = (16 - (tweak.len() + bytes + 1) % 16) % 16;
        fixed.resize(fixed.len() + short_by, 0);

        let (whole, rest) = fixed.as_chunks::<16>();
        let mut state = Zeroizing::new([0; 16]);
        ff1.chain(&mut state, whole);
        let mut head = [0; 16];
        for (to, from) in head.iter_mut().zip(rest) {
            *to = *from;
        }
        Ok(Setting {
            length,
            left,
            bytes,
            output: bytes.div_ceil(4) * 4 + 4,
            state,
            head,
            filled: rest.len(),
            short: short.is_some(),
        })
    }

    /// How many numerals a value has.
    pub fn length(&self) -> usize {
        self.length
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ff1::Setting({} numerals)", self.length)
    }
}

/// Whether values of `length` numerals can be enciphered at all.
pub(super) fn takes(radix: u32, length: usize) -> bool {
    let domain = u128::from(radix).saturating_pow(length.min(LONGEST) as u32);
    (2..=LONGEST).contains(&length) && domain >= LEAST_DOMAIN
}
