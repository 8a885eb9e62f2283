//! What people would otherwise use, in an environment of its own below `target/bench`: each is a
//! script in `xtask/bench`, started anew for each run, timed as a whole process.

use super::measure::{self, Measured};
use crate::{report, workspace};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A peer: its script, its package, and the share of the rows that it is given.
pub(super) struct Peer {
    /// What the table calls it.
    pub(super) name: &'static str,
    script: &'static str,
    package: &'static str,
    /// Row by row in Python takes minutes: a part of the rows says as much.
    pub(super) part: u64,
}

/// All of them, in the order of the table.
pub(super) const PEERS: [Peer; 3] = [
    Peer {
        name: "DuckDB, encrypted",
        script: "in_duckdb.py",
        package: "duckdb",
        part: 1,
    },
    Peer {
        name: "Polars, in clear",
        script: "in_polars.py",
        package: "polars",
        part: 1,
    },
    Peer {
        name: "pydantic and Fernet",
        script: "recipe.py",
        package: "pydantic",
        part: 10,
    },
];

const PACKAGES: [&str; 5] = ["duckdb", "polars", "pydantic", "cryptography", "pyarrow"];

/// The interpreter of the environment, made where there is none yet.
pub(super) fn python(folder: &Path) -> Result<PathBuf, String> {
    let environment = folder.join("venv");
    let python = environment.join("bin/python");
    if !python.is_file() {
        report::line("installing the peers from PyPI into target/bench/venv …");
        workspace::output(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(&environment),
        )?;
    }
    let known = Command::new(&python)
        .args([
            "-c",
            "import duckdb, polars, pydantic, cryptography, pyarrow",
        ])
        .output();
    if !known.is_ok_and(|output| output.status.success()) {
        workspace::output(
            Command::new(&python)
                .args(["-m", "pip", "install", "--quiet"])
                .args(PACKAGES),
        )?;
    }
    Ok(python)
}

impl Peer {
    /// Its version.
    pub(super) fn version(&self, python: &Path) -> Result<String, String> {
        let code = format!(
            "from importlib.metadata import version; print(version('{}'))",
            self.package
        );
        let version = workspace::output(Command::new(python).args(["-c", &code]))?;
        Ok(version.trim().to_owned())
    }

    /// One run over `data`.
    pub(super) fn run(&self, python: &Path, data: &Path, out: &Path) -> Result<Measured, String> {
        let script = workspace::root().join("xtask/bench").join(self.script);
        measure::run(Command::new(python).arg(script).arg(data).arg(out))
    }
}
