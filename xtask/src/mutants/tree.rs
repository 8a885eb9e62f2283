//! The copy of the tree, under `target/mutants`.
//!
//! Invariant: a file that is there already with the same bytes keeps its time, so that what was
//! built of it stays fresh.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::output;

/// Copies the tracked files, but for those that are to be otherwise, and says where they are.
pub(super) fn copied(root: &Path, changes: &BTreeMap<String, String>) -> Result<PathBuf, String> {
    let tree = root.join("target/mutants/tree");
    let mut git = Command::new("git");
    let tracked = output(git.current_dir(root).args(["ls-files", "-z"]))?;
    for name in tracked.split('\0').filter(|name| !name.is_empty()) {
        let Ok(mut bytes) = fs::read(root.join(name)) else {
            continue;
        };
        if name == "Cargo.toml" {
            bytes = renumbered(&String::from_utf8_lossy(&bytes)).into_bytes();
        }
        if !changes.contains_key(name) {
            put(&tree.join(name), &bytes)?;
        }
    }
    for (name, text) in changes {
        put(&tree.join(name), text.as_bytes())?;
    }
    Ok(tree)
}

/// Writes a file unless it is there with these bytes.
fn put(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|error| format!("cannot write `{}`: {error}", path.display()))
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
