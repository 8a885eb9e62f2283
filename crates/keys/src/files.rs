//! Files that their owner alone can reach, written so that a crash leaves the old or the new.
//!
//! Invariant: everything is opened relative to one checked folder, without following links, and
//! its owner and mode are read from the open descriptor, so nothing can be exchanged in between.
//!
//! Must never: widen a mode; retry a failed fsync and call the file durable.

use std::{
    fs::{DirBuilder, File},
    io::{self, Read, Write},
    os::{fd::OwnedFd, unix::fs::DirBuilderExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{
        AtFlags, FileType, FlockOperation, Mode, OFlags, Stat, flock, fstat, fsync, open, openat,
        renameat, unlinkat,
    },
    io::Errno,
    process::geteuid,
};
use sealine_protect::crypto::Secret;

use crate::KeyError;

const LOCK: &str = "lock";

/// The folder of a keystore, open and checked.
#[derive(Debug)]
pub(crate) struct Directory {
    descriptor: OwnedFd,
    path: PathBuf,
}

/// Holds the keystore's lock until it drops; the system releases it if the process dies.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: OwnedFd,
}

impl Directory {
    /// Opens a folder; `None` where there is none.
    pub(crate) fn open(path: &Path) -> Result<Option<Directory>, KeyError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let descriptor = match open(path, flags, Mode::empty()) {
            Ok(descriptor) => descriptor,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::NOTDIR | Errno::LOOP) => {
                return Err(exposed(path, "is a link or not a folder"));
            }
            Err(errno) => return Err(failed("open", path, errno)),
        };
        let status = fstat(&descriptor).map_err(|errno| failed("examine", path, errno))?;
        check(
            path,
            &status,
            "can be reached by others: set its mode to 0700",
        )?;
        Ok(Some(Directory {
            descriptor,
            path: path.to_owned(),
        }))
    }

    /// Makes the folder and those above it that are missing, with mode 0700, durably, and opens it.
    pub(crate) fn create(path: &Path) -> Result<Directory, KeyError> {
        let missing: Vec<&Path> = path
            .ancestors()
            .take_while(|above| !above.as_os_str().is_empty() && !above.exists())
            .collect();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|cause| KeyError::File {
                step: "create",
                path: path.display().to_string(),
                cause,
            })?;
        for made in missing {
            let parent = match made.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            // Data sealed under these keys may outlive a power cut: so must the folder's own entry.
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            open(parent, flags, Mode::empty())
                .and_then(fsync)
                .map_err(|errno| failed("make durable", parent, errno))?;
        }
        Directory::open(path)?.ok_or_else(|| failed("open", path, Errno::NOENT))
    }

    pub(crate) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until no other process changes the keystore.
    pub(crate) fn lock(&self) -> Result<Lock, KeyError> {
        let path = self.path_of(LOCK);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.descriptor, LOCK, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|errno| failed("open", &path, errno))?;
        loop {
            match flock(&file, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(failed("lock", &path, errno)),
            }
        }
    }

    /// Reads a file of at most `limit` bytes; `None` where there is none.
    pub(crate) fn read(&self, name: &str, limit: usize) -> Result<Option<Secret>, KeyError> {
        let path = self.path_of(name);
        // NONBLOCK: a pipe in the place of the file must not hang us before we see what it is.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let descriptor = match openat(&self.descriptor, name, flags, Mode::empty()) {
            Ok(descriptor) => descriptor,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(exposed(&path, "is a link")),
            Err(errno) => return Err(failed("open", &path, errno)),
        };
        let status = fstat(&descriptor).map_err(|errno| failed("examine", &path, errno))?;
        if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
            return Err(exposed(&path, "is not a regular file"));
        }
        if status.st_nlink != 1 {
            return Err(exposed(&path, "has a second name: remove the hard link"));
        }
        check(
            &path,
            &status,
            "can be reached by others: set its mode to 0600",
        )?;
        let size = usize::try_from(status.st_size).unwrap_or(usize::MAX);
        if size > limit {
            return Err(KeyError::Damaged(path.display().to_string()));
        }
        // Room for one more byte than the file has, so that the vector never moves and leaves a
        // copy of the secret behind.
        let mut bytes = Vec::with_capacity(size + 1);
        let read = File::from(descriptor)
            .take(size as u64 + 1)
            .read_to_end(&mut bytes);
        let secret = Secret::new(bytes);
        match read {
            Ok(length) if length == size => Ok(Some(secret)),
            Ok(_) => Err(KeyError::Damaged(path.display().to_string())),
            Err(cause) => Err(KeyError::File {
                step: "read",
                path: path.display().to_string(),
                cause,
            }),
        }
    }

    /// Puts `bytes` in the place of the file `name`, durably. Only under the [`Lock`].
    pub(crate) fn replace(&self, _: &Lock, name: &str, bytes: &[u8]) -> Result<(), KeyError> {
        let staged = format!("{name}.new");
        let path = self.path_of(&staged);
        // What a crash left here was never published.
        match unlinkat(&self.descriptor, &staged, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(failed("remove", &path, errno)),
        }
        let written = self.write_staged(&staged, bytes);
        if written.is_err() {
            // The first error is the one to tell; a file left behind is removed by the next write.
            let _ = unlinkat(&self.descriptor, &staged, AtFlags::empty());
        }
        written?;
        // Crash here: the old file stands, complete; the staged one is removed by the next write.
        renameat(&self.descriptor, &staged, &self.descriptor, name)
            .map_err(|errno| failed("replace", &self.path_of(name), errno))?;
        // Crash here: the old or the new file stands, each complete.
        fsync(&self.descriptor).map_err(|errno| failed("make durable", &self.path, errno))
    }

    fn write_staged(&self, staged: &str, bytes: &[u8]) -> Result<(), KeyError> {
        let path = self.path_of(staged);
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let descriptor = openat(&self.descriptor, staged, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|errno| failed("create", &path, errno))?;
        let mut file = File::from(descriptor);
        let cause = |step| {
            let path = path.display().to_string();
            move |cause| KeyError::File { step, path, cause }
        };
        file.write_all(bytes).map_err(cause("write"))?;
        file.sync_all().map_err(cause("make durable"))
    }
}

fn check(path: &Path, status: &Stat, too_open: &'static str) -> Result<(), KeyError> {
    if status.st_uid != geteuid().as_raw() {
        return Err(exposed(path, "belongs to another user"));
    }
    if status.st_mode & 0o077 != 0 {
        return Err(exposed(path, too_open));
    }
    Ok(())
}

fn exposed(path: &Path, reason: &'static str) -> KeyError {
    KeyError::Exposed {
        path: path.display().to_string(),
        reason,
    }
}

fn failed(step: &'static str, path: &Path, errno: Errno) -> KeyError {
    KeyError::File {
        step,
        path: path.display().to_string(),
        cause: io::Error::from(errno),
    }
}
