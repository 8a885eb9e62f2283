//! The published files: those of every dataset's latest generation, byte by byte.
//!
//! INVARIANT: a file passes only with the size and SHA-256 of its receipt, and a
//! folder only with no file besides. Must never read more of a file than its
//! receipt says it has, and never decrypt.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use sealine_protect::crypto::Sha256;

use super::check::{Check, unreadable};
use super::walk;
use crate::fault::{Fault, FaultKind};
use crate::storage::open_regular;
use crate::{Digest, OutputRecord, PublishedFile};

/// What was checked.
pub(crate) struct Counted {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

pub(crate) fn check(
    check: &mut Check,
    project: &Path,
    outputs: &BTreeMap<String, Vec<(u64, OutputRecord)>>,
) -> Counted {
    let mut counted = Counted { files: 0, bytes: 0 };
    let mut known: BTreeSet<PathBuf> = BTreeSet::new();
    let mut folders: BTreeMap<PathBuf, &str> = BTreeMap::new();
    for (entry, output) in outputs.values().flatten() {
        folders.insert(place(project, &output.location), &output.location);
        for file in &output.files {
            if check.full() {
                return counted;
            }
            let path = place(project, &file.path);
            known.insert(path.clone());
            match compare(&path, file) {
                Ok(None) => {
                    counted.files += 1;
                    counted.bytes += file.bytes;
                }
                Ok(Some(fault)) => check.fault(fault.at(*entry)),
                Err(error) => check.fault(unreadable(&file.path, &error).at(*entry)),
            }
        }
    }
    for (folder, name) in folders {
        if folder.is_dir() {
            strangers(check, &folder, name, &known);
        }
    }
    counted
}

/// Where a path of a receipt lies. Lexical: `.` goes, `..` takes one folder back.
fn place(project: &Path, path: &str) -> PathBuf {
    let mut full = PathBuf::new();
    for part in project.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if full.file_name().is_some_and(|name| name != "..") => {
                full.pop();
            }
            other => full.push(other),
        }
    }
    full
}

fn compare(path: &Path, expected: &PublishedFile) -> io::Result<Option<Fault>> {
    let fault = |kind, message: &str| Some(Fault::new(kind, expected.path.clone(), message));
    let Some((file, size)) = open_regular(path)? else {
        return Ok(fault(FaultKind::Missing, "a published file is missing"));
    };
    if size != expected.bytes {
        return Ok(fault(
            FaultKind::Output,
            "the file has another size than when it was published",
        ));
    }
    let mut hash = Sha256::new();
    let mut buffer = vec![0_u8; 256 * 1024];
    let mut bytes = file.take(expected.bytes);
    loop {
        let count = match bytes.read(&mut buffer) {
            Ok(0) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        hash.update(buffer.get(..count).unwrap_or_default());
    }
    if Digest::new(hash.finish()) == expected.sha256 {
        return Ok(None);
    }
    Ok(fault(
        FaultKind::Output,
        "the file is not the one that was published",
    ))
}

/// Files in a dataset's folder that no receipt describes: whoever reads the
/// folder would take them for data.
fn strangers(check: &mut Check, folder: &Path, location: &str, known: &BTreeSet<PathBuf>) {
    let found = match walk::files(folder) {
        Ok(found) => found,
        Err(error) => return check.fault(unreadable(location, &error)),
    };
    for (name, _) in found {
        if known.contains(&folder.join(&name)) {
            continue;
        }
        let file = format!("{}/{name}", location.trim_end_matches('/'));
        if name
            .split('/')
            .any(|part| part.starts_with('.') && part.contains(".sealine-"))
        {
            check.note(format!(
                "`{file}` was left by a run that stopped; the next run removes it"
            ));
            continue;
        }
        let message =
            "no receipt describes this file, and readers of the dataset would take it for data";
        check.fault(Fault::new(FaultKind::Extra, file, message));
    }
}
