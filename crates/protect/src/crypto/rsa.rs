//! RSA signatures (RFC 8017), to verify only: PSS, with a salt as long as its hash, and
//! PKCS #1 v1.5, for what others signed with it.
//!
//! Invariant: a modulus has 2048 to 8192 bits and is not one that the ROCA flaw (CVE-2017-15361)
//! gives away; an exponent is odd and at least 3.
//!
//! Must never: sign, encrypt or decrypt.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaPublicKeyComponents,
};

use crate::ProtectError;

/// How a message is padded before the exponentiation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Padding {
    /// RSASSA-PSS.
    Pss,
    /// RSASSA-PKCS1-v1_5.
    Pkcs1,
}

/// The hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// Its bytes.
    pub fn output_len(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
            Hash::Sha512 => 64,
        }
    }
}

/// A public key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyingKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl VerifyingKey {
    /// Takes modulus and exponent, big-endian without leading zeros.
    ///
    /// # Errors
    /// [`ProtectError::Unsupported`] for a key that must not be trusted.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<VerifyingKey, ProtectError> {
        let wrong = |reason| Err(ProtectError::unsupported(reason));
        if !(2048..=8192).contains(&bits(modulus)) || !odd(modulus) {
            return wrong("an RSA modulus that is not of 2048 to 8192 bits");
        }
        if !(2..=33).contains(&bits(exponent)) || !odd(exponent) {
            return wrong("an RSA exponent that is not an odd number from 3 to 2^33");
        }
        if roca(modulus) {
            return wrong("an RSA key made with the ROCA flaw");
        }
        Ok(VerifyingKey {
            modulus: modulus.to_vec(),
            exponent: exponent.to_vec(),
        })
    }

    /// Checks `signature` over `message`.
    ///
    /// # Errors
    /// [`ProtectError::NotAuthentic`] when it does not hold.
    pub fn verify(
        &self,
        message: &[u8],
        signature: &[u8],
        padding: Padding,
        hash: Hash,
    ) -> Result<(), ProtectError> {
        let native = match (padding, hash) {
            (Padding::Pss, Hash::Sha256) => &RSA_PSS_2048_8192_SHA256,
            (Padding::Pss, Hash::Sha384) => &RSA_PSS_2048_8192_SHA384,
            (Padding::Pss, Hash::Sha512) => &RSA_PSS_2048_8192_SHA512,
            (Padding::Pkcs1, Hash::Sha256) => &RSA_PKCS1_2048_8192_SHA256,
            (Padding::Pkcs1, Hash::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
            (Padding::Pkcs1, Hash::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
        };
        let key = RsaPublicKeyComponents {
            n: &self.modulus,
            e: &self.exponent,
        };
        key.verify(native, message, signature)
            .map_err(|_| ProtectError::NotAuthentic)
    }
}

/// The bits of a number; 0 where it has a leading zero, which is another spelling.
fn bits(number: &[u8]) -> usize {
    match number.first() {
        None | Some(0) => 0,
        Some(first) => 8 * number.len() - usize::try_from(first.leading_zeros()).unwrap_or(0),
    }
}

fn odd(number: &[u8]) -> bool {
    number.last().is_some_and(|last| last & 1 == 1)
}

/// Whether the modulus looks as the flawed generator's do: modulo each of these primes it is a
/// power of 65537 (Nemec and others, CCS 2017). One sound key in 2^27 looks so too.
fn roca(modulus: &[u8]) -> bool {
    const PRIMES: [u32; 38] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89,
        97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ];
    PRIMES.iter().all(|prime| {
        let rest = modulus
            .iter()
            .fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        let mut powers = std::iter::successors(Some(1), |power| Some(power * 65_537 % prime));
        powers.by_ref().take(167).any(|power| power == rest)
    })
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
    fn keys_that_must_not_be_trusted_are_refused() {
        let modulus = |length: usize, first: u8, last: u8| {
            let mut modulus = vec![0x5A; length];
            modulus[0] = first;
            modulus[length - 1] = last;
            modulus
        };
        let sound = modulus(256, 0x80, 0xFF);
        assert!(VerifyingKey::new(&sound, &[1, 0, 1]).is_ok());
        assert!(VerifyingKey::new(&sound, &[3]).is_ok());
        for weak in [&[][..], &[1], &[4], &[0, 1, 0, 1], &[0xFF; 5]] {
            assert!(VerifyingKey::new(&sound, weak).is_err(), "{weak:?}");
        }
        for weak in [
            modulus(128, 0x80, 1),
            modulus(256, 0x7F, 1),
            modulus(256, 0, 1),
            modulus(256, 0x80, 2),
            modulus(1025, 1, 1),
        ] {
            assert!(VerifyingKey::new(&weak, &[1, 0, 1]).is_err());
        }
    }
}
