//! Precision: what is refused although it is harmless, over TPC-H, TPC-DS, analysts' queries and
//! models of a shop (`corpus/precision`).
//!
//! The queries of TPC-H and TPC-DS are read from the folder that `SEALINE_TPC` names (`cargo xtask
//! precision` fetches them); without it their part is skipped. `SEALINE_PRECISION` names the page
//! that the figures go to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

#[path = "support/score.rs"]
mod score;
mod support;

use std::path::Path;

use score::{SHOP_RESTRICTED, Score, TPC_RESTRICTED, shop_permits, stock, tpc_permits, words};
use sealine_plan::Demand;
use sealine_spec::{Files, Spec};

/// One labelled project with what its policy permits.
struct World {
    files: Vec<(&'static str, String)>,
    permits: fn(&Demand) -> bool,
}

impl World {
    fn parsed(&self, more: &[(&str, &str)]) -> (Files, Spec) {
        let mut all: Vec<(&str, &str)> = self.files.iter().map(|(p, t)| (*p, t.as_str())).collect();
        all.extend_from_slice(more);
        support::parsed(&all)
    }
}

fn analysts() -> World {
    World {
        files: vec![
            ("sealine.yaml", support::PROJECT.to_owned()),
            ("catalog/leaks.yaml", support::CATALOG.to_owned()),
        ],
        permits: support::permits,
    }
}

fn shop() -> World {
    World {
        files: vec![
            ("sealine.yaml", support::PROJECT.to_owned()),
            ("catalog/shop.yaml", SHOP.to_owned()),
        ],
        permits: shop_permits,
    }
}

/// A TPC catalogue; `flat` with every column internal.
fn tpc(catalog: &str, flat: bool) -> World {
    let text = if flat {
        catalog.replace("level: restricted", "level: internal")
    } else {
        catalog.to_owned()
    };
    World {
        files: vec![
            ("sealine.yaml", support::PROJECT.to_owned()),
            ("catalog/tpc.yaml", text),
        ],
        permits: tpc_permits,
    }
}

/// What is expected of a query.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    /// It reads nothing that is restricted.
    Internal,
    /// It reads restricted columns through protections only.
    Protected,
    /// It shows a restricted column.
    Leaks,
}

struct Query {
    name: String,
    sql: String,
    expect: Expect,
    min_group: Option<u32>,
}

fn judged(title: &'static str, world: &World, queries: &[Query], edits: bool) -> Score {
    let (files, spec) = world.parsed(&[]);
    let mut score = Score::new(title);
    for query in queries {
        score.queries += 1;
        let result = support::ask(
            &files,
            &spec,
            &support::verdict(&query.sql, query.min_group),
        );
        let plannable = result.is_ok() || stock(&spec, &query.sql);
        score.plannable += usize::from(plannable);
        score.verdicts += usize::from(result.is_ok());
        let (passes, reasons) = score::outcome(&result, world.permits);
        let reason = reasons.first().cloned().unwrap_or_default();
        let line = format!("{}: {reason}", query.name);
        if !plannable {
            eprintln!("not planned: {line}");
        }
        match (query.expect, passes) {
            (Expect::Leaks, true) => score.leaked.push(query.name.clone()),
            (Expect::Leaks, false) => score.rightly += 1,
            (Expect::Internal, passes) => {
                score.internal += 1;
                if !passes && plannable {
                    score.internal_refused.push(line);
                }
            }
            (Expect::Protected, passes) => {
                score.protected += 1;
                if !passes && plannable {
                    score.protected_refused.push(line);
                }
            }
        }
        if edits && query.expect == Expect::Leaks && !passes && result.is_ok() {
            let inputs: Vec<&String> = spec
                .datasets
                .iter()
                .filter(|(id, dataset)| !id.contains('.') && dataset.view.is_none())
                .map(|(id, _)| id)
                .collect();
            let parsed = |text: &str| world.parsed(&[("pipelines/daily.yaml", text)]);
            score.edited(&query.name, &query.sql, &inputs, &parsed, world.permits);
        }
    }
    eprintln!("{}", score.shown());
    score
}

const ANALYSTS: &str = include_str!("../../../corpus/precision/analysts.jsonl");
const MODELS: &str = include_str!("../../../corpus/precision/models.jsonl");

/// The queries of a corpus, each with what is expected of it.
fn own(corpus: &str) -> Vec<Query> {
    corpus
        .lines()
        .enumerate()
        .map(|(index, line)| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            Query {
                name: match value["name"].as_str() {
                    Some(name) => name.to_owned(),
                    None => format!("line {}", index + 1),
                },
                sql: value["sql"].as_str().unwrap().to_owned(),
                expect: match value["class"].as_str().unwrap() {
                    "internal" => Expect::Internal,
                    "protected" => Expect::Protected,
                    "leaks" => Expect::Leaks,
                    other => panic!("{other}"),
                },
                min_group: value["min_group"].as_u64().map(|k| k as u32),
            }
        })
        .collect()
}

/// The queries of a suite; one touches what is restricted where it names such a column.
fn suite(folder: &Path, name: &str, flat: bool) -> Vec<Query> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name()
                .is_some_and(|file| file.to_string_lossy().starts_with(name))
        })
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let sql = std::fs::read_to_string(path).unwrap();
            let touches = !flat && words(&sql).any(|word| TPC_RESTRICTED.contains(&word.as_str()));
            Query {
                name: path.file_stem().unwrap().to_string_lossy().into_owned(),
                sql,
                expect: if touches {
                    Expect::Leaks
                } else {
                    Expect::Internal
                },
                min_group: None,
            }
        })
        .collect()
}

const TPCH: &str = include_str!("../../../corpus/precision/tpch.yaml");
const TPCDS: &str = include_str!("../../../corpus/precision/tpcds.yaml");
const SHOP: &str = include_str!("../../../corpus/precision/shop.yaml");

#[test]
fn the_dictionary_names_every_restricted_column() {
    let tpc = [TPCH, TPCDS].map(|catalog| (catalog, TPC_RESTRICTED));
    for (catalog, dictionary) in tpc.into_iter().chain([(SHOP, SHOP_RESTRICTED)]) {
        for line in catalog.lines() {
            let Some((name, rest)) = line.trim().split_once(':') else {
                continue;
            };
            assert_eq!(
                rest.contains("level: restricted"),
                dictionary.contains(&name),
                "{name}"
            );
        }
    }
}

/// What a model is said to be is not the checker's word: one that is internal names no column of the
/// dictionary, except to leave it out.
#[test]
fn internal_models_name_nothing_restricted() {
    for query in own(MODELS) {
        let kept = query.sql.replace("exclude (ship_street)", "");
        let names = words(&kept).any(|word| SHOP_RESTRICTED.contains(&word.as_str()));
        if query.expect == Expect::Internal {
            assert!(!names, "{}", query.name);
        }
    }
}

#[test]
fn harmless_queries_pass() {
    let mut scores = vec![
        judged("analysts", &analysts(), &own(ANALYSTS), true),
        judged("models", &shop(), &own(MODELS), true),
    ];
    // Every model is one that the engine plans: none goes uncounted.
    assert_eq!(scores[1].verdicts, scores[1].queries);
    match std::env::var_os("SEALINE_TPC") {
        Some(folder) => {
            let folder = Path::new(&folder);
            for (title, flat_title, name, catalog, least) in [
                ("TPC-H", "TPC-H, all internal", "tpch", TPCH, 22),
                ("TPC-DS", "TPC-DS, all internal", "tpcds", TPCDS, 99),
            ] {
                let flat = suite(folder, name, true);
                assert_eq!(flat.len(), least, "{name}");
                scores.push(judged(flat_title, &tpc(catalog, true), &flat, false));
                let labelled = suite(folder, name, false);
                scores.push(judged(title, &tpc(catalog, false), &labelled, true));
            }
        }
        None => eprintln!(
            "skipped: no queries of TPC-H and TPC-DS; `cargo xtask precision` fetches them"
        ),
    }
    if let Some(page) = std::env::var_os("SEALINE_PRECISION") {
        std::fs::write(page, score::page(&scores)).unwrap();
    }
    for one in &scores {
        // No one suite hides behind the others.
        assert!(
            one.protected_refused.len() * 10 <= one.protected,
            "more than one in ten refused although protected: {}",
            one.shown()
        );
    }
    let all = Score::sum(&scores);
    assert!(all.leaked.is_empty(), "accepted: {:#?}", all.leaked);
    assert!(
        all.internal_refused.is_empty(),
        "refused although nothing restricted is read: {:#?}",
        all.internal_refused
    );
    assert!(
        all.protected_refused.len() * 50 <= all.protected,
        "more than 2 % of {} refused although protected: {:#?}",
        all.protected,
        all.protected_refused
    );
    assert!(
        all.verdicts * 1000 >= all.plannable * 995,
        "{}",
        all.shown()
    );
    assert!(
        all.edits_pass * 100 >= all.edits * 95,
        "{} of {} edits pass: {:#?}",
        all.edits_pass,
        all.edits,
        all.edits_failed
    );
}
