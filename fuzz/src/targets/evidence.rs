//! The log, its checkpoints, proofs and receipts: read by auditors who trust nobody.

use std::path::PathBuf;

use sealine_audit::{
    Action, Checkpoint, Digest, Digests, Event, Identities, Log, Outcome, Receipt, Statement, Time,
    Verdict, parse_verifier, prove, read_receipt, receipt_name, store_receipt, verifier_text,
    verify, verify_proof,
};
use sealine_protect::crypto::{Secret, ed25519::SigningKey};
use tempfile::TempDir;

use super::Prepared;

const ORIGIN: &str = "sealine.example/log";

fn signer() -> SigningKey {
    SigningKey::from_seed(&Secret::new(vec![7; 32])).expect("a seed")
}

fn digests() -> Digests {
    let digest = Digest::of(b"x");
    Digests {
        spec: digest,
        plan: digest,
        policy: digest,
        binary: digest,
    }
}

/// A log with some entries, in `log/` of a folder.
fn log_of(entries: i64) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut log = Log::create(&folder.path().join("log"), signer(), ORIGIN).expect("a log");
    for at in 0..entries {
        let action = Action::RunStarted {
            run: format!("run-{at}"),
            pipeline: "daily".to_owned(),
            digests: digests(),
        };
        let event = Event::new(Time::from_micros(at), "svc/daily", Outcome::Success, action);
        log.append(&event).expect("an entry");
    }
    folder
}

pub(super) fn checkpoint() -> Prepared {
    let folder = log_of(3);
    let note = std::fs::read(folder.path().join("log/checkpoint")).expect("a checkpoint");
    let key = signer().verifying_key();
    let known = Checkpoint::parse(&note).expect("a checkpoint");
    let verifier = verifier_text(ORIGIN, &key).into_bytes();
    Prepared::new(vec![note, verifier], move |bytes| {
        if let Ok(parsed) = Checkpoint::parse(bytes) {
            // Lines of other signers may be added; what is signed may not change.
            if parsed.verify(&key).is_ok() {
                assert_eq!((parsed.size(), parsed.root()), (known.size(), known.root()));
                assert_eq!(parsed.origin(), known.origin());
            }
        }
        drop(parse_verifier(&String::from_utf8_lossy(bytes)));
    })
}

/// One file of a log is changed, in turn each of them; verification tells, and never fails itself.
pub(super) fn log() -> Prepared {
    let folder = log_of(5);
    let mut files = Vec::new();
    let mut open = vec![folder.path().to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => open.push(path),
                path => files.push(path),
            }
        }
    }
    files.sort();
    let kept: Vec<(PathBuf, Vec<u8>)> = files
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(path).expect("a file")))
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect();
    let corpus = kept.iter().map(|(_, bytes)| bytes.clone()).collect();
    let key = signer().verifying_key();
    let root = folder.path().to_path_buf();
    let mut turn = 0;
    Prepared::new(corpus, move |bytes| {
        let keep = &folder;
        turn = (turn + 1) % kept.len();
        if let Some((path, own)) = kept.get(turn) {
            std::fs::write(path, bytes).expect("a file");
            drop(verify(&root, keep.path(), Some(key), None));
            drop(sealine_audit::Reader::open(&root.join("log")).map(|log| log.entry(1)));
            std::fs::write(path, own).expect("a file");
        }
    })
}

pub(super) fn proof() -> Prepared {
    let folder = log_of(5);
    let log = folder.path().join("log");
    let text = prove(&log, 2).expect("a proof").into_bytes();
    let entry = sealine_audit::Reader::open(&log)
        .expect("a log")
        .entry(2)
        .expect("an entry")
        .bytes;
    let key = signer().verifying_key();
    Prepared::new(vec![text], move |bytes| {
        if let Ok((index, _)) = verify_proof(&String::from_utf8_lossy(bytes), &entry, &key) {
            assert_eq!(index, 2, "an entry has one place");
        }
    })
}

pub(super) fn receipt() -> Prepared {
    let folder = tempfile::tempdir().expect("a folder");
    let statement = Statement::new(Receipt {
        run: "run".to_owned(),
        pipeline: "daily".to_owned(),
        started: Time::from_micros(1),
        finished: Time::from_micros(2),
        digests: digests(),
        optimizer: None,
        verdict: Verdict {
            columns: 1,
            declassifications: Vec::new(),
        },
        identities: Identities {
            principal: "svc".to_owned(),
            roles: Vec::new(),
            operator: None,
        },
        keys: Vec::new(),
        key_epoch: 1,
        inputs: Vec::new(),
        outputs: Vec::new(),
        labels: None,
        owners: Vec::new(),
    });
    let stored = store_receipt(folder.path(), &statement, &signer()).expect("a receipt");
    let bytes = std::fs::read(&stored.path).expect("a receipt");
    let key = signer().verifying_key();
    Prepared::new(vec![bytes], move |bytes| {
        let digest = Digest::of(bytes);
        let path = folder.path().join(receipt_name(digest));
        std::fs::write(&path, bytes).expect("a file");
        if let Ok(opened) = read_receipt(folder.path(), digest, &key) {
            assert_eq!(opened, statement, "what is signed does not change");
        }
        if path != stored.path {
            let _ = std::fs::remove_file(path);
        }
    })
}
