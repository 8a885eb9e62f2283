//! The result: sums by rule for the terminal, and every mutant on `docs/reference/mutants.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::Outcome;
use super::list::{LIST, Mutant};
use super::trial::Fate;
use crate::report;

const PAGE: &str = "docs/reference/mutants.md";

fn rule(rule: u32) -> String {
    match rule {
        0 => "endorsed by owners".to_owned(),
        30 => "grants".to_owned(),
        rule => rule.to_string(),
    }
}

/// The sums by rule, as lines of a table.
pub(super) fn sums(mutants: &[Mutant], outcomes: &[Outcome]) -> Vec<String> {
    let mut by_rule: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for outcome in outcomes {
        if let Some(mutant) = mutants.get(outcome.number - 1) {
            let (all, killed) = by_rule.entry(mutant.rule).or_default();
            *all += 1;
            *killed += usize::from(outcome.fate != Fate::Survived);
        }
    }
    let (all, killed) = by_rule
        .values()
        .fold((0, 0), |(all, killed), (a, k)| (all + a, killed + k));
    let mut lines = vec![
        "| rule | mutants | killed |".to_owned(),
        "|---|---:|---:|".to_owned(),
    ];
    for (number, (all, killed)) in by_rule {
        lines.push(format!("| {} | {all} | {killed} |", rule(number)));
    }
    lines.push(format!("| all | {all} | {killed} |"));
    lines
}

/// Writes the page.
pub(super) fn write(root: &Path, mutants: &[Mutant], outcomes: &[Outcome]) -> Result<(), String> {
    let mut text = format!(
        "# Mutants of the proof\n\nWritten by `cargo xtask mutants --write`.\n\n\
         Each mutant is the checker with one rule removed (`{LIST}`). All of them are compiled into one copy of \
         the tree, each behind a switch, and the tests run with one switch on at a time: the cases of \
         `corpus/proof/cases.jsonl`, the plans, and the twins. A mutant that no test notices is a rule that \
         could go without anybody seeing it; there must be none.\n\n"
    );
    for line in sums(mutants, outcomes) {
        let _ = writeln!(text, "{line}");
    }
    text.push_str("\n| rule | what the checker does wrong | noticed by |\n|---|---|---|\n");
    for outcome in outcomes {
        let Some(mutant) = mutants.get(outcome.number - 1) else {
            continue;
        };
        let by = match &outcome.fate {
            Fate::Killed(by) => format!("`{by}`"),
            Fate::Survived => "nothing".to_owned(),
        };
        // A bar would end the cell.
        let name = mutant.name.replace('|', "\\|");
        let _ = writeln!(text, "| {} | {name} | {by} |", rule(mutant.rule));
    }
    fs::write(root.join(PAGE), text).map_err(|error| format!("cannot write `{PAGE}`: {error}"))?;
    report::line(&format!("wrote {PAGE}"));
    Ok(())
}
