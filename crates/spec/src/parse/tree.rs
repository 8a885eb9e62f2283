//! A YAML document as a tree of our own, every node with its bytes.
//!
//! INVARIANT: keys of a mapping are texts, each once; the tree is at most [`MAX_DEPTH`] deep and
//! [`MAX_NODES`] large, aliases unfolded. Nothing is interpolated or included.

use crate::diagnostic::Diagnostic;
use crate::source::{Files, Span, Spanned};
use crate::sql::{SqlText, Style};

use super::scalar;

/// Bytes of one file.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// Collections within collections.
pub(crate) const MAX_DEPTH: usize = 64;
/// Scalars and collections of one file, aliases unfolded.
pub(crate) const MAX_NODES: usize = 100_000;
/// Bytes of text that aliases repeat.
pub(crate) const MAX_REPEATED: usize = 1 << 20;

/// One node of the tree.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) span: Span,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Scalar { text: String, style: Style },
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Spanned<String>,
    pub(crate) value: Node,
}

impl Node {
    /// What the node is, as a message names it.
    pub(crate) fn describe(&self) -> String {
        match &self.content {
            Content::Sequence(_) => "a list".to_owned(),
            Content::Mapping(_) => "a mapping".to_owned(),
            Content::Scalar { text, style } => scalar::describe(text, *style),
        }
    }

    /// The text of a scalar, whatever it could be read as; `None` for null and collections.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, style } if !scalar::is_null(text, *style) => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar that is not quoted.
    pub(crate) fn plain(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar {
                text,
                style: Style::Plain,
            } if !scalar::is_null(text, Style::Plain) => Some(text),
            _ => None,
        }
    }

    /// The scalar as a query that knows its way back to the file.
    pub(crate) fn sql(&self, files: &Files) -> Option<SqlText> {
        match &self.content {
            Content::Scalar { text, style } if !scalar::is_null(text, *style) => Some(
                SqlText::new(text.clone(), self.span, files.slice(self.span), *style),
            ),
            _ => None,
        }
    }

    fn weight(&self) -> (usize, usize) {
        match &self.content {
            Content::Scalar { text, .. } => (1, text.len()),
            Content::Sequence(items) => sum(items.iter().map(Node::weight)),
            Content::Mapping(entries) => sum(entries.iter().map(|entry| {
                let (nodes, bytes) = entry.value.weight();
                (nodes + 1, bytes + entry.key.len())
            })),
        }
    }

    fn height(&self) -> usize {
        match &self.content {
            Content::Scalar { .. } => 0,
            Content::Sequence(items) => 1 + items.iter().map(Node::height).max().unwrap_or(0),
            Content::Mapping(entries) => {
                1 + entries
                    .iter()
                    .map(|entry| entry.value.height())
                    .max()
                    .unwrap_or(0)
            }
        }
    }
}

fn sum(parts: impl Iterator<Item = (usize, usize)>) -> (usize, usize) {
    parts.fold((1, 0), |(nodes, bytes), (more, text)| {
        (nodes + more, bytes + text)
    })
}

/// How much of the budget a file has used.
#[derive(Default)]
pub(crate) struct Budget {
    nodes: usize,
    repeated: usize,
}

impl Budget {
    /// Counts a node that was read.
    pub(crate) fn node(&mut self, span: Span) -> Result<(), Box<Diagnostic>> {
        self.nodes += 1;
        self.check(span)
    }

    /// Counts a copy of a node that will stand `depth` deep.
    pub(crate) fn copy(
        &mut self,
        node: &Node,
        depth: usize,
        span: Span,
    ) -> Result<(), Box<Diagnostic>> {
        let (nodes, bytes) = node.weight();
        self.nodes = self.nodes.saturating_add(nodes);
        self.repeated = self.repeated.saturating_add(bytes);
        if depth + node.height() > MAX_DEPTH {
            return Err(too_deep(span));
        }
        self.check(span)
    }

    fn check(&self, span: Span) -> Result<(), Box<Diagnostic>> {
        if self.nodes <= MAX_NODES && self.repeated <= MAX_REPEATED {
            return Ok(());
        }
        Err(Box::new(
            Diagnostic::error(
                "SL1004",
                format!("the file unfolds to more than {MAX_NODES} values"),
            )
            .mark(span, "the budget is used up here")
            .help("split the file, or write out what the aliases repeat"),
        ))
    }
}

/// The file nests too deeply.
pub(crate) fn too_deep(span: Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error("SL1003", format!("the file nests more than {MAX_DEPTH} levels deep"))
            .mark(span, "this is one level too many")
            .help("no file of a project needs more than ten levels; look for brackets that are not closed"),
    )
}
