//! Opening a project and deciding a request: the one sequence that every verb goes through.
//!
//! INVARIANT: load → parse → policy → prove → authorize, in this order and nowhere else. Touches no data, makes
//! nothing, takes no lock.

use std::path::Path;
use std::sync::Arc;

use sealine_access::{
    AccessError, Action, Authorized, FileDigests, Policy, Principal, Refusal, Resource, Signer,
    authorize, permitted,
};
use sealine_keys::{Keystore, OpenKeys};
use sealine_plan::{Computed, Kept, Live, Plan, Registry, Request, prove_among};
use sealine_protect::crypto::Secret;
use sealine_protect::crypto::ed25519::SigningKey;
use sealine_spec::{ConnectionKind, Diagnostics, Files, Source, Spec, parse};

use super::labels;
use super::load::ProjectDir;
use super::owners::{self, Endorsed, NotEndorsed};
use super::places::Places;
use super::state::StateDir;
use crate::clock;
use crate::error::EngineError;

/// Why a project is not open.
#[derive(Debug)]
pub enum OpenError {
    /// It could not be read at all.
    Engine(EngineError),
    /// Its files are broken; spans point into `files`.
    Broken {
        /// The texts.
        files: Box<Files>,
        /// What is wrong.
        diagnostics: Diagnostics,
    },
}

impl From<EngineError> for OpenError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// Why a request got no authorization.
#[derive(Debug)]
pub enum Undecided {
    /// Its files are broken: exit code 2.
    Broken(Diagnostics),
    /// Proof or policy refused it: exit code 3.
    Refused(Box<Refusal>),
}

/// Texts beside those of a project, for one pipeline that stands in none of its files.
///
/// They are parsed, proved and digested as the project's own are; nothing of them is written.
#[derive(Clone, Debug)]
pub struct Beside {
    /// The texts, at paths that no file of a project has.
    pub sources: Vec<Source>,
    /// The pipeline. Whoever starts it is who runs it: no service was given these rights.
    pub pipeline: String,
}

/// A project whose files are sound.
#[derive(Debug)]
pub struct Project {
    dir: ProjectDir,
    files: Files,
    spec: Spec,
    policy: Policy,
    state: StateDir,
    computed: Computed,
    /// What its pipelines show; renewed whenever the recorded labels are.
    live: Arc<Live>,
    warnings: Diagnostics,
    passphrase: Option<Secret>,
    beside: Option<Beside>,
    /// The dataset whose recorded texts are those beside, and these.
    kept: Option<(String, Kept)>,
    /// Its own texts as they were read, without those beside.
    digests: FileDigests,
}

impl Project {
    /// Reads, parses and checks the project at `root`.
    ///
    /// # Errors
    /// [`OpenError`]: no project, or broken files.
    pub fn open(root: &Path) -> Result<Self, OpenError> {
        Self::with(root, None, None)
    }

    /// As [`Project::open`], with texts beside those of the project.
    ///
    /// # Errors
    /// [`OpenError`]: no project, or broken files.
    pub fn open_beside(root: &Path, beside: Beside) -> Result<Self, OpenError> {
        Self::with(root, Some(beside), None)
    }

    /// As [`Project::open`], with the texts that the run recorded which wrote a dataset of no file of the project:
    /// those of [`Project::kept`]. A session takes them only as this keystore authenticated them.
    ///
    /// # Errors
    /// [`OpenError`]: no project, or broken files.
    pub fn open_kept(root: &Path, dataset: &str, kept: Kept) -> Result<Self, OpenError> {
        let texts = kept.texts.iter().cloned();
        let beside = Beside {
            sources: texts.map(|(path, text)| Source { path, text }).collect(),
            pipeline: kept.pipeline.clone(),
        };
        Self::with(root, Some(beside), Some((dataset.to_owned(), kept)))
    }

    fn with(
        root: &Path,
        beside: Option<Beside>,
        kept: Option<(String, Kept)>,
    ) -> Result<Self, OpenError> {
        let dir = ProjectDir::new(root)?;
        let mut sources = dir.sources()?;
        let digests = owners::digests(&sources);
        sources.extend(beside.iter().flat_map(|beside| beside.sources.clone()));
        let parsed = parse(sources);
        let (files, mut warnings) = (parsed.files, parsed.diagnostics);
        let Some(spec) = parsed.spec else {
            return Err(OpenError::Broken {
                files: Box::new(files),
                diagnostics: warnings,
            });
        };
        let mut policy = match Policy::load(&files, &spec) {
            Ok(policy) => policy,
            Err(diagnostics) => {
                warnings.extend(diagnostics);
                warnings.sort();
                return Err(OpenError::Broken {
                    files: Box::new(files),
                    diagnostics: warnings,
                });
            }
        };
        let place = spec.project.state.as_deref().unwrap_or(".sealine");
        let state = StateDir::new(dir.root().join(place));
        let computed = labels::read_unverified(&state.labels())?;
        let known = match owners::known(&state.log()) {
            Ok(known) => known,
            // Whoever works with the project reads the log again, and stops.
            Err(_) if spec.project.owners.is_empty() => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        policy.vouch(owners::judge(dir.root(), &spec, &digests, &known)?);
        Ok(Self {
            dir,
            files,
            spec,
            policy,
            state,
            computed,
            live: Arc::default(),
            warnings,
            passphrase: None,
            beside,
            kept,
            digests,
        })
    }

    /// A dataset of no file of the project, by its id or by where it lies, with what the run recorded that wrote it.
    pub fn kept(&self, name: &str) -> Option<(String, Kept)> {
        let place = Path::new(name).canonicalize().ok();
        let lies = |kept: &Kept| {
            let found = self.dir.root().join(&kept.place).canonicalize().ok();
            place.is_some() && found == place
        };
        let mut all = self.computed.all_kept();
        all.find(|(id, kept)| *id == name || lies(kept))
            .map(|(id, kept)| (id.to_owned(), kept.clone()))
    }

    /// The ids of all datasets of no file of the project.
    pub fn all_kept(&self) -> impl Iterator<Item = &str> {
        self.computed.all_kept().map(|(id, _)| id)
    }

    /// The texts beside those of the project.
    pub(crate) fn beside(&self) -> Option<&Beside> {
        self.beside.as_ref()
    }

    /// Where it lies.
    pub fn dir(&self) -> &ProjectDir {
        &self.dir
    }

    /// Its texts; every span points into these.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// What they say.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Its policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Its state directory, which may not exist yet.
    pub fn state(&self) -> &StateDir {
        &self.state
    }

    /// What is worth telling and stops nothing.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// Has its connections elsewhere, and its state in its own folder: for a copy that must not touch what the
    /// project does.
    pub(crate) fn moved(&mut self, to: impl Fn(&str) -> ConnectionKind) {
        for (name, connection) in &mut self.spec.project.connections {
            connection.kind = to(name);
        }
        self.state = StateDir::new(self.dir.root().join(".sealine"));
    }

    /// The epoch of its keystore; 0 while there is none.
    ///
    /// # Errors
    /// A keystore that cannot be opened.
    pub fn key_epoch(&self) -> Result<u64, EngineError> {
        if !self.state.exists() {
            return Ok(0);
        }
        Ok(self.keystore()?.map_or(0, |store| store.epoch()))
    }

    /// Whether its keystore opens with a passphrase alone.
    ///
    /// # Errors
    /// A keystore that others can reach.
    pub fn needs_passphrase(&self) -> Result<bool, EngineError> {
        Ok(Keystore::needs_passphrase(&self.state.keys())?)
    }

    /// What its keystore is opened with, where it needs that.
    pub fn set_passphrase(&mut self, passphrase: Secret) {
        self.passphrase = Some(passphrase);
    }

    /// Its keystore; `None` while there is none.
    ///
    /// # Errors
    /// A keystore that cannot be opened.
    pub fn keystore(&self) -> Result<Option<Keystore>, EngineError> {
        Ok(Keystore::open(
            &self.state.keys(),
            self.passphrase.as_ref(),
        )?)
    }

    /// Asks the policy whether somebody may do something with a key.
    ///
    /// # Errors
    /// `SL4105` with the permission that is missing; `SL445x` where the owners have not signed the project.
    pub fn permit_key(
        &self,
        user: &Principal,
        action: Action,
        key: &str,
    ) -> Result<(), EngineError> {
        if let Some(fault) = self.policy.vouched().faults().iter().next() {
            let unvouched = AccessError::Unvouched {
                code: fault.code,
                reason: fault.message.clone(),
            };
            return Err(unvouched.into());
        }
        let resource = Resource::Key(key.to_owned());
        if permitted(&self.policy, user, action, &resource, None).permitted() {
            return Ok(());
        }
        let denied = AccessError::KeyDenied {
            principal: user.to_cedar(),
            action,
            key: key.to_owned(),
            resource: resource.to_cedar(),
        };
        Err(denied.into())
    }

    pub(crate) fn passphrase(&self) -> Option<&Secret> {
        self.passphrase.as_ref()
    }

    /// Binds and proves a request. A leak is no error here: it stands in the plan.
    ///
    /// # Errors
    /// Broken files.
    pub fn prove(&self, request: &Request) -> Result<Plan, Diagnostics> {
        let registry = Registry::new(sealine_protect::catalogue());
        let (files, spec) = (&self.files, &self.spec);
        prove_among(files, spec, &self.computed, &registry, request, &self.live)
    }

    /// Proves a request and asks the policy. A pipeline is decided for the service that it runs as, whoever
    /// starts it; what goes to the terminal, and a pipeline that stands beside the project, for `user`.
    ///
    /// # Errors
    /// Broken files, or the refusal with all its reasons.
    pub fn decide(
        &self,
        request: &Request,
        user: &Principal,
        key_epoch: u64,
    ) -> Result<Authorized<Plan>, Undecided> {
        let plan = self.prove(request).map_err(Undecided::Broken)?;
        let principal = match request {
            Request::Pipeline(name) if self.is_beside(name) => user.clone(),
            Request::Pipeline(_) | Request::Verdict { .. } => Principal::service(plan.runs_as()),
            Request::Read { .. } | Request::Reveal { .. } | Request::Preview { .. } => user.clone(),
        };
        authorize(
            plan,
            &self.files,
            &self.spec,
            &self.policy,
            &principal,
            clock::now(),
            key_epoch,
        )
        .map_err(|refusal| Undecided::Refused(Box::new(refusal)))
    }

    fn is_beside(&self, pipeline: &str) -> bool {
        let beside = self.beside.as_ref();
        beside.is_some_and(|beside| beside.pipeline == pipeline)
    }

    /// Has an owner sign the files that it vouches for, as they were read. The signature replaces an older one.
    ///
    /// # Errors
    /// [`NotEndorsed`]: a key that is not the owner's, or a file that cannot be written.
    pub fn endorse(&self, owner: &str, key: &SigningKey) -> Result<Endorsed, NotEndorsed> {
        let known = owners::known(&self.state.log())?;
        owners::endorse(
            self.dir.root(),
            &self.spec,
            &self.digests,
            &known,
            owner,
            key,
        )
    }

    /// Judges once more who vouches, by what the log says now; returns who vouched when it was last said.
    pub(crate) fn judge_owners(&mut self) -> Result<Vec<Signer>, EngineError> {
        let known = owners::known(&self.state.log())?;
        let vouched = owners::judge(self.dir.root(), &self.spec, &self.digests, &known)?;
        self.policy.vouch(vouched);
        Ok(known)
    }

    /// What earlier runs recorded about what they wrote.
    pub(crate) fn computed(&self) -> &Computed {
        &self.computed
    }

    pub(crate) fn places(&self) -> Places<'_> {
        Places {
            spec: &self.spec,
            project: self.dir.root(),
            state: self.state.root(),
            beside: self.beside.is_some(),
        }
    }

    /// Takes in what an earlier run recorded, authenticated: what [`Project::open`] read without keys does not
    /// count any more.
    pub(crate) fn reload_labels(&mut self, keys: &OpenKeys) -> Result<(), EngineError> {
        let (path, log) = (self.state.labels(), self.state.log());
        self.set_labels(labels::read_verified(&path, keys, &log)?);
        Ok(())
    }

    /// Insists that the texts of [`Project::open_kept`] are what the authenticated labels hold.
    pub(crate) fn check_kept(&self) -> Result<(), EngineError> {
        match &self.kept {
            Some((dataset, kept)) if self.computed.kept(dataset) != Some(kept) => {
                Err(EngineError::KeptChanged {
                    dataset: dataset.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Takes over what this session just recorded.
    pub(crate) fn set_labels(&mut self, recorded: Computed) {
        self.computed = recorded;
        self.live = Arc::default();
    }
}
