//! Tokens of values that counting would tell stop the commit, unless the owner of the column knows of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use support::*;

/// 1,200 customers with these emails, and this beside the column in the catalog.
fn project(email: impl Fn(usize) -> String, word: &str) -> Fixture {
    let mut data = String::from("id,email,card,age,country,note,comment\n");
    for row in 1..=1_200 {
        let email = email(row);
        data.push_str(&format!(
            "{row},{email},,{},FR,note {row},x\n",
            row % 100 + 1
        ));
    }
    let catalog = CATALOG.replace(
        "level: restricted, tags: [pii.email] }",
        &format!("level: restricted, tags: [pii.email], domain_size: 10000000{word} }}"),
    );
    Fixture::with(&data, SEALINE, &catalog, PIPELINE, POLICY)
}

/// Every tenth order is the large customer's.
fn giant(row: usize) -> String {
    match row % 10 {
        0 => "giant@example.com".to_owned(),
        _ => format!("person{row}@example.com"),
    }
}

fn sixty(row: usize) -> String {
    format!("person{}@example.com", row % 60)
}

#[test]
fn a_frequent_value_stops_the_commit_and_is_not_told() {
    let fixture = project(giant, "");
    let error = run(fixture.root()).unwrap_err();
    assert_eq!(error.code(), "SL5450", "{error}");
    let text = error.to_string();
    assert!(
        text.contains("`lake.customers.email`") && text.contains("`crm.customers.email`"),
        "{text}"
    );
    assert!(!text.contains("giant") && !text.contains("120"), "{text}");
    assert!(!fixture.root().join("lake/customers").exists());
    assert!(leftovers(fixture.root()).is_empty());
    assert_eq!(actions(fixture.root())[1..], ["run.started", "run.failed"]);
    verify(fixture.root());
}

#[test]
fn the_owner_of_the_column_may_know_of_it() {
    run(project(giant, ", frequency: { max_share: 0.2 }").root()).unwrap();
    let error = run(project(giant, ", frequency: { max_share: 0.05 }").root()).unwrap_err();
    assert_eq!(error.code(), "SL5450");
    // The word is about the share, and not about how few values there are.
    let error = run(project(sixty, ", frequency: { max_share: 0.2 }").root()).unwrap_err();
    assert_eq!(error.code(), "SL5450");
    assert!(error.to_string().contains("fewer than 100"), "{error}");
    run(project(sixty, ", frequency: { min_distinct: 50 }").root()).unwrap();
}

#[test]
fn values_that_are_spread_pass() {
    run(project(|row| format!("person{row}@example.com"), "").root()).unwrap();
}
