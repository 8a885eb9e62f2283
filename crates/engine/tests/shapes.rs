//! Queries of every shape through the fixed rules: the same rows for any number of partitions and any batch size,
//! and every scan of an input agrees with the others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::sync::Arc;

use sealine_engine::{Limits, Silent};
use support::*;

/// Name, SQL, columns of the output, and its rows where they are few.
type Shape = (
    &'static str,
    &'static str,
    &'static [&'static str],
    Option<&'static [&'static [&'static str]]>,
);

const SHAPES: &[Shape] = &[
    (
        "project",
        "SELECT id, country FROM customers",
        &["id", "country"],
        None,
    ),
    (
        "filter",
        "SELECT id FROM customers WHERE id > 290",
        &["id"],
        None,
    ),
    (
        "nothing",
        "SELECT id FROM customers WHERE 1 = 0",
        &["id"],
        Some(&[]),
    ),
    (
        "count",
        "SELECT count(*) AS n FROM customers",
        &["n"],
        Some(&[&["300"]]),
    ),
    (
        "group",
        "SELECT country, count(*) AS n, sum(id) AS s FROM customers GROUP BY country",
        &["country", "n", "s"],
        Some(&[&["DE", "1", "1"], &["FR", "299", "45149"]]),
    ),
    (
        "self-join",
        "SELECT a.id AS id, b.country AS country FROM customers a JOIN customers b ON a.id = b.id + 1",
        &["id", "country"],
        None,
    ),
    (
        "in-subquery",
        "SELECT id FROM customers WHERE id IN (SELECT id FROM customers WHERE country = 'DE')",
        &["id"],
        Some(&[&["1"]]),
    ),
    (
        "scalar-subquery",
        "SELECT id FROM customers WHERE id = (SELECT max(id) FROM customers)",
        &["id"],
        Some(&[&["300"]]),
    ),
    (
        "union",
        "SELECT id FROM customers WHERE id < 3 UNION ALL SELECT id FROM customers WHERE id > 299",
        &["id"],
        Some(&[&["1"], &["2"], &["300"]]),
    ),
    (
        "distinct",
        "SELECT DISTINCT country FROM customers",
        &["country"],
        Some(&[&["DE"], &["FR"]]),
    ),
    (
        "window",
        "SELECT id, row_number() OVER (PARTITION BY country ORDER BY id) AS n FROM customers",
        &["id", "n"],
        None,
    ),
    (
        "top",
        "SELECT id FROM customers ORDER BY id DESC LIMIT 3",
        &["id"],
        Some(&[&["298"], &["299"], &["300"]]),
    ),
    (
        "with",
        "WITH c AS (SELECT id % 2 AS odd FROM customers) SELECT odd, count(*) AS n FROM c GROUP BY odd",
        &["odd", "n"],
        Some(&[&["0", "150"], &["1", "150"]]),
    ),
    (
        "tokens",
        "SELECT tokenize(email, 'crm') AS t, count(*) AS n FROM customers GROUP BY tokenize(email, 'crm')",
        &["t", "n"],
        None,
    ),
    (
        "quarters",
        "SELECT date_part('month', date_trunc('quarter', to_timestamp(id * 2678400))) AS m, count(*) AS n FROM customers WHERE id < 4 GROUP BY date_trunc('quarter', to_timestamp(id * 2678400))",
        &["m", "n"],
        Some(&[&["1", "2"], &["4", "1"]]),
    ),
    (
        "partitions-of-tokens",
        "SELECT id, row_number() OVER (PARTITION BY tokenize(email, 'crm') ORDER BY id) AS n FROM customers WHERE id > 298",
        &["id", "n"],
        Some(&[&["299", "1"], &["300", "1"]]),
    ),
    (
        "order-of-tokens",
        "SELECT id, tokenize(email, 'crm') AS t, rank() OVER (ORDER BY tokenize(email, 'crm') DESC) AS n FROM customers",
        &["id", "t", "n"],
        None,
    ),
    (
        "groups-in-windows",
        "SELECT id, 10 * count(*) OVER (PARTITION BY bucket(age, 100)) + max(id) OVER (PARTITION BY bucket(age, 100) ORDER BY tokenize(email, 'crm') RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS n FROM customers WHERE id IN (1, 2)",
        &["id", "n"],
        Some(&[&["1", "22"], &["2", "22"]]),
    ),
    (
        "protected-in-windows",
        "SELECT id, lag(tokenize(email, 'crm'), 300, 'none') OVER (ORDER BY id) AS t, count(mask(card, 6, 4)) FILTER (WHERE id < 9) OVER (PARTITION BY country) AS n FROM customers WHERE id < 3",
        &["id", "t", "n"],
        Some(&[&["1", "none", "1"], &["2", "none", "0"]]),
    ),
    (
        "protected-in-aggregates",
        "SELECT country, count(*) FILTER (WHERE tokenize(email, 'crm') <> '') AS n, first_value(10 ORDER BY tokenize(email, 'crm'), id) AS t FROM customers GROUP BY country",
        &["country", "n", "t"],
        Some(&[&["DE", "1", "10"], &["FR", "299", "10"]]),
    ),
    (
        "picked-by-windows",
        "SELECT id FROM customers QUALIFY row_number() OVER (PARTITION BY bucket(age, 200), tokenize(country, 'crm') ORDER BY id) = 2",
        &["id"],
        Some(&[&["3"]]),
    ),
];

fn pipeline(sql: &str) -> String {
    format!(
        "version: 1\npipeline: customers-daily\nruns_as: svc/customers-daily\ninputs: {{ customers: crm.customers }}\n\
         steps:\n  out:\n    sql: |\n      {sql}\noutputs:\n  - {{ from: out, to: lake.notes, mode: replace }}\n"
    )
}

#[test]
fn shapes_give_the_same_rows_however_they_are_run() {
    let fixture = Fixture::new(&csv(300, 4));
    let root = fixture.root();
    for (name, sql, columns, expected) in SHAPES {
        std::fs::write(root.join("pipelines/daily.yaml"), pipeline(sql)).unwrap();
        let mut first: Option<Vec<Vec<String>>> = None;
        for (partitions, batch_rows) in [(1, 8192), (2, 3), (4, 100)] {
            let limits = Limits {
                partitions,
                batch_rows,
                ..Limits::default()
            };
            let report = run_within(root, Arc::new(Silent), limits)
                .unwrap_or_else(|error| panic!("{name}, {partitions} partitions: {error}"));
            // However often it is scanned, an input is accounted for once.
            assert_eq!(report.inputs[0].rows_in, 304, "{name}");
            assert_eq!(report.rejects[0].rows, 4, "{name}");
            let mut rows = rows(root, "lake.notes", "lake/notes.parquet", columns);
            if let Some(expected) = expected {
                rows.sort();
                let expected: Vec<Vec<String>> = expected
                    .iter()
                    .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
                    .collect();
                assert_eq!(rows, expected, "{name}, {partitions} partitions");
            }
            rows.sort();
            assert!(
                first.get_or_insert_with(|| rows.clone()) == &rows,
                "{name}, {partitions} partitions"
            );
        }
    }
    verify(root);
}

#[test]
fn a_generation_has_several_parts_and_reads_back_whole() {
    let fixture = Fixture::new(&csv(250, 0));
    let root = fixture.root();
    let limits = Limits {
        part_rows: 100,
        batch_rows: 64,
        ..Limits::default()
    };
    let report = run_within(root, Arc::new(Silent), limits).unwrap();
    assert_eq!((report.outputs[0].files, report.outputs[1].files), (3, 1));
    let ids = rows(root, "lake.customers", "lake/customers/", &["id"]);
    assert_eq!(ids.len(), 250);
    assert_eq!(ids[249], ["250"]);
    verify(root);
}
