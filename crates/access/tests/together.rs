//! Links between keys, and what two pipelines show together: refused with both paths, and permitted by the text
//! that the refusal prints.
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
use sealine_access::Refusal;
use sealine_spec::Source;

const PROJECT: &str = "version: 1
levels: [public, internal, restricted]
connections: { lake: { kind: local, root: lake/ } }
keys: { files: { purpose: file }, crm: { purpose: token } }
";

const CATALOG: &str = "version: 1
datasets:
  hr.staff:
    at: { connection: lake, path: staff.csv, format: csv }
    primary_key: [id]
    subject: id
    columns:
      id: { type: int64, level: internal }
      team: { type: string, level: internal }
      ssn: { type: string, required: true, unique: true, level: restricted, tags: [pii.ssn] }
      card: { type: string, level: restricted, tags: [pci.pan, pii.card] }
      pay: { type: int64, level: restricted, tags: [fin.pay] }
  hr.insured:
    at: { connection: lake, path: insured.csv, format: csv }
    primary_key: [id]
    columns:
      id: { type: int64, level: internal }
      plan: { type: string, level: internal }
      ssn: { type: string, required: true, unique: true, level: restricted, tags: [pii.ssn] }
  lake.one:
    at: { connection: lake, path: one/, format: parquet }
    clearance: internal
    encrypt: { key: files }
  lake.two:
    at: { connection: lake, path: two/, format: parquet }
    clearance: internal
    encrypt: { key: files }
";

/// Everything but the two things that the tests are about.
const POLICY: &str = r#"
permit (principal, action in [Sealine::Action::"run", Sealine::Action::"read", Sealine::Action::"write"], resource);
permit (principal, action == Sealine::Action::"declassify", resource)
when { ["mask", "avg", "tokenize"].contains(context.protection) };
"#;

fn project(first: &str, second: Option<&str>, policy: &str) -> Vec<Source> {
    let pipeline = |name: &str, sql: &str| {
        format!(
            "version: 1\npipeline: {name}\nruns_as: svc/{name}\ninputs: {{ staff: hr.staff, insured: hr.insured }}\nsteps:\n  only:\n    min_group: 5\n    sql: |\n      {sql}\noutputs:\n  - {{ from: only, to: lake.{name} }}\n"
        )
    };
    let mut files = vec![
        ("sealine.yaml", PROJECT.to_owned()),
        ("catalog/hr.yaml", CATALOG.to_owned()),
        ("policy/policy.cedar", policy.to_owned()),
        ("pipelines/one.yaml", pipeline("one", first)),
    ];
    files.extend(second.map(|sql| ("pipelines/two.yaml", pipeline("two", sql))));
    let source = |(path, text): (&str, String)| Source {
        path: path.to_owned(),
        text,
    };
    files.into_iter().map(source).collect()
}

fn verdict(sources: Vec<Source>, pipeline: &str) -> Result<(), Refusal> {
    let (files, spec, policy) = support::with_policy(sources);
    decide(&files, &spec, &policy, pipeline).map(|_| ())
}

/// The statements that a refusal prints.
fn printed(refusal: &Refusal) -> String {
    let mut text = String::new();
    for finding in &refusal.findings {
        let grants = finding.help.iter().map(|help| &help.replacement);
        let mut grants = grants.filter(|text| text.starts_with("permit"));
        text.push_str(grants.next().unwrap_or_else(|| panic!("{finding:#?}")));
    }
    text
}

#[test]
fn a_link_is_permitted_by_what_the_refusal_prints() {
    let sql = "SELECT s.id, i.plan FROM staff s JOIN insured i ON s.ssn = i.ssn";
    let refusal = verdict(project(sql, None, POLICY), "one").unwrap_err();
    let said: Vec<_> = refusal
        .findings
        .iter()
        .map(|one| (one.code, &one.message))
        .collect();
    assert!(
        said.iter().all(|(code, _)| *code == "SL4430") && said.len() == 2,
        "{said:#?}"
    );
    assert!(said[0].1.contains("hr.insured.ssn") && said[0].1.contains("hr.staff.ssn"));
    let grant = printed(&refusal);
    assert!(grant.contains(r#"Sealine::Action::"link""#), "{grant}");
    assert!(
        grant.contains(r#"context.form == "hr.staff.ssn""#),
        "{grant}"
    );
    verdict(project(sql, None, &format!("{POLICY}{grant}")), "one").unwrap();
    // It is for this pair and no other.
    let narrow = grant.replace("hr.staff.ssn", "hr.other.ssn");
    verdict(project(sql, None, &format!("{POLICY}{narrow}")), "one").unwrap_err();
}

#[test]
fn two_pipelines_are_permitted_by_what_both_refusals_print() {
    for (one, two, protection) in [
        (
            "SELECT id, mask(card, 6, 0) AS card FROM staff",
            "SELECT id, mask(card, 0, 4) AS card FROM staff",
            "mask+mask",
        ),
        (
            "SELECT team, avg(pay) AS pay FROM staff GROUP BY team",
            "SELECT avg(pay) AS pay FROM staff",
            "populations",
        ),
        (
            "SELECT id, tokenize(card, 'crm') AS card FROM staff",
            "SELECT id, mask(card, 0, 4) AS card FROM staff",
            "mask+tokenize",
        ),
    ] {
        verdict(project(one, None, POLICY), "one").unwrap();
        let mut policy = POLICY.to_owned();
        for name in ["one", "two"] {
            let refusal = verdict(project(one, Some(two), &policy), name).unwrap_err();
            let finding = &refusal.findings[0];
            assert_eq!(
                (finding.code, refusal.findings.len()),
                ("SL4431", 1),
                "{refusal:#?}"
            );
            let said = format!("{} {:?}", finding.message, finding.path);
            let other = if name == "one" { "two" } else { "one" };
            assert!(
                said.contains("`lake.one`") && said.contains("`lake.two`"),
                "{said}"
            );
            assert!(said.contains(&format!("in `{other}`: ")), "{said}");
            let grant = printed(&refusal);
            assert!(grant.contains(&format!("\"{protection}\"")), "{grant}");
            policy.push_str(&grant);
        }
        for name in ["one", "two"] {
            verdict(project(one, Some(two), &policy), name).unwrap();
        }
    }
}
