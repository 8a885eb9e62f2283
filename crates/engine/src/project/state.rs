//! The state directory `.sealine/`: owner only, one writer at a time.
//!
//! INVARIANT: a [`Held`] exists only while this process holds the exclusive lock; whoever writes outputs,
//! journals or labels has one. The lock is the kernel's: a process that dies releases it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::durable;
use crate::error::EngineError;

/// Where a project keeps keys, log, receipts, journals and recorded labels.
#[derive(Clone, Debug)]
pub struct StateDir {
    root: PathBuf,
}

impl StateDir {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The keystore's directory.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The transparency log's directory.
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// The token vault, where a protection made one.
    pub(crate) fn vault(&self) -> PathBuf {
        self.root.join("vault.db")
    }

    /// The receipts' directory.
    pub fn receipts(&self) -> PathBuf {
        self.root.join("receipts")
    }

    /// The journals of runs that did not end.
    pub(crate) fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// Sealed temporary files, while a run has some.
    pub(crate) fn spill(&self) -> PathBuf {
        self.root.join("spill")
    }

    /// Where files of opened values are staged, as long as they are.
    pub(crate) fn exports(&self) -> PathBuf {
        self.root.join("exports")
    }

    /// The recorded labels of written datasets.
    pub(crate) fn labels(&self) -> PathBuf {
        self.root.join("labels.json")
    }

    /// Whether any state exists.
    pub fn exists(&self) -> bool {
        std::fs::symlink_metadata(&self.root).is_ok()
    }

    /// Insists that the directory is one, is ours, and is closed to everybody else.
    ///
    /// # Errors
    /// `SL5012` with what to do.
    pub fn check(&self) -> Result<(), EngineError> {
        let refuse = |reason: &str| {
            Err(EngineError::StateUnsafe {
                path: self.root.clone(),
                reason: reason.to_owned(),
            })
        };
        let metadata = std::fs::symlink_metadata(&self.root)
            .map_err(|source| EngineError::state(&self.root, source))?;
        if !metadata.is_dir() {
            return refuse("it must be a directory, not a file or a link");
        }
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return refuse("it belongs to another user; run as its owner");
        }
        if metadata.mode() & 0o077 != 0 {
            return refuse("others can reach into it; close it with `chmod 700`");
        }
        Ok(())
    }

    /// Makes the directory where it is missing, and takes the exclusive lock.
    ///
    /// # Errors
    /// `SL5010` where another process holds it, `SL5011` and `SL5012` where it cannot be used.
    pub(crate) fn hold(&self) -> Result<Held, EngineError> {
        let fault = |path: &Path| {
            let path = path.to_path_buf();
            move |source| EngineError::State { path, source }
        };
        durable::create_private_dir(&self.root).map_err(fault(&self.root))?;
        self.check()?;
        let path = self.root.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
            .open(&path)
            .map_err(fault(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = Holder::read(&mut file);
                return Err(EngineError::Locked {
                    pid: holder.pid,
                    since: holder.since,
                });
            }
            Err(TryLockError::Error(source)) => return Err(fault(&path)(source)),
        }
        let holder = Holder {
            pid: std::process::id(),
            since: clock::now(),
        };
        holder.write(&mut file).map_err(fault(&path))?;
        for dir in [self.runs(), self.receipts(), self.log()] {
            durable::create_private_dir(&dir).map_err(fault(&dir))?;
        }
        Ok(Held { _lock: file })
    }
}

/// The exclusive lock on a state directory; dropped, it is released.
#[derive(Debug)]
pub(crate) struct Held {
    _lock: File,
}

/// Who holds the lock: only for the message, never decided by.
#[derive(Default, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    since: i64,
}

impl Holder {
    fn read(file: &mut File) -> Self {
        let mut text = String::new();
        // The holder may be writing its line right now: then it is unknown, and the message says so.
        let _ = file.take(256).read_to_string(&mut text);
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn write(&self, file: &mut File) -> std::io::Result<()> {
        let text = serde_json::to_vec(self)?;
        file.set_len(0)?;
        file.write_all(&text)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_lock_excludes_and_names_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::new(dir.path().join(".sealine"));
        let held = state.hold().unwrap();
        match state.hold().unwrap_err() {
            EngineError::Locked { pid, since } => {
                assert_eq!(pid, std::process::id());
                assert!((clock::now() - since).abs() < 60);
            }
            other => panic!("{other}"),
        }
        drop(held);
        state.hold().unwrap();
        let mode = std::fs::metadata(state.root())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn an_open_or_linked_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::new(dir.path().join(".sealine"));
        std::fs::create_dir(state.root()).unwrap();
        std::fs::set_permissions(state.root(), std::fs::Permissions::from_mode(0o750)).unwrap();
        assert_eq!(state.hold().unwrap_err().code(), "SL5012");
        std::fs::remove_dir(state.root()).unwrap();
        std::os::unix::fs::symlink(dir.path(), state.root()).unwrap();
        assert_eq!(state.hold().unwrap_err().code(), "SL5012");
    }
}
