//! The leak vectors that others wrote: each gets its expected verdict.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;

use std::path::PathBuf;

#[test]
fn every_vector_gets_its_verdict() {
    let root = std::env::var_os("SEALINE_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let path = root.join("leaks/cases.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no vectors in the folder that SEALINE_VECTORS names");
        return;
    };
    let cases = support::cases(&text);
    assert!(cases.len() > 50);
    let failed = support::failures(&cases);
    assert!(
        failed.is_empty(),
        "{} of {} fail:\n{}",
        failed.len(),
        cases.len(),
        failed.join("\n")
    );
}
