//! A card number and an address that are planted in the input appear nowhere in clear: not in
//! outputs, quarantine, state, log, receipts, standard output or standard error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use base64::Engine as _;
use harness::{Project, Said};
use std::fs;

/// Valid, so that they pass the contract, and nowhere else in the data.
const EMAIL: &str = "zqx.canary.7731@mail.example";
const CARD: &str = "4000007731773112";
/// In rows that break a rule, so that they go to quarantine.
const BAD_EMAIL: &str = "zqx-quarantined-canary-8842";
const BAD_CARD: &str = "4000008842884213";

/// The text as it may lie in a file: raw, in hex, and in base64 at each of three alignments.
fn disguises(text: &str) -> Vec<Vec<u8>> {
    let mut all = vec![text.as_bytes().to_vec(), hex::encode(text).into_bytes()];
    for engine in [
        &base64::engine::general_purpose::STANDARD_NO_PAD,
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
    ] {
        for shift in 0..3 {
            let mut padded = vec![b'x'; shift];
            padded.extend_from_slice(text.as_bytes());
            let encoded = engine.encode(&padded);
            // The characters that depend on the text alone.
            let from = if shift == 0 { 0 } else { 4 };
            all.push(encoded.as_bytes()[from..encoded.len() - 2].to_vec());
        }
    }
    all
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[track_caller]
fn clean(what: &str, bytes: &[u8]) {
    for canary in [EMAIL, CARD, BAD_EMAIL, BAD_CARD] {
        for disguise in disguises(canary) {
            assert!(!holds(bytes, &disguise), "{canary} lies in {what}");
        }
    }
}

#[track_caller]
fn quiet(said: &Said) {
    clean("standard output", said.out.as_bytes());
    clean("standard error", said.err.as_bytes());
}

fn planted() -> Project {
    let project = Project::small();
    let mut data = project.read("data/customers.csv");
    data.push_str(&format!(
        "900001,{EMAIL},{CARD},41,DE,DE,\"{EMAIL} and {CARD}\"\n"
    ));
    data.push_str(&format!("900002,{BAD_EMAIL},{CARD},41,DE,DE,{BAD_CARD}\n"));
    data.push_str(&format!("900003,{EMAIL},{BAD_CARD},41,DE,DE,\n"));
    data.push_str(&format!("900004,{EMAIL},{CARD},{BAD_CARD},DE,DE,\n"));
    data.push_str(&format!("{BAD_EMAIL},{EMAIL},{CARD},41,DE,DE,\n"));
    data.push_str(&format!("900006,{EMAIL},{CARD},41,DE,DE,x,{BAD_EMAIL}\n"));
    data.push_str(&format!("900007,{BAD_EMAIL}\n"));
    project.write("data/customers.csv", &data);
    project
}

#[test]
fn disguises_are_found() {
    for shift in 0..5 {
        let text = format!("{}{EMAIL}zz", "y".repeat(shift));
        let encoded = base64::engine::general_purpose::STANDARD.encode(&text);
        assert!(
            disguises(EMAIL)
                .iter()
                .any(|disguise| holds(encoded.as_bytes(), disguise)),
            "{shift}"
        );
    }
}

#[test]
fn canaries_are_nowhere_in_clear() {
    let project = planted();
    for arguments in [
        &["check"][..],
        &["plan"],
        &["run"],
        &["run", "--format", "json"],
        &["preview", "--limit", "1000"],
        &["read", "lake.customers", "--limit", "1000"],
        &["read", "crm.customers", "--limit", "1000"],
        &["read", "quarantine.customers", "--limit", "1000"],
        &["audit", "show", "--limit", "1000", "--format", "json"],
        &["audit", "verify"],
    ] {
        quiet(&project.sealine(arguments));
    }
    let report = project.sealine(&["run", "--format", "json"]).ends(0).json();
    assert_eq!(report["inputs"][0]["rejected"], 6, "{report:#}");
    let mut looked = 0;
    for path in project.files(".") {
        if path.ends_with("data/customers.csv") {
            continue;
        }
        clean(&path.display().to_string(), &fs::read(&path).unwrap());
        looked += 1;
    }
    assert!(looked > 12, "{looked} files");
}

#[test]
fn a_run_that_fails_or_is_refused_is_quiet_too() {
    let project = planted();
    project.edit(
        "catalog/crm.yaml",
        "    rejects: quarantine.customers",
        "    max_rejects: 2\n    rejects: quarantine.customers",
    );
    quiet(&project.sealine(&["run"]).ends(1));
    project.edit(
        "pipelines/customers-daily.yaml",
        "redact(comment) AS comment",
        "CAST(comment AS INT) AS comment",
    );
    quiet(&project.sealine(&["run"]).ends(3));
    for path in project.files(".") {
        if !path.ends_with("data/customers.csv") {
            clean(&path.display().to_string(), &fs::read(&path).unwrap());
        }
    }
}

#[test]
fn a_card_in_a_column_that_is_said_to_be_harmless_stops_the_commit() {
    let project = Project::small();
    let mut data = String::from("id,email,card,age,country,nationality,comment\n");
    for number in 0..60 {
        data.push_str(&format!(
            "{number},a{number}@mail.example,,30,DE,,4111111111111111\n"
        ));
    }
    project.write("data/customers.csv", &data);
    project.edit(
        "catalog/crm.yaml",
        "comment: { type: string, max_length: 500, level: restricted, tags: [pii.free_text] }",
        "comment: { type: string, level: internal }",
    );
    project.edit(
        "pipelines/customers-daily.yaml",
        "redact(comment) AS comment",
        "comment",
    );
    let said = project.sealine(&["run"]).ends(1);
    assert!(
        !said.err.contains("4111111111111111") && said.err.contains("comment"),
        "{}",
        said.err
    );
    assert!(project.files("lake/customers").is_empty());
}
