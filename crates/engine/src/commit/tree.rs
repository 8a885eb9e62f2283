//! What lies in the place of a dataset: files, in the folders of its partitions.
//!
//! INVARIANT: everything that is there is told, also what is no file; folders are entered that are named as
//! partitions are, and no others. Links are not followed. Reads names; must never change anything.

use std::io;
use std::path::Path;

use sealine_connect::partition_column;

/// More partition columns than a dataset may have, and the folder of a run.
const MOST_DEEP: usize = 18;
/// As many names are not Sealine's: a dataset has at most 100,000 files.
const MOST_NAMES: usize = 1_000_000;

/// Something in a place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Leaf {
    /// Its name in the place, the folders of its partitions before it. A name that is no text is shown as one.
    pub(crate) name: String,
    /// Whether it is a regular file. Everything else is an empty folder, one that is no partition, or odd.
    pub(crate) is_file: bool,
}

/// Everything in a folder, sorted by name.
///
/// # Errors
/// What reading the folders gives; `NotFound` where the place itself is not there.
pub(crate) fn leaves(place: &Path) -> io::Result<Vec<Leaf>> {
    let mut found = Vec::new();
    look(place, "", 0, &mut found)?;
    found.sort_unstable();
    Ok(found)
}

fn look(folder: &Path, above: &str, deep: usize, found: &mut Vec<Leaf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let own = entry.file_name();
        let name = format!("{above}{}", own.to_string_lossy());
        let kind = entry.file_type()?;
        let before = found.len();
        let partition = kind.is_dir() && own.to_str().and_then(partition_column).is_some();
        if partition && deep < MOST_DEEP {
            look(&entry.path(), &format!("{name}/"), deep + 1, found)?;
        }
        if found.len() == before {
            let is_file = kind.is_file();
            found.push(Leaf { name, is_file });
        }
        if found.len() > MOST_NAMES {
            return Err(io::Error::other("it holds more names than a dataset has"));
        }
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
    fn folders_of_partitions_are_entered_and_others_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for folder in ["a=1/b=2", "a=3", "other/a=4", "=x"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        for file in ["a=1/b=2/x", "other/a=4/x", "y"] {
            std::fs::write(root.join(file), b"1").unwrap();
        }
        std::os::unix::fs::symlink(root.join("a=1"), root.join("a=5")).unwrap();
        let found = leaves(root).unwrap();
        let found: Vec<_> = found.iter().map(|l| (&*l.name, l.is_file)).collect();
        let expected = [
            ("=x", false),
            ("a=1/b=2/x", true),
            ("a=3", false),
            ("a=5", false),
            ("other", false),
            ("y", true),
        ];
        assert_eq!(found, expected);
        assert!(leaves(&root.join("none")).is_err());
    }
}
