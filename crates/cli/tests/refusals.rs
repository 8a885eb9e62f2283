//! Every way of hiding a bare column is refused with the path that the value took, and pasting the
//! printed fix makes it pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::Project;
use serde_json::Value;

const PIPELINE: &str = "pipelines/customers-daily.yaml";
const TOKEN: &str = "tokenize(email, 'crm') AS email";

/// Replaces the whole query of the flagship.
fn query(project: &Project, sql: &str) {
    let text = project.read(PIPELINE);
    let start = text.find("    sql: |\n").unwrap();
    let end = text.find("outputs:").unwrap();
    let indented: String = sql.lines().map(|line| format!("      {line}\n")).collect();
    project.write(
        PIPELINE,
        &format!("{}    sql: |\n{indented}{}", &text[..start], &text[end..]),
    );
}

/// Applies the first fix that has a place, as an editor would.
fn paste(project: &Project, fix: &Value) {
    let place = &fix["place"];
    let path = place["path"].as_str().unwrap();
    let mut text = project.read(path);
    let (start, end) = (
        place["start"].as_u64().unwrap() as usize,
        place["end"].as_u64().unwrap() as usize,
    );
    text.replace_range(start..end, fix["replacement"].as_str().unwrap());
    project.write(path, &text);
}

/// Insists on a refusal about `email` that shows its path, then pastes until it passes.
#[track_caller]
fn refused_then_mended(project: &Project) {
    let text = project.sealine(&["check"]).ends(3);
    assert!(
        text.err.contains("catalog/crm.yaml:"),
        "where it is declared:\n{}",
        text.err
    );
    assert!(
        text.err.contains("pipelines/customers-daily.yaml:"),
        "where it leaves:\n{}",
        text.err
    );
    assert!(
        text.err.contains("SL3") || text.err.contains("SL4"),
        "{}",
        text.err
    );
    project.sealine(&["run"]).ends(3);
    assert!(project.files("lake").is_empty(), "nothing is written");
    for _ in 0..6 {
        let said = project.sealine(&["check", "--format", "json"]);
        if said.code == Some(0) {
            project.sealine(&["run"]).ends(0);
            return;
        }
        let report = said.ends(3).json();
        let finding = report["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["severity"] == "error")
            .unwrap();
        let fix = finding["fixes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|fix| fix["place"].is_object());
        let fix = fix.unwrap_or_else(|| panic!("a fix with a place in\n{finding:#}"));
        let replacement = fix["replacement"].as_str().unwrap();
        let shown = project.sealine(&["check"]);
        for line in replacement.lines() {
            assert!(
                shown.err.contains(line),
                "the text prints what the JSON has: {line}\n{}",
                shown.err
            );
        }
        paste(project, fix);
    }
    panic!(
        "still refused:\n{}\n{}",
        project.sealine(&["check"]).err,
        project.read(PIPELINE)
    );
}

#[test]
fn the_bare_column() {
    let project = Project::small();
    project.edit(PIPELINE, TOKEN, "email");
    refused_then_mended(&project);
}

#[test]
fn hidden_in_max() {
    let project = Project::small();
    project.edit(
        PIPELINE,
        TOKEN,
        "max(email) OVER (PARTITION BY id) AS email",
    );
    refused_then_mended(&project);
}

#[test]
fn hidden_in_md5() {
    let project = Project::small();
    project.edit(PIPELINE, TOKEN, "md5(email) AS email");
    refused_then_mended(&project);
}

#[test]
fn hidden_in_a_case() {
    let project = Project::small();
    project.edit(
        PIPELINE,
        TOKEN,
        "CASE WHEN email LIKE '%@mail.example' THEN 'one' ELSE 'other' END AS email",
    );
    refused_then_mended(&project);
}

#[test]
fn hidden_in_the_star_of_a_cte() {
    let project = Project::small();
    query(
        &project,
        "WITH everyone AS (SELECT * FROM customers)\nSELECT id, email FROM everyone",
    );
    refused_then_mended(&project);
}

#[test]
fn hidden_in_a_union() {
    let project = Project::small();
    query(
        &project,
        "SELECT id, tokenize(email, 'crm') AS email FROM customers WHERE id % 2 = 0\nUNION ALL\n\
         SELECT id, email FROM customers WHERE id % 2 = 1",
    );
    refused_then_mended(&project);
}

#[test]
fn hidden_in_one_branch_of_a_union() {
    let project = Project::small();
    query(
        &project,
        "SELECT id, 'nobody' AS email FROM customers WHERE id % 2 = 0\nUNION ALL\n\
         SELECT id, email FROM customers WHERE id % 2 = 1",
    );
    refused_then_mended(&project);
}

#[test]
fn a_star_is_expanded_with_protections() {
    let project = Project::small();
    query(&project, "SELECT * FROM customers");
    project
        .sealine(&["check"])
        .ends(3)
        .says("email")
        .says("card");
}

#[test]
fn a_dropped_permit_refuses_what_it_permitted() {
    let project = Project::small();
    let policy = project.read("policy/customers.cedar");
    let start = policy.find("@id(\"email-as-token\")").unwrap();
    let end = start + policy[start..].find("};").unwrap() + 2;
    project.write(
        "policy/customers.cedar",
        &format!("{}{}", &policy[..start], &policy[end..]),
    );
    project.sealine(&["check"]).ends(3).says("email");
    project.write("policy/customers.cedar", "");
    project.sealine(&["check"]).ends(3);
}

#[test]
fn sarif_holds_the_finding_with_its_place() {
    let project = Project::small();
    project.edit(PIPELINE, TOKEN, "email");
    let sarif = project
        .sealine(&["check", "--format", "sarif"])
        .ends(3)
        .json();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let result = results
        .iter()
        .find(|result| result["level"] == "error")
        .unwrap();
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], PIPELINE);
    assert!(
        place["region"]["startLine"].as_u64().unwrap() >= 7,
        "{place}"
    );
    assert!(
        result["fixes"][0]["artifactChanges"][0]["replacements"].is_array(),
        "{result:#}"
    );
    project
        .sealine(&["run", "--format", "sarif"])
        .ends(2)
        .says("SL0106");
}

#[test]
fn folders_are_for_everyone() {
    let project = Project::small();
    project.edit(
        "catalog/crm.yaml",
        "path: customers/, format: parquet }\n",
        "path: customers/, format: parquet }\n    partition_by: [age_band]\n",
    );
    let said = project.sealine(&["check"]).ends(3);
    // Lines are broken as the terminal asks.
    let text: Vec<&str> = said
        .err
        .split(|c: char| c.is_whitespace() || c == '\u{2502}')
        .collect();
    let text: Vec<&str> = text.into_iter().filter(|word| !word.is_empty()).collect();
    let text = text.join(" ");
    for part in [
        "`crm.customers#rows` (internal) reaches the names of the folders of `lake.customers`, whose clearance is `public`",
        "`age_band` goes into the names of the folders of `lake.customers`, which everyone sees who can list them",
        "or leave `partition_by` out",
        "if its owner agrees that it is public",
        "context.to_level == \"public\"",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    project.sealine(&["run"]).ends(3);
    assert!(project.files("lake").is_empty(), "nothing is written");
}
