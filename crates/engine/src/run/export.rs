//! An authorized `reveal` into a file: the same execution as at the terminal, streamed, every row of it.
//!
//! INVARIANT: whoever asks, why, and what is opened are in the log before a row is read; how many rows there are and
//! the digest of the file, before it has its name. The file is new and its owner's alone, sealed unless all that is
//! in it may lie in clear, and durable before it is seen. What fails leaves nothing but its entries.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use sealine_access::Authorized;
use sealine_audit::{Action, Digest, Outcome};
use sealine_connect::{FileAad, PlainAllowed, PlainFormat, Written};
use sealine_label::Level;
use sealine_plan::{DemandKind, Plan, Request};
use sealine_spec::Spec;
use serde::{Deserialize, Serialize};

use super::id::RunId;
use super::show::{opened, opened_names, openers, policies};
use crate::cancel::CancelToken;
use crate::durable;
use crate::error::EngineError;
use crate::output::{Form, Part};
use crate::report::RuleReport;
use crate::session::{Session, actor};

/// How opened values are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportForm {
    /// As Parquet, sealed under the file key of this name.
    Sealed(String),
    /// In clear, where that is allowed.
    Plain(PlainFormat),
}

impl ExportForm {
    fn said(&self) -> String {
        match self {
            Self::Sealed(key) => format!("parquet under the key {key}"),
            Self::Plain(format) => format!("{} in clear", format.suffix().trim_start_matches('.')),
        }
    }
}

/// A file of opened values.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The dataset.
    pub dataset: String,
    /// Where the file lies.
    pub path: PathBuf,
    /// Whether it is sealed, and under which key.
    pub key: Option<String>,
    /// The id of the dataset that a sealed file is bound to.
    pub bound: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// Those that were opened, each with the protection that was undone: `note: encrypt`.
    pub opened: Vec<String>,
    /// What was written.
    pub written: Written,
    /// Columns that are not in it because of their level: name and level.
    pub withheld: Vec<(String, String)>,
    /// Rows that broke a rule when they were read, by dataset: they are not in it.
    pub rejected: Vec<(String, Vec<RuleReport>)>,
    /// The entry of the log that has its digest.
    pub log_index: u64,
}

/// Rules that rows broke, by dataset.
type Rejected = Vec<(String, Vec<RuleReport>)>;

impl Session {
    /// Writes the rows of an authorized `reveal` into a new file at `path`.
    ///
    /// # Errors
    /// `SL5400` where it would lie in clear and may not, `SL5401` where something is there already, `SL5402` where
    /// the place cannot be used, and others of [`EngineError`]; there is no file then.
    pub async fn export(
        &mut self,
        authorized: Authorized<Plan>,
        path: &Path,
        form: &ExportForm,
        cancel: &CancelToken,
    ) -> Result<Exported, EngineError> {
        let plan = authorized.plan();
        let Request::Reveal {
            dataset,
            reason,
            limit,
            into_file: true,
            ..
        } = plan.request()
        else {
            return Err(EngineError::WrongPlan {
                verb: "written into a file",
                reason: "it was not made for one",
            });
        };
        let file = Target::of(path, self.project.state().root())?;
        let form_of_part = allowed(self.project.spec(), plan, form, path)?;
        let (dataset, place) = (dataset.clone(), file.path.display().to_string());
        let started = Action::ExportStarted {
            dataset: dataset.clone(),
            opened: opened_names(plan),
            reason: reason.clone(),
            path: place.clone(),
            plan: Digest::new(authorized.plan_digest()),
            policies: policies(&authorized),
        };
        let (limit, actor) = (*limit, actor(authorized.principal()));
        let reading = self.reading(&authorized, cancel, (limit, started)).await?;
        let note = Note::write(self, &file, &dataset, &actor)?;
        // A crash from here to the rename leaves `export.started` without an end, the note, and at most a sealed or
        // permitted file under a staging name: the next session removes it.
        let outcome = self
            .staged(plan, reading, &file, &form_of_part, cancel)
            .await
            .and_then(|(written, columns, rejected)| {
                let action = Action::ExportCommitted {
                    dataset: dataset.clone(),
                    path: place.clone(),
                    form: form.said(),
                    rows: written.rows,
                    sha256: Digest::new(written.sha256),
                };
                let log_index = self.append(&actor, Outcome::Success, action)?;
                // A crash right here leaves an entry, and the file under its staging name.
                file.publish()?;
                Ok(Exported {
                    dataset: dataset.clone(),
                    path: file.path.clone(),
                    key: match form {
                        ExportForm::Sealed(key) => Some(key.clone()),
                        ExportForm::Plain(_) => None,
                    },
                    bound: file.bound(),
                    columns,
                    opened: opened_names(plan),
                    written,
                    withheld: self.withheld(plan),
                    rejected,
                    log_index,
                })
            });
        if let Err(error) = &outcome {
            // What was begun goes first: the entry says that nothing is left.
            let gone = durable::remove_all(&file.stage);
            let code = error.code().to_owned();
            let failed = Action::ExportFailed {
                dataset,
                path: place,
                code,
            };
            self.append(&actor, Outcome::Failure, failed)?;
            gone.map_err(|source| EngineError::Stage {
                path: file.stage.clone(),
                source,
            })?;
        }
        // A crash right here leaves a note of what is in place, or gone: the next session removes it.
        note.remove()?;
        outcome
    }

    /// Removes what exports left that were killed, and says so in the log.
    pub(crate) fn sweep_exports(&mut self) -> Result<(), EngineError> {
        for note in Note::all(&self.project.state().exports())? {
            let left = durable::remove_staged(&note.staged.stage);
            let left = left.map_err(|source| EngineError::Stage {
                path: note.staged.stage.clone(),
                source,
            })?;
            // What has its name was given it by the export itself, which ended there.
            if left || note.staged.path.symlink_metadata().is_err() {
                let failed = Action::ExportFailed {
                    dataset: note.staged.dataset.clone(),
                    path: note.staged.path.display().to_string(),
                    code: EngineError::Cancelled.code().to_owned(),
                };
                self.append(&note.staged.actor, Outcome::Failure, failed)?;
            }
            note.remove()?;
        }
        Ok(())
    }

    /// Opens the rows and writes them beside the place: whole, durable, and where it is to be sealed, sealed.
    async fn staged(
        &self,
        plan: &Plan,
        reading: super::show::Reading,
        file: &Target,
        form: &Form,
        cancel: &CancelToken,
    ) -> Result<(Written, Vec<String>, Rejected), EngineError> {
        let hub = Arc::clone(&reading.hub);
        let openers = openers(
            plan.outputs().iter().flat_map(|one| &one.opened),
            hub.sources(),
        )?;
        // The types that opening gives are those of any batch.
        let empty = RecordBatch::new_empty(Arc::clone(&reading.schema));
        let schema: SchemaRef = opened(&empty, &openers)?.schema();
        let aad = FileAad::new(&file.bound(), &file.name)?;
        let mut part = Part::open(&file.stage, form, &schema, &self.keys, &aad)?;
        let rejected = reading
            .each(cancel, &mut |batch| {
                let clear = opened(&sealine_connect::compact(batch)?, &openers)?;
                Ok(part.write(&clear)?)
            })
            .await?;
        let written = part.finish()?;
        if matches!(form, Form::Sealed { .. }) {
            sealine_connect::prove_sealed(&file.stage, &[])?;
        }
        durable::sync_parent(&file.stage).map_err(|source| EngineError::Stage {
            path: file.stage.clone(),
            source,
        })?;
        let columns = schema.fields().iter().map(|field| field.name().clone());
        Ok((written, columns.collect(), rejected))
    }
}

/// The form of the file; in clear only where nothing that is opened demands encryption.
fn allowed(spec: &Spec, plan: &Plan, form: &ExportForm, path: &Path) -> Result<Form, EngineError> {
    let format = match form {
        ExportForm::Sealed(key) => {
            return Ok(Form::Sealed {
                key: key.clone(),
                columns: std::collections::BTreeMap::new(),
            });
        }
        ExportForm::Plain(format) => *format,
    };
    // What is not opened is at most what a terminal may show.
    let opened = plan.demands().iter();
    let (level, column) = opened
        .filter(|demand| demand.kind == DemandKind::Export)
        .map(|demand| (demand.from_level, demand.column.as_str()))
        .chain([(Level::bottom(), "")])
        .chain(
            plan.outputs()
                .iter()
                .flat_map(|output| &output.columns)
                .map(|column| (column.level, column.name.as_str())),
        )
        .max()
        .unwrap_or((Level::bottom(), ""));
    let (levels, operator) = (&spec.project.levels, spec.project.operator_clearance);
    match PlainAllowed::of(level, operator, levels) {
        Some(allowed) => Ok(Form::Plain { format, allowed }),
        None => Err(EngineError::ExportInClear {
            path: path.to_path_buf(),
            column: column.to_owned(),
            level: levels.name(level).to_owned(),
        }),
    }
}

/// What the state directory knows of an export that is under way.
#[derive(Serialize, Deserialize)]
struct Staged {
    dataset: String,
    actor: String,
    path: PathBuf,
    stage: PathBuf,
}

/// The most that a note holds, in bytes: two paths and two names.
const NOTE: u64 = 64 << 10;

struct Note {
    file: PathBuf,
    staged: Staged,
}

impl Note {
    fn write(
        session: &Session,
        target: &Target,
        dataset: &str,
        actor: &str,
    ) -> Result<Self, EngineError> {
        let folder = session.project.state().exports();
        let file = folder.join(format!("{}.json", RunId::fresh()?));
        let staged = Staged {
            dataset: dataset.to_owned(),
            actor: actor.to_owned(),
            path: target.path.clone(),
            stage: target.stage.clone(),
        };
        let fault = |source| EngineError::state(&file, source);
        let text = serde_json::to_vec(&staged).map_err(|error| fault(error.into()))?;
        durable::create_private_dir(&folder).map_err(fault)?;
        durable::replace_file(&file, &text).map_err(fault)?;
        Ok(Self { file, staged })
    }

    /// What is noted. Whoever could write something else here could remove the same files themselves.
    fn all(folder: &Path) -> Result<Vec<Self>, EngineError> {
        let fault = |source| EngineError::state(folder, source);
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fault(error)),
        };
        let mut all = Vec::new();
        for entry in entries {
            let file = entry.map_err(fault)?.path();
            // One that was being written when its export was killed: nothing was staged yet.
            if file.extension().is_none_or(|found| found != "json") {
                durable::remove_all(&file).map_err(fault)?;
                continue;
            }
            let text = durable::read_bounded(&file, NOTE).map_err(fault)?;
            let staged = serde_json::from_slice(&text).map_err(|error| fault(error.into()))?;
            all.push(Self { file, staged });
        }
        Ok(all)
    }

    fn remove(&self) -> Result<(), EngineError> {
        durable::remove_all(&self.file).map_err(|source| EngineError::state(&self.file, source))
    }
}

/// Where the file goes, and where it is staged: beside it.
struct Target {
    path: PathBuf,
    stage: PathBuf,
    name: String,
}

impl Target {
    fn of(path: &Path, state: &Path) -> Result<Self, EngineError> {
        let refuse = |reason: &str| EngineError::ExportPlace {
            path: path.to_path_buf(),
            reason: reason.to_owned(),
        };
        let absolute = std::path::absolute(path).map_err(|error| refuse(&error.to_string()))?;
        let (Some(folder), Some(name)) = (absolute.parent(), absolute.file_name()) else {
            return Err(refuse("it names no file"));
        };
        let Some(name) = name
            .to_str()
            .filter(|name| !name.chars().any(char::is_control))
        else {
            return Err(refuse(
                "its name is not UTF-8, or holds a control character",
            ));
        };
        let folder = folder
            .canonicalize()
            .map_err(|_| refuse("the folder above it does not exist; make it first"))?;
        if state
            .canonicalize()
            .is_ok_and(|state| folder.starts_with(state))
        {
            return Err(refuse("it lies in the state directory"));
        }
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(EngineError::ExportExists { path });
        }
        let stage = folder.join(format!(".{name}.sealine-{}", RunId::fresh()?));
        Ok(Self {
            path,
            stage,
            name: name.to_owned(),
        })
    }

    /// The id of the dataset that the file is sealed for: one that a catalog can declare.
    fn bound(&self) -> String {
        let stem = self.name.split('.').find(|part| !part.is_empty());
        let plain = |letter: char| match letter {
            'a'..='z' | '0'..='9' | '_' => letter,
            'A'..='Z' => letter.to_ascii_lowercase(),
            _ => '_',
        };
        let stem: String = stem.unwrap_or_default().chars().map(plain).collect();
        format!("revealed.f_{stem}")
    }

    /// Gives the file its name, over nothing.
    fn publish(&self) -> Result<(), EngineError> {
        match renameat_with(CWD, &self.stage, CWD, &self.path, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            Err(Errno::EXIST) => {
                return Err(EngineError::ExportExists {
                    path: self.path.clone(),
                });
            }
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                return Err(EngineError::NoSwap {
                    path: self.path.clone(),
                });
            }
            Err(errno) => {
                return Err(EngineError::Publish {
                    path: self.path.clone(),
                    source: errno.into(),
                });
            }
        }
        durable::sync_parent(&self.path).map_err(|source| {
            // Whether the name will last is not known, so it is taken back; the entry says that nothing is left.
            let _ = std::fs::remove_file(&self.path);
            EngineError::Publish {
                path: self.path.clone(),
                source,
            }
        })
    }
}
