//! A run that is killed at any durable step leaves the old state or the new one; the same command
//! again completes it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, SEALINE};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

type Generation = BTreeMap<String, Vec<u8>>;

/// The files that a reader of the lake would take.
fn generation(project: &Project) -> Generation {
    let lake = project.path().join("lake/customers");
    project
        .files("lake/customers")
        .into_iter()
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "parquet")
        })
        .map(|path| {
            (
                path.strip_prefix(&lake).unwrap().display().to_string(),
                std::fs::read(&path).unwrap(),
            )
        })
        .collect()
}

/// A project with one committed run of other data: the old state.
fn settled() -> (Project, Generation) {
    let project = Project::small();
    project.sealine(&["run"]).ends(0);
    let old = generation(&project);
    assert!(!old.is_empty());
    project.keep_rows(200, 90);
    (project, old)
}

/// What must hold right after a crash, and after the same command again.
#[track_caller]
fn old_or_new_then_done(project: &Project, old: &Generation, place: &str) {
    let now = generation(project);
    assert!(!now.is_empty(), "{place}: neither old nor new");
    let mixed = now.iter().any(|(name, bytes)| old.get(name) == Some(bytes)) && now != *old;
    assert!(!mixed, "{place}: both");
    let report = project.sealine(&["run", "--format", "json"]);
    assert_eq!(
        report.code,
        Some(0),
        "{place}:\n{}\n{}",
        report.out,
        report.err
    );
    assert_eq!(report.json()["inputs"][0]["rows_in"], 90, "{place}");
    let verify = project.sealine(&["audit", "verify"]);
    assert_eq!(
        verify.code,
        Some(0),
        "{place}:\n{}\n{}",
        verify.out,
        verify.err
    );
    for path in project.files(".") {
        let name = path.display().to_string();
        assert!(!name.contains(".sealine-"), "{place}: left behind: {name}");
    }
    assert!(
        project.files(".sealine/runs").is_empty(),
        "{place}: a journal is left"
    );
}

fn strace() -> bool {
    Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Kills the run at the n-th call of one system call; false where there were fewer.
fn killed_at(project: &Project, call: &str, n: usize, run: &[&str]) -> bool {
    let status = Command::new("strace")
        .args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            &format!("trace={call}"),
            "-e",
            &format!("inject={call}:signal=KILL:when={n}"),
        ])
        .arg(SEALINE)
        .arg("-C")
        .arg(project.path())
        .args(run)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    status.code() != Some(0)
}

/// Kills the run at every `step`-th call until it is no longer reached.
fn killed_everywhere(call: &str, step: usize) {
    if !strace() {
        harness::skipped("strace is not installed");
        return;
    }
    let mut killed = 0;
    let mut n = 1;
    loop {
        let (project, old) = settled();
        let hit = killed_at(&project, call, n, &["run"]);
        old_or_new_then_done(&project, &old, &format!("{call} {n}"));
        if !hit {
            break;
        }
        killed += 1;
        n += step;
    }
    assert!(killed > 2, "{call}: only {killed} calls were reached");
}

#[test]
fn killed_at_every_rename() {
    killed_everywhere("rename,renameat,renameat2", 1);
}

#[test]
fn killed_at_every_third_sync() {
    killed_everywhere("fsync,fdatasync", 3);
}

#[test]
fn killed_at_every_removal() {
    killed_everywhere("unlink,unlinkat,rmdir", 1);
}

#[test]
fn an_append_that_is_killed_at_any_rename_is_made_once() {
    if !strace() {
        harness::skipped("strace is not installed");
        return;
    }
    let run = ["run", "--run-id", "two"];
    let mut killed = 0;
    for n in 1.. {
        let project = Project::small();
        project.edit(
            "pipelines/customers-daily.yaml",
            "mode: replace",
            "mode: append",
        );
        project.sealine(&["run", "--run-id", "one"]).ends(0);
        let old = generation(&project);
        project.keep_rows(200, 90);
        let hit = killed_at(&project, "rename,renameat,renameat2", n, &run);
        for (name, bytes) in &old {
            assert_eq!(generation(&project).get(name), Some(bytes), "{n}: {name}");
        }
        project.sealine(&run).ends(0);
        project.sealine(&run).ends(0).says("committed before");
        let now = generation(&project);
        let names: Vec<&str> = now.keys().map(String::as_str).collect();
        assert_eq!(names, ["part-00000.parquet", "part-00001.parquet"], "{n}");
        assert_eq!(now["part-00000.parquet"], old["part-00000.parquet"], "{n}");
        assert!(project.files(".sealine/runs").is_empty(), "{n}");
        project.sealine(&["audit", "verify"]).ends(0);
        if !hit {
            break;
        }
        killed += 1;
    }
    assert!(killed > 5, "only {killed} renames were reached");
}

#[test]
fn killed_at_any_time() {
    let (project, old) = settled();
    for turn in 0..12_u64 {
        let mut child = harness::sealine()
            .arg("-C")
            .arg(project.path())
            .arg("run")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(turn * 23 % 280));
        let _ = child.kill();
        child.wait().unwrap();
        assert!(!generation(&project).is_empty(), "turn {turn}");
    }
    old_or_new_then_done(&project, &old, "at any time");
}

#[test]
fn an_interrupt_stops_cleanly() {
    let project = Project::of("examples/customers");
    let child = harness::sealine()
        .arg("-C")
        .arg(project.path())
        .arg("run")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(150));
    let _ = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    let end = child.wait_with_output().unwrap();
    // Before the handler is there the signal ends the process; after publishing the run is finished.
    assert!(matches!(end.status.code(), Some(0 | 1) | None), "{end:?}");
    project.sealine(&["run"]).ends(0);
    project.sealine(&["audit", "verify"]).ends(0);
}
