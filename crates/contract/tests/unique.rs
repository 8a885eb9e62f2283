//! `unique` beyond memory: the same verdicts, row by row, as with all values in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code
)]

mod support;

use std::sync::Arc;

use arrow::array::{Int64Array, StringArray};
use sealine_connect::scratch::Scratch;
use support::*;

const COLUMNS: &str = "id: { type: int64, unique: true }\nname: { type: string, unique: true }\nage: { type: int64, max: 90, unique: false }";

#[test]
fn values_on_the_disk_count_as_those_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let scratch = Scratch::new(dir.path().join("spill"), u64::MAX).unwrap();
    let mut roomy = contract(COLUMNS).unwrap();
    let mut tight = contract(COLUMNS).unwrap().spill(&scratch, 16 << 10);
    // A generator with a fixed seed: some ids and names come again early, some late, some never.
    let mut state: u64 = 99;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut first = 1;
    for _ in 0..120 {
        let rows = usize::try_from(50 + random(200)).unwrap();
        let mut ids: Vec<Option<i64>> = Vec::new();
        let mut names: Vec<Option<String>> = Vec::new();
        let mut ages: Vec<Option<i64>> = Vec::new();
        for _ in 0..rows {
            let id = random(30_000).cast_signed();
            ids.push((id % 50 != 0).then_some(id));
            names.push((random(40) != 0).then(|| format!("name {}", random(40_000))));
            ages.push(Some(random(100).cast_signed()));
        }
        let batch = || {
            let columns: Vec<(&str, arrow::array::ArrayRef)> = vec![
                ("id", Arc::new(Int64Array::from(ids.clone()))),
                ("name", Arc::new(StringArray::from(names.clone()))),
                ("age", Arc::new(Int64Array::from(ages.clone()))),
            ];
            raw(columns, first)
        };
        let (expected, found) = (roomy.check(batch()).unwrap(), tight.check(batch()).unwrap());
        assert_eq!(found.accepted, expected.accepted);
        assert_eq!(found.rejected, expected.rejected);
        first += rows as u64;
    }
    assert_eq!(tight.tally(), roomy.tally());
    assert!(tight.tally().rejected > 1_000 && tight.tally().accepted > 5_000);
    assert!(scratch.used() > 100_000, "{}", scratch.used());
    drop(tight);
    assert_eq!(scratch.used(), 0);
}

#[test]
fn a_bound_on_the_disk_ends_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let scratch = Scratch::new(dir.path().join("spill"), 10_000).unwrap();
    let mut contract = contract("id: { type: int64, unique: true }")
        .unwrap()
        .spill(&scratch, 1 << 10);
    let error = (0_i64..20)
        .find_map(|at| {
            let ids = (0..200).map(|row| 1_000_000 - (at * 200 + row) * 3);
            let ids: arrow::array::ArrayRef = Arc::new(Int64Array::from_iter_values(ids));
            contract.check(raw(vec![("id", ids)], 1)).err()
        })
        .unwrap();
    assert_eq!(error.code(), "SL9450", "{error}");
}
