//! What can be wrong with a level list or a tag, with stable codes.
//!
//! Invariant: a message names the offending text, which is configuration and never data.

use thiserror::Error;

/// A level list or a tag that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LabelError {
    /// No level at all was given.
    #[error("the list of levels is empty; name at least one, lowest first")]
    NoLevels,
    /// More levels than a level can count.
    #[error("{0} levels are too many; at most 64 can be ordered")]
    TooManyLevels(usize),
    /// A level name that is no identifier.
    #[error("`{0}` is not a level name; use a lower-case letter, then letters, digits, `_` or `-`")]
    LevelName(String),
    /// One level name given twice.
    #[error("the level `{0}` is named twice; keep one of them")]
    LevelTwice(String),
    /// A tag that is not dotted lower-case text.
    #[error("`{0}` is not a tag; use dotted lower-case words such as `pii.email` or `phi.*`")]
    TagText(String),
}

impl LabelError {
    /// The stable code of this error, one of [`CODES`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoLevels => "SL3901",
            Self::TooManyLevels(_) => "SL3902",
            Self::LevelName(_) => "SL3903",
            Self::LevelTwice(_) => "SL3904",
            Self::TagText(_) => "SL3905",
        }
    }
}

/// Every code of this crate with its explanation in Markdown.
pub const CODES: &[(&str, &str)] = &[
    (
        "SL3901",
        "**The list of levels is empty.** Every column needs a level to stand at.\n\nList the levels in `sealine.yaml`, lowest first:\n\n```yaml\nlevels: [public, internal, restricted]\n```",
    ),
    (
        "SL3902",
        "**There are more levels than can be ordered.** At most 64 are allowed; few projects need more than four.\n\nMerge levels that carry the same duties.",
    ),
    (
        "SL3903",
        "**A level has a name that cannot be used.** Levels appear in policies and messages, so they are plain words: a lower-case letter, then letters, digits, `_` or `-`.\n\n```yaml\nlevels: [public, internal, highly-restricted]\n```",
    ),
    (
        "SL3904",
        "**A level is named twice.** A level has one place in the order.\n\nRemove the second entry from `levels:`.",
    ),
    (
        "SL3905",
        "**A tag cannot be read.** A tag is dotted lower-case text; a tag covers those below it. A pattern ends in `.*`.\n\n```yaml\ntags: { phi.*: { special: true } }\n```",
    ),
];
