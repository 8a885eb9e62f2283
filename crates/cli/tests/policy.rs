//! What a policy is meant to say, asked of it: `sealine policy test` and `sealine policy matrix`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, root};
use std::fs;

const TABLE: &str = "policy/tests/customers.yaml";

#[test]
fn a_table_passes_and_a_wider_policy_fails_it_with_line_and_statement() {
    let project = Project::small();
    project
        .sealine(&["policy", "test"])
        .ends(0)
        .says("answers as expected");
    project.edit(
        "policy/customers.cedar",
        "context.first <= 6",
        "context.first <= 7",
    );
    let failed = project
        .sealine(&["policy", "test"])
        .ends(1)
        .says("SL4463")
        .says("card-masked")
        .says("`deny` is expected here");
    let line = project.read(TABLE).lines().count();
    assert!(
        failed.err.contains(&format!("{TABLE}:{line}:")),
        "{}",
        failed.err
    );
    let json = project
        .sealine(&["policy", "test", "--format", "json"])
        .ends(1)
        .json();
    let wrong: Vec<_> = json["tests"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["passed"] == false)
        .collect();
    assert_eq!((wrong.len(), &json["failed"]), (1, &1.into()));
    assert_eq!(wrong[0]["by"], serde_json::json!(["card-masked"]));
    assert_eq!(
        (&wrong[0]["line"], &wrong[0]["found"]),
        (&line.into(), &"allow".into())
    );
    // A narrower one fails too: nothing is denied for being expected.
    project.edit(
        "policy/customers.cedar",
        "context.first <= 7",
        "context.first <= 5",
    );
    project
        .sealine(&["policy", "test"])
        .ends(1)
        .says("no statement covers it");
}

#[test]
fn what_cannot_be_asked_is_no_denial() {
    let project = Project::small();
    for (from, to, code) in [
        ("action: write", "action: wright", "SL4460"),
        ("action: write", "action: run", "SL4461"),
        ("resource: { pipeline:", "resource: { pipe:", "SL4461"),
        ("first: 7", "frist: 7", "SL4462"),
        ("first: 7", "first: seven", "SL4462"),
        ("  column: card\n", "", "SL4462"),
        ("expect: deny", "expect: no", "SL1026"),
    ] {
        let before = project.read(TABLE);
        project.edit(TABLE, from, to);
        project.sealine(&["policy", "test"]).ends(2).says(code);
        project.write(TABLE, &before);
    }
    fs::remove_file(project.path().join(TABLE)).unwrap();
    project.sealine(&["policy", "test"]).ends(2).says("SL0342");
}

#[test]
fn every_example_passes_its_table_and_prints_its_matrix() {
    let mut tables = 0;
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let folder = format!("examples/{name}");
        if !root().join(&folder).join("policy/matrix.txt").is_file() {
            continue;
        }
        let project = Project::of(&folder);
        let printed = project.sealine(&["policy", "matrix"]).ends(0);
        assert_eq!(printed.out, project.read("policy/matrix.txt"), "{name}");
        if project.path().join("policy/tests").is_dir() {
            project.sealine(&["policy", "test"]).ends(0);
            tables += 1;
        }
    }
    assert!(tables >= 3, "{tables}");
}

#[test]
fn a_role_of_the_project_counts_at_the_terminal() {
    let project = Project::small();
    project.write(
        "policy/roles.cedar",
        "@id(\"ops\") permit (principal in Sealine::Role::\"ops\", action == Sealine::Action::\"administer\", resource);\n",
    );
    project.sealine(&["run"]).ends(0);
    let limit = ["keys", "limit", "lake", "1000000"];
    let refused = project.sealine(&limit).ends(3);
    let me = refused.err.split("User::\"").nth(1).unwrap();
    let me = me.split('"').next().unwrap();
    let text = project.read("sealine.yaml");
    project.write(
        "sealine.yaml",
        &format!("{text}\nroles: {{ ops: {{ users: [{me}] }} }}\n"),
    );
    project.sealine(&limit).ends(0);
}
