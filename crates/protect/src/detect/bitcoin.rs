//! Bitcoin addresses: Base58Check, and Bech32 by BIP 173 and BIP 350.
//!
//! Invariant: the checksum holds; a shape alone is no address.

use crate::crypto::sha256;

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Whether `word` is an address of the main network.
pub(super) fn address(word: &[u8]) -> bool {
    match word {
        [b'1' | b'3', ..] if (26..=35).contains(&word.len()) => base58check(word),
        [b'b' | b'B', b'c' | b'C', b'1', ..] if (14..=74).contains(&word.len()) => bech32(word),
        _ => false,
    }
}

/// Twenty-five bytes: version 0 or 5, the hash, and four bytes of its double SHA-256.
fn base58check(word: &[u8]) -> bool {
    let mut bytes = [0_u8; 25];
    for byte in word {
        let Some(mut carry) = BASE58.iter().position(|one| one == byte) else {
            return false;
        };
        for place in bytes.iter_mut().rev() {
            carry += usize::from(*place) * 58;
            *place = (carry % 256) as u8;
            carry /= 256;
        }
        if carry != 0 {
            return false;
        }
    }
    let Some((payload, check)) = bytes.split_last_chunk::<4>() else {
        return false;
    };
    let ones = word.iter().take_while(|byte| **byte == b'1').count();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    matches!(payload.first(), Some(0 | 5))
        && ones == zeros
        && sha256(&sha256(payload)).starts_with(check)
}

/// `bc1`, a witness version, a program, and six characters of a BCH code.
fn bech32(word: &[u8]) -> bool {
    let lower = word.iter().any(u8::is_ascii_lowercase);
    if lower && word.iter().any(u8::is_ascii_uppercase) {
        return false;
    }
    let mut state = 1_u32;
    // The human-readable part, spread as the standard says: high bits, zero, low bits.
    for value in [3, 3, 0, 2, 3] {
        state = polymod(state, value);
    }
    let mut version = None;
    for byte in word.iter().skip(3) {
        let Some(value) = BECH32
            .iter()
            .position(|one| *one == byte.to_ascii_lowercase())
        else {
            return false;
        };
        version = version.or(Some(value));
        state = polymod(state, value as u32);
    }
    match version {
        Some(0) => state == 1,
        Some(1..=16) => state == 0x2bc8_30a3,
        _ => false,
    }
}

fn polymod(state: u32, value: u32) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let top = state >> 25;
    GENERATOR
        .iter()
        .enumerate()
        .fold((state & 0x1ff_ffff) << 5 ^ value, |state, (bit, one)| {
            state ^ if top >> bit & 1 == 1 { *one } else { 0 }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_standards() {
        // The Bitcoin wiki's, BIP 173's and BIP 350's examples.
        for good in [
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ] {
            assert!(address(good.as_bytes()), "{good}");
            let mut bad = good.to_owned().into_bytes();
            if let Some(byte) = bad.get_mut(9) {
                *byte = if *byte == b'q' { b'p' } else { b'q' };
            }
            assert!(!address(&bad), "{good}");
        }
        for bad in [
            "",
            "1",
            "bc1",
            "11111111111111111111111111111",
            "3é",
            "bc1é4567890123",
        ] {
            assert!(!address(bad.as_bytes()), "{bad}");
        }
    }
}
