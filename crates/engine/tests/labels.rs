//! Recorded labels are authentic: whoever changes them is refused by a session and found by the audit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealine_engine::Silent;
use support::{Fixture, begin, csv, open, run, verify};

fn file(root: &Path) -> PathBuf {
    root.join(".sealine/labels.json")
}

fn refused(root: &Path) -> &'static str {
    begin(root, Arc::new(Silent))
        .expect_err("a session began")
        .code()
}

fn faults(root: &Path) -> Vec<String> {
    match sealine_audit::verify(&root.join(".sealine"), root, None, None) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.into_iter().map(|fault| fault.file).collect(),
    }
}

#[test]
fn lowered_labels_are_refused_and_found() {
    let fixture = Fixture::new(&csv(9, 2));
    let root = fixture.root();
    run(root).unwrap();
    verify(root);
    let good = std::fs::read_to_string(file(root)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&good).unwrap();
    assert_eq!(json["version"], 1);
    assert!(json["labels"]["datasets"]["lake.customers"].is_object());

    // One origin takes the name of another column: still sound JSON.
    let lowered = good.replacen("\"column\":\"email\"", "\"column\":\"id\"", 1);
    assert_ne!(lowered, good);
    std::fs::write(file(root), &lowered).unwrap();
    drop(open(root));
    assert_eq!(refused(root), "SL5040");
    assert_eq!(faults(root), ["labels.json"]);

    // A well-formed MAC that is not ours; the labels without any.
    let mac = json["mac"].as_str().unwrap();
    std::fs::write(file(root), good.replace(mac, &"0".repeat(64))).unwrap();
    assert_eq!(refused(root), "SL5040");
    std::fs::write(file(root), json["labels"].to_string()).unwrap();
    assert!(sealine_engine::Project::open(root).is_err());

    // As it was, all goes on.
    std::fs::write(file(root), &good).unwrap();
    verify(root);
    run(root).unwrap();
    verify(root);
}

#[test]
fn every_flipped_byte_is_found() {
    let fixture = Fixture::new(&csv(3, 0));
    let root = fixture.root();
    run(root).unwrap();
    let good = std::fs::read(file(root)).unwrap();
    for at in (0..good.len()).step_by(good.len() / 24 + 1) {
        let mut changed = good.clone();
        changed[at] ^= 1;
        std::fs::write(file(root), &changed).unwrap();
        assert_eq!(faults(root), ["labels.json"], "byte {at}");
        let refused = match sealine_engine::Project::open(root) {
            Err(_) => true,
            Ok(_) => begin(root, Arc::new(Silent)).is_err(),
        };
        assert!(refused, "byte {at}");
    }
}

#[test]
fn missing_labels_are_refused_once_a_run_committed() {
    let fixture = Fixture::new(&csv(3, 0));
    let root = fixture.root();
    run(root).unwrap();
    std::fs::remove_file(file(root)).unwrap();
    assert_eq!(refused(root), "SL5040");
    assert_eq!(faults(root), ["labels.json"]);
}

#[test]
fn labels_of_another_keystore_are_refused() {
    let (one, other) = (Fixture::new(&csv(3, 0)), Fixture::new(&csv(3, 0)));
    run(one.root()).unwrap();
    run(other.root()).unwrap();
    std::fs::copy(file(other.root()), file(one.root())).unwrap();
    assert_eq!(refused(one.root()), "SL5040");
}
