//! Plans to decisions: the flagship passes, and every permission it has is needed.
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

use proofs::{NOW, bind_after, decide, plan};
use sealine_access::{LIFETIME_SECONDS, Policy, Principal, Refusal, authorize};
use sealine_plan::Request;
use sealine_spec::{Diagnostic, Files, Source, Spec};

const DAILY: &str = "customers-daily";

/// The flagship with its SQL replaced.
fn with_sql(sql: &str) -> (Files, Spec, Policy) {
    let mut sources = support::sources("examples/customers");
    let file = pipeline_file(&mut sources);
    let (head, rest) = file.text.split_once("    sql: |\n").unwrap();
    let (_, tail) = rest.split_once("outputs:").unwrap();
    file.text = format!("{head}    sql: |\n      {sql}\noutputs:{tail}");
    support::with_policy(sources)
}

fn pipeline_file(sources: &mut [Source]) -> &mut Source {
    sources
        .iter_mut()
        .find(|source| source.path == "pipelines/customers-daily.yaml")
        .unwrap()
}

fn refused(sql: &str) -> (Files, Refusal) {
    let (files, spec, policy) = with_sql(sql);
    let refusal = decide(&files, &spec, &policy, DAILY).expect_err(sql);
    (files, refusal)
}

fn codes(refusal: &Refusal) -> BTreeSet<&'static str> {
    refusal
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect()
}

#[test]
fn the_flagship_passes_and_names_what_permits_it() {
    let (files, spec, policy) = support::load("examples/customers");
    let authorized = decide(&files, &spec, &policy, DAILY).unwrap();
    assert_eq!(authorized.policy_digest(), policy.digest());
    assert_eq!(authorized.plan_digest(), authorized.plan().digest());
    assert_eq!(authorized.key_epoch(), 7);
    assert_eq!(
        authorized.principal(),
        &Principal::service("svc/customers-daily")
    );
    assert_eq!(
        authorized.declassifications().len(),
        authorized.plan().demands().len()
    );
    let by: BTreeSet<&str> = authorized
        .declassifications()
        .iter()
        .flat_map(|granted| &granted.by)
        .map(String::as_str)
        .collect();
    assert_eq!(
        by,
        BTreeSet::from([
            "age-in-bands",
            "anything-removed",
            "card-masked",
            "email-as-token"
        ])
    );
}

#[test]
fn an_authorization_ends() {
    let (files, spec, policy) = support::load("examples/customers");
    let authorized = decide(&files, &spec, &policy, DAILY).unwrap();
    let end = authorized.expires();
    assert_eq!(end, NOW + LIFETIME_SECONDS);
    assert_eq!(authorized.verify(NOW), Ok(()));
    assert_eq!(authorized.verify(end - 1), Ok(()));
    assert_eq!(authorized.verify(end).unwrap_err().code(), "SL4201");
    assert_eq!(authorized.verify(i64::MAX).unwrap_err().code(), "SL4201");
    assert_eq!(authorized.verify(NOW - 3600).unwrap_err().code(), "SL4202");
    assert_eq!(authorized.verify_keys(7), Ok(()));
    assert_eq!(authorized.verify_keys(8).unwrap_err().code(), "SL4204");
}

/// Every permission of the flagship is needed: without it, refused with the code that names it.
#[test]
fn each_permit_dropped_is_a_denial() {
    let sources = support::sources("examples/customers");
    let text = sources
        .iter()
        .find(|source| source.path == "policy/customers.cedar")
        .unwrap()
        .text
        .clone();
    for (id, code) in [
        ("daily-may-run", "SL4101"),
        ("daily-reads-crm", "SL4102"),
        ("daily-writes-lake", "SL4103"),
        ("email-as-token", "SL4110"),
        ("card-masked", "SL4110"),
        ("age-in-bands", "SL4110"),
        ("anything-removed", "SL4110"),
    ] {
        let begin = text.find(&format!("@id(\"{id}\")")).unwrap();
        let end = begin
            + text[begin..]
                .find("};")
                .unwrap_or(usize::MAX / 2)
                .min(text[begin..].find(");").unwrap())
            + 2;
        // A statement ends at `);` where it has no condition, at `};` where it has one.
        let end = if text[end..].trim_start().starts_with("when") {
            begin + text[begin..].find("};").unwrap() + 2
        } else {
            end
        };
        let without = format!("{}{}", &text[..begin], &text[end..]);
        let changed = support::replace_policy(sources.clone(), &without);
        let (files, spec, policy) = support::with_policy(changed);
        let refusal = decide(&files, &spec, &policy, DAILY).expect_err(id);
        assert_eq!(codes(&refusal), BTreeSet::from([code]), "{id}");
    }
}

#[test]
fn the_statement_that_the_refusal_prints_makes_it_pass() {
    let sources = support::sources("examples/customers");
    let mut text =
        String::from("forbid (principal, action == Sealine::Action::\"link\", resource);\n");
    // One round for each kind of denial at most: every round adds what was printed.
    for round in 0..2 {
        let (files, spec, policy) =
            support::with_policy(support::replace_policy(sources.clone(), &text));
        match decide(&files, &spec, &policy, DAILY) {
            Ok(_) => {
                assert!(round > 0);
                return;
            }
            Err(refusal) => {
                for finding in &refusal.findings {
                    let grant = finding
                        .help
                        .iter()
                        .find(|help| help.replacement.starts_with("permit"))
                        .unwrap();
                    text.push_str(&format!("@id(\"round-{round}-{}\")\n", text.len()));
                    let mut rest = grant.replacement.as_str();
                    // A column with several tags prints one statement for each.
                    while let Some((one, more)) = rest.split_once("\n\npermit") {
                        text.push_str(&format!("{one}\n@id(\"{}\")\npermit", text.len()));
                        rest = more;
                    }
                    text.push_str(rest);
                }
            }
        }
    }
    panic!("still refused with the printed policy:\n{text}");
}

#[test]
fn without_a_policy_the_first_one_is_printed_and_works() {
    let sources = support::sources("examples/customers");
    let (files, spec, policy) = support::with_policy(support::replace_policy(sources.clone(), ""));
    let refusal = decide(&files, &spec, &policy, DAILY).unwrap_err();
    assert_eq!(codes(&refusal), BTreeSet::from(["SL4001"]));
    let text = &refusal.findings[0].help[0].replacement;
    let (files, spec, policy) = support::with_policy(support::replace_policy(sources, text));
    decide(&files, &spec, &policy, DAILY)
        .unwrap_or_else(|refusal| panic!("{:?}\n{text}", refusal.findings));
}

#[test]
fn another_identity_is_denied() {
    let (files, spec, policy) = support::load("examples/customers");
    let plan = plan(&files, &spec, &Request::Pipeline(DAILY.to_owned()));
    let refusal = authorize(
        plan,
        &files,
        &spec,
        &policy,
        &Principal::service("svc/other"),
        NOW,
        0,
    )
    .unwrap_err();
    let codes = codes(&refusal);
    for code in ["SL4101", "SL4102", "SL4103"] {
        assert!(codes.contains(code), "{codes:?}");
    }
}

#[test]
fn a_user_may_preview_and_not_run() {
    let (files, spec, policy) = support::load("examples/customers");
    let ada = Principal::user("ada");
    let preview = Request::Preview {
        pipeline: DAILY.to_owned(),
        step: None,
        limit: 5,
    };
    let plan_preview = plan(&files, &spec, &preview);
    authorize(plan_preview, &files, &spec, &policy, &ada, NOW, 0)
        .unwrap_or_else(|refusal| panic!("{:?}", refusal.findings));
    let run = plan(&files, &spec, &Request::Pipeline(DAILY.to_owned()));
    let refusal = authorize(run, &files, &spec, &policy, &ada, NOW, 0).unwrap_err();
    assert!(codes(&refusal).contains("SL4101"));
}

#[test]
fn a_user_may_read_what_the_flagship_wrote_and_not_the_quarantine() {
    let (files, spec, policy) = support::load("examples/customers");
    let run = decide(&files, &spec, &policy, DAILY).unwrap();
    let computed = run.plan().computed();
    let ada = Principal::user("ada");
    let read = |dataset: &str| {
        let request = Request::Read {
            dataset: dataset.to_owned(),
            columns: None,
            limit: 5,
        };
        bind_after(&computed, &files, &spec, &request)
    };
    let plan = read("lake.customers").unwrap();
    let shown: Vec<_> = plan.outputs()[0]
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    authorize(plan, &files, &spec, &policy, &ada, NOW, 0)
        .unwrap_or_else(|refusal| panic!("{:?}", refusal.findings));
    assert_eq!(shown, ["id", "email", "card", "age_band", "comment"]);
    // Of the source, the terminal shows what is at most internal.
    let plan = read("crm.customers").unwrap();
    let shown: Vec<_> = plan.outputs()[0]
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    authorize(plan, &files, &spec, &policy, &ada, NOW, 0)
        .unwrap_or_else(|refusal| panic!("{:?}", refusal.findings));
    assert_eq!(shown, ["id", "country"]);
    if let Ok(plan) = read("quarantine.customers") {
        let refusal = authorize(plan, &files, &spec, &policy, &ada, NOW, 0).unwrap_err();
        assert!(codes(&refusal).contains("SL4102"));
    }
}

fn apply(text: &str, files: &Files, fix: &sealine_spec::Fix) -> String {
    let span = fix.span.expect("a place to paste at");
    assert_eq!(files.path(span.file), "pipelines/customers-daily.yaml");
    format!(
        "{}{}{}",
        &text[..span.start as usize],
        fix.replacement,
        &text[span.end as usize..]
    )
}

/// Pastes the first help of the first finding, until it passes: one paste for each cause.
fn paste(sql: &str) {
    let mut sql_now = with_sql(sql);
    let mut passes = false;
    // One paste for each cause at most; each round pastes the first help of the first finding.
    for _ in 0..6 {
        let (files, spec, policy) = &sql_now;
        let refusal = match decide(files, spec, policy, DAILY) {
            Ok(_) => {
                passes = true;
                break;
            }
            Err(refusal) => refusal,
        };
        let first: &Diagnostic = refusal.diagnostics.iter().next().unwrap();
        let finding = &refusal.findings[0];
        assert!(!finding.path.is_empty(), "{sql}: no path");
        assert!(
            finding.path.iter().any(|step| step.place.is_some()),
            "{sql}: no place"
        );
        let suggestion = finding
            .help
            .first()
            .unwrap_or_else(|| panic!("{sql}: no help in {finding:?}"));
        assert!(suggestion.permitted, "{sql}: {suggestion:?}");
        let file = files.find("pipelines/customers-daily.yaml").unwrap();
        let text = apply(files.text(file), files, &first.fixes[0]);
        let mut sources = support::sources("examples/customers");
        pipeline_file(&mut sources).text = text;
        sql_now = support::with_policy(sources);
    }
    assert!(passes, "{sql}: still refused after pasting");
}

/// What issue 2 shows: exit 3, the path the value took; and the first help pasted makes it pass.
#[test]
fn pasting_the_first_help_makes_it_pass() {
    for sql in [
        "SELECT id, email FROM customers",
        "SELECT id, max(card) AS card FROM customers GROUP BY id",
        "SELECT id, md5(email) AS email FROM customers",
        "SELECT id, CASE WHEN age > 17 THEN 'adult' ELSE 'minor' END AS band FROM customers",
        "WITH everything AS (SELECT * FROM customers) SELECT id, card FROM everything",
        "SELECT id, redact(email) AS email FROM customers UNION ALL SELECT id, comment FROM customers",
        "SELECT id, tokenize(email, 'crm') AS t, mask(card, 12, 4) AS card FROM customers",
        "SELECT id, bucket(age, 2) AS age_band FROM customers",
        "SELECT * FROM customers",
    ] {
        paste(sql);
    }
}

#[test]
fn pasting_into_a_union_of_one_column_makes_it_pass() {
    for sql in [
        "SELECT id, email FROM customers UNION ALL SELECT id, email FROM customers",
        "SELECT id, tokenize(email, 'crm') AS email FROM customers UNION ALL SELECT id, email FROM customers",
    ] {
        paste(sql);
    }
}

#[test]
fn a_refusal_names_column_clearance_path_and_what_is_learned() {
    let (files, refusal) = refused("SELECT id, email AS contact FROM customers");
    assert_eq!(refusal.findings.len(), 1, "{:?}", refusal.findings);
    let finding = &refusal.findings[0];
    assert!(finding.code.starts_with("SL3"), "{}", finding.code);
    assert_eq!(finding.origin.as_deref(), Some("crm.customers.email"));
    assert_eq!(finding.dataset.as_deref(), Some("lake.customers"));
    assert_eq!(finding.columns, ["contact"]);
    assert_eq!(finding.clearance.as_deref(), Some("internal"));
    assert!(
        finding
            .reveals
            .as_ref()
            .is_some_and(|text| !text.is_empty())
    );
    let files_in_path: BTreeSet<&str> = finding
        .path
        .iter()
        .filter_map(|step| step.place.as_ref())
        .map(|place| place.file.as_str())
        .collect();
    assert!(
        files_in_path.contains("catalog/crm.yaml"),
        "{files_in_path:?}"
    );
    assert!(
        files_in_path.contains("pipelines/customers-daily.yaml"),
        "{files_in_path:?}"
    );
    let diagnostic = refusal.diagnostics.iter().next().unwrap();
    let main = diagnostic.span().unwrap();
    assert_eq!(files.path(main.file), "pipelines/customers-daily.yaml");
    assert!(diagnostic.message.contains("internal"));
    let json = serde_json::to_value(finding).unwrap();
    assert_eq!(json["columns"][0], "contact");
    assert!(json["path"].as_array().is_some_and(|path| !path.is_empty()));
}

#[test]
fn one_cause_is_one_finding() {
    let (_, refusal) = refused("SELECT id, email, email || '' AS again FROM customers");
    let columns: Vec<_> = refusal
        .findings
        .iter()
        .map(|finding| finding.columns.clone())
        .collect();
    let distinct: BTreeSet<_> = columns.iter().collect();
    assert_eq!(columns.len(), distinct.len(), "{columns:?}");
}

#[test]
fn a_denied_form_points_at_the_permit_whose_conditions_do_not_hold() {
    let (files, refusal) = refused("SELECT id, mask(card, 12, 4) AS card FROM customers");
    let diagnostic = refusal
        .diagnostics
        .iter()
        .find(|found| found.code == "SL4110")
        .expect("a denied demand");
    let mark = diagnostic
        .labels
        .iter()
        .find(|mark| {
            files.path(mark.span.file) == "policy/customers.cedar"
                && mark.text.contains("card-masked")
        })
        .expect("a mark in the policy");
    assert!(mark.text.contains("first 12"), "{}", mark.text);
}

#[test]
fn a_forbid_is_named() {
    let mut sources = support::sources("examples/customers");
    sources.push(Source {
        path: "policy/zz.cedar".to_owned(),
        text: "@id(\"no-tokens\")\nforbid (principal, action == Sealine::Action::\"declassify\", resource)\nwhen { context.protection == \"tokenize\" };\n".to_owned(),
    });
    let (files, spec, policy) = support::with_policy(sources);
    let refusal = decide(&files, &spec, &policy, DAILY).unwrap_err();
    let text: Vec<_> = refusal
        .diagnostics
        .iter()
        .flat_map(|found| &found.labels)
        .map(|mark| mark.text.as_str())
        .collect();
    assert!(
        text.iter()
            .any(|text| text.contains("`no-tokens` forbids it")),
        "{text:?}"
    );
    // More permission would not help, so none is suggested.
    let help = &refusal.findings[0].help;
    assert!(
        help.iter()
            .all(|help| !help.replacement.starts_with("permit")),
        "{help:?}"
    );
}
