//! What a scheduler rests on: an id that is committed once, a signal that stops cleanly, a second one that ends at
//! once, exit codes that tell them apart, and a state that the next command settles.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{Project, SEALINE};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};

/// The small project, appended to.
fn appending() -> Project {
    let project = Project::small();
    project.edit(
        "pipelines/customers-daily.yaml",
        "mode: replace",
        "mode: append",
    );
    project
}

fn rows(project: &Project) -> usize {
    let read = [
        "read",
        "lake.customers",
        "--limit",
        "10000",
        "--format",
        "json",
    ];
    let said = project.sealine(&read).ends(0);
    said.json()["rows"].as_array().unwrap().len()
}

#[test]
fn an_id_is_committed_once() {
    let project = appending();
    let run = ["run", "--run-id", "2026-11-22", "--format", "json"];
    let first = project.sealine(&run).ends(0).json();
    assert_eq!(
        (&first["already"], &first["run"]),
        (&false.into(), &"2026-11-22".into())
    );
    assert_eq!(first["outputs"][0]["mode"], "append");
    let mut second = project.sealine(&run).ends(0).json();
    assert_eq!(second["already"], true);
    assert_eq!(second["receipt"]["sha256"], first["receipt"]["sha256"]);
    second["already"] = false.into();
    second["duration_ms"] = first["duration_ms"].clone();
    assert_eq!(second, first);
    project
        .sealine(&["run", "--run-id", "2026-11-22"])
        .ends(0)
        .says("run 2026-11-22 was committed before; nothing was done now");
    let once = rows(&project);
    assert_eq!(once as u64, first["outputs"][0]["rows"].as_u64().unwrap());
    project
        .sealine(&["run", "--run-id", "2026-11-23"])
        .ends(0)
        .says("added");
    assert_eq!(rows(&project), 2 * once);
    project.sealine(&["audit", "verify"]).ends(0);
    project.keep_rows(300, 10);
    let other = project.sealine(&["run", "--run-id", "2026-11-23"]).ends(1);
    other.says("SL5420").says("other rows of `crm.customers`");
    for bad in ["a/b", "..", "a b", ""] {
        let refused = project.sealine(&["run", "--run-id", bad]);
        refused.ends(2).says("a run id is 1 to 128");
    }
    assert_eq!(rows(&project), 2 * once);
}

/// The flagship with so many rows that a signal comes while they are read.
fn large() -> Project {
    let project = Project::small();
    project.sealine(&["run"]).ends(0);
    let mut text = String::from("id,email,card,age,country,nationality,comment\n");
    for id in 0..400_000 {
        text.push_str(&format!("{id},p{id}@example.com,,30,DE,DE,c\n"));
    }
    project.write("data/customers.csv", &text);
    project
}

/// The program with no signal ignored: whoever runs the tests in the background may ignore some, and
/// what is ignored at the start stays so.
fn listening() -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal=INT,TERM,HUP", SEALINE]);
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// A run whose words are heard as they come.
struct Heard {
    child: Child,
    words: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Heard {
    fn start(command: &mut Command) -> Heard {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let words = BufReader::new(child.stderr.take().unwrap());
        Heard {
            child,
            words,
            said: String::new(),
        }
    }

    fn run(project: &Project) -> Heard {
        Heard::start(listening().arg("-C").arg(project.path()).arg("run"))
    }

    /// Waits for a line with that in it.
    fn until(&mut self, part: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(
                self.words.read_line(&mut line).unwrap() > 0,
                "no `{part}`:\n{}",
                self.said
            );
            self.said.push_str(&line);
            if line.contains(part) {
                return line;
            }
        }
    }

    fn end(mut self) -> (ExitStatus, String) {
        self.words.read_to_string(&mut self.said).unwrap();
        (self.child.wait().unwrap(), self.said)
    }
}

fn send(signal: &str, process: u32) {
    let sent = Command::new("kill")
        .args([signal, &process.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

fn lake(project: &Project) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let read = |path: std::path::PathBuf| {
        let bytes = std::fs::read(&path).unwrap();
        (path, bytes)
    };
    project
        .files("lake/customers")
        .into_iter()
        .map(read)
        .collect()
}

#[track_caller]
fn nothing_is_left(project: &Project) {
    for path in project.files(".") {
        let name = path.display().to_string();
        assert!(!name.contains(".sealine-"), "left behind: {name}");
    }
    assert!(
        project.files(".sealine/runs").is_empty(),
        "a journal is left"
    );
}

#[test]
fn the_first_signal_stops_cleanly() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let project = large();
        let before = lake(&project);
        let mut run = Heard::run(&project);
        run.until("reading crm.customers");
        send(signal, run.child.id());
        let (status, said) = run.end();
        assert_eq!(status.code(), Some(1), "{signal}:\n{said}");
        for part in ["stopping", "SL5026", "nothing was published", "begins anew"] {
            assert!(said.contains(part), "{signal}: no `{part}`:\n{said}");
        }
        assert_eq!(lake(&project), before);
        nothing_is_left(&project);
        project.keep_rows(200, 90);
        project.sealine(&["run"]).ends(0);
        project.sealine(&["audit", "verify"]).ends(0);
    }
}

#[test]
fn what_was_ignored_stays_ignored() {
    let project = large();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' INT HUP; exec \"$0\" -C \"$1\" run", SEALINE]);
    let mut run = Heard::start(shell.arg(project.path()));
    run.until("reading crm.customers");
    send("-INT", run.child.id());
    send("-HUP", run.child.id());
    let (status, said) = run.end();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(!said.contains("stopping"), "{said}");
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn a_signal_at_any_time_leaves_old_or_new() {
    let project = appending();
    project.sealine(&["run", "--run-id", "0"]).ends(0);
    let once = rows(&project);
    for turn in 1..10_u64 {
        let id = turn.to_string();
        let child = listening()
            .arg("-C")
            .arg(project.path())
            .args(["run", "--run-id", &id])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(turn * 31 % 290));
        let signal = if turn % 2 == 0 { "-TERM" } else { "-INT" };
        let _ = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        let end = child.wait_with_output().unwrap();
        // Before the handler is there the signal ends the process; after publishing the run is finished.
        assert!(
            matches!(end.status.code(), Some(0 | 1) | None),
            "{id}: {end:?}"
        );
        project.sealine(&["run", "--run-id", &id]).ends(0);
        assert_eq!(rows(&project) as u64, (turn + 1) * once as u64, "{id}");
        nothing_is_left(&project);
    }
    project.sealine(&["audit", "verify"]).ends(0);
}

#[test]
fn the_second_signal_ends_at_once() {
    let traced = Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .status();
    if !traced.is_ok_and(|status| status.success()) {
        harness::skipped("strace is not installed");
        return;
    }
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let project = Project::small();
        project.sealine(&["run"]).ends(0);
        let before = lake(&project);
        project.keep_rows(200, 90);
        // Slow enough at every sync that both signals come while one is waited for.
        let mut strace = Command::new("strace");
        strace.args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "trace=fsync,fdatasync",
        ]);
        strace.args(["-e", "inject=fsync,fdatasync:delay_enter=1500000"]);
        // As in `listening`.
        strace.args(["env", "--default-signal=INT,TERM,HUP"]);
        strace.args([
            "sh",
            "-c",
            "echo pid $$ >&2; exec \"$0\" -C \"$1\" run",
            SEALINE,
        ]);
        let mut run = Heard::start(strace.arg(project.path()));
        let line = run.until("pid ");
        let process = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
        run.until("read crm.customers");
        send(signal, process);
        run.until("stopping");
        send(signal, process);
        let (status, said) = run.end();
        assert_eq!(status.code(), Some(code), "{said}");
        assert!(!said.contains("SL5026"), "{said}");
        assert_eq!(lake(&project), before);
        // The state is that of a crash, and settled as one.
        assert!(!project.files(".sealine/runs").is_empty());
        project.sealine(&["run"]).ends(0).says("rolled back run");
        nothing_is_left(&project);
        project.sealine(&["audit", "verify"]).ends(0);
    }
}
