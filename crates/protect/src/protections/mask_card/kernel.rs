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
    column::ROOM,
    lanes::{self, Head, Lanes},
    rewrite::{Rewrite, Starred},
};

/// From the least to the most: each shows what the one before it shows.
pub(super) const SHOW: &[&str] = &["last-4", "first-6-last-4", "first-8-last-4"];
const LAST: usize = 4;
/// Digits of a card number (ISO/IEC 7812-1).
const LENGTHS: RangeInclusive<usize> = 12..=19;

/// Bytes of the longest text: the digits, and something between any two.
const LONGEST: usize = 38;

/// The digits of a number.
struct Digits;

impl Written for Digits {
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
    /// How many digits show at the beginning, of as many as a number can have at most.
    first: [u8; *LENGTHS.end() + 1],
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<MaskCard, ProtectError> {
    let show = arguments.choice(0, SHOW)?;
    let mut first = [0; *LENGTHS.end() + 1];
    for (digits, first) in first.iter_mut().enumerate() {
        *first = match show {
            // A BIN has eight digits in numbers of at least sixteen.
            2.. if digits >= 16 => 8,
            1.. if digits >= 6 + HIDDEN + LAST => 6,
            _ => 0,
        };
    }
    Ok(MaskCard { first })
}

impl Rewrite for MaskCard {
    const NAME: &'static str = "mask_card";
    const USUAL: bool = true;

    #[inline(always)]
    fn usual(&self, text: Head<'_>, out: &mut [u8; ROOM]) -> Option<usize> {
        self.starred(text, out)
    }

    fn write(&self, _: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(UNKNOWN);
    }
}

impl Starred for MaskCard {
    #[inline(always)]
    fn hidden<const N: usize>(&self, text: Head<'_>, lanes: Lanes<N>) -> Option<u64> {
        let length = text.length();
        let places = Digits::places(lanes, 0, length)?;
        let digits = places.count_ones() as usize;
        if length > LONGEST || !LENGTHS.contains(&digits) || !lanes.luhn() {
            return None;
        }
        let first = usize::from(*self.first.get(digits)?);
        Some(lanes::between(places, first, LAST, length))
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::texts(vec![crate::testing::said("last-4")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Random, rewritten, said};

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

    /// Against one byte at a time.
    #[test]
    fn cards_are_those_of_each_digit() {
        let mut random = Random::new(96);
        let mut shown = 0;
        for round in 0..40_000 {
            let alphabet = match round % 2 {
                0 => "0123456789",
                _ => "0123456789012345678 -",
            };
            let mut text = random.of(alphabet, 0, 24);
            if random.below(50) == 0 {
                text.push_str(&random.of(" x", 1, 30));
            }
            let digits: Vec<u32> = text.chars().filter_map(|one| one.to_digit(10)).collect();
            let sum: u32 = digits
                .iter()
                .rev()
                .enumerate()
                .map(|(at, digit)| digit * (1 + at as u32 % 2))
                .map(|times| times / 10 + times % 10)
                .sum();
            let card = sum.is_multiple_of(10)
                && LENGTHS.contains(&digits.len())
                && text.len() <= LONGEST
                && text.bytes().all(|byte| b"0123456789 -".contains(&byte));
            let first = match digits.len() {
                0..13 => 0,
                13..16 => 6,
                _ => 8,
            };
            let mut at = 0;
            let masked: String = text
                .chars()
                .map(|one| {
                    let digit = one.is_ascii_digit();
                    at += usize::from(digit);
                    let hidden = digit && at > first && at + LAST <= digits.len();
                    if hidden { '*' } else { one }
                })
                .collect();
            let expected = if card { masked.as_str() } else { "***" };
            shown += usize::from(card);
            let out = rewritten("mask_card", vec![said("first-8-last-4")], &text);
            assert_eq!(out, expected, "{text:?}");
        }
        assert!(shown > 1_000, "{shown}");
    }
}
