//! What a crash left: found through the journals, finished or rolled back, never guessed.
//!
//! INVARIANT: before `Publishing` a run is rolled back, from `Publishing` on it is rolled forward. Only
//! places that a journal names as its own staging are removed.

use std::path::Path;

use super::journal::{JournalFile, Phase, Target};
use super::publish::{holds, publish};
use crate::durable;
use crate::error::EngineError;

/// What was done about a run that did not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovered {
    /// Nothing of it remains.
    RolledBack,
    /// All of its places hold the new generation; it is still to be recorded.
    RolledForward,
}

/// The runs that did not end, oldest first (run ids sort by time).
pub(crate) fn pending(runs: &Path) -> Result<Vec<JournalFile>, EngineError> {
    let entries = match std::fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(EngineError::state(runs, source)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| EngineError::state(runs, source))?.path();
        if !path.is_dir() {
            continue;
        }
        match JournalFile::open(&path)? {
            Some(journal) => found.push(journal),
            // The crash came before the first journal: nothing was staged.
            None => durable::remove_all(&path).map_err(|source| EngineError::state(&path, source))?,
        }
    }
    found.sort_by(|a, b| a.journal().run.cmp(&b.journal().run));
    Ok(found)
}

/// Brings the places of a run to one side: all old, or all new.
pub(crate) fn settle(file: &mut JournalFile, root: &Path) -> Result<Recovered, EngineError> {
    match file.journal().phase {
        Phase::Started | Phase::Staged => {
            roll_back(file, root)?;
            Ok(Recovered::RolledBack)
        }
        Phase::Publishing => {
            for target in &file.journal().targets {
                match roll_forward(file, target, root) {
                    // A file system that cannot swap never will: what was swapped goes back.
                    Err(error @ EngineError::NoSwap { .. }) => {
                        retreat(file, root)?;
                        return Err(error);
                    }
                    other => other?,
                }
            }
            file.update(|journal| journal.phase = Phase::Published)?;
            Ok(Recovered::RolledForward)
        }
        Phase::Published | Phase::Recorded => Ok(Recovered::RolledForward),
    }
}

/// Removes the staging places of a run: before publishing they hold the new generation, after it the old.
pub(crate) fn roll_back(file: &JournalFile, root: &Path) -> Result<(), EngineError> {
    let journal = file.journal();
    for target in &journal.targets {
        let Some(stage) = target.checked_stage(root, &journal.run) else {
            return Err(EngineError::JournalBroken { path: file.path() });
        };
        durable::remove_all(&stage).map_err(|source| EngineError::Stage { path: stage, source })?;
    }
    Ok(())
}

/// Takes back what was published, where a later place cannot be, and rolls back. Called under the same phase
/// as publishing: a crash in between is rolled forward again, and comes back here.
pub(crate) fn retreat(file: &mut JournalFile, root: &Path) -> Result<(), EngineError> {
    for target in file.journal().targets.clone() {
        let destination = target.destination.at(root);
        let Some(stage) = target.checked_stage(root, &file.journal().run) else {
            return Err(EngineError::JournalBroken { path: file.path() });
        };
        let fault = |source| EngineError::Publish { path: destination.clone(), source };
        if holds(&destination, &target.files).map_err(fault)? {
            if std::fs::symlink_metadata(&stage).is_ok() {
                publish(&stage, &destination)?;
            } else {
                std::fs::rename(&destination, &stage).map_err(fault)?;
                durable::sync_parent(&destination).map_err(fault)?;
            }
        }
    }
    file.update(|journal| journal.phase = Phase::Staged)?;
    roll_back(file, root)
}

fn roll_forward(file: &JournalFile, target: &Target, root: &Path) -> Result<(), EngineError> {
    let destination = target.destination.at(root);
    let Some(stage) = target.checked_stage(root, &file.journal().run) else {
        return Err(EngineError::JournalBroken { path: file.path() });
    };
    let in_place = |path: &Path| {
        holds(path, &target.files)
            .map_err(|source| EngineError::Publish { path: path.to_path_buf(), source })
    };
    if in_place(&destination)? {
        // The rename may have happened without its directory being synced.
        return durable::sync_parent(&destination)
            .map_err(|source| EngineError::Publish { path: destination, source });
    }
    if in_place(&stage)? {
        return publish(&stage, &destination);
    }
    Err(EngineError::Unrecoverable { dataset: target.dataset.clone(), path: destination })
}
