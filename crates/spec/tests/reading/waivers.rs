//! `waivers:` of `sealine.yaml`: what the detectors may find, where and until when.

use crate::base::{CATALOG, PIPELINE, PROJECT, found, read};

const GOOD: &str = "\
waivers:
  - dataset: lake.people
    column: email
    tag: pii.email
    until: 2027-03-31
    because: test accounts of our own domain
";

#[test]
fn a_waiver_is_read_with_its_day() {
    let parsed = read(&format!("{PROJECT}{GOOD}"), CATALOG, PIPELINE);
    assert_eq!(found(&parsed), Vec::<String>::new());
    let waivers = parsed.spec.unwrap().project.waivers;
    assert_eq!(waivers.len(), 1);
    let waiver = &waivers[0];
    assert_eq!(
        (
            waiver.dataset.value.as_str(),
            waiver.column.as_str(),
            waiver.tag.as_str()
        ),
        ("lake.people", "email", "pii.email")
    );
    assert_eq!(
        (waiver.until.as_str(), waiver.until_day),
        ("2027-03-31", 20_908)
    );
    assert_eq!(waiver.because, "test accounts of our own domain");
}

#[test]
fn mistakes_are_called_by_their_code() {
    for (old, new, codes) in [
        ("lake.people", "lake.nobody", &["SL1550 sealine:12"][..]),
        // Read and never written.
        ("lake.people", "crm.people", &["SL1550 sealine:12"]),
        // Written by the contract, not by a pipeline.
        ("lake.people", "quarantine.people", &["SL1550 sealine:12"]),
        ("pii.email", "pii.*", &["SL1032 sealine:14"]),
        ("2027-03-31", "2027-02-29", &["SL1551 sealine:15"]),
        ("2027-03-31", "forever", &["SL1551 sealine:15"]),
        ("    until: 2027-03-31\n", "", &["SL1021 sealine:12"]),
        (
            "test accounts of our own domain",
            "\"a\\nb\"",
            &["SL1027 sealine:16"],
        ),
        (
            "test accounts of our own domain",
            "''",
            &["SL1027 sealine:16"],
        ),
    ] {
        let text = GOOD.replacen(old, new, 1);
        assert_ne!(text, GOOD, "{old}");
        let parsed = read(&format!("{PROJECT}{text}"), CATALOG, PIPELINE);
        assert_eq!(found(&parsed), codes, "{new}");
    }
    let many = GOOD.replacen("waivers:\n", "", 1).repeat(257);
    let parsed = read(&format!("{PROJECT}waivers:\n{many}"), CATALOG, PIPELINE);
    assert_eq!(found(&parsed), ["SL1027 sealine:12"]);
}
