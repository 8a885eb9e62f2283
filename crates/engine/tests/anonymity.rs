//! The anonymity that a catalog asks for stops the commit where it is not there, and is in the receipt where it is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::sync::Arc;

use sealine_access::Principal;
use sealine_engine::{CancelToken, Examined, NotDecided, Silent};
use sealine_plan::Request;
use sealine_protect::anonymity::{Counted, Roles};
use support::*;

/// The usual project, its ages and countries quasi-identifiers, its notes sensitive, with this for `lake.customers`.
fn project(good: usize, asked: &str) -> Fixture {
    Fixture::with(&csv(good, 0), SEALINE, &catalog(asked), PIPELINE, POLICY)
}

fn catalog(asked: &str) -> String {
    CATALOG
        .replace("max: 119, level", "max: 119, quasi: true, level")
        .replace("is: country, level", "is: country, quasi: true, level")
        .replace(
            "note:    { type: string,",
            "note:    { type: string, sensitive: true,",
        )
        .replace(
            "path: customers/, format: parquet }\n",
            &format!("path: customers/, format: parquet }}\n    {asked}\n"),
        )
}

#[test]
fn what_is_not_anonymous_is_not_published() {
    // The ages are 1 to 100 in turn, so the band of 100 has three people of 300.
    let fixture = project(300, "anonymity: { k: 5 }");
    let error = run(fixture.root()).unwrap_err();
    assert_eq!(error.code(), "SL5042", "{error}");
    let text = error.to_string();
    assert!(
        text.contains("k is 3, at least 5 is asked: 1 of 11 classes with 3 of 300 subjects"),
        "{text}"
    );
    assert!(text.contains("`age_band`"), "{text}");
    assert!(!fixture.root().join("lake/customers").exists());
    assert!(leftovers(fixture.root()).is_empty());
    assert_eq!(actions(fixture.root())[1..], ["run.started", "run.failed"]);
    verify(fixture.root());
}

#[test]
fn what_is_anonymous_is_published_and_recorded() {
    let fixture = project(600, "anonymity: { k: 5 }");
    let report = run(fixture.root()).unwrap();
    let found = report.outputs[0].anonymity.clone().unwrap();
    assert_eq!(found.quasi, ["age_band"]);
    assert_eq!(found.subject.as_deref(), Some("id"));
    assert_eq!(found.asked.k, Some(5));
    let numbers = found.found.clone().unwrap();
    assert_eq!((numbers.k, numbers.classes), (Some(6), 11));
    assert_eq!(numbers.counted, "subjects");
    assert!(report.outputs[1].anonymity.is_none());
    let state = fixture.root().join(".sealine");
    let text = std::fs::read_to_string(state.join("log/key.pub")).unwrap();
    let (_, key) = sealine_audit::parse_verifier(&text).unwrap();
    let digest = report.receipt.sha256.parse().unwrap();
    let statement = sealine_audit::read_receipt(&state.join("receipts"), digest, &key).unwrap();
    assert_eq!(statement.predicate.outputs[0].anonymity, Some(found));
    verify(fixture.root());
}

#[test]
fn a_declared_subject_that_gives_nobody_one_value_is_refused() {
    let policy = POLICY.replace(
        "context.protection == \"tokenize\"",
        "[\"tokenize\", \"vault_token\"].contains(context.protection)",
    );
    for (call, code) in [
        ("tokenize(email, 'crm')", None),
        ("vault_token(email, 'crm', 'pii.email', '0')", None),
        (
            "vault_token(email, 'crm', 'pii.email', '0', 'never')",
            Some("SL5041"),
        ),
    ] {
        let catalog = catalog("subject: email\n    anonymity: { k: 5 }");
        let pipeline = PIPELINE.replace("tokenize(email, 'crm')", call);
        let fixture = Fixture::with(&csv(600, 0), SEALINE, &catalog, &pipeline, &policy);
        let outcome = run(fixture.root()).map_err(|error| (error.code(), error.to_string()));
        match code {
            None => drop(outcome.unwrap()),
            Some(code) => {
                let (found, text) = outcome.unwrap_err();
                assert_eq!(found, code, "{text}");
                assert!(
                    text.contains("people cannot be counted by `email`"),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn a_subject_is_known_behind_a_stand_in_that_keeps_people_apart() {
    let catalog = catalog("anonymity: { k: 5 }").replace("subject: id", "subject: email");
    let policy = POLICY.replace(
        "context.protection == \"tokenize\"",
        "[\"tokenize\", \"siv\", \"vault_token\"].contains(context.protection)",
    );
    for (call, subject) in [
        ("tokenize(email, 'crm')", Some("email")),
        ("siv(email, 'crm')", Some("email")),
        // A person has as many of these as rows.
        ("vault_token(email, 'crm', 'pii.email', '0', 'never')", None),
    ] {
        let pipeline = PIPELINE.replace("tokenize(email, 'crm')", call);
        let fixture = Fixture::with(&csv(600, 0), SEALINE, &catalog, &pipeline, &policy);
        let report = run(fixture.root()).unwrap();
        let found = report.outputs[0].anonymity.clone().unwrap();
        assert_eq!(found.subject.as_deref(), subject, "{call}");
    }
}

#[test]
fn diversity_and_closeness_are_asked_for_too() {
    let catalog = CATALOG.replace(
        "path: notes.parquet, format: parquet }\n",
        "path: notes.parquet, format: parquet }\n    anonymity: { l: 2, t: 0.5, quasi: [country], sensitive: [note] }\n",
    );
    let fixture = Fixture::with(&csv(40, 0), SEALINE, &catalog, PIPELINE, POLICY);
    // One person lives in DE, with a note of their own.
    let text = run(fixture.root()).unwrap_err().to_string();
    assert!(
        text.contains("l of `note` is 1, at least 2 is asked: 1 of 2 classes with 1 of 40"),
        "{text}"
    );
    assert!(
        text.contains("t of `note` is 0.975, at most 0.5 is asked"),
        "{text}"
    );
    // The first output was staged by then and is taken back with the rest.
    assert!(!fixture.root().join("lake/customers").exists());
    assert!(leftovers(fixture.root()).is_empty());
}

#[test]
fn what_cannot_be_measured_stops_before_a_byte_is_read() {
    for (asked, reason) in [
        ("anonymity: { k: 5, quasi: [age] }", "no column `age`"),
        ("anonymity: { k: 5, l: 2 }", "need a sensitive column"),
    ] {
        let fixture = project(10, asked);
        let error = run(fixture.root()).unwrap_err();
        assert_eq!(error.code(), "SL5041", "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(actions(fixture.root())[1..], ["run.failed"]);
    }
}

#[test]
fn numbers_above_the_operators_clearance_are_not_shown() {
    let project = |k: u64| {
        let catalog = CATALOG.to_owned()
            + &format!(
                "  lake.ages:\n    at: {{ connection: lake, path: ages/, format: parquet }}\n    clearance: restricted\n    \
                 encrypt: {{ key: lake }}\n    anonymity: {{ k: {k}, quasi: [age] }}\n"
            );
        let pipeline = PIPELINE.replace(
            "  notes:\n",
            "  ages: { sql: \"SELECT age FROM customers\" }\n  notes:\n",
        ) + "  - { from: ages, to: lake.ages, mode: replace }\n";
        Fixture::with(&csv(250, 0), SEALINE, &catalog, &pipeline, POLICY)
    };
    let error = run(project(3).root()).unwrap_err();
    assert_eq!(error.code(), "SL5042");
    let text = error.to_string();
    assert!(
        text.contains("k has to be at least 3 and is not; nothing"),
        "{text}"
    );
    let report = run(project(2).root()).unwrap();
    let found = report.outputs[2].anonymity.clone().unwrap();
    assert_eq!((found.asked.k, found.found), (Some(2), None));
}

fn measure(fixture: &Fixture, dataset: &str, asked: Roles) -> Result<Examined, String> {
    let mut session = begin(fixture.root(), Arc::new(Silent)).unwrap();
    let request = Request::Read {
        dataset: dataset.to_owned(),
        columns: None,
        limit: usize::MAX,
    };
    let authorized = match session.decide(&request, &Principal::user("ada")) {
        Ok(authorized) => authorized,
        Err(NotDecided::Failed(error)) => panic!("{error}"),
        Err(other) => panic!("{other:?}"),
    };
    runtime()
        .block_on(session.measure(authorized, asked, &CancelToken::new()))
        .map_err(|error| error.to_string())
}

#[test]
fn a_dataset_is_measured_as_it_is() {
    let fixture = project(300, "description: what the lake has");
    run(fixture.root()).unwrap();
    // Which column is what follows from where it came from.
    let found = measure(&fixture, "lake.customers", Roles::default()).unwrap();
    assert_eq!(found.roles.quasi, ["age_band"]);
    assert_eq!(found.roles.subject.as_deref(), Some("id"));
    assert_eq!(found.measured.counted, Counted::Subjects);
    assert_eq!(
        (found.measured.k(), found.measured.classes()),
        (Some(3), 11)
    );
    let asked = Roles {
        quasi: vec!["country".to_owned()],
        sensitive: vec!["note".to_owned()],
        subject: None,
    };
    let found = measure(&fixture, "lake.notes", asked).unwrap();
    assert_eq!((found.measured.k(), found.measured.rows), (Some(1), 300));
    assert_eq!(found.measured.sensitive[0].values, 300);
    // The source's ages are above what a terminal may show.
    let asked = Roles {
        quasi: vec!["age".to_owned()],
        ..Roles::default()
    };
    let text = measure(&fixture, "crm.customers", asked).unwrap_err();
    assert!(text.contains("`age` is restricted"), "{text}");
    let names = actions(fixture.root());
    assert_eq!(names[names.len() - 2..], ["read", "read"]);
}

/// Four people with three visits each, all of one country; whom a visit is about is a card.
const VISITS: &str = "\
version: 1
datasets:
  shop.visits:
    at: { connection: files, path: customers.csv, format: csv }
    primary_key: [id]
    subject: card
    columns:
      id:      { type: int64, required: true, unique: true, level: internal }
      card:    { type: string, max_length: 20, level: restricted, tags: [pci.pan] }
      member:  { type: string, level: internal }
      country: { type: string, level: internal, quasi: true }
  lake.visits:
    at: { connection: lake, path: visits/, format: parquet }
    clearance: internal
    encrypt: { key: lake }
    anonymity: { k: 2 }
";

/// What the guard took for the subject where the output has this column beside the country, and k.
fn counted(column: &str, subject: &str) -> (Option<String>, Option<u64>) {
    let cards = [
        "4539578763621486",
        "4111111111111111",
        "5555555555554444",
        "378282246310005",
    ];
    let mut csv = String::from("id,card,member,country\n");
    for visit in 0..12 {
        let person = visit % 4;
        csv.push_str(&format!("{visit},{},m{person},DE\n", cards[person]));
    }
    let sealine = SEALINE.replace("keys:\n", "keys:\n  values: { purpose: value }\n");
    let catalog = VISITS.replace("subject: card", &format!("subject: {subject}"));
    let pipeline = format!(
        "version: 1\npipeline: customers-daily\nruns_as: svc/customers-daily\ninputs: {{ visits: shop.visits }}\n\
         steps:\n  safe:\n    sql: |\n      SELECT {column}, country FROM visits\n\
         outputs:\n  - {{ from: safe, to: lake.visits, mode: replace }}\n"
    );
    let policy = format!(
        "{POLICY}permit (principal, action == Sealine::Action::\"declassify\", resource == Sealine::Tag::\"pci.pan\");\n"
    );
    let fixture = Fixture::with(&csv, &sealine, &catalog, &pipeline, &policy);
    let report = run(fixture.root()).unwrap_or_else(|error| panic!("{column}: {error}"));
    let found = report.outputs[0].anonymity.clone().unwrap();
    // What the run recorded is judged as the run judged it.
    let again = measure(&fixture, "lake.visits", Roles::default()).unwrap();
    assert_eq!(again.roles.subject, found.subject, "{column}");
    (found.subject, found.found.unwrap().k)
}

#[test]
fn every_stand_in_that_keeps_equality_counts_as_the_subject() {
    for call in [
        "tokenize(card, 'crm')",
        "siv(card, 'crm')",
        "fpe(card, 'crm', 'digits', 'redact')",
        "fpe_card(card, 'crm', 'redact')",
        "tink_daead(card, 'crm')",
        "surrogate(card, 'card', 'crm')",
        "vault_token(card, 'crm')",
        "vault_token(card, 'crm', 'cards', '90d')",
        "tokenize(trim(card), 'crm')",
    ] {
        let found = counted(&format!("{call} AS who"), "card");
        assert_eq!(found, (Some("who".to_owned()), Some(4)), "{call}");
    }
    // As it is, too, behind another name and type.
    for column in [
        "member AS who",
        "CAST(member AS VARCHAR) AS who",
        "member AS who, upper(member) AS again",
    ] {
        let found = counted(column, "member");
        assert_eq!(found, (Some("who".to_owned()), Some(4)), "{column}");
    }
}

#[test]
fn what_is_new_in_each_row_or_of_another_column_is_no_subject() {
    for column in [
        // A fresh one for each row: twelve people who are four.
        "encrypt(card, 'values') AS who",
        "vault_token(card, 'crm', 'cards', '0', 'never') AS who",
        // Nothing of anybody.
        "redact(card) AS who",
        "member AS who",
        // Two columns name the person: which of them is nobody's guess.
        "tokenize(card, 'crm') || member AS who",
    ] {
        assert_eq!(counted(column, "card"), (None, Some(12)), "{column}");
    }
}
