//! The kernel of `mask_id`.
//!
//! Invariant: at least three letters or digits are hidden; what is no identity number by its shape
//! is hidden wholly.

use std::ops::RangeInclusive;

use wide::u8x16;

use crate::{
    ProtectError,
    argument::Arguments,
    characters::{UNKNOWN, Written},
    column::ROOM,
    lanes::{self, Head, Lanes},
    rewrite::{Rewrite, Starred},
};

/// Characters at the end that may show.
const MOST: usize = 4;
/// Letters and digits of an identity number.
const LENGTHS: RangeInclusive<usize> = 7..=20;

/// Bytes of the longest text: those, and something between any two.
const LONGEST: usize = 40;

/// The letters and digits of a number.
struct Signs;

impl Written for Signs {
    #[inline(always)]
    fn counts(block: u8x16) -> u8x16 {
        lanes::digits(block) | lanes::letters(block)
    }

    #[inline(always)]
    fn between(block: u8x16) -> u8x16 {
        lanes::equal(block, b' ') | lanes::range(block, b'-', b'/')
    }
}

/// `mask_id`, bound.
#[derive(Debug)]
pub(crate) struct MaskId {
    last: usize,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<MaskId, ProtectError> {
    let last = arguments.count_to(0, MOST)?;
    Ok(MaskId { last })
}

impl Rewrite for MaskId {
    const NAME: &'static str = "mask_id";
    const USUAL: bool = true;

    #[inline(always)]
    fn usual(&self, text: Head<'_>, out: &mut [u8; ROOM]) -> Option<usize> {
        self.starred(text, out)
    }

    fn write(&self, _: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(UNKNOWN);
    }
}

impl Starred for MaskId {
    #[inline(always)]
    fn hidden<const N: usize>(&self, text: Head<'_>, lanes: Lanes<N>) -> Option<u64> {
        let length = text.length();
        let places = Signs::places(lanes, 0, length)?;
        let fits = length <= LONGEST && LENGTHS.contains(&(places.count_ones() as usize));
        fits.then(|| lanes::between(places, 0, self.last, length))
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::whole(4)])
}

#[cfg(test)]
mod tests {
    use crate::testing::{rewritten, whole};

    #[test]
    fn numbers_and_others() {
        for (text, last, out) in [
            ("460-89-9847", 4, "***-**-9847"),
            ("12345678Z", 1, "********Z"),
            ("529.982.247-25", 2, "***.***.***-25"),
            ("1234567", 4, "***4567"),
            ("460899847", 0, "*********"),
            ("123456", 4, "***"),
            ("", 4, "***"),
            ("a name that is far too long", 4, "***"),
            ("4608998٤٧", 4, "***"),
        ] {
            assert_eq!(rewritten("mask_id", vec![whole(last)], text), out);
        }
    }
}
