//! `cargo xtask mutants`: the checker with one rule removed, again and again, and whether the cases of
//! the proof notice. That measures the cases.
//!
//! The mutants are schemata (Untch, Offutt and Harrold, "Mutation analysis using mutant schemata",
//! ISSTA 1993): all of them are compiled into one copy of the tree, each behind a switch that an
//! environment variable turns on, so that the tree is built once and the tests run once for each.
//!
//! Invariant: only a copy of the tree, under `target/mutants`, is changed.

mod list;
mod page;
mod schemata;
mod tree;
mod trial;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::report;
use crate::workspace::root;
use list::Mutant;
use trial::{Fate, Trial};

/// What became of a mutant.
struct Outcome {
    /// Its line in the list, from 1.
    number: usize,
    fate: Fate,
}

/// `cargo xtask mutants [FIRST [LAST]] [--at-once N] [--write]`: all of them, or those with these
/// numbers, two at a time.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    let mut write = false;
    let mut at_once = 2;
    let mut numbers = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word {
            "--write" => write = true,
            "--at-once" => {
                at_once = words
                    .next()
                    .and_then(|word| word.parse().ok())
                    .ok_or("`--at-once` needs a number")?;
            }
            number => numbers.push(number),
        }
    }
    let numbers: Vec<usize> = numbers
        .iter()
        .map(|word| {
            word.parse()
                .map_err(|_| format!("`mutants` takes numbers, not `{word}`"))
        })
        .collect::<Result<_, _>>()?;
    let (first, last) = match *numbers.as_slice() {
        [] => (1, usize::MAX),
        [one] => (one, one),
        [first, last] => (first, last),
        _ => return Err("`mutants` takes the first and the last number".to_owned()),
    };
    if write && !numbers.is_empty() {
        return Err("the page is about all mutants; leave the numbers out".to_owned());
    }
    let root = root();
    let mutants = list::read(&root)?;
    let tree = tree::copied(&root, &schemata::changes(&root, &mutants)?)?;
    let trial = Trial::build(&root, &tree)?;
    if let Fate::Killed(by) = trial.run(0)? {
        return Err(format!("`{by}` fails without any mutant"));
    }
    let asked: Vec<usize> = (1..=mutants.len())
        .filter(|number| (first..=last).contains(number))
        .collect();
    let outcomes = all(&trial, &mutants, &asked, at_once)?;
    for line in page::sums(&mutants, &outcomes) {
        report::line(&line);
    }
    if write {
        page::write(&root, &mutants, &outcomes)?;
    }
    let open: Vec<String> = outcomes
        .iter()
        .filter(|one| one.fate == Fate::Survived)
        .map(|one| one.number.to_string())
        .collect();
    if open.is_empty() {
        Ok(())
    } else {
        Err(format!("not killed: {}", open.join(", ")))
    }
}

/// Tries the mutants with these numbers, some at a time; in the order of the list.
fn all(
    trial: &Trial,
    mutants: &[Mutant],
    asked: &[usize],
    at_once: usize,
) -> Result<Vec<Outcome>, String> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let work = || -> Result<(), String> {
        while let Some(number) = asked.get(next.fetch_add(1, Ordering::Relaxed)) {
            let fate = trial.run(*number)?;
            if let Some(mutant) = mutants.get(number - 1) {
                report::line(&format!(
                    "{number:>3} rule {:>2}: {}: {fate}",
                    mutant.rule, mutant.name
                ));
            }
            let outcome = Outcome {
                number: *number,
                fate,
            };
            if let Ok(mut found) = found.lock() {
                found.push(outcome);
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let working: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        working.into_iter().try_for_each(|one| {
            one.join()
                .unwrap_or_else(|_| Err("a trial broke off".to_owned()))
        })
    })?;
    let mut outcomes = found
        .into_inner()
        .map_err(|_| "a trial broke off".to_owned())?;
    outcomes.sort_by_key(|one| one.number);
    Ok(outcomes)
}
