//! Opening one file, a regular one and not through a link, and making a new one.
//!
//! INVARIANT: what is read is what was checked; the checks are made on the open descriptor. What is
//! written is new, its owner's alone, and durable when it is finished.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use sealine_protect::crypto::Sha256;

use crate::ConnectError;

/// Which file was read, and in what state: equal before and after a run when nothing changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileIdentity {
    /// The identity of the regular file at `path` now.
    pub fn of(path: &Path) -> Result<FileIdentity, ConnectError> {
        open(path).map(|(_, identity)| identity)
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Opens a regular file for reading; a link, pipe, device or folder is refused, and a pipe is not
/// waited for.
pub(crate) fn open(path: &Path) -> Result<(File, FileIdentity), ConnectError> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path)
        .map_err(|source| match source.raw_os_error() {
            Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => {
                ConnectError::not_regular(path)
            }
            _ => ConnectError::io("open", path, source),
        })?;
    let meta = file
        .metadata()
        .map_err(|source| ConnectError::io("look at", path, source))?;
    if !meta.is_file() {
        return Err(ConnectError::not_regular(path));
    }
    let identity = FileIdentity {
        device: meta.dev(),
        inode: meta.ino(),
        bytes: meta.len(),
        modified: (meta.mtime(), meta.mtime_nsec()),
        changed: (meta.ctime(), meta.ctime_nsec()),
    };
    Ok((file, identity))
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Size of the file.
    pub bytes: u64,
    /// Rows in it.
    pub rows: u64,
    /// Digest of its bytes as they lie on disk.
    pub sha256: [u8; 32],
}

/// A new file, digested while it is written.
pub(crate) struct NewFile {
    file: File,
    digest: Sha256,
    bytes: u64,
}

impl NewFile {
    /// Makes the file at `path`, which must not exist; only its owner may read it.
    pub(crate) fn create(path: &Path) -> Result<NewFile, ConnectError> {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .custom_flags(i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default())
            .open(path)
            .map_err(|source| ConnectError::io("create", path, source))?;
        Ok(NewFile {
            file,
            digest: Sha256::new(),
            bytes: 0,
        })
    }

    /// Bytes written so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes the file durable. Its folder is not synced: the caller publishes.
    pub(crate) fn finish(mut self, path: &Path, rows: u64) -> Result<Written, ConnectError> {
        self.flush()
            .map_err(|source| ConnectError::io("write", path, source))?;
        // A sync that failed once is never tried again: the pages may be gone.
        self.file
            .sync_all()
            .map_err(|source| ConnectError::io("sync", path, source))?;
        Ok(Written {
            bytes: self.bytes,
            rows,
            sha256: self.digest.finish(),
        })
    }
}

impl Write for NewFile {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        let count = self.file.write(buffer)?;
        self.digest.update(buffer.get(..count).unwrap_or(buffer));
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
