//! `sealine reveal`: what a protection sealed opens again for who may, for a reason, on the record.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, Said};
use serde_json::Value;
use std::fs;

const PIPELINE: &str = "version: 1
pipeline: sealed
inputs: { people: source.people }
steps:
  safe:
    sql: |
      SELECT id, encrypt(note, 'lake-values') AS note, siv(email, 'crm') AS email,
             fpe(phone, 'crm', 'digits', 'redact') AS phone, date_shift(dob, 'crm', id, 30) AS dob,
             mask(name, 1, 0) AS name, encrypt(code, 'lake-values') AS code
      FROM people
outputs:
  - { from: safe, to: lake.sealed, mode: replace }
";

const CATALOG: &str = "version: 1
datasets:
  source.people:
    at: { connection: files, path: people.csv, format: csv }
    primary_key: [id]
    subject: id
    columns:
      id:    { type: int64, required: true, unique: true, level: internal }
      name:  { type: string, level: restricted, tags: [pii.name] }
      email: { type: string, level: restricted, tags: [pii.email] }
      phone: { type: string, level: restricted, tags: [pii.phone] }
      dob:   { type: date, level: restricted, tags: [pii.birth] }
      note:  { type: string, level: restricted, tags: [pii.free_text] }
      code:  { type: string, level: internal }
  lake.sealed:
    at: { connection: lake, path: sealed/, format: parquet }
    clearance: internal
    encrypt: { key: lake }
";

const POLICY: &str = r#"
permit (principal, action == Sealine::Action::"run", resource == Sealine::Pipeline::"sealed");
permit (principal, action == Sealine::Action::"read", resource)
when { resource in [Sealine::Dataset::"source.people", Sealine::Dataset::"lake.sealed"] };
permit (principal, action == Sealine::Action::"write", resource == Sealine::Dataset::"lake.sealed");
permit (principal, action == Sealine::Action::"declassify", resource)
when { ["sealed", "read", "reveal"].contains(context.pipeline) };
"#;

const MAY: &str = r#"
permit (principal is Sealine::User, action == Sealine::Action::"reveal", resource in Sealine::Tag::"pii");
"#;

const PEOPLE: &str = "id,name,email,phone,dob,note,code
1,Ada,ada@mail.example,4915112345678,1990-01-31,likes tea,A1
2,Bob,bob@mail.example,4915187654321,1985-07-01,,B2
3,Cyd,cyd@mail.example,4915100000001,2001-12-24,secret canary,=C3
";

/// What lets anybody open values into files.
const INTO_FILES: &str = r##"
permit (principal is Sealine::User, action == Sealine::Action::"export", resource)
when { context.to == "#file" };
"##;

fn project() -> Project {
    let project = Project::small();
    project.write("catalog/people.yaml", CATALOG);
    project.write("pipelines/sealed.yaml", PIPELINE);
    project.write("policy/people.cedar", POLICY);
    project.write("policy/reveal.cedar", MAY);
    project.write("data/people.csv", PEOPLE);
    project.sealine(&["run", "sealed"]).ends(0);
    project
}

fn reveal(project: &Project, column: &str) -> Said {
    let mut arguments = vec!["reveal", "lake.sealed", "--columns", "id"];
    arguments.extend(["--column", column, "--reason", "complaint 4711"]);
    arguments.extend(["--format", "json"]);
    project.sealine(&arguments)
}

/// The values of a column, by id.
fn opened(project: &Project, column: &str) -> Vec<Value> {
    let shown = reveal(project, column).ends(0).json();
    let name = column.split(':').next().unwrap();
    let columns = shown["columns"].as_array().unwrap();
    let place = columns.iter().position(|one| one["name"] == name).unwrap();
    let mut rows = shown["rows"].as_array().unwrap().clone();
    rows.sort_by_key(|row| row[0].as_i64());
    rows.iter().map(|row| row[place].clone()).collect()
}

#[test]
fn every_reversible_form_opens_to_what_it_was() {
    let project = project();
    assert_eq!(
        opened(&project, "note"),
        [
            Value::from("likes tea"),
            Value::Null,
            Value::from("secret canary")
        ]
    );
    assert_eq!(
        opened(&project, "email"),
        ["ada@mail.example", "bob@mail.example", "cyd@mail.example"]
    );
    assert_eq!(
        opened(&project, "phone"),
        ["4915112345678", "4915187654321", "4915100000001"]
    );
    assert_eq!(
        opened(&project, "dob:id"),
        ["1990-01-31", "1985-07-01", "2001-12-24"]
    );
}

#[test]
fn the_log_has_who_and_why_and_never_a_value() {
    let project = project();
    opened(&project, "note");
    let log = project.sealine(&["audit", "show"]).ends(0).out;
    let line = log
        .lines()
        .find(|line| line.contains("  reveal  "))
        .unwrap();
    for part in [
        "Sealine::User::",
        "note: encrypt",
        "complaint 4711",
        "lake.sealed",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    for path in project.files(".sealine") {
        let bytes = fs::read(&path).unwrap();
        let found = bytes.windows(13).any(|part| part == b"secret canary");
        assert!(!found, "{}", path.display());
    }
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn without_the_grant_it_is_refused_and_the_pasted_grant_passes() {
    let project = project();
    fs::remove_file(project.path().join("policy/reveal.cedar")).unwrap();
    let arguments = [
        "reveal",
        "lake.sealed",
        "--column",
        "note",
        "--reason",
        "why",
    ];
    let refused = project.sealine(&arguments).ends(3).says("SL4112");
    assert!(!refused.err.contains("relabel"), "{}", refused.err);
    assert!(!refused.err.contains("secret canary") && !refused.out.contains("secret canary"));
    let grants: Vec<&str> = refused.err.split("permit (").skip(1).collect();
    assert_eq!(
        grants.len(),
        1,
        "asked once, granted once:\n{}",
        refused.err
    );
    let grant = grants[0].split(';').next().unwrap();
    project.write("policy/pasted.cedar", &format!("permit ({grant};\n"));
    project.sealine(&arguments).ends(0).says("secret canary");
    // What was granted is this key, this form and this tag: nothing else opens.
    reveal(&project, "email").ends(3);
    let log = project.sealine(&["audit", "show"]).ends(0).out;
    assert!(log.contains("access.refused"), "{log}");
}

#[test]
fn a_reason_is_not_optional() {
    let project = project();
    let without = ["reveal", "lake.sealed", "--column", "note"];
    project.sealine(&without).ends(2).says("--reason");
    let empty = [
        "reveal",
        "lake.sealed",
        "--column",
        "note",
        "--reason",
        "  ",
    ];
    project.sealine(&empty).ends(2).says("auditor");
}

#[test]
fn what_cannot_be_opened_says_so() {
    let project = project();
    for (column, code, part) in [
        ("name", "SL2019", "nothing undoes"),
        ("id", "SL2019", "no run recorded a protection"),
        ("nope", "SL2013", "no column is named `nope`"),
        ("dob", "SL2019", "dob:OTHER"),
        ("note:id", "SL2019", "no other column"),
    ] {
        reveal(&project, column).ends(2).says(code).says(part);
    }
    let unknown = ["reveal", "lake.seeled", "--column", "note", "--reason", "x"];
    project
        .sealine(&unknown)
        .ends(2)
        .says("did you mean `lake.sealed`");
}

#[test]
fn a_tampered_file_gives_no_plaintext() {
    let project = project();
    let path = project.files("lake/sealed").pop().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    // Pages of every column lie before the footer: some of each are changed.
    for byte in bytes[8..middle].iter_mut().step_by(16) {
        *byte ^= 0x55;
    }
    fs::write(&path, bytes).unwrap();
    let said = reveal(&project, "note");
    assert!(matches!(said.code, Some(1 | 4)), "{said:?}");
    for text in ["secret canary", "likes tea"] {
        assert!(
            !said.out.contains(text) && !said.err.contains(text),
            "{said:?}"
        );
    }
}

#[test]
fn what_the_catalog_protects_needs_nothing_of_the_pipeline() {
    let project = project();
    project.edit(
        "catalog/people.yaml",
        "    clearance: internal\n",
        "    clearance: internal\n    protect: { email: \"tokenize(email, 'crm')\" }\n",
    );
    project.write(
        "pipelines/sealed.yaml",
        "version: 1
pipeline: sealed
inputs: { people: source.people }
steps:
  safe:
    sql: SELECT id, email FROM people
outputs:
  - { from: safe, to: lake.sealed, mode: replace }
",
    );
    project.sealine(&["run", "sealed"]).ends(0).says("tokenize");
    let read = project
        .sealine(&[
            "read",
            "lake.sealed",
            "--columns",
            "email",
            "--format",
            "json",
        ])
        .ends(0)
        .json();
    let rows = read["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let token = row[0].as_str().unwrap();
        assert!(token.len() == 22 && !token.contains('@'), "{row}");
    }
}

fn export(project: &Project, column: &str, more: &[&str]) -> Said {
    let mut arguments = vec!["reveal", "lake.sealed", "--columns", "id"];
    arguments.extend(["--column", column, "--reason", "recall 12"]);
    project.sealine(&[&arguments[..], more].concat())
}

fn to(project: &Project, name: &str) -> String {
    project.path().join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_right_to_open_at_the_terminal_opens_no_file() {
    let project = project();
    let file = to(&project, "emails.parquet");
    let refused = export(&project, "email", &["--to", &file, "--key", "lake"])
        .ends(3)
        .says("SL4112")
        .says("in a file");
    let grants: Vec<&str> = refused.err.split("permit (").skip(1).collect();
    assert_eq!(grants.len(), 1, "{}", refused.err);
    let grant = grants[0].split(';').next().unwrap();
    assert!(grant.contains(r#"Action::"export""#) && grant.contains(r##"context.to == "#file""##));
    project.write("policy/pasted.cedar", &format!("permit ({grant};\n"));
    export(&project, "email", &["--to", &file, "--key", "lake"]).ends(0);
    // And the other way round.
    fs::remove_file(project.path().join("policy/reveal.cedar")).unwrap();
    reveal(&project, "email").ends(3);
}

#[test]
fn a_file_of_opened_values_is_new_sealed_private_and_logged_before_it_is_there() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = project();
    project.write("policy/files.cedar", INTO_FILES);
    let file = to(&project, "lake/emails.parquet");
    let report = export(
        &project,
        "email",
        &["--to", &file, "--key", "lake", "--format", "json"],
    )
    .ends(0)
    .json();
    assert_eq!(
        (report["rows"].as_u64(), &report["key"]),
        (Some(3), &Value::from("lake"))
    );
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"PARE") && bytes.ends_with(b"PARE"));
    assert!(!bytes.windows(12).any(|part| part == b"mail.example"));
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let log = project
        .sealine(&["audit", "show", "--format", "json"])
        .ends(0)
        .out;
    let events: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [started, committed] = &events[events.len() - 2..] else {
        panic!("{log}");
    };
    assert_eq!(started["event"]["action"], "export.started");
    assert_eq!(committed["event"]["action"], "export.committed");
    let text = started.to_string();
    assert!(
        text.contains("recall 12") && text.contains("email: siv"),
        "{text}"
    );
    let text = committed.to_string();
    assert!(text.contains(report["sha256"].as_str().unwrap()), "{text}");
    assert!(text.contains("parquet under the key lake"), "{text}");
    assert!(!log.contains("mail.example"));
    project.sealine(&["audit", "verify"]).ends(0);
    // Nothing is overwritten, and nothing is left of what failed.
    export(&project, "email", &["--to", &file, "--key", "lake"])
        .ends(1)
        .says("SL5401");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    let nowhere = to(&project, "lake/no/such/emails.parquet");
    export(&project, "email", &["--to", &nowhere, "--key", "lake"])
        .ends(1)
        .says("SL5402");
    let state = to(&project, ".sealine/emails.parquet");
    export(&project, "email", &["--to", &state, "--key", "lake"])
        .ends(1)
        .says("SL5402");
    let staged = |path: &std::path::PathBuf| path.to_str().unwrap().contains(".sealine-");
    assert!(!project.files("lake").iter().any(staged));
    // Declared under the id that it is bound to, it is a dataset like any other.
    project.write(
        "catalog/revealed.yaml",
        "version: 1
datasets:
  revealed.f_emails:
    at: { connection: lake, path: emails.parquet, format: parquet }
    primary_key: [id]
    encrypt: { key: lake }
    columns:
      id:    { type: int64, level: internal }
      email: { type: string, level: internal }
",
    );
    project.write(
        "policy/revealed.cedar",
        r#"permit (principal is Sealine::User, action == Sealine::Action::"read", resource == Sealine::Dataset::"revealed.f_emails");"#,
    );
    assert_eq!(report["bound_to"], "revealed.f_emails");
    let read = project
        .sealine(&["read", "revealed.f_emails", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(
        read["rows"],
        serde_json::json!([
            [1, "ada@mail.example"],
            [2, "bob@mail.example"],
            [3, "cyd@mail.example"]
        ])
    );
}

#[test]
fn only_what_may_lie_in_clear_does() {
    let project = project();
    project.write("policy/files.cedar", INTO_FILES);
    for ending in ["csv", "jsonl", "arrow"] {
        let file = to(&project, &format!("out.{ending}"));
        export(&project, "note", &["--to", &file])
            .ends(1)
            .says("SL5400")
            .says("restricted");
        assert!(!std::path::Path::new(&file).exists());
    }
    // What is internal may be seen by whoever may see the digest of the file.
    let file = to(&project, "out.csv");
    export(&project, "code", &["--to", &file])
        .ends(0)
        .says("in clear");
    let text = fs::read_to_string(&file).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].sort_unstable();
    assert_eq!(lines, ["id,code", "1,A1", "2,B2", "3,'=C3"]);
    // A wrong ending, a key where nothing is sealed, and which key.
    let odd = to(&project, "out.xlsx");
    export(&project, "code", &["--to", &odd])
        .ends(2)
        .says("SL0117");
    let other = to(&project, "other.csv");
    export(&project, "code", &["--to", &other, "--key", "lake"])
        .ends(2)
        .says("SL0117");
    let sealed = to(&project, "code.parquet");
    export(&project, "code", &["--to", &sealed])
        .ends(2)
        .says("SL0116");
    // Fewer rows where fewer are asked for.
    let few = to(&project, "few.jsonl");
    export(&project, "code", &["--to", &few, "--limit", "2"]).ends(0);
    assert_eq!(fs::read_to_string(&few).unwrap().lines().count(), 2);
}

/// Killed at any moment, an export leaves at most a hidden file, and the next command that works with the project
/// removes it and says so.
#[test]
fn what_a_killed_export_left_is_removed_by_the_next_command() {
    use std::process::Stdio;
    let project = project();
    project.write(
        "policy/export.cedar",
        "permit (principal is Sealine::User, action == Sealine::Action::\"export\", resource);\n",
    );
    let notes = project.path().join(".sealine/exports");
    let hidden = || {
        let names = fs::read_dir(project.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains(".sealine-")).count()
    };
    let mut killed = 0;
    for round in 0..8 {
        let file = to(&project, &format!("emails-{round}.parquet"));
        let mut child = harness::sealine()
            .arg("-C")
            .arg(project.path())
            .args([
                "reveal",
                "lake.sealed",
                "--column",
                "email",
                "--reason",
                "recall 12",
            ])
            .args(["--to", &file, "--key", "lake"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let noted = || fs::read_dir(&notes).is_ok_and(|mut found| found.next().is_some());
        while !noted() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_micros(200));
        }
        // A little later each time: within the rows, and about the rename.
        std::thread::sleep(std::time::Duration::from_millis(round * 2));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        project
            .sealine(&["read", "lake.sealed", "--limit", "1"])
            .ends(0);
        assert_eq!(hidden(), 0, "round {round}");
        assert!(!noted(), "round {round}");
        let log = project
            .sealine(&["audit", "show", "--limit", "1000"])
            .ends(0)
            .out;
        let of_file = |action: &str| {
            let lines = log.lines().filter(|line| line.contains(&file));
            lines.filter(|line| line.contains(action)).count()
        };
        // It is there and was committed, or it is not and that was said, unless nothing had begun.
        match fs::exists(&file).unwrap() {
            true => assert_eq!(
                (of_file("export.committed"), of_file("export.failed")),
                (1, 0),
                "{log}"
            ),
            false => assert!(
                of_file("export.started") <= 1 && of_file("export.failed") <= 1,
                "{log}"
            ),
        }
    }
    assert!(killed > 0, "every export was faster than its end");
    // Only what exports stage is removed, whatever a note says.
    let kept = project.path().join("data/people.csv");
    fs::create_dir_all(&notes).unwrap();
    let note = serde_json::json!({ "dataset": "lake.sealed", "actor": "x", "path": "gone", "stage": kept });
    fs::write(notes.join("x.json"), note.to_string()).unwrap();
    project
        .sealine(&["read", "lake.sealed", "--limit", "1"])
        .ends(0);
    assert!(kept.exists() && !notes.join("x.json").exists());
}
