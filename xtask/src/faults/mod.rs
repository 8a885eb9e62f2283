//! `cargo xtask faults`: breaks a run at every durable step, in every way that a machine breaks, and
//! lets a reader that shares no code with Sealine judge what is left.
//!
//! Invariant: the same seed and count break the same places in the same ways; only the identifiers
//! that the program draws, and the order in which its threads run, differ.
//!
//! Must never: touch a project other than its own copies, or count a fault that was not reached.

mod damage;
mod fault;
mod judge;
mod page;
mod scene;

use std::path::PathBuf;
use std::time::Duration;

use crate::random::Random;
use crate::report;
use crate::workspace::root;
use fault::{Fault, Kind};
use judge::{Judge, Verdict};
use scene::Scene;

/// What the command line asked for.
struct Asked {
    faults: usize,
    seed: u64,
    only: Option<usize>,
    program: Option<PathBuf>,
    write: bool,
}

/// The sums of a campaign.
#[derive(Default)]
struct Sums {
    injected: Vec<(Kind, usize)>,
    missed: usize,
    refused: usize,
    detected: usize,
    wrong: Vec<String>,
    slowest: Duration,
}

/// Breaks a run in many ways and prints what came of it; fails where anything was lost, doubled or readable.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    let asked = parse(&words)?;
    let program = asked
        .program
        .clone()
        .unwrap_or_else(|| root().join("target/release/sealine"));
    if !program.is_file() {
        return Err(format!(
            "`{}` is missing: run `cargo build --release -p sealine`, or name another with --program",
            program.display()
        ));
    }
    let scene = Scene::make(&program, asked.seed)?;
    let mut judge = Judge::start(&scene)?;
    let expected = judge.expect(&scene)?;
    let mut random = Random::new(asked.seed);
    let faults = fault::drawn(&scene, asked.faults, &mut random)?;
    report::line(&format!(
        "{} faults from seed {} into {}",
        faults.len(),
        asked.seed,
        program.display()
    ));
    let mut sums = Sums::default();
    for (number, fault) in faults.iter().enumerate() {
        if asked.only.is_some_and(|only| only != number) {
            continue;
        }
        let verdict = judge.judge(&scene, &expected, fault)?;
        sums.add(number, fault, verdict);
        if (number + 1) % 50 == 0 {
            report::line(&format!(
                "{} of {}, {} wrong",
                number + 1,
                faults.len(),
                sums.wrong.len()
            ));
        }
    }
    for line in page::table(&sums) {
        report::line(&line);
    }
    if asked.write && sums.wrong.is_empty() {
        page::write(&sums, &asked, &program)?;
    }
    if sums.wrong.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{} faults did harm; run one again with --seed {} --faults {} --only NUMBER",
            sums.wrong.len(),
            asked.seed,
            asked.faults
        ))
    }
}

impl Sums {
    fn add(&mut self, number: usize, fault: &Fault, verdict: Verdict) {
        if !verdict.reached {
            self.missed += 1;
            return;
        }
        match self
            .injected
            .iter_mut()
            .find(|(kind, _)| *kind == fault.kind())
        {
            Some((_, count)) => *count += 1,
            None => self.injected.push((fault.kind(), 1)),
        }
        self.refused += usize::from(verdict.refused);
        self.detected += usize::from(verdict.detected);
        self.slowest = self.slowest.max(verdict.restart);
        for harm in verdict.harm {
            let text = format!("fault {number}, {fault}: {harm}");
            report::error(&text);
            self.wrong.push(text);
        }
    }

    fn count(&self) -> usize {
        self.injected.iter().map(|(_, count)| count).sum()
    }
}

fn parse(words: &[&str]) -> Result<Asked, String> {
    let mut asked = Asked {
        faults: 600,
        seed: 1,
        only: None,
        program: None,
        write: false,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if *word == "--write" {
            asked.write = true;
            continue;
        }
        let value = words
            .next()
            .ok_or_else(|| format!("`{word}` needs a value"))?;
        let number = || {
            value
                .parse::<u64>()
                .map_err(|_| format!("`{value}` is not a number"))
        };
        match *word {
            "--faults" => asked.faults = number()? as usize,
            "--seed" => asked.seed = number()?,
            "--only" => asked.only = Some(number()? as usize),
            "--program" => asked.program = Some(PathBuf::from(value)),
            other => return Err(format!("`faults` does not know `{other}`")),
        }
    }
    Ok(asked)
}
