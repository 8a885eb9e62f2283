//! The detectors over labelled texts that others wrote (presidio-research), from `SEALINE_VECTORS`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

use std::path::PathBuf;

use sealine_protect::detect::{Entity, Kind, scan_text};
use serde_json::Value;

/// Kind, its name there, least recall, least precision: what is reached, so that it does not slip.
const FLOORS: [(Kind, &str, f64, f64); 11] = [
    (Kind::Email, "EMAIL_ADDRESS", 1.0, 1.0),
    (Kind::Card, "CREDIT_CARD", 1.0, 1.0),
    (Kind::Iban, "IBAN_CODE", 1.0, 1.0),
    (Kind::Ssn, "US_SSN", 1.0, 1.0),
    (Kind::Ip, "IP_ADDRESS", 1.0, 1.0),
    (Kind::Url, "DOMAIN_NAME", 1.0, 1.0),
    (Kind::Phone, "PHONE_NUMBER", 0.98, 0.98),
    (Kind::UsDriverLicense, "US_DRIVER_LICENSE", 1.0, 1.0),
    (Kind::Date, "DATE_TIME", 0.65, 0.95),
    (Kind::Age, "AGE", 0.9, 0.95),
    (Kind::Zip, "ZIP_CODE", 0.45, 0.9),
];

#[test]
fn presidio_texts() {
    let root = std::env::var_os("SEALINE_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read(root.join("pii/presidio_synth_dataset_v2.json")) else {
        eprintln!(
            "skipped: no pii/presidio_synth_dataset_v2.json (set SEALINE_VECTORS to the folder of vectors)"
        );
        return;
    };
    let texts: Vec<Value> = serde_json::from_slice(&text).unwrap();
    assert!(texts.len() > 1000);
    for (kind, name, recall, precision) in FLOORS {
        let (mut labelled, mut hit, mut claimed) = (0, 0, 0);
        for text in &texts {
            let whole = text["full_text"].as_str().unwrap();
            let found: Vec<Entity> = scan_text(whole)
                .into_iter()
                .filter(|one| one.kind == kind)
                .collect();
            claimed += found.len();
            let spans = || {
                text["spans"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|span| span["entity_type"] == name)
            };
            if spans().next().is_none() && !found.is_empty() {
                eprintln!("unlabelled {name}: {found:?} in {whole:?}");
            }
            for span in spans() {
                labelled += 1;
                let (start, end) = (
                    span["start_position"].as_u64().unwrap(),
                    span["end_position"].as_u64().unwrap(),
                );
                let meets = |one: &&Entity| (one.start as u64) < end && start < one.end as u64;
                match found.iter().find(meets) {
                    Some(_) => hit += 1,
                    None => eprintln!("missed {name}: {}", span["entity_value"]),
                }
            }
        }
        let (got_recall, got_precision) = (
            f64::from(hit) / f64::from(labelled),
            f64::from(hit) / claimed as f64,
        );
        eprintln!("{name}: {hit} of {labelled} found, {claimed} claimed");
        assert!(
            got_recall >= recall && got_precision >= precision,
            "{name}: {got_recall:.3} {got_precision:.3}"
        );
    }
}
