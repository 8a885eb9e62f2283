//! From a dataset's path in the catalog to the files it stands for.
//!
//! INVARIANT: every path returned lies inside the connection's root after all links are
//! resolved, is a regular file, and comes in a fixed order. Must never create anything.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::ConnectError;
use crate::glob::{self, Part};
use crate::partition;

/// How a dataset's files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Delimited text.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Arrow IPC, the file format or the stream format.
    Arrow,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// How the names of its files end in a folder.
    fn suffixes(self) -> &'static [&'static str] {
        match self {
            Format::Csv => &[".csv", ".csv.gz", ".csv.zst"],
            Format::Jsonl => &[
                ".jsonl",
                ".jsonl.gz",
                ".jsonl.zst",
                ".ndjson",
                ".ndjson.gz",
                ".ndjson.zst",
            ],
            Format::Arrow => &[".arrow", ".arrows", ".feather"],
            Format::Parquet => &[".parquet"],
        }
    }
}

/// A file of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Where it lies, all links resolved.
    pub path: PathBuf,
    /// Its name in the dataset: that of the file, with the folders of its partitions before it.
    pub name: String,
    /// The value of each partition column, `None` for null.
    pub partitions: Vec<Option<String>>,
}

/// The most files one dataset may have.
const FILES_MAX: usize = 100_000;
/// The most names that a pattern may be compared with, and how deep `**` goes.
const NAMES_MAX: usize = 1_000_000;
const DEPTH_MAX: usize = 32;

/// The files that `path` names under `root`, sorted by name.
///
/// A dataset is one file, the files that a pattern matches, or a folder, of which the files count
/// whose names end as the format does; names that begin with `.` or `_` are left out and other
/// folders are not entered. An empty folder gives an empty list: a dataset with no rows. A pattern
/// that matches nothing is [`ConnectError::NotFound`]. With `partition_by` the folder has folders
/// `column=value`, one level for each column, and every one of them counts; around those that one
/// run appended lies a folder of that run.
pub fn locate(
    root: &Path,
    path: &str,
    format: Format,
    partition_by: &[String],
) -> Result<Vec<Located>, ConnectError> {
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
    let unpartitioned = |path: PathBuf| Located {
        name: last(&path),
        path,
        partitions: Vec::new(),
    };
    if partition_by.is_empty()
        && let Some(parts) = glob::parse(path)?
    {
        let mut search = Search {
            root: &root,
            names: 0,
            found: BTreeSet::new(),
        };
        search.expand(&root, &parts, 0)?;
        if search.found.is_empty() {
            return Err(ConnectError::NotFound {
                path: printable(path),
            });
        }
        return Ok(search.found.into_iter().map(unpartitioned).collect());
    }
    let joined = root.join(relative);
    let whole = inside(&root, &joined)?;
    let meta = whole
        .metadata()
        .map_err(|source| ConnectError::io("look at", &joined, source))?;
    if meta.is_file() && partition_by.is_empty() {
        return Ok(vec![unpartitioned(whole)]);
    }
    if !meta.is_dir() {
        return Err(ConnectError::not_regular(&joined));
    }
    let mut folders = Folders {
        root: &root,
        format,
        partitioned: !partition_by.is_empty(),
        names: Vec::new(),
        values: Vec::new(),
        files: Vec::new(),
    };
    folders.below(&whole, partition_by)?;
    Ok(folders.files)
}

/// The files of a folder and of its partitions.
struct Folders<'a> {
    root: &'a Path,
    format: Format,
    partitioned: bool,
    /// The folders above the one at hand, and the values that they give.
    names: Vec<String>,
    values: Vec<Option<String>>,
    files: Vec<Located>,
}

impl Folders<'_> {
    /// Those below `folder`, with one more level of folders for each of `columns`.
    fn below(&mut self, folder: &Path, columns: &[String]) -> Result<(), ConnectError> {
        let Some((column, deeper)) = columns.split_first() else {
            return self.within(folder);
        };
        for name in names(folder)? {
            if name.starts_with(['.', '_']) {
                continue;
            }
            let place = folder.join(&name);
            let value = partition::value(&name, column);
            // What was appended lies in a folder of its run, which has all partitions of it.
            let of_a_run = self.names.is_empty() && partition::run_number(&name).is_some();
            if !(of_a_run || value.is_some()) || !place.is_dir() {
                return Err(ConnectError::Partition {
                    path: place.display().to_string(),
                    column: column.clone(),
                });
            }
            let inner = inside(self.root, &place)?;
            self.names.push(name);
            match value {
                Some(value) => {
                    self.values.push(value);
                    self.below(&inner, deeper)?;
                    self.values.pop();
                }
                None => self.below(&inner, columns)?,
            }
            self.names.pop();
        }
        Ok(())
    }

    fn within(&mut self, folder: &Path) -> Result<(), ConnectError> {
        for name in names(folder)? {
            let suffixes = self.format.suffixes();
            let ours = suffixes.iter().any(|suffix| name.ends_with(suffix));
            if !ours || name.starts_with(['.', '_']) {
                continue;
            }
            let path = regular(self.root, &folder.join(&name))?;
            let name = match self.partitioned {
                true => format!("{}/{name}", self.names.join("/")),
                false => last(&path),
            };
            self.files.push(Located {
                path,
                name,
                partitions: self.values.clone(),
            });
            few(self.files.len(), FILES_MAX, "files in one dataset", folder)?;
        }
        Ok(())
    }
}

fn last(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// What a pattern matches.
struct Search<'a> {
    root: &'a Path,
    names: usize,
    found: BTreeSet<PathBuf>,
}

impl Search<'_> {
    fn expand(&mut self, folder: &Path, parts: &[Part], depth: usize) -> Result<(), ConnectError> {
        let Some((part, rest)) = parts.split_first() else {
            return Ok(());
        };
        if let (Part::Name(name), false) = (part, rest.is_empty()) {
            let place = folder.join(name);
            if place.is_dir() {
                return self.expand(&inside(self.root, &place)?, rest, depth);
            }
            return Ok(());
        }
        if *part == Part::Folders {
            self.expand(folder, rest, depth)?;
        }
        for name in names(folder)? {
            self.names += 1;
            few(
                self.names,
                NAMES_MAX,
                "names that a pattern is compared with",
                folder,
            )?;
            if !part.matches(&name) {
                continue;
            }
            let place = folder.join(&name);
            // A folder that is a link is entered where it is named, not where `**` meets it.
            if place.is_dir() && !(*part == Part::Folders && place.is_symlink()) {
                let below = if *part == Part::Folders { parts } else { rest };
                if !below.is_empty() {
                    few(depth, DEPTH_MAX, "folders below each other", folder)?;
                    self.expand(&inside(self.root, &place)?, below, depth + 1)?;
                    continue;
                }
            }
            let last = rest.is_empty() && *part != Part::Folders;
            if last {
                self.found.insert(regular(self.root, &place)?);
                few(self.found.len(), FILES_MAX, "files in one dataset", folder)?;
            }
        }
        Ok(())
    }
}

fn few(count: usize, most: usize, what: &'static str, at: &Path) -> Result<(), ConnectError> {
    if count > most {
        return Err(ConnectError::Bound {
            path: at.display().to_string(),
            what,
            limit: most as u64,
        });
    }
    Ok(())
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>, ConnectError> {
    let entries =
        std::fs::read_dir(folder).map_err(|source| ConnectError::io("list", folder, source))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| ConnectError::io("list", folder, source))?;
        let Ok(name) = entry.file_name().into_string() else {
            return Err(ConnectError::Name {
                path: folder.display().to_string(),
            });
        };
        if !plain(&name) {
            return Err(ConnectError::Name {
                path: printable(&name),
            });
        }
        names.push(name);
        few(names.len(), NAMES_MAX, "names in a folder", folder)?;
    }
    names.sort_unstable();
    Ok(names)
}

fn regular(root: &Path, path: &Path) -> Result<PathBuf, ConnectError> {
    let file = inside(root, path)?;
    let meta = file
        .metadata()
        .map_err(|source| ConnectError::io("look at", &file, source))?;
    if meta.is_file() {
        Ok(file)
    } else {
        Err(ConnectError::not_regular(&file))
    }
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

/// Whether a name can be shown and typed.
fn plain(name: &str) -> bool {
    name.chars().all(partition::visible)
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
        let files = locate(dir.path(), "lake/", Format::Parquet, &[]).unwrap();
        let names: Vec<_> = files
            .iter()
            .map(|f| f.path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["a.parquet", "b.parquet"]);
        assert_eq!(
            locate(dir.path(), "in.csv", Format::Csv, &[])
                .unwrap()
                .len(),
            1
        );
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
            let error = locate(dir.path(), path, Format::Parquet, &[]).unwrap_err();
            assert_eq!(error.code(), "SL9004", "{path}: {error}");
        }
        assert!(locate(dir.path(), "same.csv", Format::Csv, &[]).is_ok());
    }

    #[test]
    fn odd_names_folders_and_pipes_are_refused() {
        let dir = root();
        for path in ["", "a\u{0}b", "a\nb", "a\u{202e}b", "a\\b"] {
            assert_eq!(
                locate(dir.path(), path, Format::Csv, &[])
                    .unwrap_err()
                    .code(),
                "SL9005"
            );
        }
        assert_eq!(locate(dir.path(), "lake", Format::Csv, &[]).unwrap(), []);
        assert_eq!(
            locate(dir.path(), "none.csv", Format::Csv, &[])
                .unwrap_err()
                .code(),
            "SL9002"
        );
        std::fs::create_dir(dir.path().join("lake/c.parquet")).unwrap();
        assert_eq!(
            locate(dir.path(), "lake", Format::Parquet, &[])
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
            locate(dir.path(), "pipe", Format::Csv, &[])
                .unwrap_err()
                .code(),
            "SL9003"
        );
        assert_eq!(crate::file::open(&path).unwrap_err().code(), "SL9003");
    }
}
