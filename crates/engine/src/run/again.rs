//! A run whose id the caller chose: done once, however often it is asked for.
//!
//! What is durable about the id is the log: `run.committed` names it and the receipt of the run. Nothing else
//! remembers it, so there is no second record that a crash could part from the first. What a crash leaves at each
//! point, and what the same id then does (a session settles what it finds before anything else):
//!
//! - before the journal says `Publishing`: rolled back, the log has no commit of the id, and it runs from the start;
//! - from there on: rolled forward, receipt and entry included, and the id is found committed;
//! - after the entry: the same, whatever the caller heard of it.
//!
//! INVARIANT: an id is committed once. It stands for one pipeline, one state of the project's files and one content
//! of the inputs: asked for with others it is refused, and nothing of it is done. Must never log anything under the
//! id of a committed run.

use std::sync::Arc;

use sealine_access::Authorized;
use sealine_audit::{Digest, Receipt};
use sealine_plan::Plan;

use super::id::RunId;
use super::past::Past;
use super::{prepare, receipt};
use crate::cancel::CancelToken;
use crate::clock;
use crate::error::EngineError;
use crate::exec::InputFiles;
use crate::report::RunReport;
use crate::session::Session;

impl Session {
    /// Runs an authorized pipeline under a fresh id, as [`Session::run_as`] does under a given one.
    ///
    /// # Errors
    /// As [`Session::run_as`].
    pub async fn run(
        &mut self,
        authorized: Authorized<Plan>,
        cancel: &CancelToken,
    ) -> Result<RunReport, EngineError> {
        self.attempt(authorized, RunId::fresh()?, cancel).await
    }

    /// Runs an authorized pipeline under an id: reads, checks, protects, seals, commits, records. Where the run of
    /// that id was committed before, nothing is done, and the report is that run's.
    ///
    /// # Errors
    /// `SL5420` where that run is not this one; others of [`EngineError`]. Destinations are then as before, unless
    /// the code is `SL5033` or `SL5037`, which say so.
    pub async fn run_as(
        &mut self,
        authorized: Authorized<Plan>,
        run: RunId,
        cancel: &CancelToken,
    ) -> Result<RunReport, EngineError> {
        let Some(past) = self.committed(&run)? else {
            return self.attempt(authorized, run, cancel).await;
        };
        // Before anything of that run is told.
        authorized.verify(clock::now())?;
        authorized.verify_keys(self.keystore.epoch())?;
        let Past {
            recorded,
            statement,
        } = past;
        let earlier = &statement.predicate;
        if let Some(differs) = self.differs(authorized.plan(), earlier, cancel).await? {
            return Err(EngineError::RunIdTaken {
                run: run.to_string(),
                differs,
            });
        }
        let took = earlier.finished.micros() - earlier.started.micros();
        let mut report = receipt::report(self, &authorized, earlier, &recorded);
        report.already = true;
        report.duration_ms = u64::try_from(took / 1_000).unwrap_or(0);
        Ok(report)
    }

    /// What makes the plan another run than the earlier one.
    async fn differs(
        &self,
        plan: &Plan,
        earlier: &Receipt,
        cancel: &CancelToken,
    ) -> Result<Option<String>, EngineError> {
        if earlier.pipeline != plan.pipeline() {
            return Ok(Some(format!("for the pipeline `{}`", earlier.pipeline)));
        }
        // The digest of the plan is no use: it is over the labels too that the run itself recorded.
        if earlier.digests.spec != Digest::new(plan.spec_digest()) {
            return Ok(Some("with other files of the project".to_owned()));
        }
        for input in plan.inputs() {
            let dataset = Arc::clone(&input.dataset);
            let before = earlier.inputs.iter().find(|one| one.dataset == dataset.id);
            let before = before.and_then(|one| one.commitment);
            let now = match self.project.places().files(&dataset) {
                Ok(located) => {
                    let files = InputFiles::new(located)?;
                    let key = prepare::commitment_key(self)?;
                    let (cancel, id) = (cancel.clone(), dataset.id.clone());
                    // Away from the thread that hears the caller.
                    let read = move || files.commitment(&id, &key, &cancel);
                    tokio::task::spawn_blocking(read).await.map_err(|_| {
                        EngineError::ReaderLost {
                            dataset: dataset.id.clone(),
                        }
                    })??
                }
                // Files that were moved away are other rows, as any other change.
                Err(_) => None,
            };
            if now.is_none() || before != now.map(Digest::new) {
                return Ok(Some(format!(
                    "from other rows of `{}` than lie there now",
                    dataset.id
                )));
            }
        }
        Ok(None)
    }
}
