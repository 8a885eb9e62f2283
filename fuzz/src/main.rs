//! `sealine-fuzz [--seconds N] [--seed S] [TARGET …]`: changes what the targets take as it is, and
//! looks how they end. Each runs in a process of its own, with 2 GiB of memory, so that one that
//! exhausts the machine or overflows its stack is told by name.
//!
//! `--input FILE TARGET` runs one input again: what a failure leaves in `target/fuzz/`.
// It says how it went, measures time, and ends by a panic where a target does.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use sealine_fuzz::mutate::{Random, mutated};
use sealine_fuzz::{TARGETS, Target};

/// One input may take so long in a build without optimization.
const SLOW: Duration = Duration::from_secs(5);
const MEMORY: u64 = 2 << 30;

#[derive(Clone, Debug)]
struct Asked {
    seconds: f64,
    seed: u64,
    alone: bool,
    input: Option<PathBuf>,
    targets: Vec<&'static Target>,
}

fn asked() -> Result<Asked, String> {
    let mut asked = Asked {
        seconds: 60.0,
        seed: 1,
        alone: false,
        input: None,
        targets: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("`{word}` needs a value"));
        match word.as_str() {
            "--seconds" => {
                asked.seconds = value()?.parse().map_err(|_| "`--seconds` is a number")?
            }
            "--seed" => asked.seed = value()?.parse().map_err(|_| "`--seed` is a whole number")?,
            "--input" => asked.input = Some(value()?.into()),
            "--alone" => asked.alone = true,
            name => {
                let target = TARGETS.iter().find(|target| target.name == name);
                let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
                let known = || format!("no target is named `{name}`: {}", names.join(", "));
                asked.targets.push(target.ok_or_else(known)?);
            }
        }
    }
    if asked.targets.is_empty() {
        asked.targets.extend(TARGETS);
    }
    Ok(asked)
}

fn main() -> ExitCode {
    let asked = match asked() {
        Ok(asked) => asked,
        Err(reason) => {
            eprintln!("error: {reason}");
            return ExitCode::from(2);
        }
    };
    match (asked.alone, asked.targets.as_slice()) {
        (true, [target]) => alone(target, &asked),
        _ => all(&asked),
    }
}

/// Each target in a process of its own, for its share of the time.
fn all(asked: &Asked) -> ExitCode {
    let share = asked.seconds / asked.targets.len().max(1) as f64;
    let mut failed = Vec::new();
    for target in &asked.targets {
        let run = std::env::current_exe().and_then(|own| {
            let mut command = Command::new(own);
            command.args(["--alone", "--seconds", &share.to_string()]);
            command.args(["--seed", &asked.seed.to_string()]);
            if let Some(input) = &asked.input {
                command.arg("--input").arg(input);
            }
            command.arg(target.name).status()
        });
        match run {
            Ok(status) if status.success() => {}
            Ok(status) => {
                eprintln!(
                    "{}: ended with {status}; the input is {}",
                    target.name,
                    kept(target).display()
                );
                failed.push(target.name);
            }
            Err(error) => {
                eprintln!("{}: cannot be started: {error}", target.name);
                failed.push(target.name);
            }
        }
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("failed: {}", failed.join(", "));
    ExitCode::FAILURE
}

/// Where the input lies that a target is at.
fn kept(target: &Target) -> PathBuf {
    let folder =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    folder.join("fuzz").join(target.name)
}

fn alone(target: &Target, asked: &Asked) -> ExitCode {
    let limit = rustix::process::Rlimit {
        current: Some(MEMORY),
        maximum: Some(MEMORY),
    };
    if rustix::process::setrlimit(rustix::process::Resource::As, limit).is_err() {
        eprintln!("{}: the memory cannot be limited", target.name);
    }
    let place = kept(target);
    if let Some(folder) = place.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    let mut ready = (target.make)();
    if let Some(input) = &asked.input {
        return match std::fs::read(input) {
            Ok(bytes) => {
                (ready.run)(&bytes);
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("error: cannot read `{}`: {error}", input.display());
                ExitCode::from(2)
            }
        };
    }
    // What is sound must not panic either.
    ready.corpus.iter().for_each(|bytes| (ready.run)(bytes));
    let mut random = Random::new(asked.seed);
    let (started, mut inputs, mut slowest) = (Instant::now(), 0_u64, Duration::ZERO);
    while started.elapsed().as_secs_f64() < asked.seconds {
        let bytes = mutated(&ready.corpus, &mut random);
        // An abort leaves no other trace of what it was about.
        let _ = std::fs::write(&place, &bytes);
        let begun = Instant::now();
        (ready.run)(&bytes);
        slowest = slowest.max(begun.elapsed());
        if slowest > SLOW {
            eprintln!("{}: an input took {slowest:?}", target.name);
            return ExitCode::FAILURE;
        }
        inputs += 1;
    }
    let _ = std::fs::remove_file(&place);
    println!(
        "{:<16} {inputs:>7} inputs, the slowest {slowest:.1?}",
        target.name
    );
    ExitCode::SUCCESS
}
