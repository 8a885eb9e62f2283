//! Texts, byte spans into them, and values that remember where they stood.
//!
//! INVARIANT: a [`Span`] is only meaningful with the [`Files`] of the same parse; every lookup
//! here is total, so a foreign span gives an empty text or the last line, never a panic.

use std::fmt;
use std::ops::Deref;

/// One text to read: a path relative to the project, with `/` between its parts, and the content.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path relative to the project, `/` between parts, as it is shown in diagnostics.
    pub path: String,
    /// The content, already known to be UTF-8.
    pub text: String,
}

/// Names one file of a [`Files`].
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(u32);

/// A range of bytes of one file, `start` inclusive and `end` exclusive.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end` of `file`.
    #[must_use]
    pub fn new(file: FileId, start: u32, end: u32) -> Span {
        Span { file, start, end }
    }

    /// The smallest span that holds both; `self` where they lie in different files.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The span as a range of byte offsets.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and where it was written.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `value` as written at `span`.
    pub fn new(value: T, span: Span) -> Spanned<T> {
        Spanned { value, span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Display> fmt::Display for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

#[derive(Clone, Debug)]
struct File {
    path: String,
    text: String,
    /// Byte offset of the first byte of each line.
    lines: Vec<u32>,
}

/// Every text of one parse, sorted by path.
#[derive(Clone, Default, Debug)]
pub struct Files(Vec<File>);

impl Files {
    /// Takes the texts in the order given.
    pub(crate) fn new(sources: Vec<Source>) -> Files {
        let mut files = Files::default();
        for source in sources {
            files.insert(source.path, source.text);
        }
        files
    }

    /// Adds a text that no file of the project holds (a query from a command line, say), so that
    /// diagnostics can point into it, and names it.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let text = text.into();
        let mut lines = vec![0];
        lines.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .map(|(at, _)| offset(at + 1)),
        );
        self.0.push(File {
            path: path.into(),
            text,
            lines,
        });
        FileId(offset(self.0.len() - 1))
    }

    /// Path of the file, relative to the project; empty for an id of another parse.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        self.0
            .get(file.0 as usize)
            .map_or("", |file| file.path.as_str())
    }

    /// Text of the file; empty for an id of another parse.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        self.0
            .get(file.0 as usize)
            .map_or("", |file| file.text.as_str())
    }

    /// The text under the span; empty where the span does not fit.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or_default()
    }

    /// Line and column where the span starts, both from 1; columns count characters.
    #[must_use]
    pub fn line_column(&self, span: Span) -> (u32, u32) {
        let Some(file) = self.0.get(span.file.0 as usize) else {
            return (1, 1);
        };
        let line = file.lines.partition_point(|start| *start <= span.start);
        let start = line
            .checked_sub(1)
            .and_then(|index| file.lines.get(index))
            .copied()
            .unwrap_or(0);
        let before = file.text.get(start as usize..span.start as usize);
        let column = before.map_or(0, |text| text.chars().count());
        (offset(line.max(1)), offset(column + 1))
    }

    /// `path:line:column` of where the span starts.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        let (line, column) = self.line_column(span);
        format!("{}:{line}:{column}", self.path(span.file))
    }

    /// The file with this path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileId> {
        let at = self.0.iter().position(|file| file.path == path)?;
        Some(FileId(offset(at)))
    }

    /// Every file: id, path, text.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &str, &str)> {
        self.0
            .iter()
            .enumerate()
            .map(|(at, file)| (FileId(offset(at)), file.path.as_str(), file.text.as_str()))
    }
}

/// Byte offsets fit 32 bits, since texts are bounded far below; what does not fit is clamped.
pub(crate) fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
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
    fn line_and_column_count_characters() {
        let mut files = Files::default();
        let id = files.insert("a.yaml", "ä: ö\r\nb: c\n");
        let at = |start, end| files.line_column(Span::new(id, start, end));
        assert_eq!(at(0, 1), (1, 1));
        assert_eq!(at(4, 6), (1, 4));
        assert_eq!(at(8, 9), (2, 1));
        assert_eq!(at(11, 12), (2, 4));
        assert_eq!(at(13, 13), (3, 1));
        assert_eq!(files.slice(Span::new(id, 4, 6)), "ö");
    }

    #[test]
    fn foreign_spans_do_not_panic() {
        let files = Files::default();
        let span = Span::new(FileId(7), 3, 1);
        assert_eq!(files.line_column(span), (1, 1));
        assert_eq!(files.slice(span), "");
        assert_eq!(files.path(span.file), "");
    }
}
