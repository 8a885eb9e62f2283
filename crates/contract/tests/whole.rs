//! Expectations across columns, and freshness.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, Date32Array, Int64Array, TimestampMicrosecondArray};
use arrow::compute::kernels::cmp;
use arrow::datatypes::{Int64Type, UInt64Type};
use arrow::record_batch::RecordBatch;
use sealine_contract::{Contract, Expectation, Newest, rule};
use sealine_spec::{Dataset, Freshness, Span, Spanned, SqlText};
use support::{dataset, raw, schema, texts};

const NOW: i64 = 1_795_305_600_000_000; // 2026-11-22T00:00:00Z
const HOUR: i64 = 3_600_000_000;

fn span(dataset: &Dataset) -> Span {
    dataset.span
}

/// The columns with expectations of these names; what they compute is given to `compile`.
fn expecting(columns: &str, names: &[&str]) -> Dataset {
    let mut made = (*dataset(columns)).clone();
    for name in names {
        made.expect.push(sealine_spec::Expectation {
            name: Spanned::new((*name).to_owned(), span(&made)),
            sql: SqlText::plain("low <= high", span(&made)),
        });
    }
    made
}

/// `low <= high` of the columns with these numbers; it fails where `low` is `poison`.
fn ordered(name: &str, low: usize, high: usize, poison: i64) -> Expectation {
    let holds = move |rows: &RecordBatch| -> Option<BooleanArray> {
        let low = rows.column(low).as_primitive::<Int64Type>();
        let bad = low.iter().any(|value| value == Some(poison));
        (!bad).then(|| cmp::lt_eq(low, rows.column(high).as_primitive::<Int64Type>()).unwrap())
    };
    Expectation {
        name: name.to_owned(),
        holds: Arc::new(holds),
    }
}

const COLUMNS: &str = "low: { type: int64, required: true }\nhigh: { type: int64, max: 100 }";

#[test]
fn false_breaks_null_passes_and_a_failure_is_one_rows_own() {
    let made = expecting(COLUMNS, &["in_order"]);
    let expectations = vec![ordered("in_order", 0, 1, 13)];
    let mut contract = Contract::compile(&made, schema(&made), expectations).unwrap();
    let low = [
        Some("1"),
        Some("5"),
        Some("3"),
        Some("13"),
        None,
        Some("7"),
        Some("13"),
        Some("9"),
    ];
    let high = [
        Some("2"),
        Some("4"),
        None,
        Some("20"),
        Some("1"),
        Some("101"),
        Some("x"),
        Some("9"),
    ];
    let checked = contract
        .check(raw(vec![("low", texts(&low)), ("high", texts(&high))], 1))
        .unwrap();
    let rejected = &checked.rejected;
    let rows = rejected["row"]
        .as_primitive::<UInt64Type>()
        .values()
        .to_vec();
    let pairs: Vec<(u64, &str, &str)> = rows
        .into_iter()
        .zip(rejected["rule"].as_string::<i32>().iter().flatten())
        .zip(rejected["column"].as_string::<i32>().iter().flatten())
        .map(|((row, rule), column)| (row, rule, column))
        .collect();
    assert_eq!(
        pairs,
        [
            (2, rule::EXPECT, "in_order"),
            (4, rule::EXPECT, "in_order"),
            (5, rule::REQUIRED, "low"),
            // Rules of columns come first.
            (6, rule::MAX, "high"),
            (7, rule::TYPE, "high"),
        ]
    );
    assert_eq!(checked.accepted.num_rows(), 3);
    let tally = contract.tally();
    assert_eq!(tally.by_rule[&("in_order".to_owned(), rule::EXPECT)], 2);
    assert_eq!((tally.read, tally.accepted, tally.rejected), (8, 3, 5));
}

#[test]
fn a_row_that_breaks_an_expectation_takes_no_unique_value() {
    let made = expecting(
        "low: { type: int64, unique: true }\nhigh: { type: int64 }",
        &["in_order"],
    );
    let expectations = vec![ordered("in_order", 0, 1, -1)];
    let mut contract = Contract::compile(&made, schema(&made), expectations).unwrap();
    let checked = contract
        .check(raw(
            vec![
                ("low", texts(&[Some("5"), Some("5"), Some("5")])),
                ("high", texts(&[Some("1"), Some("6"), Some("7")])),
            ],
            1,
        ))
        .unwrap();
    let rules: Vec<&str> = checked.rejected["rule"]
        .as_string::<i32>()
        .iter()
        .flatten()
        .collect();
    assert_eq!(rules, [rule::EXPECT, rule::UNIQUE]);
    assert_eq!(
        checked.accepted["low"].as_primitive::<Int64Type>().values(),
        &[5]
    );
}

#[test]
fn every_row_of_a_batch_may_fail() {
    let made = expecting(COLUMNS, &["never"]);
    let never = Expectation {
        name: "never".to_owned(),
        holds: Arc::new(|_: &RecordBatch| None),
    };
    let mut contract = Contract::compile(&made, schema(&made), vec![never]).unwrap();
    let rows = 1_001;
    let numbers = || -> arrow::array::ArrayRef { Arc::new(Int64Array::from(vec![1; rows])) };
    let checked = contract
        .check(raw(vec![("low", numbers()), ("high", numbers())], 1))
        .unwrap();
    assert_eq!(checked.rejected.num_rows(), rows);
    let empty = || -> arrow::array::ArrayRef { Arc::new(Int64Array::from(Vec::<i64>::new())) };
    let checked = contract
        .check(raw(vec![("low", empty()), ("high", empty())], 1))
        .unwrap();
    assert_eq!(checked.rejected.num_rows() + checked.accepted.num_rows(), 0);
}

#[test]
fn an_expectation_that_nobody_computes_is_an_error() {
    let made = expecting(COLUMNS, &["a", "b"]);
    for given in [
        vec![],
        vec![ordered("a", 0, 1, 0)],
        vec![ordered("b", 0, 1, 0), ordered("a", 0, 1, 0)],
        vec![
            ordered("a", 0, 1, 0),
            ordered("b", 0, 1, 0),
            ordered("c", 0, 1, 0),
        ],
    ] {
        let error = Contract::compile(&made, schema(&made), given).unwrap_err();
        assert_eq!(error.code(), "SL9501");
    }
    let given = vec![ordered("a", 0, 1, 0), ordered("b", 0, 1, 0)];
    assert!(Contract::compile(&made, schema(&made), given).is_ok());
}

/// Whether rows with these moments are fresh within a day.
fn fresh(column: arrow::array::ArrayRef) -> bool {
    let mut made = (*dataset("at: { type: timestamp }")).clone();
    made.freshness = Some(Freshness {
        column: Spanned::new("at".to_owned(), span(&made)),
        within: 86_400,
        written: "24h".to_owned(),
    });
    let mut newest = Newest::of(&made, NOW).unwrap();
    let rows = RecordBatch::try_from_iter_with_nullable([("at", column, true)]).unwrap();
    newest.look(&rows.slice(0, 0));
    newest.look(&rows);
    newest.is_fresh()
}

#[test]
fn freshness_looks_at_the_newest_that_counts() {
    let moments = |values: &[Option<i64>]| -> arrow::array::ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(values.to_vec()).with_timezone("UTC"))
    };
    let old = Some(NOW - 30 * HOUR);
    assert!(fresh(moments(&[old, None, Some(NOW - 24 * HOUR)])));
    assert!(!fresh(moments(&[old, None, Some(NOW - 24 * HOUR - 1)])));
    assert!(fresh(moments(&[old, Some(NOW + 24 * HOUR)])));
    // Years ahead: one such row must not make a dead feed look alive.
    let far = Some(NOW + 24 * HOUR + 1);
    assert!(!fresh(moments(&[far, old])));
    assert!(!fresh(moments(&[Some(i64::MAX), Some(i64::MIN)])));
    assert!(fresh(moments(&[far, Some(NOW - HOUR)])));
    assert!(!fresh(moments(&[None, None])));
    let days =
        |values: &[i32]| -> arrow::array::ArrayRef { Arc::new(Date32Array::from(values.to_vec())) };
    let today = i32::try_from(NOW / (24 * HOUR)).unwrap();
    assert!(fresh(days(&[today])) && fresh(days(&[today - 1])) && fresh(days(&[today + 1])));
    assert!(fresh(days(&[today - 2])), "its end is exactly a day ago");
    assert!(!fresh(days(&[today - 3, today + 2])));
    assert!(!fresh(days(&[i32::MAX, i32::MIN])));
}
