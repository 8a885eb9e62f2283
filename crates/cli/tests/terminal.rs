//! What reaches the terminal and the shell: no control characters, honest exit codes, clean ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, said, sealine};
use std::fs::{self, OpenOptions};
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn a_full_disk_behind_standard_output_is_a_failure() {
    for arguments in [&["schema", "catalog"][..], &["--help"]] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = sealine()
            .args(arguments)
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("SL0112"));
    }
    let project = Project::small();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = sealine()
        .arg("-C")
        .arg(project.path())
        .arg("run")
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the commit stands"));
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn a_reader_who_went_away_is_none() {
    let mut child = sealine()
        .args(["schema", "catalog"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn arguments_cannot_act_on_the_terminal() {
    let project = Project::small();
    for arguments in [
        &["run", "a\u{1b}[31mb"][..],
        &["keys", "new", "cr\u{1b}[31mm\u{202e}"],
        &["read", "x\u{9b}2J"],
        &["\u{1b}[2J"],
        &["run", "--\u{1b}[2J"],
        &["explain", "a\rb"],
    ] {
        let said = project.sealine(arguments);
        assert_eq!(said.code, Some(2), "{arguments:?} {said:?}");
        let acts = |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
        assert!(
            !said.err.contains(acts) && !said.out.contains(acts),
            "{said:?}"
        );
    }
}

#[test]
fn wrong_usage_is_json_where_that_was_asked_for() {
    for arguments in [
        &["--format", "json", "nope"][..],
        &["run", "--nope", "--format=json"],
        &["read", "--format", "json"],
    ] {
        let said = said(sealine().args(arguments)).ends(2);
        let value = said.json();
        assert_eq!(value["ok"], false);
        assert_eq!(value["exit"], 2);
        assert_eq!(value["error"]["code"], "SL0113");
        assert!(!value["error"]["message"].as_str().unwrap().is_empty());
    }
    let said = said(sealine().arg("nope")).ends(2).says("nope");
    assert!(said.out.is_empty());
}

#[test]
fn a_termination_or_hang_up_ends_cleanly() {
    for signal in ["-TERM", "-HUP", "-INT"] {
        let project = Project::of("examples/customers");
        let child = sealine()
            .arg("-C")
            .arg(project.path())
            .arg("run")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let runs = project.path().join(".sealine/runs");
        let started = || fs::read_dir(&runs).is_ok_and(|mut runs| runs.next().is_some());
        for _ in 0..10_000 {
            if started() {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .unwrap();
        let output = child.wait_with_output().unwrap();
        // A code, not a signal: the program ended by itself.
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1)), "{signal}: {:?}", output.status);
        project.sealine(&["run"]).ends(0);
        project.sealine(&["audit", "verify"]).ends(0);
    }
}

#[test]
fn a_pipe_is_no_data_file_and_nothing_waits_for_it() {
    let folder = Project::empty();
    let pipe = folder.path().join("data.csv");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    folder
        .sealine(&["init", "--from", pipe.to_str().unwrap(), "new"])
        .ends(2)
        .says("not a regular file");
}

#[test]
fn the_note_without_owners_comes_last_and_only_in_check() {
    let project = Project::small();
    let checked = project.sealine(&["check"]).ends(0);
    assert_eq!(checked.err.matches("SL1090").count(), 2, "{}", checked.err);
    assert_eq!(checked.err.trim().lines().count(), 1, "{}", checked.err);
    let ran = project.sealine(&["run"]).ends(0);
    assert!(!ran.err.contains("SL1090"), "{}", ran.err);
    project
        .sealine(&["keys", "new", "nope"])
        .ends(2)
        .says("SL5019");
    let shown = project.sealine(&["audit", "show"]).ends(0);
    assert!(!shown.out.contains("=null"), "{}", shown.out);
    project
        .sealine(&["audit", "verify"])
        .ends(0)
        .says(".sealine/log/checkpoint");
}
