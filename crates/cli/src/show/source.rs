//! All files of a project as one source for miette, so that one finding can show places in several
//! files: the files lie one after the other in one range of offsets, and no span crosses from one
//! to the next, so each file gets a snippet under its own name.

use crate::printable::{printable, stand_ins};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use sealine_spec::{FileId, Files, Span};
use std::borrow::Cow;

/// Bytes of a line within which marks are drawn; a tab takes four columns, a character up to two.
const FAR: usize = 10_000;
/// Characters shown beside a place where none are.
const AROUND: usize = 100;

/// The files, one after the other.
pub(super) struct Joined<'a> {
    files: &'a Files,
    starts: Vec<(usize, FileId, Cow<'a, str>)>,
}

impl<'a> Joined<'a> {
    /// Lays the files out.
    pub(super) fn new(files: &'a Files) -> Joined<'a> {
        let mut next = 0;
        let mut starts = Vec::new();
        for (id, _, text) in files.iter() {
            // As many bytes as the text, so that every span stays right.
            starts.push((next, id, stand_ins(text)));
            // One byte lies between two files, so that an empty span at an end has one owner.
            next += text.len() + 1;
        }
        Joined { files, starts }
    }

    /// Whether a place lies so far to the right that no marks can be drawn below it; then what is
    /// around it. miette ends the process where its padding would be wider than 65535 columns.
    pub(super) fn far(&self, span: Span) -> Option<String> {
        let (_, _, text) = self.starts.iter().find(|(_, id, _)| *id == span.file)?;
        let column = |place: u32| {
            let before = text.get(..place as usize).unwrap_or(text);
            before.len() - before.rfind('\n').map_or(0, |line| line + 1)
        };
        if column(span.start).max(column(span.end)) <= FAR {
            return None;
        }
        let (before, after) = text.split_at_checked(span.start as usize)?;
        let before = before.lines().last().unwrap_or_default();
        let skipped = before.chars().count().saturating_sub(AROUND);
        let before: String = before.chars().skip(skipped).collect();
        let after: String = after
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .take(2 * AROUND)
            .collect();
        Some(format!("…{before}{after}…"))
    }

    /// The span in the joined range; `None` for a span of another parse, or one that lies too far
    /// to the right to be drawn.
    pub(super) fn span(&self, span: Span) -> Option<SourceSpan> {
        if self.far(span).is_some() {
            return None;
        }
        let (start, ..) = self.starts.iter().find(|(_, id, _)| *id == span.file)?;
        let text = self.files.text(span.file);
        let from = (span.start as usize).min(text.len());
        // An empty span would draw nothing: mark one character where there is one.
        let to = (span.end as usize)
            .clamp(from, text.len())
            .max((from + 1).min(text.len()));
        Some(SourceSpan::new((start + from).into(), to - from))
    }
}

impl SourceCode for Joined<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let place = self
            .starts
            .partition_point(|(start, ..)| *start <= span.offset());
        let owner = place
            .checked_sub(1)
            .and_then(|place| self.starts.get(place));
        let (start, id, text) = owner.ok_or(MietteError::OutOfBounds)?;
        let (start, id) = (*start, *id);
        let from = span.offset() - start;
        if from + span.len() > text.len() {
            // The span begins in one file and ends in another: the caller shows two snippets.
            return Err(MietteError::OutOfBounds);
        }
        let local = SourceSpan::new(from.into(), span.len());
        let inner = text.read_span(&local, before, after)?;
        let column = if before == 0 {
            let from = u32::try_from(from).map_err(|_| MietteError::OutOfBounds)?;
            let (_, column) = self.files.line_column(Span::new(id, from, from));
            (column as usize).saturating_sub(1)
        } else {
            inner.column()
        };
        // miette counts from the top of the file here, which would join snippets that lie far apart.
        let lines = inner.data().iter().filter(|byte| **byte == b'\n').count() + 1;
        let shifted = SourceSpan::new((inner.span().offset() + start).into(), inner.span().len());
        Ok(Box::new(MietteSpanContents::new_named(
            printable(self.files.path(id)),
            inner.data(),
            shifted,
            inner.line(),
            column,
            lines,
        )))
    }
}
