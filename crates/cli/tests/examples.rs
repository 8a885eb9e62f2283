//! Every example does what its README says: its pipelines run in their order, the evidence
//! verifies, no restricted value of its input stands anywhere in what a run leaves or a reader
//! sees, and what it keeps under `refused/` is refused for the reason that is written there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, Said};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::process::Command;

/// A copy of an example after all of its pipelines ran, in this order.
fn ran(folder: &str, pipelines: &[&str]) -> Project {
    let project = Project::of(folder);
    for pipeline in pipelines {
        project.sealine(&["run", pipeline]).ends(0);
    }
    let there: BTreeSet<String> = project
        .files("pipelines")
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let run: BTreeSet<String> = pipelines.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(there, run, "every pipeline of {folder} is run");
    project
}

fn hospital() -> Project {
    ran(
        "examples/hospital",
        &["study", "returns", "wards", "open-data", "billing"],
    )
}

fn payments() -> Project {
    ran(
        "examples/payments",
        &["settlement", "benchmark", "risk", "test-data"],
    )
}

/// The rows of a dataset that the terminal may show, by column.
fn rows(project: &Project, dataset: &str) -> Vec<BTreeMap<String, Value>> {
    let read = project
        .sealine(&["read", dataset, "--limit", "10000", "--format", "json"])
        .ends(0)
        .json();
    named(&read)
}

fn named(read: &Value) -> Vec<BTreeMap<String, Value>> {
    let columns = read["columns"].as_array().unwrap();
    let name = |place: usize| columns[place]["name"].as_str().unwrap().to_owned();
    let row = |row: &Value| {
        let cells = row.as_array().unwrap().iter().enumerate();
        cells
            .map(|(place, cell)| (name(place), cell.clone()))
            .collect()
    };
    read["rows"].as_array().unwrap().iter().map(row).collect()
}

/// The rows of a CSV file without quotes around commas, by column.
fn csv(project: &Project, name: &str) -> Vec<BTreeMap<String, String>> {
    let text = project.read(name);
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let cells = line.split(',').map(str::to_owned);
            header
                .iter()
                .map(|name| (*name).to_owned())
                .zip(cells)
                .collect()
        })
        .collect()
}

/// Fails where one of the values stands in a file that a run left, or in something that was said.
#[track_caller]
fn nowhere(project: &Project, said: &[Said], values: &BTreeSet<String>) {
    assert!(values.len() > 200, "{}", values.len());
    let mut places: Vec<(String, Vec<u8>)> = Vec::new();
    for folder in ["lake", ".sealine", "data/rejects"] {
        for path in project.files(folder) {
            places.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    assert!(places.len() > 10, "{}", places.len());
    for one in said {
        places.push(("standard output".to_owned(), one.out.clone().into_bytes()));
        places.push(("standard error".to_owned(), one.err.clone().into_bytes()));
    }
    const HEAD: usize = 6;
    let mut by_head: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
    for value in values {
        let value = value.as_bytes();
        by_head.entry(&value[..HEAD]).or_default().push(value);
    }
    for (place, bytes) in places {
        for (start, head) in bytes.windows(HEAD).enumerate() {
            for value in by_head.get(head).into_iter().flatten() {
                assert!(
                    !bytes[start..].starts_with(value),
                    "`{}` stands in {place}",
                    String::from_utf8_lossy(value)
                );
            }
        }
    }
}

/// Puts each pipeline of `refused/` into the project: refused with its code, and not run.
fn refusals(folder: &str) {
    let project = Project::of(folder);
    let expected = project.read("refused/expected.txt");
    let mut named = BTreeSet::new();
    for line in expected.lines().filter(|line| !line.starts_with('#')) {
        let (name, code) = line.split_once(' ').unwrap();
        let file = format!("{name}.yaml");
        let text = project.read(&format!("refused/{file}"));
        project.write(&format!("pipelines/{file}"), &text);
        // What SQL cannot name is a broken file; what leaks is refused.
        let ends = if code.starts_with("SL2") { 2 } else { 3 };
        let found = project
            .sealine(&["check", name, "--format", "json"])
            .ends(ends)
            .json();
        let codes: BTreeSet<&str> = found["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["severity"] == "error")
            .map(|one| one["code"].as_str().unwrap())
            .collect();
        assert_eq!(codes, BTreeSet::from([code]), "{name}: {found}");
        project.sealine(&["run", name]).ends(ends).says(code);
        fs::remove_file(project.path().join("pipelines").join(&file)).unwrap();
        named.insert(file);
    }
    let there: BTreeSet<String> = project
        .files("refused")
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "expected.txt")
        .collect();
    assert_eq!(there, named, "expected.txt names every pipeline");
    assert!(project.files("lake").is_empty(), "nothing was written");
}

#[test]
fn what_the_hospital_refuses() {
    refusals("examples/hospital");
}

#[test]
fn what_payments_refuse() {
    refusals("examples/payments");
}

#[test]
fn nobody_is_found_in_what_the_hospital_writes() {
    let project = hospital();
    let said = [
        "research.people",
        "research.visits",
        "research.returns",
        "research.wards",
        "open.visits",
    ]
    .map(|dataset| {
        project
            .sealine(&["read", dataset, "--limit", "10000", "--format", "json"])
            .ends(0)
    });
    let mut values = BTreeSet::new();
    for row in csv(&project, "data/patients.csv") {
        for column in [
            "mrn",
            "name",
            "street",
            "phone",
            "email",
            "ssn",
            "member",
            "license",
            "portal",
            "last_ip",
            "voice_print",
            "photo",
        ] {
            values.insert(row[column].clone());
        }
    }
    for row in csv(&project, "data/visits.csv") {
        for column in ["account", "implant"] {
            values.insert(row[column].clone());
        }
    }
    values.remove("");
    nowhere(&project, &said, &values);
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn the_hospital_keeps_intervals_and_gives_no_date() {
    let project = hospital();
    let source: BTreeMap<String, BTreeMap<String, String>> = csv(&project, "data/visits.csv")
        .into_iter()
        .map(|row| (row["visit"].clone(), row))
        .collect();
    let visits = rows(&project, "research.visits");
    assert_eq!(visits.len(), 1_497);
    let mut moved = 0;
    for visit in &visits {
        let before = &source[&visit["visit"].to_string()];
        let (from, to) = (
            days(visit["admitted"].as_str().unwrap()),
            days(visit["discharged"].as_str().unwrap()),
        );
        let (true_from, true_to) = (days(&before["admitted"]), days(&before["discharged"]));
        assert_eq!(to - from, true_to - true_from);
        assert!((from - true_from).abs() <= 180);
        moved += usize::from(from != true_from);
        assert!(visit["age"].as_i64().unwrap() <= 90);
        // Never tested, tested and ill: one as long as the other, and none missing.
        assert_eq!(
            visit["hiv"].as_str().unwrap().len(),
            visits[0]["hiv"].as_str().unwrap().len()
        );
    }
    assert_eq!(moved, visits.len(), "no date stays where it was");
    let people = rows(&project, "research.people");
    let areas: BTreeSet<&str> = people
        .iter()
        .map(|row| row["zip3"].as_str().unwrap())
        .collect();
    assert_eq!(areas, BTreeSet::from(["000", "021", "037", "050"]));
    // One patient, one pseudonym, whichever file it came from.
    let of = |rows: &[BTreeMap<String, Value>]| -> BTreeSet<String> {
        rows.iter().map(|row| row["person"].to_string()).collect()
    };
    assert!(of(&visits).is_subset(&of(&people).union(&of(&visits)).cloned().collect()));
    let joined = of(&rows(&project, "research.returns"));
    assert_eq!(
        joined,
        of(&visits).intersection(&of(&people)).cloned().collect()
    );
}

/// A day number that grows by one a day, for differences only (ISO 8601 text).
fn days(date: &str) -> i64 {
    let part: Vec<i64> = date.split('-').map(|part| part.parse().unwrap()).collect();
    let (year, month) = if part[1] > 2 {
        (part[0], part[1] - 3)
    } else {
        (part[0] - 1, part[1] + 9)
    };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + part[2]
}

#[test]
fn open_data_are_in_classes_of_five_or_not_published() {
    let project = Project::of("examples/hospital");
    let report = project
        .sealine(&["run", "open-data", "--format", "json"])
        .ends(0)
        .json();
    let found = &report["outputs"][0]["anonymity"];
    assert!(found["found"]["k"].as_u64().unwrap() >= 5, "{report}");
    assert_eq!(found["found"]["counted"], "subjects");
    assert_eq!(report["outputs"][0]["sealed"], false);
    let before = fs::read(&project.files("lake/open/visits")[0]).unwrap();
    project.edit(
        "pipelines/open-data.yaml",
        "'18, 40, 65')",
        "'18, 40, 65, 90')",
    );
    project
        .sealine(&["run", "open-data"])
        .ends(1)
        .says("nothing was published");
    assert_eq!(
        before,
        fs::read(&project.files("lake/open/visits")[0]).unwrap()
    );
}

#[test]
fn notes_go_to_billing_without_what_the_detectors_find() {
    let project = Project::of("examples/hospital");
    // What billing sees is above the terminal, so the terminal is raised for this look.
    project.sealine(&["run", "billing"]).ends(0);
    project.edit(
        "sealine.yaml",
        "operator_clearance: research",
        "operator_clearance: billing",
    );
    project.edit(
        "policy/hospital.cedar",
        "resource in [Sealine::Dataset::\"research\",",
        "resource in [Sealine::Dataset::\"billing\",",
    );
    project.edit(
        "policy/hospital.cedar",
        "context.pipeline == \"billing\" &&",
        "",
    );
    project.edit(
        "policy/hospital.cedar",
        "context.pipeline == \"billing\" &&",
        "",
    );
    let claims = rows(&project, "billing.claims");
    assert_eq!(claims.len(), 1_497);
    for claim in &claims {
        let note = claim["note"].as_str().unwrap();
        for sign in ["@", "555-01", "203.0.113.", "https://"] {
            assert!(!note.contains(sign), "{note}");
        }
    }
    // And what no detector knows is still there: names.
    assert!(
        claims
            .iter()
            .any(|claim| claim["note"].as_str().unwrap().contains("came in at night"))
    );
}

#[test]
fn a_sealed_result_opens_for_who_may() {
    let project = Project::of("examples/hospital");
    project.sealine(&["run", "study"]).ends(0);
    let reveal = [
        "reveal",
        "research.visits",
        "--column",
        "hiv",
        "--columns",
        "visit",
        "--reason",
        "exposure 17",
    ];
    pasted(&project, &reveal);
    let shown = project
        .sealine(&[&reveal[..], &["--limit", "2000", "--format", "json"]].concat())
        .ends(0)
        .json();
    let source: BTreeMap<String, String> = csv(&project, "data/visits.csv")
        .into_iter()
        .map(|mut row| (row.remove("visit").unwrap(), row.remove("hiv").unwrap()))
        .collect();
    for row in named(&shown) {
        assert_eq!(
            row["hiv"].as_str().unwrap_or_default(),
            source[&row["visit"].to_string()]
        );
    }
}

/// Refused; with the statement that the refusal prints in the policy, done.
#[track_caller]
fn pasted(project: &Project, words: &[&str]) {
    let refused = project.sealine(words).ends(3).says("SL4112");
    let grant = refused.err.split("permit (").nth(1).unwrap();
    let grant = grant.split(';').next().unwrap();
    project.write("policy/pasted.cedar", &format!("permit ({grant};\n"));
    project.sealine(words).ends(0);
}

fn authorizations(project: &Project) -> Vec<Value> {
    let text = project.read("data/authorizations/2026-03-02.jsonl");
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

#[test]
fn no_card_is_found_in_what_payments_write() {
    let project = payments();
    let said = ["desk.settlement", "merchants.benchmark", "risk.disputes"].map(|dataset| {
        project
            .sealine(&["read", dataset, "--limit", "10000", "--format", "json"])
            .ends(0)
    });
    let mut values = BTreeSet::new();
    for line in authorizations(&project) {
        for field in ["pan", "holder", "email"] {
            if let Some(text) = line[field].as_str() {
                values.insert(text.to_owned());
            }
        }
        values.insert(format!("\"cvv\":{}", line["cvv"]));
    }
    project.sealine(&["audit", "verify"]).ends(0);
    // One invented card in 100,000 is a real one: these are compared one by one, below.
    fs::remove_dir_all(project.path().join("lake/test")).unwrap();
    nowhere(&project, &said, &values);
}

#[test]
fn each_audience_gets_one_form_of_a_card() {
    let project = payments();
    let cards: BTreeMap<i64, String> = authorizations(&project)
        .iter()
        .filter_map(|line| Some((line["id"].as_i64()?, line["pan"].as_str()?.to_owned())))
        .collect();
    let desk = rows(&project, "desk.settlement");
    let tested = rows(&project, "test.payments");
    let addresses: BTreeSet<String> = authorizations(&project)
        .iter()
        .map(|line| line["email"].to_string())
        .collect();
    let (mut compared, mut same) = (0, BTreeSet::new());
    for (shown, other) in desk.iter().zip(&tested) {
        assert_eq!(shown["id"], other["id"]);
        let Some(card) = cards.get(&shown["id"].as_i64().unwrap()) else {
            continue;
        };
        let (masked, invented) = (
            shown["card"].as_str().unwrap(),
            other["pan"].as_str().unwrap(),
        );
        let hidden = "*".repeat(card.len() - 4);
        assert_eq!(masked, format!("{hidden}{}", &card[card.len() - 4..]));
        if invented == card {
            same.insert(card);
        }
        assert!(
            !addresses.contains(&other["email"].to_string()),
            "{other:?}"
        );
        assert_eq!(invented.len(), card.len());
        assert_eq!(&invented[..3], &card[..3]);
        compared += 1;
    }
    assert!(compared > 300, "{compared}");
    assert!(same.len() < 3, "one in 100,000 stays as it was by chance");
    for trade in rows(&project, "merchants.benchmark") {
        assert!(trade["payments"].as_i64().unwrap() >= 20, "{trade:?}");
    }
}

#[test]
fn a_dispute_opens_its_card_and_keys_rotate_beneath_it() {
    let project = Project::of("examples/payments");
    project.sealine(&["run", "risk"]).ends(0);
    let reveal = [
        "reveal",
        "risk.disputes",
        "--column",
        "pan:id",
        "--columns",
        "id",
        "--reason",
        "dispute 2291",
    ];
    pasted(&project, &reveal);
    project.sealine(&["keys", "rotate", "disputes"]).ends(0);
    project
        .sealine(&["keys", "limit", "risk", "100000"])
        .ends(0);
    let shown = project
        .sealine(&[&reveal[..], &["--limit", "1000", "--format", "json"]].concat())
        .ends(0)
        .json();
    let cards: BTreeMap<String, Value> = authorizations(&project)
        .into_iter()
        .map(|line| (line["id"].to_string(), line["pan"].clone()))
        .collect();
    let opened = named(&shown);
    let mut known = 0;
    for row in &opened {
        if let Some(card) = cards.get(&row["id"].to_string()) {
            assert_eq!(&row["pan"], card);
            known += 1;
        }
    }
    assert!(known > 300, "{known} of {}", opened.len());
    // The next run seals under the new version, and everything still verifies.
    project.sealine(&["run", "risk"]).ends(0);
    project.sealine(&["audit", "verify"]).ends(0);
}

/// The interpreter of `cargo xtask peers`, if it was made; with `SEALINE_PEERS=required` it must be.
fn python() -> Option<std::path::PathBuf> {
    let python = harness::root().join("target/peers/venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    let required = std::env::var_os("SEALINE_PEERS").is_some_and(|value| value == "required");
    assert!(
        !required,
        "{} is missing: run `cargo xtask peers`",
        python.display()
    );
    harness::skipped("there is no target/peers/venv; run `cargo xtask peers`");
    None
}

#[test]
fn pyarrow_reads_the_lake_as_far_as_the_policy_lets_it() {
    let Some(python) = python() else { return };
    let project = Project::small();
    project.sealine(&["run"]).ends(0);
    let file = project.files("lake/customers").pop().unwrap();
    let read = |columns: &[&str]| {
        let mut command = Command::new(&python);
        command
            .arg(harness::root().join("examples/pyarrow/read_lake.py"))
            .arg(project.path())
            .arg(&file)
            .args(columns)
            .env("SEALINE", harness::SEALINE)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        harness::said(&mut command)
    };
    read(&["id", "age_band"]).ends(1).says("SL4105");
    project.write(
        "policy/pyarrow.cedar",
        "permit (principal is Sealine::User, action == Sealine::Action::\"unwrap\", resource == Sealine::Key::\"lake\");\n",
    );
    let table = read(&["id", "age_band"]).ends(0);
    let own = rows(&project, "lake.customers");
    assert_eq!(table.out.lines().count(), own.len());
    let first = &own[0];
    let age = match &first["age_band"] {
        Value::Null => "None".to_owned(),
        age => age.to_string(),
    };
    let line = format!("{{'id': {}, 'age_band': {age}}}", first["id"]);
    assert!(table.out.contains(&line), "{line} in\n{}", table.out);
    read(&["id", "country"]).ends(1).says("country");
    let log = project.sealine(&["audit", "show"]).ends(0).out;
    assert!(
        log.contains("keys.granted") && log.contains("keys.served"),
        "{log}"
    );
}

/// What pyarrow makes of partitions, in clear and sealed, with its own reading of the names of folders.
#[test]
fn pyarrow_reads_partitions_as_hive_names_them() {
    let Some(python) = python() else { return };
    let project = Project::of("examples/payments");
    project.edit(
        "catalog/pay.yaml",
        "path: settlement/, format: csv }\n    clearance: settlement\n",
        "path: settlement/, format: csv }\n    clearance: settlement\n    partition_by: [currency]\n",
    );
    project.sealine(&["run", "settlement"]).ends(0);
    project.sealine(&["run", "risk"]).ends(0);
    let counts = |dataset: &str| {
        let mut counts = BTreeMap::<String, usize>::new();
        for row in rows(&project, dataset) {
            *counts
                .entry(row["currency"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
        counts
    };
    let script = "import sys, json, pyarrow.dataset as ds\n\
                  t = ds.dataset(sys.argv[1], format='csv', partitioning='hive').to_table()\n\
                  print(json.dumps({c['values']: c['counts'] for c in t['currency'].value_counts().to_pylist()}))";
    let mut command = Command::new(&python);
    command
        .arg("-c")
        .arg(script)
        .arg(project.path().join("lake/settlement"));
    let seen: BTreeMap<String, usize> =
        serde_json::from_str(&harness::said(&mut command).ends(0).out).unwrap();
    assert_eq!(seen, counts("desk.settlement"));
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["CHF", "EUR"]);
    project.write(
        "policy/pyarrow.cedar",
        "permit (principal is Sealine::User, action == Sealine::Action::\"unwrap\", resource == Sealine::Key::\"risk\");\n",
    );
    let mut command = Command::new(&python);
    command
        .arg(harness::root().join("examples/pyarrow/read_lake.py"))
        .arg(project.path())
        .arg(project.path().join("lake/disputes"))
        .args(["id", "currency"])
        .env("SEALINE", harness::SEALINE)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let table = harness::said(&mut command).ends(0);
    for (currency, count) in counts("risk.disputes") {
        let ending = format!("'currency': '{currency}'}}");
        let found = table.out.lines().filter(|line| line.ends_with(&ending));
        assert_eq!(found.count(), count, "{currency}");
    }
}
