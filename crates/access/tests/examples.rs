//! examples/leaks is refused, each pipeline for the reason its name says; the shared vectors get
//! their verdicts from corpus/leaks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

#[path = "support/proofs.rs"]
mod proofs;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use proofs::{NOW, bind, decide};
use sealine_access::{Principal, authorize};
use sealine_plan::Request;

/// `pipeline code`, one a line; `#` begins a comment.
fn expected() -> BTreeMap<String, String> {
    let path = support::root().join("examples/leaks/expected.txt");
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(|line| {
            let (name, code) = line.split_once(' ').unwrap();
            (name.to_owned(), code.trim().to_owned())
        })
        .collect()
}

#[test]
fn each_leak_is_refused_with_its_code() {
    let (files, spec, policy) = support::load("examples/leaks");
    let mut found = BTreeMap::new();
    for name in spec.pipelines.keys() {
        let code = match decide(&files, &spec, &policy, name) {
            Ok(_) => "passes",
            Err(refusal) => refusal.findings[0].code,
        };
        found.insert(name.clone(), code.to_owned());
    }
    assert!(found.len() >= 20, "{}", found.len());
    if std::env::var_os("SEALINE_UPDATE").is_some() {
        let mut text = String::from(
            "# pipeline, and the code of the first finding that refuses it (`sealine explain CODE`)\n",
        );
        for (name, code) in &found {
            text.push_str(&format!("{name} {code}\n"));
        }
        std::fs::write(support::root().join("examples/leaks/expected.txt"), text).unwrap();
    }
    for (name, code) in &found {
        assert!(
            code.starts_with("SL3") || code.starts_with("SL41"),
            "{name}: {code}"
        );
    }
    assert_eq!(found, expected());
}

#[test]
fn the_leaks_lie_in_files_of_their_name_with_the_attack_told() {
    for source in support::sources("examples/leaks") {
        let Some(name) = source
            .path
            .strip_prefix("pipelines/")
            .and_then(|name| name.strip_suffix(".yaml"))
        else {
            continue;
        };
        assert!(source.text.starts_with("# "), "{name} tells no attack");
        assert!(
            source.text.contains(&format!("\npipeline: {name}\n")),
            "{name}"
        );
    }
}

/// The first help of each leak that an edit settles, pasted where it says: that finding is gone.
#[test]
fn the_printed_help_settles_what_it_is_printed_for() {
    let sources = support::sources("examples/leaks");
    let (files, spec, policy) = support::with_policy(sources.clone());
    let mut settled = BTreeSet::new();
    for name in spec.pipelines.keys() {
        let refusal = decide(&files, &spec, &policy, name).expect_err(name);
        assert_eq!(refusal.findings.len(), refusal.diagnostics.len());
        for (finding, diagnostic) in refusal.findings.iter().zip(&refusal.diagnostics) {
            let Some(help) = finding.help.first().filter(|help| help.permitted) else {
                continue;
            };
            let span = diagnostic.fixes[0].span.unwrap();
            let mut changed = sources.clone();
            let file = changed
                .iter_mut()
                .find(|source| source.path == files.path(span.file))
                .unwrap();
            file.text.replace_range(span.range(), &help.replacement);
            let (files, spec, policy) = support::with_policy(changed);
            if let Err(refusal) = decide(&files, &spec, &policy, name) {
                let still = refusal.findings.iter().any(|other| {
                    other.origin == finding.origin && other.columns == finding.columns
                });
                assert!(!still, "{name}: `{}` does not settle it", help.replacement);
            }
            settled.insert(name.as_str());
        }
    }
    for name in [
        "bare-column",
        "max-of-card",
        "md5-of-email",
        "case-on-age",
        "cte-star",
        "mask-of-reversed",
        "bucket-of-width-one",
    ] {
        assert!(settled.contains(name), "{name} has no help: {settled:?}");
    }
}

/// The owner's grant needs the policy's `select`; `declassify` does not stand in for it.
#[test]
fn a_select_grant_is_used_by_permission_only() {
    let granted = |policy_change: (&str, &str)| {
        let mut sources = support::sources("examples/leaks");
        for source in &mut sources {
            source.text = match source.path.as_str() {
                "pipelines/select-outside-grant.yaml" => source.text.replace("'IT'", "'DE'"),
                "policy/leaks.cedar" => source.text.replace(policy_change.0, policy_change.1),
                _ => continue,
            };
        }
        let (files, spec, policy) = support::with_policy(sources);
        decide(&files, &spec, &policy, "select-outside-grant")
    };
    let authorized = granted(("", "")).unwrap();
    assert_eq!(authorized.declassifications()[0].by, ["nationality-cells"]);
    for change in [
        ("Action::\"select\"", "Action::\"declassify\""),
        ("Tag::\"pii.nationality\"", "Tag::\"pii.email\""),
    ] {
        let refusal = granted(change).expect_err(change.0);
        assert_eq!(refusal.findings[0].code, "SL4111", "{change:?}");
    }
}

#[test]
fn the_corpus_answers_the_vectors() {
    let folder = std::env::var_os("SEALINE_VECTORS").map_or_else(
        || support::root().join("../shared/vectors"),
        std::path::PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(folder.join("leaks/cases.jsonl")) else {
        println!("skipped: no leak vectors at {}", folder.display());
        return;
    };
    let (files, spec, policy) = support::load("corpus/leaks");
    let principal = Principal::service("svc/verdict");
    let mut wrong = BTreeSet::new();
    let mut seen = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let request = Request::Verdict {
            sql: case["sql"].as_str().unwrap().to_owned(),
            to: "lake.out".to_owned(),
            min_group: case["min_group"]
                .as_u64()
                .map(|k| u32::try_from(k).unwrap()),
        };
        let verdict = match bind(&files, &spec, &request) {
            Err(_) => "refused",
            Ok(plan) => match authorize(plan, &files, &spec, &policy, &principal, NOW, 0) {
                Ok(_) => "passes",
                Err(_) => "refused",
            },
        };
        seen += 1;
        if verdict != case["expect"].as_str().unwrap() {
            wrong.insert(format!("{}: {verdict}", case["name"]));
        }
    }
    assert!(seen > 0);
    assert!(wrong.is_empty(), "{wrong:#?}");
}
