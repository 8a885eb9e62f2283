//! `init`, `explain`, `schema`, the reference and the README: what a newcomer meets first.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, said, sealine};
use std::fs;
use std::path::Path;

#[test]
fn init_makes_a_project_that_runs_at_once() {
    let folder = Project::empty();
    let made = folder.sealine(&["init", "demo"]).ends(0).says("next");
    assert!(!made.out.contains("zoe.lefevre"), "no value is printed");
    let demo = folder.path().join("demo");
    let run = |arguments: &[&str]| said(sealine().arg("-C").arg(&demo).args(arguments));
    run(&["check"]).ends(0);
    let report = run(&["run", "--format", "json"]).ends(0).json();
    assert_eq!(report["inputs"][0]["rows_in"], 12);
    assert_eq!(report["inputs"][0]["rejected"], 1);
    run(&["read", "lake.people", "--limit", "3"]).ends(0);
    run(&["audit", "verify"]).ends(0);
    // A second time nothing is overwritten.
    let before = fs::read_to_string(demo.join("catalog/people.yaml")).unwrap();
    folder.sealine(&["init", "demo"]).ends(2).says("SL0101");
    assert_eq!(
        fs::read_to_string(demo.join("catalog/people.yaml")).unwrap(),
        before
    );
}

#[test]
fn init_from_a_file_proposes_a_pipeline_that_passes_and_runs() {
    let folder = Project::empty();
    let data = harness::root().join("examples/customers/data/customers.csv");
    let made = folder
        .sealine(&[
            "init",
            "--from",
            data.to_str().unwrap(),
            "shop",
            "--format",
            "json",
        ])
        .ends(0)
        .json();
    let column = |name: &str| {
        made["columns"]
            .as_array()
            .unwrap()
            .iter()
            .find(|column| column["name"] == name)
            .unwrap_or_else(|| panic!("{made:#}"))
            .clone()
    };
    assert_eq!(column("email")["tags"][0], "pii.email");
    assert_eq!(column("email")["as"], "tokenized");
    assert_eq!(column("card")["tags"][0], "pci.pan");
    assert_eq!(column("card")["type"], "string");
    assert_eq!(column("age")["as"], "in bands of ten");
    assert_eq!(column("country")["level"], "internal");
    assert_eq!(column("nationality")["level"], "restricted");
    assert_eq!(column("comment")["as"], "redacted");
    let shop = folder.path().join("shop");
    let run = |arguments: &[&str]| said(sealine().arg("-C").arg(&shop).args(arguments));
    run(&["check"]).ends(0);
    let report = run(&["run", "--format", "json"]).ends(0).json();
    assert_eq!(report["inputs"][0]["rows_in"], 10_000);
    assert!(
        report["inputs"][0]["rejected"].as_u64().unwrap() < 200,
        "{report:#}"
    );
}

#[test]
fn init_from_odd_files_passes_too() {
    for (name, text) in [
        (
            "semi.csv",
            "Kunden Nr;E-Mail;Größe\n1;a@mail.example;38\n2;b@mail.example;40\n3;c@mail.example;41\n",
        ),
        ("tab.csv", "id\tnote\n1\tx\n2\ty\n"),
        (
            "nohead.csv",
            "1,ada@mail.example\n2,bob@mail.example\n3,eve@mail.example\n",
        ),
        (
            "order.csv",
            "order,select,user id,\"a\"\"b\",c: d\n1,x,7,p,q\n2,y,8,p,q\n",
        ),
        ("nokey.csv", "name,city\nAda,Rome\nAda,Rome\n"),
        (
            "wide.csv",
            &format!(
                "{}\n{}\n{}\n",
                (0..120)
                    .map(|n| format!("c{n}"))
                    .collect::<Vec<_>>()
                    .join(","),
                vec!["1"; 120].join(","),
                vec!["2"; 120].join(",")
            ),
        ),
        ("bom.csv", "\u{feff}id,name\n1,Zoé\n2,Jürgen\n"),
        (
            "types.csv",
            "id,price,day,at,on,zip\n1,1.50,2024-01-02,2024-01-02T03:04:05Z,true,01234\n2,20,2024-02-29,2024-01-02 03:04:05,false,10115\n",
        ),
    ] {
        let folder = Project::empty();
        folder.write(name, text);
        let from = folder.path().join(name);
        let made = folder.sealine(&["init", "--from", from.to_str().unwrap()]);
        assert_eq!(made.code, Some(0), "{name}\n{}\n{}", made.out, made.err);
        let check = folder.sealine(&["check"]);
        assert_eq!(check.code, Some(0), "{name}\n{}\n{}", check.out, check.err);
        let run = folder.sealine(&["run"]);
        assert_eq!(run.code, Some(0), "{name}\n{}\n{}", run.out, run.err);
        assert!(!run.out.contains("rejected by"), "{name}\n{}", run.out);
    }
}

#[test]
fn init_says_what_it_cannot_use() {
    let folder = Project::empty();
    for (text, reason) in [
        (&b""[..], "no row"),
        (b"a,b\n", "no row"),
        (b"a,a\n1,2\n", "two columns"),
        (b"a\n\xff\n", "UTF-8"),
        (b"PARExx", "encrypted Parquet"),
    ] {
        let path = folder.path().join("x.csv");
        fs::write(&path, text).unwrap();
        folder
            .sealine(&["init", "--from", path.to_str().unwrap()])
            .ends(2)
            .says("SL0102")
            .says(reason);
    }
    folder
        .sealine(&["init", "--from", "/nowhere/at/all.csv"])
        .ends(2)
        .says("SL0103");
}

#[test]
fn every_code_is_explained() {
    let list = said(sealine().args(["explain", "--list", "--format", "json"]))
        .ends(0)
        .json();
    let codes = list.as_array().unwrap();
    assert!(codes.len() > 80, "{}", codes.len());
    // One process for each would take a while; every tenth stands for its neighbours.
    for code in codes.iter().step_by(10) {
        let code = code["code"].as_str().unwrap();
        let text = said(sealine().args(["explain", code])).ends(0).out;
        assert!(text.len() > 80, "{code}: {text}");
        assert_eq!(
            said(sealine().args(["explain", &code.to_lowercase()]))
                .ends(0)
                .out,
            text
        );
    }
    said(sealine().args(["explain", "SL9999"]))
        .ends(2)
        .says("SL0105");
}

#[test]
fn schemas_are_json() {
    for name in ["project", "catalog", "pipeline"] {
        let schema = said(sealine().args(["schema", name])).ends(0).json();
        assert!(schema["properties"]["version"].is_object(), "{name}");
        assert_eq!(schema["additionalProperties"], false, "{name}");
    }
    said(sealine().args(["schema", "policy"])).ends(2);
}

#[test]
fn the_reference_is_fresh() {
    let pages = harness::root().join("docs/reference");
    said(sealine().arg("docs").arg(&pages).arg("--check")).ends(0);
}

#[test]
fn help_teaches() {
    let help = said(sealine().arg("--help")).ends(0).out;
    for part in ["Examples:", "Exit codes", "sealine explain", "sealine init"] {
        assert!(help.contains(part), "{part} in\n{help}");
    }
    for verb in [
        "init", "check", "plan", "run", "keys", "read", "preview", "audit", "explain", "schema",
    ] {
        said(sealine().args([verb, "--help"]))
            .ends(0)
            .says("Examples:");
        assert!(help.contains(verb));
    }
    assert!(
        !help.contains("conform") && !help.contains("docs "),
        "{help}"
    );
    said(sealine().arg("--version")).ends(0).says("sealine 0.");
}

/// The commands of the README run as they are written, on a copy.
#[test]
fn the_commands_of_the_readme_do_what_it_says() {
    let readme = fs::read_to_string(harness::root().join("README.md")).unwrap();
    let copy = Project::of("examples/customers");
    let mut ran = 0;
    let inline = readme
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.starts_with("cargo run -- "));
    let fenced = readme
        .lines()
        .filter_map(|line| line.strip_prefix("$ "))
        .filter(|line| line.starts_with("cargo run -- "));
    for command in fenced.chain(inline) {
        let words: Vec<&str> = command
            .trim_start_matches("cargo run -- ")
            .split_whitespace()
            .collect();
        let words: Vec<&str> = words
            .iter()
            .map(|word| {
                if *word == "examples/customers" {
                    copy.path().to_str().unwrap()
                } else {
                    word
                }
            })
            .collect();
        said(sealine().args(&words)).ends(0);
        ran += 1;
    }
    assert!(ran >= 3, "{ran}");
    for name in [
        "data/customers.csv",
        "pipelines/customers-daily.yaml",
        "policy",
    ] {
        assert!(Path::new(&copy.path().join(name)).exists());
    }
}

#[test]
fn the_readme_shows_the_flow_as_it_is_drawn() {
    let readme = fs::read_to_string(harness::root().join("README.md")).unwrap();
    let shown = readme
        .split("<!-- plan -->\n```text\n")
        .nth(1)
        .unwrap()
        .split("```\n<!-- /plan -->")
        .next()
        .unwrap();
    let project = Project::of("examples/customers");
    let drawn = project.sealine(&["plan", "customers-daily"]).ends(0).out;
    assert_eq!(
        shown.trim_end(),
        drawn.trim_end(),
        "paste this into the README:\n{drawn}"
    );
}
