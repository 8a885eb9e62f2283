//! A whole run over a small file with bad rows: what is written, what is not, and what the evidence says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::sync::Arc;

use sealine_access::Principal;
use sealine_engine::{CancelToken, Step, Update};
use sealine_plan::Request;
use support::*;

#[test]
fn a_pipeline_is_proved_run_and_evidenced() {
    let fixture = Fixture::new(&csv(20_000, 7));
    let root = fixture.root();
    let heard = Arc::new(Heard::default());
    let report = run_with(root, heard.clone()).unwrap();

    assert_eq!(report.inputs.len(), 1);
    assert_eq!(
        (report.inputs[0].rows_in, report.inputs[0].rejected),
        (20_007, 7)
    );
    let by_rule: Vec<(&str, &str, u64)> = report.inputs[0]
        .rejected_by_rule
        .iter()
        .map(|rule| (rule.column.as_str(), rule.rule.as_str(), rule.rows))
        .collect();
    assert_eq!(
        by_rule
            .iter()
            .map(|(column, ..)| *column)
            .collect::<Vec<_>>(),
        ["age", "card", "email"]
    );
    assert_eq!(by_rule.iter().map(|(.., rows)| rows).sum::<u64>(), 7);
    assert_eq!(report.outputs.len(), 2);
    assert!(report.outputs.iter().all(|output| output.rows == 20_000));
    assert_eq!(report.rejects[0].rows, 7);
    assert!(!report.declassifications.is_empty());
    assert!(root.join(&report.receipt.path).is_file());

    // Two scans of one input, and the rejects are written once.
    let rejects = rows(
        root,
        "quarantine.customers",
        "data/rejects/",
        &["row", "rule", "column"],
    );
    assert_eq!(rejects.len(), 7);
    assert_eq!(rejects[0], ["20001", "email", "email"]);

    let columns = ["id", "email", "card", "age_band", "comment"];
    let written = rows(root, "lake.customers", "lake/customers/", &columns);
    assert_eq!(written.len(), 20_000);
    assert_eq!(written[0][0], "1");
    assert_eq!(written[0][1].len(), 22, "a token is 16 bytes in base64url");
    assert_eq!(written[0][2], "453957******1486");
    assert_eq!(written[0][3], "40");
    assert!(written.iter().all(|row| !row[4].contains("comment")));
    let notes = rows(
        root,
        "lake.notes",
        "lake/notes.parquet",
        &["id", "country", "note"],
    );
    assert_eq!(notes[0], ["1", "DE", "first"]);

    // The order of the file is kept, since it shows nothing that the output does not.
    assert!(
        written.windows(2).all(|pair| {
            pair[0][0].parse::<u64>().unwrap() < pair[1][0].parse::<u64>().unwrap()
        })
    );

    verify(root);
    assert_eq!(
        actions(root),
        ["keys.created", "run.started", "run.committed"]
    );
    assert!(leftovers(root).is_empty());
    let steps = heard.steps.lock().unwrap().clone();
    for step in Step::ALL {
        assert!(steps.contains(&step), "{step:?} was not reached");
    }
    let updates = heard.updates.lock().unwrap();
    assert!(
        updates
            .iter()
            .any(|update| matches!(update, Update::KeysMade { names } if names.len() == 3))
    );
    assert!(
        updates
            .iter()
            .any(|update| matches!(update, Update::Recorded { .. }))
    );
}

#[test]
fn canaries_are_nowhere_in_clear() {
    let fixture = Fixture::new(&csv(500, 6));
    let root = fixture.root();
    run(root).unwrap();
    let mut files = Vec::new();
    walk(root, &mut files);
    files.retain(|file| !file.ends_with("data/customers.csv"));
    assert!(files.len() > 8);
    let mut needles: Vec<Vec<u8>> = Vec::new();
    for canary in [
        CANARY_EMAIL,
        CANARY_CARD,
        CANARY_COMMENT,
        BAD_EMAIL,
        CANARY_COMMENT_PLAIN,
        CANARY_CARD_BROKEN,
    ] {
        needles.push(canary.as_bytes().to_vec());
        needles.push(hex::encode(canary).into_bytes());
        // In base64 a text has three forms, by where it begins; the first and last characters depend on its
        // neighbours and are left out.
        for shift in 0..3 {
            let encoded = base64(&[vec![0; shift], canary.as_bytes().to_vec()].concat());
            needles.push(encoded.as_bytes()[4..encoded.len() - 4].to_vec());
        }
    }
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for needle in &needles {
            assert!(
                !bytes
                    .windows(needle.len())
                    .any(|part| part == needle.as_slice()),
                "{} holds {}",
                file.display(),
                String::from_utf8_lossy(needle)
            );
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let word = chunk
                .iter()
                .chain([0, 0].iter())
                .take(3)
                .fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
            (0..4).map(move |place| ALPHABET[(word >> (18 - 6 * place) & 63) as usize] as char)
        })
        .collect()
}

#[test]
fn a_second_run_replaces_the_first() {
    let fixture = Fixture::new(&csv(50, 3));
    let root = fixture.root();
    run(root).unwrap();
    let first = generation(&root.join("lake/customers"));
    std::fs::write(root.join("data/customers.csv"), csv(60, 0)).unwrap();
    let report = run(root).unwrap();
    assert_eq!(report.outputs[0].rows, 60);
    let second = generation(&root.join("lake/customers"));
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first[0].1, second[0].1);
    assert!(rows(root, "quarantine.customers", "data/rejects/", &["row"]).is_empty());
    assert!(leftovers(root).is_empty());
    verify(root);
}

#[test]
fn a_dataset_is_read_through_the_same_path() {
    let fixture = Fixture::new(&csv(50, 3));
    let root = fixture.root();
    run(root).unwrap();
    let mut session = begin(root, Arc::new(sealine_engine::Silent)).unwrap();
    let request = Request::Read {
        dataset: "lake.customers".to_owned(),
        columns: None,
        limit: 5,
    };
    let authorized = session.decide(&request, &Principal::user("ada")).unwrap();
    let shown = runtime()
        .block_on(session.show(authorized, &CancelToken::new()))
        .unwrap();
    assert_eq!(shown.rows, 5);
    assert_eq!(shown.schema.fields().len(), 5);

    let request = Request::Preview {
        pipeline: "customers-daily".to_owned(),
        step: None,
        limit: 3,
    };
    let authorized = session.decide(&request, &Principal::user("ada")).unwrap();
    let shown = runtime()
        .block_on(session.show(authorized, &CancelToken::new()))
        .unwrap();
    assert_eq!(shown.rows, 3);
    drop(session);
    assert_eq!(actions(root)[3..], ["read", "preview"]);
}

#[test]
fn what_is_in_clear_and_not_declared_stops_the_commit() {
    let mut data = String::from("id,email,card,age,country,note,comment\n");
    for row in 1..=100 {
        data.push_str(&format!(
            "{row},p{row}@example.com,,30,DE,hidden{row}@example.com,x\n"
        ));
    }
    let fixture = Fixture::new(&data);
    let error = run(fixture.root()).unwrap_err();
    assert_eq!(error.code(), "SL5028", "{error}");
    assert!(!error.to_string().contains("hidden"));
    assert!(!fixture.root().join("lake/notes.parquet").exists());
    assert!(leftovers(fixture.root()).is_empty());
    assert_eq!(actions(fixture.root())[1..], ["run.started", "run.failed"]);
}
