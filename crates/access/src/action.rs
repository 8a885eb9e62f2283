//! What is asked for: the actions and resources of the schema, as types.
//!
//! Invariant: every action here is an action of `schema.cedarschema` and the
//! reverse (a test compares them). Must never: build an entity from a string
//! that a caller has already joined.

use std::fmt;

/// An action of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Start a pipeline.
    Run,
    /// See what a pipeline would write, at a terminal.
    Preview,
    /// Take a dataset as an input, or read it at a terminal.
    Read,
    /// Write a dataset.
    Write,
    /// Let a protected value below its level.
    Declassify,
    /// Use a select grant of the catalog.
    Select,
    /// Join two datasets by a classified column.
    Link,
    /// Open a protected value at a terminal.
    Reveal,
    /// Open a protected value into a file.
    Export,
    /// Publish in clear what the detectors take for classified data.
    Waive,
    /// Make, list and rotate keys.
    Keys,
    /// Disable, limit and destroy keys, and change the keystore's passphrase.
    Administer,
    /// Have a key of a file wrapped: seal files under the key.
    Wrap,
    /// Have a key of a file unwrapped: read whatever is sealed under the key.
    Unwrap,
    /// Read the audit log.
    Audit,
}

impl Action {
    /// Every action, in the order of the schema.
    pub const ALL: [Self; 15] = [
        Self::Run,
        Self::Preview,
        Self::Read,
        Self::Write,
        Self::Declassify,
        Self::Select,
        Self::Link,
        Self::Reveal,
        Self::Export,
        Self::Waive,
        Self::Keys,
        Self::Administer,
        Self::Wrap,
        Self::Unwrap,
        Self::Audit,
    ];

    /// Whether it shows something of a value, and is asked with a [`crate::Disclosure`].
    pub fn discloses(self) -> bool {
        match self {
            Self::Declassify
            | Self::Select
            | Self::Link
            | Self::Reveal
            | Self::Export
            | Self::Waive => true,
            Self::Run
            | Self::Preview
            | Self::Read
            | Self::Write
            | Self::Keys
            | Self::Administer
            | Self::Wrap
            | Self::Unwrap
            | Self::Audit => false,
        }
    }

    /// Its name in a policy: `Sealine::Action::"<name>"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Preview => "preview",
            Self::Read => "read",
            Self::Write => "write",
            Self::Declassify => "declassify",
            Self::Select => "select",
            Self::Link => "link",
            Self::Reveal => "reveal",
            Self::Export => "export",
            Self::Waive => "waive",
            Self::Keys => "keys",
            Self::Administer => "administer",
            Self::Wrap => "wrap",
            Self::Unwrap => "unwrap",
            Self::Audit => "audit",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an action is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    /// A pipeline, by name.
    Pipeline(String),
    /// A dataset, by id.
    Dataset(String),
    /// A key, by name.
    Key(String),
    /// A tag; [`Resource::untagged`] where a column has none.
    Tag(String),
    /// The audit log of the project.
    Log,
}

impl Resource {
    /// What stands for the tag of a column without tags.
    pub const UNTAGGED: &'static str = "untagged";

    /// `Tag::"untagged"`.
    pub fn untagged() -> Self {
        Self::Tag(Self::UNTAGGED.to_owned())
    }

    /// The entity type's name in the schema, without its namespace.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Pipeline(_) => "Pipeline",
            Self::Dataset(_) => "Dataset",
            Self::Key(_) => "Key",
            Self::Tag(_) => "Tag",
            Self::Log => "Log",
        }
    }

    /// The entity's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Pipeline(id) | Self::Dataset(id) | Self::Key(id) | Self::Tag(id) => id,
            Self::Log => "audit",
        }
    }

    /// The entity as Cedar text: `Sealine::Tag::"pii.email"`.
    pub fn to_cedar(&self) -> String {
        cedar_uid(self.type_name(), self.id())
    }
}

/// `Sealine::<type>::"<id>"`, the id escaped as Cedar reads it.
pub(crate) fn cedar_uid(type_name: &str, id: &str) -> String {
    format!("Sealine::{type_name}::{}", cedar_text(id))
}

/// A Cedar string literal.
pub(crate) fn cedar_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `a.b.c` → `a.b`, `a`: the parents of a dotted name, nearest first.
pub(crate) fn dotted_parents(id: &str) -> impl Iterator<Item = &str> {
    let mut rest = id;
    std::iter::from_fn(move || {
        let (parent, _) = rest.rsplit_once('.')?;
        rest = parent;
        (!parent.is_empty()).then_some(parent)
    })
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

    #[test]
    fn parents_are_the_dotted_prefixes() {
        let parents: Vec<_> = dotted_parents("a.b.c").collect();
        assert_eq!(parents, ["a.b", "a"]);
        assert_eq!(dotted_parents("a").count(), 0);
        assert_eq!(dotted_parents(".a").count(), 0);
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(cedar_text("a\"b\\c\u{1}"), "\"a\\\"b\\\\c\\u{1}\"");
    }
}
