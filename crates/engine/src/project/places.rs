//! Where datasets lie: from a connection's root and a path of the catalog to a path of this machine.
//!
//! INVARIANT: a place lies inside its connection's root after links are resolved, and never inside the state
//! directory. Reading goes through `sealine_connect::locate`; writing goes through [`Places::destination`].

use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use sealine_connect::Located;
use sealine_spec::{ConnectionKind, Dataset, Format, Location, Spec};

use crate::commit::only_ours;
use crate::error::EngineError;

/// How a written dataset lies on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A folder of part files.
    Folder,
    /// One file.
    File,
}

/// The roots of a project's connections.
pub(crate) struct Places<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) project: &'a Path,
    pub(crate) state: &'a Path,
    /// Whether the texts of a pipeline beside the project name places, too.
    pub(crate) beside: bool,
}

impl Places<'_> {
    /// The files of an input, sorted by name.
    pub(crate) fn files(&self, dataset: &Dataset) -> Result<Vec<Located>, EngineError> {
        let at = location(dataset)?;
        let root = self.root(&at.connection, false)?;
        let format = match at.format {
            Format::Csv(_) => sealine_connect::Format::Csv,
            Format::Jsonl => sealine_connect::Format::Jsonl,
            Format::Arrow => sealine_connect::Format::Arrow,
            Format::Parquet => sealine_connect::Format::Parquet,
        };
        let files = sealine_connect::locate(&root, &at.path, format, &dataset.partition_by)?;
        for file in &files {
            self.outside_state(dataset, &file.path)?;
        }
        // Only Sealine writes sealed datasets that are bound to their place, and a generation has at least one file: none is a loss, not a
        // dataset of no rows.
        if files.is_empty()
            && dataset
                .encrypt
                .as_ref()
                .is_some_and(|encrypt| encrypt.bound)
        {
            return Err(EngineError::Input {
                dataset: dataset.id.clone(),
                path: root.join(&at.path),
                reason: "its published files are missing; run the pipeline again, or `sealine audit verify`"
                    .to_owned(),
            });
        }
        Ok(files)
    }

    /// The root of a dataset's connection.
    pub(crate) fn connection_of(&self, dataset: &Dataset) -> Result<PathBuf, EngineError> {
        self.root(&location(dataset)?.connection, false)
    }

    /// Where a written dataset goes, and in which form. Missing folders below the root are not made here; what is
    /// there already must be Sealine's own, since it will be removed.
    pub(crate) fn destination(&self, dataset: &Dataset) -> Result<(PathBuf, Shape), EngineError> {
        let at = location(dataset)?;
        let refuse = |reason: &str| EngineError::Location {
            dataset: dataset.id.clone(),
            reason: reason.to_owned(),
        };
        let root = self.root(&at.connection, true)?;
        let relative = Path::new(&at.path);
        let mut place = root.clone();
        for part in relative.components() {
            match part {
                Component::Normal(name) => place.push(name),
                Component::CurDir => {}
                _ => return Err(refuse("its path leaves the root of its connection")),
            }
        }
        if place == root {
            return Err(refuse(
                "it would replace the root of its connection; give it a folder of its own",
            ));
        }
        let name = place
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.starts_with('.') || name.chars().any(char::is_control) {
            return Err(refuse(
                "the last part of its path must be a plain name that does not begin with `.`",
            ));
        }
        // What exists of the path must be real folders: a link could lead out, now or later.
        let mut above = root;
        let parts: Vec<_> = relative
            .components()
            .filter(|part| matches!(part, Component::Normal(_)))
            .collect();
        let (ours, any) = match at.format {
            Format::Parquet => (".parquet", ".parquet"),
            Format::Csv(_) => (".sealine.csv", ".csv"),
            Format::Jsonl => (".sealine.jsonl", ".jsonl"),
            Format::Arrow => (".sealine.arrow", ".arrow"),
        };
        // In clear, the name alone tells next time whose file it is; of what is written once, nothing has to.
        let file = name.ends_with(ours) || self.beside && name.ends_with(any);
        let shape = match file && !at.path.ends_with('/') {
            true => Shape::File,
            false => Shape::Folder,
        };
        if shape == Shape::File && !dataset.partition_by.is_empty() {
            return Err(refuse("partitions lie in a folder; end its path with `/`"));
        }
        for (index, part) in parts.iter().enumerate() {
            above.push(part);
            let last = index + 1 == parts.len();
            match std::fs::symlink_metadata(&above) {
                Ok(found) if found.is_dir() && (!last || shape == Shape::Folder) => {}
                Ok(found) if found.is_file() && last && shape == Shape::File => {}
                Ok(found) if found.is_symlink() => {
                    return Err(refuse("a part of its path is a link; name the real folder"));
                }
                Ok(_) if last => {
                    return Err(refuse(
                        "something else is in its place; a path that ends in `.parquet` or `.sealine.csv` is one file, any other is a folder",
                    ));
                }
                Ok(_) => return Err(refuse("a part of its path is not a folder")),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => break,
                Err(error) => return Err(refuse(&error.to_string())),
            }
        }
        self.outside_state(dataset, &place)?;
        // Files are left out: some layered file systems give a file another device than its folder.
        if let (Ok(found), Some(Ok(parent))) = (
            std::fs::symlink_metadata(&place),
            place.parent().map(std::fs::symlink_metadata),
        ) && found.is_dir()
            && found.dev() != parent.dev()
        {
            return Err(refuse("it is a mount point; name a folder inside it"));
        }
        only_ours(&place, None)?;
        Ok((place, shape))
    }

    fn root(&self, connection: &str, make: bool) -> Result<PathBuf, EngineError> {
        let refuse = |reason: String| EngineError::Root {
            connection: connection.to_owned(),
            reason,
        };
        let Some(found) = self.spec.project.connections.get(connection) else {
            return Err(refuse("it is not declared in `sealine.yaml`".to_owned()));
        };
        let ConnectionKind::Local { root } = &found.kind;
        let path = self.project.join(root);
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) => metadata,
            // A lake begins empty: its folder is made below the project, never elsewhere.
            Err(error)
                if make
                    && error.kind() == std::io::ErrorKind::NotFound
                    && Path::new(root).is_relative() =>
            {
                crate::durable::create_dirs(&path).map_err(|error| refuse(error.to_string()))?;
                std::fs::metadata(&path).map_err(|error| refuse(error.to_string()))?
            }
            Err(error) => return Err(refuse(format!("`{}`: {error}", path.display()))),
        };
        if !metadata.is_dir() {
            return Err(refuse(format!("`{}` is not a folder", path.display())));
        }
        path.canonicalize()
            .map_err(|error| refuse(error.to_string()))
    }

    fn outside_state(&self, dataset: &Dataset, place: &Path) -> Result<(), EngineError> {
        if place.starts_with(self.state) || self.state.starts_with(place) {
            return Err(EngineError::Location {
                dataset: dataset.id.clone(),
                reason: "it overlaps the state directory".to_owned(),
            });
        }
        Ok(())
    }
}

fn location(dataset: &Dataset) -> Result<&Location, EngineError> {
    dataset.at.as_ref().ok_or_else(|| EngineError::Location {
        dataset: dataset.id.clone(),
        reason: "it has no `at:`; say where it lies".to_owned(),
    })
}
