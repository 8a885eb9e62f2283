//! The process is killed at each durable step, in a process of its own; afterwards there is the old state or the
//! new one, and the next run finds its way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sealine_engine::{Progress, Silent, Step, Update};
use support::*;

const ROOT: &str = "SEALINE_TEST_CRASH_ROOT";
const STEP: &str = "SEALINE_TEST_CRASH_STEP";
const COUNT: &str = "SEALINE_TEST_CRASH_COUNT";
const ID: &str = "SEALINE_TEST_CRASH_ID";

/// Dies when a step is done for the n-th time.
struct Dying {
    step: String,
    left: AtomicUsize,
}

impl Progress for Dying {
    fn update(&self, _: Update) {}

    fn step(&self, step: Step) {
        if format!("{step:?}") == self.step && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            // No destructor runs and nothing is flushed: as by `kill -9`.
            std::process::abort();
        }
    }
}

/// The process that dies; does nothing when the tests are run as a whole.
#[test]
fn child() {
    let (Ok(root), Ok(step)) = (std::env::var(ROOT), std::env::var(STEP)) else {
        return;
    };
    let left = std::env::var(COUNT).unwrap().parse().unwrap();
    let dying = Arc::new(Dying {
        step,
        left: AtomicUsize::new(left),
    });
    let root = Path::new(&root);
    let _ = match std::env::var(ID) {
        Ok(id) => run_as(root, &id, dying),
        Err(_) => run_with(root, dying),
    };
}

fn die_at(root: &Path, step: Step, count: usize) {
    die(root, step, count, None);
}

fn die(root: &Path, step: Step, count: usize, id: Option<&str>) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command
        .args(["--exact", "child", "--nocapture"])
        .env(ROOT, root)
        .env(STEP, format!("{step:?}"))
        .env(COUNT, count.to_string())
        .envs(id.map(|id| (ID, id)))
        .output()
        .unwrap();
    assert!(
        !output.status.success(),
        "{step:?} was not reached: {output:?}"
    );
}

fn cases() -> Vec<(Step, usize)> {
    let mut cases = Vec::new();
    for step in Step::ALL {
        // Two outputs and a quarantine.
        let times = if matches!(step, Step::PlaceStaged | Step::PlacePublished) {
            3
        } else {
            1
        };
        cases.extend((1..=times).map(|count| (step, count)));
    }
    cases
}

/// What the two destinations hold: all old, all new, or a mixture.
fn places(root: &Path) -> Vec<usize> {
    let keys = ["lake/customers/", "lake/notes.parquet"];
    let columns: [(&str, &[&str]); 2] = [("lake.customers", &["id"]), ("lake.notes", &["id"])];
    keys.iter()
        .zip(columns)
        .map(|(path, (dataset, columns))| {
            if root.join(path.trim_end_matches('/')).exists() {
                rows(root, dataset, path, columns).len()
            } else {
                0
            }
        })
        .collect()
}

fn check(root: &Path, step: Step, count: usize, old: usize, new: usize) {
    let name = format!("{step:?} {count}");
    // Each destination holds one whole generation at any time.
    if root.join(".sealine/keys").is_dir() && root.join("lake").is_dir() {
        for rows in places(root) {
            assert!(rows == old || rows == new, "{name}: {rows} rows");
        }
    }
    // The next session settles it: all old or all new, and the log says which.
    drop(begin(root, Arc::new(Silent)).unwrap_or_else(|error| panic!("{name}: {error}")));
    assert!(leftovers(root).is_empty(), "{name}: {:?}", leftovers(root));
    let settled = if root.join("lake").is_dir() {
        places(root)
    } else {
        vec![old; 2]
    };
    assert!(
        settled == [old; 2] || settled == [new; 2],
        "{name}: {settled:?}"
    );
    let rolled_forward = step >= Step::Publishing;
    assert_eq!(settled == [new; 2], rolled_forward, "{name}");
    let committed = actions(root)
        .iter()
        .filter(|action| *action == "run.committed")
        .count();
    let expected = usize::from(rolled_forward) + usize::from(old > 0);
    assert_eq!(committed, expected, "{name}: {:?}", actions(root));
    verify(root);
    // And the same command completes.
    run(root).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(places(root), [new; 2], "{name}");
    assert!(leftovers(root).is_empty(), "{name}");
    verify(root);
}

#[test]
fn a_crash_of_the_first_run_is_settled() {
    for (step, count) in cases() {
        let fixture = Fixture::new(&csv(9, 2));
        die_at(fixture.root(), step, count);
        check(fixture.root(), step, count, 0, 9);
    }
}

#[test]
fn a_crash_of_a_later_run_is_settled() {
    for (step, count) in cases() {
        if step < Step::Logged {
            continue;
        }
        let fixture = Fixture::new(&csv(5, 3));
        run(fixture.root()).unwrap();
        std::fs::write(fixture.root().join("data/customers.csv"), csv(9, 2)).unwrap();
        die_at(fixture.root(), step, count);
        check(fixture.root(), step, count, 5, 9);
    }
}

#[test]
fn a_crash_while_only_the_quarantine_is_kept_is_settled() {
    let catalog = CATALOG.replace(
        "    rejects: quarantine.customers",
        "    rejects: quarantine.customers\n    max_rejects: 3",
    );
    for step in [
        Step::Staged,
        Step::Publishing,
        Step::PlacePublished,
        Step::EntryAppended,
        Step::Recorded,
    ] {
        let fixture = Fixture::with(&csv(5, 1), SEALINE, &catalog, PIPELINE, POLICY);
        let root = fixture.root();
        run(root).unwrap();
        std::fs::write(root.join("data/customers.csv"), csv(9, 6)).unwrap();
        die_at(root, step, 1);
        drop(begin(root, Arc::new(Silent)).unwrap());
        assert_eq!(places(root), [5, 5], "{step:?}");
        let kept = rows(root, "quarantine.customers", "data/rejects/", &["row"]).len();
        assert_eq!(
            kept,
            if step >= Step::Publishing { 6 } else { 1 },
            "{step:?}"
        );
        assert!(leftovers(root).is_empty(), "{step:?}");
        verify(root);
    }
}

/// What the two destinations and the quarantine hold, in rows.
fn appended(root: &Path) -> [usize; 3] {
    let place = |dataset, path: &str, column| match root.join(path).exists() {
        true => rows(root, dataset, path, &[column]).len(),
        false => 0,
    };
    [
        place("lake.customers", "lake/customers/", "id"),
        place("lake.notes", "lake/notes/", "id"),
        place("quarantine.customers", "data/rejects/", "row"),
    ]
}

fn committed(root: &Path) -> usize {
    let all = actions(root);
    all.iter()
        .filter(|action| *action == "run.committed")
        .count()
}

/// After a crash under the id `two`: each place is as before or has the run's rows once, the next session settles
/// all of them to one side, and the same id again leaves exactly one copy, however often.
fn one_copy(root: &Path, step: Step, count: usize, old: [usize; 3], new: [usize; 3]) {
    let name = format!("{step:?} {count}");
    if root.join(".sealine/keys").is_dir() {
        for ((found, old), new) in appended(root).into_iter().zip(old).zip(new) {
            assert!(found == old || found == new, "{name}: {found} rows");
        }
    }
    let before = if step >= Step::LogMade {
        committed(root)
    } else {
        0
    };
    drop(begin(root, Arc::new(Silent)).unwrap_or_else(|error| panic!("{name}: {error}")));
    assert!(leftovers(root).is_empty(), "{name}: {:?}", leftovers(root));
    let forward = step >= Step::Publishing;
    assert_eq!(appended(root), if forward { new } else { old }, "{name}");
    verify(root);
    for turn in 0..2 {
        let report = run_as(root, "two", Arc::new(Silent));
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(report.already, forward || turn == 1, "{name}");
        assert_eq!(
            (report.run.as_str(), report.outputs[0].rows),
            ("two", 9),
            "{name}"
        );
        assert_eq!(appended(root), new, "{name}");
        assert!(leftovers(root).is_empty(), "{name}");
        verify(root);
    }
    let recorded = usize::from(step < Step::EntryAppended);
    assert_eq!(committed(root), before + recorded, "{name}");
}

#[test]
fn a_crash_while_appending_leaves_one_copy_under_the_same_id() {
    for (step, count) in cases() {
        if step < Step::Logged {
            continue;
        }
        let fixture = appending(&csv(5, 3));
        run_as(fixture.root(), "one", Arc::new(Silent)).unwrap();
        std::fs::write(fixture.root().join("data/customers.csv"), csv(9, 2)).unwrap();
        die(fixture.root(), step, count, Some("two"));
        one_copy(fixture.root(), step, count, [5, 5, 3], [14, 14, 5]);
    }
}

/// The rows of the notes, in partitions.
fn notes(root: &Path) -> usize {
    match root.join("lake/notes").exists() {
        true => rows_of(root, "lake.notes", "lake/notes/", &["country"], &["id"]).len(),
        false => 0,
    }
}

#[test]
fn a_crash_with_partitions_leaves_the_old_rows_or_the_new() {
    for (mode, before, after) in [("replace", 5, 9), ("append", 5, 14)] {
        for (step, count) in cases() {
            if step < Step::Logged {
                continue;
            }
            let name = format!("{mode} {step:?} {count}");
            let fixture = parted(&csv(5, 3), mode);
            let root = fixture.root();
            run_as(root, "one", Arc::new(Silent)).unwrap();
            std::fs::write(root.join("data/customers.csv"), csv(9, 2)).unwrap();
            die(root, step, count, Some("two"));
            assert!([before, after].contains(&notes(root)), "{name}");
            drop(begin(root, Arc::new(Silent)).unwrap_or_else(|error| panic!("{name}: {error}")));
            let forward = step >= Step::Publishing;
            assert_eq!(notes(root), if forward { after } else { before }, "{name}");
            assert!(leftovers(root).is_empty(), "{name}: {:?}", leftovers(root));
            verify(root);
            for _ in 0..2 {
                run_as(root, "two", Arc::new(Silent)).unwrap_or_else(|e| panic!("{name}: {e}"));
                assert_eq!(notes(root), after, "{name}");
            }
            assert!(leftovers(root).is_empty(), "{name}");
            verify(root);
        }
    }
}

#[test]
fn a_crash_of_a_run_that_adds_nothing_is_settled() {
    for (step, count) in cases() {
        if step < Step::Logged {
            continue;
        }
        let fixture = parted(&csv(5, 3), "append");
        let root = fixture.root();
        run(root).unwrap();
        std::fs::write(root.join("data/customers.csv"), csv(0, 0)).unwrap();
        die_at(root, step, count);
        drop(begin(root, Arc::new(Silent)).unwrap_or_else(|error| panic!("{step:?}: {error}")));
        assert_eq!(notes(root), 5, "{step:?}");
        assert!(
            leftovers(root).is_empty(),
            "{step:?}: {:?}",
            leftovers(root)
        );
        verify(root);
        run(root).unwrap();
        assert_eq!(notes(root), 5, "{step:?}");
        verify(root);
    }
}

#[test]
fn a_crash_of_the_first_append_leaves_one_copy_under_the_same_id() {
    for (step, count) in cases() {
        let fixture = appending(&csv(9, 2));
        die(fixture.root(), step, count, Some("two"));
        one_copy(fixture.root(), step, count, [0; 3], [9, 9, 2]);
    }
}
