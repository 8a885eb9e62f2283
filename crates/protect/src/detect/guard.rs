//! The run-time guard: whether sampled rows of a column that should be clear hold personal data.
//!
//! Invariant: a finding needs strong hits (syntax, grouping or context beside the checksum), or
//! check digits that hold far more often than chance; one random number in ten passes Luhn.

use super::{Found, Kind, Scanner, checksum};

/// Above this score a hit counts by itself.
const STRONG: f32 = 0.8;
/// Bare card numbers count when there are this many at least.
const FEWEST: u64 = 3;
/// Only the beginning of a long text is looked at, which bounds the cost of a row.
const LONGEST: usize = 4_096;

/// Counts what sampled values hold. It keeps counts and no value.
#[derive(Clone, Debug)]
pub struct Guard {
    sampled: u64,
    strong: [u64; Kind::ALL.len()],
    /// Whole values that begin and are as long as a card.
    card_like: u64,
    /// Those of them whose check digit holds.
    card_valid: u64,
    /// What the value looked at last holds, in places; kept for its room only.
    found: Vec<Found>,
}

impl Default for Guard {
    fn default() -> Guard {
        Guard::new()
    }
}

/// A kind that the sample holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The kind.
    pub kind: Kind,
    /// In how many sampled values.
    pub values: u64,
    /// Of how many.
    pub sampled: u64,
}

impl Guard {
    /// A guard that has seen nothing.
    pub fn new() -> Guard {
        Guard {
            sampled: 0,
            strong: [0; Kind::ALL.len()],
            card_like: 0,
            card_valid: 0,
            found: Vec::new(),
        }
    }

    /// Looks at one value.
    pub fn look(&mut self, value: &str) {
        self.sampled += 1;
        let digits = value.trim().as_bytes();
        if checksum::issued(digits, digits.len()) && digits.iter().all(u8::is_ascii_digit) {
            self.card_like += 1;
            self.card_valid += u64::from(checksum::luhn(digits));
            return;
        }
        let mut end = value.len().min(LONGEST);
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        let mut seen = [false; Kind::ALL.len()];
        // An address of a page is no finding, and must not hide one that it holds.
        let scanner = Scanner::new().without(Kind::Url);
        scanner.scan(value.get(..end).unwrap_or_default(), &mut self.found);
        for one in self.found.iter().filter(|one| one.score >= STRONG) {
            for (seen, kind) in seen.iter_mut().zip(Kind::ALL) {
                *seen |= kind == one.kind;
            }
        }
        for (count, seen) in self.strong.iter_mut().zip(seen) {
            *count += u64::from(seen);
        }
    }

    /// What the sample holds. Whether it may is the caller's to decide.
    pub fn findings(&self) -> Vec<Finding> {
        // Chance gives a tenth; half is out of its reach from three values on.
        let cards = self.card_valid >= FEWEST && self.card_valid * 2 >= self.card_like;
        let finding = |(kind, strong): (Kind, u64)| {
            let values = strong
                + if kind == Kind::Card && cards {
                    self.card_valid
                } else {
                    0
                };
            (values > 0).then_some(Finding {
                kind,
                values,
                sampled: self.sampled,
            })
        };
        Kind::ALL
            .into_iter()
            .zip(self.strong)
            .filter_map(finding)
            .collect()
    }
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
    use crate::testing::Random;

    fn findings<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<Kind> {
        let mut guard = Guard::new();
        values.into_iter().for_each(|value| guard.look(value));
        guard
            .findings()
            .iter()
            .map(|finding| finding.kind)
            .collect()
    }

    #[test]
    fn a_card_in_a_comment_is_found() {
        assert_eq!(
            findings(["fine", "he gave me his card: 4111 1111 1111 1111", "ok"]),
            [Kind::Card]
        );
        assert_eq!(findings(["write to a@example.com"]), [Kind::Email]);
        assert_eq!(
            findings(["https://a.example/?to=a@example.com"]),
            [Kind::Email]
        );
    }

    #[test]
    fn a_column_of_cards_is_found_and_random_numbers_are_not() {
        assert_eq!(
            findings(["4111111111111111", "378282246310005", "5555555555554444"]),
            [Kind::Card]
        );
        let mut random = Random::new(17);
        let numbers: Vec<String> = (0..5000)
            .map(|_| format!("4{:015}", random.next() % 1_000_000_000_000_000))
            .collect();
        assert_eq!(findings(numbers.iter().map(String::as_str)), []);
        assert_eq!(
            findings(["4111111111111111", "1", "2"]),
            [],
            "one alone may be chance"
        );
    }

    #[test]
    fn only_the_beginning_of_a_long_value_is_looked_at() {
        let late = format!("{}é a@example.com", "x".repeat(LONGEST - 1));
        assert_eq!(findings([late.as_str()]), []);
    }
}
