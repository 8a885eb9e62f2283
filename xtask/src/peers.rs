//! `cargo xtask peers`: the Python libraries that tests exchange data with, in a virtual
//! environment under `target/peers`, as pinned with their hashes in `xtask/peers/requirements.txt`.
//!
//! Invariant: the environment is that of the requirements beside it, or there is none.
//!
//! Must never: install what is not pinned, or run a package's build script.

use std::fs;
use std::path::Path;
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
    let root = root();
    let wanted = root.join("xtask/peers/requirements.txt");
    let folder = root.join("target/peers");
    let (venv, stamp) = (folder.join("venv"), folder.join("installed.txt"));
    let requirements = read(&wanted)?;
    if read(&stamp).is_ok_and(|installed| installed == requirements) {
        report::line("the peers are installed");
        return Ok(());
    }
    // Without the stamp, what a crash right here leaves behind is made anew.
    let _ = fs::remove_file(&stamp);
    report::line("making target/peers/venv");
    let mut make = Command::new("python3");
    output(make.args(["-m", "venv", "--clear"]).arg(&venv))?;
    report::line("installing xtask/peers/requirements.txt");
    let mut install = Command::new(venv.join("bin/python"));
    install
        .args(["-m", "pip", "install", "--disable-pip-version-check"])
        .args(["--require-hashes", "--no-deps", "--only-binary", ":all:"])
        .args(["--timeout", "30", "--retries", "2", "--requirement"])
        .arg(&wanted);
    let installing = install
        .spawn()
        .map_err(|error| format!("cannot start pip: {error}"))?;
    wait(installing)?;
    fs::write(&stamp, requirements)
        .map_err(|error| format!("cannot write `{}`: {error}", stamp.display()))?;
    report::line("the peers are installed");
    Ok(())
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
