//! Opening one file: a regular one, not through a link, and known again afterwards.
//!
//! INVARIANT: what is read is what was checked; the checks are made on the open descriptor.

use std::fs::File;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

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
