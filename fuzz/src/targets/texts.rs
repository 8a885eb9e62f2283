//! Texts that people write: the files of a project, JSON in a column, patterns of names.

use super::Prepared;
use sealine_connect::{Format, is_json, locate};
use sealine_spec::Source;

const PROJECT: &str = include_str!("../../../examples/customers/sealine.yaml");
const CATALOG: &str = include_str!("../../../examples/customers/catalog/crm.yaml");
const PIPELINE: &str = include_str!("../../../examples/customers/pipelines/customers-daily.yaml");
const MORE: &str = "version: 1\ndatasets:\n  a.b:\n    at: { connection: files, path: 'x/*.csv.gz', format: csv, delimiter: \"\\t\", null: [NA] }\n    rows: { min: 1, max: 5 }\n    freshness: { column: c, within: 24h }\n    expect: [{ name: n, sql: \"a >= 0\" }]\n    max_rejects: 5%\n    anonymity: { k: 5, l: 2.5, t: 0.3 }\n    partition_by: [d]\n    columns: &c\n      a: { type: \"decimal(10,2)\", min: -1.5, max: 1e3 }\n      c: { type: timestamp, min: 2020-01-01T00:00:00+02:00, format: \"%d.%m.%Y %H:%M\" }\n      d: { type: string, pattern: '^[a-z]{1,8}$', enum: [x, y] }\n  v: { view: \"SELECT * FROM a.b\" }\n  w: { <<: *c }\n";

/// Reads a project of three texts, one of them these bytes; every place that is named is one.
fn read(which: usize, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let paths = ["sealine.yaml", "catalog/a.yaml", "pipelines/a.yaml"];
    let texts = [PROJECT, CATALOG, PIPELINE];
    let sources = paths
        .iter()
        .zip(texts)
        .enumerate()
        .map(|(at, (path, own))| Source {
            path: (*path).to_owned(),
            text: if at == which {
                text.clone()
            } else {
                own.to_owned()
            },
        });
    let parsed = sealine_spec::parse(sources.collect());
    assert_eq!(parsed.spec.is_none(), parsed.diagnostics.has_errors());
    for found in parsed.diagnostics.iter() {
        for mark in &found.labels {
            let text = parsed.files.text(mark.span.file);
            assert!(text.get(mark.span.range()).is_some(), "{found:?}");
        }
        if let Some(span) = found.fixes.iter().find_map(|fix| fix.span) {
            assert!(parsed.files.text(span.file).get(span.range()).is_some());
        }
    }
    let pipelines = parsed.spec.iter().flat_map(|spec| spec.pipelines.values());
    for step in pipelines.flat_map(|pipeline| &pipeline.steps) {
        for (line, column) in [(1, 1), (2, 9), (3, 4), (0, 0), (u64::MAX, u64::MAX)] {
            let span = step
                .sql
                .locate((line, column), (line, column.saturating_add(3)));
            assert!(parsed.files.text(span.file).get(span.range()).is_some());
        }
    }
}

fn of(which: usize, corpus: &[&str]) -> Prepared {
    let corpus = corpus.iter().map(|text| text.as_bytes().to_vec()).collect();
    Prepared::new(corpus, move |bytes| read(which, bytes))
}

pub(super) fn project() -> Prepared {
    of(0, &[PROJECT])
}

pub(super) fn catalog() -> Prepared {
    of(1, &[CATALOG, MORE])
}

pub(super) fn pipeline() -> Prepared {
    of(2, &[PIPELINE])
}

/// Our scanner and serde_json agree on what is JSON, where both look as deep.
pub(super) fn json() -> Prepared {
    let corpus = [
        r#"{"a":[1,-2.5e-3,null,true,false,"x\u00e9\ud83d\ude00\n"],"":{}}"#,
        "[]",
        " 0 ",
        r#""\\""#,
        "1E+5",
        "[[[[]]]]",
    ];
    let corpus = corpus.iter().map(|text| text.as_bytes().to_vec()).collect();
    Prepared::new(corpus, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        let ours = is_json(text);
        let deep = text
            .bytes()
            .filter(|byte| matches!(byte, b'[' | b'{'))
            .count()
            >= 60;
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(_) => assert!(ours || deep, "it is JSON"),
            // A number that no float holds is JSON all the same.
            Err(error) if error.to_string().starts_with("number out of range") => {}
            Err(_) => assert!(!ours || deep, "it is no JSON"),
        }
    })
}

/// Patterns never leave their root, whatever is written.
pub(super) fn glob() -> Prepared {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("root");
    std::fs::create_dir_all(root.join("a/b")).expect("a folder");
    for name in [
        "root/a/x.csv",
        "root/a/b/y.csv",
        "root/a/b/[z].csv",
        "outside.csv",
    ] {
        std::fs::write(folder.path().join(name), "").expect("a file");
    }
    let corpus = [
        "a/*.csv",
        "a/**/*.csv",
        "**",
        "a/b/[xyz].csv",
        "a/?.csv",
        "a/b/",
        "a/[!x].csv",
        "a/x.csv",
    ];
    let corpus = corpus.iter().map(|text| text.as_bytes().to_vec()).collect();
    let root = root.canonicalize().expect("a path");
    Prepared::new(corpus, move |bytes| {
        let keep = &folder;
        let text = String::from_utf8_lossy(bytes);
        for file in locate(&root, &text, Format::Csv, &[]).unwrap_or_default() {
            let real = file.path.canonicalize().unwrap_or_default();
            assert!(
                real.starts_with(&root),
                "{} in {}",
                real.display(),
                keep.path().display()
            );
        }
    })
}

/// The detectors name parts of the text that are parts.
pub(super) fn detect() -> Prepared {
    let corpus = [
        "IBAN gb29 NWBK 6016 1331 9268 19 please, or ann@example.com; +49 30 901820, 4111 1111 1111 1111",
        "http://[2001:db8::1]/ 192.0.2.1 078-05-1120 1990-01-31 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    ];
    let corpus = corpus.iter().map(|text| text.as_bytes().to_vec()).collect();
    Prepared::new(corpus, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for found in sealine_protect::detect::scan_text(&text) {
            assert!(
                found.start < found.end && found.end <= text.chars().count(),
                "{found:?}"
            );
        }
        let _ = sealine_protect::detect::iban(bytes);
    })
}
