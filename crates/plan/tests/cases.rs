//! Our own cases: each rule's leak is refused, and the nearest harmless query passes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

#[test]
fn every_case_gets_its_verdict() {
    let cases = support::cases(include_str!("../../../corpus/proof/cases.jsonl"));
    assert!(cases.len() > 150);
    let failed = support::failures(&cases);
    assert!(
        failed.is_empty(),
        "{} of {} fail:\n{}",
        failed.len(),
        cases.len(),
        failed.join("\n")
    );
}

#[test]
fn every_rule_has_both_directions() {
    let cases = support::cases(include_str!("../../../corpus/proof/cases.jsonl"));
    for rule in [
        1, 2, 3, 4, 5, 6, 7, 9, 10, 13, 15, 19, 20, 21, 22, 23, 24, 30, 31,
    ] {
        for expect in ["refused", "passes"] {
            assert!(
                cases
                    .iter()
                    .any(|case| case.rule == Some(rule) && case.expect == expect),
                "{rule} {expect}"
            );
        }
    }
}
