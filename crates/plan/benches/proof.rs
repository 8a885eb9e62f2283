//! `cargo bench -p sealine-plan`: how long a proof takes, against the goals of 1 s for 1,000 columns
//! through 200 steps and 50 ms for the quickstart. It fails where a goal is missed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    dead_code,
    missing_docs
)]

#[path = "../tests/support/mod.rs"]
mod support;
#[path = "../tests/support/wide.rs"]
mod wide;

use std::time::{Duration, Instant};

use sealine_plan::Request;

/// The best of five.
fn best(files: &[(&str, &str)], pipeline: &str) -> Duration {
    let (files, spec) = support::parsed(files);
    let request = Request::Pipeline(pipeline.to_owned());
    (0..5)
        .map(|_| {
            #[allow(clippy::disallowed_methods, reason = "a measure of time")]
            let start = Instant::now();
            let plan = support::ask(&files, &spec, &request).unwrap();
            let took = start.elapsed();
            assert!(plan.violations().is_empty(), "{:?}", plan.violations());
            took
        })
        .min()
        .unwrap()
}

/// The most memory that this process has held, in MiB, where the system says so.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

fn main() {
    let quickstart = [
        (
            "sealine.yaml",
            include_str!("../../../examples/customers/sealine.yaml"),
        ),
        (
            "catalog/crm.yaml",
            include_str!("../../../examples/customers/catalog/crm.yaml"),
        ),
        (
            "pipelines/customers-daily.yaml",
            include_str!("../../../examples/customers/pipelines/customers-daily.yaml"),
        ),
    ];
    let mut missed = false;
    let mut goal = |what: &str, took: Duration, most: Duration| {
        let met = took <= most;
        missed |= !met;
        let word = if met { "met" } else { "MISSED" };
        println!("{what}: {took:.1?}, goal {most:?}: {word}");
    };
    goal(
        "the quickstart",
        best(&quickstart, "customers-daily"),
        Duration::from_millis(50),
    );
    for (columns, steps) in [(100, 20), (1_000, 20), (1_000, 200)] {
        let files = wide::files(columns, steps);
        let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
        goal(
            &format!("{columns} columns through {steps} steps"),
            best(&files, "wide"),
            Duration::from_secs(1),
        );
    }
    if let Some(peak) = peak() {
        println!("most memory held: {peak} MiB");
    }
    assert!(!missed, "a goal was missed");
}
