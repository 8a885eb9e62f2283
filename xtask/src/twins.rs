//! `cargo xtask twins`: a campaign of twin runs (`crates/plan/tests/twin.rs`), and with `--write` its
//! page `docs/reference/twins.md`.
//!
//! Must never: write a page of a campaign that found a difference.

use std::process::Command;

use crate::report;
use crate::workspace::root;

const PAGE: &str = "docs/reference/twins.md";

/// `cargo xtask twins [--pairs N] [--seed S] [--only QUERY] [--construct NAME] [--seconds N] [--threads N] [--write]`.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    let root = root();
    let mut tests = Command::new("cargo");
    tests
        .current_dir(&root)
        .args(["test", "--quiet", "--workspace", "--test", "twin", "--"])
        .args(["accepted_queries", "--nocapture"])
        .env("SEALINE_TWINS", "10000");
    let mut words = words.iter();
    let mut write = false;
    while let Some(word) = words.next() {
        let variable = match *word {
            "--construct" => {
                let name = words.next().ok_or("`--construct` needs a name")?;
                tests.env("SEALINE_TWIN_CONSTRUCT", name);
                continue;
            }
            "--write" => {
                write = true;
                continue;
            }
            "--pairs" => "SEALINE_TWINS",
            "--seed" => "SEALINE_SEED",
            "--only" => "SEALINE_TWIN",
            "--seconds" => "SEALINE_TWIN_SECONDS",
            "--threads" => "SEALINE_THREADS",
            other => return Err(format!("`twins` does not know `{other}`")),
        };
        let value = words
            .next()
            .and_then(|value| value.parse::<u64>().ok())
            .ok_or_else(|| format!("`{word}` needs a number"))?;
        tests.env(variable, value.to_string());
    }
    if write {
        tests.env("SEALINE_TWIN_PAGE", root.join(PAGE));
    }
    let status = tests
        .status()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if !status.success() {
        return Err("twins differ; `--only` with the number of a query replays it".to_owned());
    }
    if write {
        report::line(&format!("wrote {PAGE}"));
    }
    Ok(())
}
