//! The kernel of `mask_phone`.
//!
//! Invariant: at least seven digits follow the country code, of which at most the last four show;
//! what is no phone number is hidden wholly.

use wide::u8x16;

use crate::{
    ProtectError,
    argument::Arguments,
    characters::{UNKNOWN, Written},
    column::ROOM,
    lanes::{self, Head, Lanes},
    rewrite::{Rewrite, Starred},
};

/// Digits at the end that may show.
const MOST: usize = 4;
/// Bytes of the longest text, without its `+`.
const LONGEST: usize = 32;

/// The digits of a number, and what may stand between them.
struct Digits;

impl Written for Digits {
    #[inline(always)]
    fn counts(block: u8x16) -> u8x16 {
        lanes::digits(block)
    }

    #[inline(always)]
    fn between(block: u8x16) -> u8x16 {
        lanes::equal(block, b' ')
            | lanes::range(block, b'(', b')')
            | lanes::range(block, b'-', b'/')
    }
}

/// `mask_phone`, bound.
#[derive(Debug)]
pub(crate) struct MaskPhone {
    last: usize,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<MaskPhone, ProtectError> {
    let last = arguments.count_to(0, MOST)?;
    Ok(MaskPhone { last })
}

impl Rewrite for MaskPhone {
    const NAME: &'static str = "mask_phone";
    const USUAL: bool = true;

    #[inline(always)]
    fn usual(&self, text: Head<'_>, out: &mut [u8; ROOM]) -> Option<usize> {
        self.starred(text, out)
    }

    fn write(&self, _: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(UNKNOWN);
    }
}

impl Starred for MaskPhone {
    #[inline(always)]
    fn hidden<const N: usize>(&self, text: Head<'_>, lanes: Lanes<N>) -> Option<u64> {
        let length = text.length();
        let international = text.at(0) == b'+' && length > 0;
        let before = usize::from(international);
        let places = Digits::places(lanes, before, length)?;
        let count = places.count_ones() as usize;
        // E.164: at most 15 digits.
        if count > 15 || length > before + LONGEST {
            return None;
        }
        let code = match international {
            true => {
                let digit = |places: u64| usize::from(text.at(places.trailing_zeros() as usize));
                let second = places & places.wrapping_sub(1);
                let digits =
                    (10 * digit(places) + digit(second)).checked_sub(11 * usize::from(b'0'));
                usize::from(*CODES.get(digits?)?)
            }
            false => 0,
        };
        if count < code + 7 {
            return None;
        }
        let hidden = lanes::between(places >> before, code, self.last, length - before);
        Some(hidden << before)
    }
}

/// The length of the country code that begins with each two digits (ITU-T E.164, list of assigned
/// codes).
#[allow(clippy::indexing_slicing, reason = "done while compiling")]
static CODES: [u8; 100] = {
    let mut lengths = [0; 100];
    let mut digits = 0;
    while digits < lengths.len() {
        lengths[digits] = match (digits / 10, digits % 10) {
            (1 | 7, _) => 1,
            (2, 0 | 7)
            | (3, 0..=4 | 6 | 9)
            | (4, 0 | 1 | 3..=9)
            | (5, 1..=8)
            | (6, 0..=6)
            | (8, 1 | 2 | 4 | 6)
            | (9, 0..=5 | 8) => 2,
            _ => 3,
        };
        digits += 1;
    }
    lengths
};

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::whole(2)])
}

#[cfg(test)]
mod tests {
    use crate::testing::{rewritten, whole};

    #[test]
    fn numbers_and_others() {
        for (text, last, out) in [
            ("+49 30 1234567", 2, "+49 ** *****67"),
            ("+1 (415) 555-2671", 4, "+1 (***) ***-2671"),
            ("+354 555 1234", 0, "+354 *** ****"),
            ("555-0100", 4, "***-0100"),
            ("0171 5550100", 4, "**** ***0100"),
            ("112", 2, "***"),
            ("+298 123456", 2, "***"),
            ("+49 30 1234567 ext 5", 2, "***"),
            ("1234567890123456", 2, "***"),
            ("٠١٢٣٤٥٦٧٨٩", 2, "***"),
            ("", 2, "***"),
        ] {
            assert_eq!(rewritten("mask_phone", vec![whole(last)], text), out);
        }
    }
}
