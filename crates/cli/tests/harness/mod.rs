//! A project in a folder of its own, and the program run over it as a user would.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The program.
pub(crate) const SEALINE: &str = env!("CARGO_BIN_EXE_sealine");

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The folder of vectors that others wrote, where there is one.
pub(crate) fn vectors() -> Option<PathBuf> {
    let folder = std::env::var_os("SEALINE_VECTORS")
        .map_or_else(|| root().join("../shared/vectors"), PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// What the program said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Insists on an exit code.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Said {
        assert_eq!(
            self.code,
            Some(code),
            "standard output:\n{}\nstandard error:\n{}",
            self.out,
            self.err
        );
        self
    }

    /// Insists on a part of either stream.
    #[track_caller]
    pub(crate) fn says(self, part: &str) -> Said {
        assert!(
            self.out.contains(part) || self.err.contains(part),
            "`{part}` is not in\nstandard output:\n{}\nstandard error:\n{}",
            self.out,
            self.err
        );
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }
}

/// The program, ready to be given arguments, with nothing of the tester's own environment.
pub(crate) fn sealine() -> Command {
    let mut command = Command::new(SEALINE);
    command
        .env("NO_COLOR", "1")
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a command with an input.
pub(crate) fn fed(command: &mut Command, input: &str) -> Said {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_owned();
    let feeder = std::thread::spawn(move || {
        let _ = pipe.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A project in a temporary folder.
pub(crate) struct Project(TempDir);

impl Project {
    /// An empty folder.
    pub(crate) fn empty() -> Project {
        Project(tempfile::tempdir().unwrap())
    }

    /// A copy of a project of the repository, without what a run leaves.
    pub(crate) fn of(folder: &str) -> Project {
        let project = Project::empty();
        copy(&root().join(folder), project.path());
        project
    }

    /// The flagship with its first rows only, so that a run takes no time.
    pub(crate) fn small() -> Project {
        let project = Project::of("examples/customers");
        project.keep_rows(0, 120);
        project
    }

    /// Keeps the header and some of the lines of the data.
    pub(crate) fn keep_rows(&self, skip: usize, take: usize) {
        let all = fs::read_to_string(root().join("examples/customers/data/customers.csv")).unwrap();
        let mut lines = all.lines();
        let header = lines.next().unwrap();
        // Records on one line only, so that none is cut.
        let whole = lines
            .filter(|line| line.matches('"').count() % 2 == 0 && line.matches(',').count() >= 4);
        let rows: Vec<&str> = whole
            .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
            .skip(skip)
            .take(take)
            .collect();
        self.write(
            "data/customers.csv",
            &format!("{header}\n{}\n", rows.join("\n")),
        );
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces a text that must be there.
    #[track_caller]
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "`{from}` is not in {name}:\n{text}");
        self.write(name, &text.replacen(from, to, 1));
    }

    /// Runs the program on the project.
    pub(crate) fn sealine(&self, arguments: &[&str]) -> Said {
        said(sealine().arg("-C").arg(self.path()).args(arguments))
    }

    /// Every file below a folder of the project, sorted.
    pub(crate) fn files(&self, folder: &str) -> Vec<PathBuf> {
        below(&self.path().join(folder))
    }
}

/// Every file below a folder, sorted.
pub(crate) fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(folder, &mut found);
    found.sort();
    found
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found)
        } else {
            found.push(path)
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if [".sealine", "lake", "rejects"]
            .iter()
            .any(|skipped| name == *skipped)
        {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Says why a test had nothing to test.
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}
