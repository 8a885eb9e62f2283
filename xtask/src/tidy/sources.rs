//! Rules for every source file: a header that says what the module is for, a bounded length, no
//! empty names, nothing of a machine or a person, no test that is switched off.

use super::Findings;
use crate::workspace;
use std::fs;
use std::path::Path;

const LONGEST: usize = 800;
const LONG: usize = 500;

/// Names that say nothing about what a thing is.
const EMPTY_NAMES: &[&str] = &[
    "utils", "util", "common", "helpers", "helper", "manager", "types", "misc", "core",
];

/// Extensions of text that belongs to the project.
const TEXT: &[&str] = &[
    "rs",
    "toml",
    "md",
    "yaml",
    "yml",
    "cedar",
    "cedarschema",
    "json",
    "jsonl",
    "txt",
    "svg",
    "sh",
    "",
];

pub(super) fn check(root: &Path, findings: &mut Findings) -> Result<(), String> {
    for path in workspace::files(root)? {
        let shown = workspace::shown(root, &path);
        let extension = path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default();
        if !TEXT.contains(&extension) {
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else {
            continue; // not text after all: a fixture of bytes
        };
        machine(&shown, &text, findings);
        if extension == "rs" {
            rust(&shown, &text, findings);
        }
    }
    Ok(())
}

fn rust(shown: &str, text: &str, findings: &mut Findings) {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
    if !first.is_some_and(|line| line.starts_with("//!")) {
        findings.fault(format!(
            "{shown}: a module opens with `//!`: its purpose, its invariant, what it must never do"
        ));
    }
    let length = text.lines().count();
    if length > LONGEST {
        findings.fault(format!(
            "{shown}: {length} lines; split it (at most {LONGEST})"
        ));
    } else if length > LONG {
        findings.note(format!("{shown}: {length} lines; justify more than {LONG}"));
    }
    for part in shown.trim_end_matches(".rs").split('/') {
        if EMPTY_NAMES.contains(&part) {
            findings.fault(format!(
                "{shown}: the name `{part}` says nothing; name what is inside"
            ));
        }
    }
    if (shown.ends_with("/mod.rs") || shown.ends_with("/lib.rs"))
        && !shown.starts_with("xtask/")
        && !shown.contains("/tests/")
    {
        room(shown, text, findings);
    }
    // The names of a foreign trait are not ours to choose.
    let mut foreign = false;
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        let place = format!("{shown}:{}", number + 1);
        if line.starts_with("impl") {
            foreign = line.contains(" for ");
        } else if line.starts_with('}') {
            foreign = false;
        }
        if trimmed.starts_with(concat!("#[", "ignore")) {
            findings.fault(format!(
                "{place}: a test that is switched off tests nothing; run it or remove it"
            ));
        }
        if trimmed.contains(concat!("fn ", "get_")) && !foreign {
            findings.fault(format!("{place}: name what is answered, without `get_`"));
        }
        if trimmed.starts_with("mod ")
            || trimmed.starts_with("pub mod ")
            || trimmed.starts_with("pub(crate) mod ")
        {
            let name = trimmed
                .trim_end_matches([';', '{', ' '])
                .rsplit(' ')
                .next()
                .unwrap_or_default();
            if EMPTY_NAMES.contains(&name) {
                findings.fault(format!(
                    "{place}: the name `{name}` says nothing; name what is inside"
                ));
            }
        }
    }
}

/// `mod.rs` and `lib.rs` are a header and a list of what is inside; a long one hides code.
fn room(shown: &str, text: &str, findings: &mut Findings) {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let functions = code
        .lines()
        .filter(|line| line.trim_start().starts_with("fn ") || line.contains(" fn "))
        .count();
    if functions > 12 {
        findings.note(format!(
            "{shown}: {functions} functions; `mod.rs` and `lib.rs` hold the header and re-exports"
        ));
    }
}

/// Places of someone's own machine, and of how the text was made, do not belong to the project.
fn machine(shown: &str, text: &str, findings: &mut Findings) {
    // Written in parts, so that this file does not find itself.
    let places = [
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/tmp/", "brief"),
        concat!("index.", "crates.io-"),
        concat!("<<<<", "<<< "),
    ];
    for (number, line) in text.lines().enumerate() {
        for place in places {
            if line.contains(place) {
                findings.fault(format!(
                    "{shown}:{}: `{place}` names a place of one machine",
                    number + 1
                ));
            }
        }
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

    fn faults(shown: &str, text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        rust(shown, text, &mut findings);
        machine(shown, text, &mut findings);
        findings.faults
    }

    #[test]
    fn a_good_module_passes() {
        assert_eq!(
            faults("crates/a/src/b.rs", "//! What b is.\n\nfn size() {}\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_rule_can_fail() {
        assert_eq!(
            faults("crates/a/src/b.rs", "fn size() {}\n").len(),
            1,
            "header"
        );
        assert_eq!(
            faults("crates/a/src/utils.rs", "//! x\n").len(),
            1,
            "name of a file"
        );
        assert_eq!(
            faults("crates/a/src/b.rs", "//! x\nmod helpers;\n").len(),
            1,
            "name of a module"
        );
        assert_eq!(
            faults(
                "crates/a/src/b.rs",
                concat!("//! x\nfn ", "get_size() {}\n")
            )
            .len(),
            1,
            "getter"
        );
        assert_eq!(
            faults("crates/a/src/b.rs", concat!("//! x\n#[", "ignore]\n")).len(),
            1,
            "switched off"
        );
        assert_eq!(
            faults(
                "crates/a/src/b.rs",
                &format!("//! x\n{}", "//\n".repeat(900))
            )
            .len(),
            1,
            "length"
        );
        assert_eq!(
            faults(
                "crates/a/src/b.rs",
                concat!("//! x\n// see /ho", "me/me/x\n")
            )
            .len(),
            1,
            "machine"
        );
    }
}
