//! Where an append goes: the next number in the folder of the dataset, after exactly the files that the log has.
//! Without partitions it is the number of a file. With partitions a run has rows for many folders, and files cannot
//! be added to all of them at once; so it adds one folder of its own, `sealine_run=00007`, with all partitions of the
//! run in it, which is one rename again. Readers that know Hive's names take it for one more partition.
//!
//! INVARIANT: a number is given once. A folder that lacks a recorded file, or has one that no run recorded, is not
//! appended to: a second file under a number would make the damage permanent, and readers take what lies there.
//! Reads names, and of a quarantine the columns of the newest file; must never write.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use sealine_audit::Published;
use sealine_connect::{Access, partition_column, run_folder, run_number};
use sealine_plan::Plan;
use sealine_spec::{Dataset, Mode, Spec};

use crate::commit::{leaves, part_number};
use crate::error::EngineError;
use crate::output::Form;
use crate::project::{Shape, shown};
use crate::session::Session;

/// As many files as a dataset may have; so their names sort as their numbers do.
const MOST: usize = 100_000;

/// Where a run adds its rows.
pub(super) struct Next {
    /// A file in the folder of the dataset, or a folder.
    pub(super) place: PathBuf,
    pub(super) shape: Shape,
    /// The newest file that is there.
    pub(super) newest: Option<PathBuf>,
    /// How many files there may be more.
    pub(super) room: usize,
}

/// The place of what a run adds to `folder`.
pub(super) fn next(
    session: &Session,
    dataset: &Dataset,
    (folder, shape): (&Path, Shape),
    form: &Form,
) -> Result<Next, EngineError> {
    let refuse = |reason: String| EngineError::NotAppendable {
        dataset: dataset.id.clone(),
        reason,
    };
    if shape == Shape::File {
        return Err(refuse("it is one file; end its path with `/`".to_owned()));
    }
    if !dataset.partition_by.is_empty() {
        return next_run(session, dataset, folder, form);
    }
    let count = match session.last_written(&dataset.id)? {
        None => 0,
        Some(last) => {
            let here = shown(session.project.dir().root(), folder);
            let newest = last
                .files
                .last()
                .and_then(|file| Path::new(&file.path).file_name());
            let number = newest.and_then(part_number);
            // A dataset that was one file has no number.
            let Some(number) = number.filter(|_| last.location == here) else {
                return Err(refuse(format!(
                    "its rows lie at `{}`; give it that place again, or begin anew with `mode: replace`",
                    last.location
                )));
            };
            if newest.is_some_and(|newest| newest != form.part(number).as_str()) {
                return Err(refuse(
                    "its rows have another format; give it that format again, or begin anew with `mode: replace`"
                        .to_owned(),
                ));
            }
            number + 1
        }
    };
    let names: BTreeSet<String> = (0..count).map(|number| form.part(number)).collect();
    Ok(Next {
        place: folder.join(form.part(count)),
        shape: Shape::File,
        room: room(&dataset.id, folder, &names)?,
        newest: names.last().map(|name| folder.join(name)),
    })
}

/// The place of the folder that a run adds to a partitioned dataset.
fn next_run(
    session: &Session,
    dataset: &Dataset,
    folder: &Path,
    form: &Form,
) -> Result<Next, EngineError> {
    let all = session.all_written(&dataset.id)?;
    let here = shown(session.project.dir().root(), folder);
    let mut names = BTreeSet::new();
    let mut number = 0;
    for output in &all {
        for file in &output.files {
            let name = Path::new(&file.path).strip_prefix(&here).ok();
            let name = name.and_then(Path::to_str);
            let fits = name.and_then(|name| of_run(name, &dataset.partition_by, form));
            let (Some(name), Some(run)) = (name, fits) else {
                return Err(EngineError::NotAppendable {
                    dataset: dataset.id.clone(),
                    reason: format!(
                        "its rows lie at `{}`, in another format or other partitions; give it those again, or begin anew with `mode: replace`",
                        output.location
                    ),
                });
            };
            number = number.max(run.map_or(0, |run| run + 1));
            names.insert(name.to_owned());
        }
    }
    Ok(Next {
        place: folder.join(run_folder(number)),
        shape: Shape::Folder,
        room: room(&dataset.id, folder, &names)?,
        newest: names.last().map(|name| folder.join(name)),
    })
}

/// The number of the run that added the file of this name, none where it was replaced; nothing where the file is
/// none of these partitions and this format.
#[allow(clippy::option_option)] // both are ordinary, and mean different things
fn of_run(name: &str, partition_by: &[String], form: &Form) -> Option<Option<usize>> {
    let (above, file) = name.rsplit_once('/')?;
    let number = part_number(OsStr::new(file))?;
    let (first, rest) = above.split_once('/').unwrap_or((above, ""));
    let run = run_number(first);
    let folders = if run.is_some() { rest } else { above };
    let columns = folders.split('/').map(partition_column);
    let same = columns.eq(partition_by.iter().cloned().map(Some));
    (same && form.part(number) == file).then_some(run)
}

/// How many files may be added to a folder that holds exactly these.
fn room(dataset: &str, folder: &Path, names: &BTreeSet<String>) -> Result<usize, EngineError> {
    let refuse = |reason: String| EngineError::NotAppendable {
        dataset: dataset.to_owned(),
        reason,
    };
    let there: BTreeSet<String> = match leaves(folder) {
        Ok(found) => found.into_iter().map(|leaf| leaf.name).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeSet::new(),
        Err(source) => {
            return Err(EngineError::Stage {
                path: folder.to_path_buf(),
                source,
            });
        }
    };
    if let Some(missing) = names.difference(&there).next() {
        return Err(refuse(format!(
            "`{missing}` of an earlier run is missing; restore it from a backup, or begin anew with `mode: replace`"
        )));
    }
    if let Some(unknown) = there.difference(names).next() {
        return Err(refuse(format!(
            "no run of this project recorded `{unknown}`; move it away"
        )));
    }
    match MOST.saturating_sub(names.len()) {
        0 => Err(refuse(format!(
            "it has {MOST} files, and more are not read; write its rows together with a pipeline that replaces"
        ))),
        room => Ok(room),
    }
}

/// Insists that an output has the columns that the rows have which lie there.
pub(super) fn same_columns(
    session: &Session,
    plan: &Plan,
    dataset: &str,
) -> Result<(), EngineError> {
    let (before, after) = (session.project.computed(), plan.computed());
    let before: Vec<_> = before.columns(dataset).collect();
    let after: Vec<_> = after.columns(dataset).collect();
    differing(dataset, &before, &after)
}

/// Insists that a quarantine still takes the rows of its input as it did.
pub(super) fn same_rejects(
    session: &Session,
    input: &Dataset,
    dataset: &str,
    newest: &Path,
) -> Result<(), EngineError> {
    let access = Access::Sealed {
        keys: &session.keys,
        dataset,
    };
    // All that was read stays text, so that the names are all there is to compare.
    let before = sealine_connect::parquet_columns(newest, access)?;
    let after = sealine_contract::rejects_schema(input);
    let before: Vec<_> = before.iter().map(|name| (name.as_str(), "")).collect();
    let after: Vec<_> = after
        .fields()
        .iter()
        .map(|field| (field.name().as_str(), ""))
        .collect();
    differing(dataset, &before, &after)
}

fn differing(
    dataset: &str,
    before: &[(&str, &str)],
    after: &[(&str, &str)],
) -> Result<(), EngineError> {
    if before == after {
        return Ok(());
    }
    let find = |all: &[(&str, &str)], name: &str| {
        all.iter()
            .find(|(other, _)| *other == name)
            .map(|(_, ty)| (*ty).to_owned())
    };
    let new = after
        .iter()
        .find_map(|(name, ty)| match find(before, name) {
            None => Some(format!("`{name}` is new")),
            Some(was) if was != *ty => Some(format!("`{name}` is {ty} and was {was}")),
            Some(_) => None,
        });
    let gone = || {
        let gone = before.iter().find(|(name, _)| find(after, name).is_none());
        gone.map(|(name, _)| format!("`{name}` is gone"))
    };
    Err(EngineError::ColumnsDiffer {
        dataset: dataset.to_owned(),
        differs: new
            .or_else(gone)
            .unwrap_or_else(|| "their order is another".to_owned()),
    })
}

/// How the rejected rows of an input are published: beside those of other runs as soon as any pipeline that reads
/// it appends, since then no run's rows are the whole.
pub(super) fn mode_of_rejects(spec: &Spec, input: &str) -> Published {
    // A view may be made from the input; taking one for such that is not keeps more rows, never fewer.
    let read = |id: &str| {
        id == input
            || spec
                .dataset(id)
                .is_some_and(|dataset| dataset.view.is_some())
    };
    let appended = spec.pipelines.values().any(|pipeline| {
        pipeline.inputs.iter().any(|input| read(&input.dataset))
            && pipeline
                .outputs
                .iter()
                .any(|output| output.mode == Mode::Append)
    });
    if appended {
        Published::Append
    } else {
        Published::Replace
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        let columns = [("id", "Int64"), ("email", "Utf8")];
        differing("d", &columns, &columns).unwrap();
        for (after, said) in [
            (
                &[("id", "Int64"), ("email", "Utf8"), ("zip", "Utf8")][..],
                "`zip` is new",
            ),
            (
                &[("id", "Utf8"), ("email", "Utf8")],
                "`id` is Utf8 and was Int64",
            ),
            (&[("id", "Int64")], "`email` is gone"),
            (
                &[("email", "Utf8"), ("id", "Int64")],
                "their order is another",
            ),
        ] {
            let error = differing("d", &columns, after).unwrap_err();
            assert_eq!(error.code(), "SL5423");
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
