//! Twin runs: a query that the proof accepts gives the same rows over two states of the data that
//! agree on everything internal and differ in what is restricted.
//!
//! `SEALINE_TWINS` sets how many queries are tried (200 by default), `SEALINE_SEED` the seed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

#[path = "support/random_sql.rs"]
mod random_sql;
#[path = "support/run.rs"]
mod run;
mod support;

use random_sql::Seeded;
use run::{Twin, rows};
use sealine_plan::Request;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[test]
fn accepted_queries_tell_twins_nothing() {
    // Engine operators that need a runtime panic here; they count as failed.
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.to_string().contains("no reactor") {
            loud(info);
        }
    }));
    let (files, spec) = support::project(&[]);
    let tries = number("SEALINE_TWINS", 200);
    let mut random = Seeded(number("SEALINE_SEED", 1));
    let (mut accepted, mut ran, mut failed, mut planned) = (0, 0, 0, 0);
    let mut leaks = Vec::new();
    for _ in 0..tries {
        let sql = random_sql::query(&mut random);
        let request = Request::Verdict {
            sql: sql.clone(),
            to: "lake.out".into(),
            min_group: None,
        };
        let result = support::ask(&files, &spec, &request);
        planned += u32::from(result.is_ok());
        let (passes, _) = support::outcome(&result);
        let Ok(plan) = result else { continue };
        if !passes {
            continue;
        }
        accepted += 1;
        let logical = &plan.outputs()[0].logical;
        for seed in 0..2 {
            let one = rows(logical, &Twin::new(seed, 0));
            let two = rows(logical, &Twin::new(seed, 1));
            match (&one, &two) {
                (Err(_), Err(_)) => failed += 1,
                _ if one == two => ran += 1,
                _ => leaks.push(format!("{sql}\n  {one:?}\n  {two:?}")),
            }
        }
    }
    eprintln!(
        "{tries} tried, {planned} planned, {accepted} accepted, {ran} pairs ran alike, {failed} failed alike"
    );
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks[..leaks.len().min(10)].join("\n")
    );
    assert!(
        tries < 300 || (ran > 50 && failed * 4 < ran + 8),
        "the test tried too little: {ran} ran, {failed} failed"
    );
}

#[test]
fn the_twins_differ_where_they_should() {
    let (files, spec) = support::project(&[]);
    for sql in [
        "SELECT id, email FROM people",
        "SELECT id FROM people WHERE salary > 30",
        "SELECT count(*) AS n FROM people WHERE diag = 'hiv'",
        "SELECT id, age / (salary - 20) AS x FROM people",
        "SELECT id, row_number() OVER (ORDER BY salary, id) AS x FROM people",
        "SELECT v.id, v.notes IS NULL AS x FROM visits v",
    ] {
        let request = support::verdict(sql, None);
        let plan = support::ask(&files, &spec, &request).unwrap();
        let logical = &plan.outputs()[0].logical;
        let differ = (0..4).any(|seed| {
            rows(logical, &Twin::new(seed, 0)).unwrap()
                != rows(logical, &Twin::new(seed, 1)).unwrap()
        });
        assert!(differ, "the twins are blind to: {sql}");
    }
}

#[test]
fn the_first_rows_are_the_same_wherever_rows_lie() {
    let (files, spec) = support::project(&[]);
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
        let logical = &plan.outputs()[0].logical;
        for seed in 0..8 {
            let here = rows(logical, &Twin::new(seed, 0));
            let there = rows(logical, &Twin::new(seed, 0).turned());
            assert!(here.is_ok(), "{sql}: {here:?}");
            assert_eq!(here, there, "{sql}");
        }
    }
}
