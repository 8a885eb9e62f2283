//! Findings as JSON: the same facts as the text, with places as paths, lines, columns and bytes.

use crate::exit::Exit;
use sealine_spec::{Diagnostic, Diagnostics, Files, Severity, Span};
use serde_json::{Value, json};

/// All findings, as one object.
pub(super) fn report(files: &Files, diagnostics: &Diagnostics, exit: Exit) -> Value {
    let all: Vec<Value> = diagnostics
        .iter()
        .map(|one| diagnostic(files, one))
        .collect();
    json!({ "ok": exit == Exit::Done, "exit": exit.number(), "diagnostics": all })
}

/// One finding.
pub(crate) fn diagnostic(files: &Files, diagnostic: &Diagnostic) -> Value {
    let places: Vec<Value> = diagnostic
        .labels
        .iter()
        .map(|mark| with(place(files, mark.span), "text", json!(mark.text)))
        .collect();
    let fixes: Vec<Value> = diagnostic
        .fixes
        .iter()
        .map(|fix| {
            let place = fix.span.map_or(Value::Null, |span| place(files, span));
            json!({ "title": fix.title, "place": place, "replacement": fix.replacement })
        })
        .collect();
    json!({
        "code": diagnostic.code,
        "severity": severity(diagnostic.severity),
        "message": diagnostic.message,
        "places": places,
        "help": diagnostic.help,
        "fixes": fixes,
        "notes": diagnostic.notes,
    })
}

/// The name of a severity.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn place(files: &Files, span: Span) -> Value {
    let (line, column) = files.line_column(span);
    let (end_line, end_column) = files.line_column(Span::new(span.file, span.end, span.end));
    json!({
        "path": files.path(span.file),
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "start": span.start,
        "end": span.end,
    })
}

fn with(mut value: Value, key: &str, more: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.insert(key.to_owned(), more);
    }
    value
}
