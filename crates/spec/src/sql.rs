//! SQL inside YAML: the text of a step or a view, and the way back from a place in the text to
//! the bytes of the file.
//!
//! The map is built once from the raw scalar: the k-th character of the text that is not blank is
//! the k-th such character of the source, in every style of scalar, since YAML only ever adds,
//! drops or folds blanks. Where that does not hold, the whole scalar is the answer.

use crate::source::{Span, offset};

/// A stretch of text and the bytes of the file that it came from.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Run {
    text: u32,
    text_len: u32,
    file: u32,
    /// Equal to `text_len` unless the run is one escaped character.
    file_len: u32,
}

/// The text of a query, and where it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SqlText {
    /// The query, after YAML's own unfolding and unescaping.
    pub text: String,
    /// The whole scalar in the file.
    pub span: Span,
    runs: Vec<Run>,
}

impl SqlText {
    /// A query that stands alone: `text` is all of the file that `span` covers.
    #[must_use]
    pub fn plain(text: impl Into<String>, span: Span) -> SqlText {
        let text = text.into();
        let run = Run {
            text: 0,
            text_len: offset(text.len()),
            file: span.start,
            file_len: offset(text.len()),
        };
        SqlText {
            text,
            span,
            runs: vec![run],
        }
    }

    /// A query put together from texts and from pieces that stand in files. Places in the pieces
    /// lead back to their files; `span` answers for the rest.
    #[must_use]
    pub fn assembled(pieces: &[Piece<'_>], span: Span) -> SqlText {
        let (mut text, mut runs) = (String::new(), Vec::new());
        for piece in pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Sql(part) => {
                    // A run means bytes of one file: pieces of another give their place up.
                    if part.span.file == span.file {
                        let base = offset(text.len());
                        runs.extend(part.runs.iter().map(|run| Run {
                            text: base + run.text,
                            ..*run
                        }));
                    }
                    text.push_str(&part.text);
                }
            }
        }
        SqlText { text, span, runs }
    }

    /// A query read from the scalar whose source is `raw`.
    pub(crate) fn new(text: String, span: Span, raw: &str, style: Style) -> SqlText {
        let runs = align(&text, raw, style, span.start).unwrap_or_default();
        SqlText { text, span, runs }
    }

    /// The span in the file of what lies between two places of `text`: lines and columns from 1,
    /// columns counting characters, the end exclusive (as sqlparser's `Location`). Places outside
    /// of the text, and `(0, 0)`, give the whole scalar.
    #[must_use]
    pub fn locate(&self, start: (u64, u64), end: (u64, u64)) -> Span {
        self.find(start, end).unwrap_or(self.span)
    }

    fn find(&self, start: (u64, u64), end: (u64, u64)) -> Option<Span> {
        let from = self.byte(start)?;
        let to = self.byte(end).filter(|to| *to > from);
        let to = match to {
            Some(to) => to,
            None => from + self.text.get(from..)?.chars().next()?.len_utf8(),
        };
        let (start, end) = (self.file_start(from)?, self.file_end(to)?);
        (start < end).then(|| Span::new(self.span.file, start, end))
    }

    /// Byte offset in `text` of a line and column; one past the last character is a place too.
    fn byte(&self, (line, column): (u64, u64)) -> Option<usize> {
        let line = usize::try_from(line.checked_sub(1)?).ok()?;
        let column = usize::try_from(column.checked_sub(1)?).ok()?;
        let mut begin = 0;
        for _ in 0..line {
            begin += self.text.get(begin..)?.find('\n')? + 1;
        }
        let rest = self.text.get(begin..)?;
        let rest = rest.split('\n').next().unwrap_or(rest);
        match rest.char_indices().nth(column) {
            Some((at, _)) => Some(begin + at),
            None => (rest.chars().count() == column).then_some(begin + rest.len()),
        }
    }

    fn file_start(&self, at: usize) -> Option<u32> {
        let at = offset(at);
        let index = self
            .runs
            .partition_point(|run| run.text + run.text_len <= at);
        let run = self.runs.get(index)?;
        if at < run.text || run.text_len != run.file_len {
            return Some(run.file);
        }
        Some(run.file + (at - run.text))
    }

    fn file_end(&self, at: usize) -> Option<u32> {
        let at = offset(at);
        let index = self.runs.partition_point(|run| run.text < at);
        let run = self.runs.get(index.checked_sub(1)?)?;
        if at >= run.text + run.text_len || run.text_len != run.file_len {
            return Some(run.file + run.file_len);
        }
        Some(run.file + (at - run.text))
    }
}

/// A piece of an assembled query.
#[derive(Copy, Clone, Debug)]
pub enum Piece<'a> {
    /// Text that stands in no file.
    Text(&'a str),
    /// SQL of a file.
    Sql(&'a SqlText),
}

/// How a scalar was written.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    Plain,
    Single,
    Double,
    Block,
}

fn align(text: &str, raw: &str, style: Style, base: u32) -> Option<Vec<Run>> {
    let mut units = Units::new(raw, style)?;
    let mut runs: Vec<Run> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| !is_blank(*c)) {
        let unit = units.find(|unit| !is_blank(unit.value))?;
        if unit.value != c {
            return None;
        }
        let next = Run {
            text: offset(at),
            text_len: offset(c.len_utf8()),
            file: base + offset(unit.start),
            file_len: offset(unit.end - unit.start),
        };
        match runs.last_mut() {
            Some(last)
                if last.text_len == last.file_len
                    && next.text_len == next.file_len
                    && next.text - last.text == next.file - last.file =>
            {
                last.text_len = next.text + next.text_len - last.text;
                last.file_len = last.text_len;
            }
            _ => runs.push(next),
        }
    }
    if units.any(|unit| !is_blank(unit.value)) {
        return None;
    }
    Some(runs)
}

/// The characters that YAML may add, drop or fold.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// One character of a scalar and its bytes in the source.
struct Unit {
    value: char,
    start: usize,
    end: usize,
}

/// Walks the source of a scalar, undoing escapes.
struct Units<'a> {
    raw: &'a str,
    at: usize,
    style: Style,
}

impl<'a> Units<'a> {
    fn new(raw: &'a str, style: Style) -> Option<Units<'a>> {
        let (raw, at) = match style {
            // The source of a block begins behind its header.
            Style::Plain | Style::Block => (raw, 0),
            Style::Single => (raw.strip_suffix('\'')?, 1),
            Style::Double => (raw.strip_suffix('"')?, 1),
        };
        Some(Units { raw, at, style })
    }

    fn hex(&self, at: usize, digits: usize) -> Option<u32> {
        u32::from_str_radix(self.raw.get(at..at + digits)?, 16).ok()
    }

    /// The character that the escape at `at` (its backslash) stands for, and its end.
    fn escape(&self, at: usize) -> Option<(char, usize)> {
        let c = self.raw.get(at + 1..)?.chars().next()?;
        let end = at + 1 + c.len_utf8();
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let high = self.hex(end, digits)?;
            let end = end + digits;
            if (0xd800..0xdc00).contains(&high) && self.raw.get(end..)?.starts_with("\\u") {
                let low = self.hex(end + 2, 4)?.checked_sub(0xdc00)?;
                let value = char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + low)?;
                return Some((value, end + 6));
            }
            return Some((char::from_u32(high)?, end));
        }
        let value = match c {
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            other => other,
        };
        Some((value, end))
    }
}

impl Iterator for Units<'_> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        let start = self.at;
        let c = self.raw.get(start..)?.chars().next()?;
        let (value, end) = match (self.style, c) {
            (Style::Double, '\\') => self.escape(start)?,
            (Style::Single, '\'') => (c, start + 2),
            _ => (c, start + c.len_utf8()),
        };
        self.at = end;
        Some(Unit { value, start, end })
    }
}
