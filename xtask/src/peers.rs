//! `cargo xtask peers`: the Python libraries that tests exchange data with, in a virtual
//! environment under `target/peers`, as pinned with their hashes in `xtask/peers/requirements.txt`.
//! Other tasks make theirs the same way.
//!
//! Invariant: the environment is that of the requirements beside it, or there is none.
//!
//! Must never: install what is not pinned, or run a package's build script.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use crate::report;
use crate::workspace::{output, root};

/// Installing ends after so many seconds.
const LONGEST: u64 = 900;

/// Makes the environment, unless it is there already.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    if !words.is_empty() {
        return Err(format!("`peers` does not know `{}`", words.join(" ")));
    }
    environment("xtask/peers/requirements.txt", "target/peers").map(drop)
}

/// The interpreter of an environment with these requirements, made unless it is there already.
pub(crate) fn environment(requirements: &str, folder: &str) -> Result<PathBuf, String> {
    let root = root();
    let wanted = root.join(requirements);
    let shown = folder;
    let folder = root.join(folder);
    let (venv, stamp) = (folder.join("venv"), folder.join("installed.txt"));
    let python = venv.join("bin/python");
    let content = read(&wanted)?;
    if read(&stamp).is_ok_and(|installed| installed == content) {
        report::line(&format!("{shown}: installed"));
        return Ok(python);
    }
    // Without the stamp, what a crash right here leaves behind is made anew.
    let _ = fs::remove_file(&stamp);
    report::line(&format!("making {shown}/venv"));
    let mut make = Command::new("python3");
    output(make.args(["-m", "venv", "--clear"]).arg(&venv))?;
    report::line(&format!("installing {requirements}"));
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--disable-pip-version-check"])
        .args(["--require-hashes", "--no-deps", "--only-binary", ":all:"])
        .args(["--timeout", "30", "--retries", "2", "--requirement"])
        .arg(&wanted);
    let installing = install
        .spawn()
        .map_err(|error| format!("cannot start pip: {error}"))?;
    wait(installing)?;
    fs::write(&stamp, content)
        .map_err(|error| format!("cannot write `{}`: {error}", stamp.display()))?;
    report::line(&format!("{shown}: installed"));
    Ok(python)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))
}

fn wait(mut installing: Child) -> Result<(), String> {
    for _ in 0..LONGEST {
        match installing.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("pip ended with {status}")),
            None => std::thread::sleep(Duration::from_secs(1)),
        }
    }
    let _ = installing.kill();
    let _ = installing.wait();
    Err(format!("pip did not end within {LONGEST} seconds"))
}
