//! Findings as SARIF 2.1.0 (OASIS), for code scanning: one run, one rule a code, a result with its
//! path as a code flow, and fixes as replacements.

use sealine_spec::{Diagnostic, Diagnostics, Files, Severity, Span};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The log.
pub(super) fn report(files: &Files, diagnostics: &Diagnostics) -> Value {
    let codes: BTreeSet<&str> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code)).collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| result(files, diagnostic))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "sealine",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            // Columns count characters.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: &str) -> Value {
    let text = crate::verbs::explanation(code).unwrap_or_default();
    json!({
        "id": code,
        "shortDescription": { "text": crate::verbs::title(text) },
        "fullDescription": { "text": text },
        "help": { "text": text, "markdown": text },
    })
}

fn result(files: &Files, diagnostic: &Diagnostic) -> Value {
    let mut message = diagnostic.message.clone();
    for help in &diagnostic.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": level(diagnostic.severity),
        "message": { "text": message },
    });
    let Some(object) = result.as_object_mut() else {
        return result;
    };
    if let Some(main) = diagnostic.labels.first() {
        object.insert(
            "locations".to_owned(),
            json!([location(files, main.span, "")]),
        );
    }
    if diagnostic.labels.len() > 1 {
        // The path of a value, from where it is declared to where it would leave.
        let steps: Vec<Value> = diagnostic
            .labels
            .iter()
            .skip(1)
            .chain(diagnostic.labels.first())
            .map(|mark| json!({ "location": location(files, mark.span, &mark.text) }))
            .collect();
        object.insert(
            "codeFlows".to_owned(),
            json!([{ "threadFlows": [{ "locations": steps }] }]),
        );
    }
    let fixes: Vec<Value> = diagnostic
        .fixes
        .iter()
        .filter_map(|fix| {
            let span = fix.span?;
            Some(json!({
                "description": { "text": fix.title },
                "artifactChanges": [{
                    "artifactLocation": { "uri": files.path(span.file) },
                    "replacements": [{
                        "deletedRegion": region(files, span),
                        "insertedContent": { "text": fix.replacement },
                    }],
                }],
            }))
        })
        .collect();
    if !fixes.is_empty() {
        object.insert("fixes".to_owned(), json!(fixes));
    }
    result
}

fn level(severity: Severity) -> &'static str {
    // SARIF's own names happen to be ours.
    super::machine::severity(severity)
}

fn location(files: &Files, span: Span, text: &str) -> Value {
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": { "uri": files.path(span.file) },
        "region": region(files, span),
    } });
    if !text.is_empty()
        && let Some(object) = location.as_object_mut()
    {
        object.insert("message".to_owned(), json!({ "text": text }));
    }
    location
}

fn region(files: &Files, span: Span) -> Value {
    let (line, column) = files.line_column(span);
    let (end_line, end_column) = files.line_column(Span::new(span.file, span.end, span.end));
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}
