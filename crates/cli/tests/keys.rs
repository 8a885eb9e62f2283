//! Keys over their life, as a person meets them: rotated, disabled, destroyed, brought back by a
//! backup, under a passphrase, used up.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, said, sealine, skipped};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const PASSPHRASE: &str = "correct horse battery staple";

/// The flagship, whose people may administer keys.
fn project() -> Project {
    let project = Project::small();
    project.write(
        "policy/keys.cedar",
        "@id(\"people-administer-keys\")\n\
         permit (principal is Sealine::User, action == Sealine::Action::\"administer\", resource);\n",
    );
    project
}

fn states(project: &Project, key: &str) -> Vec<String> {
    let shown = project
        .sealine(&["keys", "show", key, "--format", "json"])
        .ends(0)
        .json();
    let versions = shown["versions"].as_array().unwrap();
    let state = |version: &serde_json::Value| version["state"].as_str().unwrap().to_owned();
    versions.iter().map(state).collect()
}

fn log(project: &Project) -> String {
    project
        .sealine(&["audit", "show", "--limit", "100"])
        .ends(0)
        .out
}

fn secret(project: &Project, name: &str, text: &str) -> String {
    let path = project.path().join(name);
    fs::write(&path, format!("{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn keys_of(project: &Project) -> PathBuf {
    project.path().join(".sealine/keys")
}

#[test]
fn a_rotation_stops_nothing_and_is_logged() {
    let project = project();
    project.sealine(&["run"]).ends(0);
    project
        .sealine(&["keys", "rotate", "lake"])
        .ends(0)
        .says("version 2 protects now");
    // What version 1 sealed opens as before, and the next run seals with version 2.
    project
        .sealine(&["read", "lake.customers", "--limit", "1"])
        .ends(0);
    project.sealine(&["run"]).ends(0);
    project
        .sealine(&["read", "lake.customers", "--limit", "1"])
        .ends(0);
    project
        .sealine(&["keys", "list"])
        .ends(0)
        .says("1 enabled, 2 enabled primary");
    project
        .sealine(&["keys", "rotate", "crm"])
        .ends(1)
        .says("SL6017");
    let log = log(&project);
    assert!(
        log.contains("keys.changed") && log.contains("rotated"),
        "{log}"
    );
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn whoever_may_list_may_not_destroy() {
    let project = Project::small();
    project.sealine(&["run"]).ends(0);
    let before = fs::read(keys_of(&project).join("keystore.json")).unwrap();
    for arguments in [
        &["keys", "disable", "lake"][..],
        &["keys", "destroy", "lake", "--yes", "lake", "--after", "0s"],
        &["keys", "limit", "lake", "5"],
        &["keys", "passphrase", "remove"],
    ] {
        let said = project.sealine(arguments).ends(3).says("SL4105");
        assert!(said.err.contains("\"administer\""), "{}", said.err);
    }
    let after = fs::read(keys_of(&project).join("keystore.json")).unwrap();
    assert_eq!(before, after);
    let log = log(&project);
    assert!(
        log.contains("access.refused") && log.contains("SL4105"),
        "{log}"
    );

    project.write(
        "policy/closed.cedar",
        "@id(\"crm-is-closed\")\n\
         forbid (principal, action == Sealine::Action::\"keys\", resource == Sealine::Key::\"crm\");\n",
    );
    let list = project
        .sealine(&["keys", "list", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(list["withheld"], 1);
    assert!(!list["keys"].to_string().contains("\"crm\""));
    project.sealine(&["keys", "show", "crm"]).ends(3);
    project.sealine(&["keys", "show", "lake"]).ends(0);
    project
        .sealine(&["keys", "show", "lace"])
        .ends(2)
        .says("`lake`");
}

#[test]
fn a_disabled_key_stops_the_runs_that_would_protect_with_it() {
    let project = project();
    project.sealine(&["run"]).ends(0);
    project.sealine(&["keys", "disable", "lake"]).ends(0);
    project.sealine(&["run"]).ends(1).says("decrypt-only");
    project
        .sealine(&["read", "lake.customers", "--limit", "1"])
        .ends(0);
    project.sealine(&["keys", "enable", "lake"]).ends(0);
    project.sealine(&["run"]).ends(0);
}

#[test]
fn a_destruction_is_confirmed_delayed_and_can_be_cancelled() {
    let project = project();
    project.sealine(&["run"]).ends(0);
    for arguments in [
        &["keys", "destroy", "lake"][..],
        &["keys", "destroy", "lake", "--yes", "crm"],
        &["keys", "destroy", "lake", "--yes", "lake", "--after", "7"],
        &[
            "keys", "destroy", "lake", "--yes", "lake", "--after", "366d",
        ],
        &["keys", "destroy", "lake", "--yes", "lake", "--after", "-1d"],
    ] {
        project.sealine(arguments).ends(2);
    }
    assert_eq!(states(&project, "lake"), ["enabled"]);
    project
        .sealine(&["keys", "destroy", "lake", "--yes", "lake"])
        .ends(0)
        .says("until then: sealine keys cancel lake");
    assert_eq!(states(&project, "lake"), ["to-be-destroyed"]);
    project.sealine(&["run"]).ends(1).says("to-be-destroyed");
    project
        .sealine(&["read", "lake.customers"])
        .ends(1)
        .says("SL6016");
    project.sealine(&["keys", "cancel", "lake"]).ends(0);
    project
        .sealine(&["read", "lake.customers", "--limit", "1"])
        .ends(0);
    project.sealine(&["keys", "enable", "lake"]).ends(0);
    project.sealine(&["run"]).ends(0);
    project
        .sealine(&["keys", "destroy", "sealine/log", "--yes", "sealine/log"])
        .ends(1)
        .says("SL6036");
}

#[test]
fn a_destroyed_key_stays_destroyed_when_a_backup_comes_back() {
    let project = project();
    project.sealine(&["run"]).ends(0);
    project.sealine(&["keys", "rotate", "lake"]).ends(0);
    let backup = project.path().join("backup");
    copy(&keys_of(&project), &backup);
    let destroy = [
        "keys",
        "destroy",
        "lake",
        "--version",
        "1",
        "--after",
        "0s",
        "--yes",
        "lake",
    ];
    project
        .sealine(&destroy)
        .ends(0)
        .says("the log keeps its tombstone");
    let gone = project.sealine(&["read", "lake.customers"]).ends(1);
    assert!(gone.err.contains("destroyed"), "{}", gone.err);
    assert!(log(&project).contains("keys.destroyed"));

    copy(&backup, &keys_of(&project));
    assert_eq!(states(&project, "lake"), ["enabled", "enabled"], "restored");
    let gone = project.sealine(&["read", "lake.customers"]).ends(1);
    assert!(gone.err.contains("destroyed"), "{}", gone.err);
    assert_eq!(states(&project, "lake"), ["destroyed", "enabled"]);
    // The other version works on, and so does the evidence.
    project.sealine(&["run"]).ends(0);
    project
        .sealine(&["read", "lake.customers", "--limit", "1"])
        .ends(0);
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn a_passphrase_is_set_asked_for_changed_and_removed() {
    let project = project();
    let file = secret(&project, "one.secret", PASSPHRASE);
    let other = secret(&project, "two.secret", "another horse entirely");
    let short = secret(&project, "three.secret", "short");
    project.sealine(&["run"]).ends(0);
    let set =
        |file: &str| project.sealine(&["keys", "passphrase", "set", "--new-passphrase-file", file]);
    set(&short).ends(1).says("SL6032");
    project
        .sealine(&["keys", "passphrase", "remove"])
        .ends(1)
        .says("SL6034");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    set(&file).ends(2).says("SL0114");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    set(&file).ends(0);

    for arguments in [&["run"][..], &["keys", "list"], &["read", "lake.customers"]] {
        project.sealine(arguments).ends(1).says("SL6030");
        let with = |file: &str| {
            let named = ["--passphrase-file", file];
            project.sealine(&[arguments, &named[..]].concat())
        };
        with(&other).ends(1).says("SL6031");
        with(&file).ends(0);
    }
    // What needs no key needs no passphrase.
    project.sealine(&["check"]).ends(0);
    project.sealine(&["audit", "verify"]).ends(0);
    let by_variable = said(
        sealine()
            .arg("-C")
            .arg(project.path())
            .arg("run")
            .env("SEALINE_PASSPHRASE_FILE", &file),
    );
    by_variable.ends(0);
    let change = [
        "keys",
        "passphrase",
        "change",
        "--passphrase-file",
        &file,
        "--new-passphrase-file",
        &other,
    ];
    project.sealine(&change).ends(0);
    project
        .sealine(&["run", "--passphrase-file", &file])
        .ends(1)
        .says("SL6031");
    project
        .sealine(&["keys", "passphrase", "remove", "--passphrase-file", &other])
        .ends(0);
    project.sealine(&["run"]).ends(0);
    let log = log(&project);
    assert_eq!(log.matches("keys.passphrase").count(), 3, "{log}");
    for path in project.files(".sealine") {
        let bytes = fs::read(&path).unwrap();
        let found = bytes
            .windows(PASSPHRASE.len())
            .any(|window| window == PASSPHRASE.as_bytes());
        assert!(!found, "{}", path.display());
    }
}

#[test]
fn a_key_at_its_limit_stops_runs_until_it_is_rotated() {
    let project = project();
    project.sealine(&["run"]).ends(0);
    project.sealine(&["keys", "limit", "lake", "2"]).ends(0);
    project.sealine(&["run"]).ends(0);
    let stopped = project.sealine(&["run"]).ends(1).says("SL6035");
    assert!(stopped.err.contains("has 2 of 2 uses"), "{}", stopped.err);
    let shown = project
        .sealine(&["keys", "show", "lake", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(
        (&shown["near_limit"], &shown["limit"]),
        (&true.into(), &2.into())
    );
    project.sealine(&["keys", "rotate", "lake"]).ends(0);
    project.sealine(&["run"]).ends(0);
    project.sealine(&["keys", "limit", "lake", "none"]).ends(0);
    project
        .sealine(&["keys", "limit", "crm", "5"])
        .ends(1)
        .says("SL6039");
}

/// Types answers at a terminal: after each question one answer. Prints what was shown, whether the
/// terminal echoes afterwards, and the exit code.
const TYPIST: &str = r#"
import os, pty, sys, termios
answers = [a.encode().decode("unicode_escape").encode() for a in sys.argv[1].split("|")]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown, asked = b"", 0
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    while asked < len(answers) and shown.count(b": ") > asked:
        echo = termios.tcgetattr(terminal)[3] & termios.ECHO
        os.write(terminal, answers[asked])
        asked += 1
_, status = os.waitpid(pid, 0)
sys.stdout.write(shown.decode() + "\nexit %d echo %d\n" % (os.waitstatus_to_exitcode(status), bool(echo)))
"#;

fn typed(project: &Project, answers: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new("python3")
        .args(["-c", TYPIST, answers, env!("CARGO_BIN_EXE_sealine"), "-C"])
        .arg(project.path())
        .args(arguments)
        .env("NO_COLOR", "1")
        .output()
        .ok()?;
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn at_a_terminal_it_is_typed_and_not_shown() {
    let project = project();
    project.sealine(&["run"]).ends(0);
    let twice = format!("{PASSPHRASE}\\n|{PASSPHRASE}\\n");
    let Some(said) = typed(&project, &twice, &["keys", "passphrase", "set"]) else {
        return skipped("there is no python3 to type at a terminal");
    };
    assert!(said.contains("exit 0 echo 0"), "{said}");
    assert!(
        said.contains("once more: ") && !said.contains("horse"),
        "{said}"
    );
    let once = format!("{PASSPHRASE}\\n");
    let said = typed(&project, &once, &["keys", "list"]).unwrap();
    assert!(said.contains("exit 0") && said.contains("lake"), "{said}");
    for (answers, told) in [
        ("wrong horse entirely\\n", "SL6031"),
        ("correct\\x03", "SL0114"),
    ] {
        let said = typed(&project, answers, &["keys", "list"]).unwrap();
        assert!(said.contains(told) && !said.contains("exit 0"), "{said}");
    }
    let differ = format!("{PASSPHRASE}\\n|one horse entirely\\n|other horse entirely\\n");
    let said = typed(&project, &differ, &["keys", "passphrase", "change"]).unwrap();
    assert!(said.contains("differ") && said.contains("exit 2"), "{said}");
}
