//! The receipts: each one that the log names, and none besides.
//!
//! INVARIANT: a receipt counts only if its bytes have the digest that a log entry
//! carries and the log's key signed it. Must never take outputs from another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sealine_protect::crypto::ed25519::VerifyingKey;

use super::check::{Check, unreadable};
use super::tree::Commit;
use super::walk;
use crate::fault::{Fault, FaultKind};
use crate::storage::read_bounded;
use crate::store::{ASIDE, MAX_RECEIPT, digest_of_name, open_receipt, receipt_name};
use crate::{Digest, OutputRecord, Published};

/// What the receipts say is published now.
pub(crate) struct Current {
    pub(crate) count: u64,
    /// By dataset: the outputs that make up its latest generation, each with
    /// the log entry of its run.
    pub(crate) outputs: BTreeMap<String, Vec<(u64, OutputRecord)>>,
    /// The recorded labels as the newest receipt that names them has them, with the log entry of its run.
    pub(crate) labels: Option<(u64, Digest)>,
}

pub(crate) fn check(
    check: &mut Check,
    state: &Path,
    key: &VerifyingKey,
    commits: &[Commit],
) -> Current {
    let folder = state.join("receipts");
    let mut current = Current {
        count: 0,
        outputs: BTreeMap::new(),
        labels: None,
    };
    let mut seen: BTreeSet<Digest> = BTreeSet::new();
    for commit in commits {
        if check.full() {
            return current;
        }
        // A run that was recorded twice, before and after a crash, published once.
        if seen.insert(commit.receipt) {
            one(check, &folder, key, commit, &mut current);
        }
    }
    strangers(check, &folder, key, &seen);
    current
}

fn one(
    check: &mut Check,
    folder: &Path,
    key: &VerifyingKey,
    commit: &Commit,
    current: &mut Current,
) {
    let name = receipt_name(commit.receipt);
    let file = format!("receipts/{name}");
    let mut fault = |kind, message: &str| {
        check.fault(Fault::new(kind, file.clone(), message).at(commit.entry));
    };
    let bytes = match read_bounded(&folder.join(&name), MAX_RECEIPT) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return fault(FaultKind::Missing, "the receipt of this run is missing"),
        Err(error) => return check.fault(unreadable(&file, &error).at(commit.entry)),
    };
    if Digest::of(&bytes) != commit.receipt {
        return fault(
            FaultKind::Receipt,
            "the receipt is not the one that was logged",
        );
    }
    let statement = match open_receipt(&bytes, key) {
        Ok(statement) => statement,
        Err(reason) => return fault(FaultKind::Receipt, reason),
    };
    if statement.predicate.run != commit.run {
        return fault(
            FaultKind::Receipt,
            "the receipt is of another run than its entry",
        );
    }
    current.count += 1;
    if let Some(labels) = statement.predicate.labels {
        current.labels = Some((commit.entry, labels));
    }
    for output in statement.predicate.outputs {
        let generation = current.outputs.entry(output.dataset.clone()).or_default();
        if output.mode == Published::Replace {
            generation.clear();
        }
        generation.push((commit.entry, output));
    }
}

/// Receipts that no entry names: signed ones are of runs that stopped before
/// they were recorded, others are not ours.
fn strangers(check: &mut Check, folder: &Path, key: &VerifyingKey, logged: &BTreeSet<Digest>) {
    let found = match walk::files(folder) {
        Ok(found) => found,
        Err(error) => return check.fault(unreadable("receipts", &error)),
    };
    for (name, kind) in found {
        if check.full() {
            return;
        }
        let file = format!("receipts/{name}");
        let digest = digest_of_name(&name);
        if kind == walk::Kind::File && digest.is_some_and(|digest| logged.contains(&digest)) {
            continue;
        }
        if kind == walk::Kind::File && name == ASIDE {
            check.note(format!(
                "`{file}` was left by a run that stopped; the next one replaces it"
            ));
            continue;
        }
        let bytes = read_bounded(&folder.join(&name), MAX_RECEIPT)
            .ok()
            .flatten();
        let genuine = bytes.is_some_and(|bytes| {
            digest == Some(Digest::of(&bytes)) && open_receipt(&bytes, key).is_ok()
        });
        if genuine {
            check.note(format!(
                "`{file}` is signed but not in the log: its run was never recorded"
            ));
        } else {
            let message = "no log entry names this file";
            check.fault(Fault::new(FaultKind::Extra, file, message));
        }
    }
}
