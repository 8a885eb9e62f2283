//! One flipped byte in log, receipt or output is found, named, and ends with exit code 4.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::Project;
use std::fs;
use std::path::Path;

fn flip(path: &Path, place: usize) {
    let mut bytes = fs::read(path).unwrap();
    let place = place % bytes.len();
    bytes[place] ^= 0x01;
    fs::write(path, bytes).unwrap();
}

#[test]
fn one_flipped_byte_is_found_and_named() {
    let project = Project::small();
    project.sealine(&["run"]).ends(0);
    project.sealine(&["run"]).ends(0);
    project
        .sealine(&["audit", "verify"])
        .ends(0)
        .says("not ruled out");
    let mut flipped = 0;
    for folder in [
        ".sealine/log",
        ".sealine/receipts",
        "lake/customers",
        "data/rejects",
    ] {
        for path in project.files(folder) {
            if path.file_name().unwrap() == "lock" {
                continue;
            }
            let before = fs::read(&path).unwrap();
            for place in [0, before.len() / 3, before.len() / 2, before.len() - 1] {
                flip(&path, place);
                let said = project.sealine(&["audit", "verify"]).ends(4);
                let name = path.file_name().unwrap().to_str().unwrap();
                assert!(said.err.contains(name), "{name} at {place}:\n{}", said.err);
                fs::write(&path, &before).unwrap();
                flipped += 1;
            }
        }
    }
    assert!(flipped >= 20, "{flipped}");
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn missing_files_are_found() {
    let project = Project::small();
    project.sealine(&["run"]).ends(0);
    for path in project
        .files("lake/customers")
        .into_iter()
        .chain(project.files(".sealine/receipts"))
    {
        let before = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        project.sealine(&["audit", "verify"]).ends(4);
        fs::write(&path, before).unwrap();
    }
    let faults = project
        .sealine(&["audit", "verify", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(faults["ok"], true);
}

#[test]
fn a_remembered_checkpoint_finds_a_rollback() {
    let project = Project::small();
    project.sealine(&["run"]).ends(0);
    let old = Project::empty();
    for path in project.files(".sealine/log") {
        let name = path
            .strip_prefix(project.path().join(".sealine/log"))
            .unwrap();
        let to = old.path().join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&path, to).unwrap();
    }
    project.sealine(&["run"]).ends(0);
    let remembered = old.path().join("remembered");
    fs::copy(project.path().join(".sealine/log/checkpoint"), &remembered).unwrap();
    let verify = [
        "audit",
        "verify",
        "--remembered",
        remembered.to_str().unwrap(),
    ];
    project.sealine(&verify).ends(0).says("continues");
    fs::remove_dir_all(project.path().join(".sealine/log")).unwrap();
    for path in old.files(".") {
        if path.ends_with("remembered") {
            continue;
        }
        let to = project
            .path()
            .join(".sealine/log")
            .join(path.strip_prefix(old.path()).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&path, to).unwrap();
    }
    project.sealine(&verify).ends(4);
}

#[test]
fn the_receipt_says_what_was_done() {
    let project = Project::small();
    let report = project.sealine(&["run", "--format", "json"]).ends(0).json();
    let path = report["receipt"]["path"].as_str().unwrap();
    let envelope: serde_json::Value = serde_json::from_str(&project.read(path)).unwrap();
    let payload = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        envelope["payload"].as_str().unwrap(),
    )
    .unwrap();
    let statement: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    let text = statement.to_string();
    for part in [
        "crm.customers",
        "lake.customers",
        "tokenize",
        "pii.email",
        "svc/customers-daily",
        "quarantine.customers",
    ] {
        assert!(text.contains(part), "{part} in\n{statement:#}");
    }
}
