//! A crash, or a failure, at every durable step of an append: the entry is in or
//! not, the log is valid at once and complete after the next opening, and no two
//! signed checkpoints contradict each other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod kit;

use std::fs;
use std::io;
use std::path::Path;

use kit::{Fast, ORIGIN, Random, copy, event, grow, key};
use sealine_audit::{AuditError, Checkpoint, Log, Reader, Storage, verify};

/// What happens at the chosen step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    /// The process dies before the step.
    CrashBefore,
    /// The process dies in the middle of it: a write leaves half of its bytes.
    CrashWithin,
    /// The process dies after it.
    CrashAfter,
    /// The step fails, and all others succeed.
    FailOnce,
    /// From this step on no byte can be written; names can still be removed.
    DiskFull,
    /// From this step on nothing works, as on a device that went away; the process lives.
    Gone,
}

/// A storage that counts its steps and fails at one of them.
struct Faulty {
    inner: Fast,
    left: usize,
    fault: Fault,
    struck: bool,
}

impl Faulty {
    /// Runs one step; `half` is what remains of it where the process dies within.
    fn step(
        &mut self,
        writes: bool,
        whole: impl FnOnce(&mut Fast) -> io::Result<()>,
        half: impl FnOnce(&mut Fast),
    ) -> io::Result<()> {
        let died = || io::Error::other("the process died");
        if self.struck {
            return match self.fault {
                Fault::FailOnce => whole(&mut self.inner),
                Fault::DiskFull if !writes => whole(&mut self.inner),
                Fault::DiskFull => Err(io::ErrorKind::StorageFull.into()),
                _ => Err(died()),
            };
        }
        if self.left > 0 {
            self.left -= 1;
            return whole(&mut self.inner);
        }
        self.struck = true;
        match self.fault {
            Fault::CrashBefore | Fault::Gone => {}
            Fault::CrashWithin => half(&mut self.inner),
            Fault::CrashAfter => whole(&mut self.inner)?,
            Fault::FailOnce => half(&mut self.inner),
            Fault::DiskFull if writes => {
                half(&mut self.inner);
                return Err(io::ErrorKind::StorageFull.into());
            }
            Fault::DiskFull => return whole(&mut self.inner),
        }
        Err(died())
    }
}

impl Storage for Faulty {
    fn lock(&mut self) -> io::Result<bool> {
        self.inner.lock()
    }

    fn make_dir(&mut self, path: &str) -> io::Result<()> {
        self.step(true, |disk| disk.make_dir(path), |_| ())
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let half = &bytes[..bytes.len() / 2];
        self.step(
            true,
            |disk| disk.write(path, bytes),
            |disk| disk.write(path, half).unwrap(),
        )
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.step(false, |disk| disk.rename(from, to), |_| ())
    }

    fn sync_dir(&mut self, path: &str) -> io::Result<()> {
        self.step(false, |disk| disk.sync_dir(path), |_| ())
    }

    fn remove(&mut self, path: &str) -> io::Result<()> {
        self.step(false, |disk| disk.remove(path), |_| ())
    }

    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        self.inner.read(path, limit)
    }

    fn names(&self, path: &str) -> io::Result<Vec<String>> {
        self.inner.names(path)
    }
}

/// Whether anyone is there to be told the outcome.
fn lives(fault: Fault) -> bool {
    matches!(fault, Fault::FailOnce | Fault::DiskFull | Fault::Gone)
}

/// Every checkpoint that was signed and reached the disk, under whatever name.
fn signed(log_dir: &Path) -> Vec<Checkpoint> {
    let texts = ["checkpoint", "aside"].map(|name| fs::read(log_dir.join(name)).ok());
    texts
        .into_iter()
        .flatten()
        .filter_map(|text| Checkpoint::parse(&text).ok())
        .collect()
}

/// One append with a fault at step `at`; returns whether the fault was reached.
fn strike(base: &Path, size: u64, at: usize, fault: Fault) -> bool {
    let what = format!("size {size}, step {at}, {fault:?}");
    let dir = tempfile::tempdir().unwrap();
    let log_dir = dir.path().join("log");
    copy(base, &log_dir);
    let before = Checkpoint::parse(&fs::read(log_dir.join("checkpoint")).unwrap()).unwrap();
    let opened = Log::open_with(Fast::new(&log_dir), key(1), ORIGIN);
    drop(opened.unwrap());
    let storage = Faulty {
        inner: Fast::new(&log_dir),
        left: at,
        fault,
        struck: false,
    };
    // Opening itself tidies up, which counts as steps: an error is one of them.
    let outcome = Log::open_with(storage, key(1), ORIGIN).and_then(|mut log| {
        let outcome = log.append(&event(size));
        if outcome.is_err() {
            assert!(
                matches!(log.append(&event(9)), Err(AuditError::Broken)),
                "{what}"
            );
        }
        outcome.map(|_| ())
    });
    let promised = signed(&log_dir);
    let public = key(1).verifying_key();
    let check = |when: &str| {
        let verified = verify(dir.path(), dir.path(), Some(public), Some(before.clone()));
        verified.unwrap_or_else(|faults| panic!("{what}, {when}: {faults:?}"))
    };
    let found = check("right after").entries();
    assert!((size..=size + 1).contains(&found), "{what}: {found}");
    // Readers see a whole log.
    let seen = Reader::open(&log_dir)
        .unwrap()
        .entries(0)
        .map(Result::unwrap)
        .count() as u64;
    assert_eq!(seen, found, "{what}");

    // The next opening, and an event of another kind than the one that was cut off.
    let mut log = Log::open_with(Fast::new(&log_dir), key(1), ORIGIN)
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let complete = log.checkpoint().size();
    match &outcome {
        Ok(()) => assert_eq!(complete, size + 1, "{what}"),
        Err(AuditError::Unfinished { .. }) if lives(fault) && fault != Fault::Gone => {
            assert_eq!(complete, size + 1, "{what}");
        }
        // The process lives and was told that the entry is not in: so it is.
        Err(AuditError::Storage { .. }) if lives(fault) => {
            assert_eq!(complete, size, "{what}: {outcome:?}");
        }
        // A dead process was told nothing, and a lost device tells nothing.
        Err(_) => assert!((size..=size + 1).contains(&complete), "{what}"),
    }
    assert!(complete >= found, "{what}: an entry went away");
    for _ in 0..2 {
        log.append(&event(7_000_000)).unwrap();
    }
    drop(log);
    assert_eq!(
        check("after going on").notes,
        Vec::<String>::new(),
        "{what}"
    );
    // Whatever was signed on the way is a beginning of what the log is now.
    for old in promised {
        let verified = verify(dir.path(), dir.path(), Some(public), Some(old));
        assert!(
            verified.is_ok(),
            "{what}: a signed checkpoint was contradicted: {verified:?}"
        );
    }
    let reader = Reader::open(&log_dir).unwrap();
    for record in reader.entries(0).map(Result::unwrap) {
        let expected = if record.index < complete {
            record.index
        } else {
            7_000_000
        };
        assert_eq!(record.event.unwrap(), event(expected), "{what}");
    }
    outcome.is_err()
}

#[test]
fn an_append_that_stops_at_any_step() {
    let mut strikes = 0;
    for size in [0, 1, 254, 255, 256, 511] {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().join("log");
        drop(grow(&base, size));
        for fault in [
            // A crash after a step is one before the next.
            Fault::CrashBefore,
            Fault::CrashWithin,
            Fault::FailOnce,
            Fault::DiskFull,
            Fault::Gone,
        ] {
            // Steps are tried until an append comes through five times in a row:
            // tidying up may fail without the append failing.
            let (mut at, mut calm) = (0, 0);
            while calm < 5 {
                if strike(&base, size, at, fault) {
                    strikes += 1;
                    calm = 0;
                } else {
                    calm += 1;
                }
                at += 1;
            }
            // Four files, each written, named and its folder synced: the last is written at the tenth step, and
            // five more come through. Folders that a checkpoint vouches for are not made again.
            assert!(at > 15, "an append has more steps than {at}");
        }
    }
    assert!(strikes > 400, "only {strikes} strikes");
}

#[test]
fn a_creation_that_stops_at_any_step() {
    for fault in [
        Fault::CrashBefore,
        Fault::CrashWithin,
        Fault::CrashAfter,
        Fault::DiskFull,
    ] {
        for at in 0..12 {
            let dir = tempfile::tempdir().unwrap();
            let log_dir = dir.path().join("log");
            let storage = Faulty {
                inner: Fast::new(&log_dir),
                left: at,
                fault,
                struck: false,
            };
            let created = Log::create_with(storage, key(1), ORIGIN).map(drop);
            let mut log = if Log::exists(&log_dir) {
                Log::open_with(Fast::new(&log_dir), key(1), ORIGIN).unwrap()
            } else {
                assert!(created.is_err());
                Log::create_with(Fast::new(&log_dir), key(1), ORIGIN).unwrap()
            };
            log.append(&event(0)).unwrap();
            drop(log);
            let verified = verify(dir.path(), dir.path(), None, None).unwrap();
            assert_eq!((verified.entries(), verified.notes.len()), (1, 0));
        }
    }
}

#[test]
fn crash_after_crash() {
    let public = key(1).verifying_key();
    let faults = [
        Fault::CrashBefore,
        Fault::CrashWithin,
        Fault::CrashAfter,
        Fault::DiskFull,
        Fault::Gone,
    ];
    for seed in 0..4 {
        let mut random = Random(seed);
        let dir = tempfile::tempdir().unwrap();
        let log_dir = dir.path().join("log");
        drop(grow(&log_dir, 230));
        let mut promised = signed(&log_dir);
        let mut acknowledged = 0;
        for n in 0..120_u64 {
            let fault = faults[random.below(faults.len())];
            let left = random.below(60);
            let storage = Faulty {
                inner: Fast::new(&log_dir),
                left,
                fault,
                struck: false,
            };
            if let Ok(mut log) = Log::open_with(storage, key(1), ORIGIN) {
                for m in 0..3 {
                    acknowledged += u64::from(log.append(&event(n * 10 + m)).is_ok());
                }
            }
            promised.extend(
                signed(&log_dir)
                    .into_iter()
                    .filter(|old| old.size() % 7 == seed),
            );
        }
        drop(Log::open_with(Fast::new(&log_dir), key(1), ORIGIN).unwrap());
        let size = Reader::open(&log_dir).unwrap().checkpoint().size();
        assert!(
            size >= 230 + acknowledged,
            "an acknowledged entry went away"
        );
        assert!(acknowledged > 50, "only {acknowledged} went in");
        for old in promised {
            let verified = verify(dir.path(), dir.path(), Some(public), Some(old));
            assert!(verified.is_ok(), "seed {seed}: {verified:?}");
        }
    }
}

#[test]
fn a_planted_or_replayed_record_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("base/log");
    drop(grow(&base, 5));
    // A genuine record of entry 5, from a process that died after staging it.
    let cut = dir.path().join("cut/log");
    copy(&base, &cut);
    let inner = Fast::new(&cut);
    let storage = Faulty {
        inner,
        left: 4,
        fault: Fault::CrashAfter,
        struck: false,
    };
    let mut log = Log::open_with(storage, key(1), ORIGIN).unwrap();
    log.append(&event(5)).unwrap_err();
    drop(log);
    let record = fs::read(cut.join("staged")).unwrap();

    for (name, size, bytes) in [
        ("garbage", 5, b"{}".to_vec()),
        ("bent", 5, {
            let mut bent = record.clone();
            let at = bent.len() / 2;
            bent[at] ^= 1;
            bent
        }),
        ("too late", 7, record.clone()),
        ("too early", 4, record.clone()),
    ] {
        let log_dir = dir.path().join(name).join("log");
        drop(grow(&log_dir, size));
        fs::write(log_dir.join("staged"), bytes).unwrap();
        let opened = Log::open_with(Fast::new(&log_dir), key(1), ORIGIN);
        assert!(matches!(opened, Err(AuditError::Damaged { .. })), "{name}");
        let state = log_dir.parent().unwrap();
        let faults = verify(state, state, None, None).unwrap_err();
        assert_eq!(faults[0].file, "log/staged", "{name}");
    }
}
