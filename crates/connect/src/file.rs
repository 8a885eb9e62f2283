//! Opening one file, a regular one and not through a link, and making a new one.
//!
//! INVARIANT: what is read is what was checked; the checks are made on the open descriptor. What is
//! written is new, its owner's alone, and durable when it is finished.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread::JoinHandle;

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
    ahead: Ahead,
}

/// The part of a file that is made durable while the rest is still written, so that little is left
/// to wait for at the end.
#[derive(Default)]
struct Ahead {
    under_way: Option<JoinHandle<io::Result<()>>>,
    /// The kernel tells a failed write-back once: whoever hears of it keeps it.
    failed: Option<io::Error>,
}

impl Ahead {
    /// Waits for what is under way and keeps its error.
    fn settle(&mut self) {
        if let Some(thread) = self.under_way.take() {
            let outcome = thread
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("panicked")));
            self.failed = self.failed.take().or(outcome.err());
        }
    }
}

/// A file that is given up is nobody's any more: no thread goes on with it.
impl Drop for Ahead {
    fn drop(&mut self) {
        self.settle();
    }
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
            ahead: Ahead::default(),
        })
    }

    /// Bytes written so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Begins to make durable what was written so far, beside whatever comes next.
    pub(crate) fn sync_ahead(&mut self) {
        if let Some(thread) = &self.ahead.under_way
            && !thread.is_finished()
        {
            return;
        }
        self.ahead.settle();
        // Where there is no thread or descriptor for it, the end has all to wait for.
        if let Ok(file) = self.file.try_clone() {
            let thread = std::thread::Builder::new().spawn(move || file.sync_data());
            self.ahead.under_way = thread.ok();
        }
    }

    /// Makes the file durable. Its folder is not synced: the caller publishes.
    pub(crate) fn finish(mut self, path: &Path, rows: u64) -> Result<Written, ConnectError> {
        self.flush()
            .map_err(|source| ConnectError::io("write", path, source))?;
        self.ahead.settle();
        // A sync that failed once is never tried again: the pages may be gone.
        let synced = match self.ahead.failed.take() {
            Some(failed) => Err(failed),
            None => self.file.sync_all(),
        };
        synced.map_err(|source| ConnectError::io("sync", path, source))?;
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_synced_ahead_is_whole_and_its_failure_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let written = |name: &str, between: &dyn Fn(&mut NewFile)| {
            let path = dir.path().join(name);
            let mut file = NewFile::create(&path).unwrap();
            for part in [&b"one"[..], b"two", b"three"] {
                file.write_all(part).unwrap();
                between(&mut file);
            }
            file.finish(&path, 3)
        };
        let ahead = written("ahead", &NewFile::sync_ahead).unwrap();
        assert_eq!(ahead, written("at the end", &|_| {}).unwrap());
        assert_eq!(ahead.bytes, 11);
        // The kernel tells of it once: the sync at the end would succeed.
        let failing = |file: &mut NewFile| {
            file.ahead.settle();
            let lost = || Err(io::Error::from(io::ErrorKind::StorageFull));
            file.ahead.under_way = Some(std::thread::spawn(lost));
        };
        assert_eq!(written("lost", &failing).unwrap_err().code(), "SL9001");
    }
}
