//! A folder for the copies of a project that twins are run in.
//!
//! INVARIANT: it is its owner's alone, lies beside the sources that it holds samples of, and is gone when this value
//! is; what a killed process left is removed by the next one.

use std::fs;
use std::path::{Path, PathBuf};

use sealine_spec::ConnectionKind;

use crate::durable;
use crate::error::EngineError;
use crate::project::{OpenError, Project};

const PREFIX: &str = ".sealine-twins-";
/// What makes up a project.
const PARTS: [&str; 5] = [
    "sealine.yaml",
    "catalog",
    "policy",
    "pipelines",
    "signatures",
];
/// Where the connections of a copy begin.
const CONNECTIONS: &str = "connections";

pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes the folder in the project.
    pub(super) fn create(project: &Path) -> Result<Self, EngineError> {
        sweep(project);
        let root = project.join(format!("{PREFIX}{}", std::process::id()));
        let fault = |source| EngineError::TwinPlace {
            path: root.clone(),
            source,
        };
        durable::remove_all(&root).map_err(fault)?;
        durable::create_private_dir(&root).map_err(fault)?;
        Ok(Self(root))
    }

    pub(super) fn place(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is its owner's alone, and the next one tries again.
        let _ = durable::remove_all(&self.0);
    }
}

/// Removes what processes left that are no more.
fn sweep(project: &Path) {
    for entry in fs::read_dir(project).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(process) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
            continue;
        };
        if process.parse::<u32>().is_ok() && !Path::new("/proc").join(process).exists() {
            let _ = durable::remove_all(&entry.path());
        }
    }
}

/// Copies the texts of a project.
pub(super) fn copy_texts(from: &Path, to: &Path) -> Result<(), EngineError> {
    make(to)?;
    for part in PARTS {
        let path = from.join(part);
        if path.exists() {
            copy(&path, &to.join(part))?;
        }
    }
    Ok(())
}

/// Copies a file or all of a folder. Links are not followed and not copied.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), EngineError> {
    let fault = |source| EngineError::TwinPlace {
        path: to.to_path_buf(),
        source,
    };
    let kind = fs::symlink_metadata(from).map_err(fault)?;
    if kind.is_dir() {
        durable::create_private_dir(to).map_err(fault)?;
        for entry in fs::read_dir(from).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else if kind.is_file() {
        fs::copy(from, to).map_err(fault)?;
    }
    Ok(())
}

/// Makes a folder and those above it.
pub(super) fn make(path: &Path) -> Result<(), EngineError> {
    durable::create_dirs(path).map_err(|source| EngineError::TwinPlace {
        path: path.to_path_buf(),
        source,
    })
}

/// Where the files of a connection lie in a copy.
pub(super) fn connection(copy: &Path, name: &str) -> PathBuf {
    copy.join(CONNECTIONS).join(name)
}

/// Opens a copy: its connections and its state lie in it, wherever those of the project are.
pub(super) fn open(copy: &Path) -> Result<Project, EngineError> {
    let mut project = Project::open(copy).map_err(|error| match error {
        OpenError::Engine(error) => error,
        OpenError::Broken { .. } => EngineError::NoTwins {
            reason: "its copy does not open; are its files being changed".to_owned(),
        },
    })?;
    for name in project.spec().project.connections.keys() {
        make(&connection(copy, name))?;
    }
    project.moved(|name| ConnectionKind::Local {
        root: format!("{CONNECTIONS}/{name}"),
    });
    Ok(project)
}
