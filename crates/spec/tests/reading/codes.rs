//! Codes, their explanations and the source agree.

use std::collections::BTreeSet;
use std::path::Path;

use sealine_spec::CODES;

fn used(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            used(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs")
            && !path.ends_with("codes.rs")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            let quoted = text
                .split('"')
                .filter(|part| part.len() == 6 && part.starts_with("SL1"));
            found.extend(quoted.map(str::to_owned));
        }
    }
}

#[test]
fn every_code_is_explained_and_used() {
    let mut found = BTreeSet::new();
    used(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    let listed: BTreeSet<String> = CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
    assert_eq!(found, listed);
    assert_eq!(CODES.len(), listed.len(), "no code twice");
    assert!(CODES.is_sorted());
}

#[test]
fn every_explanation_says_what_why_how_and_shows() {
    for (code, text) in CODES {
        let (what, rest) = text
            .split_once(".** ")
            .unwrap_or_else(|| panic!("{code} has no title"));
        assert!(what.starts_with("**") && what.len() > 10, "{code}");
        let (why, rest) = rest.split_once("\n\n").unwrap();
        assert!(why.len() > 40, "{code} does not say why");
        let (how, example) = rest
            .split_once("\n\n```")
            .unwrap_or_else(|| panic!("{code} has no example"));
        assert!(how.len() > 10, "{code} does not say what to do");
        assert!(example.ends_with("\n```\n"), "{code}");
    }
}
