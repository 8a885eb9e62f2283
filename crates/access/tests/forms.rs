//! The `form` of a protection in a policy: what is asked, and what a rule about it lets through.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "support/proofs.rs"]
mod proofs;
mod support;

use proofs::decide;
use sealine_access::{Action, Disclosure, Policy, Principal, Resource, permitted};
use sealine_spec::{Files, Source, Spec};

const PROJECT: &str = "version: 1
levels: [public, internal, restricted]
operator_clearance: internal
connections:
  files: { kind: local, root: data/ }
keys:
  crm: { purpose: token }
  lake: { purpose: file }
";

const CATALOG: &str = "version: 1
datasets:
  stays:
    at: { connection: files, path: stays.csv, format: csv }
    primary_key: [id]
    columns:
      id: { type: int64, level: internal }
      born: { type: date, level: restricted, tags: [pii.birth_date] }
      zip: { type: string, level: restricted, tags: [pii.zip] }
      card: { type: string, level: restricted, tags: [pci.pan] }
  out:
    at: { connection: files, path: out/, format: parquet }
    clearance: internal
    encrypt: { key: lake }
";

/// Two spans of a date, three digits of a code, one limit of a shift, and one pattern.
const POLICY: &str = r#"
@id("run") permit (principal, action == Sealine::Action::"run", resource);
@id("read") permit (principal, action == Sealine::Action::"read", resource);
@id("write") permit (principal, action == Sealine::Action::"write", resource);
@id("spans")
permit (principal, action == Sealine::Action::"declassify", resource == Sealine::Tag::"pii.birth_date")
when { context.protection == "coarse_date" && context has form && ["year", "quarter"].contains(context.form) };
@id("moved")
permit (principal, action == Sealine::Action::"declassify", resource == Sealine::Tag::"pii.birth_date")
when { context.protection == "date_shift" && context has key && context.key == "crm"
  && context has form && context.form == "100" };
@id("areas")
permit (principal, action == Sealine::Action::"declassify", resource == Sealine::Tag::"pii.zip")
when { context.protection == "zip_prefix" && context has form && context.form == "3" };
@id("hidden-start")
permit (principal, action == Sealine::Action::"declassify", resource == Sealine::Tag::"pci.pan")
when { context.protection == "mask_regex" && context has form && context.form == "^(.{12}), '*, *'" };
"#;

fn project(shown: &str) -> (Files, Spec, Policy) {
    let pipeline = format!(
        "version: 1\npipeline: daily\ninputs: {{ stays: stays }}\nsteps:\n  s:\n    sql: |\n      SELECT id, {shown} AS x FROM stays\noutputs:\n  - {{ from: s, to: out }}\n"
    );
    let texts = [
        ("sealine.yaml", PROJECT.to_owned()),
        ("catalog/stays.yaml", CATALOG.to_owned()),
        ("policy/daily.cedar", POLICY.to_owned()),
        ("pipelines/daily.yaml", pipeline),
    ];
    let sources = texts.into_iter().map(|(path, text)| Source {
        path: path.to_owned(),
        text,
    });
    support::with_policy(sources.collect())
}

#[test]
fn a_rule_about_a_form_lets_that_form_through_and_no_other() {
    for (shown, by) in [
        ("coarse_date(born, 'year')", Some("spans")),
        ("coarse_date(born, 'quarter')", Some("spans")),
        ("coarse_date(born, 'month')", None),
        ("coarse_date(born, 'day')", None),
        ("date_shift(born, 'crm', id, 100)", Some("moved")),
        ("date_shift(born, 'crm', id, 1)", None),
        ("zip_prefix(zip, 3)", Some("areas")),
        ("zip_prefix(zip, 4)", None),
        ("zip_hipaa(zip)", None),
        // With several arguments, one with a comma in it stands in quotes: no two read alike.
        ("mask_regex(card, '^(.{12})', '*, *')", Some("hidden-start")),
        ("mask_regex(card, '^(.{12}), ''*', '*''')", None),
        ("mask_regex(card, '^(.{12})')", None),
    ] {
        let (files, spec, policy) = project(shown);
        match (decide(&files, &spec, &policy, "daily"), by) {
            (Ok(plan), Some(by)) => {
                let granted = plan.declassifications();
                assert!(!granted.is_empty(), "{shown}");
                assert!(granted.iter().all(|one| one.by == [by]), "{shown}");
            }
            (Err(refusal), None) => {
                assert!(
                    refusal.findings.iter().all(|found| found.code == "SL4110"),
                    "{shown}"
                );
            }
            (decided, _) => panic!("{shown}: permitted: {}", decided.is_ok()),
        }
    }
}

#[test]
fn every_form_against_every_rule() {
    let (_, _, policy) = project("zip_prefix(zip, 3)");
    let tags = ["pii.birth_date", "pii.zip", "pci.pan", "pii.email"];
    let asked = [
        ("coarse_date", None, Some("year"), Some("pii.birth_date")),
        ("coarse_date", None, Some("month"), None),
        ("coarse_date", None, None, None),
        (
            "date_shift",
            Some("crm"),
            Some("100"),
            Some("pii.birth_date"),
        ),
        ("date_shift", Some("other"), Some("100"), None),
        ("date_shift", None, Some("100"), None),
        ("zip_prefix", None, Some("3"), Some("pii.zip")),
        ("zip_prefix", None, Some("2"), None),
        ("mask", None, Some("3"), None),
    ];
    for tag in tags {
        for (protection, key, form, passes) in asked {
            let disclosure = Disclosure {
                pipeline: "daily".to_owned(),
                dataset: "stays".to_owned(),
                column: "x".to_owned(),
                to: "out".to_owned(),
                from_level: "restricted".to_owned(),
                to_level: "internal".to_owned(),
                protection: protection.to_owned(),
                key: key.map(str::to_owned),
                form: form.map(str::to_owned),
                ..Disclosure::default()
            };
            let decision = permitted(
                &policy,
                &Principal::service("svc/daily"),
                Action::Declassify,
                &Resource::Tag(tag.to_owned()),
                Some(&disclosure),
            );
            assert_eq!(decision.failed(), None, "{protection} {form:?} of {tag}");
            assert_eq!(
                decision.permitted(),
                passes == Some(tag),
                "{protection} {form:?} of {tag}"
            );
        }
    }
}
