//! The journal of one run: which places it stages and publishes, and how far it came.
//!
//! INVARIANT: a phase is durable before the first effect of the next one. Paths below the project are kept
//! relative to it, so a moved project still recovers.

use std::path::{Component, Path, PathBuf};

use sealine_audit::Published;
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::error::EngineError;

/// Marks what is staged: `.<name>.sealine-<run>` beside its destination.
const STAGE_MARK: &str = ".sealine-";
const JOURNAL: &str = "journal.json";
const JOURNAL_LIMIT: u64 = 64 << 20;

/// How far a run came. Each phase is written before the first effect of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Staging is being written: a crash is rolled back.
    Started,
    /// Staging is complete, durable and verified: a crash is rolled back.
    Staged,
    /// Places are being swapped: a crash is rolled forward.
    Publishing,
    /// All places hold the new generation: receipt and log entry may be missing.
    Published,
    /// Receipt and log entry are durable: the old generation may still lie in the staging places.
    Recorded,
}

/// What is being published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Outputs and quarantine.
    Commit,
    /// Quarantine only: the run failed, its rejects are kept.
    Quarantine,
}

/// What a place holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// An output of the pipeline.
    Output,
    /// The quarantine of an input.
    Rejects,
}

/// A path, relative to the project where it lies below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn of(root: &Path, path: &Path) -> Self {
        Self(path.strip_prefix(root).unwrap_or(path).to_path_buf())
    }

    pub(crate) fn at(&self, root: &Path) -> PathBuf {
        root.join(&self.0)
    }
}

/// One written file, as it must be found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    /// Name inside the generation, the folders of its partitions before it; empty where the place is itself one
    /// file.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    /// Over the ciphertext, lower-case hex.
    pub(crate) sha256: String,
}

/// One place that the run writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) dataset: String,
    pub(crate) role: Role,
    /// Whether the place is replaced, or is what the run adds to a folder: a file, or with partitions a folder of
    /// the run. Journals of before there was a choice do not say.
    #[serde(default = "replaced")]
    pub(crate) mode: Published,
    pub(crate) destination: Place,
    pub(crate) stage: Place,
    /// Empty until `Staged`.
    pub(crate) files: Vec<FileRecord>,
}

fn replaced() -> Published {
    Published::Replace
}

impl Target {
    /// Whether a staged run has no rows for what lies there, and adds nothing.
    pub(crate) fn adds_nothing(&self) -> bool {
        self.mode == Published::Append && self.files.is_empty()
    }

    /// The place of the dataset: the destination, or the folder that is added to.
    pub(crate) fn location(&self, root: &Path) -> PathBuf {
        let mut place = self.destination.at(root);
        if self.mode == Published::Append {
            place.pop();
        }
        place
    }

    /// The staging path beside `destination`, on the same file system.
    pub(crate) fn stage_path(destination: &Path, run: &str) -> Option<PathBuf> {
        let name = destination.file_name()?.to_str()?;
        Some(destination.with_file_name(format!(".{name}{STAGE_MARK}{run}")))
    }

    /// The absolute staging path, checked to be one of this run: nothing else is ever removed.
    pub(crate) fn checked_stage(&self, root: &Path, run: &str) -> Option<PathBuf> {
        let stage = self.stage.at(root);
        let clean = !stage
            .components()
            .any(|part| matches!(part, Component::ParentDir));
        (clean && Self::stage_path(&self.destination.at(root), run).as_deref() == Some(&*stage))
            .then_some(stage)
    }
}

/// What is known of a run while it is not finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Journal {
    pub(crate) version: u32,
    pub(crate) run: String,
    pub(crate) pipeline: String,
    pub(crate) actor: String,
    pub(crate) started: i64,
    pub(crate) phase: Phase,
    pub(crate) outcome: Outcome,
    pub(crate) targets: Vec<Target>,
    /// The log event to append when the publication is recorded, and the receipt it names.
    pub(crate) record: Option<serde_json::Value>,
}

/// A journal and the directory that holds it: `runs/<id>/`.
#[derive(Debug)]
pub(crate) struct JournalFile {
    dir: PathBuf,
    journal: Journal,
}

impl JournalFile {
    /// Makes `runs/<id>/` and its first journal.
    pub(crate) fn create(runs: &Path, journal: Journal) -> Result<Self, EngineError> {
        let dir = runs.join(&journal.run);
        durable::create_private_dir(&dir).map_err(|source| EngineError::state(&dir, source))?;
        // A crash right here leaves an empty run directory: recovery removes it.
        let file = Self { dir, journal };
        file.write()?;
        Ok(file)
    }

    /// Reads `runs/<id>/journal.json`; `None` where the crash came before it was written.
    pub(crate) fn open(dir: &Path) -> Result<Option<Self>, EngineError> {
        let path = dir.join(JOURNAL);
        let bytes = match durable::read_bounded(&path, JOURNAL_LIMIT) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(EngineError::state(&path, source)),
        };
        let journal: Journal = serde_json::from_slice(&bytes)
            .map_err(|_| EngineError::JournalBroken { path: path.clone() })?;
        let named = dir.file_name().and_then(|name| name.to_str()) == Some(&*journal.run);
        if journal.version != 1 || !named {
            return Err(EngineError::JournalBroken { path });
        }
        Ok(Some(Self {
            dir: dir.to_path_buf(),
            journal,
        }))
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Where the journal lies, for messages.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.join(JOURNAL)
    }

    /// Changes the journal and makes the change durable.
    pub(crate) fn update(&mut self, change: impl FnOnce(&mut Journal)) -> Result<(), EngineError> {
        change(&mut self.journal);
        self.write()
    }

    /// Forgets the run: the last step of every run that ended.
    pub(crate) fn remove(self) -> Result<(), EngineError> {
        durable::remove_all(&self.dir).map_err(|source| EngineError::state(&self.dir, source))
    }

    fn write(&self) -> Result<(), EngineError> {
        let path = self.dir.join(JOURNAL);
        let bytes = serde_json::to_vec_pretty(&self.journal)
            .map_err(|_| EngineError::JournalBroken { path: path.clone() })?;
        durable::replace_file(&path, &bytes).map_err(|source| EngineError::state(&path, source))
    }
}
