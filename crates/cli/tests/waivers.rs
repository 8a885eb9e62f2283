//! What the detectors find in a column that goes out in clear stops the run, unless it is waived: in
//! the project, by the policy, and until a day that has not passed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::Project;

const CARDS: [&str; 4] = [
    "4111111111111111",
    "5555555555554444",
    "378282246310005",
    "6011111111111117",
];

/// The flagship, whose numbers of customers are the numbers of their cards.
fn project() -> Project {
    let project = Project::small();
    let rows: String = CARDS
        .iter()
        .map(|card| format!("{card},a{card}@uni.example,,39,DE,DE,\n"))
        .collect();
    project.write(
        "data/customers.csv",
        &format!("id,email,card,age,country,nationality,comment\n{rows}"),
    );
    project
}

fn waive(project: &Project, tag: &str, until: &str) {
    let text = project.read("sealine.yaml");
    let waiver = format!(
        "\nwaivers:\n  - dataset: lake.customers\n    column: id\n    tag: {tag}\n    until: {until}\n    \
         because: customers of the old shop have numbers that pass the check of a card\n"
    );
    project.write("sealine.yaml", &format!("{text}{waiver}"));
}

fn permit(project: &Project) {
    let policy = "policy/customers.cedar";
    let text = project.read(policy);
    project.write(
        policy,
        &format!(
            "{text}\n@id(\"old-shop\")\npermit (\n  principal == Sealine::Service::\"svc/customers-daily\",\n  \
             action == Sealine::Action::\"waive\",\n  resource == Sealine::Tag::\"pci.pan\"\n)\n\
             when {{ context.to == \"lake.customers\" && context.column == \"id\" }};\n"
        ),
    );
}

#[test]
fn numbers_of_cards_in_a_clear_column_stop_the_run() {
    let project = project();
    let said = project.sealine(&["run"]).ends(1).says("SL5028");
    assert!(said.err.contains("`lake.customers.id`"), "{}", said.err);
    for card in CARDS {
        assert!(!said.err.contains(card), "{}", said.err);
    }
    assert!(!project.path().join("lake/customers").exists());
}

#[test]
fn a_waiver_takes_the_policy_too_and_stands_in_the_receipt() {
    let project = project();
    waive(&project, "pci.pan", "2999-12-31");
    let refused = project.sealine(&["run"]).ends(3).says("SL4113");
    assert!(
        refused.err.contains("Sealine::Action::\"waive\""),
        "{}",
        refused.err
    );
    permit(&project);
    let run = project.sealine(&["run", "--format", "json"]).ends(0);
    let waived = &run.json()["outputs"][0]["waived"];
    assert_eq!(waived.as_array().unwrap().len(), 1, "{waived}");
    assert_eq!(waived[0]["column"], "id");
    assert_eq!(waived[0]["entity"], "CREDIT_CARD");
    assert_eq!(waived[0]["until"], "2999-12-31");
    project.sealine(&["audit", "verify"]).ends(0);
    project
        .sealine(&["run"])
        .ends(0)
        .says("waived     id looks like CREDIT_CARD, until 2999-12-31");
}

#[test]
fn a_waiver_that_is_over_or_of_another_tag_waives_nothing() {
    for (tag, until, ended) in [
        ("pci.pan", "2026-01-01", true),
        ("pii.email", "2999-12-31", false),
    ] {
        let project = project();
        waive(&project, tag, until);
        permit(&project);
        let text = project.read("policy/customers.cedar");
        project.write(
            "policy/customers.cedar",
            &text.replace(
                "\"waive\",\n  resource == Sealine::Tag::\"pci.pan\"",
                &format!("\"waive\",\n  resource == Sealine::Tag::\"{tag}\""),
            ),
        );
        let said = project.sealine(&["run"]).ends(1).says("SL5028");
        assert_eq!(
            said.err.contains("ended with 2026-01-01"),
            ended,
            "{}",
            said.err
        );
    }
}
