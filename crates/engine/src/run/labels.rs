//! The labels that a run records: staged beside its journal, put before the swap, restored where it is taken back.
//!
//! INVARIANT: from `Publishing` on, the run's folder has the new document, which its receipt names by digest, and
//! the old one where there was one. So a run that is rolled forward always leaves the labels of its receipt, and
//! one that is rolled back leaves those of the receipt before. Must never put a document that is not authentic.

use std::path::PathBuf;

use sealine_audit::Digest;
use sealine_plan::{Computed, Kept, Plan};

use super::finish::Record;
use crate::commit::{JournalFile, Role};
use crate::durable;
use crate::error::EngineError;
use crate::project::{labels, shown};
use crate::session::Session;

const NEW: &str = "labels.new.json";
const OLD: &str = "labels.old.json";

impl Session {
    /// What is known of written datasets once this run is over.
    pub(super) fn labels_after(&self, plan: &Plan, file: &JournalFile) -> Computed {
        let mut labels = plan.computed();
        if let Some(beside) = self.project.beside() {
            let root = self.project.dir().root();
            let targets = file.journal().targets.iter();
            for target in targets.filter(|target| target.role == Role::Output) {
                let kept = Kept {
                    place: shown(root, &target.destination.at(root)),
                    pipeline: beside.pipeline.clone(),
                    texts: beside
                        .sources
                        .iter()
                        .map(|source| (source.path.clone(), source.text.clone()))
                        .collect(),
                };
                labels.keep(&target.dataset, kept);
            }
        }
        labels
    }

    /// Writes the old document and the new one into the run's folder; the digest of the new one.
    pub(super) fn stage_labels(
        &self,
        plan: &Plan,
        file: &JournalFile,
    ) -> Result<Digest, EngineError> {
        let path = self.project.state().labels();
        if let Some(old) = labels::read(&path)? {
            write(beside(file, OLD), &old)?;
        }
        // The new one comes last: where it is, the old one is known.
        let new = labels::seal(&self.labels_after(plan, file), &self.keys, &path)?;
        write(beside(file, NEW), &new)?;
        Ok(Digest::of(&new))
    }

    /// Puts the staged document in its place; for a run whose receipt names none, nothing.
    pub(crate) fn put_labels(&self, file: &JournalFile) -> Result<(), EngineError> {
        let broken = || EngineError::JournalBroken { path: file.path() };
        let record = file.journal().record.clone().ok_or_else(broken)?;
        let record: Record = serde_json::from_value(record).map_err(|_| broken())?;
        let Some(named) = record.statement.predicate.labels else {
            return Ok(());
        };
        let staged = beside(file, NEW);
        let new = labels::read(&staged)?.filter(|new| Digest::of(new) == named);
        let Some(new) = new else {
            return Err(labels::changed(
                &staged,
                "are not those that the run recorded",
            ));
        };
        labels::open(&new, &self.keys, &staged)?;
        write(self.project.state().labels(), &new)
    }

    /// Puts the document back that was there before the run; where the run staged none, nothing.
    pub(crate) fn restore_labels(&mut self, file: &JournalFile) -> Result<(), EngineError> {
        if labels::read(&beside(file, NEW))?.is_none() {
            return Ok(());
        }
        let path = self.project.state().labels();
        match labels::read(&beside(file, OLD))? {
            Some(old) => {
                labels::open(&old, &self.keys, &beside(file, OLD))?;
                write(path, &old)?;
            }
            None => {
                durable::remove_all(&path).map_err(|source| EngineError::state(&path, source))?
            }
        }
        let keys = std::sync::Arc::clone(&self.keys);
        self.project.reload_labels(&keys)
    }
}

fn beside(file: &JournalFile, name: &str) -> PathBuf {
    file.path().with_file_name(name)
}

fn write(path: PathBuf, bytes: &[u8]) -> Result<(), EngineError> {
    durable::replace_file(&path, bytes).map_err(|source| EngineError::state(&path, source))
}
