//! Before a byte is read: where everything lies, and which places will be replaced.
//!
//! INVARIANT: no two places of one run overlap. Reads nothing but names and file identities.

use std::path::Path;
use std::sync::Arc;

use sealine_access::Authorized;
use sealine_audit::Published;
use sealine_connect::scratch::Scratch;
use sealine_connect::{PlainAllowed, PlainFormat};
use sealine_plan::{Plan, PlannedOutput, Sink};
use sealine_protect::crypto::hmac;
use sealine_spec::{Dataset, Format, Mode};

use super::append;
use super::id::RunId;
use crate::cancel::CancelToken;
use crate::clock;
use crate::commit::{Journal, Outcome, Phase, Place, Role, Target};
use crate::error::EngineError;
use crate::exec::{Feed, Hub, HubOptions, Limits, Sources};
use crate::output::{Demand, Form, Staging};
use crate::session::{Session, actor};
use crate::vault::Site;

/// A dataset that the run writes.
pub(crate) struct Planned {
    pub(crate) role: Role,
    pub(crate) staging: Staging,
    /// An output of the plan, or the rejects of an input.
    pub(crate) of: Of,
    /// The anonymity that its rows must have.
    pub(crate) demand: Option<Demand>,
}

/// What a written dataset is written from.
#[derive(Clone, Debug)]
pub(crate) enum Of {
    Output,
    Rejects(Arc<Dataset>),
}

/// The inputs of a plan, ready to be read.
pub(crate) fn hub(
    session: &Session,
    plan: &Plan,
    limits: Limits,
    cancel: &CancelToken,
    to_the_end: bool,
) -> Result<Arc<Hub>, EngineError> {
    let places = session.project.places();
    let highest = session.project.spec().project.levels.highest();
    let mut feeds = Vec::with_capacity(plan.inputs().len());
    for input in plan.inputs() {
        let files = places.files(&input.dataset)?;
        feeds.push(Feed::new(input, files, highest)?);
    }
    let keys = Arc::clone(&session.keys);
    Ok(Hub::new(
        feeds,
        HubOptions {
            cancel: cancel.clone(),
            progress: Arc::clone(&session.progress),
            sources: Sources::new(
                keys,
                Site::of(&session.project),
                session.vault,
                clock::now(),
            ),
            digest_key: commitment_key(session)?,
            highest,
            batch_rows: limits.batch_rows,
            now: clock::now_micros(),
            scratch: Scratch::new(session.project.state().spill(), limits.spill)?,
            unique: limits.unique,
            to_the_end,
        },
    ))
}

/// What the commitments to inputs are made with.
pub(crate) fn commitment_key(session: &Session) -> Result<hmac::Key, EngineError> {
    let key = session.keys.digest_key()?;
    Ok(hmac::Key::new(hmac::Algorithm::Sha256, key.expose()))
}

/// Everything that the run replaces or adds to: outputs first, then the quarantines of its inputs.
pub(crate) fn written(
    session: &Session,
    plan: &Plan,
    run: &RunId,
    limits: Limits,
) -> Result<Vec<Planned>, EngineError> {
    let mut all = Vec::new();
    for output in plan.outputs() {
        let Sink::Dataset(dataset) = &output.sink else {
            return Err(EngineError::WrongPlan {
                verb: "run",
                reason: "it shows rows on the terminal",
            });
        };
        let mode = match output.mode {
            Mode::Replace => Published::Replace,
            Mode::Append => Published::Append,
        };
        let staging = staging(session, dataset, mode, run, limits)?;
        if staging.newest.is_some() {
            append::same_columns(session, plan, &dataset.id)?;
        }
        all.push(Planned {
            role: Role::Output,
            staging,
            of: Of::Output,
            demand: Demand::of(session.project.spec(), dataset, &output.columns)?,
        });
    }
    for input in plan.inputs() {
        let Some(rejects) = &input.dataset.rejects else {
            continue;
        };
        let Some(dataset) = session.project.spec().dataset(&rejects.value) else {
            return Err(EngineError::Location {
                dataset: rejects.value.clone(),
                reason: "it is not in the catalog".to_owned(),
            });
        };
        let mode = append::mode_of_rejects(session.project.spec(), &input.dataset.id);
        let staging = staging(session, dataset, mode, run, limits)?;
        if let Some(newest) = &staging.newest {
            append::same_rejects(session, &input.dataset, &dataset.id, newest)?;
        }
        // Rejected rows are as secret as their source: they are never written in clear.
        if !matches!(staging.form, Form::Sealed { .. }) {
            return Err(EngineError::NotEncrypted {
                dataset: dataset.id.clone(),
            });
        }
        let of = Of::Rejects(Arc::clone(&input.dataset));
        all.push(Planned {
            role: Role::Rejects,
            staging,
            of,
            demand: None,
        });
    }
    for (index, first) in all.iter().enumerate() {
        for second in all.iter().skip(index + 1) {
            let (a, b) = (&first.staging, &second.staging);
            if a.place.starts_with(&b.place) || b.place.starts_with(&a.place) {
                return Err(EngineError::SharedPlace {
                    first: a.dataset.clone(),
                    second: b.dataset.clone(),
                });
            }
        }
    }
    Ok(all)
}

fn staging(
    session: &Session,
    dataset: &Dataset,
    mode: Published,
    run: &RunId,
    limits: Limits,
) -> Result<Staging, EngineError> {
    let (place, shape) = session.project.places().destination(dataset)?;
    let form = form(session, dataset)?;
    let mut most_partitions = limits.folders;
    let (destination, shape, newest) = match mode {
        Published::Replace => (place.clone(), shape, None),
        Published::Append => {
            let next = append::next(session, dataset, (&place, shape), &form)?;
            most_partitions = most_partitions.min(next.room);
            (next.place, next.shape, next.newest)
        }
    };
    let Some(stage) = Target::stage_path(&destination, run.as_str()) else {
        return Err(EngineError::Location {
            dataset: dataset.id.clone(),
            reason: "its path has no name".to_owned(),
        });
    };
    Ok(Staging {
        dataset: dataset.id.clone(),
        mode,
        place,
        newest,
        destination,
        stage,
        shape,
        form,
        part_rows: limits.part_rows,
        partition_by: dataset.partition_by.clone(),
        most_partitions,
    })
}

/// Sealed where the dataset says so; in clear only where its format cannot be sealed and its clearance does not
/// demand it.
fn form(session: &Session, dataset: &Dataset) -> Result<Form, EngineError> {
    let refused = || EngineError::NotEncrypted {
        dataset: dataset.id.clone(),
    };
    let format = match dataset.at.as_ref().map(|at| &at.format) {
        Some(Format::Csv(_)) => PlainFormat::Csv,
        Some(Format::Jsonl) => PlainFormat::Jsonl,
        Some(Format::Arrow) => PlainFormat::Arrow,
        Some(Format::Parquet) | None => {
            let encrypt = dataset.encrypt.as_ref().ok_or_else(refused)?;
            return Ok(Form::Sealed {
                key: encrypt.key.value.clone(),
                columns: encrypt
                    .columns
                    .iter()
                    .map(|(column, key)| (column.value.clone(), key.value.clone()))
                    .collect(),
            });
        }
    };
    let project = &session.project.spec().project;
    let allowed = PlainAllowed::of(
        dataset.clearance,
        project.operator_clearance,
        &project.levels,
    );
    match (&dataset.encrypt, allowed) {
        (None, Some(allowed)) => Ok(Form::Plain { format, allowed }),
        _ => Err(refused()),
    }
}

/// The journal of a run that begins.
pub(crate) fn journal(
    root: &Path,
    run: &RunId,
    authorized: &Authorized<Plan>,
    started: i64,
    written: &[Planned],
) -> Journal {
    let targets = written
        .iter()
        .map(|planned| Target {
            dataset: planned.staging.dataset.clone(),
            role: planned.role,
            mode: planned.staging.mode,
            destination: Place::of(root, &planned.staging.destination),
            stage: Place::of(root, &planned.staging.stage),
            files: Vec::new(),
        })
        .collect();
    Journal {
        version: 1,
        run: run.to_string(),
        pipeline: authorized.plan().pipeline().to_owned(),
        actor: actor(authorized.principal()),
        started,
        phase: Phase::Started,
        outcome: Outcome::Commit,
        targets,
        record: None,
    }
}

/// The name of an output in messages.
pub(crate) fn output_name(output: &PlannedOutput) -> &str {
    match &output.sink {
        Sink::Dataset(dataset) => &dataset.id,
        Sink::Terminal => "terminal",
    }
}
