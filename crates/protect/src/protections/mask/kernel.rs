//! The kernel of `mask` and `mask_fixed`.
//!
//! Invariant: at least [`HIDDEN`] characters are hidden, or all are; what shows is at most so many
//! characters at each end, each of at most [`LONGEST`](crate::characters::LONGEST) scalar values.

use std::ops::Range;

use crate::{
    ProtectError,
    argument::Arguments,
    characters::{HIDDEN, characters, may_show, plain, push_stars},
    lanes,
    rewrite::Rewrite,
    swar,
};

/// `mask`, bound.
#[derive(Debug)]
pub(crate) struct Mask(Window);

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<Mask, ProtectError> {
    Window::of(arguments).map(Mask)
}

impl Rewrite for Mask {
    const NAME: &'static str = "mask";
    const OVERWRITES: bool = true;

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        self.0.write(text, |hidden| hidden, out);
    }

    fn overwrite(&self, text: &mut [u8]) {
        let hidden = self.0.hidden(text.len());
        if let Some(hidden) = text.get_mut(hidden) {
            hidden.fill(b'*');
        }
    }
}

/// What shows of a text: so many characters at each end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    first: usize,
    last: usize,
}

impl Window {
    pub(crate) fn of(arguments: &Arguments<'_>) -> Result<Window, ProtectError> {
        Ok(Window {
            first: arguments.count(0)?,
            last: arguments.count(1)?,
        })
    }

    /// Appends `text` with `stars` of so many hidden characters in the middle.
    pub(crate) fn write(self, text: &str, stars: impl Fn(usize) -> usize, out: &mut Vec<u8>) {
        if !text.is_ascii() {
            return match plain(text.as_bytes()) {
                Some(plain) => self.write_plain(text.as_bytes(), plain, stars, out),
                None => self.write_characters(text, stars, out),
            };
        }
        let text = text.as_bytes();
        let hidden = self.hidden(text.len());
        swar::push(text.get(..hidden.start).unwrap_or_default(), out);
        push_stars(stars(hidden.len()), out);
        swar::push(text.get(hidden.end..).unwrap_or_default(), out);
    }

    /// The same for a text whose characters begin at these places.
    fn write_plain(
        self,
        text: &[u8],
        places: u64,
        stars: impl Fn(usize) -> usize,
        out: &mut Vec<u8>,
    ) {
        let count = places.count_ones() as usize;
        let hidden = match self.hidden(count).len() {
            all if all == count => places,
            _ => lanes::between(places, self.first, self.last, text.len()),
        };
        let behind = places & !lanes::all(lanes::LONGEST - hidden.leading_zeros() as usize);
        let (start, end) = (hidden.trailing_zeros(), behind.trailing_zeros());
        swar::push(text.get(..start as usize).unwrap_or_default(), out);
        push_stars(stars(hidden.count_ones() as usize), out);
        swar::push(text.get(end as usize..).unwrap_or_default(), out);
    }

    /// Which of so many characters are hidden.
    fn hidden(self, count: usize) -> Range<usize> {
        if count >= self.first + self.last + HIDDEN {
            self.first..count - self.last
        } else {
            0..count
        }
    }

    fn write_characters(self, text: &str, stars: impl Fn(usize) -> usize, out: &mut Vec<u8>) {
        let hidden = self.hidden(characters(text).count());
        for (at, character) in characters(text).enumerate() {
            if at == hidden.start {
                push_stars(stars(hidden.len()), out);
            }
            if hidden.contains(&at) {
                continue;
            }
            match may_show(character) {
                true => out.extend_from_slice(character.as_bytes()),
                false => out.push(b'*'),
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use sealine_label::declare::Argument;

    use crate::testing::Sample;

    Sample::texts(vec![Argument::Integer(2), Argument::Integer(1)])
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray};

    use super::*;
    use crate::Kernel;
    use crate::testing::{Random, assert_own_buffers, contains, every_shape_of_text};

    fn masked(text: &str, first: usize, last: usize) -> String {
        let mut out = Vec::new();
        Mask(Window { first, last }).write(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn examples() {
        assert_eq!(masked("4111111111111111", 6, 4), "411111******1111");
        assert_eq!(masked("alice", 1, 1), "a***e");
        assert_eq!(masked("alice", 0, 0), "*****");
        assert_eq!(masked("alice", 0, 2), "***ce");
        assert_eq!(masked("alice", 2, 0), "al***");
        assert_eq!(masked("", 6, 4), "");
        // Two would stay hidden, then none shows.
        assert_eq!(masked("alice", 2, 1), "*****");
        assert_eq!(masked("alice", 64, 64), "*****");
        // Characters, not bytes.
        assert_eq!(masked("søren", 2, 0), "sø***");
        assert_eq!(masked("日本語文字列", 1, 2), "日***字列");
        // A letter and its accents are one character, shown or hidden as a whole.
        assert_eq!(masked("abcde\u{301}\u{302}", 0, 1), "****e\u{301}\u{302}");
        assert_eq!(masked("abcde\u{301}f", 0, 1), "*****f");
        assert_eq!(masked("🇩🇰abc", 1, 0), "🇩🇰***");
        // A pile of accents does not show: it would have no longest length.
        assert_eq!(masked("e\u{301}\u{302}\u{303}\u{304}abc", 1, 0), "****");
    }

    #[test]
    fn any_text_hides_three_characters_or_all_and_keeps_its_length() {
        let mut random = Random::new(4);
        for length in 0..=64 {
            for _ in 0..60 {
                let text = random.text_of(length);
                let (first, last) = (random.below(8), random.below(8));
                let out = masked(&text, first, last);
                let input: Vec<&str> = characters(&text).collect();
                let shown = if input.len() >= first + last + 3 {
                    first + last
                } else {
                    0
                };
                let expected: String = input
                    .iter()
                    .enumerate()
                    .map(|(at, was)| {
                        let kept = shown > 0 && (at < first || at >= input.len() - last);
                        if kept && may_show(was) { was } else { "*" }
                    })
                    .collect();
                assert_eq!(out, expected, "{text} {first} {last}");
            }
        }
    }

    #[test]
    fn every_shape_gives_the_same_and_nothing_hidden_is_left() {
        let values = [
            Some("CANARY-4111-MIDDLE-SECRET-END"),
            None,
            Some(""),
            Some("ab"),
        ];
        for (shape, input) in every_shape_of_text(&values) {
            let output = Mask(Window { first: 2, last: 3 }).apply(&input).unwrap();
            let texts: Vec<_> = output.as_string::<i32>().iter().collect();
            assert_eq!(
                texts,
                [
                    Some("CA************************END"),
                    None,
                    Some(""),
                    Some("**")
                ],
                "{shape}"
            );
            assert_own_buffers(&input, &output);
            for secret in ["NARY", "SECRET", "beside", "outside"] {
                assert!(!contains(&output, secret.as_bytes()), "{shape} {secret}");
            }
        }
    }

    #[test]
    fn other_types_are_refused() {
        let numbers: ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![1]));
        assert_eq!(
            Mask(Window { first: 1, last: 1 })
                .apply(&numbers)
                .unwrap_err()
                .code(),
            "SL8012"
        );
    }
}
