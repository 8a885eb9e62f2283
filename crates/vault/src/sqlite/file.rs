//! The file of a vault: made for its owner alone, and refused where others can reach it.
//!
//! Must never: open the file itself. Closing any descriptor of a file gives up the locks that
//! SQLite holds on it for this process.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sealine_protect::ProtectError;

/// A folder that is locked while a vault in it is made or opened; dropped, it is free.
pub(crate) struct Prepared {
    /// The file, without a link in its path.
    pub(crate) path: PathBuf,
    _folder: File,
}

/// Insists that nobody else can read or write the file, which is made where it is missing and `make` says so.
pub(crate) fn prepare(path: &Path, make: bool) -> Result<Prepared, ProtectError> {
    let refuse = |reason| refused(path, reason);
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(refuse("it must name a file in a folder"));
    };
    let folder = fs::canonicalize(folder).map_err(|_| refuse("its folder does not exist"))?;
    let missing = |_| refuse("its folder cannot be opened");
    let held = File::open(&folder).map_err(missing)?;
    held.lock().map_err(missing)?;
    let path = folder.join(name);
    if make {
        create(&path, &held).map_err(|_| {
            refuse("it cannot be made; look at the folder's rights and the room on the disk")
        })?;
    }
    let metadata = fs::symlink_metadata(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => lost(&path),
        _ => refuse("it cannot be looked at"),
    })?;
    if !metadata.is_file() {
        return Err(refuse("it must be a regular file, not a link or a folder"));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(refuse("it belongs to another user; run as its owner"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(refuse("others can reach it; close it with `chmod 600`"));
    }
    Ok(Prepared {
        path,
        _folder: held,
    })
}

/// Makes an empty file, durably, where there is nothing.
fn create(path: &Path, folder: &File) -> io::Result<()> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        // A crash right here leaves an empty file, which the next opening makes a vault.
        Ok(file) => file.sync_all().and_then(|()| folder.sync_all()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

pub(crate) fn lost(path: &Path) -> ProtectError {
    ProtectError::VaultLost {
        place: path.display().to_string(),
        reason: "is gone, and the tokens of this project with it: restore it from a backup, or say that it is gone \
                 for good with `sealine vault forget`",
    }
}

pub(crate) fn refused(path: &Path, reason: &'static str) -> ProtectError {
    ProtectError::VaultFile {
        path: path.display().to_string(),
        reason,
    }
}
