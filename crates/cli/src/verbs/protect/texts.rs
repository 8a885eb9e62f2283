//! The texts that stand for one `protect`: a catalogue entry, a pipeline, and connections.
//!
//! INVARIANT: the same texts are proved and, with `--save`, kept.

use super::super::init::files;
use super::super::init::names;
use super::super::init::propose::Proposal;
use super::place::Place;
use crate::args::Output;
use crate::failure::Failure;
use sealine_spec::CONNECTIONS;
use std::path::Path;

/// What was asked, resolved.
pub(super) struct Request<'p> {
    pub(super) proposal: &'p Proposal,
    pub(super) input: Place,
    pub(super) output: Place,
    /// Items of the select list.
    pub(super) columns: Vec<String>,
    pub(super) clearance: &'p str,
    pub(super) highest: &'p str,
    pub(super) format: Output,
    pub(super) key: String,
    /// Connections that the project does not declare: name and root.
    pub(super) connections: Vec<(String, String)>,
}

impl Request<'_> {
    /// The texts, at paths that no file of a project has.
    pub(super) fn beside(&self, pipeline: &str) -> Vec<(String, String)> {
        let mut all = vec![
            ("catalog/.protect.yaml".to_owned(), self.catalog()),
            (
                "pipelines/.protect.yaml".to_owned(),
                self.pipeline(pipeline),
            ),
        ];
        if !self.connections.is_empty() {
            let lines = self.connections.iter().map(line);
            all.push((CONNECTIONS.to_owned(), lines.collect()));
        }
        all
    }

    /// The files to keep.
    pub(super) fn kept(&self, root: &Path, name: &str) -> Result<Vec<(String, String)>, Failure> {
        if !self.connections.is_empty() {
            let lines: Vec<String> = self.connections.iter().map(line).collect();
            return Err(Failure::Argument {
                argument: "--save".to_owned(),
                reason: format!(
                    "no connection reaches that folder; add under `connections:` of `sealine.yaml`: {}",
                    lines.join(" ").replace('\n', "")
                ),
            });
        }
        let path = self.output.path.as_str();
        if self.format != Output::Parquet && !path.ends_with('/') && !path.contains(".sealine.") {
            return Err(Failure::Argument {
                argument: "--save".to_owned(),
                reason: "a pipeline replaces what it writes, and a file in clear tells by its name alone that it may be; give `--out` a folder, or a name that ends in `.sealine.csv` (`.jsonl`, `.arrow`)"
                    .to_owned(),
            });
        }
        let all = vec![
            (format!("catalog/{name}.yaml"), self.catalog()),
            (format!("pipelines/{name}.yaml"), self.pipeline(name)),
        ];
        // Said before the run; the writing itself insists on it again.
        match all
            .iter()
            .map(|(path, _)| root.join(path))
            .find(|path| path.symlink_metadata().is_ok())
        {
            Some(path) => Err(Failure::Exists {
                path: path.display().to_string(),
            }),
            None => Ok(all),
        }
    }

    fn id(&self) -> String {
        names::of_file(&self.output.name)
    }

    fn catalog(&self) -> String {
        let source = &self.proposal.name;
        let entry = files::dataset(
            self.proposal,
            &format!("adhoc.{source}"),
            &self.input.connection,
            &self.input.path,
        );
        let (id, key, highest) = (self.id(), &self.key, self.highest);
        let connection = &self.output.connection;
        let (format, sealed) = match self.format {
            Output::Parquet => ("parquet", format!("    encrypt: {{ key: {key} }}\n")),
            Output::Csv => ("csv", String::new()),
            Output::Jsonl => ("jsonl", String::new()),
            Output::Arrow => ("arrow", String::new()),
        };
        format!(
            "version: 1\n\
             datasets:\n\
             {entry}    rejects: protected.{id}_rejects\n\
             \n  protected.{id}_rejects:\n    at: {{ connection: {connection}, path: {rejects}, format: parquet }}\n    \
             clearance: {highest}\n    encrypt: {{ key: {key} }}\n\
             \n  protected.{id}:\n    at: {{ connection: {connection}, path: {path}, format: {format} }}\n    \
             clearance: {clearance}\n{sealed}",
            rejects = names::yaml(&self.output.beside("-rejects")),
            path = names::yaml(&self.output.path),
            clearance = self.clearance,
        )
    }

    fn pipeline(&self, name: &str) -> String {
        let source = &self.proposal.name;
        format!(
            "version: 1\n\
             pipeline: {name}\n\
             inputs: {{ {source}: adhoc.{source} }}\n\
             steps:\n\
             \x20 safe:\n\
             \x20   sql: |\n\
             \x20     SELECT {items}\n\
             \x20     FROM {source}\n\
             outputs:\n\
             \x20 - {{ from: safe, to: protected.{id}, mode: replace }}\n",
            items = self.columns.join(",\n             "),
            id = self.id(),
        )
    }
}

fn line((name, root): &(String, String)) -> String {
    format!("{name}: {{ kind: local, root: {} }}\n", names::yaml(root))
}
