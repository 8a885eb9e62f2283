//! `cargo xtask precision`: how often the proof refuses what is harmless, as the page
//! `docs/reference/precision.md`. The query texts of TPC-H and TPC-DS come out of pinned packages.
//!
//! Must never: judge texts other than the pinned ones.

use std::fs;
use std::process::Command;

use crate::report;
use crate::workspace::{output, root};

const PAGE: &str = "docs/reference/precision.md";
/// The SHA-256 of the texts of each suite, one behind the other.
const PINNED: &str = "\
tpch 88415ecb315ae9a9bacc467c7491a92c58cdc72cb7120ed32d34bfcb9ac3d2b1
tpcds 54aadd35f1b5c9c519705daabd081905e2ade3732ee89326da883244101e9142
";

/// `cargo xtask precision [--check]`.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    let check = match words.as_slice() {
        [] => false,
        ["--check"] => true,
        other => return Err(format!("`precision` does not know `{}`", other.join(" "))),
    };
    let root = root();
    let python = crate::peers::environment("xtask/peers/tpc.txt", "target/tpc")?;
    let queries = root.join("target/tpc/queries");
    let mut write = Command::new(python);
    let written = output(write.arg(root.join("xtask/peers/tpc.py")).arg(&queries))?;
    if written != PINNED {
        return Err(format!(
            "the query texts are not the pinned ones; they are\n{written}"
        ));
    }
    let found = root.join("target/tpc/precision.md");
    let _ = fs::remove_file(&found);
    let mut tests = Command::new("cargo");
    tests
        .current_dir(&root)
        .args(["test", "--quiet", "--workspace", "--test", "precision"])
        .env("SEALINE_TPC", &queries)
        .env("SEALINE_PRECISION", &found);
    // A goal that is missed is an error too, and the page says which.
    let judged = output(&mut tests).map(|_| ());
    if !found.is_file() {
        return judged;
    }
    let read = |path: &std::path::Path| {
        fs::read_to_string(path)
            .map_err(|error| format!("cannot read `{}`: {error}", path.display()))
    };
    let (found, path) = (read(&found)?, root.join(PAGE));
    if !check {
        fs::write(&path, found)
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
        report::line(&format!("wrote {PAGE}"));
        return judged;
    }
    if read(&path)? == found {
        report::line(&format!("{PAGE} is fresh"));
        return judged;
    }
    Err(format!(
        "`{PAGE}` is not what the proof does; run `cargo xtask precision`"
    ))
}
