//! Reads the files of a project, each by the folder that it lies in.

use std::sync::Arc;

use super::catalog::Draughted;
use super::findings::Findings;
use super::project::Draft;
use super::reader::Reader;
use super::together::Together;
use super::yaml;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::{Format, Formulas, Pipeline, PolicyText, Spec};
use crate::source::{FileId, Files, Source, Span};

/// The path of a text that holds a mapping of connections; no file of a project has it, since its
/// folder is none of a project's.
pub const CONNECTIONS: &str = "connections/.beside.yaml";

/// What [`parse`] found.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The texts, sorted by path; every span points into these.
    pub files: Files,
    /// The project; `None` if and only if there are errors.
    pub spec: Option<Spec>,
    /// Everything found, sorted by place.
    pub diagnostics: Diagnostics,
}

/// Reads the files of a project: `sealine.yaml`, `catalog/**/*.yaml`, `policy/**/*.cedar` (kept as
/// text) and `pipelines/**/*.yaml`. Other paths are kept in [`Parsed::files`] and not read, but for
/// [`CONNECTIONS`]: more connections, for whoever adds texts of its own to those of a project.
///
/// Every mistake found is reported; a file that is not YAML ends at its first one.
#[must_use]
pub fn parse(mut sources: Vec<Source>) -> Parsed {
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    let files = Files::new(sources);
    let mut out = Findings::default();
    let spec = read(&files, &mut out);
    Parsed {
        spec,
        diagnostics: out.finish(),
        files,
    }
}

/// What a file is, by its path.
#[derive(PartialEq, Eq)]
enum Role {
    Project,
    Catalog,
    Policy,
    Pipeline,
    /// More connections, beside those of `sealine.yaml`: never a file on disk.
    Connections,
    /// The folder is ours and the ending is not: silently left out, it would be missed.
    Misnamed,
    Other,
}

fn role(path: &str) -> Role {
    let (folder, rest) = path.split_once('/').unwrap_or(("", path));
    let ends = |ending: &str| rest.len() > ending.len() && rest.ends_with(ending);
    match folder {
        "" if path == "sealine.yaml" => Role::Project,
        _ if path == CONNECTIONS => Role::Connections,
        "" if path == "sealine.yml" => Role::Misnamed,
        "catalog" if ends(".yaml") => Role::Catalog,
        "pipelines" if ends(".yaml") => Role::Pipeline,
        "catalog" | "pipelines" if ends(".yml") => Role::Misnamed,
        "policy" if ends(".cedar") => Role::Policy,
        _ => Role::Other,
    }
}

fn read(files: &Files, out: &mut Findings) -> Option<Spec> {
    let project = read_project(files, out);
    let mut datasets: Vec<Draughted> = Vec::new();
    let mut pipelines: Vec<Pipeline> = Vec::new();
    let mut policies = Vec::new();
    let (mut catalog_complete, mut pipelines_complete) = (true, true);
    for (file, path, text) in files.iter() {
        match role(path) {
            Role::Catalog => {
                let before = out.count_errors();
                let tree = yaml::load(file, text, out);
                let sound = out.count_errors() == before;
                match tree.and_then(|tree| Reader { files, out }.catalog(&tree, &project, sound)) {
                    Some(read) => datasets.extend(read),
                    None => catalog_complete = false,
                }
                catalog_complete &= sound;
            }
            Role::Pipeline => {
                let tree = yaml::load(file, text, out);
                match tree.and_then(|tree| Reader { files, out }.pipeline(&tree)) {
                    Some(pipeline) => pipelines.push(pipeline),
                    None => pipelines_complete = false,
                }
            }
            Role::Policy => policies.push(PolicyText {
                path: path.to_owned(),
                file,
                text: text.to_owned(),
            }),
            Role::Misnamed => out.push(misnamed(file, path)),
            Role::Project | Role::Connections | Role::Other => {}
        }
    }
    let together = Together {
        project: &project,
        datasets: &datasets,
        pipelines: &pipelines,
        catalog_complete,
        pipelines_complete,
    };
    let written = together.check(&mut Reader { files, out });
    if out.has_errors() {
        return None;
    }
    Some(Spec {
        project: project.finish(),
        datasets: datasets
            .into_iter()
            .map(|read| {
                let mut dataset = read.dataset;
                // What a run writes is read back as it was written.
                if let Some(at) = &mut dataset.at
                    && let Format::Csv(options) = &mut at.format
                    && written.contains(&dataset.id)
                {
                    options.formulas = Some(Formulas::Neutralized);
                }
                (dataset.id.clone(), Arc::new(dataset))
            })
            .collect(),
        pipelines: pipelines
            .into_iter()
            .map(|pipeline| (pipeline.name.clone(), Arc::new(pipeline)))
            .collect(),
        policies,
    })
}

fn read_project(files: &Files, out: &mut Findings) -> Draft {
    let mut found = files
        .iter()
        .filter(|(_, path, _)| role(path) == Role::Project);
    let Some((file, _, text)) = found.next() else {
        out.push(
            Diagnostic::error("SL1012", "there is no `sealine.yaml`")
                .help("change to the folder of a project, name it with `-C FOLDER`, or begin one with `sealine init`"),
        );
        return Draft::unknown();
    };
    let mut draft = match yaml::load(file, text, out) {
        Some(tree) => Reader { files, out }.project(&tree),
        None => Draft::unknown(),
    };
    for (file, path, text) in files.iter() {
        if role(path) == Role::Connections
            && let Some(tree) = yaml::load(file, text, out)
        {
            Reader { files, out }.more_connections(&tree, &mut draft);
        }
    }
    draft
}

fn misnamed(file: FileId, path: &str) -> Diagnostic {
    let better = path.strip_suffix(".yml").unwrap_or(path);
    Diagnostic::error("SL1013", format!("`{path}` would not be read"))
        .mark(Span::new(file, 0, 0), "")
        .help(format!(
            "files of a project end in `.yaml`: rename it to `{better}.yaml`"
        ))
}
