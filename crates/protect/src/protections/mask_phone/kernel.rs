//! The kernel of `mask_phone`.
//!
//! Invariant: at least seven digits follow the country code, of which at most the last four show;
//! what is no phone number is hidden wholly.

use wide::u8x16;

use crate::{
    ProtectError,
    argument::Arguments,
    characters::{UNKNOWN, Written},
    lanes,
    rewrite::Rewrite,
};

/// Digits at the end that may show.
const MOST: usize = 4;
/// The digits of a number, and what may stand between them; without its `+`.
struct Digits;

impl Written for Digits {
    const LONGEST: usize = 32;

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

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let (international, rest) = match text.as_bytes() {
            [b'+', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let Some((places, code)) = country(international, rest) else {
            return out.extend_from_slice(UNKNOWN);
        };
        if international {
            out.push(b'+');
        }
        let hidden = lanes::between(places, code, self.last, rest.len());
        lanes::push_starred(rest, hidden, out);
    }
}

/// Where the digits of a phone number stand, and how many of them are its country code: none where it
/// did not begin with `+`. `None` for what is no number. E.164: at most 15 digits.
fn country(international: bool, rest: &[u8]) -> Option<(u64, usize)> {
    let places = Digits::places(rest)?;
    let count = places.count_ones() as usize;
    if count > 15 {
        return None;
    }
    if !international {
        return (count >= 7).then_some((places, 0));
    }
    let digit = |places: u64| Some(rest.get(places.trailing_zeros() as usize)? - b'0');
    let code = code_length([digit(places)?, digit(places & places.wrapping_sub(1))?]);
    (count >= code + 7).then_some((places, code))
}

/// The length of the country code that begins with these digits (ITU-T E.164, list of assigned
/// codes).
fn code_length([one, two]: [u8; 2]) -> usize {
    match (one, two) {
        (1 | 7, _) => 1,
        (2, 0 | 7)
        | (3, 0..=4 | 6 | 9)
        | (4, 0 | 1 | 3..=9)
        | (5, 1..=8)
        | (6, 0..=6)
        | (8, 1 | 2 | 4 | 6)
        | (9, 0..=5 | 8) => 2,
        _ => 3,
    }
}

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
