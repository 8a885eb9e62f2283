//! The end of a run: rejects judged, files verified, places swapped, receipt and log entry written.
//!
//! INVARIANT: the order is stage, verify, journal, labels, swap, receipt, log, clean. Between two durable steps a
//! comment says what a crash right there leaves behind.

use std::path::Path;
use std::sync::Arc;

use sealine_access::Authorized;
use sealine_audit::{Action, Event, Outcome as Ended, Statement, Time, store_receipt};
use sealine_plan::{Plan, Request};
use sealine_spec::Limit;
use serde::{Deserialize, Serialize};

use super::execute::{Shared, Staged, execute};
use super::id::RunId;
use super::prepare::{self, Planned};
use super::receipt::{self, Found, Recorded};
use super::whole;
use crate::cancel::CancelToken;
use crate::clock::{self, Stopwatch};
use crate::commit::{self, JournalFile, Outcome, Phase, Role};
use crate::durable;
use crate::error::EngineError;
use crate::exec::{Computation, Hub, Limits, prepare as prepare_output};
use crate::output::Form;
use crate::progress::{Step, Update};
use crate::report::RunReport;
use crate::session::{Session, actor};

/// What is left to be written once the places are swapped; kept in the journal.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    event: Event,
    pub(super) statement: Statement,
    /// How a run ended that keeps only its quarantine.
    failed: Option<Event>,
}

/// A run that can begin.
struct Ready {
    hub: Arc<Hub>,
    written: Vec<Planned>,
    computations: Vec<Computation>,
}

impl Session {
    /// Runs a pipeline under an id that no committed run has.
    pub(super) async fn attempt(
        &mut self,
        authorized: Authorized<Plan>,
        run: RunId,
        cancel: &CancelToken,
    ) -> Result<RunReport, EngineError> {
        let watch = Stopwatch::start();
        let started = clock::now_micros();
        let limits = self.limits;
        let pipeline = authorized.plan().pipeline().to_owned();
        let Ready {
            hub,
            written,
            computations,
        } = match self.ready(&authorized, &run, cancel, limits, started).await {
            Ok(ready) => ready,
            Err(error) => {
                let action = receipt::failed_early(run.as_str(), &pipeline, &error);
                self.append(&actor(authorized.principal()), Ended::Failure, action)?;
                return Err(error);
            }
        };
        // Before its first token is made.
        self.know_vault(hub.sources())?;
        let plan = authorized.plan();
        let digests = receipt::digests(&authorized)?;
        let action = Action::RunStarted {
            run: run.to_string(),
            pipeline,
            digests,
        };
        self.append(&actor(authorized.principal()), Ended::Success, action)?;
        // A crash right here leaves an entry `run.started` without an end: nothing was touched.
        self.progress.step(Step::Logged);
        let root = self.project.dir().root().to_path_buf();
        let journal = prepare::journal(&root, &run, &authorized, started, &written);
        let mut file = JournalFile::create(&self.project.state().runs(), journal)?;
        // A crash right here leaves a journal that names staging places which do not exist yet.
        self.progress.step(Step::Journalled);

        let shared = Shared {
            keys: Arc::clone(&self.keys),
            progress: Arc::clone(&self.progress),
            cancel: cancel.clone(),
            spec: self.project.spec().clone(),
            highest: self.project.spec().project.levels.highest(),
            today: clock::day(started / 1_000_000),
            memory: limits.anonymity,
        };
        let outcome = match execute(&shared, plan, &hub, computations, &written).await {
            Ok(staged) => {
                let findings = found(&staged);
                // A crash right here leaves complete staging places and the journal `Started`: rolled back.
                self.commit(
                    &authorized,
                    &hub,
                    &mut file,
                    &staged,
                    &written,
                    &findings,
                    cancel,
                    started,
                )
            }
            Err(error) => Err(Stop::Before(error)),
        };
        match outcome {
            Ok(recorded) => {
                let (recorded, statement) = recorded;
                let mut report =
                    receipt::report(self, &authorized, &statement.predicate, &recorded);
                report.duration_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.end(file)?;
                Ok(report)
            }
            Err(Stop::Before(error)) => {
                self.give_up(&authorized, &hub, file, &error)?;
                Err(error)
            }
            Err(Stop::Kept(error)) => {
                self.end(file)?;
                Err(error)
            }
            // The journal stays: the next run finishes what this one could not.
            Err(Stop::After(error)) => Err(error),
        }
    }

    /// Plans and checks everything before a byte is read.
    async fn ready(
        &self,
        authorized: &Authorized<Plan>,
        run: &RunId,
        cancel: &CancelToken,
        limits: Limits,
        now: i64,
    ) -> Result<Ready, EngineError> {
        authorized.verify(clock::now())?;
        authorized.verify_keys(self.keystore.epoch())?;
        let plan = authorized.plan();
        if !matches!(plan.request(), Request::Pipeline(_)) {
            return Err(EngineError::WrongPlan {
                verb: "run",
                reason: "it is not a pipeline's",
            });
        }
        let written = prepare::written(self, plan, run, limits)?;
        let hub = prepare::hub(self, plan, limits, cancel, true)?;
        let mut computations = Vec::with_capacity(plan.outputs().len());
        for output in plan.outputs() {
            let name = prepare::output_name(output);
            computations.push(prepare_output(output, name, &hub, limits, now).await?);
        }
        Ok(Ready {
            hub,
            written,
            computations,
        })
    }

    /// Rolls a run back that did not come to publishing, and logs why.
    fn give_up(
        &mut self,
        authorized: &Authorized<Plan>,
        hub: &Hub,
        file: JournalFile,
        error: &EngineError,
    ) -> Result<(), EngineError> {
        commit::roll_back(&file, self.project.dir().root())?;
        let event = receipt::failed(&file, hub, error);
        self.append(&actor(authorized.principal()), Ended::Failure, event)?;
        // A crash right here leaves a journal without staging places: the next run removes it.
        file.remove()
    }

    #[allow(clippy::too_many_arguments)] // all of one run; a struct would only rename them
    fn commit(
        &mut self,
        authorized: &Authorized<Plan>,
        hub: &Arc<Hub>,
        file: &mut JournalFile,
        staged: &[Staged],
        written: &[Planned],
        findings: &Found,
        cancel: &CancelToken,
        started: i64,
    ) -> Result<(Recorded, Statement), Stop> {
        let before = Stop::Before;
        let root = self.project.dir().root().to_path_buf();
        verify(hub, staged).map_err(before)?;
        let sealed = |staged: &&Staged| matches!(staged.staging.form, Form::Sealed { .. });
        let files = staged.iter().filter(sealed);
        let files = files.map(|staged| staged.files.len() as u64).sum();
        self.progress.update(Update::Verified { files });
        let refused = judge(hub, written)
            .and_then(|()| whole::of_inputs(self.project.spec(), hub))
            .and_then(|()| whole::of_outputs(self.project.spec(), staged))
            .err();
        if cancel.is_cancelled() {
            return Err(Stop::Before(EngineError::Cancelled));
        }
        let keeps = written.iter().any(|planned| planned.role == Role::Rejects);
        let outcome = match &refused {
            None => Outcome::Commit,
            Some(_) if keeps => Outcome::Quarantine,
            Some(_) => {
                return Err(refused.map_or(Stop::Before(EngineError::Cancelled), Stop::Before));
            }
        };
        if outcome == Outcome::Quarantine {
            // Outputs go now: from here on the journal only speaks of the quarantine.
            for staged in staged
                .iter()
                .zip(written)
                .filter(|(_, planned)| planned.role == Role::Output)
            {
                let stage = &staged.0.staging.stage;
                durable::remove_all(stage).map_err(|source| {
                    Stop::Before(EngineError::Stage {
                        path: stage.clone(),
                        source,
                    })
                })?;
            }
        }
        file.update(|journal| {
            for (target, staged) in journal.targets.iter_mut().zip(staged) {
                target.files.clone_from(&staged.files);
            }
            journal.outcome = outcome;
            if outcome == Outcome::Quarantine {
                journal
                    .targets
                    .retain(|target| target.role == Role::Rejects);
            }
            journal.phase = Phase::Staged;
        })
        .map_err(before)?;
        let record = self
            .evidence(authorized, hub, file, findings, refused.as_ref(), started)
            .and_then(|mut record| {
                if outcome == Outcome::Commit {
                    let labels = self.stage_labels(authorized.plan(), file)?;
                    record.statement.predicate.labels = Some(labels);
                }
                Ok(record)
            })
            .map_err(before)?;
        let record = serde_json::to_value(record)
            .map_err(|_| Stop::Before(EngineError::JournalBroken { path: file.path() }))?;
        // A crash right here leaves complete staging places and the journal `Staged`: rolled back.
        self.progress.step(Step::Staged);

        file.update(|journal| {
            journal.record = Some(record);
            journal.phase = Phase::Publishing;
        })
        .map_err(before)?;
        // A crash from here on is rolled forward: the journal has all that is needed.
        self.progress.step(Step::Publishing);
        if outcome == Outcome::Commit {
            self.put_labels(file).map_err(Stop::After)?;
            let labels = self.labels_after(authorized.plan(), file);
            self.project.set_labels(labels);
            // A crash right here leaves labels of rows that are not in place yet; they are joined, never lowered.
            self.progress.step(Step::LabelsRecorded);
        }
        self.publish(file, &root)?;
        self.progress.update(Update::Committed);
        let recorded = self.record(file, false).map_err(|source| {
            Stop::After(EngineError::NotRecorded {
                source: Box::new(source),
            })
        })?;
        self.progress.update(Update::Recorded {
            index: recorded.0.index,
        });
        match refused {
            None => Ok(recorded),
            Some(error) => Err(Stop::Kept(error)),
        }
    }

    fn publish(&mut self, file: &mut JournalFile, root: &Path) -> Result<(), Stop> {
        for target in file.journal().targets.clone() {
            let Some(stage) = target.checked_stage(root, &file.journal().run) else {
                return Err(Stop::After(EngineError::JournalBroken {
                    path: file.path(),
                }));
            };
            let published = match target.adds_nothing() {
                true => Ok(()),
                false => commit::publish(&stage, &target.destination.at(root), target.mode),
            };
            match published {
                Ok(()) => {}
                Err(error) if error.retreats() => {
                    commit::retreat(file, root).map_err(Stop::After)?;
                    // A crash right here leaves the labels of a run taken back: recovery restores them.
                    self.restore_labels(file).map_err(Stop::After)?;
                    return Err(Stop::Before(error));
                }
                Err(error) => return Err(Stop::After(error)),
            }
            // A crash right here leaves some places new and some old until the next run swaps the rest.
            self.progress.step(Step::PlacePublished);
        }
        file.update(|journal| journal.phase = Phase::Published)
            .map_err(Stop::After)?;
        // A crash right here leaves new places without a record: the next run writes it first.
        self.progress.step(Step::Published);
        Ok(())
    }

    /// Stores the receipt and appends the entry of a published run. `again` after a crash: what is there already
    /// is found and not repeated.
    pub(crate) fn record(
        &mut self,
        file: &mut JournalFile,
        again: bool,
    ) -> Result<(Recorded, Statement), EngineError> {
        let broken = || EngineError::JournalBroken { path: file.path() };
        let record = file.journal().record.clone().ok_or_else(broken)?;
        let record: Record = serde_json::from_value(record).map_err(|_| broken())?;
        let receipts = self.project.state().receipts();
        let stored = store_receipt(&receipts, &record.statement, self.log.signer())?;
        // A crash right here leaves a receipt that no entry names; stored again it has the same name.
        self.progress.step(Step::ReceiptStored);
        let mut event = record.event;
        receipt::set_receipt(&mut event, stored.sha256);
        let index = self.append_event(&event, again.then_some(0))?;
        if let Some(failed) = &record.failed {
            // An earlier attempt under the same id may have failed in the same way.
            self.append_event(failed, again.then_some(index))?;
        }
        // A crash right here leaves an entry and the journal `Published`: the entry is found and not repeated.
        self.progress.step(Step::EntryAppended);
        file.update(|journal| journal.phase = Phase::Recorded)?;
        // A crash right here leaves the old generation beside the new one, under its staging name: removed.
        self.progress.step(Step::Recorded);
        let recorded = Recorded {
            receipt: stored.path,
            sha256: stored.sha256.to_string(),
            index,
        };
        Ok((recorded, record.statement))
    }

    /// Appends an event; after a crash not a second time, where it is found from an entry on.
    fn append_event(&mut self, event: &Event, from: Option<u64>) -> Result<u64, EngineError> {
        if let Some(from) = from {
            let reader = sealine_audit::Reader::open(&self.project.state().log())?;
            let same = |found: &Event| found.action == event.action;
            if let Some(found) = reader.find_last(same)?
                && found.index >= from
            {
                return Ok(found.index);
            }
        }
        Ok(self.log.append(event)?.index)
    }

    fn evidence(
        &self,
        authorized: &Authorized<Plan>,
        hub: &Hub,
        file: &JournalFile,
        findings: &Found,
        refused: Option<&EngineError>,
        started: i64,
    ) -> Result<Record, EngineError> {
        let finished = clock::now_micros();
        let statement =
            receipt::statement(self, authorized, hub, file, findings, started, finished)?;
        let actor = actor(authorized.principal());
        let now = Time::from_micros(finished);
        let event = Event::new(
            now,
            actor.clone(),
            Ended::Success,
            receipt::committed(file, hub)?,
        );
        let failed = refused.map(|error| {
            Event::new(
                now,
                actor,
                Ended::Failure,
                receipt::failed(file, hub, error),
            )
        });
        Ok(Record {
            event,
            statement,
            failed,
        })
    }
}

fn found(staged: &[Staged]) -> Found {
    let of = |staged: &Staged| (staged.staging.dataset.clone(), staged.findings.clone());
    staged.iter().map(of).collect()
}

/// Where a run stopped, which decides what is undone.
enum Stop {
    /// Before publishing: rolled back.
    Before(EngineError),
    /// Published its quarantine and recorded that; the outputs were given up.
    Kept(EngineError),
    /// After publishing began: the next run finishes it.
    After(EngineError),
}

/// Every staged file is what was written; where it is to be sealed, it is, and holds no sampled value.
fn verify(hub: &Hub, staged: &[Staged]) -> Result<(), EngineError> {
    let canaries: Vec<Vec<u8>> = hub
        .feeds()
        .flat_map(|feed| feed.canaries())
        .map(|canary| canary.to_vec())
        .collect();
    for staged in staged.iter().filter(|staged| !staged.files.is_empty()) {
        let Form::Sealed { key, columns } = &staged.staging.form else {
            // In clear every value can be there: an equal one may stand in a public column.
            let intact = commit::holds(&staged.staging.stage, &staged.files);
            if !matches!(intact, Ok(true)) {
                return Err(EngineError::Stage {
                    path: staged.staging.stage.clone(),
                    source: std::io::Error::other("it does not hold what was written"),
                });
            }
            continue;
        };
        // What a file says in clear about itself: the names of its keys, dataset and file, with the folders that
        // it lies in.
        let folders = staged.files.iter().map(|file| &file.name);
        let named: Vec<&String> = columns
            .values()
            .chain([key, &staged.staging.dataset])
            .chain(folders)
            .collect();
        let own: Vec<Vec<u8>> = canaries
            .iter()
            .filter(|canary| {
                !named.iter().any(|name| {
                    name.as_bytes()
                        .windows(canary.len().max(1))
                        .any(|part| part == canary.as_slice())
                })
            })
            .cloned()
            .collect();
        for file in &staged.files {
            sealine_connect::prove_sealed(&staged.staging.staged(file), &own)?;
        }
    }
    Ok(())
}

/// Whether the contract of every input accepts what was rejected.
fn judge(hub: &Hub, written: &[Planned]) -> Result<(), EngineError> {
    for feed in hub.feeds() {
        let Some(account) = feed.account() else {
            return Err(EngineError::ReaderLost {
                dataset: feed.dataset.id.clone(),
            });
        };
        let (read, rejected) = (account.tally.read, account.tally.rejected);
        let kept = feed
            .dataset
            .rejects
            .as_ref()
            .map(|rejects| rejects.value.clone());
        let (over, limit) = match feed.dataset.max_rejects {
            Some(Limit::Rows(rows)) => (rejected > rows, format!("{rows} rows")),
            #[allow(clippy::cast_precision_loss)]
            // a share of more than 2^52 rows may be off by one row
            Some(Limit::Percent(share)) => (
                rejected as f64 * 100.0 > share * read as f64,
                format!("{share} %"),
            ),
            None if kept.is_none() && rejected > 0 => {
                return Err(EngineError::NoQuarantine {
                    dataset: feed.dataset.id.clone(),
                    rejected,
                });
            }
            None => (false, String::new()),
        };
        if over {
            debug_assert!(
                kept.is_none() || written.iter().any(|planned| planned.role == Role::Rejects)
            );
            return Err(EngineError::TooManyRejects {
                dataset: feed.dataset.id.clone(),
                rejected,
                read,
                limit,
                kept,
            });
        }
    }
    Ok(())
}
