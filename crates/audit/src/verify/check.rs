//! The course of a verification, from the key to the published files.
//!
//! INVARIANT: needs the public key and the files, nothing else; everything read
//! is bounded, and no file, however hostile, stops it otherwise than by a fault.
//! Must never write, and never say more than it checked.

use std::path::Path;

use sealine_protect::crypto::ed25519::VerifyingKey;

use super::{labels, outputs, receipts, tree};
use crate::fault::{Fault, FaultKind, Verified};
use crate::log::{CHECKPOINT, KEY, MAX_NOTE};
use crate::merkle;
use crate::note::{self, Checkpoint};
use crate::storage::{Disk, Storage as _};

/// More faults than this say nothing new.
const MAX_FAULTS: usize = 100;
/// How often a log that grew meanwhile is looked at again.
const ATTEMPTS: usize = 3;

/// Verifies the state folder of a project (`log/` and `receipts/` in it) and the
/// published files of the latest generation of every dataset.
///
/// Pass the public key that is kept elsewhere, and a checkpoint remembered from
/// before: without them some things cannot be ruled out, and [`Verified`] lists
/// which.
///
/// # Errors
/// Every fault found, each naming a file and, where there is one, an entry; at
/// most about a hundred.
pub fn verify(
    state_dir: &Path,
    project_root: &Path,
    key: Option<VerifyingKey>,
    remembered: Option<Checkpoint>,
) -> Result<Verified, Vec<Fault>> {
    let log = Disk::new(&state_dir.join("log"));
    let mut attempt = 1;
    loop {
        let before = log.read(CHECKPOINT, MAX_NOTE).ok();
        let mut check = Check {
            faults: Vec::new(),
            notes: Vec::new(),
        };
        let verified = check.run(state_dir, project_root, key.as_ref(), remembered.as_ref());
        match verified {
            Some(verified) if check.faults.is_empty() => {
                return Ok(Verified {
                    notes: check.notes,
                    ..verified
                });
            }
            // A writer replaces and tidies files: what was found may be that.
            _ if attempt < ATTEMPTS && log.read(CHECKPOINT, MAX_NOTE).ok() != before => {}
            _ => return Err(check.faults),
        }
        attempt += 1;
    }
}

/// What has been found so far.
pub(crate) struct Check {
    pub(crate) faults: Vec<Fault>,
    pub(crate) notes: Vec<String>,
}

impl Check {
    pub(crate) fn fault(&mut self, fault: Fault) {
        if !self.full() {
            self.faults.push(fault);
        }
    }

    pub(crate) fn note(&mut self, note: String) {
        if self.notes.len() < MAX_FAULTS {
            self.notes.push(note);
        }
    }

    pub(crate) fn full(&self) -> bool {
        self.faults.len() >= MAX_FAULTS
    }

    fn run(
        &mut self,
        state: &Path,
        project: &Path,
        pinned: Option<&VerifyingKey>,
        remembered: Option<&Checkpoint>,
    ) -> Option<Verified> {
        let log = Disk::new(&state.join("log"));
        let checkpoint = self.checkpoint(&log)?;
        let key = self.key(&log, &checkpoint, pinned)?;
        if let Err(error) = checkpoint.verify(&key) {
            self.fault(Fault::new(
                FaultKind::Checkpoint,
                "log/checkpoint",
                reason(&error),
            ));
        }
        let tree = tree::check(self, &log, &checkpoint, &key);
        let continues = remembered.filter(|old| self.continues(old, &checkpoint, &key, &tree));
        let current = receipts::check(self, state, &key, &tree.commits);
        labels::check(self, state, current.labels);
        let counted = outputs::check(self, project, &current.outputs);
        Some(Verified {
            not_ruled_out: not_ruled_out(pinned.is_some(), remembered, tree.unknown),
            checkpoint,
            pinned_key: pinned.is_some(),
            continues: continues.map(Checkpoint::size),
            receipts: current.count,
            files: counted.files,
            bytes: counted.bytes,
            notes: Vec::new(),
        })
    }

    fn checkpoint(&mut self, log: &Disk) -> Option<Checkpoint> {
        let fault = match log.read(CHECKPOINT, MAX_NOTE) {
            Ok(Some(text)) => match Checkpoint::parse(&text) {
                Ok(checkpoint) => return Some(checkpoint),
                Err(error) => Fault::new(FaultKind::Checkpoint, "log/checkpoint", reason(&error)),
            },
            Ok(None) => {
                let message = "there is no checkpoint, so there is no log to verify";
                Fault::new(FaultKind::NoLog, "log/checkpoint", message)
            }
            Err(error) => unreadable("log/checkpoint", &error),
        };
        self.fault(fault);
        None
    }

    /// The key to verify with; the text beside the log must agree with it.
    fn key(
        &mut self,
        log: &Disk,
        checkpoint: &Checkpoint,
        pinned: Option<&VerifyingKey>,
    ) -> Option<VerifyingKey> {
        let beside = match log.read(KEY, MAX_NOTE) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.fault(unreadable("log/key.pub", &error));
                return pinned.copied();
            }
        };
        let Some(beside) = beside else {
            let message = "the log's public key is missing";
            self.fault(Fault::new(FaultKind::Missing, "log/key.pub", message));
            return pinned.copied();
        };
        let parsed = std::str::from_utf8(&beside).ok().map(note::parse_verifier);
        let found = match parsed {
            Some(Ok((_, key))) => Some(key),
            Some(Err(error)) => {
                self.fault(Fault::new(FaultKind::Key, "log/key.pub", reason(&error)));
                return pinned.copied();
            }
            None => None,
        };
        let key = pinned.copied().or(found);
        let expected =
            key.map(|key| format!("{}\n", note::verifier_text(checkpoint.origin(), &key)));
        if expected.as_deref().map(str::as_bytes) != Some(beside.as_slice()) {
            let message = "it is not the key, under the log's name, that verifies this log";
            self.fault(Fault::new(FaultKind::Key, "log/key.pub", message));
        }
        key
    }

    /// Whether the log continues the remembered one.
    fn continues(
        &mut self,
        old: &Checkpoint,
        new: &Checkpoint,
        key: &VerifyingKey,
        tree: &tree::Tree,
    ) -> bool {
        let name = "remembered checkpoint";
        if old.origin() != new.origin() {
            let message = "it is of a log with another name";
            self.fault(Fault::new(FaultKind::Fork, name, message));
            return false;
        }
        if let Err(error) = old.verify(key) {
            self.fault(Fault::new(FaultKind::Checkpoint, name, reason(&error)));
            return false;
        }
        if old.size() > new.size() {
            let message = format!(
                "the log had {} entries and has {}: it was cut or set back",
                old.size(),
                new.size()
            );
            self.fault(Fault::new(FaultKind::Rollback, "log/checkpoint", message));
            return false;
        }
        // Entries that are damaged were reported; nothing can be said of their past.
        let Some(leaves) = tree.leaves.as_deref() else {
            return false;
        };
        let Some(first) = usize::try_from(old.size())
            .ok()
            .and_then(|size| leaves.get(..size))
        else {
            return false;
        };
        if merkle::root(first) != *old.root().as_bytes() {
            let message = format!(
                "the first {} entries are not those of the remembered checkpoint: history was rewritten",
                old.size()
            );
            self.fault(Fault::new(FaultKind::Fork, "log/checkpoint", message));
            return false;
        }
        true
    }
}

/// What the caller's material leaves open.
fn not_ruled_out(pinned: bool, remembered: Option<&Checkpoint>, unknown: u64) -> Vec<String> {
    let mut open = Vec::new();
    if !pinned {
        open.push(
            "that log and receipts were rewritten as a whole under another key: the key was taken \
             from `log/key.pub`; pass the one you kept elsewhere"
                .to_owned(),
        );
    }
    match remembered {
        None => open.push(
            "that the log was truncated or rolled back to an earlier state, or that its history \
             was rewritten with its own key: no remembered checkpoint was given; keep \
             `log/checkpoint` somewhere else and pass it next time"
                .to_owned(),
        ),
        Some(old) => open.push(format!(
            "that entries after the first {}, made since the remembered checkpoint, were removed again",
            old.size()
        )),
    }
    open.push(
        "that the holder of the signing key shows others another history (a fork): compare \
         checkpoints with them"
            .to_owned(),
    );
    if unknown > 0 {
        open.push(format!(
            "what {unknown} entries describe: a later version wrote them, and only their place in \
             the log was checked"
        ));
    }
    open
}

/// A file that cannot be read.
pub(crate) fn unreadable(file: &str, error: &std::io::Error) -> Fault {
    Fault::new(
        FaultKind::Unreadable,
        file,
        format!("it cannot be read: {error}"),
    )
}

/// The part of an error that says what is wrong.
fn reason(error: &crate::AuditError) -> String {
    match error {
        crate::AuditError::BadCheckpoint { reason } | crate::AuditError::BadKey { reason } => {
            (*reason).to_owned()
        }
        other => other.to_string(),
    }
}
