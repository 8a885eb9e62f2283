//! Where readers put what they find, with a bound: a file of nonsense must not give a million
//! messages.

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};

/// Findings that are kept.
const MOST: usize = 100;

/// Findings, the first [`MOST`] of them.
#[derive(Default)]
pub(crate) struct Findings {
    kept: Diagnostics,
    dropped: usize,
    errors: usize,
    /// How many patterns so far compile into much: a project may have a few.
    pub(crate) large_patterns: usize,
}

impl Findings {
    /// Keeps one, or counts it.
    pub(crate) fn push(&mut self, found: Diagnostic) {
        self.errors += usize::from(found.severity == Severity::Error);
        if self.is_full() {
            self.dropped += 1;
        } else {
            self.kept.push(found);
        }
    }

    /// Whether more would only be counted: no need to look for a suggestion.
    pub(crate) fn is_full(&self) -> bool {
        self.kept.len() >= MOST
    }

    /// How many findings of this code are kept.
    pub(crate) fn count(&self, code: &str) -> usize {
        self.kept.iter().filter(|found| found.code == code).count()
    }

    /// How many errors were found, kept or not.
    pub(crate) fn count_errors(&self) -> usize {
        self.errors
    }

    /// Whether anything found is an error.
    pub(crate) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Everything, sorted by place.
    pub(crate) fn finish(mut self) -> Diagnostics {
        self.kept.sort();
        if self.dropped > 0 {
            let severity = if self.errors > 0 {
                Severity::Error
            } else {
                Severity::Warning
            };
            let message = format!("{} more findings are not shown", self.dropped);
            self.kept.push(
                Diagnostic::new("SL1091", severity, message)
                    .help("repair those above first, then check again"),
            );
        }
        self.kept
    }
}
