//! Swapping a staged generation into its place, or adding what is staged: one rename, by the kernel, atomic.
//!
//! INVARIANT: a destination is never absent between two generations and never half of one; what is added takes
//! the place of nothing.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use sealine_audit::Published;
use sealine_protect::crypto;

use super::foreign::only_ours;
use super::journal::FileRecord;
use super::tree::leaves;
use crate::durable;
use crate::error::EngineError;

/// Puts `stage` at `destination`. What is replaced was nothing or what Sealine wrote, and lies at `stage`
/// afterwards; what is appended comes to lie beside files that Sealine wrote, under a name that is free.
pub(crate) fn publish(
    stage: &Path,
    destination: &Path,
    mode: Published,
) -> Result<(), EngineError> {
    // Asked a second time: a long run leaves room for others to put files there.
    match mode {
        Published::Replace => {
            only_ours(destination, None)?;
            swap(stage, destination)
        }
        Published::Append => {
            only_ours(
                destination.parent().unwrap_or(destination),
                stage.file_name(),
            )?;
            add(stage, destination)
        }
    }
}

/// The swap itself.
pub(super) fn swap(stage: &Path, destination: &Path) -> Result<(), EngineError> {
    // NOREPLACE first: only its refusal proves that there is something to exchange with.
    let outcome = match renameat_with(CWD, stage, CWD, destination, RenameFlags::NOREPLACE) {
        Err(Errno::EXIST) => renameat_with(CWD, stage, CWD, destination, RenameFlags::EXCHANGE),
        other => other,
    };
    // A crash right here leaves the old generation or the new one in place: a rename is atomic.
    settled(outcome, destination)
}

/// The addition itself.
fn add(stage: &Path, destination: &Path) -> Result<(), EngineError> {
    match renameat_with(CWD, stage, CWD, destination, RenameFlags::NOREPLACE) {
        // Nobody else names files so; it may be a part of another dataset, and is theirs in any case.
        Err(Errno::EXIST) => Err(EngineError::Foreign {
            path: destination.parent().unwrap_or(destination).to_path_buf(),
            first: destination
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            count: 1,
        }),
        // A crash right here leaves the rows added or not: a rename is atomic, of a folder too.
        outcome => settled(outcome, destination),
    }
}

fn settled(outcome: Result<(), Errno>, destination: &Path) -> Result<(), EngineError> {
    match outcome {
        Ok(()) => {}
        Err(Errno::INVAL | Errno::NOSYS | Errno::XDEV | Errno::OPNOTSUPP | Errno::BUSY) => {
            return Err(EngineError::NoSwap {
                path: destination.to_path_buf(),
            });
        }
        Err(errno) => {
            return Err(EngineError::Publish {
                path: destination.to_path_buf(),
                source: errno.into(),
            });
        }
    }
    durable::sync_parent(destination).map_err(|source| EngineError::Publish {
        path: destination.to_path_buf(),
        source,
    })
}

/// Whether `path` holds exactly the recorded generation, by names, sizes and digests of the ciphertext.
pub(crate) fn holds(path: &Path, files: &[FileRecord]) -> std::io::Result<bool> {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if metadata.is_dir() {
        if leaves(path)?.len() != files.len() {
            return Ok(false);
        }
    } else if files.len() != 1 || files.first().is_none_or(|file| !file.name.is_empty()) {
        return Ok(false);
    }
    for file in files {
        let at = if file.name.is_empty() {
            path.to_path_buf()
        } else {
            path.join(&file.name)
        };
        match std::fs::symlink_metadata(&at) {
            Ok(found) if found.is_file() && found.len() == file.bytes => {}
            _ => return Ok(false),
        }
        if digest(&at)? != file.sha256 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn digest(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = crypto::Sha256::new();
    let mut buffer = vec![0_u8; 1 << 18];
    loop {
        let read = file.read(&mut buffer)?;
        match buffer.get(..read) {
            Some([]) | None => break,
            Some(bytes) => hasher.update(bytes),
        }
    }
    Ok(hex::encode(hasher.finish()))
}
