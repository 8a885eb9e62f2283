//! Writing a project: all files or none, and never over one that is there.

use crate::failure::Failure;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes the files below a folder that is made where it is missing.
pub(super) fn all(folder: &Path, files: &[(String, String)]) -> Result<(), Failure> {
    for (name, _) in files {
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(Failure::Exists {
                path: path.display().to_string(),
            });
        }
    }
    let mut made: Vec<PathBuf> = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        if let Err(source) = write(&path, text) {
            // What was begun is taken back, so that a second try finds nothing in its way.
            for path in &made {
                let _ = fs::remove_file(path);
            }
            return Err(Failure::File {
                action: "write",
                path: path.display().to_string(),
                source,
            });
        }
        made.push(path);
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // `create_new` decides, whatever appeared since the look above.
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
