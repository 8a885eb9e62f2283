//! All files of a project as one source for miette, so that one finding can show places in several
//! files: the files lie one after the other in one range of offsets, and no span crosses from one
//! to the next, so each file gets a snippet under its own name.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use sealine_spec::{FileId, Files, Span};

/// The files, one after the other.
pub(super) struct Joined<'a> {
    files: &'a Files,
    starts: Vec<(usize, FileId)>,
}

impl<'a> Joined<'a> {
    /// Lays the files out.
    pub(super) fn new(files: &'a Files) -> Joined<'a> {
        let mut next = 0;
        let mut starts = Vec::new();
        for (id, _, text) in files.iter() {
            starts.push((next, id));
            // One byte lies between two files, so that an empty span at an end has one owner.
            next += text.len() + 1;
        }
        Joined { files, starts }
    }

    /// The span in the joined range; `None` for a span of another parse.
    pub(super) fn span(&self, span: Span) -> Option<SourceSpan> {
        let (start, _) = self.starts.iter().find(|(_, id)| *id == span.file)?;
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
            .partition_point(|(start, _)| *start <= span.offset());
        let owner = place
            .checked_sub(1)
            .and_then(|place| self.starts.get(place));
        let (start, id) = *owner.ok_or(MietteError::OutOfBounds)?;
        let text = self.files.text(id);
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
            self.files.path(id).to_owned(),
            inner.data(),
            shifted,
            inner.line(),
            column,
            lines,
        )))
    }
}
