//! From a dataset's path in the catalog to the files it stands for.
//!
//! INVARIANT: every path returned lies inside the connection's root after all links are
//! resolved, is a regular file, and comes in a fixed order. Must never create anything.

use std::path::{Component, Path, PathBuf};

use crate::ConnectError;

/// How a dataset's files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Delimited text; one file.
    Csv,
    /// Apache Parquet; one file, or a folder of `*.parquet`.
    Parquet,
}

/// The most files one dataset may have.
const FILES_MAX: usize = 100_000;

/// The files that `path` names under `root`, sorted by name.
///
/// A CSV dataset is one file. A Parquet dataset is one file or a folder, of which the `*.parquet`
/// files count; names that begin with `.` or `_` are left out, other folders are not entered. An
/// empty folder gives an empty list: a dataset with no rows.
pub fn locate(root: &Path, path: &str, format: Format) -> Result<Vec<PathBuf>, ConnectError> {
    if path.is_empty() || !plain(path) {
        return Err(ConnectError::Name {
            path: printable(path),
        });
    }
    let relative = Path::new(path);
    if !relative
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
    {
        return Err(ConnectError::Outside {
            path: printable(path),
        });
    }
    let root = root
        .canonicalize()
        .map_err(|source| ConnectError::io("open", root, source))?;
    let joined = root.join(relative);
    let whole = inside(&root, &joined)?;
    let meta = whole
        .metadata()
        .map_err(|source| ConnectError::io("look at", &joined, source))?;
    if meta.is_file() {
        return Ok(vec![whole]);
    }
    if !meta.is_dir() || format == Format::Csv {
        return Err(ConnectError::not_regular(&joined));
    }
    folder(&root, &whole)
}

fn folder(root: &Path, whole: &Path) -> Result<Vec<PathBuf>, ConnectError> {
    let entries =
        std::fs::read_dir(whole).map_err(|source| ConnectError::io("list", whole, source))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| ConnectError::io("list", whole, source))?;
        let Ok(name) = entry.file_name().into_string() else {
            return Err(ConnectError::Name {
                path: whole.display().to_string(),
            });
        };
        if name.starts_with(['.', '_']) || !name.ends_with(".parquet") {
            continue;
        }
        if !plain(&name) {
            return Err(ConnectError::Name {
                path: printable(&name),
            });
        }
        if names.len() >= FILES_MAX {
            return Err(ConnectError::Bound {
                path: whole.display().to_string(),
                what: "files in one dataset",
                limit: FILES_MAX as u64,
            });
        }
        names.push(name);
    }
    names.sort_unstable();
    let mut files = Vec::with_capacity(names.len());
    for name in names {
        let file = inside(root, &whole.join(name))?;
        let meta = file
            .metadata()
            .map_err(|source| ConnectError::io("look at", &file, source))?;
        if !meta.is_file() {
            return Err(ConnectError::not_regular(&file));
        }
        files.push(file);
    }
    Ok(files)
}

/// Resolves every link and insists that the result is still under `root`.
fn inside(root: &Path, path: &Path) -> Result<PathBuf, ConnectError> {
    let real = path
        .canonicalize()
        .map_err(|source| ConnectError::io("open", path, source))?;
    if real.starts_with(root) {
        Ok(real)
    } else {
        Err(ConnectError::Outside {
            path: path.display().to_string(),
        })
    }
}

/// Whether a name can be shown and typed: no control characters, no backslash, no character that
/// reorders text on a terminal.
fn plain(name: &str) -> bool {
    !name.chars().any(|c| {
        c.is_control()
            || c == '\\'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    })
}

fn printable(name: &str) -> String {
    name.escape_debug().to_string()
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
    use std::os::unix::fs::symlink;

    fn root() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("lake")).unwrap();
        for name in [
            "b.parquet",
            "a.parquet",
            "_x.parquet",
            ".y.parquet",
            "note.txt",
        ] {
            std::fs::write(dir.path().join("lake").join(name), b"x").unwrap();
        }
        std::fs::write(dir.path().join("in.csv"), b"a\n1\n").unwrap();
        dir
    }

    #[test]
    fn a_folder_gives_its_parquet_files_in_order() {
        let dir = root();
        let files = locate(dir.path(), "lake/", Format::Parquet).unwrap();
        let names: Vec<_> = files
            .iter()
            .map(|p| p.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["a.parquet", "b.parquet"]);
        assert_eq!(locate(dir.path(), "in.csv", Format::Csv).unwrap().len(), 1);
    }

    #[test]
    fn what_leaves_the_root_is_refused() {
        let dir = root();
        let other = tempfile::tempdir().unwrap();
        std::fs::write(other.path().join("z.parquet"), b"x").unwrap();
        symlink(
            other.path().join("z.parquet"),
            dir.path().join("lake/z.parquet"),
        )
        .unwrap();
        symlink(other.path(), dir.path().join("out")).unwrap();
        symlink(dir.path().join("in.csv"), dir.path().join("same.csv")).unwrap();
        for path in [
            "lake",
            "out",
            "out/z.parquet",
            "../x",
            "/etc/passwd",
            "lake/../../x",
        ] {
            let error = locate(dir.path(), path, Format::Parquet).unwrap_err();
            assert_eq!(error.code(), "SL9004", "{path}: {error}");
        }
        assert!(locate(dir.path(), "same.csv", Format::Csv).is_ok());
    }

    #[test]
    fn odd_names_folders_and_pipes_are_refused() {
        let dir = root();
        for path in ["", "a\u{0}b", "a\nb", "a\u{202e}b", "a\\b"] {
            assert_eq!(
                locate(dir.path(), path, Format::Csv).unwrap_err().code(),
                "SL9005"
            );
        }
        assert_eq!(
            locate(dir.path(), "lake", Format::Csv).unwrap_err().code(),
            "SL9003"
        );
        assert_eq!(
            locate(dir.path(), "none.csv", Format::Csv)
                .unwrap_err()
                .code(),
            "SL9002"
        );
        std::fs::create_dir(dir.path().join("lake/c.parquet")).unwrap();
        assert_eq!(
            locate(dir.path(), "lake", Format::Parquet)
                .unwrap_err()
                .code(),
            "SL9003"
        );
    }

    #[test]
    fn a_pipe_is_neither_read_nor_waited_for() {
        let dir = root();
        let path = dir.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert_eq!(
            locate(dir.path(), "pipe", Format::Csv).unwrap_err().code(),
            "SL9003"
        );
        assert_eq!(crate::file::open(&path).unwrap_err().code(), "SL9003");
    }
}
