//! `cargo xtask bench`: the protections alone with `protect`, the proof alone with `proof`; else card payments from CSV to sealed Parquet, beside what people would
//! otherwise use, on the same machine in the same run. The figures are printed as a table and,
//! with `--write`, kept in `docs/reference/performance.md`.
//!
//! Must never: report a figure of another run or another machine.

mod goals;
mod machine;
mod measure;
mod page;
mod peers;
mod proof;
mod protect;

use crate::{generate, report, workspace};
use measure::Measured;
use peers::{PEERS, Peer};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SEED: u64 = 2;

/// What was measured of one program.
struct Line {
    name: String,
    rows: u64,
    measured: Measured,
}

impl Line {
    /// Rows a second.
    fn rate(&self) -> f64 {
        self.rows as f64 / self.measured.seconds
    }
}

/// Everything that one call of the bench measured.
struct Figures {
    rows: u64,
    runs: u64,
    /// Of the CSV.
    bytes: u64,
    check: Measured,
    sealine: Line,
    /// The same over ten times the rows, where that was asked for.
    long: Option<Line>,
    peers: Vec<Line>,
    /// Peers that could not be measured, and why.
    missing: Vec<String>,
}

/// What the words ask for.
struct Asked {
    rows: u64,
    runs: u64,
    /// The development profile says nothing about speed; it tries the bench itself.
    dev: bool,
    alone: bool,
    long: bool,
    write: bool,
}

impl Asked {
    fn read(words: &[&str]) -> Result<Asked, String> {
        let mut asked = Asked {
            rows: 1_000_000,
            runs: 3,
            dev: false,
            alone: false,
            long: false,
            write: false,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--dev" => asked.dev = true,
                "--alone" => asked.alone = true,
                "--long" => asked.long = true,
                "--write" => asked.write = true,
                "--rows" => asked.rows = number(word, words.next())?,
                "--runs" => asked.runs = number(word, words.next())?,
                _ => {
                    return Err(format!(
                        "`bench` does not know `{word}`; there are `--rows N`, `--runs N`, `--alone`, `--long`, `--dev` and `--write`"
                    ));
                }
            }
        }
        Ok(asked)
    }
}

fn number(word: &str, value: Option<&&str>) -> Result<u64, String> {
    let value = value.and_then(|value| value.replace('_', "").parse::<u64>().ok());
    let value = value.filter(|value| *value > 0);
    value.ok_or_else(|| format!("`{word}` needs a whole number above zero"))
}

/// `cargo xtask bench [--rows N] [--runs N] [--alone] [--long] [--dev] [--write]`, or
/// `bench protect`, or `bench proof`.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    if let Some(("protect", rest)) = words.split_first().map(|(first, rest)| (*first, rest)) {
        return protect::main(rest.to_vec());
    }
    if let Some(("proof", rest)) = words.split_first().map(|(first, rest)| (*first, rest)) {
        return proof::main(rest.to_vec());
    }
    let asked = Asked::read(&words)?;
    let root = workspace::root();
    let folder = root.join("target/bench");
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create `{}`: {error}", folder.display()))?;
    let binary = build(&root, asked.dev)?;
    let figures = measure_all(&asked, &root, &folder, &binary)?;
    report::line(&page::table(&figures));
    if asked.write {
        let path = root.join(page::PAGE);
        fs::write(&path, page::page(&figures, &machine::described(&root)))
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
    }
    Ok(())
}

/// The program that is measured.
fn build(root: &Path, dev: bool) -> Result<PathBuf, String> {
    let profile: &[&str] = if dev { &[] } else { &["--release"] };
    if !dev {
        report::line("building the release binary (cold, this takes 12 minutes on two cores) …");
    }
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root);
    cargo.args(["build", "--quiet", "-p", "sealine"]);
    workspace::output(cargo.args(profile))?;
    let folder = if dev { "debug" } else { "release" };
    Ok(root.join("target").join(folder).join("sealine"))
}

fn measure_all(
    asked: &Asked,
    root: &Path,
    folder: &Path,
    binary: &Path,
) -> Result<Figures, String> {
    let (rows, runs) = (asked.rows, asked.runs);
    let sealine = |verb: &[&str], project: &Path| {
        measure::run(Command::new(binary).arg("-C").arg(project).args(verb))
    };
    let whole = ["run", "--format", "json"];
    let data = payments(folder, rows)?;
    let bytes = fs::metadata(&data).map_err(|error| error.to_string())?;
    let place = project(root, folder, &data)?;
    let mut figures = Figures {
        rows,
        runs,
        bytes: bytes.len(),
        check: best(runs, || sealine(&["check"], &place))?,
        sealine: Line {
            name: "sealine run".to_owned(),
            rows,
            measured: best(runs, || sealine(&whole, &place))?,
        },
        long: None,
        peers: Vec::new(),
        missing: Vec::new(),
    };
    if !asked.alone {
        let python = peers::python(folder)?;
        for peer in &PEERS {
            match beside(peer, &python, folder, rows, runs)? {
                Ok(line) => figures.peers.push(line),
                Err(reason) => figures.missing.push(reason),
            }
        }
    }
    if asked.long {
        let rows = rows * 10;
        let place = project(root, folder, &payments(folder, rows)?)?;
        figures.long = Some(Line {
            name: "sealine run, ten times the rows".to_owned(),
            rows,
            measured: sealine(&whole, &place)?,
        });
    }
    Ok(figures)
}

/// A peer over its share of the rows, or why it could not be measured.
fn beside(
    peer: &Peer,
    python: &Path,
    folder: &Path,
    rows: u64,
    runs: u64,
) -> Result<Result<Line, String>, String> {
    let name = format!("{} {}", peer.name, peer.version(python)?);
    let rows = (rows / peer.part).max(1);
    let data = payments(folder, rows)?;
    let out = folder.join("peer.parquet");
    let runs = if peer.part > 1 { 1 } else { runs };
    Ok(match best(runs, || peer.run(python, &data, &out)) {
        Ok(measured) => Ok(Line {
            name,
            rows,
            measured,
        }),
        Err(reason) => Err(format!("{name}: {reason}")),
    })
}

/// The generated file of so many rows.
fn payments(folder: &Path, rows: u64) -> Result<PathBuf, String> {
    let data = folder.join(format!("payments-{rows}.csv"));
    if !data.is_file() {
        report::line(&format!("generating {rows} rows …"));
        generate::payments(rows, SEED, 1, &data.to_string_lossy())?;
    }
    Ok(data)
}

/// A copy of the measured project over the generated data.
fn project(root: &Path, folder: &Path, data: &Path) -> Result<PathBuf, String> {
    let from = root.join("xtask/bench/project");
    let to = folder.join("project");
    if to.exists() {
        fs::remove_dir_all(&to)
            .map_err(|error| format!("cannot remove `{}`: {error}", to.display()))?;
    }
    for path in workspace::files(&from)? {
        let inside = path
            .strip_prefix(&from)
            .map_err(|error| error.to_string())?;
        copy(&path, &to.join(inside))?;
    }
    copy(data, &to.join("data/payments.csv"))?;
    Ok(to)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| format!("cannot create `{}`: {error}", folder.display()))?;
    }
    fs::copy(from, to)
        .map(|_| ())
        .map_err(|error| format!("cannot copy to `{}`: {error}", to.display()))
}

/// The fastest of several runs: what the machine can do, not what disturbed it.
fn best(runs: u64, mut run: impl FnMut() -> Result<Measured, String>) -> Result<Measured, String> {
    let mut best: Option<Measured> = None;
    for _ in 0..runs {
        let next = run()?;
        best = Some(match best {
            Some(so_far) if so_far.seconds <= next.seconds => so_far.with_peak(next.peak_kib),
            _ => next.with_peak(best.map_or(0, |so_far| so_far.peak_kib)),
        });
    }
    best.ok_or_else(|| "nothing was run".to_owned())
}
