//! Twin runs: a query that the proof accepts shows the same over two states of the data that agree
//! on everything internal and differ in what is restricted.
//!
//! `SEALINE_TWINS` sets how many pairs are compared (300 by default), `SEALINE_SEED` the seed,
//! `SEALINE_TWIN` replays the query of one number, `SEALINE_TWIN_CONSTRUCT` keeps to the queries with one
//! construct, `SEALINE_TWIN_SECONDS` begins nothing new after a time, `SEALINE_THREADS` how many run at once, and
//! `SEALINE_TWIN_PAGE` names the page that the figures go to (`cargo xtask twins`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

#[path = "support/campaign.rs"]
mod campaign;
#[path = "support/oracle.rs"]
mod oracle;
#[path = "support/random_sql.rs"]
mod random_sql;
#[path = "support/run.rs"]
mod run;
#[path = "support/states.rs"]
mod states;
mod support;
#[path = "support/vocabulary.rs"]
mod vocabulary;

use std::time::Instant;

use campaign::{Asked, Pairs, Tally, campaign, page, pairs, query};
use oracle::Shown;
use random_sql::Seeded;
use run::{Engine, PLAIN, SETTINGS, Seen};
use states::{CHANGES, World};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Panics of the engine count as its errors.
fn quiet() {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let inside = info.location().map_or("", |at| at.file());
        if !inside.contains("datafusion") && !inside.contains("arrow") {
            loud(info);
        }
    }));
}

#[test]
fn accepted_queries_tell_twins_nothing() {
    quiet();
    let (files, spec) = support::project(&[]);
    let asked = Asked {
        pairs: number("SEALINE_TWINS").unwrap_or(300),
        seed: number("SEALINE_SEED").unwrap_or(1),
        only: number("SEALINE_TWIN"),
        construct: std::env::var("SEALINE_TWIN_CONSTRUCT").ok(),
        seconds: number("SEALINE_TWIN_SECONDS"),
        threads: number("SEALINE_THREADS").unwrap_or(1),
    };
    #[allow(clippy::disallowed_methods, reason = "a measure of time")]
    let start = Instant::now();
    let tally = campaign(&files, &spec, &asked);
    let seconds = start.elapsed().as_secs();
    eprintln!("{}", page(&tally, &asked, seconds));
    if let Some(number) = asked.only {
        eprintln!("{}", query(asked.seed, number).0.sql);
    }
    for one in tally.unsettled.iter().take(20) {
        eprintln!("other rows in another setting: {one}");
    }
    assert!(
        tally.leaks.is_empty(),
        "{} leaks:\n{}",
        tally.leaks.len(),
        tally.leaks[..tally.leaks.len().min(20)].join("\n")
    );
    if asked.only.is_none() && asked.seconds.is_none() {
        assert!(tally.pairs() >= asked.pairs, "too few queries pass");
        let failed: u64 = tally.failed.values().sum();
        assert!(failed * 4 < tally.alike + 8, "too many pairs fail");
    }
    if let Some(path) = std::env::var_os("SEALINE_TWIN_PAGE") {
        std::fs::write(path, page(&tally, &asked, seconds)).unwrap();
    }
}

#[test]
fn accepted_cases_tell_twins_nothing() {
    quiet();
    let (files, spec) = support::project(&[]);
    let world = World::new(&spec);
    let (mut engine, mut tally) = (Engine::new(), Tally::default());
    let cases = support::cases(include_str!("../../../corpus/proof/cases.jsonl"));
    for (index, case) in cases.iter().enumerate() {
        if case.expect != "passes" {
            continue;
        }
        let request = support::verdict(&case.sql, case.min_group);
        let plan = support::ask(&files, &spec, &request).unwrap();
        let of = Pairs {
            name: &case.name,
            sql: &case.sql,
            plan: &plan,
            spec: &spec,
            world: &world,
            settings: &[SETTINGS[index % SETTINGS.len()]],
            states: 1,
        };
        pairs(&of, &mut Seeded(index as u64), &mut engine, &mut tally);
    }
    eprintln!(
        "{} pairs, {} cases not planned",
        tally.pairs(),
        tally.unplanned
    );
    assert!(tally.pairs() > 300, "{}", tally.pairs());
    assert!(tally.leaks.is_empty(), "{}", tally.leaks.join("\n"));
}

/// The tester itself is tested: what is refused is refused because twins differ.
#[test]
fn the_twins_differ_where_they_should() {
    let (files, spec) = support::project(&[]);
    let world = World::new(&spec);
    let mut engine = Engine::new();
    for sql in [
        "SELECT id, email FROM people",
        "SELECT id FROM people WHERE salary > 30",
        "SELECT count(*) AS n FROM people WHERE diag = 'hiv'",
        "SELECT id, age / (salary - 20) AS x FROM people",
        "SELECT id, row_number() OVER (ORDER BY salary, id) AS x FROM people",
        "SELECT v.id, v.notes IS NULL AS x FROM visits v",
        "SELECT count(*) AS n FROM keyless",
        "SELECT id, quota > 0 AS x FROM contacts",
        "SELECT id, day - admitted AS x FROM clinic",
        "SELECT id, comment AS x FROM clinic",
    ] {
        let request = support::verdict(sql, None);
        let plan = support::ask(&files, &spec, &request).unwrap();
        let ready = engine.ready(&plan.outputs()[0], PLAIN).unwrap();
        let differ = (0..30).any(|seed| {
            CHANGES.iter().any(|change| {
                let first = world.first(seed);
                let second = world.second(&first, &Shown::default(), *change, seed);
                engine.seen(&ready, &first) != engine.seen(&ready, &second)
            })
        });
        assert!(differ, "the twins are blind to: {sql}");
    }
}

#[test]
fn the_first_rows_are_the_same_wherever_rows_lie() {
    let (files, spec) = support::project(&[]);
    let world = World::new(&spec);
    let mut engine = Engine::new();
    for sql in [
        "SELECT id, country FROM people LIMIT 2",
        "SELECT country FROM people ORDER BY country DESC LIMIT 2",
        "SELECT person_id, cost FROM visits ORDER BY person_id LIMIT 3",
        "SELECT v.cost, p.country FROM visits v CROSS JOIN people p ORDER BY v.cost LIMIT 3",
        "SELECT cost FROM (SELECT cost, day FROM visits LIMIT 3) t",
        "SELECT country, first_value(id ORDER BY country) AS i FROM people GROUP BY country",
        "SELECT person_id, last_value(cost ORDER BY day) AS c FROM visits GROUP BY person_id",
        "SELECT nth_value(cost, 2 ORDER BY person_id) AS c FROM visits",
        "SELECT DISTINCT ON (person_id) person_id, cost FROM visits ORDER BY person_id",
        "SELECT DISTINCT ON (c) c, d FROM (SELECT v.cost AS c, p.country AS d FROM visits v CROSS JOIN people p) t",
    ] {
        let plan = support::ask(&files, &spec, &support::verdict(sql, None)).unwrap();
        assert!(
            plan.violations().is_empty(),
            "{sql}: {:?}",
            plan.violations()
        );
        let ready = engine.ready(&plan.outputs()[0], PLAIN).unwrap();
        for seed in 0..8 {
            let state = world.first(seed);
            let here = engine.seen(&ready, &state).sorted();
            let there = engine.seen(&ready, &world.turned(&state)).sorted();
            assert!(matches!(here, Seen::Rows(_)), "{sql}: {here:?}");
            assert_eq!(here, there, "{sql}");
        }
    }
}
