//! Short texts sixteen bytes side by side, in the vector registers that every machine has: where
//! the bytes of a class stand, as the bits of a word, and stars in such places.
//!
//! Invariant: bit 0 of such a word is the first byte of the text, and beyond the text there are
//! zeros.
//!
//! Must never: let what a text becomes depend on bytes that lie behind it.

use wide::u8x16;

use crate::swar;

/// The longest text whose places a word can hold.
pub(crate) const LONGEST: usize = 64;
/// Bytes of a block.
const BLOCK: usize = 16;

/// The beginning of a text, with as many bytes behind it as make [`LONGEST`]: whatever lies there,
/// so that reading it needs no branch on its length.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    bytes: &'a [u8; LONGEST],
    length: usize,
}

impl<'a> Head<'a> {
    /// The text of so many bytes that begins with these, or is as short.
    #[inline(always)]
    pub(crate) fn new(bytes: &'a [u8; LONGEST], length: usize) -> Head<'a> {
        Head { bytes, length }
    }

    /// A text that is copied to where there is room behind it.
    #[inline(always)]
    pub(crate) fn copied(text: &[u8], room: &'a mut [u8; LONGEST]) -> Head<'a> {
        let head = text.get(..LONGEST).unwrap_or(text);
        let (whole, rest) = head.as_chunks::<BLOCK>();
        for (to, from) in room.as_chunks_mut().0.iter_mut().zip(whole) {
            *to = *from;
        }
        match head.last_chunk::<BLOCK>() {
            _ if rest.is_empty() => {}
            // The block before it holds the same.
            Some(last) => put(last, head.len() - BLOCK, room),
            None => put(&padded(head), 0, room),
        }
        Head {
            bytes: room,
            length: text.len(),
        }
    }

    /// Bytes of the whole text.
    #[inline(always)]
    pub(crate) fn length(self) -> usize {
        self.length
    }

    /// The first `16 * N` bytes of the text at most, and zeros behind them.
    #[inline(always)]
    pub(crate) fn lanes<const N: usize>(self) -> Lanes<N> {
        const KEPT: [u8; 2 * LONGEST] = {
            let mut kept = [0; 2 * LONGEST];
            let (mut ones, _) = kept.split_at_mut(LONGEST);
            while let Some((first, rest)) = ones.split_first_mut() {
                *first = 0xff;
                ones = rest;
            }
            kept
        };
        let mut blocks = [u8x16::splat(0); N];
        let kept = KEPT.get(LONGEST - self.length.min(LONGEST)..);
        let kept = kept.unwrap_or_default().as_chunks::<BLOCK>().0;
        let bytes = self.bytes.as_chunks::<BLOCK>().0;
        for ((block, bytes), kept) in blocks.iter_mut().zip(bytes).zip(kept) {
            *block = u8x16::new(*bytes) & u8x16::new(*kept);
        }
        Lanes(blocks)
    }

    /// The byte at a place of the text; beyond the room behind it, zero.
    #[inline(always)]
    pub(crate) fn at(self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// So many bytes from the place `at` on: of the text, and then what lies behind it, which is to
    /// be written over or cut off.
    #[inline(always)]
    pub(crate) fn from<const N: usize>(self, at: usize) -> Option<&'a [u8; N]> {
        self.bytes.get(at..)?.first_chunk()
    }
}

/// A text of at most `16 * N` bytes, `N` up to four.
#[derive(Clone, Copy)]
pub(crate) struct Lanes<const N: usize>([u8x16; N]);

impl<const N: usize> Lanes<N> {
    /// The first `16 * N` bytes of `text`, or fewer.
    #[inline(always)]
    pub(crate) fn of(text: &[u8]) -> Lanes<N> {
        let (whole, rest) = text.as_chunks::<BLOCK>();
        let mut blocks = [u8x16::splat(0); N];
        match whole.get(..N) {
            // A number of them that is known in advance.
            Some(whole) => {
                for (block, bytes) in blocks.iter_mut().zip(whole) {
                    *block = u8x16::new(*bytes);
                }
            }
            None => {
                for (block, bytes) in blocks.iter_mut().zip(whole) {
                    *block = u8x16::new(*bytes);
                }
                if let Some(block) = blocks.get_mut(whole.len()) {
                    *block = u8x16::new(padded(rest));
                }
            }
        }
        Lanes(blocks)
    }

    /// Where the bytes of a set stand; beyond the text there are zeros, which may be of it.
    #[inline(always)]
    pub(crate) fn places(self, set: impl Fn(u8x16) -> u8x16) -> u64 {
        let mut places = 0;
        for (at, block) in self.0.into_iter().enumerate() {
            places |= u64::from(set(block).to_bitmask()) << (BLOCK * at);
        }
        places
    }

    /// Its blocks.
    #[inline(always)]
    pub(crate) fn blocks(self) -> [u8x16; N] {
        self.0
    }

    /// Writes the text with stars at these places to the beginning of `out`, and zeros behind it.
    #[inline(always)]
    pub(crate) fn write_starred(self, places: u64, out: &mut [u8]) {
        let blocks = self.0.into_iter().zip(spread::<N>(places));
        let out = out.as_chunks_mut::<BLOCK>().0;
        for (out, (block, hidden)) in out.iter_mut().zip(blocks) {
            *out = hidden.bitselect(u8x16::splat(b'*'), block).to_array();
        }
    }

    /// Whether the last of the digits is right by ISO/IEC 7812, whatever stands between them.
    #[inline(always)]
    pub(crate) fn luhn(self) -> bool {
        // A digit counts twice where an odd number of others follow.
        let mut odd = self.places(digits) >> 1;
        let mut step = 1;
        while step < BLOCK * N {
            odd ^= odd >> step;
            step *= 2;
        }
        let mut sums = u8x16::splat(0);
        for (block, odd) in self.0.into_iter().zip(spread::<N>(odd)) {
            let value = block & digits(block) & u8x16::splat(0x0f);
            // Once more, and nine less where that is above nine.
            let more = value - (from(value, 5) & u8x16::splat(9));
            sums += value + (more & odd);
        }
        let (words, _) = sums.as_array().as_chunks::<8>();
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        swar::sum(words.sum()).is_multiple_of(10)
    }
}

/// Puts `bytes` at this place, which is within `out` with them.
#[inline(always)]
pub(crate) fn put<const N: usize>(bytes: &[u8; N], at: usize, out: &mut [u8]) {
    if let Some(place) = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = *bytes;
    }
}

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

/// The bytes from `low` on.
#[inline(always)]
pub(crate) fn from(block: u8x16, low: u8) -> u8x16 {
    block.max(u8x16::splat(low)).simd_eq(block)
}

/// The bytes up to `high`.
#[inline(always)]
pub(crate) fn to(block: u8x16, high: u8) -> u8x16 {
    block.min(u8x16::splat(high)).simd_eq(block)
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
    !u64::MAX.checked_shl(length as u32).unwrap_or(0)
}

/// The places without the first so many and the last so many of them, in a text of this length.
#[inline(always)]
pub(crate) fn between(places: u64, first: usize, last: usize, length: usize) -> u64 {
    let mut inner = places;
    // Mostly all of them are at the very end.
    if inner.trailing_ones() as usize >= first {
        inner &= !all(first);
    } else {
        let mut left = first;
        while left > 1 {
            inner &= inner.wrapping_sub(1);
            inner &= inner.wrapping_sub(1);
            left -= 2;
        }
        if left == 1 {
            inner &= inner.wrapping_sub(1);
        }
    }
    let end = length.saturating_sub(last);
    if (places ^ all(length)) & !all(end) == 0 {
        return inner & all(end);
    }
    for _ in 0..last {
        inner &= !(1_u64 << 63).wrapping_shr(inner.leading_zeros());
    }
    inner
}

/// All bits of the bytes whose bits are set.
#[inline(always)]
fn spread<const N: usize>(bits: u64) -> [u8x16; N] {
    const EACH: u64 = 0x8040_2010_0804_0201;
    let each = u8x16::new((u128::from(EACH) << 64 | u128::from(EACH)).to_le_bytes());
    let eight = u8x16::new(u128::from(bits).to_le_bytes());
    // Each byte of bits twice, four times, and eight times.
    let twice = u8x16::unpack_low(eight, eight);
    let (low, high) = (
        u8x16::unpack_low(twice, twice),
        u8x16::unpack_high(twice, twice),
    );
    let all = [
        u8x16::unpack_low(low, low),
        u8x16::unpack_high(low, low),
        u8x16::unpack_low(high, high),
        u8x16::unpack_high(high, high),
    ];
    let mut blocks = [u8x16::splat(0); N];
    for (block, bits) in blocks.iter_mut().zip(all) {
        *block = (bits & each).simd_eq(each);
    }
    blocks
}

/// Appends a text of at most [`LONGEST`] bytes with stars at these places.
#[inline(always)]
pub(crate) fn push_starred(text: &[u8], places: u64, out: &mut Vec<u8>) {
    let start = out.len();
    blocks(text, |at, block| {
        let [hidden] = spread(places.wrapping_shr(at as u32));
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
    match text.len() {
        0..=32 => Lanes::<2>::of(text).luhn(),
        33..=LONGEST => Lanes::<4>::of(text).luhn(),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
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

            let mut room = [0xff; LONGEST];
            let lanes = Head::copied(&bytes, &mut room).lanes::<4>();
            assert_eq!(lanes.places(self::digits), expected[0], "{bytes:?}");
            let mut stars = [0xff; LONGEST];
            lanes.write_starred(bits, &mut stars);
            assert!(stars.iter().skip(bytes.len()).all(|byte| *byte == 0));

            let mut out = b"before".to_vec();
            push_starred(&bytes, bits, &mut out);
            assert!(stars.starts_with(&out[6..]));
            let starred = bytes
                .iter()
                .enumerate()
                .map(|(at, byte)| if bits >> at & 1 == 1 { b'*' } else { *byte });
            assert!(out.into_iter().eq(b"before".iter().copied().chain(starred)));
        }
    }
}
