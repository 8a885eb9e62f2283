//! Bytes of a text eight side by side in a machine word: their classes, and what they are as numbers,
//! without a branch on any of them.
//!
//! Invariant: the first byte of a text is the least significant of its first word, and beyond the
//! text there are zeros. A set of a word's bytes is a word too: 0x80 for each of the set, else zero.

/// One in every byte.
pub(crate) const ONES: u64 = u64::MAX / 0xff;
/// The set of all bytes.
pub(crate) const ALL: u64 = ONES << 7;
/// All bits of a byte but the highest.
const LOW: u64 = !ALL;

/// Calls `each` with every word of `text` and the set of its bytes that are of the text.
#[inline(always)]
pub(crate) fn words(text: &[u8], mut each: impl FnMut(u64, u64)) {
    let (whole, rest) = text.as_chunks::<8>();
    for word in whole {
        each(u64::from_le_bytes(*word), ALL);
    }
    if !rest.is_empty() {
        each(last(text, rest), ALL >> (64 - 8 * rest.len()));
    }
}

/// A text of at most seven bytes as one word.
#[inline(always)]
pub(crate) fn short(text: &[u8]) -> u64 {
    let byte = |at: usize| text.get(at).map_or(0, |byte| u64::from(*byte)) << (8 * at);
    match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        // What both hold is the same.
        (Some(first), Some(last)) => {
            let last = u64::from(u32::from_le_bytes(*last));
            u64::from(u32::from_le_bytes(*first)) | last << (8 * (text.len() - 4))
        }
        _ => byte(0) | byte(text.len() / 2) | byte(text.len().saturating_sub(1)),
    }
}

/// The `rest` at the end of `text`, at most seven bytes, as a word.
#[inline(always)]
pub(crate) fn last(text: &[u8], rest: &[u8]) -> u64 {
    match text.last_chunk::<8>() {
        Some(word) if !rest.is_empty() => u64::from_le_bytes(*word) >> (64 - 8 * rest.len()),
        _ => short(rest),
    }
}

/// The bytes from `low` to `high`, which are of ASCII and not zero.
#[inline(always)]
pub(crate) fn range(word: u64, low: u8, high: u8) -> u64 {
    let from = (word & LOW) + ONES * u64::from(0x80 - low);
    let beyond = (word & LOW) + ONES * u64::from(0x7f - high);
    from & !(beyond | word) & ALL
}

/// The digits.
#[inline(always)]
pub(crate) fn digits(word: u64) -> u64 {
    range(word, b'0', b'9')
}

/// The letters of ASCII.
#[inline(always)]
pub(crate) fn letters(word: u64) -> u64 {
    // Neither of the two rows of letters has a neighbour that becomes a letter.
    range(word | (ONES * 0x20), b'a', b'z')
}

/// The sum of the bytes of a word.
#[inline(always)]
pub(crate) fn sum(word: u64) -> u64 {
    const PAIRS: u64 = 0x00ff_00ff_00ff_00ff;
    let pairs = (word & PAIRS) + (word >> 8 & PAIRS);
    pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48
}

/// Whether `set` takes all bytes of `text`.
#[inline(always)]
pub(crate) fn all(text: &[u8], set: impl Fn(u64) -> u64) -> bool {
    let mut others = 0;
    words(text, |word, live| others |= live & !set(word));
    others == 0
}

/// Where the first byte stands that `set` takes.
#[inline(always)]
pub(crate) fn find(text: &[u8], set: impl Fn(u64) -> u64) -> Option<usize> {
    let (whole, rest) = text.as_chunks::<8>();
    let within = |set: u64| (set.trailing_zeros() / 8) as usize;
    for (at, word) in whole.iter().enumerate() {
        let found = set(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(8 * at + within(found));
        }
    }
    let live = ALL & !(u64::MAX << (8 * rest.len()));
    let found = set(last(text, rest)) & live;
    (found != 0).then(|| text.len() - rest.len() + within(found))
}

/// The number that eight digits are. Two by two, then four by four, then both halves, as in
/// Lemire, "Number parsing at a gigabyte per second" (2021).
#[inline(always)]
pub(crate) fn number(digits: u64) -> u64 {
    const EVERY_FOURTH: u64 = 0x0000_00ff_0000_00ff;
    let digits = digits.wrapping_sub(ONES * u64::from(b'0'));
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & EVERY_FOURTH).wrapping_mul(100 | 1_000_000 << 32);
    let high = (pairs >> 16 & EVERY_FOURTH).wrapping_mul(1 | 10_000 << 32);
    low.wrapping_add(high) >> 32
}

/// Appends a text: a short one without a call that copies a length not known in advance.
#[inline(always)]
pub(crate) fn push(text: &[u8], out: &mut Vec<u8>) {
    #[inline(always)]
    fn ends<const N: usize>(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let (first, last) = (text.first_chunk::<N>()?, text.last_chunk::<N>()?);
        let start = out.len();
        out.extend_from_slice(first);
        out.truncate(start + text.len() - N);
        out.extend_from_slice(last);
        Some(())
    }
    let done = match text.len() {
        0..8 => {
            let start = out.len();
            out.extend_from_slice(&short(text).to_le_bytes());
            out.truncate(start + text.len());
            Some(())
        }
        8..=16 => ends::<8>(text, out),
        17..=32 => ends::<16>(text, out),
        _ => None,
    };
    if done.is_none() {
        out.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// Every byte at every place, among others of all classes, against one byte at a time.
    #[test]
    fn sets_are_those_of_each_byte() {
        let mut random = Random::new(81);
        type Set = fn(u64) -> u64;
        type Is = fn(u8) -> bool;
        let sets: [(Set, Is); 3] = [
            (digits, |byte| byte.is_ascii_digit()),
            (letters, |byte| byte.is_ascii_alphabetic()),
            (
                |word| range(word, 1, b' '),
                |byte| (1..=b' ').contains(&byte),
            ),
        ];
        for round in 0..20_000 {
            let length = round % 65;
            let bytes: Vec<u8> = (0..length)
                .map(|_| match random.below(4) {
                    0 => random.next() as u8,
                    1 => b'0' + random.below(10) as u8,
                    2 => *[b'/', b':', b'@', b'[', b'`', b'{', 0, 0x80]
                        .get(random.below(8))
                        .unwrap_or(&0),
                    _ => b'a' + random.below(26) as u8,
                })
                .collect();
            for (set, is) in sets {
                assert_eq!(all(&bytes, set), bytes.iter().all(|byte| is(*byte)));
                assert_eq!(find(&bytes, set), bytes.iter().position(|byte| is(*byte)));
            }
            if let Some(word) = bytes.first_chunk() {
                let expected: u64 = word.iter().map(|byte| u64::from(*byte)).sum();
                assert_eq!(sum(u64::from_le_bytes(*word)), expected);
            }
            let mut out = b"before".to_vec();
            push(&bytes, &mut out);
            assert_eq!(out, [b"before", bytes.as_slice()].concat());
        }
    }

    #[test]
    fn eight_digits_are_a_number() {
        let mut random = Random::new(82);
        for _ in 0..10_000 {
            let value = random.below(100_000_000) as u64;
            let digits = format!("{value:08}");
            let word = digits
                .as_bytes()
                .first_chunk()
                .map(|word| u64::from_le_bytes(*word));
            assert_eq!(word.map(number), Some(value));
        }
    }
}
