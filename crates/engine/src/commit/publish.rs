//! Swapping a staged generation into its place: one rename, by the kernel, atomic.
//!
//! INVARIANT: a destination is never absent between two generations and never half of one.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use sealine_protect::crypto;

use super::foreign::only_ours;
use super::journal::FileRecord;
use crate::durable;
use crate::error::EngineError;

/// Puts `stage` at `destination`, which holds nothing or what Sealine wrote. What was there before lies at
/// `stage` afterwards.
pub(crate) fn publish(stage: &Path, destination: &Path) -> Result<(), EngineError> {
    // Asked a second time: a long run leaves room for others to put files there.
    only_ours(destination)?;
    swap(stage, destination)
}

/// The swap itself.
pub(super) fn swap(stage: &Path, destination: &Path) -> Result<(), EngineError> {
    // NOREPLACE first: only its refusal proves that there is something to exchange with.
    let outcome = match renameat_with(CWD, stage, CWD, destination, RenameFlags::NOREPLACE) {
        Err(Errno::EXIST) => renameat_with(CWD, stage, CWD, destination, RenameFlags::EXCHANGE),
        other => other,
    };
    // A crash right here leaves the old generation or the new one in place: a rename is atomic.
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
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path)? {
            names.push(entry?.file_name());
        }
        if names.len() != files.len() {
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
