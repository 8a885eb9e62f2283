//! Bad files and wrong usage: exit code 2, with file, line and code; nothing is lost, no panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, said, sealine};
use std::process::Stdio;

/// File, text that is replaced, by what, and the place that the error must name.
const BROKEN: &[(&str, &str, &str, &str)] = &[
    (
        "sealine.yaml",
        "version: 1",
        "version: 9",
        "sealine.yaml:1:",
    ),
    ("sealine.yaml", "levels:", "lvels:", "sealine.yaml:2:"),
    (
        "sealine.yaml",
        "kind: local, root: data/",
        "kind: lokal, root: data/",
        "sealine.yaml:",
    ),
    (
        "sealine.yaml",
        "purpose: token",
        "purpose: tokens",
        "sealine.yaml:",
    ),
    (
        "sealine.yaml",
        "operator_clearance: internal",
        "operator_clearance: intern",
        "sealine.yaml:3:",
    ),
    (
        "catalog/crm.yaml",
        "connection: files",
        "connection: fils",
        "catalog/crm.yaml:",
    ),
    (
        "catalog/crm.yaml",
        "type: int64",
        "type: int65",
        "catalog/crm.yaml:",
    ),
    (
        "catalog/crm.yaml",
        "level: restricted",
        "level: secret",
        "catalog/crm.yaml:",
    ),
    (
        "catalog/crm.yaml",
        "path: customers.csv",
        "path: ../customers.csv",
        "catalog/crm.yaml:",
    ),
    (
        "catalog/crm.yaml",
        "min: 1, max: 119",
        "min: 119, max: 1",
        "catalog/crm.yaml:",
    ),
    (
        "catalog/crm.yaml",
        "rejects: quarantine.customers",
        "rejects: quarantine.custmers",
        "catalog/crm.yaml:",
    ),
    (
        "catalog/crm.yaml",
        "encrypt: { key: lake }",
        "encrypt: { key: crm }",
        "catalog/crm.yaml:",
    ),
    (
        "catalog/crm.yaml",
        "    columns:",
        "   columns:",
        "catalog/crm.yaml:",
    ),
    (
        "pipelines/customers-daily.yaml",
        "crm.customers",
        "crm.custmers",
        "pipelines/customers-daily.yaml:",
    ),
    (
        "pipelines/customers-daily.yaml",
        "mode: replace",
        "mode: merge",
        "pipelines/customers-daily.yaml:",
    ),
    (
        "pipelines/customers-daily.yaml",
        "from: safe",
        "from: save",
        "pipelines/customers-daily.yaml:",
    ),
    (
        "pipelines/customers-daily.yaml",
        "FROM customers",
        "FRM customers",
        "pipelines/customers-daily.yaml:",
    ),
    (
        "pipelines/customers-daily.yaml",
        "SELECT id,",
        "SELECT idd,",
        "pipelines/customers-daily.yaml:8:",
    ),
    (
        "pipelines/customers-daily.yaml",
        "bucket(age, 10)",
        "buckt(age, 10)",
        "pipelines/customers-daily.yaml:",
    ),
    (
        "pipelines/customers-daily.yaml",
        "tokenize(email, 'crm')",
        "tokenize(email, 'krm')",
        "pipelines/customers-daily.yaml:",
    ),
    (
        "policy/customers.cedar",
        "permit (",
        "permt (",
        "policy/customers.cedar:",
    ),
    (
        "policy/customers.cedar",
        "Sealine::Action::\"run\"",
        "Sealine::Action::\"runs\"",
        "policy/customers.cedar:",
    ),
];

#[test]
fn broken_files_are_named_with_line_and_code() {
    for (file, from, to, place) in BROKEN {
        let project = Project::small();
        project.edit(file, from, to);
        for verb in [&["check"][..], &["run"], &["plan"]] {
            let said = project.sealine(verb).ends(2);
            assert!(said.err.contains(place), "`{to}`: {place} in\n{}", said.err);
            assert!(
                said.err.contains("SL1") || said.err.contains("SL2") || said.err.contains("SL4"),
                "{}",
                said.err
            );
            assert!(!said.err.contains("SL0001"), "a panic: {}", said.err);
        }
        let json = project
            .sealine(&["check", "--format", "json"])
            .ends(2)
            .json();
        assert_eq!(json["ok"], false);
        let first = &json["diagnostics"][0]["places"][0];
        assert!(first["line"].as_u64().unwrap() >= 1, "{json:#}");
        assert!(
            !project.path().join(".sealine").exists(),
            "nothing is made before the files are sound"
        );
    }
}

#[test]
fn several_errors_are_told_at_once() {
    let project = Project::small();
    project.edit("catalog/crm.yaml", "type: int64", "type: int65");
    project.edit("catalog/crm.yaml", "is: luhn", "is: lunh");
    project.edit("sealine.yaml", "purpose: token", "purpose: tokens");
    let json = project
        .sealine(&["check", "--format", "json"])
        .ends(2)
        .json();
    let errors = json["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["severity"] == "error")
        .count();
    assert!(errors >= 3, "{json:#}");
}

#[test]
fn hostile_files_end_quickly_and_clearly() {
    for text in [
        "\u{0}",
        "{",
        "a: &a [*a]",
        "- - - -",
        "\t",
        "%YAML 9",
        "version: 1\n---\nversion: 1\n",
        "!!python/object:os.system x",
    ] {
        let project = Project::small();
        project.write("catalog/odd.yaml", text);
        let said = project.sealine(&["check"]).ends(2);
        assert!(
            said.err.contains("catalog/odd.yaml"),
            "{text:?}:\n{}",
            said.err
        );
    }
    let project = Project::small();
    std::fs::write(project.path().join("catalog/odd.yaml"), b"a: \xff\xfe\n").unwrap();
    project.sealine(&["check"]).ends(2).says("catalog/odd.yaml");
}

#[test]
fn missing_and_odd_data_fail_clearly() {
    let project = Project::small();
    std::fs::remove_file(project.path().join("data/customers.csv")).unwrap();
    project.sealine(&["check"]).ends(0);
    project.sealine(&["run"]).ends(1).says("customers.csv");
    for text in [
        "",
        "id,email\n1,a@mail.example\n",
        "id,id,email,card,age,country,nationality,comment\n",
    ] {
        project.write("data/customers.csv", text);
        let said = project.sealine(&["run"]).ends(1);
        assert!(said.err.contains("SL9"), "{text:?}: {}", said.err);
        assert!(project.files("lake/customers").is_empty());
    }
    project.write(
        "data/customers.csv",
        "id,email,card,age,country,nationality,comment\n",
    );
    project.sealine(&["run"]).ends(0).says("0 rows in");
}

#[test]
fn wrong_usage_is_told() {
    said(sealine().arg("frobnicate")).ends(2);
    said(sealine().arg("run").arg("--nonsense")).ends(2);
    said(sealine().args(["read", "x", "--limit", "0"])).ends(2);
    let empty = Project::empty();
    empty.sealine(&["check"]).ends(2).says("sealine init");
    empty.sealine(&["run"]).ends(2);
    empty.sealine(&["audit", "verify"]).ends(2);
    let project = Project::small();
    project
        .sealine(&["check", "customers-dialy"])
        .ends(2)
        .says("did you mean `customers-daily`");
    project
        .sealine(&["read", "lake.custmers"])
        .ends(2)
        .says("did you mean `lake.customers`");
    project
        .sealine(&["preview", "--step", "sfe"])
        .ends(2)
        .says("did you mean `safe`");
    project
        .sealine(&["run", "--format", "json", "nope"])
        .ends(2)
        .says("SL0105");
    let leaks = Project::of("examples/leaks");
    leaks.sealine(&["run"]).ends(2).says("name one of");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in [
        &["explain", "--list"][..],
        &["docs", "--help"],
        &["schema", "catalog"],
    ] {
        let mut child = sealine()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let end = child.wait_with_output().unwrap();
        assert_eq!(end.status.code(), Some(0), "{arguments:?} {end:?}");
        assert!(end.stderr.is_empty(), "{arguments:?} {end:?}");
    }
}

#[test]
fn colours_are_for_terminals() {
    let project = Project::small();
    project.edit("sealine.yaml", "version: 1", "version: 9");
    let plain = project.sealine(&["check"]).ends(2);
    assert!(!plain.err.contains('\u{1b}'), "{}", plain.err);
    let forced = said(
        harness::sealine()
            .arg("-C")
            .arg(project.path())
            .args(["--color", "always", "check"]),
    );
    assert!(forced.err.contains('\u{1b}'));
}
