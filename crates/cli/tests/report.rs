//! `sealine report anonymity`: counts and shares of a dataset as it is, and no value of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::Project;
use serde_json::json;

/// Ages by tens and a country: 20 people who share both, 5 who do, and one alone.
fn project() -> Project {
    let project = Project::small();
    let mut rows = String::from("id,email,card,age,country,nationality,comment\n");
    for row in 1..=26 {
        let (age, country) = match row {
            1..=20 => (30 + row % 10, "DE"),
            21..=25 => (40, "FR"),
            _ => (99, "LU"),
        };
        rows.push_str(&format!("{row},p{row}@example.org,,{age},{country},DE,x\n"));
    }
    project.write("data/customers.csv", &rows);
    project.edit(
        "pipelines/customers-daily.yaml",
        "bucket(age, 10) AS age_band,",
        "bucket(age, 10) AS age_band, country,",
    );
    project.edit(
        "catalog/crm.yaml",
        "max: 119, level",
        "max: 119, quasi: true, level",
    );
    project
}

#[test]
fn a_report_counts_and_shows_no_value() {
    let project = project();
    project.sealine(&["run"]).ends(0);
    let said = project
        .sealine(&[
            "report",
            "anonymity",
            "lake.customers",
            "--quasi",
            "age_band,country",
            "--sensitive",
            "country",
        ])
        .ends(0)
        .says("26 rows in 3 classes by age_band, country")
        .says("1 subject")
        .says("1 of 26 subjects (3.8 %) alone")
        .says("█");
    for value in ["LU", "FR", "example.org", "99", "90"] {
        assert!(!said.out.contains(value), "{value} in\n{}", said.out);
    }
    // What the catalog declares is followed to where it went.
    let said = project
        .sealine(&["report", "anonymity", "lake.customers", "--format", "json"])
        .ends(0);
    let found = said.json();
    assert_eq!(found["quasi"], json!(["age_band"]));
    assert_eq!(found["counted"], "subjects");
    assert_eq!((&found["k"], &found["rows"]), (&json!(1), &json!(26)));
    assert_eq!(
        found["sizes"],
        json!([{ "size": 1, "classes": 1 }, { "size": 5, "classes": 1 }, { "size": 20, "classes": 1 }])
    );
    assert_eq!(found["shortfalls"], json!([]));
    project
        .sealine(&["report", "anonymity", "lake.customer"])
        .ends(2)
        .says("lake.customers");
    project
        .sealine(&["report", "anonymity", "lake.customers", "--quasi", "nope"])
        .ends(2)
        .says("SL5041")
        .says("there are `id`");
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn a_run_that_is_not_anonymous_ends_before_its_commit() {
    let project = project();
    project.edit(
        "catalog/crm.yaml",
        "    clearance: internal                 # nothing",
        "    anonymity: { k: 2 }\n    clearance: internal                 # nothing",
    );
    project
        .sealine(&["run"])
        .ends(1)
        .says("SL5042")
        .says("k is 1, at least 2 is asked: 1 of 3 classes with 1 of 26 subjects do not meet it");
    assert!(project.files("lake").is_empty());
    project.edit("data/customers.csv", "99,LU", "45,LU");
    project
        .sealine(&["run"])
        .ends(0)
        .says("anonymity  k 6 (subjects) by age_band");
    project
        .sealine(&["report", "anonymity", "lake.customers"])
        .ends(0)
        .says("6 subjects, at least 2 is asked: met");
}
