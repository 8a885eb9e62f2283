//! `cargo xtask bench protect`: nanoseconds a value for every protection, on one core, beside
//! OpenSSL and Python in the same run; written to `docs/reference/protection-speed.md`.
//!
//! Must never: report a figure of another run or another machine.

use super::goals::{self, GOALS, Goal};
use super::machine;
use crate::workspace::output;
use crate::{report, workspace};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const PAGE: &str = "docs/reference/protection-speed.md";
/// Bytes of a value.
const VALUE: f64 = 28.0;
/// The core that all are measured on, where the machine has another and `taskset`.
const CORE: &str = "1";

/// What was measured: a name, a figure and its unit.
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) number: f64,
    pub(super) unit: &'static str,
}

/// What one run measured.
pub(super) struct Figures {
    ours: Vec<Figure>,
    openssl: Vec<Figure>,
    python: Vec<Figure>,
}

/// `cargo xtask bench protect`.
pub(super) fn main(words: Vec<&str>) -> Result<(), String> {
    if let Some(word) = words.first() {
        return Err(format!("`bench protect` does not know `{word}`"));
    }
    let root = workspace::root();
    report::line("building the benches …");
    output(cargo(&root).arg("--no-run"))?;
    let pin = Command::new("taskset").args(["-c", CORE, "true"]).output();
    let pinned = pin.is_ok_and(|output| output.status.success());
    report::line("measuring; leave the machine alone for a minute …");
    let ours = output(&mut on_one_core(cargo(&root), pinned))?;
    let figures = Figures {
        ours: ours.lines().filter_map(figure).collect(),
        openssl: openssl(pinned),
        python: python(&root, pinned),
    };
    let page = page(&figures, &machine(&root, pinned))?;
    report::line(&page);
    let path = root.join(PAGE);
    std::fs::write(&path, page)
        .map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    let vectors = std::env::var_os("SEALINE_VECTORS");
    let vectors = vectors.unwrap_or_else(|| root.join("../shared/vectors").into());
    cargo.current_dir(root).env("SEALINE_VECTORS", vectors);
    cargo.args(["bench", "--quiet", "-p", "sealine-protect"]);
    cargo.args(["--bench", "protect", "--bench", "detect"]);
    cargo
}

/// The same command, on the core that all are measured on.
fn on_one_core(command: Command, pinned: bool) -> Command {
    if !pinned {
        return command;
    }
    let mut taskset = Command::new("taskset");
    taskset.args(["-c", CORE]).arg(command.get_program());
    taskset.args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        taskset.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => taskset.env(name, value),
            None => taskset.env_remove(name),
        };
    }
    taskset
}

/// One line of the benches: a name in one or more words, a number, and a unit.
fn figure(line: &str) -> Option<Figure> {
    let (before, unit) = [(" ns/value", "ns"), (" MB/s", "MB/s")]
        .into_iter()
        .find_map(|(mark, unit)| Some((line.split_once(mark)?.0, unit)))?;
    let mut words: Vec<&str> = before.split_whitespace().collect();
    let number = words.pop()?.parse().ok()?;
    Some(Figure {
        name: words.join(" "),
        number,
        unit,
    })
}

/// `openssl speed` over 28 bytes: no figure is converted from another length.
fn openssl(pinned: bool) -> Vec<Figure> {
    let cases: [(&str, &[&str]); 3] = [
        ("hmac", &["-hmac", "sha256"]),
        ("aes-256-gcm", &["-aead", "-evp", "aes-256-gcm"]),
        ("aes-256-siv", &["-aead", "-evp", "aes-256-siv"]),
    ];
    let measure = |(name, arguments): (&str, &[&str])| {
        let mut speed = Command::new("openssl");
        speed.args(["speed", "-seconds", "2", "-bytes", "28"]);
        speed.args(arguments);
        let said = output(&mut on_one_core(speed, pinned)).ok()?;
        // The last line is `NAME  123456.78k`: thousands of bytes a second.
        let rate = said.split_whitespace().last()?.strip_suffix('k')?;
        Some(Figure {
            name: name.to_owned(),
            number: VALUE * 1e6 / rate.parse::<f64>().ok()?,
            unit: "ns",
        })
    };
    cases.into_iter().filter_map(measure).collect()
}

/// `cryptography`, from the environment of `cargo xtask peers`; nothing where there is none.
fn python(root: &Path, pinned: bool) -> Vec<Figure> {
    let mut script = Command::new(root.join("target/peers/venv/bin/python"));
    script.arg(root.join("xtask/bench/protect.py"));
    let Ok(said) = output(&mut on_one_core(script, pinned)) else {
        report::line("skipped: Python's `cryptography`; `cargo xtask peers` installs it");
        return Vec::new();
    };
    let line = |line: &str| figure(&format!("{line} ns/value"));
    said.lines().filter_map(line).collect()
}

/// What was measured on and beside, and at which commit.
fn machine(root: &Path, pinned: bool) -> String {
    let openssl = output(Command::new("openssl").arg("version"));
    let openssl = openssl.as_deref().unwrap_or("no OpenSSL").trim();
    format!(
        "{} {}; {}.",
        machine::described(root),
        match pinned {
            true => "One core by `taskset`",
            false => "Not pinned to a core",
        },
        openssl
            .split_once(" (")
            .map_or(openssl, |(version, _)| version),
    )
}

fn page(figures: &Figures, machine: &str) -> Result<String, String> {
    let mut page = format!(
        "# How fast the protections are\n\nWritten by `cargo xtask bench protect`. Values of 28 bytes in arrays of 8,192 rows, \
         arrays read and written included; nanoseconds a value, the least of 300 rounds. {machine}\n\n\
         OpenSSL is `openssl speed -bytes 28`: the primitive in a loop in C over one buffer, with `-hmac sha256` \
         and `-aead -evp aes-256-gcm` or `aes-256-siv`, 28 divided by the bytes a second. Python is `cryptography`, \
         called once a value. Neither reads a column or writes one.\n\n\
         | what | Sealine | OpenSSL | Python | goal | met |\n|---|---:|---:|---:|---:|---|\n"
    );
    let of = |figures: &[Figure], name: &str| {
        let one = figures.iter().find(|one| one.name == name);
        one.map_or_else(|| "–".to_owned(), |one| format!("{:.0}", one.number))
    };
    for Goal {
        what,
        bench,
        peer,
        goal,
    } in GOALS
    {
        let Some(ours) = figures.ours.iter().find(|one| one.name == *bench) else {
            return Err(format!("the benches did not measure `{bench}`"));
        };
        // A time is to be small, a rate is to be great.
        let met = match ours.unit {
            "ns" => ours.number <= *goal,
            _ => ours.number >= *goal,
        };
        let _ = writeln!(
            page,
            "| {what} | {} | {} | {} | {goal} {} | {} |",
            goals::shown(ours.number),
            of(&figures.openssl, peer),
            of(&figures.python, peer),
            ours.unit,
            if met { "yes" } else { "**no**" },
        );
    }
    page.push_str("\n## Everything that the benches measure\n\n| bench | figure |\n|---|---:|\n");
    for one in &figures.ours {
        let _ = writeln!(
            page,
            "| {} | {} {} |",
            one.name,
            goals::shown(one.number),
            one.unit
        );
    }
    page.push_str(goals::LIMITS);
    Ok(page)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_benches_are_read() {
        let one = figure("mask_card         Utf8         76.7 ns/value").unwrap();
        assert_eq!(
            (one.name.as_str(), one.number, one.unit),
            ("mask_card Utf8", 76.7, "ns")
        );
        let one =
            figure("prose, 1.2 kB each        5223.0 MB/s  (1164000 bytes, 0 found)").unwrap();
        assert_eq!(
            (one.name.as_str(), one.unit),
            ("prose, 1.2 kB each", "MB/s")
        );
        assert!(figure("skipped: no pii/presidio_synth_dataset_v2.json").is_none());
        assert!(figure("   Compiling x").is_none());
    }
}
