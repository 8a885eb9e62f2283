//! A project held for work: locked, its keys open, its log open, what a crash left settled.
//!
//! INVARIANT: whoever reads data or writes outputs has a [`Session`]. Keys are made once, by the first run,
//! before the log exists; later a missing key, keystore or log is an error and never made good silently.

use std::path::PathBuf;
use std::sync::Arc;

use sealine_access::{Authorized, Principal, Refusal};
use sealine_audit::{Action, Digest, Event, KeyUse, Log, Outcome, Resolution, Time};
use sealine_keys::{KeyInfo, Keystore, OpenKeys, Purpose, Tombstones};
use sealine_plan::{Plan, Request};

use crate::clock;
use crate::commit::{self, JournalFile, Phase, Recovered};
use crate::durable;
use crate::error::EngineError;
use crate::exec::Limits;
use crate::progress::{Progress, Step, Update};
use crate::project::{Held, Project, Undecided, owners};
use crate::remembered::Remembered;
use crate::vault::Known;

/// Whether a session may set a project up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// Make keys and log where there is no state yet: for `run` and `keys new`.
    Allowed,
    /// Insist that they exist: for `read`, `preview` and the rest.
    Required,
}

/// A project held for work.
pub struct Session {
    pub(crate) project: Project,
    pub(crate) keystore: Keystore,
    pub(crate) tombstones: Tombstones,
    /// The token vault that the log knows.
    pub(crate) vault: Option<Known>,
    pub(crate) keys: Arc<OpenKeys>,
    pub(crate) log: Log,
    pub(crate) progress: Arc<dyn Progress>,
    pub(crate) limits: Limits,
    /// Who asked for the last decision.
    pub(crate) operator: Option<String>,
    _held: Held,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("project", self.project.dir())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Takes the project's lock, opens keys and log, makes them on the first run, and finishes or rolls back
    /// what a crash left.
    ///
    /// # Errors
    /// `SL5010` where another run holds it, `SL5016` where there is nothing yet and `setup` forbids making it,
    /// `SL5017` where a part of the state is gone.
    pub fn begin(
        project: Project,
        setup: Setup,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, EngineError> {
        let state = project.state().clone();
        let lost = |what| EngineError::StateLost {
            path: state.root().to_path_buf(),
            what,
        };
        if setup == Setup::Required && !Log::exists(&state.log()) {
            return Err(if is_fresh(&project)? {
                EngineError::NoKeys
            } else {
                lost("audit log")
            });
        }
        let held = state.hold()?;
        // At most empty files: they lose their names as soon as they are open, and their key was never stored.
        let spill = state.spill();
        durable::remove_all(&spill).map_err(|source| EngineError::state(&spill, source))?;
        let fresh = is_fresh(&project)?;
        if fresh {
            if setup == Setup::Required {
                return Err(EngineError::NoKeys);
            }
            // A crash from here to the removal of the marker leaves it: the next run makes what is missing.
            let marker = marker(&project);
            durable::replace_file(&marker, b"")
                .map_err(|source| EngineError::state(&marker, source))?;
            progress.step(Step::SetUpBegun);
        }
        let keystore = match project.keystore()? {
            Some(keystore) => keystore,
            None if fresh => Keystore::create(&state.keys(), clock::now())?,
            None => return Err(lost("keystore")),
        };
        let mut session = Self::with_log(project, keystore, held, fresh, progress, &lost)?;
        if fresh {
            session.make_declared_keys()?;
        }
        session.remember_owners()?;
        session.sweep_exports()?;
        session.bury_due()?;
        session.warn_of_limits();
        session.recover()?;
        session.project.reload_labels(&session.keys)?;
        session.project.check_kept()?;
        Ok(session)
    }

    fn with_log(
        project: Project,
        mut keystore: Keystore,
        held: Held,
        fresh: bool,
        progress: Arc<dyn Progress>,
        lost: &dyn Fn(&'static str) -> EngineError,
    ) -> Result<Self, EngineError> {
        if fresh {
            for key in project.spec().project.keys.values() {
                if !keystore.list().iter().any(|made| made.name == key.name) {
                    keystore.new_key(&key.name, purpose(key.purpose), clock::now())?;
                }
            }
            // A crash right here leaves keys that have sealed nothing, no log, and the marker: the log is made next.
            progress.step(Step::KeysMade);
        }
        let signer = keystore.signer()?;
        let origin = sealine_audit::default_origin(&signer.verifying_key());
        let dir = project.state().log();
        let log = if Log::exists(&dir) {
            Log::open(&dir, signer, &origin)?
        } else if fresh {
            Log::create(&dir, signer, &origin)?
        } else {
            return Err(lost("audit log"));
        };
        let Remembered { tombstones, vault } = Remembered::read(&dir)?;
        let keys = keystore.unlock(&tombstones)?;
        let limits = Limits::of(&project.spec().project.limits);
        Ok(Self {
            project,
            keystore,
            tombstones,
            vault,
            keys: Arc::new(keys),
            log,
            progress,
            limits,
            operator: None,
            _held: held,
        })
    }

    /// Logs the keys of the first run and ends the set-up.
    fn make_declared_keys(&mut self) -> Result<(), EngineError> {
        let made: Vec<KeyUse> = self
            .keystore
            .list()
            .iter()
            .filter(|key| self.project.spec().project.keys.contains_key(&key.name))
            .map(key_use)
            .collect();
        let names = made.iter().map(|key| key.name.clone()).collect();
        if self.log.checkpoint().size() == 0 {
            let epoch = self.keystore.epoch();
            self.append(
                "Sealine::System",
                Outcome::Success,
                Action::KeysCreated { keys: made, epoch },
            )?;
        }
        // A crash right here leaves a complete state and the marker, which the next run removes.
        self.progress.step(Step::LogMade);
        let marker = marker(&self.project);
        durable::remove_all(&marker).map_err(|source| EngineError::state(&marker, source))?;
        self.progress.update(Update::KeysMade { names });
        Ok(())
    }

    /// Takes note of who vouches, where that is sound and new: from then on no older signature counts.
    fn remember_owners(&mut self) -> Result<(), EngineError> {
        let known = self.project.judge_owners()?;
        let vouched = self.project.policy().vouched();
        if !vouched.is_sound() || vouched.signers() == known {
            return Ok(());
        }
        let owners = owners::named(vouched.signers());
        self.append(
            "Sealine::System",
            Outcome::Success,
            Action::OwnersKnown { owners },
        )?;
        Ok(())
    }

    /// The project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Sets the bounds of executions, in place of what the project says.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The keys, without their bytes.
    pub fn keys(&self) -> Vec<KeyInfo> {
        self.keystore.list()
    }

    /// Proves and decides a request with the keys as they are now. A refusal is logged.
    ///
    /// # Errors
    /// [`NotDecided`]; `SL5014` and `SL5015` where the declared keys are not those of the keystore.
    pub fn decide(
        &mut self,
        request: &Request,
        user: &Principal,
    ) -> Result<Authorized<Plan>, NotDecided> {
        self.operator = Some(actor(user));
        self.check_keys()?;
        match self.project.decide(request, user, self.keystore.epoch()) {
            Ok(authorized) => {
                let columns = authorized
                    .plan()
                    .outputs()
                    .iter()
                    .map(|output| output.columns.len() as u64)
                    .sum();
                self.progress.update(Update::Proved {
                    columns,
                    declassifications: authorized.declassifications().len() as u64,
                });
                Ok(authorized)
            }
            Err(Undecided::Broken(diagnostics)) => Err(NotDecided::Broken(diagnostics)),
            Err(Undecided::Refused(refusal)) => {
                self.log_refusal(request, user, &refusal)?;
                Err(NotDecided::Refused(refusal))
            }
        }
    }

    fn log_refusal(
        &mut self,
        request: &Request,
        user: &Principal,
        refusal: &Refusal,
    ) -> Result<(), EngineError> {
        let mut codes: Vec<String> = refusal
            .findings
            .iter()
            .map(|finding| finding.code.to_string())
            .collect();
        let findings = codes.len() as u64;
        codes.sort();
        codes.dedup();
        codes.truncate(100);
        self.log_refused(request, user, codes, findings)
    }

    /// Logs that a request was refused, for so many reasons of these codes.
    pub(crate) fn log_refused(
        &mut self,
        request: &Request,
        user: &Principal,
        codes: Vec<String>,
        findings: u64,
    ) -> Result<(), EngineError> {
        let action = match request {
            Request::Pipeline(pipeline) => Action::RunRefused {
                pipeline: pipeline.clone(),
                // Proved once more: a refusal gives the plan away.
                plan: self
                    .project
                    .prove(request)
                    .ok()
                    .map(|plan| Digest::new(plan.digest())),
                policy: Some(Digest::new(self.project.policy().digest())),
                codes,
                findings,
            },
            Request::Read { dataset, .. } => Action::AccessRefused {
                verb: "read".to_owned(),
                resource: dataset.clone(),
                codes,
            },
            Request::Reveal { dataset, .. } => Action::AccessRefused {
                verb: "reveal".to_owned(),
                resource: dataset.clone(),
                codes,
            },
            Request::Preview { pipeline, .. } => Action::AccessRefused {
                verb: "preview".to_owned(),
                resource: pipeline.clone(),
                codes,
            },
            Request::Verdict { to, .. } => Action::AccessRefused {
                verb: "verdict".to_owned(),
                resource: to.clone(),
                codes,
            },
        };
        self.append(&actor(user), Outcome::Refused, action)
            .map(|_| ())
    }

    /// Insists that every declared key is there, for its declared purpose.
    fn check_keys(&self) -> Result<(), EngineError> {
        let made = self.keystore.list();
        for key in self.project.spec().project.keys.values() {
            let Some(found) = made.iter().find(|found| found.name == key.name) else {
                return Err(EngineError::KeyMissing {
                    name: key.name.clone(),
                });
            };
            if found.purpose != purpose(key.purpose) {
                return Err(EngineError::KeyPurpose {
                    name: key.name.clone(),
                    found: found.purpose.as_str().to_owned(),
                    declared: key.purpose.name().to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Appends to the log; an event that cannot be logged stops what it describes.
    pub(crate) fn append(
        &mut self,
        actor: &str,
        outcome: Outcome,
        action: Action,
    ) -> Result<u64, EngineError> {
        let event = Event::new(
            Time::from_micros(clock::now_micros()),
            actor,
            outcome,
            action,
        );
        Ok(self.log.append(&event)?.index)
    }

    /// Finishes or rolls back every run that did not end.
    fn recover(&mut self) -> Result<(), EngineError> {
        let root = self.project.dir().root().to_path_buf();
        for mut file in commit::pending(&self.project.state().runs())? {
            if file.journal().phase == Phase::Publishing {
                self.put_labels(&file)?;
                // A crash right here leaves labels of rows that are not in place yet: put again.
            }
            let recovered = match commit::settle(&mut file, &root) {
                Err(error) if error.retreats() => {
                    self.restore_labels(&file)?;
                    return Err(error);
                }
                other => other?,
            };
            let finished = recovered == Recovered::RolledForward;
            if !finished {
                // A run that was taken back after it put its labels; for others this changes nothing.
                self.restore_labels(&file)?;
            }
            let before = file.journal().phase;
            if finished && before < Phase::Recorded {
                self.record(&mut file, true)?;
            }
            let journal = file.journal();
            let (run, pipeline, actor) = (
                journal.run.clone(),
                journal.pipeline.clone(),
                journal.actor.clone(),
            );
            let resolution = if finished {
                Resolution::RolledForward
            } else {
                Resolution::RolledBack
            };
            self.append(
                &actor,
                Outcome::Success,
                Action::RunRecovered {
                    run: run.clone(),
                    pipeline,
                    resolution,
                },
            )?;
            self.end(file)?;
            self.progress.update(Update::Recovered { run, finished });
        }
        Ok(())
    }

    /// Removes old generations and the journal: the last step of a run that ended well or was recovered.
    pub(crate) fn end(&self, file: JournalFile) -> Result<(), EngineError> {
        commit::clean(&file, self.project.dir().root())?;
        self.progress.step(Step::PlaceCleaned);
        // A crash right here leaves a journal whose staging places are gone: the next run removes it.
        file.remove()?;
        self.progress.step(Step::Ended);
        Ok(())
    }
}

/// Why a request got no authorization in a session.
#[derive(Debug)]
pub enum NotDecided {
    /// Its files are broken: exit code 2. Spans point into the project's files.
    Broken(sealine_spec::Diagnostics),
    /// Proof or policy refused it, and the log says so: exit code 3.
    Refused(Box<Refusal>),
    /// The state does not allow it: exit code 1.
    Failed(EngineError),
}

impl From<EngineError> for NotDecided {
    fn from(error: EngineError) -> Self {
        Self::Failed(error)
    }
}

/// Nothing was ever run here, or the first set-up was interrupted.
fn is_fresh(project: &Project) -> Result<bool, EngineError> {
    let state = project.state();
    if marker(project).symlink_metadata().is_ok() {
        return Ok(true);
    }
    let empty = |path: PathBuf| match std::fs::read_dir(&path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(source) => Err(EngineError::state(&path, source)),
    };
    Ok(empty(state.keys())?
        && !Log::exists(&state.log())
        && empty(state.receipts())?
        && empty(state.runs())?
        && state.labels().symlink_metadata().is_err())
}

fn marker(project: &Project) -> PathBuf {
    project.state().root().join("setup")
}

/// A principal as the log and the receipt name it.
pub(crate) fn actor(principal: &Principal) -> String {
    principal.to_cedar()
}

pub(crate) fn key_use(key: &KeyInfo) -> KeyUse {
    KeyUse {
        name: key.name.clone(),
        purpose: key.purpose.as_str().to_owned(),
        version: key.primary,
    }
}

pub(crate) fn purpose(declared: sealine_spec::Purpose) -> Purpose {
    match declared {
        sealine_spec::Purpose::Token => Purpose::Token,
        sealine_spec::Purpose::File => Purpose::File,
        sealine_spec::Purpose::Value => Purpose::Value,
    }
}
