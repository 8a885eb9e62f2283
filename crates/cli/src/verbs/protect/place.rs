//! Where the file lies and where the output goes, in terms of connections: those of the project
//! where one reaches, else one that is added for this run.
//!
//! INVARIANT: a folder inside the project is named relative to it, so that the check of overlapping
//! places sees that two are one.

use super::super::init::existing;
use crate::args::Output;
use crate::failure::Failure;
use sealine_spec::{ConnectionKind, Spec};
use std::path::{Path, PathBuf};

/// Endings of files: a folder of that name is nothing that anybody meant.
const ENDINGS: &[&str] = &[
    "csv", "tsv", "txt", "json", "jsonl", "ndjson", "arrow", "arrows", "feather", "parquet", "xls",
    "xlsx", "gz", "zst", "zip",
];

/// A place as the catalogue names it.
pub(super) struct Place {
    /// The connection.
    pub(super) connection: String,
    /// The path inside it.
    pub(super) path: String,
    /// The last part of the path.
    pub(super) name: String,
}

impl Place {
    /// A folder beside this place.
    pub(super) fn beside(&self, ending: &str) -> String {
        let path = self.path.trim_end_matches('/');
        let endings = [".parquet", ".csv", ".jsonl", ".arrow"];
        let path = endings
            .iter()
            .find_map(|one| path.strip_suffix(one))
            .unwrap_or(path);
        let path = path.strip_suffix(".sealine").unwrap_or(path);
        format!("{path}{ending}/")
    }
}

/// The connections of a project, and those that were added.
pub(super) struct Places<'s> {
    spec: &'s Spec,
    root: &'s Path,
    added: Vec<(String, String)>,
}

impl<'s> Places<'s> {
    /// Of the project at `root`, which is absolute and has no links.
    pub(super) fn new(spec: &'s Spec, root: &'s Path) -> Places<'s> {
        Places {
            spec,
            root,
            added: Vec::new(),
        }
    }

    /// The connections that were added: name and root.
    pub(super) fn added(self) -> Vec<(String, String)> {
        self.added
    }

    /// The file to protect.
    pub(super) fn input(&mut self, file: &Path) -> Result<Place, Failure> {
        let real = file.canonicalize().map_err(|source| Failure::File {
            action: "read",
            path: file.display().to_string(),
            source,
        })?;
        let place = self.place(file, &real)?;
        if place.path.contains(['*', '?', '[']) {
            return Err(refused(
                file,
                "its path reads as a pattern; rename it without `*`, `?` and `[`",
            ));
        }
        Ok(place)
    }

    /// The output, in that format.
    pub(super) fn output(&mut self, out: &Path, format: Output) -> Result<Place, Failure> {
        let absolute = std::path::absolute(out).map_err(|source| Failure::File {
            action: "write",
            path: out.display().to_string(),
            source,
        })?;
        let real = existing(&absolute);
        if self.root.starts_with(&real) {
            return Err(refused(
                out,
                "the project lies in it; give the output a folder of its own",
            ));
        }
        let outside = !real.starts_with(self.root);
        if outside && !real.parent().is_some_and(Path::is_dir) {
            return Err(refused(
                out,
                "the folder above it does not exist; make it first",
            ));
        }
        let mut place = self.place(out, &real)?;
        // One file where the name says so: an ending of the format that is written.
        let ending = match format {
            Output::Parquet => ".parquet",
            Output::Csv => ".csv",
            Output::Jsonl => ".jsonl",
            Output::Arrow => ".arrow",
        };
        let folder = out.as_os_str().as_encoded_bytes().ends_with(b"/") || real.is_dir();
        let file = real.extension().unwrap_or_default().to_string_lossy();
        if !folder && !place.path.ends_with(ending) && ENDINGS.contains(&&*file) {
            let reason = format!(
                "its ending is not that of what is written; let it end in `{ending}`, or in `/` for a folder"
            );
            return Err(refused(out, &reason));
        }
        if folder || !place.path.ends_with(ending) {
            place.path.push('/');
        } else if format != Output::Parquet
            && !place.path.contains(".sealine.")
            && real.symlink_metadata().is_ok()
        {
            return Err(refused(
                out,
                "it is there already, and a file in clear does not tell whose it is; remove it, or let the name end in `.sealine.csv` (`.jsonl`, `.arrow`), which is replaced",
            ));
        }
        Ok(place)
    }

    fn place(&mut self, shown: &Path, real: &Path) -> Result<Place, Failure> {
        let text = |path: &Path| {
            path.to_str()
                .map(str::to_owned)
                .ok_or_else(|| refused(shown, "its path is not UTF-8; rename or move it"))
        };
        let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else {
            return Err(refused(shown, "it is the root of the machine"));
        };
        let name = text(Path::new(name))?;
        let reaching = self.spec.project.connections.values().filter_map(|known| {
            let ConnectionKind::Local { root } = &known.kind;
            let root = self.root.join(root);
            let root = root.canonicalize().unwrap_or(root);
            folder.starts_with(&root).then_some((root, &known.name))
        });
        let nearest = reaching.max_by_key(|(root, _)| root.components().count());
        let (root, connection) = match nearest {
            Some((root, connection)) => (root, connection.clone()),
            None => (folder.to_path_buf(), self.add(folder, &text)?),
        };
        let path = real.strip_prefix(&root).unwrap_or(real);
        Ok(Place {
            connection,
            path: text(path)?,
            name,
        })
    }

    /// A connection for a folder that none reaches.
    fn add(
        &mut self,
        folder: &Path,
        text: &dyn Fn(&Path) -> Result<String, Failure>,
    ) -> Result<String, Failure> {
        let root = match folder.strip_prefix(self.root) {
            Ok(inside) if inside.as_os_str().is_empty() => PathBuf::from("."),
            Ok(inside) => inside.to_path_buf(),
            Err(_) => folder.to_path_buf(),
        };
        let root = text(&root)?;
        if let Some((name, _)) = self.added.iter().find(|(_, known)| *known == root) {
            return Ok(name.clone());
        }
        let taken = |name: &str| {
            self.spec.project.connections.contains_key(name)
                || self.added.iter().any(|(known, _)| known == name)
        };
        let mut name = "folder".to_owned();
        while taken(&name) {
            name.push_str("-too");
        }
        self.added.push((name.clone(), root));
        Ok(name)
    }
}

fn refused(path: &Path, reason: &str) -> Failure {
    Failure::Argument {
        argument: path.display().to_string(),
        reason: reason.to_owned(),
    }
}
