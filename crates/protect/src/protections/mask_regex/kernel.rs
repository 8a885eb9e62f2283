//! The kernel of `mask_regex`.
//!
//! Invariant: every character that a group of the pattern touches in any of its matches is hidden;
//! where no group takes part in a match, the match is; where nothing would be hidden, all is.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use crate::{
    ProtectError,
    argument::Arguments,
    characters::{UNKNOWN, characters},
    rewrite::Rewrite,
};

/// Bytes of the compiled pattern, and of its cache while matching.
const SIZE: usize = 1 << 20;
/// Groups within groups.
const DEPTH: u32 = 32;
/// Matches in one text: each may look at the whole of it, so more would take quadratic time.
const MATCHES: usize = 1024;

/// `mask_regex`, bound.
#[derive(Debug)]
pub(crate) struct MaskRegex {
    pattern: Regex,
    /// What stands for a hidden stretch; a star for each of its characters where it is empty.
    with: Box<str>,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<MaskRegex, ProtectError> {
    let pattern = RegexBuilder::new(arguments.text(0)?)
        .size_limit(SIZE)
        .dfa_size_limit(SIZE)
        .nest_limit(DEPTH)
        .build()
        .map_err(|_| {
            arguments.wrong(
                "the pattern must be a regular expression without look-around and back-references, of moderate size",
            )
        })?;
    if pattern.captures_len() < 2 {
        return Err(arguments.wrong("the pattern must have a group in parentheses: what is hidden"));
    }
    Ok(MaskRegex {
        pattern,
        with: arguments.text(1)?.into(),
    })
}

impl Rewrite for MaskRegex {
    const NAME: &'static str = "mask_regex";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let Some(spans) = self.spans(text) else {
            return out.extend_from_slice(UNKNOWN);
        };
        let mut spans = spans.iter().peekable();
        let (mut at, mut inside) = (0, false);
        for character in characters(text) {
            let end = at + character.len();
            while spans.peek().is_some_and(|span| span.end <= at) {
                spans.next();
            }
            let hidden = spans.peek().is_some_and(|span| span.start < end);
            match hidden {
                false => out.extend_from_slice(character.as_bytes()),
                true if self.with.is_empty() => out.push(b'*'),
                true if !inside => out.extend_from_slice(self.with.as_bytes()),
                true => {}
            }
            (at, inside) = (end, hidden);
        }
    }
}

impl MaskRegex {
    /// What is hidden, by where it begins; `None` for all of it.
    fn spans(&self, text: &str) -> Option<Vec<Range<usize>>> {
        let mut spans = Vec::new();
        for (count, found) in self.pattern.captures_iter(text).enumerate() {
            if count == MATCHES {
                return None;
            }
            let before = spans.len();
            spans.extend(found.iter().skip(1).flatten().map(|group| group.range()));
            if spans.len() == before {
                spans.extend(found.get(0).map(|all| all.range()));
            }
        }
        spans.retain(|span| !span.is_empty());
        spans.sort_unstable_by_key(|span| span.start);
        (!spans.is_empty()).then_some(spans)
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use crate::testing::{Sample, said};

    Sample::texts(vec![said("^(.+)@"), said("")])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::{
        bind,
        testing::{Keys, call, rewritten, said},
    };

    fn masked(pattern: &str, with: &str, text: &str) -> String {
        rewritten("mask_regex", vec![said(pattern), said(with)], text)
    }

    #[test]
    fn groups_are_hidden_and_the_rest_stays() {
        assert_eq!(
            masked("^(.+)@", "", "alice@example.com"),
            "*****@example.com"
        );
        assert_eq!(
            masked("^(.+)@", "someone", "alice@example.com"),
            "someone@example.com"
        );
        assert_eq!(masked(r"(\d)", "", "a1b22"), "a*b**");
        assert_eq!(masked(r"(\d)", "#", "a1b22"), "a#b#");
        assert_eq!(
            masked(r"(\d+)-(\d+)", "", "tel 12-345 or 6-7"),
            "tel **-*** or *-*"
        );
        // Groups in groups, and the same group again and again.
        assert_eq!(masked(r"((a)b)c", "", "abcabc"), "**c**c");
        assert_eq!(masked(r"(?:(a)|b)+", "", "xabab"), "xab*b");
    }

    #[test]
    fn what_does_not_match_is_hidden_wholly() {
        assert_eq!(masked("^(.+)@", "", "no address"), "***");
        assert_eq!(masked("^(.+)@", "", ""), "***");
        assert_eq!(
            masked("()a", "", "banana"),
            "***",
            "a group that hides nothing"
        );
        assert_eq!(
            masked("secret(x)?", "", "a secret"),
            "a ******",
            "a group that took no part"
        );
        assert_eq!(
            masked("(a)", "", &"a".repeat(5000)),
            "***",
            "too many matches to look at"
        );
    }

    #[test]
    fn accents_go_with_their_letter() {
        assert_eq!(masked("(e)", "", "caf e\u{301} x"), "caf * x");
        assert_eq!(masked("(\u{301})", "", "e\u{301}x"), "*x");
    }

    #[test]
    fn patterns_that_are_refused() {
        for pattern in ["abc", "(", r"(a)\1", "(a{1000}){1000}", &"(".repeat(60)] {
            let error =
                bind(&call("mask_regex", vec![said(pattern), said("")]), &Keys).unwrap_err();
            assert_eq!(error.code(), "SL8011", "{pattern}");
        }
    }
}
