//! The catalogue and policy of the leak vectors, for tests that cannot use the access crate.
#![allow(dead_code, unreachable_pub)]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use sealine_plan::{Computed, Demand, DemandKind, Plan, Registry, Request, prove};
use sealine_protect::catalogue;
use sealine_spec::{Diagnostics, Files, Source, Spec, parse};

pub const PROJECT: &str = r"version: 1
levels: [public, internal, restricted]
operator_clearance: internal
tags:
  phi.*: { special: true }
connections:
  files: { kind: local, root: data/ }
  lake: { kind: local, root: lake/ }
keys:
  crm: { purpose: token }
  other: { purpose: token }
  lake: { purpose: value }
  lake-files: { purpose: file }
";

pub const CATALOG: &str = r#"version: 1
datasets:
  people:
    at: { connection: files, path: people.csv, format: csv }
    primary_key: [id]
    subject: id
    columns:
      id: { type: int64, level: internal }
      country: { type: string, level: internal }
      email: { type: string, level: restricted, tags: [pii.email] }
      name: { type: string, level: restricted, tags: [pii.name] }
      card: { type: string, level: restricted, tags: [pci.pan] }
      age: { type: int32, level: restricted, tags: [pii.age] }
      born: { type: date, level: restricted, tags: [pii.birth_date] }
      diag: { type: string, level: restricted, tags: [phi.diagnosis], domain_size: 40 }
      salary: { type: int64, level: restricted, tags: [fin.salary] }
      nationality:
        type: string
        level: restricted
        tags: [pii.nationality]
        select: { to: internal, domain: [DE, FR], max_cells: 3 }
  visits:
    at: { connection: files, path: visits.csv, format: csv }
    primary_key: [id]
    columns:
      id: { type: int64, level: internal }
      person_id: { type: int64, level: internal }
      cost: { type: int64, level: internal }
      day: { type: date, level: internal }
      notes: { type: string, level: restricted, tags: [phi.notes] }
  members:
    at: { connection: files, path: members.csv, format: csv }
    primary_key: [id]
    columns:
      id: { type: int64, level: internal }
      plan: { type: string, level: internal }
      email: { type: string, level: restricted, tags: [pii.email] }
  contacts:
    at: { connection: files, path: contacts.csv, format: csv }
    primary_key: [id]
    columns:
      id: { type: int64, level: internal }
      login: { type: string, level: internal, tags: [pii.email] }
      quota: { type: "decimal(10,2)", level: restricted, tags: [fin.quota] }
      seen: { type: timestamp, level: restricted }
  clinic:
    at: { connection: files, path: clinic.csv, format: csv }
    primary_key: [id]
    subject: id
    columns:
      id: { type: int64, level: internal }
      ward: { type: string, level: internal }
      day: { type: date, level: internal }
      spot: { type: float64, level: internal }
      patient: { type: string, level: restricted, tags: [phi.mrn] }
      mrn: { type: string, required: true, level: restricted, tags: [phi.mrn] }
      mood: { type: string, level: restricted, tags: [pii.mood], domain_size: 5 }
      admitted: { type: date, level: restricted, tags: [pii.admitted] }
      left_on: { type: date, level: restricted, tags: [pii.admitted] }
      seen: { type: timestamp, level: restricted, tags: [pii.seen] }
      lat: { type: float64, level: restricted, tags: [geo.latitude] }
      lon: { type: float64, level: restricted, tags: [geo.longitude] }
      zip: { type: string, level: restricted, tags: [pii.zip] }
      ip: { type: string, level: restricted, tags: [pii.ip] }
      account: { type: string, level: restricted, tags: [fin.account] }
      teller: { type: string, level: internal, tags: [fin.account] }
      card: { type: string, level: restricted, tags: [pci.pan] }
      weight: { type: int64, level: restricted, tags: [pii.weight] }
      comment: { type: string, level: restricted, tags: [pii.comment] }
      remark: { type: string, level: internal }
      code: { type: string, level: restricted, tags: [phi.code], max_length: 8 }
      region:
        type: string
        level: restricted
        tags: [pii.nationality]
        select: { to: internal, domain: [N, S, E, W], max_cells: 2 }
  patients:
    at: { connection: files, path: patients.csv, format: csv }
    primary_key: [id]
    columns:
      id: { type: int64, level: internal }
      ward: { type: string, level: internal }
      ssn: { type: string, required: true, unique: true, level: restricted, tags: [pii.ssn] }
  insured:
    at: { connection: files, path: insured.csv, format: csv }
    primary_key: [id]
    columns:
      id: { type: int64, level: internal }
      plan: { type: string, level: internal }
      ssn: { type: string, required: true, unique: true, level: restricted, tags: [pii.ssn] }
      spare: { type: string, unique: true, level: restricted, tags: [pii.ssn] }
  donors:
    at: { connection: files, path: donors.csv, format: csv }
    primary_key: [id]
    columns:
      id: { type: int64, level: internal }
      ssn: { type: string, required: true, unique: true, level: restricted, tags: [pii.ssn] }
      badge: { type: string, required: true, unique: true, level: internal }
  stays:
    at: { connection: files, path: stays.csv, format: csv }
    primary_key: [id]
    subject: person
    columns:
      id: { type: int64, level: internal }
      ward: { type: string, level: internal }
      person: { type: string, required: true, level: restricted, tags: [phi.mrn] }
      cost: { type: int64, level: restricted, tags: [fin.salary] }
  keyless:
    at: { connection: files, path: keyless.csv, format: csv }
    columns:
      note: { type: string, level: internal }
  active_people:
    view: "SELECT * FROM people WHERE nationality IS NOT NULL"
  lake.out:
    at: { connection: lake, path: out/, format: parquet }
    clearance: internal
    encrypt: { key: lake-files }
  lake.other:
    at: { connection: lake, path: other/, format: parquet }
    clearance: internal
    encrypt: { key: lake-files }
  lake.stage:
    at: { connection: lake, path: stage/, format: parquet }
    clearance: restricted
    encrypt: { key: lake-files }
"#;

pub fn project(files: &[(&str, &str)]) -> (Files, Spec) {
    let mut all = vec![("sealine.yaml", PROJECT), ("catalog/leaks.yaml", CATALOG)];
    all.extend_from_slice(files);
    parsed(&all)
}

/// The project of these files.
pub fn parsed(files: &[(&str, &str)]) -> (Files, Spec) {
    let sources = files
        .iter()
        .map(|(path, text)| Source {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
    let parsed = parse(sources);
    let spec = parsed
        .spec
        .unwrap_or_else(|| panic!("{:#?}", parsed.diagnostics));
    (parsed.files, spec)
}

/// What the README of the vectors permits, and on the tags of `clinic` alone what the newer
/// protections need, and nothing else.
pub fn permits(demand: &Demand) -> bool {
    let tag = demand.tag.as_ref().map_or("untagged", |tag| tag.as_str());
    let form = demand.form.as_deref().unwrap_or_default();
    let crm = demand.key.as_deref() == Some("crm");
    match (demand.kind, demand.protection.as_str()) {
        (DemandKind::Select, "select") => tag == "pii.nationality",
        (DemandKind::Link, "link") => {
            // `spare` is no key: it is for the proof to refuse, whatever a policy says.
            tag == "pii.ssn" && ["patients.ssn", "insured.ssn", "insured.spare"].contains(&form)
        }
        (DemandKind::Declassify, "tokenize") => {
            tag == "pii.email" && demand.key.as_deref() == Some("crm")
        }
        (DemandKind::Declassify, "mask") => {
            tag == "pci.pan"
                && demand.first.is_some_and(|n| n <= 6)
                && demand.last.is_some_and(|n| n <= 4)
        }
        (DemandKind::Declassify, "bucket") => {
            tag == "pii.age" && demand.width.is_some_and(|n| n >= 5) && demand.offset == Some(0)
        }
        (DemandKind::Declassify, "encrypt") => demand.key.as_deref() == Some("lake"),
        (DemandKind::Declassify, "redact" | "nullify" | "replace") => true,
        (DemandKind::Declassify, "date_shift") => {
            (tag == "pii.admitted" || tag == "pii.seen")
                && crm
                && form.parse::<u32>().is_ok_and(|days| days >= 30)
        }
        (DemandKind::Declassify, "coarse_date") => {
            tag == "pii.admitted" && ["year", "quarter", "month"].contains(&form)
        }
        (DemandKind::Declassify, "coarse_date+date_shift") => tag == "pii.admitted",
        (DemandKind::Declassify, "geo_cell") => {
            tag.starts_with("geo.") && form.parse::<u8>().is_ok_and(|cells| cells <= 5)
        }
        (DemandKind::Declassify, "zip_prefix") => {
            tag == "pii.zip" && form.parse::<u8>().is_ok_and(|digits| digits <= 3)
        }
        (DemandKind::Declassify, "mask_fixed" | "mask_card" | "mask_regex") => tag == "pci.pan",
        (DemandKind::Declassify, "fpe" | "siv") => {
            ["pii.email", "fin.account", "phi.mrn"].contains(&tag) && crm
        }
        (DemandKind::Declassify, "fpe_card") => tag == "pci.pan" && crm,
        (DemandKind::Declassify, "top_code" | "bands" | "round_to") => tag == "pii.weight",
        (DemandKind::Declassify, "scrub") => tag == "pii.comment",
        (DemandKind::Declassify, "vault_token") => tag == "pii.email" && crm,
        (DemandKind::Declassify, "count") => {
            tag == "phi.mrn" && demand.min_group.is_some_and(|k| k >= 5)
        }
        (DemandKind::Declassify, "sum" | "avg") => {
            tag == "fin.salary" && demand.min_group.is_some_and(|k| k >= 5)
        }
        _ => false,
    }
}

pub fn ask(files: &Files, spec: &Spec, request: &Request) -> Result<Plan, Diagnostics> {
    prove(
        files,
        spec,
        &Computed::default(),
        &Registry::new(catalogue()),
        request,
    )
}

pub fn verdict(sql: &str, min_group: Option<u32>) -> Request {
    Request::Verdict {
        sql: sql.to_owned(),
        to: "lake.out".to_owned(),
        min_group,
    }
}

/// `passes`, or the codes and reasons of the refusal.
pub fn outcome(result: &Result<Plan, Diagnostics>) -> (bool, Vec<String>) {
    match result {
        Err(diagnostics) => (
            false,
            diagnostics
                .iter()
                .map(|d| format!("{} {}", d.code, d.message))
                .collect(),
        ),
        Ok(plan) => {
            let mut reasons: Vec<String> = plan
                .violations()
                .iter()
                .map(|v| format!("{} {} ({:?})", v.code, v.reason, v.column))
                .collect();
            reasons.extend(plan.demands().iter().filter(|d| !permits(d)).map(|d| {
                format!(
                    "denied {} of {} ({:?}) in {} key {:?}",
                    d.protection, d.origin, d.tag, d.column, d.key
                )
            }));
            (reasons.is_empty(), reasons)
        }
    }
}

/// One case of a table.
#[derive(Debug)]
pub struct Case {
    pub name: String,
    pub expect: String,
    pub sql: String,
    pub min_group: Option<u32>,
    pub rule: Option<i64>,
    pub code: Option<String>,
    /// What other pipelines of the project do, each one step into [`Case::beside_to`].
    pub beside: Vec<String>,
    pub beside_to: String,
    /// The columns that name the folders of the destination.
    pub partition_by: Vec<String>,
}

/// A pipeline of one step.
pub fn pipeline(name: &str, sql: &str, to: &str, min_group: Option<u32>) -> String {
    let known = [
        "people", "visits", "members", "contacts", "clinic", "patients", "insured",
    ];
    let reads = known.iter().filter(|name| sql.contains(*name));
    let inputs: Vec<String> = reads.map(|name| format!("{name}: {name}")).collect();
    let min_group = min_group.map_or_else(String::new, |k| format!("    min_group: {k}\n"));
    format!(
        "version: 1\npipeline: {name}\ninputs: {{ {} }}\nsteps:\n  only:\n{min_group}    sql: |\n      {sql}\noutputs:\n  - {{ from: only, to: {to} }}\n",
        inputs.join(", ")
    )
}

pub fn cases(text: &str) -> Vec<Case> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let value: serde_json::Value =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            let field = |name: &str| value.get(name).and_then(|v| v.as_str()).map(str::to_owned);
            Case {
                name: field("name").unwrap(),
                expect: field("expect").unwrap(),
                sql: field("sql").unwrap(),
                min_group: value
                    .get("min_group")
                    .and_then(|v| v.as_u64())
                    .map(|k| k as u32),
                rule: value.get("rule").and_then(|v| v.as_i64()),
                code: field("code"),
                beside: value
                    .get("beside")
                    .and_then(|v| v.as_array())
                    .into_iter()
                    .flatten()
                    .map(|sql| sql.as_str().unwrap().to_owned())
                    .collect(),
                beside_to: field("beside_to").unwrap_or_else(|| "lake.other".to_owned()),
                partition_by: value
                    .get("partition_by")
                    .map(|names| serde_json::from_value(names.clone()).unwrap())
                    .unwrap_or_default(),
            }
        })
        .collect()
}

/// The project whose destination is partitioned.
pub fn parted(by: &[String]) -> (Files, Spec) {
    let out = "path: out/, format: parquet }\n";
    let parted = format!("{out}    partition_by: [{}]\n", by.join(", "));
    let catalog = CATALOG.replace(out, &parted);
    parsed(&[("sealine.yaml", PROJECT), ("catalog/leaks.yaml", &catalog)])
}

/// Proves every case; the failures as text. Where `SEALINE_FIRST` is set the first one is enough.
pub fn failures(cases: &[Case]) -> Vec<String> {
    let alone = project(&[]);
    let first = std::env::var_os("SEALINE_FIRST").is_some();
    let mut failed = Vec::new();
    for case in cases {
        if first && !failed.is_empty() {
            break;
        }
        let texts: Vec<(String, String)> = case
            .beside
            .iter()
            .enumerate()
            .map(|(n, sql)| {
                let text = pipeline(&format!("beside_{n}"), sql, &case.beside_to, case.min_group);
                (format!("pipelines/beside_{n}.yaml"), text)
            })
            .collect();
        let texts: Vec<(&str, &str)> = texts
            .iter()
            .map(|(p, t)| (p.as_str(), t.as_str()))
            .collect();
        let among = match (texts.is_empty(), case.partition_by.is_empty()) {
            (true, true) => None,
            (false, true) => Some(project(&texts)),
            (true, false) => Some(parted(&case.partition_by)),
            (false, false) => panic!("{}: beside others or partitioned", case.name),
        };
        let (files, spec) = among.as_ref().unwrap_or(&alone);
        let result = ask(files, spec, &verdict(&case.sql, case.min_group));
        let (passes, reasons) = outcome(&result);
        let wanted = case.expect == "passes";
        if passes != wanted {
            failed.push(format!(
                "{}: expected {}, {:?}\n    {}",
                case.name, case.expect, reasons, case.sql
            ));
        } else if let Some(code) = &case.code
            && !reasons
                .iter()
                .any(|reason| reason.starts_with(code.as_str()))
        {
            failed.push(format!(
                "{}: expected {code}, got {reasons:?}\n    {}",
                case.name, case.sql
            ));
        }
    }
    failed
}

/// Polls to the end: planning waits for nothing outside.
pub fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}
