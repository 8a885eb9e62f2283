//! `cargo xtask bench`: the protections alone with `protect`; else card payments from CSV to sealed Parquet, beside what people would
//! otherwise use, on the same machine in the same run. The figures are printed as a table; those
//! of one machine are kept in `docs/guide/performance.md`.

mod goals;
mod measure;
mod peers;
mod protect;

use crate::{generate, report, workspace};
use measure::Measured;
use peers::{PEERS, Peer};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SEED: u64 = 2;

/// `cargo xtask bench [--rows N] [--runs N] [--dev] [--alone]`, or `bench protect`.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    if let Some(("protect", rest)) = words.split_first().map(|(first, rest)| (*first, rest)) {
        return protect::main(rest.to_vec());
    }
    let (mut rows, mut runs) = (1_000_000, 3);
    // The development profile says nothing about speed; it tries the bench itself.
    let dev = words.contains(&"--dev");
    let alone = words.contains(&"--alone");
    let mut words = words
        .into_iter()
        .filter(|word| !["--dev", "--alone"].contains(word));
    while let Some(word) = words.next() {
        let value = words
            .next()
            .and_then(|value| value.replace('_', "").parse::<u64>().ok());
        match (word, value) {
            ("--rows", Some(value)) => rows = value,
            ("--runs", Some(value)) => runs = value.max(1),
            _ => {
                return Err(format!(
                    "`{word}` needs a whole number; there are `--rows` and `--runs`"
                ));
            }
        }
    }
    let root = workspace::root();
    let folder = root.join("target/bench");
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create `{}`: {error}", folder.display()))?;

    let profile: &[&str] = if dev { &[] } else { &["--release"] };
    if !dev {
        report::line("building the release binary (a cold build takes a quarter of an hour) …");
    }
    workspace::output(
        Command::new("cargo")
            .current_dir(&root)
            .args(["build", "--quiet", "-p", "sealine"])
            .args(profile),
    )?;
    let data = payments(&folder, rows)?;
    let bytes = fs::metadata(&data)
        .map_err(|error| error.to_string())?
        .len();

    let project = project(&root, &folder, &data)?;
    let binary = root.join(if dev {
        "target/debug/sealine"
    } else {
        "target/release/sealine"
    });
    let check = best(runs, || {
        measure::run(Command::new(&binary).arg("-C").arg(&project).arg("check"))
    })?;
    let sealine = best(runs, || {
        measure::run(
            Command::new(&binary)
                .arg("-C")
                .arg(&project)
                .args(["run", "--format", "json"]),
        )
    })?;
    report::line(&format!(
        "\n{rows} rows, {:.1} MB of CSV, 14 columns, best of {runs} runs\n",
        bytes as f64 / 1e6
    ));
    report::line(&format!(
        "{:<28}{:>9}{:>13}{:>14}{:>9}",
        "", "seconds", "rows/s", "peak memory", "ratio"
    ));
    let own_rate = rows as f64 / sealine.seconds;
    line("sealine run", rows, &sealine, own_rate);
    if !alone {
        let python = peers::python(&folder)?;
        for peer in &PEERS {
            beside(peer, &python, &folder, rows, runs, own_rate)?;
        }
    }
    report::line(&format!(
        "\nsealine check: {:.0} ms",
        check.seconds * 1_000.0
    ));
    report::line(
        "ratio: sealine's rows a second over the peer's. sealine: proof, contract and quarantine, HMAC-SHA-256 tokens,\n\
         masks, zstd Parquet under AES-256-GCM, fsync, reading back without the key, receipt and log.",
    );
    Ok(())
}

fn beside(
    peer: &Peer,
    python: &Path,
    folder: &Path,
    rows: u64,
    runs: u64,
    own_rate: f64,
) -> Result<(), String> {
    let name = format!("{} {}", peer.name, peer.version(python)?);
    let rows = (rows / peer.part).max(1);
    let data = payments(folder, rows)?;
    let out = folder.join("peer.parquet");
    let runs = if peer.part > 1 { 1 } else { runs };
    match best(runs, || peer.run(python, &data, &out)) {
        Ok(measured) => line(&name, rows, &measured, own_rate),
        Err(reason) => report::line(&format!("{name}: {reason}")),
    }
    Ok(())
}

/// One line of the table; the ratio is between times a row. A peer with fewer rows says so.
fn line(name: &str, rows: u64, measured: &Measured, own_rate: f64) {
    let rate = rows as f64 / measured.seconds;
    report::line(&format!(
        "{name:<28}{:>9.3}{rate:>13.0}{:>10.0} MiB{:>9.2}",
        measured.seconds,
        measured.peak_kib as f64 / 1_024.0,
        own_rate / rate,
    ));
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
