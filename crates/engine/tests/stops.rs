//! Everything that must stop a run before its commit, and what is left then: the old state, whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sealine_access::Principal;
use sealine_engine::{CancelToken, NotDecided, Progress, Session, Setup, Silent, Step, Update};
use support::*;

#[test]
fn two_runs_on_one_state_exclude_each_other() {
    let fixture = Fixture::new(&csv(5, 0));
    let held = begin(fixture.root(), Arc::new(Silent)).unwrap();
    let error = begin(fixture.root(), Arc::new(Silent)).unwrap_err();
    assert_eq!(error.code(), "SL5010");
    assert!(
        error
            .to_string()
            .contains(&format!("process {}", std::process::id()))
    );
    drop(held);
    begin(fixture.root(), Arc::new(Silent)).unwrap();
}

#[test]
fn reading_makes_no_keys() {
    let fixture = Fixture::new(&csv(5, 0));
    let error =
        Session::begin(open(fixture.root()), Setup::Required, Arc::new(Silent)).unwrap_err();
    assert_eq!(error.code(), "SL5016");
    assert!(!fixture.root().join(".sealine").exists());
}

#[test]
fn a_key_declared_later_is_not_made_silently() {
    let fixture = Fixture::new(&csv(5, 0));
    let root = fixture.root();
    run(root).unwrap();
    let sealine = SEALINE.replace(
        "  lake: { purpose: file }",
        "  lake: { purpose: file }\n  extra: { purpose: value }",
    );
    std::fs::write(root.join("sealine.yaml"), sealine).unwrap();
    let error = run(root).unwrap_err();
    assert_eq!(error.code(), "SL5014");
    assert!(error.to_string().contains("sealine keys new extra"));
    let mut session = begin(root, Arc::new(Silent)).unwrap();
    session.new_key("extra", &Principal::user("ada")).unwrap();
    assert!(session.new_key("extra", &Principal::user("ada")).is_err());
    assert_eq!(
        session
            .new_key("other", &Principal::user("ada"))
            .unwrap_err()
            .code(),
        "SL5019"
    );
    drop(session);
    run(root).unwrap();
}

#[test]
fn lost_keys_and_a_lost_log_are_noticed() {
    let fixture = Fixture::new(&csv(5, 0));
    let root = fixture.root();
    run(root).unwrap();
    for part in ["keys", "log"] {
        std::fs::rename(root.join(".sealine").join(part), root.join("aside")).unwrap();
        let error = begin(root, Arc::new(Silent)).unwrap_err();
        assert_eq!(error.code(), "SL5017", "{part}: {error}");
        let _ = std::fs::remove_dir(root.join(".sealine").join(part));
        std::fs::rename(root.join("aside"), root.join(".sealine").join(part)).unwrap();
    }
    run(root).unwrap();
}

#[test]
fn another_projects_keystore_is_refused() {
    let fixture = Fixture::new(&csv(5, 0));
    let other = Fixture::new(&csv(5, 0));
    run(fixture.root()).unwrap();
    run(other.root()).unwrap();
    let keys = fixture.root().join(".sealine/keys");
    std::fs::remove_dir_all(&keys).unwrap();
    std::fs::rename(other.root().join(".sealine/keys"), &keys).unwrap();
    let before = generation(&fixture.root().join("lake/customers"));
    let error = run(fixture.root()).unwrap_err();
    assert!(error.code().starts_with("SL7"), "{error}");
    assert_eq!(generation(&fixture.root().join("lake/customers")), before);
}

#[test]
fn a_refusal_is_logged() {
    let policy = POLICY.replace(
        "context.protection == \"mask\"",
        "context.protection == \"redact\"",
    );
    let fixture = Fixture::with(&csv(5, 0), SEALINE, CATALOG, PIPELINE, &policy);
    let mut session = begin(fixture.root(), Arc::new(Silent)).unwrap();
    match session.decide(&request(), &Principal::user("ada")) {
        Err(NotDecided::Refused(refusal)) => assert!(!refusal.findings.is_empty()),
        other => panic!("{other:?}"),
    }
    drop(session);
    assert_eq!(actions(fixture.root())[1..], ["run.refused"]);
    assert!(!fixture.root().join("lake").exists());
}

/// Appends to a file while it is read.
struct Meddler {
    path: PathBuf,
    at: Option<Step>,
    done: AtomicBool,
}

impl Meddler {
    fn meddle(&self) {
        if !self.done.swap(true, Ordering::SeqCst) {
            let mut file = std::fs::OpenOptions::new()
                .append(true)
                .open(&self.path)
                .unwrap();
            file.write_all(b"77777,late@example.com,,30,DE,x,x\n")
                .unwrap();
        }
    }
}

impl Progress for Meddler {
    fn update(&self, update: Update) {
        if self.at.is_none() && matches!(update, Update::Reading(_)) {
            self.meddle();
        }
    }

    fn step(&self, step: Step) {
        if self.at == Some(step) {
            self.meddle();
        }
    }
}

#[test]
fn an_input_that_changes_stops_the_run() {
    for at in [None, Some(Step::Journalled)] {
        // One output, one scan: no later one that would find the change as it begins.
        let notes = "  - { from: notes, to: lake.notes, mode: replace }\n";
        let pipeline = PIPELINE.replace(notes, "");
        let fixture = Fixture::with(&csv(30_000, 0), SEALINE, CATALOG, &pipeline, POLICY);
        let root = fixture.root();
        let meddler = Arc::new(Meddler {
            path: root.join("data/customers.csv"),
            at,
            done: AtomicBool::new(false),
        });
        let error = run_with(root, meddler).unwrap_err();
        assert_eq!(error.code(), "SL5020", "{error}");
        assert!(!root.join("lake/customers").exists());
        assert!(leftovers(root).is_empty());
    }
}

#[test]
fn too_many_rejects_stop_the_commit_and_are_kept() {
    for limit in ["2", "5%"] {
        let catalog = CATALOG.replace(
            "    rejects: quarantine.customers",
            &format!("    rejects: quarantine.customers\n    max_rejects: {limit}"),
        );
        let fixture = Fixture::with(&csv(50, 1), SEALINE, &catalog, PIPELINE, POLICY);
        let root = fixture.root();
        run(root).unwrap();
        let before = generation(&root.join("lake/customers"));
        std::fs::write(root.join("data/customers.csv"), csv(50, 6)).unwrap();
        let error = run(root).unwrap_err();
        assert_eq!(error.code(), "SL5022", "{error}");
        assert!(error.to_string().contains("6 of 56"), "{error}");
        assert_eq!(generation(&root.join("lake/customers")), before);
        assert_eq!(
            rows(root, "quarantine.customers", "data/rejects/", &["row"]).len(),
            6
        );
        assert!(leftovers(root).is_empty());
        assert_eq!(actions(root).last().unwrap(), "run.failed");
        verify(root);
    }
}

#[test]
fn rejects_without_a_quarantine_stop_the_commit() {
    let catalog = CATALOG.replace("    rejects: quarantine.customers\n", "");
    let fixture = Fixture::with(&csv(50, 1), SEALINE, &catalog, PIPELINE, POLICY);
    let error = run(fixture.root()).unwrap_err();
    assert_eq!(error.code(), "SL5023", "{error}");
    assert!(!fixture.root().join("lake/customers").exists());
    std::fs::write(fixture.root().join("data/customers.csv"), csv(50, 0)).unwrap();
    run(fixture.root()).unwrap();
}

#[test]
fn a_limit_reads_its_input_to_the_end() {
    let pipeline = PIPELINE.replace("WHERE id <= 1000000", "ORDER BY id LIMIT 2");
    let fixture = Fixture::with(&csv(30_000, 4), SEALINE, CATALOG, &pipeline, POLICY);
    let report = run(fixture.root()).unwrap();
    assert_eq!(report.inputs[0].rows_in, 30_004);
    assert_eq!(report.rejects[0].rows, 4);
    assert_eq!(report.outputs[1].rows, 2);
}

#[test]
fn a_cancelled_run_leaves_nothing() {
    let fixture = Fixture::new(&csv(5, 0));
    let root = fixture.root();
    let mut session = begin(root, Arc::new(Silent)).unwrap();
    let authorized = session.decide(&request(), &Principal::user("ada")).unwrap();
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = runtime()
        .block_on(session.run(authorized, &cancel))
        .unwrap_err();
    assert_eq!(error.code(), "SL5026");
    drop(session);
    assert!(!root.join("lake/customers").exists());
    assert!(leftovers(root).is_empty());
    run(root).unwrap();
}

#[test]
fn places_that_overlap_or_leave_are_refused() {
    // Two roots that are one folder behind a link: only the engine can see it.
    let sealine = SEALINE.replace(
        "root: lake/ }",
        "root: lake/ }\n  second: { kind: local, root: second/ }",
    );
    let catalog = CATALOG.replace(
        "{ connection: lake, path: notes.parquet, format: parquet }",
        "{ connection: second, path: customers/notes, format: parquet }",
    );
    let fixture = Fixture::with(&csv(5, 0), &sealine, &catalog, PIPELINE, POLICY);
    std::fs::create_dir(fixture.root().join("lake")).unwrap();
    std::os::unix::fs::symlink("lake", fixture.root().join("second")).unwrap();
    let error = run(fixture.root()).unwrap_err();
    assert_eq!(error.code(), "SL5031", "{error}");
    let fixture = Fixture::new(&csv(5, 0));
    let root = fixture.root();
    std::fs::create_dir(root.join("lake")).unwrap();
    std::fs::create_dir(root.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(root.join("elsewhere"), root.join("lake/customers")).unwrap();
    assert_eq!(run(root).unwrap_err().code(), "SL5005");
}

#[test]
fn a_missing_input_is_named() {
    let fixture = Fixture::new(&csv(5, 0));
    std::fs::remove_file(fixture.root().join("data/customers.csv")).unwrap();
    let error = run(fixture.root()).unwrap_err();
    assert!(error.to_string().contains("customers.csv"), "{error}");
}

/// Cancels while an input is read.
struct Impatient(CancelToken);

impl Progress for Impatient {
    fn update(&self, update: Update) {
        if matches!(update, Update::Reading(_)) {
            self.0.cancel();
        }
    }
}

#[test]
fn a_run_is_cancelled_while_it_reads() {
    let fixture = Fixture::new(&csv(40_000, 1));
    let root = fixture.root();
    let cancel = CancelToken::new();
    let mut session = begin(root, Arc::new(Impatient(cancel.clone()))).unwrap();
    let authorized = session.decide(&request(), &Principal::user("ada")).unwrap();
    let error = runtime()
        .block_on(session.run(authorized, &cancel))
        .unwrap_err();
    assert_eq!(error.code(), "SL5026", "{error}");
    drop(session);
    assert!(!root.join("lake/customers").exists());
    assert!(leftovers(root).is_empty());
    assert_eq!(actions(root).last().unwrap(), "run.failed");
    verify(root);
}

#[test]
fn an_authorization_of_another_project_is_refused() {
    let (one, other) = (Fixture::new(&csv(5, 0)), Fixture::new(&csv(6, 0)));
    let mut first = begin(one.root(), Arc::new(Silent)).unwrap();
    let mut second = begin(other.root(), Arc::new(Silent)).unwrap();
    let authorized = first.decide(&request(), &Principal::user("ada")).unwrap();
    let error = runtime()
        .block_on(second.run(authorized, &CancelToken::new()))
        .unwrap_err();
    assert_eq!(error.code(), "SL4204", "{error}");
    drop(second);
    assert!(!other.root().join("lake/customers").exists());
    assert_eq!(actions(other.root()).last().unwrap(), "run.failed");
}

#[test]
fn a_plan_for_the_terminal_is_not_run_and_the_reverse() {
    let fixture = Fixture::new(&csv(5, 0));
    let mut session = begin(fixture.root(), Arc::new(Silent)).unwrap();
    let user = Principal::user("ada");
    let preview = sealine_plan::Request::Preview {
        pipeline: "customers-daily".to_owned(),
        step: Some("notes".to_owned()),
        limit: 2,
    };
    let authorized = session.decide(&preview, &user).unwrap();
    let error = runtime()
        .block_on(session.run(authorized, &CancelToken::new()))
        .unwrap_err();
    assert_eq!(error.code(), "SL5018");
    let authorized = session.decide(&request(), &user).unwrap();
    let error = runtime()
        .block_on(session.show(authorized, &CancelToken::new()))
        .unwrap_err();
    assert_eq!(error.code(), "SL5018");
}

#[test]
fn files_that_sealine_did_not_write_are_never_replaced() {
    let fixture = Fixture::new(&csv(5, 0));
    let root = fixture.root();
    std::fs::create_dir_all(root.join("lake/customers")).unwrap();
    std::fs::write(root.join("lake/customers/theirs.parquet"), b"PAR1").unwrap();
    let error = run(root).unwrap_err();
    assert_eq!(error.code(), "SL5039", "{error}");
    assert!(error.to_string().contains("lake/customers"), "{error}");
    assert!(leftovers(root).is_empty());
    std::fs::remove_file(root.join("lake/customers/theirs.parquet")).unwrap();
    std::fs::write(root.join("lake/notes.parquet"), b"PAR1").unwrap();
    assert_eq!(run(root).unwrap_err().code(), "SL5039");
    assert_eq!(
        std::fs::read(root.join("lake/notes.parquet")).unwrap(),
        b"PAR1"
    );
    std::fs::remove_file(root.join("lake/notes.parquet")).unwrap();
    run(root).unwrap();
    run(root).unwrap();
}

/// Puts a file of somebody else into a destination just before the swap.
struct Intruder(PathBuf);

impl Progress for Intruder {
    fn update(&self, _: Update) {}

    fn step(&self, step: Step) {
        if step == Step::Publishing {
            std::fs::write(&self.0, b"PAR1").unwrap();
        }
    }
}

#[test]
fn a_foreign_file_that_comes_late_turns_the_run_back() {
    let fixture = Fixture::new(&csv(5, 0));
    let root = fixture.root();
    run(root).unwrap();
    let before = generation(&root.join("lake/customers"));
    // The second place: the first is swapped by then, and goes back.
    let notes = root.join("lake/notes.parquet");
    let error = run_with(root, Arc::new(Intruder(notes.clone()))).unwrap_err();
    assert_eq!(error.code(), "SL5039", "{error}");
    assert_eq!(generation(&root.join("lake/customers")), before);
    assert_eq!(std::fs::read(&notes).unwrap(), b"PAR1");
    assert!(leftovers(root).is_empty());
    assert_eq!(actions(root).last().unwrap(), "run.failed");
    std::fs::remove_file(&notes).unwrap();
    run(root).unwrap();
}

#[test]
fn a_dataset_whose_files_are_gone_does_not_read_as_empty() {
    let fixture = Fixture::new(&csv(5, 0));
    let root = fixture.root();
    run(root).unwrap();
    for (path, _) in generation(&root.join("lake/customers")) {
        std::fs::remove_file(path).unwrap();
    }
    let mut session = begin(root, Arc::new(Silent)).unwrap();
    let read = sealine_plan::Request::Read {
        dataset: "lake.customers".to_owned(),
        columns: None,
        limit: 10,
    };
    let authorized = session.decide(&read, &Principal::user("ada")).unwrap();
    let error = runtime()
        .block_on(session.show(authorized, &CancelToken::new()))
        .unwrap_err();
    assert_eq!(error.code(), "SL5021", "{error}");
    assert!(error.to_string().contains("are missing"), "{error}");
    drop(session);
    run(root).unwrap();
}

#[test]
fn a_mount_point_is_refused_before_anything_is_read() {
    use std::os::unix::fs::MetadataExt;
    // A file system that is mounted on every ordinary Linux; elsewhere there is nothing to look at.
    let device = |path: &str| std::fs::metadata(path).map(|found| found.dev()).ok();
    if device("/dev/shm").is_none() || device("/dev/shm") == device("/dev") {
        return;
    }
    let sealine = SEALINE.replace("root: lake/", "root: /dev/");
    let catalog = CATALOG.replace("path: customers/", "path: shm/");
    let fixture = Fixture::with(&csv(5, 0), &sealine, &catalog, PIPELINE, POLICY);
    let error = run(fixture.root()).unwrap_err();
    assert_eq!(error.code(), "SL5005", "{error}");
    assert!(error.to_string().contains("mount point"), "{error}");
}

#[test]
fn reading_without_the_log_is_a_loss_and_not_a_beginning() {
    let fixture = Fixture::new(&csv(5, 0));
    let root = fixture.root();
    run(root).unwrap();
    std::fs::remove_dir_all(root.join(".sealine/log")).unwrap();
    let error = Session::begin(open(root), Setup::Required, Arc::new(Silent)).unwrap_err();
    assert_eq!(error.code(), "SL5017", "{error}");
    assert!(error.to_string().contains("audit log"), "{error}");
}

#[test]
fn a_file_in_place_of_the_state_directory_is_named_as_such() {
    let fixture = Fixture::new(&csv(5, 0));
    std::fs::write(fixture.root().join(".sealine"), b"").unwrap();
    match sealine_engine::Project::open(fixture.root()) {
        Err(sealine_engine::OpenError::Engine(error)) => assert_eq!(error.code(), "SL5012"),
        other => panic!("{other:?}"),
    }
}

/// Closes the old generation against writing just before the swap.
struct Closer(PathBuf);

impl Progress for Closer {
    fn update(&self, _: Update) {}

    fn step(&self, step: Step) {
        use std::os::unix::fs::PermissionsExt;
        if step == Step::Publishing {
            std::fs::set_permissions(&self.0, std::fs::Permissions::from_mode(0o555)).unwrap();
        }
    }
}

#[test]
fn a_closed_old_generation_is_removed() {
    let fixture = Fixture::new(&csv(5, 0));
    let root = fixture.root();
    run(root).unwrap();
    run_with(root, Arc::new(Closer(root.join("lake/customers")))).unwrap();
    assert!(leftovers(root).is_empty());
    verify(root);
}
