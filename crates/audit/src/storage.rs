//! Durable steps on files: what the log needs of a disk, and no more.
//!
//! INVARIANT: when a step returns `Ok`, what it did survives a power cut, and a
//! file under its final name is whole. Must never follow a symbolic link, never
//! read more than it was told to, and never retry a failed fsync.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// The durable steps of a log. Paths are relative to the log's folder, with `/`.
///
/// Each method is one step that a crash can come before or after; tests put a
/// storage in between that stops at any of them.
pub trait Storage: Send {
    /// Takes the log for this process alone; `false` where another has it.
    ///
    /// # Errors
    /// What the operating system said.
    fn lock(&mut self) -> io::Result<bool>;

    /// Makes a folder durably, whether or not it is there already.
    ///
    /// # Errors
    /// What the operating system said.
    fn make_dir(&mut self, path: &str) -> io::Result<()>;

    /// Writes a file anew and makes its bytes durable (not yet its name).
    ///
    /// # Errors
    /// What the operating system said; the file may hold any part of the bytes.
    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()>;

    /// Gives a file its final name, in one step, over what had that name.
    ///
    /// # Errors
    /// What the operating system said.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// What the operating system said.
    fn sync_dir(&mut self, path: &str) -> io::Result<()>;

    /// Removes a file; one that is not there is no error. Not durable until `sync_dir`.
    ///
    /// # Errors
    /// What the operating system said.
    fn remove(&mut self, path: &str) -> io::Result<()>;

    /// Reads a regular file of at most `limit` bytes; `None` where there is none.
    ///
    /// # Errors
    /// What the operating system said; `InvalidData` for what is larger or no regular file.
    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>>;

    /// The names in a folder; none where it does not exist.
    ///
    /// # Errors
    /// What the operating system said.
    fn names(&self, path: &str) -> io::Result<Vec<String>>;
}

/// The log's folder on a local disk.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    lock: Option<File>,
}

impl Disk {
    /// A folder, which need not exist yet.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            lock: None,
        }
    }

    /// The folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn at(&self, path: &str) -> PathBuf {
        if path.is_empty() {
            self.root.clone()
        } else {
            self.root.join(path)
        }
    }
}

impl Storage for Disk {
    fn lock(&mut self) -> io::Result<bool> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(flags(OFlags::NOFOLLOW | OFlags::CLOEXEC))
            .open(self.at("lock"))?;
        match file.try_lock() {
            Ok(()) => {
                self.lock = Some(file);
                Ok(true)
            }
            Err(fs::TryLockError::WouldBlock) => Ok(false),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    fn make_dir(&mut self, path: &str) -> io::Result<()> {
        let full = self.at(path);
        match fs::DirBuilder::new().mode(0o700).create(&full) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        // One that exists may be the work of a process that was killed before
        // this sync, so its name is made durable either way.
        sync_dir(full.parent().unwrap_or(Path::new(".")))
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .custom_flags(flags(OFlags::NOFOLLOW | OFlags::CLOEXEC))
            .open(self.at(path))?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.at(from), self.at(to))
    }

    fn sync_dir(&mut self, path: &str) -> io::Result<()> {
        sync_dir(&self.at(path))
    }

    fn remove(&mut self, path: &str) -> io::Result<()> {
        match fs::remove_file(self.at(path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        read_bounded(&self.at(path), limit)
    }

    fn names(&self, path: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.at(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut names = Vec::new();
        for entry in entries {
            // A name that is not UTF-8 is none of ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }
}

/// Opens a regular file for reading, following no link and waiting for no pipe;
/// also says its size. `None` where there is none.
pub(crate) fn open_regular(path: &Path) -> io::Result<Option<(File, u64)>> {
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC))
        .open(path);
    let file = match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "not a regular file",
        ));
    }
    Ok(Some((file, meta.len())))
}

/// Reads a regular file of at most `limit` bytes; `None` where there is none.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let Some((file, size)) = open_regular(path)? else {
        return Ok(None);
    };
    let large = || io::Error::new(io::ErrorKind::InvalidData, "larger than it may be");
    if size > limit {
        return Err(large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // The size may change under our hands: the limit holds for what is read.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        Err(large())
    } else {
        Ok(Some(bytes))
    }
}

/// Puts a file in place: whole, durable, in one step. `aside` is a name on the
/// same disk that is nobody else's.
pub(crate) fn put<S: Storage + ?Sized>(
    storage: &mut S,
    aside: &str,
    path: &str,
    bytes: &[u8],
) -> io::Result<()> {
    storage.write(aside, bytes)?;
    // A crash right here leaves the file aside, whole or in part; it has no
    // meaning under that name and is overwritten by the next use.
    storage.rename(aside, path)?;
    // A crash right here leaves the old name or the new one, each whole.
    storage.sync_dir(path.rsplit_once('/').map_or("", |(parent, _)| parent))
}

fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn flags(flags: OFlags) -> i32 {
    // Open flags are a C `int`; none of them has the sign bit.
    i32::try_from(flags.bits()).unwrap_or(0)
}
