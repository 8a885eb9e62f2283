//! What a crash left: found through the journals, finished or rolled back, never guessed.
//!
//! INVARIANT: before `Publishing` a run is rolled back, from `Publishing` on it is rolled forward. Only
//! places that a journal names as its own staging are removed.

use std::path::{Path, PathBuf};

use super::journal::{JournalFile, Phase, Target};
use super::publish::{holds, publish, swap};
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
        let path = entry
            .map_err(|source| EngineError::state(runs, source))?
            .path();
        if !path.is_dir() {
            continue;
        }
        match JournalFile::open(&path)? {
            Some(journal) => found.push(journal),
            // The crash came before the first journal: nothing was staged.
            None => {
                durable::remove_all(&path).map_err(|source| EngineError::state(&path, source))?
            }
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
                if target.adds_nothing() {
                    continue;
                }
                match roll_forward(file, target, root) {
                    // A place that cannot be swapped never will by itself: what was swapped goes back.
                    Err(error) if error.retreats() => {
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

/// Removes the staging places of a run that did not publish: they hold the new generation.
pub(crate) fn roll_back(file: &JournalFile, root: &Path) -> Result<(), EngineError> {
    remove_stages(file, root, |path, source| EngineError::Stage {
        path,
        source,
    })
}

/// Removes the staging places of a run that is published and recorded: they hold the old generation.
pub(crate) fn clean(file: &JournalFile, root: &Path) -> Result<(), EngineError> {
    remove_stages(file, root, |path, source| EngineError::NotCleaned {
        path,
        source,
    })
}

fn remove_stages(
    file: &JournalFile,
    root: &Path,
    fault: impl Fn(PathBuf, std::io::Error) -> EngineError,
) -> Result<(), EngineError> {
    let journal = file.journal();
    for target in &journal.targets {
        let Some(stage) = target.checked_stage(root, &journal.run) else {
            return Err(EngineError::JournalBroken { path: file.path() });
        };
        durable::remove_all(&stage).map_err(|source| fault(stage, source))?;
    }
    Ok(())
}

/// Takes back what was published, where a later place cannot be, and rolls back. Called under the same phase
/// as publishing: a crash in between is rolled forward again, and comes back here.
pub(crate) fn retreat(file: &mut JournalFile, root: &Path) -> Result<(), EngineError> {
    for target in file.journal().targets.clone() {
        if target.adds_nothing() {
            continue;
        }
        let destination = target.destination.at(root);
        let Some(stage) = target.checked_stage(root, &file.journal().run) else {
            return Err(EngineError::JournalBroken { path: file.path() });
        };
        let fault = |source| EngineError::Publish {
            path: destination.clone(),
            source,
        };
        if holds(&destination, &target.files).map_err(fault)? {
            if std::fs::symlink_metadata(&stage).is_ok() {
                swap(&stage, &destination)?;
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
        holds(path, &target.files).map_err(|source| EngineError::Publish {
            path: path.to_path_buf(),
            source,
        })
    };
    if in_place(&destination)? {
        // The rename may have happened without its directory being synced.
        return durable::sync_parent(&destination).map_err(|source| EngineError::Publish {
            path: destination,
            source,
        });
    }
    if in_place(&stage)? {
        return publish(&stage, &destination, target.mode);
    }
    Err(EngineError::Unrecoverable {
        dataset: target.dataset.clone(),
        path: destination,
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use sealine_audit::Published;

    use super::super::journal::{FileRecord, Journal, Outcome, Place, Role};
    use super::*;

    const RUN: &str = "0197-run";
    const OLD: &str = "part-00007.parquet";

    /// Two places, old and staged, in a phase.
    fn interrupted(root: &Path, phase: Phase) -> JournalFile {
        let runs = root.join("runs");
        std::fs::create_dir(&runs).unwrap();
        let targets = ["a", "b"]
            .map(|name| {
                let destination = root.join(name);
                let stage = Target::stage_path(&destination, RUN).unwrap();
                if name == "a" {
                    std::fs::create_dir(&destination).unwrap();
                    std::fs::write(destination.join(OLD), b"PARE").unwrap();
                }
                std::fs::create_dir(&stage).unwrap();
                std::fs::write(stage.join("new"), name).unwrap();
                let sha256 = hex::encode(sealine_protect::crypto::sha256(name.as_bytes()));
                Target {
                    dataset: name.to_owned(),
                    role: Role::Output,
                    mode: Published::Replace,
                    destination: Place::of(root, &destination),
                    stage: Place::of(root, &stage),
                    files: vec![FileRecord {
                        name: "new".to_owned(),
                        bytes: 1,
                        rows: 1,
                        sha256,
                    }],
                }
            })
            .to_vec();
        let journal = Journal {
            version: 1,
            run: RUN.to_owned(),
            pipeline: "p".to_owned(),
            actor: "a".to_owned(),
            started: 0,
            phase,
            outcome: Outcome::Commit,
            targets,
            record: None,
        };
        JournalFile::create(&runs, journal).unwrap()
    }

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(path)
            .map(|entries| {
                entries
                    .map(|e| e.unwrap().file_name().into_string().unwrap())
                    .collect()
            })
            .unwrap_or_default();
        names.sort();
        names
    }

    #[test]
    fn before_publishing_it_is_undone() {
        for phase in [Phase::Started, Phase::Staged] {
            let dir = tempfile::tempdir().unwrap();
            let mut file = interrupted(dir.path(), phase);
            assert_eq!(
                settle(&mut file, dir.path()).unwrap(),
                Recovered::RolledBack
            );
            assert_eq!(names(dir.path()), ["a", "runs"]);
            assert_eq!(names(&dir.path().join("a")), [OLD]);
        }
    }

    #[test]
    fn from_publishing_on_it_is_finished_however_far_it_came() {
        for published in 0..=2 {
            let dir = tempfile::tempdir().unwrap();
            let mut file = interrupted(dir.path(), Phase::Publishing);
            for target in file.journal().targets.clone().iter().take(published) {
                publish(
                    &target.stage.at(dir.path()),
                    &target.destination.at(dir.path()),
                    target.mode,
                )
                .unwrap();
            }
            assert_eq!(
                settle(&mut file, dir.path()).unwrap(),
                Recovered::RolledForward
            );
            assert_eq!(file.journal().phase, Phase::Published);
            for name in ["a", "b"] {
                assert_eq!(names(&dir.path().join(name)), ["new"], "{published}");
            }
            roll_back(&file, dir.path()).unwrap();
            assert_eq!(names(dir.path()), ["a", "b", "runs"]);
        }
    }

    #[test]
    fn what_cannot_be_swapped_goes_back() {
        for published in 0..=2 {
            let dir = tempfile::tempdir().unwrap();
            let mut file = interrupted(dir.path(), Phase::Publishing);
            for target in file.journal().targets.clone().iter().take(published) {
                publish(
                    &target.stage.at(dir.path()),
                    &target.destination.at(dir.path()),
                    target.mode,
                )
                .unwrap();
            }
            retreat(&mut file, dir.path()).unwrap();
            assert_eq!(names(dir.path()), ["a", "runs"], "{published}");
            assert_eq!(names(&dir.path().join("a")), [OLD]);
        }
    }

    #[test]
    fn foreign_files_in_a_place_turn_the_run_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = interrupted(dir.path(), Phase::Publishing);
        // `a` is swapped, then somebody puts a file of their own where `b` is to go.
        let first = file.journal().targets[0].clone();
        publish(
            &first.stage.at(dir.path()),
            &first.destination.at(dir.path()),
            first.mode,
        )
        .unwrap();
        std::fs::create_dir(dir.path().join("b")).unwrap();
        std::fs::write(dir.path().join("b/theirs"), b"1").unwrap();
        assert_eq!(settle(&mut file, dir.path()).unwrap_err().code(), "SL5039");
        assert_eq!(names(dir.path()), ["a", "b", "runs"]);
        assert_eq!(names(&dir.path().join("a")), [OLD]);
        assert_eq!(names(&dir.path().join("b")), ["theirs"]);
    }

    /// A folder with a file of an earlier run, and one that is being added to it.
    fn adding(root: &Path) -> JournalFile {
        let mut file = interrupted(root, Phase::Publishing);
        let destination = root.join("a/part-00008.parquet");
        let stage = Target::stage_path(&destination, RUN).unwrap();
        std::fs::write(&stage, b"a").unwrap();
        std::fs::remove_dir_all(file.journal().targets[0].stage.at(root)).unwrap();
        file.update(|journal| {
            let target = &mut journal.targets[0];
            target.mode = Published::Append;
            target.destination = Place::of(root, &destination);
            target.stage = Place::of(root, &stage);
            target.files[0].name = String::new();
        })
        .unwrap();
        file
    }

    #[test]
    fn an_added_file_is_finished_or_taken_back_and_the_others_stay() {
        for published in [false, true] {
            for forward in [false, true] {
                let dir = tempfile::tempdir().unwrap();
                let mut file = adding(dir.path());
                let target = file.journal().targets[0].clone();
                assert_eq!(target.location(dir.path()), dir.path().join("a"));
                if published {
                    publish(
                        &target.stage.at(dir.path()),
                        &target.destination.at(dir.path()),
                        target.mode,
                    )
                    .unwrap();
                }
                if forward {
                    settle(&mut file, dir.path()).unwrap();
                    clean(&file, dir.path()).unwrap();
                    assert_eq!(names(&dir.path().join("a")), [OLD, "part-00008.parquet"]);
                    assert_eq!(names(&dir.path().join("b")), ["new"]);
                } else {
                    retreat(&mut file, dir.path()).unwrap();
                    assert_eq!(names(&dir.path().join("a")), [OLD]);
                    assert_eq!(names(dir.path()), ["a", "runs"]);
                }
            }
        }
    }

    #[test]
    fn what_is_added_takes_the_place_of_nothing() {
        for theirs in ["part-00008.parquet", "theirs"] {
            let dir = tempfile::tempdir().unwrap();
            let mut file = adding(dir.path());
            std::fs::write(dir.path().join("a").join(theirs), b"PARE").unwrap();
            assert_eq!(settle(&mut file, dir.path()).unwrap_err().code(), "SL5039");
            assert_eq!(names(&dir.path().join("a")), [OLD, theirs]);
            let kept = std::fs::read(dir.path().join("a").join(theirs)).unwrap();
            assert_eq!(kept, b"PARE");
        }
    }

    #[test]
    fn files_changed_by_hand_are_not_guessed_at() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = interrupted(dir.path(), Phase::Publishing);
        let stage = file.journal().targets[0].stage.at(dir.path());
        std::fs::write(stage.join("new"), b"x").unwrap();
        assert_eq!(settle(&mut file, dir.path()).unwrap_err().code(), "SL5036");
        assert_eq!(names(&dir.path().join("a")), [OLD]);
    }

    #[test]
    fn a_damaged_journal_removes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = interrupted(dir.path(), Phase::Started);
        let a = Place::of(dir.path(), &dir.path().join("a"));
        file.update(|journal| journal.targets[0].stage = a).unwrap();
        assert_eq!(settle(&mut file, dir.path()).unwrap_err().code(), "SL5035");
        assert_eq!(names(&dir.path().join("a")), [OLD]);
        std::fs::write(file.path(), b"{").unwrap();
        assert_eq!(
            pending(&dir.path().join("runs")).unwrap_err().code(),
            "SL5035"
        );
    }

    #[test]
    fn a_run_that_wrote_no_journal_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("runs/0197-other")).unwrap();
        assert!(pending(&dir.path().join("runs")).unwrap().is_empty());
        assert!(names(&dir.path().join("runs")).is_empty());
    }
}
