//! Reading mappings and scalars of the tree: every misfit is reported with its place and what to
//! do, and reading goes on.

use super::findings::Findings;
use super::nearest::nearest;
use super::scalar::{self, quote};
use super::shape::Shape;
use super::tree::{Content, Entry, Node};
use crate::diagnostic::Diagnostic;
use crate::source::{Files, Span, Spanned};
use crate::sql::SqlText;

/// What every reader needs: the texts, and a place for findings.
pub(crate) struct Reader<'a> {
    pub(crate) files: &'a Files,
    pub(crate) out: &'a mut Findings,
}

/// A mapping with known keys.
pub(crate) struct Fields<'t> {
    entries: &'t [Entry],
    pub(crate) span: Span,
    shape: &'static Shape,
}

impl<'t> Fields<'t> {
    /// The value of a key, if it was given.
    pub(crate) fn find(&self, key: &str) -> Option<&'t Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The key and its value, if given.
    pub(crate) fn entry(&self, key: &str) -> Option<&'t Entry> {
        debug_assert!(
            self.shape.keys.contains(&key),
            "`{key}` is not in the shape of {}",
            self.shape.what
        );
        self.entries.iter().find(|entry| entry.key.value == key)
    }
}

impl Reader<'_> {
    /// Reports an error at a place.
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: String,
        text: &str,
        help: impl Into<String>,
    ) {
        self.out
            .push(Diagnostic::error(code, message).mark(span, text).help(help));
    }

    /// A value of another type than wanted.
    pub(crate) fn wrong(&mut self, node: &Node, name: &str, wanted: &str, help: impl Into<String>) {
        let message = format!("`{name}` has to be {wanted}, not {}", node.describe());
        self.error(
            "SL1022",
            node.span,
            message,
            &format!("expected {wanted}"),
            help,
        );
    }

    /// The entries of a mapping whose keys are names.
    pub(crate) fn mapping<'t>(
        &mut self,
        node: &'t Node,
        name: &str,
        example: &str,
    ) -> Option<&'t [Entry]> {
        match &node.content {
            Content::Mapping(entries) => Some(entries),
            _ => {
                self.wrong(
                    node,
                    name,
                    "a mapping",
                    format!("for example `{name}: {example}`"),
                );
                None
            }
        }
    }

    /// A mapping with fixed keys; unknown ones are reported.
    pub(crate) fn fields<'t>(
        &mut self,
        node: &'t Node,
        name: &str,
        shape: &'static Shape,
    ) -> Option<Fields<'t>> {
        let Content::Mapping(entries) = &node.content else {
            let keys = shape.keys.join("`, `");
            self.wrong(
                node,
                name,
                "a mapping",
                format!("{} has the keys `{keys}`", shape.what),
            );
            return None;
        };
        for entry in entries {
            let key = &entry.key;
            if shape.keys.contains(&key.as_str()) {
                continue;
            }
            if let Some((_, what)) = shape.later.iter().find(|(later, _)| *later == key.value) {
                let message = format!("`{}` is not available yet: {what}", key.value);
                self.error(
                    "SL1024",
                    key.span,
                    message,
                    "not available in this version",
                    "remove the key for now",
                );
                continue;
            }
            let message = format!("{} has no key {}", shape.what, quote(key));
            let mut found = Diagnostic::error("SL1020", message).mark(key.span, "unknown key");
            match self.suggest(key, shape.keys.iter().copied()) {
                Some(meant) => {
                    found = found.help(format!("did you mean `{meant}`?"));
                    found = found.fix(format!("write `{meant}`"), Some(key.span), meant);
                }
                None => found = found.help(format!("the keys are `{}`", shape.keys.join("`, `"))),
            }
            self.out.push(found);
        }
        Some(Fields {
            entries,
            span: node.span,
            shape,
        })
    }

    /// The known name that was probably meant.
    pub(crate) fn suggest<'a>(
        &self,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        if self.out.is_full() {
            None
        } else {
            nearest(name, known)
        }
    }

    /// The value of a key that has to be given; `at` is the name that the mapping stands under.
    pub(crate) fn require<'t>(
        &mut self,
        fields: &Fields<'t>,
        key: &str,
        at: Span,
        example: &str,
    ) -> Option<&'t Node> {
        let found = fields.find(key);
        if found.is_none() {
            let message = format!("{} needs the key `{key}`", fields.shape.what);
            self.error(
                "SL1021",
                at,
                message,
                "the key is missing",
                format!("add `{key}: {example}`"),
            );
        }
        found
    }

    /// `version: 1`, which every file begins with.
    pub(crate) fn version(&mut self, fields: &Fields<'_>) {
        let start = Span::new(fields.span.file, fields.span.start, fields.span.start);
        let Some(node) = self.require(fields, "version", start, "1") else {
            return;
        };
        if node.plain() != Some("1") {
            let message = format!(
                "this version of Sealine reads files of version 1, not {}",
                node.describe()
            );
            self.error(
                "SL1023",
                node.span,
                message,
                "unknown version",
                "write `version: 1`",
            );
        }
    }

    /// A text, quoted or not.
    pub(crate) fn text(&mut self, node: &Node, name: &str) -> Option<Spanned<String>> {
        match node.text() {
            Some(text) => Some(Spanned::new(text.to_owned(), node.span)),
            None => {
                self.wrong(
                    node,
                    name,
                    "a text",
                    format!("write `{name}: some-text`, or remove the key"),
                );
                None
            }
        }
    }

    /// A text of several lines, for people; not kept.
    pub(crate) fn description(&mut self, fields: &Fields<'_>) {
        if let Some(node) = fields.find("description") {
            self.text(node, "description");
        }
    }

    /// A query.
    pub(crate) fn sql(&mut self, node: &Node, name: &str) -> Option<SqlText> {
        const MOST: usize = 64 * 1024;
        let Some(sql) = node.sql(self.files) else {
            self.wrong(
                node,
                name,
                "a text",
                format!("write `{name}: |` and the query below it, indented"),
            );
            return None;
        };
        if sql.text.trim().is_empty() {
            self.error(
                "SL1075",
                node.span,
                format!("`{name}` is empty"),
                "no query",
                "write one `SELECT` statement",
            );
            return None;
        }
        if sql.text.len() > MOST {
            let message = format!(
                "`{name}` has {} bytes; at most {MOST} are read",
                sql.text.len()
            );
            self.error(
                "SL1075",
                node.span,
                message,
                "too long",
                "split the query into several steps",
            );
            return None;
        }
        Some(sql)
    }

    /// `true` or `false`, not quoted.
    pub(crate) fn boolean(&mut self, node: &Node, name: &str) -> Option<bool> {
        let found = node.plain().and_then(scalar::boolean);
        if found.is_none() {
            self.wrong(
                node,
                name,
                "`true` or `false`",
                format!("write `{name}: true`, without quotes"),
            );
        }
        found
    }

    /// `true` or `false`; `absent` where the key is not given.
    pub(crate) fn flag(&mut self, fields: &Fields<'_>, name: &str, absent: bool) -> bool {
        fields
            .find(name)
            .and_then(|node| self.boolean(node, name))
            .unwrap_or(absent)
    }

    /// A whole number within bounds, not quoted.
    pub(crate) fn count(&mut self, node: &Node, name: &str, least: u64, most: u64) -> Option<u64> {
        let Some(number) = node.plain().and_then(scalar::integer) else {
            self.wrong(
                node,
                name,
                "a whole number",
                format!("for example `{name}: {}`", least.max(1)),
            );
            return None;
        };
        match u64::try_from(number) {
            Ok(number) if (least..=most).contains(&number) => Some(number),
            _ => {
                let message =
                    format!("`{name}` has to be between {least} and {most}, not {number}");
                self.error(
                    "SL1027",
                    node.span,
                    message,
                    "out of range",
                    format!("write a number from {least} on"),
                );
                None
            }
        }
    }

    /// A size with its unit, such as `512MiB`.
    pub(crate) fn size(&mut self, node: &Node, name: &str, least: u64) -> Option<u64> {
        let Some(bytes) = node.text().and_then(scalar::size) else {
            let help = format!(
                "for example `{name}: 2GiB`; units are KiB, MiB, GiB, TiB, kB, MB, GB and TB"
            );
            self.wrong(node, name, "a size", help);
            return None;
        };
        if bytes < least {
            let message = format!("`{name}` has to be at least {} MiB", least >> 20);
            let help = "less is not enough for one sort";
            self.error("SL1027", node.span, message, "out of range", help);
            return None;
        }
        Some(bytes)
    }

    /// A whole number that fits 32 bits.
    pub(crate) fn count32(
        &mut self,
        node: &Node,
        name: &str,
        least: u32,
        most: u32,
    ) -> Option<u32> {
        let found = self.count(node, name, u64::from(least), u64::from(most))?;
        u32::try_from(found).ok()
    }

    /// A list of texts, none of them twice.
    pub(crate) fn texts(
        &mut self,
        node: &Node,
        name: &str,
        example: &str,
    ) -> Option<Vec<Spanned<String>>> {
        let Content::Sequence(items) = &node.content else {
            self.wrong(
                node,
                name,
                "a list",
                format!("for example `{name}: {example}`"),
            );
            return None;
        };
        let mut texts: Vec<Spanned<String>> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for item in items {
            let Some(text) = item.text() else {
                self.wrong(
                    item,
                    name,
                    "a list of texts",
                    format!("for example `{name}: {example}`"),
                );
                continue;
            };
            if seen.insert(text) {
                texts.push(Spanned::new(text.to_owned(), item.span));
            } else {
                let message = format!("{} stands twice in `{name}`", quote(text));
                self.error(
                    "SL1028",
                    item.span,
                    message,
                    "given before",
                    "keep one of them",
                );
            }
        }
        if items.is_empty() {
            self.error(
                "SL1028",
                node.span,
                format!("`{name}` is empty"),
                "no entry",
                format!("for example `{example}`"),
            );
        }
        Some(texts)
    }

    /// Bounds how many entries something has; the cost of checking them grows with the square.
    pub(crate) fn at_most(&mut self, node: &Node, name: &str, most: usize) -> bool {
        let count = match &node.content {
            Content::Sequence(items) => items.len(),
            Content::Mapping(entries) => entries.len(),
            Content::Scalar { .. } => 1,
        };
        if count > most {
            let message = format!("`{name}` has {count} entries; at most {most} are read");
            self.error("SL1027", node.span, message, "too many", "split it up");
        }
        count <= most
    }

    /// One of a fixed set of words.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        node: &Node,
        name: &str,
        known: &[(&'static str, T)],
    ) -> Option<T> {
        self.choice_or_later(node, name, known, &[])
    }

    /// One of a fixed set of words; words that are planned get their own message.
    pub(crate) fn choice_or_later<T: Copy>(
        &mut self,
        node: &Node,
        name: &str,
        known: &[(&'static str, T)],
        later: &[&str],
    ) -> Option<T> {
        let text = self.text(node, name)?;
        if let Some((_, value)) = known.iter().find(|(word, _)| *word == text.value) {
            return Some(*value);
        }
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        let list = words.join("`, `");
        if later.contains(&text.value.as_str()) {
            let message = format!("`{name}: {}` is not available yet", text.value);
            self.error(
                "SL1024",
                text.span,
                message,
                "not available in this version",
                format!("use `{list}` for now"),
            );
            return None;
        }
        let message = format!("`{name}` cannot be {}", quote(&text));
        let mut found = Diagnostic::error("SL1026", message).mark(text.span, "unknown word");
        match self.suggest(&text, words) {
            Some(meant) => {
                found = found.help(format!("did you mean `{meant}`?"));
                found = found.fix(format!("write `{meant}`"), Some(text.span), meant);
            }
            None => found = found.help(format!("use one of `{list}`")),
        }
        self.out.push(found);
        None
    }

    /// A name that resolves to nothing.
    pub(crate) fn unknown<'k>(
        &mut self,
        code: &'static str,
        what: &str,
        name: &Spanned<String>,
        known: impl IntoIterator<Item = &'k str>,
        declare: &str,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let message = format!("there is no {what} {}", quote(name));
        let mut found = Diagnostic::error(code, message).mark(name.span, format!("unknown {what}"));
        match self.suggest(name, known.iter().copied()) {
            Some(meant) => {
                found = found.help(format!("did you mean `{meant}`?"));
                found = found.fix(format!("write `{meant}`"), Some(name.span), meant);
            }
            None if !known.is_empty() && known.len() <= 12 => {
                found = found.help(format!("known are `{}`; {declare}", known.join("`, `")));
            }
            None => found = found.help(declare),
        }
        self.out.push(found);
    }
}
