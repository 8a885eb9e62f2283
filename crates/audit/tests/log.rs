//! Writing and reading the log over the borders of its tiles.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod kit;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use kit::{Fast, ORIGIN, Project, copy, event, files, grow, key};
use sealine_audit::{
    Action, AuditError, Checkpoint, Event, Log, MAX_ENTRY, Outcome, Reader, Time, default_origin,
    parse_verifier, prove, verify, verify_proof,
};

/// The files that C2SP tlog-tiles asks for, from its own words.
fn expected_files(size: u64) -> BTreeSet<String> {
    let mut paths: BTreeSet<String> = ["checkpoint", "key.pub", "lock"].map(String::from).into();
    for (kind, level) in [("entries", 0), ("0", 0), ("1", 1)] {
        let count = size / 256_u64.pow(level);
        for n in 0..count / 256 {
            paths.insert(format!("tile/{kind}/{n:03}"));
        }
        if !count.is_multiple_of(256) {
            paths.insert(format!("tile/{kind}/{:03}.p/{}", count / 256, count % 256));
        }
    }
    paths
}

#[test]
fn six_hundred_entries_one_by_one() {
    let dir = tempfile::tempdir().unwrap();
    let log_dir = dir.path().join(".sealine/log");
    let public = key(1).verifying_key();
    let mut log = grow(&log_dir, 0);
    let mut remembered = vec![log.checkpoint().clone()];
    for size in 1..=600_u64 {
        let appended = log.append(&event(size - 1)).unwrap();
        assert_eq!(
            (appended.index, appended.checkpoint.size()),
            (size - 1, size)
        );
        if [1, 2, 17, 254, 255, 256, 257, 300, 511, 512, 513, 600].contains(&size) {
            let names: BTreeSet<String> = files(&log_dir).into_keys().collect();
            assert_eq!(names, expected_files(size));
            for old in &remembered {
                let state = dir.path().join(".sealine");
                let verified = verify(&state, dir.path(), Some(public), Some(old.clone()));
                let verified = verified.unwrap_or_else(|faults| panic!("{size}: {faults:?}"));
                assert_eq!(verified.entries(), size);
                assert_eq!(verified.continues, Some(old.size()));
                assert_eq!(verified.notes, Vec::<String>::new());
            }
            remembered.push(appended.checkpoint);
            // What was kept in memory is what a fresh look finds.
            drop(log);
            log = Log::open_with(Fast::new(&log_dir), key(1), ORIGIN).unwrap();
            assert_eq!(log.checkpoint(), remembered.last().unwrap());
        }
    }
    let reader = Reader::open(&log_dir).unwrap();
    let all: Vec<_> = reader.entries(0).map(Result::unwrap).collect();
    assert_eq!(all.len(), 600);
    for (n, record) in (0..).zip(&all) {
        assert_eq!(record.index, n);
        assert_eq!(record.event.as_ref().unwrap(), &event(n));
    }
    assert_eq!(reader.entries(598).count(), 2);
    assert_eq!(reader.entries(600).count(), 0);
    assert!(matches!(
        reader.entry(600),
        Err(AuditError::NoEntry {
            index: 600,
            size: 600
        })
    ));
    let run = |name: &'static str| move |event: &Event| event.action.run() == Some(name);
    assert_eq!(reader.find_last(run("run-3")).unwrap().unwrap().index, 3);
    assert_eq!(
        reader.find_last(run("run-599")).unwrap().unwrap().index,
        599
    );
    assert!(reader.find_last(run("run-600")).unwrap().is_none());
    for index in [0, 1, 255, 256, 511, 512, 598, 599] {
        let proof = prove(&log_dir, index).unwrap();
        let entry = &all[usize::try_from(index).unwrap()].bytes;
        let (found, checkpoint) = verify_proof(&proof, entry, &public).unwrap();
        assert_eq!((found, checkpoint.size()), (index, 600));
        assert!(verify_proof(&proof, &all[7].bytes, &public).is_err());
        assert!(verify_proof(&proof, entry, &key(2).verifying_key()).is_err());
        let moved = proof.replace(
            &format!("index {index}\n"),
            &format!("index {}\n", index + 1),
        );
        assert!(verify_proof(&moved, entry, &public).is_err());
    }
    assert!(matches!(
        prove(&log_dir, 600),
        Err(AuditError::NoEntry { .. })
    ));
}

#[test]
fn on_a_real_disk_with_owner_only_files() {
    let dir = tempfile::tempdir().unwrap();
    let log_dir = dir.path().join("log");
    let origin = default_origin(&key(1).verifying_key());
    assert!(!Log::exists(&log_dir));
    let mut log = Log::create(&log_dir, key(1), &origin).unwrap();
    log.append(&event(0)).unwrap();
    drop(log);
    assert!(Log::exists(&log_dir));
    let mut log = Log::open(&log_dir, key(1), &origin).unwrap();
    assert_eq!(log.append(&event(1)).unwrap().index, 1);
    let mode = |path: &str| log_dir.join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    assert_eq!(mode("tile/entries"), 0o700);
    for file in files(&log_dir).keys() {
        assert_eq!(mode(file), 0o600, "{file}");
    }
    let text = fs::read_to_string(log_dir.join("key.pub")).unwrap();
    assert_eq!(
        parse_verifier(&text).unwrap(),
        (origin, key(1).verifying_key())
    );
}

#[test]
fn one_writer_at_a_time() {
    fn moves_between_threads<T: Send>(_: &T) {}
    let dir = tempfile::tempdir().unwrap();
    let log_dir = dir.path().join("log");
    let log = Log::create(&log_dir, key(1), ORIGIN).unwrap();
    moves_between_threads(&log);
    assert!(matches!(
        Log::open(&log_dir, key(1), ORIGIN),
        Err(AuditError::Locked)
    ));
    assert!(matches!(
        Log::create(&log_dir, key(1), ORIGIN),
        Err(AuditError::Locked)
    ));
    drop(log);
    Log::open(&log_dir, key(1), ORIGIN).unwrap();
}

#[test]
fn beginning_and_opening_are_two_things() {
    let dir = tempfile::tempdir().unwrap();
    let log_dir = dir.path().join("log");
    assert!(matches!(
        Log::open(&log_dir, key(1), ORIGIN),
        Err(AuditError::Missing)
    ));
    assert!(!log_dir.exists());
    grow(&log_dir, 3);
    assert!(matches!(
        Log::create(&log_dir, key(1), ORIGIN),
        Err(AuditError::Exists)
    ));
    assert!(matches!(
        Log::open(&log_dir, key(2), ORIGIN),
        Err(AuditError::Foreign { what: "key" })
    ));
    assert!(matches!(
        Log::open(&log_dir, key(1), "other"),
        Err(AuditError::Foreign { what: "name" })
    ));
    assert!(matches!(
        Log::create(&dir.path().join("new"), key(1), "a name"),
        Err(AuditError::BadOrigin)
    ));
    // A log whose checkpoint is gone is damaged; it is not begun anew.
    fs::remove_file(log_dir.join("checkpoint")).unwrap();
    assert!(Log::exists(&log_dir));
    assert!(matches!(
        Log::open(&log_dir, key(1), ORIGIN),
        Err(AuditError::Damaged { .. })
    ));
    assert!(matches!(
        Log::create(&log_dir, key(1), ORIGIN),
        Err(AuditError::Exists)
    ));
}

#[test]
fn nothing_is_added_to_a_damaged_edge() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole/log");
    grow(&whole, 258);
    let edge = [
        "tile/0/001.p/2",
        "tile/1/000.p/1",
        "tile/entries/001.p/2",
        "checkpoint",
    ];
    for (n, file) in edge.iter().enumerate() {
        for cut in [false, true] {
            let log_dir = dir.path().join(format!("{n}-{cut}/log"));
            copy(&whole, &log_dir);
            let mut bytes = fs::read(log_dir.join(file)).unwrap();
            if cut {
                bytes.truncate(bytes.len() - 1);
            } else {
                bytes[20] ^= 1;
            }
            fs::write(log_dir.join(file), bytes).unwrap();
            let opened = Log::open_with(Fast::new(&log_dir), key(1), ORIGIN);
            let error = opened.err().unwrap_or_else(|| panic!("{file} {cut}"));
            // A flipped byte in the first line of the checkpoint is another name.
            assert!(
                matches!(
                    error,
                    AuditError::Damaged { .. } | AuditError::Foreign { .. }
                ),
                "{file}: {error}"
            );
        }
    }
}

#[test]
fn entries_are_bounded_and_the_largest_fits() {
    let dir = tempfile::tempdir().unwrap();
    let log_dir = dir.path().join("log");
    let mut log = grow(&log_dir, 1);
    let sized = |n: usize| {
        let action = Action::Init {
            origin: "o".repeat(n),
        };
        Event::new(Time::from_seconds(0), "a", Outcome::Success, action)
    };
    let fits = MAX_ENTRY - sized(0).encode().unwrap().len();
    assert!(matches!(
        log.append(&sized(fits + 1)),
        Err(AuditError::EntryTooLarge { bytes: 65_536 })
    ));
    // A refused entry leaves no trace, and the log goes on.
    assert_eq!(log.append(&sized(fits)).unwrap().index, 1);
    drop(log);
    let log = Log::open_with(Fast::new(&log_dir), key(1), ORIGIN).unwrap();
    assert_eq!(log.checkpoint().size(), 2);
    verify(dir.path(), dir.path(), None, None).unwrap();
    let reader = Reader::open(&log_dir).unwrap();
    assert_eq!(reader.entry(1).unwrap().bytes.len(), MAX_ENTRY);
}

#[test]
fn what_was_not_ruled_out_is_said() {
    let project = Project::with_runs(2, 1);
    let public = key(1).verifying_key();
    let state = project.state();
    let plain = verify(&state, &project.root(), None, None).unwrap();
    assert_eq!((plain.receipts, plain.files, plain.bytes), (2, 4, 1200));
    let all = plain.not_ruled_out.join("\n");
    assert!(
        all.contains("no remembered checkpoint") && all.contains("under another key"),
        "{all}"
    );
    let text = fs::read(project.log().join("checkpoint")).unwrap();
    let remembered = Checkpoint::parse(&text).unwrap();
    let strong = verify(&state, &project.root(), Some(public), Some(remembered)).unwrap();
    let left = strong.not_ruled_out.join("\n");
    assert!(!left.contains("no remembered checkpoint") && !left.contains("under another key"));
    assert!(left.contains("first 4"), "{left}");
}

#[test]
fn receipts_parse_back() {
    let project = Project::with_runs(1, 0);
    let reader = Reader::open(&project.log()).unwrap();
    let record = reader.entry(0).unwrap();
    let Action::RunCommitted { receipt, run, .. } = record.event.unwrap().action else {
        panic!()
    };
    let receipts = project.state().join("receipts");
    let (_, public) = reader.key().unwrap();
    let statement = sealine_audit::read_receipt(&receipts, receipt, &public).unwrap();
    assert_eq!(statement.predicate.run, run);
    assert_eq!(statement.subject.len(), 3);
    assert_eq!(statement.flaw(), None);
    // The form that other in-toto tools read.
    let json = serde_json::to_value(&statement).unwrap();
    assert_eq!(json["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(json["predicateType"], "urn:sealine:receipt:v1");
    assert_eq!(
        json["subject"][0]["digest"]["sha256"]
            .as_str()
            .unwrap()
            .len(),
        64
    );
    // A statement whose subjects are not its files is not signed.
    let mut bent = statement.clone();
    bent.subject.pop();
    let stored = sealine_audit::store_receipt(&receipts, &bent, &key(1));
    assert!(matches!(stored, Err(AuditError::BadReceipt { .. })));
    // Storing again gives the same file.
    let again = sealine_audit::store_receipt(&receipts, &statement, &key(1)).unwrap();
    assert_eq!(again.sha256, receipt);
    assert!(sealine_audit::read_receipt(&receipts, receipt, &key(2).verifying_key()).is_err());
}
