//! Tags: dotted names for what a column is.
//!
//! Invariant: a tag is lower-case and dotted; a tag covers itself and those below it.

use std::fmt;
use std::sync::Arc;

use crate::LabelError;

/// What a column is, such as `pii.email`; a pattern such as `phi.*` covers all below `phi`.
#[derive(Clone, PartialEq, PartialOrd, Ord, Eq, Hash, Debug)]
pub struct Tag(Arc<str>);

impl Tag {
    /// Reads a tag or a pattern.
    ///
    /// # Errors
    /// If the text is not dotted lower-case words (letters, digits, `_`, `-`), at most 128 bytes.
    pub fn parse(text: &str) -> Result<Self, LabelError> {
        let bad = || LabelError::TagText(text.chars().take(128).collect());
        let stem = text.strip_suffix(".*").unwrap_or(text);
        let word = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
        };
        if text.len() > 128 || !stem.split('.').all(word) {
            return Err(bad());
        }
        Ok(Self(Arc::from(text)))
    }

    /// Whether this tag is the other one, an ancestor of it, or a pattern that covers it.
    #[must_use]
    pub fn covers(&self, other: &Tag) -> bool {
        match self.0.strip_suffix(".*") {
            Some(stem) => below(stem, &other.0),
            None => *self.0 == *other.0 || below(&self.0, &other.0),
        }
    }

    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is a pattern (`phi.*`).
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        self.0.ends_with(".*")
    }

    /// The text without a pattern's `.*`.
    #[must_use]
    pub fn stem(&self) -> &str {
        self.0.strip_suffix(".*").unwrap_or(&self.0)
    }

    /// The tags above this one, nearest first: `pii` for `pii.email`.
    pub fn ancestors(&self) -> impl Iterator<Item = Tag> {
        let stem = self.stem();
        let mut ends: Vec<usize> = stem.match_indices('.').map(|(at, _)| at).collect();
        ends.reverse();
        let texts: Vec<Arc<str>> = ends
            .into_iter()
            .filter_map(|end| stem.get(..end).map(Arc::from))
            .collect();
        texts.into_iter().map(Tag)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn below(stem: &str, other: &str) -> bool {
    other
        .strip_prefix(stem)
        .is_some_and(|rest| rest.starts_with('.'))
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

    fn tag(text: &str) -> Tag {
        Tag::parse(text).unwrap()
    }

    #[test]
    fn a_tag_covers_those_below() {
        assert!(tag("pii").covers(&tag("pii.email")));
        assert!(tag("pii").covers(&tag("pii")));
        assert!(!tag("pii").covers(&tag("piiemail")));
        assert!(!tag("pii.email").covers(&tag("pii")));
        assert!(tag("phi.*").covers(&tag("phi.lab.result")));
        assert!(!tag("phi.*").covers(&tag("phi")));
    }

    #[test]
    fn bad_tags_are_refused() {
        for text in [
            "",
            ".",
            "pii.",
            ".email",
            "PII",
            "pii email",
            "*",
            "pii.*.x",
            "é",
            &"a".repeat(129),
        ] {
            assert!(Tag::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ancestors_come_nearest_first() {
        let names: Vec<String> = tag("a.b.c").ancestors().map(|t| t.to_string()).collect();
        assert_eq!(names, ["a.b", "a"]);
        assert_eq!(tag("a").ancestors().count(), 0);
    }
}
