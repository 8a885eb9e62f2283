//! A refusal: what is printed, and the same as data for JSON and SARIF.
//!
//! Invariant: one finding for each diagnostic, in the same order. Must never:
//! hold a row value; it quotes the project's own files only.

use sealine_spec::{Diagnostics, Files, Span};
use serde::Serialize;

/// Why a plan was not authorized.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// One for each cause, with spans, to be drawn on a terminal.
    pub diagnostics: Diagnostics,
    /// The same findings as data.
    pub findings: Vec<RefusedFinding>,
}

/// One cause of a refusal, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedFinding {
    /// Stable code.
    pub code: &'static str,
    /// What is refused, in one line.
    pub message: String,
    /// The dataset that the value would reach, or that the permission is about.
    pub dataset: Option<String>,
    /// The columns that it would reach, where it is about columns.
    pub columns: Vec<String>,
    /// Where the value comes from: `crm.customers.email`.
    pub origin: Option<String>,
    /// The level of the value.
    pub level: Option<String>,
    /// The clearance it met.
    pub clearance: Option<String>,
    /// What an observer would learn.
    pub reveals: Option<String>,
    /// The path that the value took, from its origin to the output.
    pub path: Vec<RefusedStep>,
    /// What would make it pass, best first, ready to paste.
    pub help: Vec<Suggestion>,
}

/// One step of a path, or a place that matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedStep {
    /// What happens here.
    pub text: String,
    /// Where it is written, if it is written anywhere.
    pub place: Option<Place>,
}

/// A place in a file of the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Path relative to the project.
    pub file: String,
    /// First line, from 1.
    pub line: u32,
    /// First column in characters, from 1.
    pub column: u32,
    /// Line of the end, from 1.
    pub end_line: u32,
    /// Column after the end in characters, from 1.
    pub end_column: u32,
}

impl Place {
    pub(crate) fn of(files: &Files, span: Span) -> Self {
        let (line, column) = files.line_column(span);
        let (end_line, end_column) = files.line_column(Span::new(span.file, span.end, span.end));
        Self {
            file: files.path(span.file).to_owned(),
            line,
            column,
            end_line,
            end_column,
        }
    }
}

/// A change that would make it pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What it does.
    pub title: String,
    /// What it replaces; `null` where the text has no place yet.
    pub place: Option<Place>,
    /// The text to paste.
    pub replacement: String,
    /// What it would let an observer see.
    pub reveals: String,
    /// Whether the policy as it stands permits the result.
    pub permitted: bool,
}
