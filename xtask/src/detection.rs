//! `cargo xtask detection`: what the detectors find in labelled texts, as the page
//! `docs/reference/detection.md`.
//!
//! Must never: name a file by more than its last part; pages are the same on every machine.

use std::fs;
use std::process::Command;

use crate::report;
use crate::workspace::{output, root};

const PAGE: &str = "docs/reference/detection.md";
/// The labelled texts within the folder of vectors.
const TEXTS: &str = "pii/presidio_synth_dataset_v2.json";

/// `cargo xtask detection [FILE] [--also FILE ...] [--check]`.
pub(crate) fn main(words: Vec<&str>) -> Result<(), String> {
    let root = root();
    let vectors = std::env::var_os("SEALINE_VECTORS");
    let vectors = vectors.map_or_else(|| root.join("../shared/vectors"), Into::into);
    let (mut file, mut also, mut check) = (vectors.join(TEXTS), Vec::new(), false);
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match (word, word.starts_with("--")) {
            ("--check", _) => check = true,
            ("--also", _) => also.push(words.next().ok_or("`--also` needs a file")?),
            (_, true) => return Err(format!("`detection` does not know `{word}`")),
            _ => file = word.into(),
        }
    }
    if !file.is_file() {
        report::line("skipped: there are no labelled texts; name the file, or set SEALINE_VECTORS");
        return Ok(());
    }
    let mut example = Command::new("cargo");
    // The crate's own development profile is optimized: a release build would cost more than it
    // gains on 1,500 texts.
    example.current_dir(&root).args(["run", "--quiet"]);
    example.args(["-p", "sealine-protect", "--example", "detection", "--"]);
    let found = output(example.arg(&file).args(also))?;
    let path = root.join(PAGE);
    if !check {
        return fs::write(&path, found)
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()));
    }
    let written = fs::read_to_string(&path)
        .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    match written == found {
        true => {
            report::line("docs/reference/detection.md is what the detectors find");
            Ok(())
        }
        false => Err(format!(
            "`{PAGE}` is not what the detectors find; run `cargo xtask detection`"
        )),
    }
}
