//! The proof of wide and long pipelines stays quick: here with a bound that an unoptimized build
//! keeps; `cargo bench -p sealine-plan` measures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;
#[path = "support/wide.rs"]
mod wide;

use std::time::{Duration, Instant};

use sealine_plan::Request;

fn proved(columns: usize, steps: usize) -> Duration {
    let files = wide::files(columns, steps);
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
    let (files, spec) = support::parsed(&files);
    #[allow(clippy::disallowed_methods, reason = "a measure of time")]
    let start = Instant::now();
    let plan = support::ask(&files, &spec, &Request::Pipeline("wide".to_owned())).unwrap();
    let took = start.elapsed();
    let reasons: Vec<&str> = plan
        .violations()
        .iter()
        .map(|v| v.reason.as_str())
        .collect();
    assert!(reasons.is_empty(), "{reasons:?}");
    took
}

#[test]
fn four_times_the_work_takes_about_four_times_as_long() {
    proved(20, 5);
    let small = proved(100, 20);
    let large = proved(200, 40);
    eprintln!("100 columns, 20 steps: {small:?}; 200 columns, 40 steps: {large:?}");
    assert!(large < Duration::from_secs(30), "{large:?}");
    assert!(large < small * 12, "{small:?} {large:?}");
}
