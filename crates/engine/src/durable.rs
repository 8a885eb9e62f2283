//! Durable file steps: write aside, fsync, rename, fsync the directory.
//!
//! INVARIANT: a function that returns `Ok` has made its effect durable. A failed fsync is never retried:
//! the kernel may have dropped the dirty pages, so the caller must stop.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// Makes the entries of a directory durable.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes the directory that holds `path` durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_dir(parent),
        _ => sync_dir(Path::new(".")),
    }
}

/// Creates a directory for its owner only; an existing directory is left as it is.
pub(crate) fn create_private_dir(path: &Path) -> io::Result<bool> {
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {
            sync_parent(path)?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Creates `path` and every missing directory above it, down from the deepest that exists.
pub(crate) fn create_dirs(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        create_dirs(parent)?;
    }
    create_private_dir(path).map(|_| ())
}

/// Replaces `path` by `bytes` in one rename.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path
        .file_name()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?
        .to_os_string();
    name.push(".tmp");
    let staged = path.with_file_name(name);
    // A crash right here leaves at most a `.tmp` file, which the next call replaces.
    match std::fs::remove_file(&staged) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(&staged)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    // A crash right here leaves the old content and a complete `.tmp` beside it.
    std::fs::rename(&staged, path)?;
    // A crash right here leaves the old content or the new one, whole.
    sync_parent(path)
}

/// Reads a regular file of at most `limit` bytes; a longer one is `FileTooLarge`, a link is refused.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    if metadata.len() > limit {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // The file may grow between the two calls: the bound is on what is read.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    Ok(bytes)
}

/// Removes a regular file whose name begins as those of staged files do; whether it was there. Anything else is left.
pub(crate) fn remove_staged(path: &Path) -> io::Result<bool> {
    let name = path.file_name().and_then(|name| name.to_str());
    if !name.is_some_and(|name| name.starts_with('.') && name.contains(".sealine-")) {
        return Ok(false);
    }
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => std::fs::remove_file(path).map(|()| true),
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes a file or a whole directory; what is already gone is fine. Links are removed, never followed.
pub(crate) fn remove_all(path: &Path) -> io::Result<()> {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if metadata.is_dir() {
        match std::fs::remove_dir_all(path) {
            // A folder closed against writing keeps its entries, even from its owner.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                open_up(path)?;
                std::fs::remove_dir_all(path)?;
            }
            other => other?,
        }
    } else {
        std::fs::remove_file(path)?;
    }
    sync_parent(path)
}

/// Gives the owner all rights to a directory and those below it. Links are not followed.
fn open_up(path: &Path) -> io::Result<()> {
    let metadata = std::fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Ok(());
    }
    if metadata.mode() & 0o700 != 0o700 {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
    }
    for entry in std::fs::read_dir(path)? {
        open_up(&entry?.path())?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_is_whole_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.json");
        replace_file(&path, b"one").unwrap();
        std::fs::write(dir.path().join("state.json.tmp"), b"half").unwrap();
        replace_file(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(!dir.path().join("state.json.tmp").exists());
    }

    #[test]
    fn reading_is_bounded_and_follows_no_links() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big");
        std::fs::write(&path, vec![b'x'; 11]).unwrap();
        assert_eq!(read_bounded(&path, 11).unwrap().len(), 11);
        assert_eq!(
            read_bounded(&path, 10).unwrap_err().kind(),
            io::ErrorKind::FileTooLarge
        );
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(read_bounded(&link, 100).is_err());
        assert!(read_bounded(dir.path(), 100).is_err());
    }

    #[test]
    fn removing_a_link_keeps_its_target() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("target");
        std::fs::create_dir(&target).unwrap();
        std::fs::write(target.join("kept"), b"1").unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        remove_all(&link).unwrap();
        assert!(target.join("kept").exists());
        remove_all(&target).unwrap();
        remove_all(&target).unwrap();
        assert!(!target.exists());
    }

    #[test]
    fn folders_closed_against_writing_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let old = dir.path().join("old");
        std::fs::create_dir_all(old.join("inner")).unwrap();
        for folder in [&old.join("inner"), &old] {
            std::fs::write(folder.join("file"), b"1").unwrap();
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o555)).unwrap();
        }
        remove_all(&old).unwrap();
        assert!(!old.exists());
    }
}
