//! `cargo xtask bench`: the flagship pipeline over many rows, beside DuckDB doing the nearest thing
//! it can on the same machine. The figures are printed, never stored: they belong to a machine.

mod duckdb;
mod measure;

use crate::{generate, report, workspace};
use measure::Measured;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SEED: u64 = 2;

/// `cargo xtask bench [--rows N] [--runs N]`.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    let (mut rows, mut runs) = (1_000_000, 3);
    // The development profile says nothing about speed; it tries the bench itself.
    let dev = words.contains(&"--dev");
    let mut words = words.into_iter().filter(|word| *word != "--dev");
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
    let data = folder.join(format!("customers-{rows}.csv"));
    if !data.is_file() {
        report::line(&format!("generating {rows} rows …"));
        generate::customers(rows, SEED, 3, &data.to_string_lossy())?;
    }
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
    let other = duckdb::run(&folder, &data, runs);

    table(rows, bytes, &check, &sealine, &other);
    if dev {
        report::line("\nThe development profile was used: these figures say nothing.");
    }
    Ok(())
}

/// A copy of the flagship over the generated data.
fn project(root: &Path, folder: &Path, data: &Path) -> Result<PathBuf, String> {
    let from = root.join("examples/customers");
    let to = folder.join("project");
    if to.exists() {
        fs::remove_dir_all(&to)
            .map_err(|error| format!("cannot remove `{}`: {error}", to.display()))?;
    }
    for path in workspace::files(&from)? {
        let inside = path
            .strip_prefix(&from)
            .map_err(|error| error.to_string())?;
        if inside.starts_with("data") || inside.starts_with("lake") {
            continue;
        }
        copy(&path, &to.join(inside))?;
    }
    copy(data, &to.join("data/customers.csv"))?;
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

fn table(
    rows: u64,
    bytes: u64,
    check: &Measured,
    sealine: &Measured,
    other: &Result<(String, Measured), String>,
) {
    let rate = |measured: &Measured| format!("{:>12.0}", rows as f64 / measured.seconds);
    let peak = |measured: &Measured| format!("{:>9.0} MiB", measured.peak_kib as f64 / 1_024.0);
    report::line(&format!(
        "\n{rows} rows, {:.1} MB of CSV, best of the runs\n",
        bytes as f64 / 1e6
    ));
    report::line(&format!(
        "{:<22}{:>10}{:>12}{:>13}",
        "", "seconds", "rows/s", "peak memory"
    ));
    report::line(&format!(
        "{:<22}{:>10.3}{}{}",
        "sealine run",
        sealine.seconds,
        rate(sealine),
        peak(sealine)
    ));
    match other {
        Ok((version, measured)) => {
            report::line(&format!(
                "{:<22}{:>10.3}{}{}",
                version,
                measured.seconds,
                rate(measured),
                peak(measured)
            ));
            report::line(&format!(
                "\nratio: {:.2} of DuckDB's rows a second",
                measured.seconds / sealine.seconds
            ));
        }
        Err(reason) => report::line(&format!("duckdb: skipped: {reason}")),
    }
    report::line(&format!("sealine check: {:.0} ms", check.seconds * 1_000.0));
    report::line(
        "\nsealine: proof, contract (every rule, quarantine), HMAC tokens, mask, buckets, sealed Parquet, fsync, reading\n\
         back without the key, receipt and log. DuckDB: read_csv, sha256 with a salt, regexp_replace, sealed Parquet.",
    );
}
