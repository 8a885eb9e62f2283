//! The house rules that a machine can check: allowed edges between crates, module headers, file
//! lengths, names, diagnostic codes, pages that must exist, paths of someone's own machine.
//!
//! Each rule is a function from the repository to a list of complaints; the same list is the
//! answer of `cargo xtask tidy` and of the test.

mod codes;
mod edges;
mod pages;
mod sources;

use crate::{report, workspace};
use std::path::Path;

/// What a rule found: `notes` are printed, `faults` fail.
#[derive(Default)]
pub(crate) struct Findings {
    /// What breaks a rule.
    pub(crate) faults: Vec<String>,
    /// What is close to breaking one.
    pub(crate) notes: Vec<String>,
}

impl Findings {
    fn fault(&mut self, text: String) {
        self.faults.push(text);
    }

    fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

fn check(root: &Path) -> Result<Findings, String> {
    let mut findings = Findings::default();
    edges::check(root, &mut findings)?;
    sources::check(root, &mut findings)?;
    codes::check(root, &mut findings)?;
    pages::check(root, &mut findings)?;
    Ok(findings)
}

/// `cargo xtask tidy`.
pub(crate) fn main() -> Result<(), String> {
    let findings = check(&workspace::root())?;
    for note in &findings.notes {
        report::line(&format!("note: {note}"));
    }
    for fault in &findings.faults {
        report::error(&format!("fault: {fault}"));
    }
    match findings.faults.len() {
        0 => {
            report::line("tidy: no faults");
            Ok(())
        }
        1 => Err("1 house rule is broken".to_owned()),
        many => Err(format!("{many} house rules are broken")),
    }
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
    fn the_repository_is_tidy() {
        let findings = check(&workspace::root()).unwrap();
        assert!(findings.faults.is_empty(), "{}", findings.faults.join("\n"));
    }
}
