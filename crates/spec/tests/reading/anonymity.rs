//! Quasi-identifiers, sensitive columns, and the bounds on what is written of them.

use sealine_spec::{Diversity, Parsed};

use crate::base::{CATALOG, PIPELINE, PROJECT, found, read};

fn codes(parsed: &Parsed) -> Vec<String> {
    let places = found(parsed);
    places.iter().map(|place| place[..6].to_owned()).collect()
}

/// The small project with this in its written dataset.
fn catalog(written: &str) -> String {
    CATALOG.replace(
        "    clearance: internal\n",
        &format!("    clearance: internal\n    {written}\n"),
    )
}

#[test]
fn bounds_and_names_are_read() {
    let text = catalog(
        "anonymity: { k: 5, l: 2.5, l_kind: entropy, t: 0.3, quasi: [id], sensitive: [email] }",
    )
    .replace(
        "country: { type: string,",
        "country: { type: string, quasi: true,",
    );
    let parsed = read(PROJECT, &text, PIPELINE);
    assert_eq!(codes(&parsed), Vec::<String>::new());
    let spec = parsed.spec.unwrap();
    let found = spec
        .dataset("lake.people")
        .unwrap()
        .anonymity
        .clone()
        .unwrap();
    assert_eq!((found.k, found.l, found.t), (Some(5), Some(2.5), Some(0.3)));
    assert_eq!(found.l_kind, Diversity::Entropy);
    assert_eq!(
        (found.quasi[0].as_str(), found.sensitive[0].as_str()),
        ("id", "email")
    );
    let source = spec.dataset("crm.people").unwrap();
    assert!(source.column("country").unwrap().quasi);
    assert!(!source.column("country").unwrap().sensitive);
    assert!(!source.column("id").unwrap().quasi && source.anonymity.is_none());
}

#[test]
fn what_cannot_be_measured() {
    let columns = |of: &str| {
        format!("columns: {{ id: {{ type: int64{of} }}, email: {{ type: string }} }}\n    ")
    };
    for (written, expected) in [
        ("anonymity: {}".to_owned(), "SL1056"),
        ("anonymity: { quasi: [a] }".to_owned(), "SL1056"),
        ("anonymity: 5".to_owned(), "SL1022"),
        ("anonymity: { k: 1 }".to_owned(), "SL1027"),
        ("anonymity: { k: few }".to_owned(), "SL1022"),
        ("anonymity: { k: 2, l: 0.5 }".to_owned(), "SL1027"),
        ("anonymity: { k: 2, l: two }".to_owned(), "SL1022"),
        ("anonymity: { k: 2, t: 1.1 }".to_owned(), "SL1027"),
        ("anonymity: { k: 2, t: -0.1 }".to_owned(), "SL1027"),
        (
            "anonymity: { k: 2, l: 2, l_kind: recursive }".to_owned(),
            "SL1026",
        ),
        ("anonymity: { k: 2, l_kind: entropy }".to_owned(), "SL1056"),
        ("anonymity: { k: 2, quasi: [] }".to_owned(), "SL1028"),
        (
            "anonymity: { k: 2, quasi: [a], sensitive: [a] }".to_owned(),
            "SL1056",
        ),
        ("anonymity: { k: 2, quazi: [a] }".to_owned(), "SL1020"),
        (columns("") + "anonymity: { k: 2 }", "SL1056"),
        (columns(", quasi: true") + "anonymity: { l: 2 }", "SL1056"),
        (columns(", quasi: true") + "anonymity: { t: 0.5 }", "SL1056"),
        (
            columns(", quasi: true") + "anonymity: { k: 2, quasi: [id] }",
            "SL1056",
        ),
        (columns("") + "anonymity: { k: 2, quasi: [zip] }", "SL1038"),
        (columns(", quasi: true, sensitive: true"), "SL1056"),
        (columns(", quasi: perhaps"), "SL1022"),
    ] {
        let parsed = read(PROJECT, &catalog(&written), PIPELINE);
        assert_eq!(codes(&parsed), [expected], "{written}");
    }
    for written in [
        columns(", quasi: true") + "anonymity: { k: 2 }",
        columns("") + "anonymity: { k: 2, quasi: [id] }",
        columns(", quasi: true") + "anonymity: { t: 0.5, sensitive: [email] }",
    ] {
        let parsed = read(PROJECT, &catalog(&written), PIPELINE);
        assert_eq!(codes(&parsed), Vec::<String>::new(), "{written}");
    }
}

#[test]
fn a_demand_that_nothing_checks_is_told() {
    let text = CATALOG.replace(
        "    subject: id\n",
        "    subject: id\n    anonymity: { k: 5, quasi: [country] }\n",
    );
    let parsed = read(PROJECT, &text, PIPELINE);
    assert_eq!(codes(&parsed), ["SL1057"]);
    assert!(parsed.spec.is_some());
    let view =
        CATALOG.to_owned() + "  v: { view: SELECT 1 AS one, anonymity: { k: 5, quasi: [one] } }\n";
    assert_eq!(codes(&read(PROJECT, &view, PIPELINE)), ["SL1060"]);
}
