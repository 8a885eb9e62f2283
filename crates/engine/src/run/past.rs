//! What earlier runs left, by the log and its receipts.
//!
//! INVARIANT: a receipt counts only where the log names it and the log's key signed it. Reads, newest first, and
//! stops at what it looked for; must never write.

use sealine_audit::{
    Action, Digest, OutputRecord, Published, Reader, Role, Statement, read_receipt, receipt_name,
};

use super::id::RunId;
use super::receipt::Recorded;
use crate::error::EngineError;
use crate::session::Session;

/// A run that is recorded, and where.
pub(super) struct Past {
    pub(super) recorded: Recorded,
    pub(super) statement: Statement,
}

impl Session {
    /// The run of that id that committed its outputs. One that kept only its quarantine did not.
    pub(super) fn committed(&self, run: &RunId) -> Result<Option<Past>, EngineError> {
        let found = self.newest(|of| of == run.as_str(), |_| Some(()))?;
        let outputs = |past: &Past| {
            let outputs = &past.statement.predicate.outputs;
            outputs.iter().any(|output| output.role == Role::Output)
        };
        Ok(found.map(|(past, ())| past).filter(outputs))
    }

    /// What was last written into the dataset, where a run added nothing that of the run before.
    pub(super) fn last_written(&self, dataset: &str) -> Result<Option<OutputRecord>, EngineError> {
        let found = self.newest(
            |_| true,
            |statement| {
                let outputs = &statement.predicate.outputs;
                let of = |one: &&OutputRecord| one.dataset == dataset && !one.files.is_empty();
                outputs.iter().find(of).cloned()
            },
        )?;
        Ok(found.map(|(_, output)| output))
    }

    /// All that lies in the dataset, newest first: what was added, back to what was last replaced.
    pub(super) fn all_written(&self, dataset: &str) -> Result<Vec<OutputRecord>, EngineError> {
        let mut all = Vec::new();
        self.newest(
            |_| true,
            |statement| {
                let outputs = &statement.predicate.outputs;
                let output = outputs.iter().find(|one| one.dataset == dataset)?;
                all.push(output.clone());
                (output.mode == Published::Replace).then_some(())
            },
        )?;
        Ok(all)
    }

    /// The newest recorded run of an id that is wanted, in whose receipt something is found.
    fn newest<T>(
        &self,
        wanted: impl Fn(&str) -> bool,
        mut find: impl FnMut(&Statement) -> Option<T>,
    ) -> Result<Option<(Past, T)>, EngineError> {
        let reader = Reader::open(&self.project.state().log())?;
        let receipts = self.project.state().receipts();
        let key = self.log.signer().verifying_key();
        for record in reader.newest_first() {
            let record = record?;
            let Some(Action::RunCommitted { run, receipt, .. }) =
                record.event.map(|event| event.action)
            else {
                continue;
            };
            if !wanted(&run) {
                continue;
            }
            let statement = read_receipt(&receipts, receipt, &key)?;
            if let Some(found) = find(&statement) {
                let recorded = recorded(&receipts, receipt, record.index);
                let past = Past {
                    recorded,
                    statement,
                };
                return Ok(Some((past, found)));
            }
        }
        Ok(None)
    }
}

fn recorded(receipts: &std::path::Path, sha256: Digest, index: u64) -> Recorded {
    Recorded {
        receipt: receipts.join(receipt_name(sha256)),
        sha256: sha256.to_string(),
        index,
    }
}
