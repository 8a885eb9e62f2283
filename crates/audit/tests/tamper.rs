//! Whatever is changed, added or taken away is found, and named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod kit;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use kit::{Fast, ORIGIN, Project, Random, copy, event, files, grow, key};
use sealine_audit::{Checkpoint, Fault, FaultKind, Log, verify};

fn check(root: &Path) -> Result<(), Vec<Fault>> {
    let public = key(1).verifying_key();
    verify(&root.join(".sealine"), root, Some(public), None).map(drop)
}

/// Whether the faults name this file of the project.
fn names(faults: &[Fault], path: &str) -> bool {
    let file = path.strip_prefix(".sealine/").unwrap_or(path);
    faults.iter().any(|fault| fault.file == file)
}

/// The files that verification covers: old outputs were replaced.
fn covered(project: &Project) -> Vec<(String, Vec<u8>)> {
    files(&project.root())
        .into_iter()
        .filter(|(name, _)| !name.ends_with("/lock"))
        .collect()
}

#[test]
fn every_flipped_byte_of_a_small_log_is_found_and_named() {
    let project = Project::with_runs(2, 2);
    check(&project.root()).unwrap();
    let mut random = Random(1);
    let mut flips = 0;
    for (name, bytes) in covered(&project) {
        let path = project.root().join(&name);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << random.below(8);
            fs::write(&path, &changed).unwrap();
            let faults = check(&project.root()).expect_err(&format!("{name} byte {at}"));
            assert!(names(&faults, &name), "{name} byte {at}: {faults:?}");
            flips += 1;
        }
        fs::write(&path, &bytes).unwrap();
    }
    check(&project.root()).unwrap();
    assert!(flips > 5_000, "only {flips} flips");
}

#[test]
fn flipped_bytes_over_a_tile_border_are_found_and_named() {
    let project = Project::with_runs(2, 270);
    check(&project.root()).unwrap();
    let mut random = Random(2);
    for (name, bytes) in covered(&project) {
        let path = project.root().join(&name);
        for _ in 0..40 {
            let mut changed = bytes.clone();
            let at = random.below(bytes.len());
            changed[at] ^= 1 << random.below(8);
            fs::write(&path, &changed).unwrap();
            let faults = check(&project.root()).expect_err(&format!("{name} byte {at}"));
            assert!(names(&faults, &name), "{name} byte {at}: {faults:?}");
        }
        fs::write(&path, &bytes).unwrap();
    }
}

#[test]
fn a_changed_entry_is_named_by_its_index_and_its_hash_is_not_blamed() {
    let project = Project::with_runs(1, 300);
    let path = project.log().join("tile/entries/000");
    let bytes = fs::read(&path).unwrap();
    // The 18th entry: skip seventeen by their lengths.
    let mut at = 0;
    for _ in 0..17 {
        at += 2 + usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    }
    let mut changed = bytes.clone();
    changed[at + 10] ^= 1;
    fs::write(&path, &changed).unwrap();
    let faults = check(&project.root()).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(
        (faults[0].kind, faults[0].entry),
        (FaultKind::Entry, Some(17))
    );
    assert_eq!(faults[0].file, "log/tile/entries/000");
    // A broken length shifts everything behind it; the first entry is named.
    let mut changed = bytes.clone();
    changed[at + 1] ^= 1;
    fs::write(&path, &changed).unwrap();
    let faults = check(&project.root()).unwrap_err();
    assert_eq!(
        (faults[0].kind, faults[0].entry),
        (FaultKind::Entry, Some(17)),
        "{faults:?}"
    );
    fs::write(&path, &bytes).unwrap();

    // The hash of that entry, in the tile: the tile is blamed, the entry is not.
    let path = project.log().join("tile/0/000");
    let mut tile = fs::read(&path).unwrap();
    tile[17 * 32] ^= 1;
    fs::write(&path, tile).unwrap();
    let faults = check(&project.root()).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(
        (faults[0].kind, faults[0].entry),
        (FaultKind::Tile, Some(17))
    );
}

#[test]
fn an_entry_and_its_hashes_rewritten_together_are_found() {
    let project = Project::with_runs(1, 3);
    // Another log with one entry changed, its files put under our checkpoint.
    let other = tempfile::tempdir().unwrap();
    let other_log = other.path().join("log");
    drop(grow(&other_log, 4));
    fs::remove_dir_all(project.log().join("tile")).unwrap();
    copy(&other_log.join("tile"), &project.log().join("tile"));
    let faults = check(&project.root()).unwrap_err();
    assert!(
        faults.iter().any(|fault| fault.kind == FaultKind::Entry),
        "{faults:?}"
    );
}

#[test]
fn cut_emptied_missing_and_grown_files_are_found_and_named() {
    let project = Project::with_runs(2, 130);
    for (name, bytes) in covered(&project) {
        let path = project.root().join(&name);
        for keep in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..keep]).unwrap();
            let faults = check(&project.root()).expect_err(&format!("{name} cut to {keep}"));
            assert!(names(&faults, &name), "{name} cut to {keep}: {faults:?}");
        }
        let mut longer = bytes.clone();
        longer.push(b'\n');
        fs::write(&path, &longer).unwrap();
        let faults = check(&project.root()).expect_err(&format!("{name} grown"));
        assert!(names(&faults, &name), "{name} grown: {faults:?}");
        fs::remove_file(&path).unwrap();
        let faults = check(&project.root()).expect_err(&format!("{name} missing"));
        assert!(names(&faults, &name), "{name} missing: {faults:?}");
        // A link to the very same bytes is not the file.
        let aside = project.dir.path().with_extension("aside");
        fs::write(&aside, &bytes).unwrap();
        symlink(&aside, &path).unwrap();
        let faults = check(&project.root()).expect_err(&format!("{name} linked"));
        assert!(names(&faults, &name), "{name} linked: {faults:?}");
        fs::remove_file(&path).unwrap();
        fs::remove_file(&aside).unwrap();
        fs::create_dir(&path).unwrap();
        let faults = check(&project.root()).expect_err(&format!("{name} a folder"));
        assert!(names(&faults, &name), "{name} a folder: {faults:?}");
        fs::remove_dir(&path).unwrap();
        fs::write(&path, &bytes).unwrap();
    }
    check(&project.root()).unwrap();
}

#[test]
fn files_that_nothing_accounts_for_are_found() {
    let project = Project::with_runs(2, 130);
    let name = "0".repeat(64);
    for extra in [
        ".sealine/log/notes.txt".to_owned(),
        ".sealine/log/tile/entries/007".to_owned(),
        ".sealine/log/tile/0/x000/001".to_owned(),
        ".sealine/log/tile/0/001.p/09".to_owned(),
        ".sealine/log/tile/0/001.p/200".to_owned(),
        ".sealine/log/tile/2/000".to_owned(),
        format!(".sealine/receipts/{name}.dsse.json"),
        ".sealine/receipts/old.json".to_owned(),
        "lake/customers/part-2.parquet".to_owned(),
        "lake/customers/.hidden.parquet".to_owned(),
        "lake/customers/year=2020/part-0.parquet".to_owned(),
        "rejects/run-9.parquet".to_owned(),
    ] {
        let path = project.root().join(&extra);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"planted").unwrap();
        let faults = check(&project.root()).expect_err(&extra);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(names(&faults, &extra), "{extra}: {faults:?}");
        fs::remove_file(&path).unwrap();
    }
    fs::write(project.log().join("lock"), b"x").unwrap();
    assert!(names(
        &check(&project.root()).unwrap_err(),
        ".sealine/log/lock"
    ));
}

#[test]
fn old_partial_tiles_must_be_beginnings_of_the_new() {
    let project = Project::with_runs(1, 4);
    let log = project.log();
    let tile = fs::read(log.join("tile/0/000.p/5")).unwrap();
    let narrow = log.join("tile/0/000.p/3");
    fs::write(&narrow, &tile[..96]).unwrap();
    check(&project.root()).unwrap();
    let public = key(1).verifying_key();
    let verified = verify(&project.state(), &project.root(), Some(public), None).unwrap();
    assert_eq!(verified.notes.len(), 1);
    for at in 0..96 {
        let mut bent = tile[..96].to_vec();
        bent[at] ^= 1;
        fs::write(&narrow, bent).unwrap();
        let faults = check(&project.root()).unwrap_err();
        assert!(names(&faults, ".sealine/log/tile/0/000.p/3"), "{faults:?}");
    }
}

#[test]
fn receipts_cannot_be_exchanged() {
    let project = Project::with_runs(2, 0);
    let folder = project.state().join("receipts");
    let names: Vec<String> = files(&folder).into_keys().collect();
    let (a, b) = (folder.join(&names[0]), folder.join(&names[1]));
    let (first, second) = (fs::read(&a).unwrap(), fs::read(&b).unwrap());
    fs::write(&a, second).unwrap();
    fs::write(&b, first).unwrap();
    let faults = check(&project.root()).unwrap_err();
    assert_eq!(
        faults
            .iter()
            .filter(|fault| fault.kind == FaultKind::Receipt)
            .count(),
        2
    );
    assert!(
        faults.iter().all(|fault| fault.entry.is_some()),
        "{faults:?}"
    );
}

#[test]
fn a_signed_receipt_that_was_never_logged_is_noted_and_no_fault() {
    let project = Project::with_runs(1, 0);
    let statement = sealine_audit::Statement::new(kit::receipt(9, Vec::new()));
    let receipts = project.state().join("receipts");
    sealine_audit::store_receipt(&receipts, &statement, &key(1)).unwrap();
    let verified = verify(&project.state(), &project.root(), None, None).unwrap();
    assert!(
        verified.notes[0].contains("not in the log"),
        "{:?}",
        verified.notes
    );
    // Signed by someone else, it is a stranger.
    let statement = sealine_audit::Statement::new(kit::receipt(10, Vec::new()));
    let stored = sealine_audit::store_receipt(&receipts, &statement, &key(2)).unwrap();
    let faults = check(&project.root()).unwrap_err();
    assert_eq!(faults[0].kind, FaultKind::Extra);
    assert!(faults[0].file.contains(&stored.sha256.to_string()));
}

#[test]
fn a_remembered_checkpoint_finds_rollback_and_fork() {
    let dir = tempfile::tempdir().unwrap();
    let public = key(1).verifying_key();
    let log_dir = |name: &str| dir.path().join(name).join("log");
    let judge = |name: &str, old: &Checkpoint| {
        let state = dir.path().join(name);
        verify(&state, &state, Some(public), Some(old.clone()))
    };
    let head = |name: &str| {
        Checkpoint::parse(&fs::read(log_dir(name).join("checkpoint")).unwrap()).unwrap()
    };
    drop(grow(&log_dir("base"), 258));
    let early = head("base");
    copy(&log_dir("base"), &log_dir("rolled"));
    copy(&log_dir("base"), &log_dir("forked"));
    drop(grow(&log_dir("base"), 270));
    let late = head("base");
    assert_eq!(judge("base", &early).unwrap().continues, Some(258));
    assert_eq!(judge("base", &late).unwrap().continues, Some(270));

    // The old state put back: valid in itself, and found by what was remembered.
    assert!(judge("rolled", &early).is_ok());
    let faults = judge("rolled", &late).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].kind, FaultKind::Rollback);

    // Another history with the same key, as long and longer.
    let mut log = Log::open_with(Fast::new(&log_dir("forked")), key(1), ORIGIN).unwrap();
    for n in 0..20 {
        log.append(&event(1_000 + n)).unwrap();
        let faults = judge("forked", &late).unwrap_err();
        let expected = if n < 11 {
            FaultKind::Rollback
        } else {
            FaultKind::Fork
        };
        assert_eq!((faults.len(), faults[0].kind), (1, expected), "{n}");
    }
    assert!(judge("forked", &early).is_ok());

    // A remembered checkpoint of another log, or by another key, proves nothing.
    let other = Log::create_with(Fast::new(&log_dir("other")), key(2), ORIGIN).unwrap();
    let faults = judge("base", other.checkpoint()).unwrap_err();
    assert_eq!(faults[0].file, "remembered checkpoint");
    let named = Log::create_with(Fast::new(&log_dir("named")), key(1), "elsewhere").unwrap();
    assert_eq!(
        judge("base", named.checkpoint()).unwrap_err()[0].kind,
        FaultKind::Fork
    );
}

#[test]
fn a_log_under_another_key_is_found_by_the_kept_key_alone() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = Log::create_with(Fast::new(&dir.path().join("log")), key(2), ORIGIN).unwrap();
    log.append(&event(0)).unwrap();
    drop(log);
    let unpinned = verify(dir.path(), dir.path(), None, None).unwrap();
    assert!(!unpinned.pinned_key);
    let public = key(1).verifying_key();
    let faults = verify(dir.path(), dir.path(), Some(public), None).unwrap_err();
    let kinds: Vec<FaultKind> = faults.iter().map(|fault| fault.kind).collect();
    assert!(
        kinds.contains(&FaultKind::Key) && kinds.contains(&FaultKind::Checkpoint),
        "{faults:?}"
    );
}

#[test]
fn without_a_kept_key_the_key_beside_the_log_is_held_to_it() {
    let project = Project::with_runs(1, 1);
    for name in ["key.pub", "checkpoint"] {
        let path = project.log().join(name);
        let bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(&path, changed).unwrap();
            let faults = verify(&project.state(), &project.root(), None, None).unwrap_err();
            let file = format!(".sealine/log/{name}");
            assert!(names(&faults, &file), "{name} byte {at}: {faults:?}");
        }
        fs::write(&path, &bytes).unwrap();
    }
    let json = serde_json::to_value(verify(&project.state(), &project.root(), None, None).unwrap());
    assert_eq!(json.unwrap()["checkpoint"]["size"], 2);
}

#[test]
fn no_log_is_a_fault_and_not_an_empty_one() {
    let dir = tempfile::tempdir().unwrap();
    let faults = verify(dir.path(), dir.path(), None, None).unwrap_err();
    assert_eq!((faults.len(), faults[0].kind), (1, FaultKind::NoLog));
}

#[test]
fn hostile_files_end_in_faults_and_soon() {
    // A checkpoint of 2^64-1 entries, well signed by a key of the attacker's own.
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let dir = tempfile::tempdir().unwrap();
    let log_dir = dir.path().join("log");
    drop(grow(&log_dir, 3));
    let body = format!("{ORIGIN}\n{}\n{}\n", u64::MAX, STANDARD.encode([7; 32]));
    let signature = key(1).sign(body.as_bytes()).unwrap();
    let old = fs::read_to_string(log_dir.join("checkpoint")).unwrap();
    let old = STANDARD
        .decode(old.trim_end().rsplit(' ').next().unwrap())
        .unwrap();
    let line = STANDARD.encode([&old[..4], &signature].concat());
    fs::write(
        log_dir.join("checkpoint"),
        format!("{body}\n— {ORIGIN} {line}\n"),
    )
    .unwrap();
    let faults = verify(dir.path(), dir.path(), None, None).unwrap_err();
    assert!(faults.len() <= 100);
    assert!(Log::open_with(Fast::new(&log_dir), key(1), ORIGIN).is_err());
    assert!(sealine_audit::prove(&log_dir, 5).is_err());
    let reader = sealine_audit::Reader::open(&log_dir).unwrap();
    assert!(reader.entry(u64::MAX - 1).is_err());
    assert!(reader.find_last(|_| true).is_err());
}

#[test]
fn random_rubbish_in_any_file_never_panics_and_never_passes() {
    let project = Project::with_runs(1, 3);
    let mut random = Random(3);
    for (name, bytes) in covered(&project) {
        let path = project.root().join(&name);
        for _ in 0..60 {
            let mut changed = bytes.clone();
            match random.below(3) {
                0 => {
                    for _ in 0..=random.below(8) {
                        let at = random.below(changed.len());
                        changed[at] = random.next().to_le_bytes()[0];
                    }
                }
                1 => {
                    let at = random.below(changed.len());
                    changed.splice(at..at, (0..random.below(70)).map(|_| b'\n'));
                }
                _ => {
                    changed = (0..random.below(4_000))
                        .map(|_| random.next().to_le_bytes()[0])
                        .collect()
                }
            }
            if changed == bytes {
                continue;
            }
            fs::write(&path, &changed).unwrap();
            let faults = check(&project.root()).expect_err(&name);
            assert!(names(&faults, &name), "{name}: {faults:?}");
            let _ = Log::open_with(Fast::new(&project.log()), key(1), ORIGIN).map(drop);
        }
        // Opening may have tidied a planted record away: nothing else was written.
        fs::write(&path, &bytes).unwrap();
    }
    check(&project.root()).unwrap();
}
