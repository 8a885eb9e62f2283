//! The projects of leaks: each pipeline and each vector gets the verdict that it was written for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::Project;
use serde_json::{Value, json};
use std::fs;

#[test]
fn every_leak_is_refused_for_the_reason_in_its_name() {
    let project = Project::of("examples/leaks");
    let expected = project.read("expected.txt");
    let mut names = Vec::new();
    for line in expected
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
    {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (name, codes) = (words[0].trim_end_matches(':'), &words[1..]);
        assert!(!codes.is_empty(), "{line}");
        let report = project
            .sealine(&["check", name, "--format", "json"])
            .ends(3)
            .json();
        let found: Vec<&str> = report["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["severity"] == "error")
            .map(|one| one["code"].as_str().unwrap())
            .collect();
        for code in codes {
            assert!(
                found.contains(code),
                "{name}: {code} is expected among {found:?}"
            );
        }
        names.push(name.to_owned());
    }
    for path in project.files("pipelines") {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(names.contains(&name), "{name} is not in expected.txt");
    }
    assert!(names.len() >= 20, "{}", names.len());
    project.sealine(&["run", "bare-column"]).ends(3);
}

#[test]
fn the_vectors_get_their_verdicts() {
    let Some(folder) = harness::vectors() else {
        harness::skipped("there is no folder of vectors; set SEALINE_VECTORS");
        return;
    };
    let cases = fs::read_to_string(folder.join("leaks/cases.jsonl")).unwrap();
    let cases: Vec<Value> = cases
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let project = Project::of("corpus/leaks");
    let input: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let said = harness::fed(
        harness::sealine()
            .arg("-C")
            .arg(project.path())
            .args(["conform", "verdict"]),
        &input,
    )
    .ends(0);
    let answers: Vec<Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), cases.len());
    let (mut let_through, mut too_eager) = (Vec::new(), Vec::new());
    for (case, answer) in cases.iter().zip(&answers) {
        assert_eq!(answer["ok"], true, "{case} {answer}");
        match (
            case["expect"].as_str().unwrap(),
            answer["verdict"].as_str().unwrap(),
        ) {
            (expected, found) if expected == found => {}
            ("refused", _) => let_through.push(case["name"].clone()),
            _ => too_eager.push(format!("{}: {}", case["name"], answer["reasons"])),
        }
        if answer["verdict"] == "refused" {
            assert!(
                answer["code"].is_string() && !answer["reasons"].as_array().unwrap().is_empty(),
                "{case} {answer}"
            );
        }
    }
    assert!(let_through.is_empty(), "let through: {let_through:?}");
    assert!(too_eager.is_empty(), "refused too eagerly: {too_eager:#?}");
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let project = Project::of("corpus/leaks");
    let input = [
        json!({ "sql": "SELECT nothing FROM nowhere" }),
        json!({ "sql": "DROP TABLE people" }),
        json!({ "sql": "SELECT id FROM people; SELECT id FROM people" }),
        json!({ "sql": "" }),
        json!({ "sql": "SELECT id FROM people", "to": "no.such" }),
        json!({ "sql": "SELECT id FROM people", "unknown": [1] }),
        json!({ "sql": 3 }),
    ];
    let input: String = input.iter().map(|line| format!("{line}\n")).collect();
    let said = harness::fed(
        harness::sealine()
            .arg("-C")
            .arg(project.path())
            .args(["conform", "verdict"]),
        &input,
    )
    .ends(0);
    let answers: Vec<Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let verdicts: Vec<Option<&str>> = answers
        .iter()
        .map(|answer| answer["verdict"].as_str())
        .collect();
    let refused = Some("refused");
    assert_eq!(
        verdicts,
        [
            refused,
            refused,
            refused,
            refused,
            refused,
            Some("passes"),
            None
        ]
    );
    assert_eq!(answers[6], json!({ "ok": false, "error": "SL0110" }));
}
