//! `mode: append` and run ids: what earlier runs wrote stays, what a run adds is added once, and what does not fit
//! is refused before anything is read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::path::Path;
use std::sync::Arc;

use sealine_audit::Published;
use sealine_engine::{EngineError, RunReport, Silent};
use support::*;

fn data(root: &Path, text: &str) {
    std::fs::write(root.join("data/customers.csv"), text).unwrap();
}

fn edit(root: &Path, file: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(root.join(file)).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(root.join(file), text.replace(from, to)).unwrap();
}

fn again(root: &Path, id: &str) -> Result<RunReport, EngineError> {
    run_as(root, id, Arc::new(Silent))
}

fn names(path: &Path) -> Vec<String> {
    let name = |path: std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    generation(path)
        .into_iter()
        .map(|(path, _)| name(path))
        .collect()
}

/// Rows for ids from one number on.
fn from(first: usize, count: usize) -> String {
    let mut text = String::from("id,email,card,age,country,note,comment\n");
    for id in first..first + count {
        text.push_str(&format!("{id},p{id}@example.com,,30,DE,n,c\n"));
    }
    text
}

#[test]
fn every_run_adds_a_file_and_changes_none() {
    let fixture = appending(&csv(5, 1));
    let root = fixture.root();
    let first = run(root).unwrap();
    assert_eq!(first.outputs[0].mode, Published::Append);
    assert_eq!(first.outputs[0].location, "lake/customers");
    assert_eq!(first.rejects[0].mode, Published::Append);
    let before = generation(&root.join("lake/customers"));
    data(root, &from(10, 7));
    let second = run(root).unwrap();
    assert_eq!((second.outputs[0].rows, second.outputs[0].files), (7, 1));
    let after = generation(&root.join("lake/customers"));
    assert_eq!(after[..1], before[..]);
    let expected = ["part-00000.parquet", "part-00001.parquet"];
    for place in ["lake/customers", "lake/notes"] {
        assert_eq!(names(&root.join(place)), expected, "{place}");
    }
    // The second run rejected nothing.
    assert_eq!(names(&root.join("data/rejects")), expected[..1]);
    // As one dataset, in the order of the runs.
    let ids = rows(root, "lake.customers", "lake/customers/", &["id"]).concat();
    let expected: Vec<String> = (1..=5).chain(10..17).map(|id| id.to_string()).collect();
    assert_eq!(ids, expected);
    assert_eq!(read(root, "lake.customers").unwrap(), 12);
    verify(root);
    // A file of an earlier run is still held to its receipt.
    std::fs::write(&before[0].0, b"PARE").unwrap();
    let faults = sealine_audit::verify(&root.join(".sealine"), root, None, None).unwrap_err();
    assert!(
        faults
            .iter()
            .any(|fault| fault.to_string().contains("customers/part-00000")),
        "{faults:?}"
    );
}

#[test]
fn files_in_clear_are_appended_too() {
    let catalog = CATALOG.replace(
        "{ connection: lake, path: notes.parquet, format: parquet }\n    clearance: internal\n    encrypt: { key: lake }\n",
        "{ connection: lake, path: notes/, format: csv }\n    clearance: internal\n",
    );
    let pipeline = PIPELINE.replace("lake.notes, mode: replace", "lake.notes, mode: append");
    let fixture = Fixture::with(&csv(5, 0), SEALINE, &catalog, &pipeline, POLICY);
    let root = fixture.root();
    run(root).unwrap();
    run(root).unwrap();
    let expected = ["part-00000.sealine.csv", "part-00001.sealine.csv"];
    assert_eq!(names(&root.join("lake/notes")), expected);
    assert_eq!(read(root, "lake.notes").unwrap(), 10);
    // The output beside it is replaced as before.
    assert_eq!(read(root, "lake.customers").unwrap(), 5);
    verify(root);
    edit(
        root,
        "catalog/crm.yaml",
        "path: notes/, format: csv",
        "path: notes/, format: jsonl",
    );
    let error = run(root).unwrap_err();
    assert_eq!(error.code(), "SL5421", "{error}");
    assert!(error.to_string().contains("another format"), "{error}");
}

#[test]
fn modes_may_change() {
    let fixture = Fixture::new(&csv(5, 0));
    let root = fixture.root();
    edit(root, "catalog/crm.yaml", "notes.parquet", "notes/");
    run(root).unwrap();
    edit(
        root,
        "pipelines/daily.yaml",
        "mode: replace",
        "mode: append",
    );
    run(root).unwrap();
    run(root).unwrap();
    assert_eq!(read(root, "lake.customers").unwrap(), 15);
    verify(root);
    edit(
        root,
        "pipelines/daily.yaml",
        "mode: append",
        "mode: replace",
    );
    run(root).unwrap();
    assert_eq!(names(&root.join("lake/customers")), ["part-00000.parquet"]);
    assert_eq!(read(root, "lake.customers").unwrap(), 5);
    verify(root);
}

#[test]
fn a_replaced_generation_of_several_parts_is_appended_to() {
    let fixture = Fixture::new(&csv(25, 0));
    let root = fixture.root();
    edit(root, "catalog/crm.yaml", "notes.parquet", "notes/");
    let limits = sealine_engine::Limits {
        part_rows: 10,
        ..sealine_engine::Limits::default()
    };
    run_within(root, Arc::new(Silent), limits).unwrap();
    assert_eq!(names(&root.join("lake/customers")).len(), 3);
    edit(
        root,
        "pipelines/daily.yaml",
        "mode: replace",
        "mode: append",
    );
    let report = run_within(root, Arc::new(Silent), limits).unwrap();
    assert_eq!(report.outputs[0].files, 1);
    assert_eq!(
        names(&root.join("lake/customers"))[3..],
        ["part-00003.parquet"]
    );
    assert_eq!(read(root, "lake.customers").unwrap(), 50);
    verify(root);
}

#[test]
fn labels_are_joined() {
    let fixture = appending(&csv(5, 0));
    let root = fixture.root();
    run(root).unwrap();
    edit(
        root,
        "pipelines/daily.yaml",
        "mask(card, 6, 4) AS card",
        "redact(card) AS card",
    );
    run(root).unwrap();
    let labels = std::fs::read_to_string(root.join(".sealine/labels.json")).unwrap();
    let labels: serde_json::Value = serde_json::from_str(&labels).unwrap();
    let columns = &labels["labels"]["datasets"]["lake.customers"]["columns"];
    let card = columns
        .as_array()
        .unwrap()
        .iter()
        .find(|column| column["name"] == "card")
        .unwrap();
    // What the first run let through is still there, and no one call made all of it.
    assert!(
        card["value"].to_string().contains("crm.customers"),
        "{card}"
    );
    assert!(card.get("made").is_none(), "{card}");
}

#[test]
fn a_folder_that_is_not_what_the_runs_left_is_refused() {
    let fixture = appending(&csv(5, 1));
    let root = fixture.root();
    run(root).unwrap();
    run(root).unwrap();
    let lake = root.join("lake/customers");
    let refused = |code: &str, part: &str| {
        let before = generation(&lake);
        let error = run(root).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(generation(&lake), before);
        assert!(leftovers(root).is_empty());
    };
    for missing in ["part-00000.parquet", "part-00001.parquet"] {
        std::fs::rename(lake.join(missing), root.join("aside")).unwrap();
        refused("SL5421", missing);
        std::fs::rename(root.join("aside"), lake.join(missing)).unwrap();
    }
    std::fs::copy(
        lake.join("part-00000.parquet"),
        lake.join("part-00002.parquet"),
    )
    .unwrap();
    refused("SL5421", "part-00002.parquet");
    std::fs::remove_file(lake.join("part-00002.parquet")).unwrap();
    std::fs::write(lake.join("theirs.parquet"), b"PAR1").unwrap();
    refused("SL5039", "theirs.parquet");
    std::fs::remove_file(lake.join("theirs.parquet")).unwrap();
    edit(
        root,
        "catalog/crm.yaml",
        "path: customers/",
        "path: people/",
    );
    refused("SL5421", "lake/customers");
    edit(
        root,
        "catalog/crm.yaml",
        "path: people/",
        "path: customers/",
    );
    run(root).unwrap();
    verify(root);
}

#[test]
fn files_of_another_state_are_not_appended_to() {
    let fixture = appending(&csv(5, 0));
    let root = fixture.root();
    run(root).unwrap();
    std::fs::rename(root.join(".sealine"), root.join("aside")).unwrap();
    let error = run(root).unwrap_err();
    assert_eq!(error.code(), "SL5421", "{error}");
}

#[test]
fn other_columns_are_refused() {
    let fixture = appending(&csv(5, 1));
    let root = fixture.root();
    run(root).unwrap();
    for (from, to, said) in [
        (
            "SELECT id, country, note",
            "SELECT id, country",
            "`note` is gone",
        ),
        (
            "SELECT id, country, note",
            "SELECT id, country, note, 1 AS one",
            "`one` is new",
        ),
        (
            "SELECT id, country, note",
            "SELECT id, note, country",
            "their order",
        ),
        (
            "SELECT id, country, note",
            "SELECT CAST(id AS VARCHAR) AS id, country, note",
            "`id` is",
        ),
    ] {
        edit(root, "pipelines/daily.yaml", from, to);
        let error = run(root).unwrap_err();
        assert_eq!(error.code(), "SL5423", "{error}");
        assert!(error.to_string().contains(said), "{error}");
        edit(root, "pipelines/daily.yaml", to, from);
    }
    // The quarantine has the columns of the input.
    let more = "      note:    { type: string, level: internal }\n";
    let with = format!("{more}      extra: {{ type: string }}\n");
    edit(root, "catalog/crm.yaml", more, &with);
    let error = run(root).unwrap_err();
    assert_eq!(error.code(), "SL5423", "{error}");
    assert!(
        error.to_string().contains("quarantine.customers"),
        "{error}"
    );
    edit(root, "catalog/crm.yaml", &with, more);
    run(root).unwrap();
    verify(root);
}

#[test]
fn the_same_id_is_done_once() {
    for appended in [true, false] {
        let fixture = if appended {
            appending(&csv(5, 2))
        } else {
            Fixture::new(&csv(5, 2))
        };
        let root = fixture.root();
        let first = again(root, "2026-11-22").unwrap();
        assert!(!first.already);
        let entries = actions(root).len();
        let lake = generation(&root.join("lake/customers"));
        let second = again(root, "2026-11-22").unwrap();
        assert_eq!(actions(root).len(), entries);
        assert_eq!(generation(&root.join("lake/customers")), lake);
        assert!(second.already);
        // The same summary, but for that and for how long it took.
        let told = |mut report: RunReport| {
            report.already = false;
            report.duration_ms = 0;
            serde_json::to_value(report).unwrap()
        };
        assert_eq!(told(second), told(first));
        again(root, "2026-11-23").unwrap();
        let rows = if appended { 10 } else { 5 };
        assert_eq!(read(root, "lake.customers").unwrap(), rows);
        verify(root);
    }
}

#[test]
fn an_id_that_is_another_runs_is_refused() {
    let fixture = appending(&csv(5, 0));
    let root = fixture.root();
    again(root, "one").unwrap();
    let refused = |part: &str| {
        let entries = actions(root).len();
        let error = again(root, "one").unwrap_err();
        assert_eq!(error.code(), "SL5420", "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(actions(root).len(), entries, "nothing stands under its id");
    };
    // Rows: as many bytes, other ones; and none at all.
    let text = std::fs::read_to_string(root.join("data/customers.csv")).unwrap();
    data(root, &text.replace("note 2", "note 3"));
    refused("other rows of `crm.customers`");
    std::fs::remove_file(root.join("data/customers.csv")).unwrap();
    refused("other rows of `crm.customers`");
    data(root, &text);
    assert!(again(root, "one").unwrap().already);
    edit(
        root,
        "pipelines/daily.yaml",
        "bucket(age, 10)",
        "bucket(age, 20)",
    );
    refused("other files of the project");
    edit(
        root,
        "pipelines/daily.yaml",
        "bucket(age, 20)",
        "bucket(age, 10)",
    );
    edit(
        root,
        "pipelines/daily.yaml",
        "pipeline: customers-daily",
        "pipeline: other",
    );
    edit(
        root,
        "policy/policy.cedar",
        "Pipeline::\"customers-daily\"",
        "Pipeline::\"other\"",
    );
    let mut session = begin(root, Arc::new(Silent)).unwrap();
    let request = sealine_plan::Request::Pipeline("other".to_owned());
    let authorized = session
        .decide(&request, &sealine_access::Principal::user("ada"))
        .unwrap();
    let cancel = sealine_engine::CancelToken::new();
    let error = runtime()
        .block_on(session.run_as(authorized, "one".parse().unwrap(), &cancel))
        .unwrap_err();
    assert_eq!(error.code(), "SL5420", "{error}");
    assert!(error.to_string().contains("`customers-daily`"), "{error}");
}

#[test]
fn an_attempt_that_failed_may_be_made_again_under_its_id() {
    let fixture = appending(&csv(5, 3));
    let root = fixture.root();
    edit(
        root,
        "catalog/crm.yaml",
        "    rejects: quarantine.customers",
        "    rejects: quarantine.customers\n    max_rejects: 2",
    );
    let error = again(root, "one").unwrap_err();
    assert_eq!(error.code(), "SL5022", "{error}");
    assert!(
        !root.join("lake/customers").exists() || names(&root.join("lake/customers")).is_empty()
    );
    // The rejects of the attempt are kept; they are no commit of the id.
    assert_eq!(
        rows(root, "quarantine.customers", "data/rejects/", &["row"]).len(),
        3
    );
    assert_eq!(again(root, "one").unwrap_err().code(), "SL5022");
    data(root, &csv(5, 1));
    assert!(!again(root, "one").unwrap().already);
    assert!(again(root, "one").unwrap().already);
    assert_eq!(read(root, "lake.customers").unwrap(), 5);
    assert_eq!(names(&root.join("data/rejects")).len(), 3);
    verify(root);
}
