//! YAML that is broken, or that our files do not allow.

use sealine_spec::parse;

use crate::base::{CATALOG, File::*, PIPELINE, PROJECT, check, found, source};

#[test]
fn yaml_that_is_not_ours() {
    check(&[
        (
            "unclosed bracket",
            Catalog,
            "[id]",
            "[id",
            &["SL1001 crm:6"],
        ),
        (
            "unclosed quote",
            Pipeline,
            "SELECT id",
            "\"SELECT id",
            &["SL1001 daily:7"],
        ),
        (
            "tab as indentation",
            Project,
            "  files:",
            "\tfiles:",
            &["SL1001 sealine:6"],
        ),
        (
            "value in a value",
            Pipeline,
            "pipeline: daily",
            "pipeline: daily: more",
            &["SL1001 daily:2"],
        ),
        (
            "reserved character",
            Pipeline,
            "pipeline: daily",
            "pipeline: @daily",
            &["SL1001 daily:2"],
        ),
        (
            "wrong indentation",
            Catalog,
            "    clearance: restricted",
            "   clearance: restricted",
            &["SL1001 crm:14"],
        ),
        (
            "control character",
            Catalog,
            "people.csv",
            "people\u{7}.csv",
            &["SL1014 crm:4"],
        ),
        (
            "NUL",
            Catalog,
            "people.csv",
            "people\0.csv",
            &["SL1014 crm:4"],
        ),
        (
            "right-to-left override",
            Catalog,
            "people.csv",
            "people\u{202e}.csv",
            &["SL1014 crm:4"],
        ),
        (
            "two documents",
            Project,
            "keys:",
            "---\nkeys:",
            &["SL1005 sealine:8"],
        ),
        (
            "tag on a scalar",
            Pipeline,
            "pipeline: daily",
            "pipeline: !name daily",
            &["SL1006 daily:2"],
        ),
        (
            "core tag",
            Pipeline,
            "pipeline: daily",
            "pipeline: !!str daily",
            &["SL1006 daily:2"],
        ),
        (
            "tag on a mapping",
            Catalog,
            "encrypt: {",
            "encrypt: !key {",
            &["SL1006 crm:15"],
        ),
        (
            "unknown anchor",
            Pipeline,
            "pipeline: daily",
            "pipeline: *daily",
            &["SL1007 daily:2"],
        ),
        (
            "alias in its anchor",
            Catalog,
            "columns:",
            "columns: &c\n      again: *c",
            &["SL1007 crm:8"],
        ),
        (
            "merge key",
            Catalog,
            "clearance: restricted",
            "<<: { clearance: restricted }",
            &["SL1008 crm:14"],
        ),
        (
            "number as key",
            Catalog,
            "id: { type: int64, required: true, level: internal }",
            "7: { type: int64 }",
            &["SL1009 crm:8"],
        ),
        ("null as key", Catalog, "country:", "~:", &["SL1009 crm:10"]),
        (
            "boolean as key",
            Catalog,
            "country:",
            "true:",
            &["SL1009 crm:10"],
        ),
        (
            "list as key",
            Catalog,
            "country:",
            "[a, b]:",
            &["SL1009 crm:10"],
        ),
        (
            "mapping as key",
            Catalog,
            "country:",
            "{a: b}:",
            &["SL1009 crm:10"],
        ),
        (
            "no key",
            Catalog,
            "      country:",
            "      :",
            &["SL1009 crm:10"],
        ),
        (
            "key twice",
            Catalog,
            "      country:",
            "      email:",
            &["SL1010 crm:10"],
        ),
        (
            "key twice in a flow mapping",
            Project,
            "kind: local, root: data/",
            "kind: local, root: a, root: b",
            &["SL1010 sealine:6"],
        ),
    ]);
}

#[test]
fn files_that_say_nothing() {
    for empty in ["", "\n\n", "# only words\n", "---\n", "~", "\u{feff}"] {
        let parsed = crate::base::read(empty, CATALOG, PIPELINE);
        assert_eq!(found(&parsed), ["SL1011 sealine:1"], "{empty:?}");
    }
}

#[test]
fn files_in_the_wrong_place() {
    let parsed = parse(vec![]);
    assert_eq!(found(&parsed), ["SL1012"]);
    let parsed = parse(vec![source("sealine.yml", PROJECT)]);
    assert_eq!(found(&parsed), ["SL1012", "SL1013 sealine:1"]);
    let parsed = parse(vec![
        source("sealine.yaml", PROJECT),
        source("catalog/deep/crm.yml", CATALOG),
    ]);
    assert_eq!(found(&parsed), ["SL1013 crm:1"]);
    let others = [
        "catalog/README.md",
        "notes.yaml",
        "pipelines.yaml",
        "catalog/.yaml",
        "src/catalog/a.yaml",
    ];
    let mut sources = vec![source("sealine.yaml", PROJECT)];
    sources.extend(others.map(|path| source(path, "[not: read")));
    assert!(parse(sources).spec.is_some());
}

#[test]
fn folders_may_nest() {
    let parsed = parse(vec![
        source("sealine.yaml", PROJECT),
        source("catalog/a/b/crm.yaml", CATALOG),
        source("pipelines/x/daily.yaml", PIPELINE),
    ]);
    assert_eq!(found(&parsed), [""; 0]);
}

#[test]
fn broken_yaml_hides_no_other_file() {
    let parsed = crate::base::read("version: [", "version: 2\ndatasets: {}\n", "version: 3\n");
    let codes = found(&parsed);
    assert!(
        codes.contains(&"SL1023 crm:1".to_owned()) && codes.contains(&"SL1023 daily:1".to_owned()),
        "{codes:?}"
    );
    assert!(
        codes[0].starts_with("SL1023")
            && codes.iter().any(|code| code.starts_with("SL1001 sealine")),
        "{codes:?}"
    );
}

#[test]
fn broken_files_do_not_make_names_unknown() {
    let parsed = crate::base::read(PROJECT, "datasets: [", PIPELINE);
    assert_eq!(found(&parsed), ["SL1001 crm:1"]);
    let parsed = crate::base::read("[", CATALOG, PIPELINE);
    assert_eq!(found(&parsed), ["SL1001 sealine:1"]);
}

#[test]
fn every_key_that_is_not_text_can_be_quoted() {
    let parsed = crate::base::edit(Catalog, "country:", "\"2024\":");
    assert_eq!(found(&parsed), [""; 0]);
}

#[test]
fn line_endings_and_marks_do_not_matter() {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let marked = |text: &str| format!("\u{feff}{}", crlf(text));
    for turn in [&crlf as &dyn Fn(&str) -> String, &marked] {
        let parsed = crate::base::read(&turn(PROJECT), &turn(CATALOG), &turn(PIPELINE));
        assert_eq!(found(&parsed), [""; 0]);
        let parsed = crate::base::read(
            &turn(PROJECT),
            &turn(&CATALOG.replace("subject", "subjekt")),
            &turn(PIPELINE),
        );
        assert_eq!(found(&parsed), ["SL1020 crm:6"]);
        let span = parsed.diagnostics.errors().next().unwrap().span().unwrap();
        assert_eq!(parsed.files.slice(span), "subjekt");
        assert_eq!(parsed.files.line_column(span), (6, 5));
    }
}

#[test]
fn aliases_repeat_values() {
    let catalog = CATALOG
        .replace("email: { type: string,", "email: &text { type: string,")
        .replace(
            "country: { type: string, level: internal }",
            "country: *text",
        );
    let spec = crate::base::spec(crate::base::read(PROJECT, &catalog, PIPELINE));
    let people = spec.dataset("crm.people").unwrap();
    assert_eq!(
        people.column("country").unwrap().tags,
        people.column("email").unwrap().tags
    );
}
