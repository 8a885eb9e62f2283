//! The files of a project, read once, with bounds.
//!
//! INVARIANT: only regular files below the project, named by relative paths with `/`; a link is refused.

use std::path::{Path, PathBuf};

use sealine_spec::Source;

use crate::durable;
use crate::error::EngineError;

const FILE_LIMIT: u64 = 1 << 20;
const TOTAL_LIMIT: u64 = 32 << 20;
const COUNT_LIMIT: usize = 2_000;
const DEPTH_LIMIT: usize = 8;

/// The folders of a project and what belongs in them.
const FOLDERS: [(&str, &str); 3] = [
    ("catalog", "yaml"),
    ("policy", "cedar"),
    ("pipelines", "yaml"),
];

/// A directory that holds a `sealine.yaml`.
#[derive(Clone, Debug)]
pub struct ProjectDir {
    root: PathBuf,
}

/// `path` as people and receipts read it: relative to the project where it lies below it.
pub(crate) fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

impl ProjectDir {
    /// Finds the project at `path` itself.
    ///
    /// # Errors
    /// `SL5001` where there is no `sealine.yaml`.
    pub fn new(path: &Path) -> Result<Self, EngineError> {
        let none = || EngineError::NotAProject {
            path: path.to_path_buf(),
        };
        let root = path.canonicalize().map_err(|_| none())?;
        if std::fs::symlink_metadata(root.join("sealine.yaml")).is_err() {
            return Err(none());
        }
        Ok(Self { root })
    }

    /// Its absolute path, without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Reads `sealine.yaml`, `catalog/**/*.yaml`, `policy/**/*.cedar` and `pipelines/**/*.yaml`, sorted by path.
    ///
    /// # Errors
    /// `SL5002` for a file that cannot be taken in, `SL5003` where there are too many.
    pub fn sources(&self) -> Result<Vec<Source>, EngineError> {
        let mut paths = vec!["sealine.yaml".to_owned()];
        for (folder, extension) in FOLDERS {
            self.list(folder, extension, 1, &mut paths)?;
        }
        paths.sort();
        let mut total = 0_u64;
        let mut sources = Vec::with_capacity(paths.len());
        for path in paths {
            let text = self.read(&path)?;
            total += text.len() as u64;
            if total > TOTAL_LIMIT {
                return Err(EngineError::ProjectTooLarge {
                    reason: format!("its files hold more than {} MiB", TOTAL_LIMIT >> 20),
                });
            }
            sources.push(Source { path, text });
        }
        Ok(sources)
    }

    /// Reads `policy/tests/**/*.yaml`, sorted by path: they decide nothing, and are no part of a project's texts.
    ///
    /// # Errors
    /// As [`ProjectDir::sources`].
    pub fn policy_tests(&self) -> Result<Vec<Source>, EngineError> {
        let mut paths = Vec::new();
        self.list("policy/tests", "yaml", 1, &mut paths)?;
        paths.sort();
        let read = |path: String| {
            Ok(Source {
                text: self.read(&path)?,
                path,
            })
        };
        paths.into_iter().map(read).collect()
    }

    fn list(
        &self,
        folder: &str,
        extension: &str,
        depth: usize,
        paths: &mut Vec<String>,
    ) -> Result<(), EngineError> {
        let refuse = |path: &str, reason: &str| {
            Err(EngineError::ProjectFile {
                path: path.to_owned(),
                reason: reason.to_owned(),
            })
        };
        let at = self.root.join(folder);
        match std::fs::symlink_metadata(&at) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return refuse(folder, "it must be a folder, not a file or a link"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return refuse(folder, &error.to_string()),
        }
        if depth > DEPTH_LIMIT {
            return Err(EngineError::ProjectTooLarge {
                reason: format!("`{folder}` lies more than {DEPTH_LIMIT} folders deep"),
            });
        }
        let entries = match std::fs::read_dir(&at) {
            Ok(entries) => entries,
            Err(error) => return refuse(folder, &error.to_string()),
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => return refuse(folder, &error.to_string()),
            };
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return refuse(folder, "a file name in it is not UTF-8; rename it");
            };
            // Editors' swap files and version control live in hidden names.
            if name.starts_with('.') {
                continue;
            }
            let path = format!("{folder}/{name}");
            let kind = match entry.file_type() {
                Ok(kind) => kind,
                Err(error) => return refuse(&path, &error.to_string()),
            };
            if kind.is_dir() {
                self.list(&path, extension, depth + 1, paths)?;
                continue;
            }
            match Path::new(name).extension().and_then(|found| found.to_str()) {
                Some(found) if found == extension => {}
                Some("yml") => return refuse(&path, "rename it to end in `.yaml`"),
                _ => continue,
            }
            if name.chars().any(char::is_control) {
                return refuse(
                    folder,
                    "a file name in it holds a control character; rename it",
                );
            }
            if !kind.is_file() {
                return refuse(&path, "it must be a regular file; replace a link by a copy");
            }
            paths.push(path);
            if paths.len() > COUNT_LIMIT {
                return Err(EngineError::ProjectTooLarge {
                    reason: format!("it has more than {COUNT_LIMIT} files"),
                });
            }
        }
        Ok(())
    }

    fn read(&self, path: &str) -> Result<String, EngineError> {
        let refuse = |reason: String| EngineError::ProjectFile {
            path: path.to_owned(),
            reason,
        };
        let bytes = durable::read_bounded(&self.root.join(path), FILE_LIMIT).map_err(|error| {
            refuse(match error.kind() {
                std::io::ErrorKind::FileTooLarge => "it is larger than 1 MiB; split it".to_owned(),
                _ => error.to_string(),
            })
        })?;
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..at).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            refuse(format!("line {line} is not UTF-8; save the file as UTF-8"))
        })
    }
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

    fn project() -> (tempfile::TempDir, ProjectDir) {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["catalog/deep", "policy", "pipelines"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        std::fs::write(dir.path().join("sealine.yaml"), "version: 1\n").unwrap();
        std::fs::write(dir.path().join("catalog/deep/a.yaml"), "a\n").unwrap();
        std::fs::write(dir.path().join("policy/p.cedar"), "p\n").unwrap();
        std::fs::write(dir.path().join("pipelines/.swap.yaml"), "no\n").unwrap();
        std::fs::write(dir.path().join("pipelines/README.md"), "no\n").unwrap();
        let project = ProjectDir::new(dir.path()).unwrap();
        (dir, project)
    }

    fn reason(project: &ProjectDir) -> String {
        project.sources().unwrap_err().to_string()
    }

    #[test]
    fn the_files_of_a_project_are_found_in_order() {
        let (_dir, project) = project();
        let sources = project.sources().unwrap();
        let paths: Vec<_> = sources.iter().map(|source| source.path.as_str()).collect();
        assert_eq!(
            paths,
            ["catalog/deep/a.yaml", "policy/p.cedar", "sealine.yaml"]
        );
    }

    #[test]
    fn a_directory_without_the_file_is_no_project() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(ProjectDir::new(dir.path()).unwrap_err().code(), "SL5001");
    }

    #[test]
    fn odd_files_are_refused_with_what_to_do() {
        let (dir, project) = project();
        let odd = dir.path().join("catalog/odd.yaml");
        std::fs::write(&odd, b"a: 1\nb: \xff\n").unwrap();
        assert!(reason(&project).contains("line 2 is not UTF-8"));
        std::fs::write(&odd, vec![b'#'; (1 << 20) + 1]).unwrap();
        assert!(reason(&project).contains("larger than 1 MiB"));
        std::fs::remove_file(&odd).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", &odd).unwrap();
        assert!(reason(&project).contains("replace a link"));
        std::fs::remove_file(&odd).unwrap();
        std::fs::write(dir.path().join("catalog/b.yml"), "b\n").unwrap();
        assert!(reason(&project).contains("rename it to end in `.yaml`"));
        std::fs::remove_file(dir.path().join("catalog/b.yml")).unwrap();
        std::fs::create_dir_all(dir.path().join("catalog/1/2/3/4/5/6/7/8")).unwrap();
        assert_eq!(project.sources().unwrap_err().code(), "SL5003");
    }
}
