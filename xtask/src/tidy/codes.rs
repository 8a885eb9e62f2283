//! Diagnostic codes: each is declared in exactly one crate's `CODES`, lies in that crate's range,
//! and each code that the source mentions is declared. `sealine explain` rests on it.

use super::Findings;
use crate::workspace;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The first digits of the codes that a crate may declare.
const RANGES: &[(&str, &[&str])] = &[
    ("cli", &["SL0"]),
    ("spec", &["SL1"]),
    ("plan", &["SL2", "SL3"]),
    ("access", &["SL4"]),
    ("engine", &["SL5"]),
    ("contract", &["SL5", "SL9"]),
    ("keys", &["SL6"]),
    ("audit", &["SL7"]),
    ("protect", &["SL8"]),
    ("connect", &["SL9"]),
    ("label", &["SL1", "SL3"]),
];

pub(super) fn check(root: &Path, findings: &mut Findings) -> Result<(), String> {
    let mut declared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut mentioned: BTreeMap<String, String> = BTreeMap::new();
    for (name, ranges) in RANGES {
        let folder = root.join("crates").join(name).join("src");
        if !folder.is_dir() {
            continue;
        }
        for path in workspace::files(&folder)? {
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            let shown = workspace::shown(root, &path);
            // Codes in tests may be invented ones.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for found in codes(code) {
                mentioned.entry(found).or_insert_with(|| shown.clone());
            }
            for found in declarations(code) {
                if !ranges.iter().any(|range| found.starts_with(range)) {
                    findings.fault(format!(
                        "{shown}: the code `{found}` is outside the range of the crate `{name}`"
                    ));
                }
                declared
                    .entry(found)
                    .or_default()
                    .insert((*name).to_owned());
            }
        }
    }
    for (code, crates) in &declared {
        if crates.len() > 1 {
            let all: Vec<&str> = crates.iter().map(String::as_str).collect();
            findings.fault(format!(
                "the code `{code}` is declared by {}; a code has one owner",
                all.join(" and ")
            ));
        }
    }
    for (code, place) in &mentioned {
        if !declared.contains_key(code) {
            findings.fault(format!(
                "{place}: the code `{code}` has no explanation in any `CODES`"
            ));
        }
    }
    Ok(())
}

/// All texts of the form `SL` and four digits.
fn codes(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (start, _) in text.match_indices("SL") {
        let rest: String = text.chars_from(start).take(7).collect();
        let digits = rest
            .chars()
            .skip(2)
            .take(4)
            .filter(char::is_ascii_digit)
            .count();
        let ends = !rest
            .chars()
            .nth(6)
            .is_some_and(|next| next.is_ascii_alphanumeric());
        let begins = !text
            .get(..start)
            .and_then(|before| before.chars().next_back())
            .is_some_and(char::is_alphanumeric);
        if digits == 4 && ends && begins {
            found.insert(rest.chars().take(6).collect());
        }
    }
    found
}

/// Codes that a list `CODES` declares: the heads of pairs `("SL1234", …)`, and `code!("SL1234")`
/// where the texts lie in files of their own.
fn declarations(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let compact: String = text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let Some((_, list)) = compact.split_once("CODES:&[(&str,&str)]=") else {
        return found;
    };
    for (start, _) in list.match_indices("(\"SL") {
        let code: String = list.chars_from(start + 2).take(6).collect();
        let after: String = list.chars_from(start + 8).take(2).collect();
        let filed = after == "\")"
            && list
                .get(..start)
                .is_some_and(|before| before.ends_with("code!"));
        if codes(&code).contains(&code) && (after == "\"," || filed) {
            found.insert(code);
        }
    }
    found
}

trait From {
    fn chars_from(&self, start: usize) -> std::str::Chars<'_>;
}

impl From for str {
    fn chars_from(&self, start: usize) -> std::str::Chars<'_> {
        self.get(start..).unwrap_or_default().chars()
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
    fn codes_are_found_and_near_misses_are_not() {
        let text = "`SL1001` and \"SL2002\" but not SL12, SL12345, XSL1003 or SLxxx";
        assert_eq!(
            codes(text).into_iter().collect::<Vec<_>>(),
            ["SL1001", "SL2002"]
        );
    }

    #[test]
    fn declarations_are_the_heads_of_pairs() {
        let text = "pub const CODES: &[(&str, &str)] = &[\n(\"SL0001\", \"see SL0002\"),\n(\n  \"SL0003\",\n \"x\"),];";
        let filed = "pub const CODES: &[(&str, &str)] = &[code!(\"SL0004\")]; (\"SL0005\")";
        assert_eq!(
            declarations(filed).into_iter().collect::<Vec<_>>(),
            ["SL0004"]
        );
        assert_eq!(
            declarations(text).into_iter().collect::<Vec<_>>(),
            ["SL0001", "SL0003"]
        );
    }
}
