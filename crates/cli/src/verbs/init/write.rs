//! Writing a project: all files or none, and never over one that is there.

use crate::failure::Failure;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes the files below a folder that is made where it is missing.
pub(in crate::verbs) fn all(folder: &Path, files: &[(String, String)]) -> Result<(), Failure> {
    for (name, _) in files {
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(Failure::Exists {
                path: path.display().to_string(),
            });
        }
    }
    let mut made = Made::default();
    for (name, text) in files {
        let path = folder.join(name);
        if let Err(source) = write(&path, text, &mut made) {
            // What was begun is taken back, so that a second try finds nothing in its way.
            made.remove();
            return Err(Failure::File {
                action: "write",
                path: path.display().to_string(),
                source,
            });
        }
    }
    Ok(())
}

/// What this call made, in order.
#[derive(Default)]
struct Made {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Made {
    fn remove(&self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        // Removes empty folders only, so whatever somebody else put there stays.
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn write(path: &Path, text: &str, made: &mut Made) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        let missing: Vec<&Path> = folder
            .ancestors()
            .take_while(|one| !one.as_os_str().is_empty() && one.symlink_metadata().is_err())
            .collect();
        for one in missing.into_iter().rev() {
            fs::create_dir(one)?;
            made.folders.push(one.to_path_buf());
        }
    }
    // `create_new` decides, whatever appeared since the look above.
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    made.files.push(path.to_path_buf());
    file.write_all(text.as_bytes())?;
    file.sync_all()
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
    fn a_failure_on_the_way_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("kept")).unwrap();
        // The second file lies below the first, which is no folder.
        let files =
            ["new/deep/a", "kept/b", "new/deep/a/c"].map(|name| (name.to_owned(), "x".to_owned()));
        let failure = all(home.path(), &files).unwrap_err();
        assert_eq!(failure.code(), "SL0103");
        let left: Vec<_> = fs::read_dir(home.path())
            .unwrap()
            .map(|one| one.unwrap().file_name())
            .collect();
        assert_eq!(left, ["kept"]);
        assert_eq!(fs::read_dir(home.path().join("kept")).unwrap().count(), 0);
    }
}
