//! `sealine protections`: the catalogue at the terminal.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod harness;

use harness::{said, sealine};

#[test]
fn all_are_listed_by_family_with_what_they_leak() {
    let list = said(sealine().arg("protections")).ends(0).out;
    let headings: Vec<&str> = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(' ') && !line.contains(':'))
        .collect();
    let mut once = headings.clone();
    once.dedup();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), headings.len(), "each family once: {headings:?}");
    let json = said(sealine().args(["protections", "--format", "json"]))
        .ends(0)
        .json();
    let all = json.as_array().unwrap();
    for one in all {
        let call = one["call"].as_str().unwrap();
        assert!(list.contains(call), "{call}");
        assert!(!one["leaks"].as_str().unwrap().is_empty());
    }
    assert!(all.len() >= 8);
    assert!(
        list.lines().all(|line| line.chars().count() <= 110),
        "{list}"
    );
}

#[test]
fn one_is_shown_whole_and_an_unknown_one_is_suggested() {
    let one = said(sealine().args(["protections", "TOKENIZE"]))
        .ends(0)
        .out;
    for part in ["tokenize(", "Leaks", "Reversible", "HMAC", "`key`"] {
        assert!(one.contains(part), "{part} in\n{one}");
    }
    let json = said(sealine().args(["protections", "encrypt", "--format", "json"]))
        .ends(0)
        .json();
    assert_eq!(json["name"], "encrypt");
    assert_eq!(json["opens"], true);
    said(sealine().args(["protections", "tokenise"]))
        .ends(2)
        .says("did you mean `tokenize`");
}
