//! Short texts sixteen bytes side by side, in the vector registers that every machine has: where
//! the bytes of a class stand, as the bits of a word, and stars in such places.
//!
//! Invariant: bit 0 of such a word is the first byte of the text, and beyond the text there are
//! zeros.

use wide::u8x16;

use crate::swar;

/// The longest text whose places a word can hold.
pub(crate) const LONGEST: usize = 64;
/// Bytes of a block.
const BLOCK: usize = 16;

/// Calls `each` with blocks that have every byte of a text of at most [`LONGEST`], and where they
/// begin, from the first on: what ends with the text has bytes of the block before it too.
#[inline(always)]
fn blocks(text: &[u8], mut each: impl FnMut(usize, u8x16)) {
    let length = text.len();
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => {
            each(0, u8x16::new(*first));
            let middle = text
                .get(BLOCK..2 * BLOCK)
                .and_then(|text| text.first_chunk());
            if let Some(second) = middle.filter(|_| length > 2 * BLOCK) {
                each(BLOCK, u8x16::new(*second));
                let third = text
                    .get(length - 2 * BLOCK..)
                    .and_then(|text| text.first_chunk());
                each(length - 2 * BLOCK, u8x16::new(*third.unwrap_or(second)));
            }
            each(length - BLOCK, u8x16::new(*last));
        }
        _ => each(0, u8x16::new(padded(text))),
    }
}

/// A text of at most sixteen bytes, and zeros.
#[inline(always)]
pub(crate) fn padded(text: &[u8]) -> [u8; BLOCK] {
    let (low, high) = match text.as_chunks::<8>() {
        ([low], rest) => (u64::from_le_bytes(*low), swar::last(text, rest)),
        ([low, high, ..], _) => (u64::from_le_bytes(*low), u64::from_le_bytes(*high)),
        ([], rest) => (swar::short(rest), 0),
    };
    (u128::from(high) << 64 | u128::from(low)).to_le_bytes()
}

/// The bytes from `low` to `high`.
#[inline(always)]
pub(crate) fn range(block: u8x16, low: u8, high: u8) -> u8x16 {
    let above = block - u8x16::splat(low);
    above.min(u8x16::splat(high - low)).simd_eq(above)
}

/// The bytes that are `byte`.
#[inline(always)]
pub(crate) fn equal(block: u8x16, byte: u8) -> u8x16 {
    block.simd_eq(u8x16::splat(byte))
}

/// The digits.
#[inline(always)]
pub(crate) fn digits(block: u8x16) -> u8x16 {
    range(block, b'0', b'9')
}

/// The letters of ASCII.
#[inline(always)]
pub(crate) fn letters(block: u8x16) -> u8x16 {
    // The bytes that this bit makes letters are letters of the other case.
    range(block | u8x16::splat(0x20), b'a', b'z')
}

/// Where the bytes of each set stand in a text of at most [`LONGEST`] bytes.
#[inline(always)]
pub(crate) fn places<const N: usize>(text: &[u8], sets: impl Fn(u8x16) -> [u8x16; N]) -> [u64; N] {
    let mut places = [0; N];
    blocks(text, |at, block| {
        for (places, set) in places.iter_mut().zip(sets(block)) {
            *places |= u64::from(set.to_bitmask()).wrapping_shl(at as u32);
        }
    });
    places.map(|places| places & all(text.len()))
}

/// The places of so many bytes, at most [`LONGEST`].
#[inline(always)]
pub(crate) fn all(length: usize) -> u64 {
    match length {
        0 => 0,
        _ => u64::MAX >> (LONGEST - length.min(LONGEST)),
    }
}

/// The places without the first so many and the last so many of them, in a text of this length.
#[inline(always)]
pub(crate) fn between(places: u64, first: usize, last: usize, length: usize) -> u64 {
    let mut inner = places;
    // Mostly all of them are at the very end.
    if inner.trailing_ones() as usize >= first {
        inner &= !all(first);
    } else {
        for _ in 0..first {
            inner &= inner.wrapping_sub(1);
        }
    }
    let end = length.saturating_sub(last);
    if places & !all(end) == all(length) & !all(end) {
        return inner & all(end);
    }
    for _ in 0..last {
        inner &= !(1_u64 << 63).wrapping_shr(inner.leading_zeros());
    }
    inner
}

/// All bits of the bytes whose bits are set.
#[inline(always)]
fn spread(bits: u64) -> u8x16 {
    const EACH: u64 = 0x8040_2010_0804_0201;
    let half = |bits: u64| (bits & 0xff) * swar::ONES;
    let all = u128::from(half(bits >> 8)) << 64 | u128::from(half(bits));
    let each = u8x16::new((u128::from(EACH) << 64 | u128::from(EACH)).to_le_bytes());
    (u8x16::new(all.to_le_bytes()) & each).simd_eq(each)
}

/// Appends a text of at most [`LONGEST`] bytes with stars at these places.
#[inline(always)]
pub(crate) fn push_starred(text: &[u8], places: u64, out: &mut Vec<u8>) {
    let start = out.len();
    blocks(text, |at, block| {
        let hidden = spread(places.wrapping_shr(at as u32));
        let shown = hidden.bitselect(u8x16::splat(b'*'), block).to_array();
        out.truncate(start + at);
        out.extend_from_slice(&shown);
    });
    out.truncate(start + text.len());
}

/// Whether the last of the digits of a text of at most [`LONGEST`] bytes is right by ISO/IEC 7812,
/// whatever stands between them; of a longer text it is not.
#[inline]
pub(crate) fn luhn_among(text: &[u8]) -> bool {
    let [digits] = places(text, |block| [self::digits(block)]);
    text.len() <= LONGEST && luhn(text, digits)
}

/// The same where the places of the digits are known.
#[inline(always)]
pub(crate) fn luhn(text: &[u8], digits: u64) -> bool {
    // A digit counts twice where an odd number of others follow.
    let mut odd = digits >> 1;
    for step in [1, 2, 4, 8, 16, 32] {
        odd ^= odd >> step;
    }
    let mut sums = u8x16::splat(0);
    let mut add = |at: usize, block: u8x16| {
        let value = block & self::digits(block) & u8x16::splat(0x0f);
        let twice = value & spread(odd.wrapping_shr(at as u32));
        let nines = range(twice, 5, 9) & u8x16::splat(9);
        sums += value + twice - nines;
    };
    let (whole, rest) = text.as_chunks::<BLOCK>();
    for (at, block) in whole.iter().enumerate() {
        add(BLOCK * at, u8x16::new(*block));
    }
    if !rest.is_empty() {
        add(BLOCK * whole.len(), u8x16::new(padded(rest)));
    }
    let (words, _) = sums.as_array().as_chunks::<8>();
    let sum: u64 = words
        .iter()
        .map(|word| swar::sum(u64::from_le_bytes(*word)))
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// Every byte among others of all classes, against one byte at a time.
    #[test]
    fn places_are_those_of_each_byte() {
        let mut random = Random::new(85);
        for round in 0..40_000 {
            let bytes: Vec<u8> = (0..round % 65)
                .map(|_| match random.below(4) {
                    0 => random.next() as u8,
                    1 => b'0' + random.below(10) as u8,
                    2 => *b"/:@[`{\0\x80".get(random.below(8)).unwrap_or(&0),
                    _ => b'a' + random.below(26) as u8,
                })
                .collect();
            let found = places(&bytes, |block| {
                [
                    digits(block),
                    letters(block),
                    equal(block, 0),
                    range(block, 0x80, 0xff),
                ]
            });
            let is: [fn(&u8) -> bool; 4] = [
                u8::is_ascii_digit,
                u8::is_ascii_alphabetic,
                |byte| *byte == 0,
                |byte| !byte.is_ascii(),
            ];
            let expected = is.map(|is| {
                let each = bytes.iter().enumerate();
                each.fold(0, |bits, (at, byte)| bits | u64::from(is(byte)) << at)
            });
            assert_eq!(found, expected, "{bytes:?}");

            let (first, last) = (random.below(10), random.below(6));
            let [places, ..] = found;
            let mut left: Vec<usize> = (0..64).filter(|at| places >> at & 1 == 1).collect();
            left.truncate(left.len().saturating_sub(last));
            let hidden = left.get(first..).unwrap_or_default();
            let bits = hidden.iter().fold(0, |bits, at| bits | 1_u64 << at);
            assert_eq!(between(places, first, last, bytes.len()), bits, "{bytes:?}");

            let mut out = b"before".to_vec();
            push_starred(&bytes, bits, &mut out);
            let starred = bytes
                .iter()
                .enumerate()
                .map(|(at, byte)| if bits >> at & 1 == 1 { b'*' } else { *byte });
            assert!(out.into_iter().eq(b"before".iter().copied().chain(starred)));
        }
    }
}
