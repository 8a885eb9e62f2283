//! `sealine protect`: one file, the project's keys and policy, and no second way to run.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, Said, said, sealine};
use std::fs;

/// What lets anybody protect a file: start it, read the file, write the output, and three forms.
const GRANTS: &str = r#"
permit (principal is Sealine::User, action == Sealine::Action::"run", resource == Sealine::Pipeline::"protect");
permit (principal is Sealine::User, action == Sealine::Action::"read", resource in Sealine::Dataset::"adhoc");
permit (principal is Sealine::User, action in [Sealine::Action::"read", Sealine::Action::"write"], resource in Sealine::Dataset::"protected");
permit (principal is Sealine::User, action == Sealine::Action::"declassify", resource)
when { ["protect", "read", "reveal"].contains(context.pipeline) && ["tokenize", "mask", "redact", "siv"].contains(context.protection) };
"#;

const PEOPLE: &str = "id,email,city\n1,ada@mail.example,Rome\n2,bob@mail.example,Oslo\n3,cy@mail.example,Bonn\n4,di@mail.example,Lyon\n";

fn project() -> Project {
    let project = Project::small();
    project.write("policy/protect.cedar", GRANTS);
    project.write("data/new.csv", PEOPLE);
    project
}

fn protect(project: &Project, arguments: &[&str]) -> Said {
    let file = project.path().join("data/new.csv");
    let out = project.path().join("lake/new");
    let mut command = sealine();
    command
        .arg("-C")
        .arg(project.path())
        .arg("protect")
        .arg(file);
    command.args(["--key", "lake", "--level", "id=internal"]);
    if !arguments.contains(&"--out") {
        command.arg("--out").arg(out);
    }
    said(command.args(arguments))
}

const TOKENS: [&str; 4] = [
    "--column",
    "id",
    "--column",
    "tokenize(email, 'crm') AS email",
];

#[test]
fn a_file_is_protected_along_the_one_way() {
    let project = project();
    let done = protect(&project, &TOKENS).ends(0);
    for part in [
        "proved",
        "committed",
        "receipt",
        "left out",
        "pii.email",
        "--save",
        "read protected.new --limit 5",
    ] {
        assert!(done.out.contains(part), "{part} in\n{}", done.out);
    }
    assert!(!done.out.contains("ada@") && !done.err.contains("ada@"));
    for path in project.files("lake/new") {
        let bytes = fs::read(&path).unwrap();
        assert_eq!(&bytes[..4], b"PARE", "{}", path.display());
    }
    assert_eq!(project.files("lake/new").len(), 1);
    // Nothing was written into the project, and the log names the person.
    assert!(!project.path().join("catalog/new.yaml").exists());
    let log = project.sealine(&["audit", "show"]).ends(0).out;
    let line = log
        .lines()
        .find(|line| line.contains("run.committed"))
        .unwrap();
    assert!(
        line.contains("Sealine::User::") && line.contains("pipeline=protect"),
        "{line}"
    );
    project.sealine(&["audit", "verify"]).ends(0);
    // The project is as it was: its own pipelines run, with no warning about the grants.
    let check = project.sealine(&["check"]).ends(0);
    assert!(!check.err.contains("SL4009"), "{}", check.err);
    project.sealine(&["run"]).ends(0);
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn as_json_it_is_a_run_with_the_columns_and_what_was_left_out() {
    let project = project();
    let mut arguments = vec!["--format", "json", "--column", "id"];
    arguments.extend(["--column", "mail=mask(email, 1, 0)"]);
    let report = protect(&project, &arguments).ends(0).json();
    assert_eq!(report["pipeline"], "protect");
    assert_eq!(report["inputs"][0]["rows_in"], 4);
    assert_eq!(
        report["outputs"][0]["columns"],
        serde_json::json!(["id", "mail"])
    );
    assert_eq!(report["left_out"], serde_json::json!(["city"]));
    assert_eq!(report["columns"][1]["level"], "restricted");
    assert_eq!(report["columns"][1]["tags"][0], "pii.email");
    assert_eq!(report["declassifications"][0]["protection"], "mask(1, 0)");
}

#[test]
fn a_bare_column_is_refused_with_the_path_it_took() {
    let project = project();
    let refused = protect(&project, &["--column", "id", "--column", "email"]).ends(3);
    for part in [
        "SL3001",
        "adhoc.new.email",
        "protected.new",
        "pipelines/.protect.yaml",
        "tokenize(email, 'crm')",
    ] {
        assert!(refused.err.contains(part), "{part} in\n{}", refused.err);
    }
    assert!(project.files("lake/new").is_empty());
}

#[test]
fn what_may_not_be_done_comes_with_the_grant_to_paste() {
    let project = project();
    fs::remove_file(project.path().join("policy/protect.cedar")).unwrap();
    let asked: Vec<&str> = TOKENS.into_iter().chain(["--format", "json"]).collect();
    let refused = protect(&project, &asked).ends(3).json();
    let found = refused["diagnostics"].as_array().unwrap().iter();
    let fixes = found.flat_map(|one| one["fixes"].as_array().cloned().unwrap_or_default());
    let grants: std::collections::BTreeSet<String> = fixes
        .filter_map(|fix| fix["replacement"].as_str().map(str::to_owned))
        .filter(|text| text.starts_with("permit"))
        .collect();
    assert!(grants.len() >= 4, "{refused}");
    let text: String = grants.into_iter().collect();
    project.write("policy/pasted.cedar", &text);
    protect(&project, &TOKENS).ends(0);
}

#[test]
fn unknown_names_are_told_with_the_nearest() {
    let project = project();
    protect(
        &project,
        &["--column", "id", "--column", "tokenize(emial, 'crm') AS e"],
    )
    .ends(2)
    .says("email");
    protect(&project, &["--column", "id", "--level", "idd=internal"])
        .ends(2)
        .says("did you mean `id`");
    protect(&project, &["--column", "id", "--clearance", "internel"])
        .ends(2)
        .says("did you mean `internal`");
    let out = project.path().join("nowhere/deep/new");
    let elsewhere = tempfile::tempdir().unwrap();
    let missing = elsewhere.path().join("no/new");
    protect(
        &project,
        &["--column", "id", "--out", missing.to_str().unwrap()],
    )
    .ends(2)
    .says("SL0117");
    assert!(!out.exists());
    let own = project.path().to_str().unwrap();
    protect(&project, &["--column", "id", "--out", own])
        .ends(2)
        .says("SL0117");
    // Another dataset's place is not taken over.
    let taken = project.path().join("lake/customers");
    protect(
        &project,
        &["--column", "id", "--out", taken.to_str().unwrap()],
    )
    .ends(2)
    .says("SL1042");
}

#[test]
fn which_key_is_asked_where_there_are_several() {
    let project = project();
    let file = project.path().join("data/new.csv");
    let out = project.path().join("lake/new");
    let mut command = sealine();
    command
        .arg("-C")
        .arg(project.path())
        .arg("protect")
        .arg(&file);
    command.args(["--column", "id", "--out"]).arg(&out);
    said(&mut command)
        .ends(2)
        .says("SL0116")
        .says("lake, quarantine");
}

#[test]
fn what_is_kept_can_be_read_and_run_again() {
    let project = project();
    let mut arguments = TOKENS.to_vec();
    arguments.extend(["--save", "new"]);
    protect(&project, &arguments)
        .ends(0)
        .says("catalog/new.yaml");
    let read = project
        .sealine(&["read", "protected.new", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(read["rows"].as_array().unwrap().len(), 4);
    assert_eq!(read["rows"][0][1].as_str().unwrap().len(), 22);
    // The same place is the pipeline's now.
    protect(&project, &TOKENS).ends(2).says("SL1039");
    project.sealine(&["check", "new"]).ends(3).says("svc/new");
}

#[test]
fn a_file_and_an_output_anywhere_get_connections_of_their_own() {
    let project = project();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("list.csv");
    fs::write(&file, PEOPLE).unwrap();
    let out = elsewhere.path().join("safe.parquet");
    let run = |more: &[&str]| {
        let mut command = sealine();
        command
            .arg("-C")
            .arg(project.path())
            .arg("protect")
            .arg(&file);
        command.args(["--key", "lake", "--level", "id=internal", "--out"]);
        said(command.arg(&out).args(TOKENS).args(more))
    };
    run(&["--save", "list"]).ends(2).says("connections:");
    run(&[]).ends(0);
    assert_eq!(&fs::read(&out).unwrap()[..4], b"PARE");
    // Once more over its own output; never over a file of somebody else's.
    run(&[]).ends(0);
    fs::remove_file(&out).unwrap();
    fs::write(&out, "mine").unwrap();
    run(&[]).ends(1);
    assert_eq!(fs::read(&out).unwrap(), b"mine");
}

#[test]
fn rows_that_break_a_rule_go_beside_the_output() {
    let project = project();
    let bad = format!("{PEOPLE}5,no address,Kyiv\n");
    project.write("data/new.csv", &bad);
    let report = protect(&project, &[&TOKENS[..], &["--format", "json"]].concat())
        .ends(0)
        .json();
    assert_eq!(report["inputs"][0]["rejected"], 1);
    assert_eq!(report["rejects"][0]["rows"], 1);
    assert_eq!(project.files("lake/new-rejects").len(), 1);
}

/// The four people as every format that is read.
fn as_files() -> Vec<(&'static str, Vec<u8>)> {
    use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray, StringViewArray};
    use std::io::Write as _;
    use std::sync::Arc;
    let rows: Vec<Vec<&str>> = PEOPLE
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect())
        .collect();
    let column = |at: usize| rows.iter().map(move |row| row[at]);
    let batch = RecordBatch::try_from_iter([
        (
            "id",
            Arc::new(Int32Array::from_iter_values(
                column(0).map(|id| id.parse().unwrap()),
            )) as ArrayRef,
        ),
        (
            "email",
            Arc::new(StringViewArray::from_iter_values(column(1))),
        ),
        ("city", Arc::new(StringArray::from_iter_values(column(2)))),
    ])
    .unwrap();
    let lines: String = rows
        .iter()
        .map(|row| {
            format!(
                "{{\"id\":{},\"email\":\"{}\",\"city\":\"{}\"}}\n",
                row[0], row[1], row[2]
            )
        })
        .collect();
    let mut arrow = Vec::new();
    let mut writer = arrow::ipc::writer::FileWriter::try_new(&mut arrow, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    let mut stream = Vec::new();
    let mut writer =
        arrow::ipc::writer::StreamWriter::try_new(&mut stream, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    let mut parquet = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut parquet, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
    vec![
        ("comma.csv", PEOPLE.into()),
        ("semicolon.txt", PEOPLE.replace(',', ";").into()),
        ("zipped.csv.gz", gzip(PEOPLE)),
        // The name does not say what it is.
        ("zipped-too.csv", gzip(PEOPLE)),
        ("squeezed.csv.zst", zstd(PEOPLE)),
        ("lines.jsonl", lines.clone().into()),
        ("lines-too.log", lines.clone().into()),
        ("lines-zipped.ndjson.gz", gzip(&lines)),
        ("arrow.arrow", arrow),
        ("stream.arrows", stream),
        ("parquet.parquet", parquet),
    ]
}

#[test]
fn every_format_that_is_read_is_protected() {
    let project = project();
    let mut first = None;
    for (name, bytes) in as_files() {
        let file = project.path().join("in").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, bytes).unwrap();
        let stem = name.split('.').next().unwrap();
        let out = project.path().join("lake").join(stem);
        let mut command = sealine();
        command
            .arg("-C")
            .arg(project.path())
            .arg("protect")
            .arg(&file);
        command.args(["--key", "lake", "--level", "id=internal", "--out"]);
        said(command.arg(&out).args(TOKENS)).ends(0);
        // Read by where it lies, with no `--save`.
        let read = project
            .sealine(&["read", out.to_str().unwrap(), "--format", "json"])
            .ends(0)
            .json();
        let rows = read["rows"].clone();
        assert_eq!(rows.as_array().unwrap().len(), 4, "{name}");
        assert_eq!(rows[0][1].as_str().unwrap().len(), 22, "{name}");
        // One person, one token, whatever the format.
        assert_eq!(*first.get_or_insert(rows.clone()), rows, "{name}");
    }
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn what_was_protected_is_read_measured_and_revealed_without_save() {
    let project = project();
    project.write(
        "policy/reveal.cedar",
        r#"permit (principal is Sealine::User, action == Sealine::Action::"reveal", resource in Sealine::Tag::"pii");"#,
    );
    let columns = ["--column", "id", "--column", "email=siv(email, 'crm')"];
    protect(&project, &columns).ends(0);
    let id = "protected.new";
    let read = project
        .sealine(&["read", id, "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(read["rows"].as_array().unwrap().len(), 4);
    let report = [
        "report",
        "anonymity",
        id,
        "--quasi",
        "email",
        "--subject",
        "id",
    ];
    project
        .sealine(&report)
        .ends(0)
        .says("k          1 subject");
    let reveal = ["reveal", id, "--column", "email", "--reason", "case 1"];
    project.sealine(&reveal).ends(0).says("bob@mail.example");
    // The project is as it was, and near names are told.
    project.sealine(&["check"]).ends(0);
    project
        .sealine(&["read", "protected.mew"])
        .ends(2)
        .says("did you mean `protected.new`");
    // What is kept of it is authenticated: a lower level is not read out of a changed file.
    let labels = project.read(".sealine/labels.json");
    assert!(labels.contains("email: { type: string"));
    let lower = labels.replace(
        "level: restricted, tags: [pii.email]",
        "level: internal, tags: [pii.email]",
    );
    assert_ne!(labels, lower);
    project.write(".sealine/labels.json", &lower);
    project.sealine(&["read", id]).ends(4).says("SL5040");
}

#[test]
fn an_output_in_clear_is_one_file_where_the_clearance_allows_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = project();
    let out = |name: &str| project.path().join(name).to_str().unwrap().to_owned();
    let to = |name: &str, more: &[&str]| {
        let out = out(name);
        protect(&project, &[&TOKENS[..], &["--out", &out], more].concat())
    };
    to("safe.csv", &[]).ends(0);
    let text = project.read("safe.csv");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (5, "id,email"));
    assert!(!text.contains('@'));
    let mode = fs::metadata(out("safe.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let read = ["read", "protected.safe", "--format", "json"];
    let rows = project.sealine(&read).ends(0).json()["rows"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 4);
    // It may be somebody else's by now; what says that it is ours is replaced.
    to("safe.csv", &[])
        .ends(2)
        .says("SL0117")
        .says(".sealine.csv");
    assert_eq!(project.read("safe.csv"), text);
    for _ in 0..2 {
        to("safe.sealine.jsonl", &[]).ends(0);
    }
    assert_eq!(project.read("safe.sealine.jsonl").lines().count(), 4);
    to("folder", &["--format-out", "arrow"]).ends(0);
    assert!(
        project
            .path()
            .join("folder/part-00000.sealine.arrow")
            .is_file()
    );
    for (name, format) in [
        ("z.csv", "parquet"),
        ("z.parquet", "csv"),
        ("z.ndjson", "jsonl"),
        ("z.xlsx", "csv"),
    ] {
        to(name, &["--format-out", format])
            .ends(2)
            .says("its ending is not that of what is written");
    }
    to("again.csv", &["--save", "again"]).ends(2).says("SL0117");
    // The highest level demands encryption.
    to("high.csv", &["--clearance", "restricted"]).ends(2);
    assert!(!project.path().join("high.csv").exists());
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn odd_files_are_told_what_they_are() {
    let project = project();
    let odd: [(&str, &[u8], &str); 9] = [
        ("empty.csv", b"", "no row"),
        ("header.csv", b"id,email\n", "no row"),
        ("twice.csv", b"a,a\n1,2\n", "two columns are named `a`"),
        ("sealed.parquet", b"PARE....PARE", "encrypted Parquet"),
        ("sheet.xlsx", b"PK\x03\x04....", "ZIP"),
        ("cut.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03ab", "SL9"),
        ("broken.parquet", b"PAR1 but no footer", "SL9"),
        ("lines.jsonl", b"[1]\n[2]\n", "JSON object"),
        ("latin.csv", b"id,city\n1,K\xf6ln\n", "line 2 is not UTF-8"),
    ];
    for (name, bytes, part) in odd {
        fs::write(project.path().join("data/new.csv"), b"x").unwrap();
        let file = project.path().join("data").join(name);
        fs::write(&file, bytes).unwrap();
        let mut command = sealine();
        command
            .arg("-C")
            .arg(project.path())
            .arg("protect")
            .arg(&file);
        command.args(["--key", "lake", "--column", "id", "--out"]);
        said(command.arg(project.path().join("lake/odd")))
            .ends(2)
            .says(part);
    }
}

#[test]
fn the_column_that_names_a_row_can_be_said() {
    let project = project();
    project.write("data/new.csv", "who,email\n1,ada@mail.example\n");
    let columns = [
        "--column",
        "who",
        "--column",
        "tokenize(email, 'crm') AS email",
    ];
    let run = |more: &[&str]| {
        let mut command = sealine();
        command.arg("-C").arg(project.path()).arg("protect");
        command.arg(project.path().join("data/new.csv"));
        command.args(["--key", "lake", "--level", "who=internal", "--out"]);
        said(
            command
                .arg(project.path().join("lake/new"))
                .args(columns)
                .args(more),
        )
    };
    run(&[]).ends(3).says("--id COLUMN");
    run(&["--id", "woh"])
        .ends(2)
        .says("there are `who`, `email`");
    run(&["--id", "who"]).ends(0);
}
