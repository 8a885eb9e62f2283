//! A small project without mistakes, and the one way in which every suite looks at a parse.

use sealine_spec::{Parsed, Severity, Source, Spec, parse};

pub(crate) const PROJECT: &str = "\
version: 1
levels: [public, internal, restricted]
operator_clearance: internal
tags: { phi.*: { special: true } }
connections:
  files: { kind: local, root: data/ }
  lake: { kind: local, root: lake/ }
keys:
  crm: { purpose: token }
  lake: { purpose: file }
";

pub(crate) const CATALOG: &str = "\
version: 1
datasets:
  crm.people:
    at: { connection: files, path: people.csv, format: csv }
    primary_key: [id]
    subject: id
    columns:
      id: { type: int64, required: true, level: internal }
      email: { type: string, level: restricted, tags: [pii.email] }
      country: { type: string, level: internal }
    rejects: quarantine.people
  quarantine.people:
    at: { connection: files, path: rejects/, format: parquet }
    clearance: restricted
    encrypt: { key: lake }
  lake.people:
    at: { connection: lake, path: people/, format: parquet }
    clearance: internal
    encrypt: { key: lake }
";

pub(crate) const PIPELINE: &str = "\
version: 1
pipeline: daily
inputs: { people: crm.people }
steps:
  safe:
    sql: SELECT id, redact(email) AS email FROM people
outputs:
  - { from: safe, to: lake.people }
";

pub(crate) fn source(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

/// Reads the small project with these three texts.
pub(crate) fn read(project: &str, catalog: &str, pipeline: &str) -> Parsed {
    parse(vec![
        source("sealine.yaml", project),
        source("catalog/crm.yaml", catalog),
        source("pipelines/daily.yaml", pipeline),
    ])
}

/// Which of the three files.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum File {
    Project,
    Catalog,
    Pipeline,
}

/// Reads the small project after replacing `old`, which has to be there, in one file.
pub(crate) fn edit(file: File, old: &str, new: &str) -> Parsed {
    let swap = |this: File, text: &str| {
        if this != file {
            return text.to_owned();
        }
        assert!(text.contains(old), "{this:?} does not hold `{old}`");
        text.replacen(old, new, 1)
    };
    read(
        &swap(File::Project, PROJECT),
        &swap(File::Catalog, CATALOG),
        &swap(File::Pipeline, PIPELINE),
    )
}

/// Errors and warnings as `CODE file-stem:line`, sorted by place.
pub(crate) fn found(parsed: &Parsed) -> Vec<String> {
    let findings = parsed
        .diagnostics
        .iter()
        .filter(|found| found.severity != Severity::Note);
    findings
        .map(|found| {
            assert!(
                !found.message.is_empty() && !found.message.ends_with('.'),
                "{}",
                found.message
            );
            assert!(
                !found.help.is_empty(),
                "`{}` does not say what to do",
                found.message
            );
            let Some(span) = found.span() else {
                return found.code.to_owned();
            };
            let path = parsed.files.path(span.file);
            let stem = path.rsplit('/').next().unwrap().split('.').next().unwrap();
            format!("{} {stem}:{}", found.code, parsed.files.line_column(span).0)
        })
        .collect()
}

/// One table of mistakes: each is called by its code at its line, and nothing else is found.
pub(crate) fn check(table: &[(&str, File, &str, &str, &[&str])]) {
    let mut wrong = String::new();
    for (name, file, old, new, expected) in table {
        let parsed = edit(*file, old, new);
        let actual = found(&parsed);
        if actual != *expected {
            let messages: Vec<&str> = parsed
                .diagnostics
                .iter()
                .map(|found| found.message.as_str())
                .collect();
            wrong += &format!(
                "{name}\n  expected {expected:?}\n  found    {actual:?}\n  {messages:#?}\n"
            );
        }
        assert_eq!(
            parsed.spec.is_none(),
            parsed.diagnostics.has_errors(),
            "{name}"
        );
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The project, which has to be without mistakes.
pub(crate) fn spec(parsed: Parsed) -> Spec {
    let found = found(&parsed);
    parsed
        .spec
        .unwrap_or_else(|| panic!("{found:?} {:#?}", parsed.diagnostics))
}
