//! The first thing that a newcomer does, end to end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::Project;
use std::fs;

#[test]
fn a_run_says_what_was_proved_committed_and_receipted_in_this_order() {
    let project = Project::of("examples/customers");
    let said = project.sealine(&["run"]).ends(0);
    let place = |word: &str| {
        said.out
            .find(word)
            .unwrap_or_else(|| panic!("{word} in\n{}", said.out))
    };
    let places = [
        place("proved"),
        place("committed"),
        place("receipt"),
        place("next"),
    ];
    assert!(places.is_sorted(), "{}", said.out);
    for part in [
        "crm.customers.email",
        "tokenize",
        "mask",
        "bucket",
        "redact",
        "10,000 rows in",
        "lake.customers",
        "sealine -C",
    ] {
        assert!(said.out.contains(part), "{part} in\n{}", said.out);
    }
    assert!(said.err.contains("made the keys"), "{}", said.err);
}

#[test]
fn the_summary_as_json_adds_up() {
    let project = Project::of("examples/customers");
    let report = project.sealine(&["run", "--format", "json"]).ends(0).json();
    let input = &report["inputs"][0];
    assert_eq!(input["rows_in"], 10_000);
    let rejected = input["rejected"].as_u64().unwrap();
    assert!((10..100).contains(&rejected), "{rejected}");
    assert_eq!(input["accepted"].as_u64().unwrap() + rejected, 10_000);
    assert_eq!(report["outputs"][0]["rows"], input["accepted"]);
    let by_rule: u64 = input["rejected_by_rule"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["rows"].as_u64().unwrap())
        .sum();
    assert_eq!(by_rule, rejected);
    let rules: Vec<&str> = input["rejected_by_rule"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["rule"].as_str().unwrap())
        .collect();
    assert!(rules.len() >= 6, "the example shows many rules: {rules:?}");
    assert_eq!(report["declassifications"].as_array().unwrap().len(), 4);
}

#[test]
fn the_output_is_sealed() {
    let project = Project::small();
    project.sealine(&["run"]).ends(0);
    for folder in ["lake/customers", "data/rejects"] {
        for path in project.files(folder) {
            let bytes = fs::read(&path).unwrap();
            assert_eq!(&bytes[..4], b"PARE", "{}", path.display());
            assert_eq!(&bytes[bytes.len() - 4..], b"PARE", "{}", path.display());
        }
    }
    assert_eq!(project.files("lake/customers").len(), 1);
}

#[test]
fn what_was_written_can_be_read_and_previewed() {
    let project = Project::small();
    project
        .sealine(&["preview", "--limit", "3"])
        .ends(1)
        .says("sealine run");
    project.sealine(&["run"]).ends(0);
    let read = project
        .sealine(&["read", "lake.customers", "--limit", "5", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(read["rows"].as_array().unwrap().len(), 5);
    let row = read["rows"][0].as_array().unwrap();
    assert!(row.iter().any(|cell| cell == "[redacted]"), "{row:?}");
    let preview = project.sealine(&["preview", "--limit", "3"]).ends(0);
    assert!(preview.out.contains("3 rows"), "{}", preview.out);
    let own = project
        .sealine(&["read", "crm.customers", "--limit", "2", "--format", "json"])
        .ends(0)
        .json();
    let columns: Vec<&str> = own["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(columns, ["id", "country"], "only what a terminal may show");
    let withheld: Vec<&str> = own["withheld"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["column"].as_str().unwrap())
        .collect();
    assert!(withheld.contains(&"email"), "{withheld:?}");
    project
        .sealine(&["read", "crm.customers", "--columns", "email"])
        .ends(3);
    let log = project.sealine(&["audit", "show"]).ends(0);
    for event in [
        "keys.created",
        "run.started",
        "run.committed",
        "read",
        "preview",
        "access.refused",
    ] {
        assert!(log.out.contains(event), "{event} in\n{}", log.out);
    }
}

#[test]
fn the_same_person_gets_the_same_token_in_every_run() {
    let project = Project::small();
    let tokens = || {
        project.sealine(&["run"]).ends(0);
        project
            .sealine(&[
                "read",
                "lake.customers",
                "--columns",
                "id,email",
                "--limit",
                "50",
                "--format",
                "json",
            ])
            .ends(0)
            .json()["rows"]
            .clone()
    };
    let first = tokens();
    assert_eq!(first, tokens());
    assert!(first[0][1].as_str().unwrap().len() == 22, "{first}");
}

#[test]
fn keys_are_listed_and_never_shown() {
    let project = Project::small();
    project
        .sealine(&["keys", "list"])
        .ends(0)
        .says("not made yet");
    project.sealine(&["run"]).ends(0);
    let list = project
        .sealine(&["keys", "list", "--format", "json"])
        .ends(0)
        .json();
    let names: Vec<&str> = list["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["name"].as_str().unwrap())
        .collect();
    for name in ["crm", "lake", "quarantine", "lake-values"] {
        assert!(names.contains(&name), "{names:?}");
    }
    project.edit(
        "sealine.yaml",
        "keys:\n",
        "keys:\n  more: { purpose: token }\n",
    );
    project
        .sealine(&["run"])
        .ends(1)
        .says("sealine keys new more");
    project.sealine(&["keys", "new", "more"]).ends(0);
    project.sealine(&["run"]).ends(0);
    project.sealine(&["keys", "new", "more"]).ends(1);
    project
        .sealine(&["keys", "new", "other"])
        .ends(2)
        .says("other");
}

#[test]
fn two_runs_exclude_each_other() {
    let project = Project::of("examples/customers");
    let start = || {
        harness::sealine()
            .arg("-C")
            .arg(project.path())
            .arg("run")
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children = [start(), start(), start()];
    let ends: Vec<_> = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .collect();
    let done = ends
        .iter()
        .filter(|end| end.status.code() == Some(0))
        .count();
    assert!(done >= 1, "{ends:?}");
    for end in ends.iter().filter(|end| end.status.code() != Some(0)) {
        assert_eq!(end.status.code(), Some(1));
        assert!(
            String::from_utf8_lossy(&end.stderr).contains("SL5010"),
            "{end:?}"
        );
    }
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn too_many_rejects_stop_the_run_before_the_commit() {
    let project = Project::small();
    project.edit(
        "catalog/crm.yaml",
        "    rejects: quarantine.customers",
        "    max_rejects: 1\n    rejects: quarantine.customers",
    );
    let header = "id,email,card,age,country,nationality,comment\n";
    project.write(
        "data/customers.csv",
        &format!("{header}1,a@mail.example,,30,DE,,\n2,no,,30,DE,,\n3,no,,30,DE,,\n"),
    );
    project.sealine(&["run"]).ends(1).says("SL5022");
    assert!(project.files("lake/customers").is_empty());
    project
        .sealine(&["audit", "show"])
        .ends(0)
        .says("run.failed");
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn the_picture_and_the_drawing_show_the_same_flow() {
    let project = Project::small();
    let text = project.sealine(&["plan", "customers-daily"]).ends(0).out;
    let svg = project
        .sealine(&["plan", "customers-daily", "--as", "svg"])
        .ends(0)
        .out;
    let json = project.sealine(&["plan", "--as", "json"]).ends(0).json();
    for part in [
        "crm.customers",
        "safe",
        "lake.customers",
        "restricted",
        "internal",
        "age_band",
    ] {
        assert!(text.contains(part) && svg.contains(part), "{part}");
    }
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert_eq!(json["flow"]["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(json["violations"], 0);
}
