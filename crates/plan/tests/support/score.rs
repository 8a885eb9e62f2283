//! Counting verdicts: what was refused, what of that is harmless, and what the printed edits do.
#![allow(unreachable_pub)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::datasource::empty::EmptyTable;
use datafusion::prelude::SessionContext;
use sealine_plan::{Demand, DemandKind, Finding, Plan, Request, arrow_type};
use sealine_spec::{Diagnostics, Files, Spec};

use crate::support;

/// Columns that the dictionary of the TPC catalogues restricts.
pub const TPC_RESTRICTED: &[&str] = &[
    "c_name",
    "c_address",
    "c_phone",
    "c_acctbal",
    "c_comment",
    "o_clerk",
    "c_salutation",
    "c_first_name",
    "c_last_name",
    "c_birth_day",
    "c_birth_month",
    "c_birth_year",
    "c_birth_country",
    "c_login",
    "c_email_address",
    "ca_street_number",
    "ca_street_name",
    "ca_suite_number",
    "cc_manager",
    "cc_market_manager",
    "s_manager",
    "s_market_manager",
    "web_manager",
    "web_market_manager",
];

/// The policy of the TPC catalogues.
pub fn tpc_permits(demand: &Demand) -> bool {
    let tag = demand.tag.as_ref().map_or("untagged", |tag| tag.as_str());
    demand.kind == DemandKind::Declassify
        && match demand.protection.as_str() {
            "tokenize" => tag == "pii.email",
            "mask" => tag == "pii.phone" && demand.first == Some(0),
            "bucket" => demand.width.is_some_and(|width| width >= 10),
            "encrypt" => demand.key.as_deref() == Some("lake"),
            "redact" | "nullify" => true,
            _ => false,
        }
}

/// Columns that the dictionary of the shop restricts.
pub const SHOP_RESTRICTED: &[&str] = &[
    "email",
    "loyalty_email",
    "first_name",
    "last_name",
    "phone",
    "street",
    "ship_street",
    "postcode",
    "birth_date",
    "birth_year",
    "credit_limit",
    "card_number",
    "ip_address",
    "agent_name",
    "body",
];

/// The policy of the shop: that of the TPC catalogues, parts of what they have no columns for, and
/// sums over groups.
pub fn shop_permits(demand: &Demand) -> bool {
    let tag = demand.tag.as_ref().map_or("untagged", |tag| tag.as_str());
    let form = demand.form.as_deref().unwrap_or_default();
    tpc_permits(demand)
        || demand.kind == DemandKind::Declassify
            && match demand.protection.as_str() {
                "mask" => tag == "pci.pan" && demand.last.is_some_and(|n| n <= 4),
                "zip_prefix" => tag == "pii.zip" && form == "3",
                "coarse_date" => tag == "pii.birth_date" && form == "year",
                "sum" | "avg" => tag == "fin.balance" && demand.min_group.is_some_and(|k| k >= 10),
                _ => false,
            }
}

pub fn words(sql: &str) -> impl Iterator<Item = String> {
    sql.split(|c: char| !c.is_alphanumeric() && c != '_')
        .map(str::to_lowercase)
}

/// `passes`, or the codes and reasons of the refusal.
pub fn outcome(
    result: &Result<Plan, Diagnostics>,
    permits: fn(&Demand) -> bool,
) -> (bool, Vec<String>) {
    match result {
        Err(diagnostics) => (
            false,
            diagnostics
                .iter()
                .map(|d| format!("{} {}", d.code, d.message))
                .collect(),
        ),
        Ok(plan) => {
            let violations = plan.violations().iter();
            let mut reasons: Vec<String> = violations
                .map(|v| format!("{} {}", v.code, v.reason))
                .collect();
            let denied = plan.demands().iter().filter(|d| !permits(d));
            reasons.extend(denied.map(|d| {
                format!(
                    "not permitted: `{}` of `{}` in `{}`",
                    d.protection, d.origin, d.column
                )
            }));
            (reasons.is_empty(), reasons)
        }
    }
}

/// Whether the engine as it comes, with all of its functions, plans a query whose columns have
/// different names, so that anything can be written from it.
pub fn stock(spec: &Spec, sql: &str) -> bool {
    let context = SessionContext::new();
    for (id, dataset) in &spec.datasets {
        let fields: Vec<Field> = dataset
            .columns
            .iter()
            .map(|column| Field::new(&column.name, arrow_type(&column.ty), true))
            .collect();
        let table = EmptyTable::new(Arc::new(Schema::new(fields)));
        let _ = context.register_table(id.as_str(), Arc::new(table));
    }
    support::wait(context.state().create_logical_plan(sql)).is_ok_and(|plan| {
        let names: BTreeSet<&String> = plan.schema().fields().iter().map(|f| f.name()).collect();
        names.len() == plan.schema().fields().len()
    })
}

/// What came of a set of queries.
#[derive(Default)]
pub struct Score {
    pub title: &'static str,
    pub queries: usize,
    pub plannable: usize,
    pub verdicts: usize,
    pub internal: usize,
    pub internal_refused: Vec<String>,
    pub protected: usize,
    pub protected_refused: Vec<String>,
    pub rightly: usize,
    pub leaked: Vec<String>,
    pub edits: usize,
    pub edits_pass: usize,
    pub edits_failed: Vec<String>,
}

/// Edits applied one after the other before a query counts as not repaired.
const MOST_ROUNDS: usize = 24;

impl Score {
    pub fn new(title: &'static str) -> Self {
        Self {
            title,
            ..Self::default()
        }
    }

    /// Applies the first edit offered for the first finding, again and again, until it passes.
    pub fn edited(
        &mut self,
        name: &str,
        sql: &str,
        inputs: &[&String],
        parsed: &dyn Fn(&str) -> (Files, Spec),
        permits: fn(&Demand) -> bool,
    ) {
        let named: Vec<String> = inputs.iter().map(|id| format!("{id}: {id}")).collect();
        let sql = sql.trim().trim_end_matches(';');
        let indented: String = sql.lines().map(|line| format!("      {line}\n")).collect();
        let mut text = format!(
            "version: 1\npipeline: daily\ninputs: {{ {} }}\nsteps:\n  safe:\n    sql: |\n{indented}outputs:\n  - {{ from: safe, to: lake.out }}\n",
            named.join(", ")
        );
        for round in 0..MOST_ROUNDS {
            let (files, spec) = parsed(&text);
            let result = support::ask(&files, &spec, &Request::Pipeline("daily".to_owned()));
            let plan = match result {
                Ok(plan) => plan,
                Err(diagnostics) => {
                    self.edits += 1;
                    self.edits_failed.push(format!("{name}: {diagnostics:?}"));
                    return;
                }
            };
            let violations = (0..plan.violations().len()).map(Finding::Violation);
            let denied = plan.demands().iter().filter(|d| !permits(d));
            let open: Vec<Finding> = violations
                .chain(denied.map(|d| Finding::Demand(d.id)))
                .collect();
            if open.is_empty() {
                self.edits += 1;
                self.edits_pass += 1;
                return;
            }
            let fix = open
                .iter()
                .flat_map(|finding| plan.candidates_permitted(finding, &permits))
                .find(|c| c.span.is_some() && c.demands.iter().all(permits));
            let Some(fix) = fix else {
                // Nothing was printed to apply at first; later, what was printed was not enough.
                if round > 0 {
                    self.edits += 1;
                    let (_, reasons) = outcome(&Ok(plan), permits);
                    self.edits_failed.push(format!("{name}: {reasons:?}"));
                }
                return;
            };
            text.replace_range(fix.span.unwrap().range(), &fix.replacement);
        }
        self.edits += 1;
        self.edits_failed.push(format!("{name}: no end"));
    }

    pub fn sum(scores: &[Self]) -> Self {
        let mut all = Self::new("all");
        for one in scores {
            all.queries += one.queries;
            all.plannable += one.plannable;
            all.verdicts += one.verdicts;
            all.internal += one.internal;
            all.internal_refused.extend(one.internal_refused.clone());
            all.protected += one.protected;
            all.protected_refused.extend(one.protected_refused.clone());
            all.rightly += one.rightly;
            all.leaked.extend(one.leaked.clone());
            all.edits += one.edits;
            all.edits_pass += one.edits_pass;
            all.edits_failed.extend(one.edits_failed.clone());
        }
        all
    }

    pub fn shown(&self) -> String {
        format!(
            "{}: {} queries, {} plannable, {} verdicts; {} internal, refused {:#?}; {} protected, refused {:#?}; {} rightly refused, {:?} accepted; {} of {} edits pass, not {:#?}",
            self.title,
            self.queries,
            self.plannable,
            self.verdicts,
            self.internal,
            self.internal_refused,
            self.protected,
            self.protected_refused,
            self.rightly,
            self.leaked,
            self.edits_pass,
            self.edits,
            self.edits_failed
        )
    }
}

/// The figures as the page of the reference.
pub fn page(scores: &[Score]) -> String {
    let mut out = String::from(
        "<!-- generated by `cargo xtask precision`; do not edit -->\n\n# Precision of the proof\n\n\
         How often the proof refuses what is harmless, over 22 queries of TPC-H, 99 of TPC-DS (both as \
         DuckDB 1.5.5 carries them), analysts' queries and models of our own (`analysts.jsonl` and \
         `models.jsonl` in `corpus/precision`). The models are what analytics engineers build over the \
         sources of a shop: staging, intermediate steps and marts, with their duplicates removed, sessions, \
         histories, cohorts, funnels and segments; where the engine could not plan one as first written, it was \
         put otherwise. The shop's columns, and those of TPC, are labelled by a \
         dictionary of names. The TPC catalogues are judged twice: with every column \
         internal, and labelled by a dictionary of column names, where what names, reaches or describes a \
         person is restricted.\n\n\
         - *verdict*: of the queries that the engine itself can plan, with columns of different names, those that \
         get a verdict at all;\n\
         - *internal*: read nothing restricted; none of them may be refused;\n\
         - *protected*: read restricted columns through permitted protections only; at most 2 % of all may be, and one in ten of any one suite;\n\
         - *leaks*: show a restricted column, and all have to be refused;\n\
         - *edits*: of the leaking queries for which `check` prints an edit, those that pass once the \
         edits are applied as printed; the goal is 95 %;\n\
         - *no edit*: the leaking queries for which none is printed, since protecting columns is not enough: \
         what rows there are, or what they are grouped by, tells. Their owners are asked for a view or a grant.\n\n\
         | queries | of | verdict | internal refused | protected refused | leaks refused | edits that pass | no edit |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    let all = Score::sum(scores);
    for one in scores.iter().chain([&all]) {
        let _ = writeln!(
            out,
            "| {} | {} | {} of {} | {} of {} | {} of {} | {} of {} | {} of {} | {} |",
            one.title,
            one.queries,
            one.verdicts,
            one.plannable,
            one.internal_refused.len(),
            one.internal,
            one.protected_refused.len(),
            one.protected,
            one.rightly,
            one.rightly + one.leaked.len(),
            one.edits_pass,
            one.edits,
            one.rightly - one.edits,
        );
    }
    for (title, lines) in [
        (
            "Refused although harmless",
            [&all.internal_refused[..], &all.protected_refused[..]].concat(),
        ),
        ("Not repaired by what was printed", all.edits_failed.clone()),
    ] {
        let _ = write!(out, "\n## {title}\n\n");
        if lines.is_empty() {
            out.push_str("None.\n");
        }
        for line in lines {
            let _ = writeln!(out, "- {}", line.replace('\n', " "));
        }
    }
    out
}
