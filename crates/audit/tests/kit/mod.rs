//! What the tests of this crate share: a key, events, a storage that does not
//! wait for the disk, and a project with outputs.
#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sealine_audit::{
    Action, Digest, Digests, Disk, Event, Identities, InputRecord, KeyUse, Log, Outcome,
    OutputRecord, Published, PublishedFile, Receipt, Role, RuleCount, Statement, Storage, Time,
    Verdict,
};
use sealine_protect::crypto::Secret;
use sealine_protect::crypto::ed25519::SigningKey;

pub const ORIGIN: &str = "sealine.test/log";

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&Secret::new(vec![seed; 32])).unwrap()
}

pub fn event(n: u64) -> Event {
    let action = Action::RunFailed {
        run: format!("run-{n}"),
        pipeline: "daily".into(),
        code: "SL5001".into(),
        rows_in: n,
        rows_rejected: 0,
    };
    Event::new(
        Time::from_seconds(1_700_000_000),
        "Service::\"svc/daily\"",
        Outcome::Failure,
        action,
    )
}

/// A small seeded generator (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }
}

/// A folder like `Disk`, which does not wait for the disk.
pub struct Fast {
    pub root: PathBuf,
    disk: Disk,
}

impl Fast {
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            disk: Disk::new(root),
        }
    }
}

impl Storage for Fast {
    fn lock(&mut self) -> io::Result<bool> {
        self.disk.lock()
    }

    fn make_dir(&mut self, path: &str) -> io::Result<()> {
        fs::create_dir_all(self.root.join(path))
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        fs::write(self.root.join(path), bytes)
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.root.join(from), self.root.join(to))
    }

    fn sync_dir(&mut self, path: &str) -> io::Result<()> {
        assert!(self.root.join(path).is_dir());
        Ok(())
    }

    fn remove(&mut self, path: &str) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        self.disk.read(path, limit)
    }

    fn names(&self, path: &str) -> io::Result<Vec<String>> {
        self.disk.names(path)
    }
}

/// A log of `entries` events in `dir`.
pub fn grow(dir: &Path, entries: u64) -> Log<Fast> {
    fs::create_dir_all(dir.parent().unwrap()).unwrap();
    let mut log = if dir.join("checkpoint").exists() {
        Log::open_with(Fast::new(dir), key(1), ORIGIN).unwrap()
    } else {
        Log::create_with(Fast::new(dir), key(1), ORIGIN).unwrap()
    };
    while log.checkpoint().size() < entries {
        let n = log.checkpoint().size();
        assert_eq!(log.append(&event(n)).unwrap().index, n);
    }
    log
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Every file below a folder with its bytes, by its path relative to it.
pub fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, at: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

/// A project: state in `.sealine`, outputs in `lake` and `rejects`.
pub struct Project {
    pub dir: tempfile::TempDir,
}

impl Project {
    /// `runs` committed runs, each with an output that replaces the last and a
    /// rejects file that is added; `padding` other entries before each.
    pub fn with_runs(runs: u64, padding: u64) -> Self {
        let project = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(project.root().join("lake/customers")).unwrap();
        fs::create_dir_all(project.root().join("rejects")).unwrap();
        let mut log = grow(&project.log(), 0);
        for run in 0..runs {
            for n in 0..padding {
                log.append(&event(n)).unwrap();
            }
            project.commit(&mut log, run);
        }
        project
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    pub fn state(&self) -> PathBuf {
        self.dir.path().join(".sealine")
    }

    pub fn log(&self) -> PathBuf {
        self.state().join("log")
    }

    pub fn commit<S: Storage>(&self, log: &mut Log<S>, run: u64) {
        let mut random = Random(run);
        let mut publish = |path: String| {
            let bytes: Vec<u8> = (0..300).map(|_| random.next().to_le_bytes()[0]).collect();
            fs::write(self.root().join(&path), &bytes).unwrap();
            let (sha256, bytes) = (Digest::of(&bytes), bytes.len() as u64);
            PublishedFile {
                path,
                sha256,
                bytes,
                rows: 9,
            }
        };
        let outputs = vec![
            output(
                "lake.customers",
                Published::Replace,
                vec![
                    publish("lake/customers/part-0.parquet".into()),
                    publish("lake/customers/part-1.parquet".into()),
                ],
            ),
            output(
                "quarantine.customers",
                Published::Append,
                vec![publish(format!("rejects/run-{run}.parquet"))],
            ),
        ];
        let mut statement = Statement::new(receipt(run, outputs));
        let labels = format!("{{\"version\":1,\"labels\":{{\"run\":{run}}}}}\n");
        fs::write(self.state().join("labels.json"), &labels).unwrap();
        statement.predicate.labels = Some(Digest::of(labels.as_bytes()));
        let stored =
            sealine_audit::store_receipt(&self.state().join("receipts"), &statement, log.signer())
                .unwrap();
        let action = Action::RunCommitted {
            run: statement.predicate.run.clone(),
            pipeline: "daily".into(),
            receipt: stored.sha256,
            rows_in: 10,
            rows_out: 18,
            rows_rejected: 1,
            vault_batches: None,
        };
        let event = Event::new(
            Time::from_seconds(1_700_000_100),
            "svc",
            Outcome::Success,
            action,
        );
        log.append(&event).unwrap();
    }
}

fn output(dataset: &str, mode: Published, files: Vec<PublishedFile>) -> OutputRecord {
    let location = files[0].path.rsplit_once('/').unwrap().0.to_owned();
    let role = if mode == Published::Append {
        Role::Rejects
    } else {
        Role::Output
    };
    let rows_out = files.iter().map(|file| file.rows).sum();
    OutputRecord {
        dataset: dataset.into(),
        role,
        mode,
        location,
        rows_out,
        files,
        commitment: None,
        anonymity: None,
        waived: Vec::new(),
    }
}

pub fn receipt(run: u64, outputs: Vec<OutputRecord>) -> Receipt {
    let digest = Digest::new([5; 32]);
    Receipt {
        run: format!("run-{run}"),
        pipeline: "daily".into(),
        started: Time::from_seconds(1_700_000_000),
        finished: Time::from_seconds(1_700_000_090),
        digests: Digests {
            spec: digest,
            plan: digest,
            policy: digest,
            binary: digest,
        },
        optimizer: None,
        verdict: Verdict {
            columns: 5,
            declassifications: Vec::new(),
        },
        identities: Identities {
            principal: "svc".into(),
            roles: Vec::new(),
            operator: None,
        },
        keys: vec![KeyUse {
            name: "lake".into(),
            purpose: "file".into(),
            version: 1,
        }],
        key_epoch: 1,
        inputs: vec![InputRecord {
            dataset: "crm.customers".into(),
            rows_in: 10,
            rows_accepted: 9,
            rows_rejected: 1,
            rejected_by_rule: vec![RuleCount {
                column: "email".into(),
                rule: "email".into(),
                rows: 1,
            }],
            bytes: 1000,
            commitment: Some(Digest::new([6; 32])),
        }],
        outputs,
        labels: None,
        owners: Vec::new(),
    }
}
