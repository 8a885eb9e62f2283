//! Listing the files below a folder, for finding what does not belong.
//!
//! INVARIANT: bounded in depth and number, follows no link. Must never open a file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// More files than this below one folder are not listed.
const MAX_FILES: usize = 1_000_000;
const MAX_DEPTH: usize = 32;

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A link, a pipe, a device: never ours.
    Other,
}

/// Every non-folder below `root` by its path relative to it, with `/`; empty
/// where there is no such folder. Names that are not UTF-8 come lossily.
pub(crate) fn files(root: &Path) -> io::Result<BTreeMap<String, Kind>> {
    let mut found = BTreeMap::new();
    match root.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(found),
        Err(error) => Err(error),
        Ok(_) => below(root, "", 0, &mut found).map(|()| found),
    }
}

fn below(
    folder: &Path,
    prefix: &str,
    depth: usize,
    found: &mut BTreeMap<String, Kind>,
) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "folders are nested too deeply",
        ));
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            below(&entry.path(), &format!("{name}/"), depth + 1, found)?;
        } else {
            found.insert(
                name,
                if kind.is_file() {
                    Kind::File
                } else {
                    Kind::Other
                },
            );
        }
        if found.len() > MAX_FILES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "too many files"));
        }
    }
    Ok(())
}
