//! `cargo xtask mutants`: the checker with one rule removed, again and again, and whether the cases of
//! the proof notice. That measures the cases.
//!
//! Invariant: only a copy of the tree, under `target/mutants`, is changed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde::Deserialize;

use crate::report;
use crate::workspace::{output, root};

const LIST: &str = "corpus/proof/mutants.jsonl";

/// One change of one place.
#[derive(Deserialize)]
struct Mutant {
    /// The rule of the proof; 0 for what owners endorse, 30 for grants.
    rule: u32,
    name: String,
    file: String,
    /// What stands in the file exactly once.
    find: String,
    instead: String,
}

/// What became of a mutant.
#[derive(PartialEq)]
enum Fate {
    Killed,
    Survived,
    /// It does not compile: the list is wrong.
    Broken,
}

/// `cargo xtask mutants [FIRST [LAST]]`: all of them, or those with these numbers.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    let numbers: Vec<usize> = words
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
    let root = root();
    let mutants = list(&root)?;
    let tree = root.join("target/mutants/tree");
    copied(&root, &tree)?;
    if !tested(&root, &tree, &[])?.status.success() {
        return Err("the cases fail without any mutant".to_owned());
    }
    let (mut killed, mut open) = (0, Vec::new());
    for (index, mutant) in mutants.iter().enumerate() {
        let number = index + 1;
        if number < first || number > last {
            continue;
        }
        let fate = fate(&root, &tree, mutant)?;
        let word = match fate {
            Fate::Killed => "killed",
            Fate::Survived => "SURVIVED",
            Fate::Broken => "DOES NOT COMPILE",
        };
        report::line(&format!(
            "{number:>3} rule {:>2}: {}: {word}",
            mutant.rule, mutant.name
        ));
        if fate == Fate::Killed {
            killed += 1;
        } else {
            open.push(number.to_string());
        }
    }
    report::line(&format!("{killed} killed, {} not", open.len()));
    if open.is_empty() {
        Ok(())
    } else {
        Err(format!("not killed: {}", open.join(", ")))
    }
}

fn list(root: &Path) -> Result<Vec<Mutant>, String> {
    let text = fs::read_to_string(root.join(LIST))
        .map_err(|error| format!("cannot read `{LIST}`: {error}"))?;
    text.lines()
        .map(|line| serde_json::from_str(line).map_err(|error| format!("{LIST}: {error}: {line}")))
        .collect()
}

/// The mutated text; an error where the place is not there exactly once.
fn mutated(text: &str, mutant: &Mutant) -> Result<String, String> {
    match text.matches(&mutant.find).count() {
        1 => Ok(text.replacen(&mutant.find, &mutant.instead, 1)),
        found => Err(format!(
            "{}: what the mutant `{}` changes stands there {found} times",
            mutant.file, mutant.name
        )),
    }
}

fn fate(root: &Path, tree: &Path, mutant: &Mutant) -> Result<Fate, String> {
    let path = tree.join(&mutant.file);
    let text = fs::read_to_string(root.join(&mutant.file))
        .map_err(|error| format!("cannot read `{}`: {error}", mutant.file))?;
    let write = |text: &str| {
        fs::write(&path, text).map_err(|error| format!("cannot write `{}`: {error}", mutant.file))
    };
    write(&mutated(&text, mutant)?)?;
    let built = tested(root, tree, &["--no-run"]);
    let ran = match &built {
        Ok(built) if built.status.success() => Some(tested(root, tree, &[])),
        _ => None,
    };
    write(&text)?;
    built?;
    Ok(match ran.transpose()? {
        None => Fate::Broken,
        Some(ran) if ran.status.success() => Fate::Survived,
        Some(_) => Fate::Killed,
    })
}

/// The cases of the proof over the tree, with what else is built shared with this one.
fn tested(root: &Path, tree: &Path, more: &[&str]) -> Result<Output, String> {
    let mut command = Command::new("cargo");
    command.current_dir(tree).args([
        "test",
        "--quiet",
        "--offline",
        "-p",
        "sealine-plan",
        "--test",
        "cases",
    ]);
    if std::env::var_os("CARGO_TARGET_DIR").is_none() {
        command.env("CARGO_TARGET_DIR", root.join("target"));
    }
    command
        .args(more)
        .output()
        .map_err(|error| format!("cannot start cargo: {error}"))
}

/// Copies the tracked files; those that are the same already keep their time, so that what was
/// built stays fresh.
fn copied(root: &Path, tree: &Path) -> Result<(), String> {
    let mut git = Command::new("git");
    let tracked = output(git.current_dir(root).args(["ls-files", "-z"]))?;
    for name in tracked.split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root.join(name), tree.join(name));
        let Ok(mut bytes) = fs::read(&from) else {
            continue;
        };
        if name == "Cargo.toml" {
            bytes = renumbered(&String::from_utf8_lossy(&bytes)).into_bytes();
        }
        if fs::read(&to).is_ok_and(|there| there == bytes) {
            continue;
        }
        let folder = to.parent().unwrap_or(tree);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&to, bytes))
            .map_err(|error| format!("cannot write `{name}`: {error}"))?;
    }
    Ok(())
}

/// The manifest with a version of its own: cargo would take packages of one version in two trees
/// that share a target folder for the same.
fn renumbered(manifest: &str) -> String {
    let mut done = false;
    let lines = manifest.lines().map(|line| {
        if !done && line.starts_with("version = ") {
            done = true;
            return "version = \"0.0.0-mutant\"\n".to_owned();
        }
        format!("{line}\n")
    });
    lines.collect()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_finds_its_place() {
        let root = root();
        let mutants = list(&root).unwrap();
        assert!(mutants.len() >= 60);
        for mutant in &mutants {
            let text = fs::read_to_string(root.join(&mutant.file)).unwrap();
            let changed = mutated(&text, mutant).unwrap_or_else(|error| panic!("{error}"));
            assert_ne!(changed, text, "{}", mutant.name);
        }
    }
}
