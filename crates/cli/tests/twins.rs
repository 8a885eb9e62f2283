//! `sealine test --twin`: what the proof accepts shows twins nothing, a run that does is noticed, and nothing is left
//! of the twins but the report.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, below};
use serde_json::Value;

fn strings(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect()
}

#[test]
fn nobody_can_tell_the_twins_of_the_example_apart() {
    let project = Project::small();
    let before = below(project.path());
    let test = ["test", "--twin", "customers-daily", "--pairs", "7"];
    let said = project.sealine(&test).ends(0);
    let said = said.says("level").says("alike");
    assert!(!said.out.contains('@'), "{}", said.out);
    // Neither state nor lake nor a scratch folder.
    assert_eq!(before, below(project.path()));

    let json = [&test[..], &["--format", "json"]].concat();
    let found = project.sealine(&json).ends(0).json();
    assert_eq!(found["ok"], true);
    let level = &found["levels"][0];
    assert_eq!(
        (&level["level"], &level["pairs"], &level["differ"]),
        (&"internal".into(), &7.into(), &0.into())
    );
    let varied = strings(&level["varied"]);
    for column in ["email", "age", "comment"] {
        assert!(
            varied.contains(&format!("crm.customers.{column}").as_str()),
            "{varied:?}"
        );
    }
    // The same seed draws the same.
    assert_eq!(found, project.sealine(&json).ends(0).json());
    // A project that has run keeps its log as it is.
    project.sealine(&["run"]).ends(0);
    let before = project
        .sealine(&["audit", "show", "--format", "json"])
        .ends(0)
        .out;
    project.sealine(&test).ends(0);
    assert_eq!(
        before,
        project
            .sealine(&["audit", "show", "--format", "json"])
            .ends(0)
            .out
    );
}

#[test]
fn every_level_of_an_example_with_several_is_looked_from() {
    let project = Project::of("examples/payments");
    for (pipeline, levels) in [
        ("risk", vec!["settlement", "risk"]),
        ("benchmark", vec!["merchants", "settlement"]),
    ] {
        let test = [
            "test", "--twin", pipeline, "--pairs", "4", "--rows", "300", "--format", "json",
        ];
        let found = project.sealine(&test).ends(0).json();
        let looked = found["levels"].as_array().unwrap().iter();
        let looked: Vec<&str> = looked
            .map(|level| level["level"].as_str().unwrap())
            .collect();
        assert_eq!(looked, levels);
        assert!(
            found["levels"]
                .as_array()
                .unwrap()
                .iter()
                .all(|level| level["pairs"] == 4)
        );
    }
}

/// The proof does not ask when a source counts as fresh; whether the run fails tells of the column all the same.
#[test]
fn a_run_that_fails_for_what_is_restricted_is_noticed() {
    let project = Project::of("examples/customers");
    let days = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs()
        / 86_400;
    let today = {
        // The date of a day since 1970-01-01 (Howard Hinnant, chrono-compatible low-level date algorithms).
        let z = days as i64 + 719_468;
        let era = z / 146_097;
        let doe = z % 146_097;
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let year = yoe + era * 400 + i64::from(month <= 2);
        format!("{year}-{month:02}-{:02}", doy - (153 * mp + 2) / 5 + 1)
    };
    let mut rows = String::from("id,seen\n");
    for id in 0..20 {
        let seen = if id == 7 {
            today.clone()
        } else {
            format!("2001-01-{:02}", id + 1)
        };
        rows.push_str(&format!("{id},{seen}\n"));
    }
    project.write("data/visits.csv", &rows);
    project.write(
        "catalog/visits.yaml",
        "version: 1\ndatasets:\n  crm.visits:\n    at: { connection: files, path: visits.csv, format: csv }\n    primary_key: [id]\n    freshness: { column: seen, within: 7d }\n    columns:\n      id: { type: int64, required: true, unique: true, level: internal }\n      seen: { type: date, level: restricted }\n",
    );
    project.edit(
        "pipelines/customers-daily.yaml",
        "crm.customers }",
        "crm.visits }",
    );
    let text = project.read("pipelines/customers-daily.yaml");
    let (head, rest) = text.split_once("SELECT").unwrap();
    let (_, tail) = rest.split_once("FROM customers").unwrap();
    project.write(
        "pipelines/customers-daily.yaml",
        &format!("{head}SELECT id FROM customers{tail}"),
    );
    let policy = "policy/customers.cedar";
    let permit = "permit (principal == Sealine::Service::\"svc/customers-daily\", action == Sealine::Action::\"read\", resource == Sealine::Dataset::\"crm.visits\");\n";
    project.write(policy, &format!("{}\n{permit}", project.read(policy)));
    project.sealine(&["check"]).ends(0);
    let test = [
        "test",
        "--twin",
        "customers-daily",
        "--pairs",
        "12",
        "--format",
        "json",
    ];
    let found = project.sealine(&test).ends(1).json();
    assert_eq!(found["ok"], false);
    let differences = found["levels"][0]["differences"].as_array().unwrap();
    assert!(
        differences
            .iter()
            .all(|one| strings(&one["what"]).contains(&"that it fails: SL5471")),
        "{differences:?}"
    );
    // Text for people, with what replays it.
    let said = project.sealine(&test[..5]).ends(1);
    said.says("that it fails: SL5471").says("of seed 1");
}

#[test]
fn what_cannot_be_tested_is_said() {
    let project = Project::small();
    project
        .sealine(&["test", "--twin", "nobody"])
        .ends(2)
        .says("SL0105");
    project.sealine(&["test"]).ends(2).says("--twin");
    project.edit(
        "pipelines/customers-daily.yaml",
        "redact(comment) AS comment",
        "comment",
    );
    project
        .sealine(&["test", "--twin", "customers-daily"])
        .ends(3);
}
