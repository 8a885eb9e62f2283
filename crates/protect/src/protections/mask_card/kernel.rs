//! The kernel of `mask_card`.
//!
//! Invariant: never more shows than PCI DSS 4.0.1, 3.4.1 permits, the BIN and the last four; what
//! is no card number by its check digit is hidden wholly.

use std::ops::RangeInclusive;

use wide::u8x16;

use crate::{
    ProtectError,
    argument::Arguments,
    characters::{HIDDEN, UNKNOWN, Written},
    lanes,
    rewrite::Rewrite,
};

/// From the least to the most: each shows what the one before it shows.
pub(super) const SHOW: &[&str] = &["last-4", "first-6-last-4", "first-8-last-4"];
const LAST: usize = 4;
/// Digits of a card number (ISO/IEC 7812-1).
const LENGTHS: RangeInclusive<usize> = 12..=19;

/// The digits of a number, with something between any two.
struct Digits;

impl Written for Digits {
    const LONGEST: usize = 38;

    #[inline(always)]
    fn counts(block: u8x16) -> u8x16 {
        lanes::digits(block)
    }

    #[inline(always)]
    fn between(block: u8x16) -> u8x16 {
        lanes::equal(block, b' ') | lanes::equal(block, b'-')
    }
}

/// `mask_card`, bound.
#[derive(Debug)]
pub(crate) struct MaskCard {
    show: usize,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<MaskCard, ProtectError> {
    let show = arguments.choice(0, SHOW)?;
    Ok(MaskCard { show })
}

impl Rewrite for MaskCard {
    const NAME: &'static str = "mask_card";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let text = text.as_bytes();
        let places = Digits::places(text).filter(|places| lanes::luhn(text, *places));
        let number = places.map(|places| (places, places.count_ones() as usize));
        let Some((places, digits)) = number.filter(|(_, digits)| LENGTHS.contains(digits)) else {
            return out.extend_from_slice(UNKNOWN);
        };
        let first = match self.show {
            // A BIN has eight digits in numbers of at least sixteen.
            2.. if digits >= 16 => 8,
            1.. if digits >= 6 + HIDDEN + LAST => 6,
            _ => 0,
        };
        let hidden = lanes::between(places, first, LAST, text.len());
        lanes::push_starred(text, hidden, out);
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::said("last-4")])
}

#[cfg(test)]
mod tests {
    use crate::testing::{rewritten, said};

    #[test]
    fn cards_and_others() {
        for (text, last, six, eight) in [
            (
                "4111111111111111",
                "************1111",
                "411111******1111",
                "41111111****1111",
            ),
            (
                "3782 822463 10005",
                "**** ****** *0005",
                "3782 82**** *0005",
                "3782 82**** *0005",
            ),
            (
                "5555-5555-5555-4444",
                "****-****-****-4444",
                "5555-55**-****-4444",
                "5555-5555-****-4444",
            ),
            (
                "4222222222222",
                "*********2222",
                "422222***2222",
                "422222***2222",
            ),
            // Of twelve digits six and four would leave two.
            (
                "676700000000",
                "********0000",
                "********0000",
                "********0000",
            ),
        ] {
            let show = |what| rewritten("mask_card", vec![said(what)], text);
            assert_eq!(show("last-4"), last);
            assert_eq!(show("first-6-last-4"), six);
            assert_eq!(show("first-8-last-4"), eight);
        }
        for other in [
            "4111111111111112",
            "",
            "4111",
            "card 4111111111111111",
            "41111111111111111111111111",
        ] {
            assert_eq!(
                rewritten("mask_card", vec![said("first-8-last-4")], other),
                "***"
            );
        }
    }
}
