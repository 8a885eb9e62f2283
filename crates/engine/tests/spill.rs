//! Runs that need more memory than they may have: the same rows through sealed temporary files, or a clear stop.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod support;

use std::sync::Arc;

use sealine_engine::{Limits, Silent, Update};
use support::*;

fn pipeline(sql: &str) -> String {
    format!(
        "version: 1\npipeline: customers-daily\nruns_as: svc/customers-daily\ninputs: {{ customers: crm.customers }}\n\
         steps:\n  out:\n    sql: |\n      {sql}\noutputs:\n  - {{ from: out, to: lake.notes, mode: replace }}\n"
    )
}

const TIGHT: Limits = Limits {
    memory: 1 << 20,
    spill: 1 << 30,
    unique: 256 << 10,
    partitions: 2,
    batch_rows: 512,
    part_rows: 1_000_000,
    folders: 10_000,
    anonymity: 1 << 20,
};

fn notes(fixture: &Fixture) -> Vec<Vec<String>> {
    let mut rows = rows(
        fixture.root(),
        "lake.notes",
        "lake/notes.parquet",
        &["id", "note"],
    );
    rows.sort();
    rows
}

#[test]
fn what_does_not_fit_gives_the_same_rows() {
    let fixture = Fixture::new(&csv(40_000, 3));
    let root = fixture.root();
    for (name, sql, joins) in [
        (
            "sort",
            "SELECT id, note FROM customers ORDER BY note",
            false,
        ),
        (
            "join",
            "SELECT a.id, b.note FROM customers a JOIN customers b ON a.note = b.note",
            true,
        ),
        (
            "aggregate",
            "SELECT max(id) AS id, note FROM customers GROUP BY note",
            false,
        ),
        (
            "window",
            "SELECT row_number() OVER (ORDER BY note, id) AS id, note FROM customers",
            false,
        ),
        (
            "moving window",
            "SELECT id + sum(id) OVER (ORDER BY id ROWS BETWEEN 9 PRECEDING AND 9 FOLLOWING) + count(*) OVER (ORDER BY id) + lag(id, 5, 0) OVER (ORDER BY id) AS id, note FROM customers",
            false,
        ),
    ] {
        std::fs::write(root.join("pipelines/daily.yaml"), pipeline(sql)).unwrap();
        run(root).unwrap();
        let roomy = notes(&fixture);
        let heard = Arc::new(Heard::default());
        let report = run_within(root, Arc::clone(&heard) as _, TIGHT)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        // However often the input is read, it is accounted for once.
        assert_eq!(
            (report.inputs[0].rows_in, report.rejects[0].rows),
            (40_003, 3),
            "{name}"
        );
        assert!(roomy.len() == 40_000 && notes(&fixture) == roomy, "{name}");
        let again = heard.updates.lock().unwrap().iter().any(
            |update| matches!(update, Update::Warning { text, .. } if text.contains("by sorting")),
        );
        assert_eq!(again, joins, "{name}");
        assert!(leftovers(root).is_empty(), "{name}");
        assert!(!root.join(".sealine/spill").exists(), "{name}");
    }
    verify(root);
}

#[test]
fn what_can_do_neither_stops_and_says_which() {
    let fixture = Fixture::new(&csv(40_000, 0));
    let root = fixture.root();
    for (sql, operator) in [
        (
            "SELECT id, note, count(*) OVER () AS n FROM customers",
            "a window",
        ),
        (
            "SELECT id, note, sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 30000 FOLLOWING) AS n FROM customers",
            "a window",
        ),
        (
            "SELECT id, note, lag(id, 30000) OVER (ORDER BY id) AS n FROM customers",
            "a window",
        ),
        (
            "SELECT id, note, sum(id) OVER (ORDER BY id RANGE BETWEEN 5 PRECEDING AND CURRENT ROW) AS n FROM customers",
            "a window",
        ),
        (
            "SELECT id, note FROM customers WHERE note NOT IN (SELECT note FROM customers WHERE id > 9)",
            "a join",
        ),
    ] {
        std::fs::write(root.join("pipelines/daily.yaml"), pipeline(sql)).unwrap();
        let error = match run_within(root, Arc::new(Silent), TIGHT) {
            Err(error) => error,
            Ok(_) => panic!("{operator}: it fits"),
        };
        assert_eq!(error.code(), "SL5024", "{error}");
        assert!(error.to_string().starts_with(operator), "{error}");
        assert!(leftovers(root).is_empty() && !root.join("lake/notes.parquet").exists());
        assert!(!root.join(".sealine/spill").exists());
    }
    assert_eq!(actions(root).last().unwrap(), "run.failed");
}

#[test]
fn a_full_disk_stops_cleanly() {
    let fixture = Fixture::new(&csv(40_000, 0));
    let root = fixture.root();
    let sql = "SELECT id, note FROM customers ORDER BY note";
    std::fs::write(root.join("pipelines/daily.yaml"), pipeline(sql)).unwrap();
    let limits = Limits {
        spill: 300 << 10,
        ..TIGHT
    };
    let error = run_within(root, Arc::new(Silent), limits).unwrap_err();
    assert_eq!(error.code(), "SL9450", "{error}");
    assert!(leftovers(root).is_empty() && !root.join("lake/notes.parquet").exists());
    assert!(!root.join(".sealine/spill").exists());
    // What a crash may leave goes with the next run.
    std::fs::create_dir(root.join(".sealine/spill")).unwrap();
    std::fs::write(root.join(".sealine/spill/0011"), b"").unwrap();
    run(root).unwrap();
    assert!(!root.join(".sealine/spill").exists());
    verify(root);
}

#[test]
fn unique_values_that_do_not_fit_are_still_unique() {
    // Unsorted ids; the second half repeats the first, and some rows of it.
    let mut data = String::from("id,email,card,age,country,note,comment\n");
    for row in 0..30_000_u32 {
        let id = row % 20_000 * 7_919 % 20_011;
        data.push_str(&format!("{id},p{id}@example.com,,30,DE,n {row},c\n"));
    }
    let fixture = Fixture::new(&data);
    let root = fixture.root();
    let sql = "SELECT id, note FROM customers";
    std::fs::write(root.join("pipelines/daily.yaml"), pipeline(sql)).unwrap();
    let limits = Limits {
        unique: 64 << 10,
        ..TIGHT
    };
    let limits = Limits {
        memory: 1 << 30,
        ..limits
    };
    let report = run_within(root, Arc::new(Silent), limits).unwrap();
    assert_eq!(
        (report.inputs[0].rows_in, report.rejects[0].rows),
        (30_000, 10_000)
    );
    let mut kept: Vec<u32> = notes(&fixture)
        .iter()
        .map(|row| row[1].strip_prefix("n ").unwrap().parse().unwrap())
        .collect();
    kept.sort_unstable();
    // The first row with a value keeps it.
    assert!(kept.iter().copied().eq(0..20_000));
    verify(root);
}

/// A small file system of its own, unmounted with the test.
struct Mounted(std::path::PathBuf);

impl Mounted {
    /// None where this user may not mount.
    fn new(place: &std::path::Path, options: &str) -> Option<Self> {
        std::fs::create_dir(place).unwrap();
        let mounted = Self::mount(place, options);
        mounted.then(|| Self(place.to_owned()))
    }

    fn mount(place: &std::path::Path, options: &str) -> bool {
        std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(place)
            .output()
            .is_ok_and(|output| output.status.success())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).output();
    }
}

#[test]
fn a_disk_that_is_full_stops_the_run_and_holds_nothing_of_it() {
    let fixture = Fixture::new(&csv(40_000, 0));
    let root = fixture.root();
    let state = root.join("state");
    let Some(mounted) = Mounted::new(&state, "size=512k,mode=700") else {
        eprintln!("skipped: this user may not mount a file system");
        return;
    };
    std::fs::write(
        root.join("sealine.yaml"),
        format!("{SEALINE}state: state/\n"),
    )
    .unwrap();
    let sql = "SELECT id, note FROM customers ORDER BY note";
    std::fs::write(root.join("pipelines/daily.yaml"), pipeline(sql)).unwrap();
    let error = run_within(root, Arc::new(Silent), TIGHT).unwrap_err();
    assert_eq!(error.code(), "SL9451", "{error}");
    assert!(leftovers(root).is_empty() && !root.join("lake/notes.parquet").exists());
    assert!(!state.join("spill").exists());
    let reader = sealine_audit::Reader::open(&state.join("log")).unwrap();
    let last = reader.entries(0).last().unwrap().unwrap();
    assert_eq!(last.event.unwrap().action.name(), "run.failed");
    // With room it goes on as if nothing had been.
    assert!(Mounted::mount(&state, "remount,size=64m"));
    let report = run_within(root, Arc::new(Silent), TIGHT).unwrap();
    assert_eq!(report.outputs[0].rows, 40_000);
    if let Err(faults) = sealine_audit::verify(&state, root, None, None) {
        panic!("{faults:?}");
    }
    drop(mounted);
}
