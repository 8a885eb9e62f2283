//! Building the copy once, and running its tests with one mutant on.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::schemata::SWITCH;

/// The tests of the proof that have to notice, the quick ones first.
const TESTS: &[&str] = &["cases", "plans", "twin"];
/// How many queries the twins try; more in a campaign of their own.
const TWINS: &str = "150";
/// After this long a test counts as failed: a mutant that never ends is noticed.
const LIMIT: Duration = Duration::from_secs(600);

/// What became of a mutant.
#[derive(PartialEq)]
pub(super) enum Fate {
    /// Named is what noticed: the case, or the test.
    Killed(String),
    Survived,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed(by) => write!(f, "killed by `{by}`"),
            Self::Survived => f.write_str("SURVIVED"),
        }
    }
}

/// The built tests.
pub(super) struct Trial {
    /// In the order of [`TESTS`].
    programs: Vec<(String, PathBuf)>,
    /// Where the tests run: the crate of the copy.
    folder: PathBuf,
    /// Where what they say is kept.
    said: PathBuf,
}

impl Trial {
    /// Builds the tests of the copy; what is not of this repository is shared with other builds.
    pub(super) fn build(root: &Path, tree: &Path) -> Result<Self, String> {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(tree).args([
            "test",
            "--workspace",
            "--offline",
            "--no-run",
            "--message-format=json",
        ]);
        for test in TESTS {
            cargo.args(["--test", test]);
        }
        if std::env::var_os("CARGO_TARGET_DIR").is_none() {
            cargo.env("CARGO_TARGET_DIR", root.join("target"));
        }
        let built = cargo
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("cannot start cargo: {error}"))?;
        if !built.status.success() {
            return Err(format!(
                "the mutants do not compile; `cargo check` in {} says where",
                tree.display()
            ));
        }
        let text = String::from_utf8_lossy(&built.stdout);
        let artifacts: Vec<Value> = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let programs = TESTS
            .iter()
            .map(|test| {
                let path = artifacts.iter().find_map(|one| {
                    (one.pointer("/target/name")?.as_str()? == *test)
                        .then(|| one.get("executable")?.as_str().map(PathBuf::from))?
                });
                let path = path.ok_or_else(|| format!("cargo built no test `{test}`"))?;
                Ok(((*test).to_owned(), path))
            })
            .collect::<Result<_, String>>()?;
        let said = root.join("target/mutants/said");
        fs::create_dir_all(&said)
            .map_err(|error| format!("cannot make `{}`: {error}", said.display()))?;
        Ok(Self {
            programs,
            folder: tree.join("crates/plan"),
            said,
        })
    }

    /// Runs the tests with this mutant on, up to the first that fails; 0 is none.
    pub(super) fn run(&self, number: usize) -> Result<Fate, String> {
        for (test, program) in &self.programs {
            let said = self.said.join(format!("{number}-{test}"));
            let file = File::create(&said).map_err(|error| error.to_string())?;
            let child = Command::new(program)
                .current_dir(&self.folder)
                .env(SWITCH, number.to_string())
                .env("SEALINE_TWINS", TWINS)
                .env("SEALINE_FIRST", "1")
                .arg("--test-threads=1")
                .stdin(Stdio::null())
                .stdout(file)
                .stderr(Stdio::null())
                .spawn()
                .map_err(|error| format!("cannot start `{}`: {error}", program.display()))?;
            match ended(child)? {
                Some(true) => {}
                Some(false) => {
                    let text = fs::read_to_string(&said).unwrap_or_default();
                    return Ok(Fate::Killed(noticed(test, &text)));
                }
                None => return Ok(Fate::Killed(format!("{test}, without an end"))),
            }
        }
        Ok(Fate::Survived)
    }
}

/// Whether a test passed; nothing where it did not end in time.
fn ended(mut child: Child) -> Result<Option<bool>, String> {
    #[allow(clippy::disallowed_methods, reason = "a time limit")]
    let start = Instant::now();
    loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => return Ok(Some(status.success())),
            None if start.elapsed() > LIMIT => {
                let _ = child.kill();
                let _ = child.wait();
                return Ok(None);
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// The first case that failed, or the test function.
fn noticed(test: &str, said: &str) -> String {
    let case = said.lines().find_map(|line| {
        let (name, rest) = line.split_once(": expected ")?;
        (!name.is_empty() && !name.contains(' ') && !rest.is_empty()).then_some(name)
    });
    let function = || {
        said.lines().find_map(|line| {
            let name = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
            Some(name)
        })
    };
    match case.or_else(function) {
        Some(name) => format!("{test}: {name}"),
        None => test.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_noticed_is_named() {
        let said = "test every_case ... FAILED\n\n2 of 466 fail:\nleft_join: expected refused, []\n    SELECT 1\n";
        assert_eq!(noticed("cases", said), "cases: left_join");
        assert_eq!(
            noticed("plans", "test a ... ok\ntest b ... FAILED\n"),
            "plans: b"
        );
    }
}
