//! Where the repository is, which files belong to it, and how its program is called.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders that hold no source of ours.
const SKIPPED: &[&str] = &["target", ".git", ".sealine", "node_modules", "__pycache__"];

/// The root of the repository: the parent of this package.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// All files below `folder`, sorted, without what is built or generated at run time.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        let entries = fs::read_dir(&next)
            .map_err(|error| format!("cannot read `{}`: {error}", next.display()))?;
        for entry in entries {
            let entry =
                entry.map_err(|error| format!("cannot read `{}`: {error}", next.display()))?;
            let name = entry.file_name();
            let kind = entry.file_type().map_err(|error| error.to_string())?;
            if kind.is_dir() {
                if !SKIPPED.iter().any(|skipped| name == *skipped) {
                    open.push(entry.path());
                }
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A path of the repository as it is written in messages: relative, with `/`.
pub(crate) fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

/// Runs a command and answers its standard output, or what it said on standard error.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("cannot start `{name}`: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!(
            "`{name}` ended with {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

/// `cargo xtask docs`: the reference pages, written by the program that they describe.
pub(crate) fn reference(words: Vec<&str>) -> Result<(), String> {
    let root = root();
    let folder = root.join("docs/reference");
    let mut command = Command::new("cargo");
    command
        .current_dir(&root)
        .args(["run", "--quiet", "-p", "sealine", "--", "docs"])
        .arg(&folder);
    match words.as_slice() {
        [] => {}
        ["--check"] => {
            command.arg("--check");
        }
        other => return Err(format!("`docs` does not know `{}`", other.join(" "))),
    }
    crate::report::line(output(&mut command)?.trim_end());
    Ok(())
}
