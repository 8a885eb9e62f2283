//! The golden matrix of examples/customers: who may do what, as committed text.
//!
//! Regenerate with `SEALINE_UPDATE=1 cargo test -p sealine-access --test matrix`
//! and read the difference as you would read a change of the policy itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "support/proofs.rs"]
mod proofs;
mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sealine_access::{Action, Disclosure, Matrix, Policy, Principal, Resource, permitted};
use sealine_plan::Request;
use sealine_spec::Spec;

fn principals() -> Vec<(&'static str, Principal)> {
    let mut auditor = Principal::user("ada");
    auditor.roles = vec!["auditors".to_owned()];
    vec![
        (
            "svc/customers-daily",
            Principal::service("svc/customers-daily"),
        ),
        ("svc/other", Principal::service("svc/other")),
        ("User ada", Principal::user("ada")),
        ("ada in auditors", auditor),
    ]
}

/// The forms that are asked for, named.
fn forms() -> Vec<(String, Disclosure)> {
    let base = Disclosure {
        pipeline: "customers-daily".to_owned(),
        dataset: "crm.customers".to_owned(),
        column: "any".to_owned(),
        to: "lake.customers".to_owned(),
        from_level: "restricted".to_owned(),
        to_level: "internal".to_owned(),
        ..Disclosure::default()
    };
    let form = |protection: &str, change: &dyn Fn(&mut Disclosure)| {
        let mut disclosure = base.clone();
        disclosure.protection = protection.to_owned();
        change(&mut disclosure);
        disclosure
    };
    let key = |name: &'static str| move |d: &mut Disclosure| d.key = Some(name.to_owned());
    let mask =
        |first, last| move |d: &mut Disclosure| (d.first, d.last) = (Some(first), Some(last));
    let bucket =
        |width, offset| move |d: &mut Disclosure| (d.width, d.offset) = (Some(width), Some(offset));
    let mut all: Vec<(String, Disclosure)> = [
        form("tokenize", &key("crm")),
        form("tokenize", &key("other")),
        form("encrypt", &key("lake-values")),
        form("mask", &mask(6, 4)),
        form("mask", &mask(0, 4)),
        form("mask", &mask(7, 4)),
        form("mask", &mask(6, 5)),
        form("bucket", &bucket(10, 0)),
        form("bucket", &bucket(9, 0)),
        form("bucket", &bucket(10, 5)),
        form("sum", &|d| d.min_group = Some(5)),
        form("redact", &|_| {}),
        form("nullify", &|_| {}),
        form("none", &|_| {}),
    ]
    .into_iter()
    .map(|d| (d.protection_text().replace('`', ""), d))
    .collect();
    let public = form("redact", &|d| d.to_level = "public".to_owned());
    all.push(("redact, to public".to_owned(), public));
    let elsewhere = form("redact", &|d| d.pipeline = "other".to_owned());
    all.push(("redact, by pipeline other".to_owned(), elsewhere));
    all
}

type Question = (Action, Resource, Option<(String, Disclosure)>);

fn questions(spec: &Spec) -> Vec<Question> {
    let mut all = Vec::new();
    let mut pipelines: Vec<String> = spec.pipelines.keys().cloned().collect();
    pipelines.push("another".to_owned());
    let mut datasets: Vec<String> = spec.datasets.keys().cloned().collect();
    datasets.extend(["lake".to_owned(), "lake.other".to_owned()]);
    let tags: BTreeSet<String> = spec
        .datasets
        .values()
        .flat_map(|dataset| &dataset.columns)
        .flat_map(|column| &column.tags)
        .map(|tag| tag.as_str().to_owned())
        .chain([
            "untagged".to_owned(),
            "pii".to_owned(),
            "phi.diagnosis".to_owned(),
        ])
        .collect();
    for action in Action::ALL {
        match action {
            Action::Run | Action::Preview => {
                all.extend(
                    pipelines
                        .iter()
                        .map(|id| (action, Resource::Pipeline(id.clone()), None)),
                );
            }
            Action::Read | Action::Write => {
                all.extend(
                    datasets
                        .iter()
                        .map(|id| (action, Resource::Dataset(id.clone()), None)),
                );
            }
            Action::Keys | Action::Administer | Action::Wrap | Action::Unwrap => {
                let keys = spec.project.keys.keys();
                all.extend(keys.map(|id| (action, Resource::Key(id.clone()), None)));
            }
            Action::Audit => all.push((action, Resource::Log, None)),
            Action::Declassify => {
                for tag in &tags {
                    all.extend(
                        forms()
                            .into_iter()
                            .map(|form| (action, Resource::Tag(tag.clone()), Some(form))),
                    );
                }
            }
            Action::Select | Action::Link | Action::Reveal | Action::Export | Action::Waive => {
                for tag in &tags {
                    let form = forms().into_iter().find(|(name, _)| name == "none");
                    all.push((action, Resource::Tag(tag.clone()), form));
                }
            }
        }
    }
    all
}

fn matrix(spec: &Spec, policy: &Policy) -> String {
    let mut out = String::from(
        "# examples/customers: who may do what. `-` is denied; else the id of the permit.\n\
         # Regenerate: SEALINE_UPDATE=1 cargo test -p sealine-access --test matrix\n",
    );
    let principals = principals();
    let names: Vec<_> = principals.iter().map(|(name, _)| *name).collect();
    writeln!(
        out,
        "{:<84} | {}",
        "# action resource form",
        names.join(" | ")
    )
    .unwrap();
    for (action, resource, form) in questions(spec) {
        let (form_name, disclosure) = form.unzip();
        let question = format!(
            "{action:<10} {:<28} {}",
            format!("{}::{}", resource.type_name(), resource.id()),
            form_name.unwrap_or_default()
        );
        let answers: Vec<String> = principals
            .iter()
            .map(|(name, principal)| {
                let decision = permitted(policy, principal, action, &resource, disclosure.as_ref());
                assert_eq!(decision.failed(), None, "{question} as {name}");
                if decision.permitted() {
                    assert!(!decision.by().is_empty());
                    decision.by().join("+")
                } else {
                    "-".to_owned()
                }
            })
            .collect();
        writeln!(out, "{:<84} | {}", question.trim_end(), answers.join(" | ")).unwrap();
    }
    out
}

/// What `sealine policy matrix` prints for a project of the repository.
fn printed(project: &str) -> String {
    let (files, spec, policy) = support::load(project);
    let plan = |name: &String| proofs::bind(&files, &spec, &Request::Pipeline(name.clone())).ok();
    let plans: Vec<_> = spec.pipelines.keys().filter_map(plan).collect();
    assert!(!plans.is_empty(), "{project}");
    Matrix::of(&spec, &policy, &plans).to_string()
}

/// Every example says in `policy/matrix.txt` who may what: `SEALINE_UPDATE=1` writes them anew.
#[test]
fn each_example_has_its_matrix() {
    let mut examples = 0;
    for entry in std::fs::read_dir(support::root().join("examples")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("sealine.yaml").is_file() {
            continue;
        }
        let name = folder.file_name().unwrap().to_str().unwrap();
        let now = printed(&format!("examples/{name}"));
        let path = folder.join("policy/matrix.txt");
        if std::env::var_os("SEALINE_UPDATE").is_some() {
            std::fs::write(&path, &now).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        for (at, (old, new)) in committed.lines().zip(now.lines()).enumerate() {
            assert_eq!(old, new, "line {} of {}", at + 1, path.display());
        }
        assert_eq!(committed, now, "{} has another length", path.display());
        examples += 1;
    }
    assert!(examples >= 4, "{examples}");
}

#[test]
fn the_matrix_is_as_committed() {
    let (_, spec, policy) = support::load("examples/customers");
    let now = matrix(&spec, &policy);
    let path = support::root().join("crates/access/tests/matrix.txt");
    if std::env::var_os("SEALINE_UPDATE").is_some() {
        std::fs::write(&path, &now).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    for (at, (old, new)) in committed.lines().zip(now.lines()).enumerate() {
        assert_eq!(old, new, "line {} of tests/matrix.txt", at + 1);
    }
    assert_eq!(committed, now, "tests/matrix.txt has another length");
}

#[test]
fn the_matrix_notices_a_wider_and_a_narrower_policy() {
    let (_, spec, policy) = support::load("examples/customers");
    let now = matrix(&spec, &policy);
    let sources = support::sources("examples/customers");
    let text = &sources
        .iter()
        .find(|source| source.path == "policy/customers.cedar")
        .unwrap()
        .text;
    for changed in [
        text.replace("context.first <= 6", "context.first <= 7"),
        text.replace("context.width >= 10", "context.width >= 11"),
        text.replace("context.key == \"crm\"", "context.key == \"other\""),
        format!("{text}\nforbid (principal, action, resource);"),
    ] {
        assert_ne!(&changed, text);
        let sources = support::replace_policy(support::sources("examples/customers"), &changed);
        let (_, spec, policy) = support::with_policy(sources);
        assert_ne!(matrix(&spec, &policy), now);
    }
}
