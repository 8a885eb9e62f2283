//! From YAML text to the tree: the events of the parser below serde-saphyr, checked one by one.
//!
//! The first break of the syntax ends the file; what our files do not allow (tags, merge keys,
//! keys that are no texts, keys given twice) is collected. Properties and includes do not exist.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{
    self, ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle,
};

use super::findings::Findings;
use super::scalar;
use super::scalar::quote;
use super::tree::{Budget, Content, Entry, MAX_BYTES, MAX_DEPTH, Node, too_deep};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span, Spanned, offset};
use crate::sql::Style;

type Stop = Box<Diagnostic>;

/// Reads one document. `None` where it cannot be read or is empty; the reason is in `out`.
pub(crate) fn load(file: FileId, text: &str, out: &mut Findings) -> Option<Node> {
    if text.len() > MAX_BYTES {
        out.push(
            Diagnostic::error(
                "SL1002",
                format!(
                    "the file has {} bytes; at most {MAX_BYTES} are read",
                    text.len()
                ),
            )
            .mark(Span::new(file, 0, 0), "")
            .help("split the file: every file below `catalog/` and `pipelines/` is read"),
        );
        return None;
    }
    if let Some(found) = forbidden(file, text) {
        out.push(found);
        return None;
    }
    let mut loader = Loader {
        file,
        text,
        out,
        budget: Budget::default(),
        frames: Vec::new(),
        anchors: HashMap::new(),
    };
    match loader.document() {
        Ok(node) => node,
        Err(stop) => {
            out.push(*stop);
            None
        }
    }
}

/// Characters that hide what a reviewer should see: controls, and marks that turn the direction.
fn forbidden(file: FileId, text: &str) -> Option<Diagnostic> {
    let hidden = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let (at, c) = text.char_indices().find(|(_, c)| hidden(*c))?;
    Some(
        Diagnostic::error(
            "SL1014",
            format!(
                "the character U+{:04X} may not stand in a file",
                u32::from(c)
            ),
        )
        .mark(
            Span::new(file, offset(at), offset(at + c.len_utf8())),
            "here",
        )
        .help("remove it; inside double quotes it can be written as an escape, such as `\\u202E`"),
    )
}

/// A collection that is not closed yet.
struct Frame {
    items: Items,
    start: u32,
    end: u32,
    anchor: usize,
    flow: bool,
}

enum Items {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        seen: HashMap<String, Span>,
        key: Key,
    },
}

/// Where a mapping stands between its keys and values.
enum Key {
    /// A key comes next.
    Awaited,
    /// Its value comes next.
    Ready(Spanned<String>),
    /// The value of a key that cannot be used comes next.
    Useless,
}

struct Loader<'a> {
    file: FileId,
    text: &'a str,
    out: &'a mut Findings,
    budget: Budget,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Node>,
}

impl Loader<'_> {
    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut options = granit_parser::options! { flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
        options.set_emit_comments(false);
        let mut root = None;
        let mut documents = 0;
        for next in Parser::new_from_str_with_options(self.text, options) {
            let (event, place) = next.map_err(|error| self.syntax(&error))?;
            let span = self.span(&place);
            let complete = match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(several(span));
                    }
                    None
                }
                Event::Scalar(text, style, anchor, tag) => {
                    self.untagged(tag.is_some(), &place, span);
                    self.scalar(text.into_owned(), style, anchor, span)?
                }
                Event::SequenceStart(style, anchor, tag) => {
                    self.untagged(tag.is_some(), &place, span);
                    self.open(Items::Sequence(Vec::new()), style, anchor, span)?;
                    None
                }
                Event::MappingStart(style, anchor, tag) => {
                    self.untagged(tag.is_some(), &place, span);
                    let items = Items::Mapping {
                        entries: Vec::new(),
                        seen: HashMap::new(),
                        key: Key::Awaited,
                    };
                    self.open(items, style, anchor, span)?;
                    None
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
                Event::Alias(id) => self.alias(id, span)?,
                _ => None,
            };
            if let Some(node) = complete {
                root = Some(node);
            }
        }
        let empty = match &root {
            None => true,
            Some(Node {
                content: Content::Scalar { text, style },
                ..
            }) => scalar::is_null(text, *style),
            Some(_) => false,
        };
        if empty {
            self.out.push(
                Diagnostic::error("SL1011", "the file is empty")
                    .mark(Span::new(self.file, 0, 0), "")
                    .help("begin it with `version: 1`, or remove it"),
            );
            return Ok(None);
        }
        Ok(root)
    }

    fn span(&self, place: &granit_parser::Span) -> Span {
        let range = place.byte_range().unwrap_or(0..0);
        Span::new(
            self.file,
            offset(range.start),
            offset(range.end.max(range.start)),
        )
    }

    /// Hands a complete node to what holds it; gives it back where nothing does.
    fn place(&mut self, node: Node, anchor: usize) -> Result<Option<Node>, Stop> {
        if anchor != 0 {
            self.budget.copy(&node, self.frames.len(), node.span)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(frame) = self.frames.last_mut() else {
            return Ok(Some(node));
        };
        let end = node.span.end.max(frame.start);
        frame.end = frame.end.max(end);
        match &mut frame.items {
            Items::Sequence(items) => items.push(node),
            Items::Mapping { entries, key, .. } => match std::mem::replace(key, Key::Awaited) {
                Key::Ready(key) => entries.push(Entry { key, value: node }),
                Key::Useless => {}
                // A collection as key: reported when it was opened.
                Key::Awaited => *key = Key::Useless,
            },
        }
        Ok(None)
    }

    fn awaits_key(&self) -> bool {
        matches!(
            self.frames.last(),
            Some(Frame {
                items: Items::Mapping {
                    key: Key::Awaited,
                    ..
                },
                ..
            })
        )
    }

    fn scalar(
        &mut self,
        text: String,
        style: ScalarStyle,
        anchor: usize,
        span: Span,
    ) -> Result<Option<Node>, Stop> {
        self.budget.node(span)?;
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        if self.awaits_key() {
            if anchor != 0 {
                self.anchors.insert(
                    anchor,
                    Node {
                        content: Content::Scalar {
                            text: text.clone(),
                            style,
                        },
                        span,
                    },
                );
            }
            self.key(text, style, span);
            return Ok(None);
        }
        let mut span = span;
        if style == Style::Block {
            // The line break behind a block belongs to no one.
            let shown = self.text.get(span.range()).unwrap_or_default().trim_end();
            span.end = span.start + offset(shown.len());
        }
        self.place(
            Node {
                content: Content::Scalar { text, style },
                span,
            },
            anchor,
        )
    }

    fn key(&mut self, text: String, style: Style, span: Span) {
        let found = if style == Style::Plain && text == "<<" {
            Some(
                Diagnostic::error("SL1008", "merge keys are not used in these files")
                    .mark(span, "this key would merge another mapping into this one")
                    .help("write the keys out"),
            )
        // `null` is a key of locations, and nothing else can be meant by it.
        } else if style == Style::Plain && text != "null" && scalar::is_other(&text) {
            let found = Diagnostic::error(
                "SL1009",
                format!(
                    "a key has to be a text, not {}",
                    scalar::describe(&text, style)
                ),
            )
            .mark(span, "this is not a text");
            Some(if text.is_empty() {
                found.help("write the name before the `:`")
            } else {
                found.help("quote it if it is a name").fix(
                    "quote the key",
                    Some(span),
                    format!("\"{text}\""),
                )
            })
        } else {
            None
        };
        let Some(Frame {
            items: Items::Mapping { seen, key, .. },
            end,
            ..
        }) = self.frames.last_mut()
        else {
            return;
        };
        *end = (*end).max(span.end);
        let found = found.or_else(|| {
            let first = seen.get(&text)?;
            Some(
                Diagnostic::error("SL1010", format!("the key {} is given twice", quote(&text)))
                    .mark(span, "given again here")
                    .mark(*first, "first given here")
                    .help("keep one of them"),
            )
        });
        if let Some(found) = found {
            *key = Key::Useless;
            self.out.push(found);
            return;
        }
        seen.insert(text.clone(), span);
        *key = Key::Ready(Spanned::new(text, span));
    }

    fn open(
        &mut self,
        items: Items,
        style: StructureStyle,
        anchor: usize,
        span: Span,
    ) -> Result<(), Stop> {
        self.budget.node(span)?;
        if self.awaits_key() {
            self.out.push(
                Diagnostic::error("SL1009", "a key has to be a text, not a list or a mapping")
                    .mark(span, "this is not a text")
                    .help("text that begins with `{` or `[` needs quotes"),
            );
        }
        if self.frames.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        let flow = style == StructureStyle::Flow;
        self.frames.push(Frame {
            items,
            start: span.start,
            end: span.end,
            anchor,
            flow,
        });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<Option<Node>, Stop> {
        let Some(frame) = self.frames.pop() else {
            return Ok(None);
        };
        let content = match frame.items {
            Items::Sequence(items) => Content::Sequence(items),
            Items::Mapping { entries, .. } => Content::Mapping(entries),
        };
        let end = if frame.flow {
            span.end.max(frame.end)
        } else {
            frame.end
        };
        let node = Node {
            content,
            span: Span::new(self.file, frame.start, end),
        };
        self.place(node, frame.anchor)
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Option<Node>, Stop> {
        if self.awaits_key() {
            self.out.push(
                Diagnostic::error("SL1009", "a key has to be a text, not an alias")
                    .mark(span, "this is not a text")
                    .help("write the name out"),
            );
            if let Some(Frame {
                items: Items::Mapping { key, .. },
                ..
            }) = self.frames.last_mut()
            {
                *key = Key::Useless;
            }
            return Ok(None);
        }
        let Some(node) = self.anchors.get(&id) else {
            return Err(Box::new(
                Diagnostic::error("SL1007", "an alias stands inside of what it repeats")
                    .mark(span, "this would never end")
                    .help("write out what is meant"),
            ));
        };
        self.budget.copy(node, self.frames.len(), span)?;
        let node = node.clone();
        self.place(node, 0)
    }

    fn untagged(&mut self, tagged: bool, place: &granit_parser::Span, span: Span) {
        if tagged {
            let at = place.tag_span().map_or(span, |tag| self.span(&tag));
            self.out.push(
                Diagnostic::error("SL1006", "YAML tags are not used in these files")
                    .mark(at, "this is a tag")
                    .help("remove it; a text that begins with `!` needs quotes"),
            );
        }
    }

    fn syntax(&self, error: &ScanError) -> Stop {
        let start = error
            .marker()
            .byte_offset()
            .unwrap_or(0)
            .min(self.text.len());
        let width = self
            .text
            .get(start..)
            .and_then(|rest| rest.chars().next())
            .map_or(0, char::len_utf8);
        let span = Span::new(self.file, offset(start), offset(start + width));
        let help = match error.kind() {
            ErrorKind::RecursionLimitExceeded => return too_deep(span),
            ErrorKind::UnknownAnchor => {
                return Box::new(
                    Diagnostic::error(
                        "SL1007",
                        "an alias names an anchor that does not stand before it",
                    )
                    .mark(span, "no such anchor")
                    .help("a text that begins with `*` or `&` needs quotes"),
                );
            }
            ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar => "indent with spaces, not with tabs",
            ErrorKind::MappingValueNotAllowed | ErrorKind::MappingKeyNotAllowed => {
                "check the indentation; a text that holds `: ` needs quotes"
            }
            ErrorKind::UnclosedQuotedScalar => "close the quote that was opened before",
            ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::MismatchedFlowCollectionEnd { .. }
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator => {
                "check the brackets and commas; a text that holds `,`, `[` or `{` needs quotes"
            }
            ErrorKind::UnexpectedCharacter { .. } => {
                "a text that begins with `@`, `` ` `` or `%` needs quotes"
            }
            _ => "check the indentation and the quotes before this place",
        };
        Box::new(
            Diagnostic::error("SL1001", format!("the file is not YAML: {}", error.kind()))
                .mark(span, "reading stopped here")
                .help(help),
        )
    }
}

fn several(span: Span) -> Stop {
    Box::new(
        Diagnostic::error("SL1005", "a file holds one document")
            .mark(span, "a second document begins here")
            .help("remove the `---`, or move what follows it to a file of its own"),
    )
}
