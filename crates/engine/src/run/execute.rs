//! The middle of a run: inputs are read, outputs computed and staged, side by side on several threads.
//!
//! INVARIANT: whatever goes wrong here, readers and writers are stopped and waited for before the error leaves.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatchOptions;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use sealine_audit::{AnonymityRecord, WaivedRecord};
use sealine_plan::{Plan, PlannedOutput};
use tokio::sync::mpsc;

use super::prepare::{Of, Planned, output_name};
use crate::cancel::CancelToken;
use crate::commit::FileRecord;
use crate::durable;
use crate::error::EngineError;
use crate::exec::{Computation, Hub};
use crate::output::{Generation, Guard, Spread, Staging, Watch};
use crate::progress::{Progress, Step, Update};

/// Batches between a computation and its writer.
const QUEUE: usize = 2;

/// One staged generation.
pub(crate) struct Staged {
    pub(crate) staging: Staging,
    pub(crate) files: Vec<FileRecord>,
    /// What its guards found.
    pub(crate) findings: Findings,
}

/// What the guards of an output found that stops nothing, and belongs into the receipt.
#[derive(Clone, Default)]
pub(crate) struct Findings {
    /// Where the catalog asks for anonymity.
    pub(crate) anonymity: Option<AnonymityRecord>,
    /// What the detectors found and an owner waived.
    pub(crate) waived: Vec<WaivedRecord>,
}

/// Reads everything and stages everything; the result is in the order of `written`.
pub(crate) async fn execute(
    session: &super::execute::Shared,
    plan: &Plan,
    hub: &Arc<Hub>,
    computations: Vec<Computation>,
    written: &[Planned],
) -> Result<Vec<Staged>, EngineError> {
    let outcome = stage_all(session, plan, hub, computations, written).await;
    match outcome {
        Ok(staged) => Ok(staged),
        Err(error) => {
            hub.stop().await;
            // What ended first is the cause; an error here may be its echo.
            Err(hub.failure().unwrap_or(error))
        }
    }
}

/// What all parts of an execution share.
pub(crate) struct Shared {
    pub(crate) keys: Arc<sealine_keys::OpenKeys>,
    pub(crate) progress: Arc<dyn Progress>,
    pub(crate) cancel: CancelToken,
    pub(crate) spec: sealine_spec::Spec,
    pub(crate) highest: sealine_label::Level,
    /// Days since 1970-01-01, in UTC, when the run began.
    pub(crate) today: i32,
    /// Bytes that the tables of an output's anonymity may hold.
    pub(crate) memory: usize,
}

async fn stage_all(
    shared: &Shared,
    plan: &Plan,
    hub: &Arc<Hub>,
    computations: Vec<Computation>,
    written: &[Planned],
) -> Result<Vec<Staged>, EngineError> {
    for planned in written {
        if let Of::Rejects(dataset) = &planned.of
            && let Some(feed) = hub.feed(&dataset.id)
        {
            let schema = sealine_contract::rejects_schema(&feed.dataset);
            feed.set_quarantine(Generation::create(
                planned.staging.clone(),
                schema,
                Arc::clone(&shared.keys),
            )?);
        }
    }
    let mut outputs = Vec::new();
    for ((computation, output), planned) in
        computations.into_iter().zip(plan.outputs()).zip(written)
    {
        let staged = stage_output(shared, hub, computation, output, planned).await?;
        report(shared, &staged);
        outputs.push(staged);
    }
    hub.drain_unread();
    hub.join().await;
    if let Some(failure) = hub.failure() {
        return Err(failure);
    }
    for planned in written {
        if let Of::Rejects(dataset) = &planned.of
            && let Some(quarantine) = hub
                .feed(&dataset.id)
                .and_then(|feed| feed.take_quarantine())
        {
            let staged = finish(quarantine, Findings::default()).await?;
            report(shared, &staged);
            outputs.push(staged);
        }
    }
    Ok(outputs)
}

fn report(shared: &Shared, staged: &Staged) {
    shared.progress.step(Step::PlaceStaged);
    shared.progress.update(Update::Staged {
        dataset: staged.staging.dataset.clone(),
        rows: staged.files.iter().map(|file| file.rows).sum(),
        bytes: staged.files.iter().map(|file| file.bytes).sum(),
    });
}

async fn finish(generation: Generation, findings: Findings) -> Result<Staged, EngineError> {
    let dataset = generation.dataset().to_owned();
    let (staging, files) = tokio::task::spawn_blocking(move || generation.finish())
        .await
        .map_err(|_| EngineError::ReaderLost { dataset })??;
    Ok(Staged {
        staging,
        files,
        findings,
    })
}

/// Stages an output; where its joins do not fit into memory, once more from the beginning with joins that do.
/// Inputs are accounted for by the first attempt, whose readers go on to their ends.
async fn stage_output(
    shared: &Shared,
    hub: &Arc<Hub>,
    computation: Computation,
    output: &PlannedOutput,
    planned: &Planned,
) -> Result<Staged, EngineError> {
    let error = match attempt(shared, hub, &computation, output, planned).await {
        Err(error @ EngineError::Memory { .. }) => error,
        other => return other,
    };
    let Some(by_sorting) = computation.by_sorting() else {
        return Err(error);
    };
    let stage = &planned.staging.stage;
    durable::remove_all(stage).map_err(|source| EngineError::Stage {
        path: stage.clone(),
        source,
    })?;
    shared.progress.update(Update::Warning {
        dataset: planned.staging.dataset.clone(),
        text: format!("{error}; computed again by sorting, which takes longer"),
    });
    attempt(shared, hub, &by_sorting, output, planned).await
}

async fn attempt(
    shared: &Shared,
    hub: &Arc<Hub>,
    computation: &Computation,
    output: &PlannedOutput,
    planned: &Planned,
) -> Result<Staged, EngineError> {
    let staging = &planned.staging;
    let schema = output_schema(output, &computation.schema())?;
    let mut guards = Guards {
        clear: Guard::new(output, shared.highest, shared.today),
        spread: Spread::new(&shared.spec, output),
        anonymity: planned
            .demand
            .as_ref()
            .map(|demand| demand.watch(shared.memory))
            .transpose()?,
    };
    let generation = Generation::create(
        staging.clone(),
        Arc::clone(&schema),
        Arc::clone(&shared.keys),
    )?;
    let (sender, mut receiver) = mpsc::channel::<RecordBatch>(QUEUE);
    let writer = tokio::task::spawn_blocking(move || {
        let mut generation = generation;
        while let Some(batch) = receiver.blocking_recv() {
            generation.write(&batch)?;
        }
        Ok::<Generation, EngineError>(generation)
    });
    let computed = compute(shared, hub, computation, &schema, &mut guards, &sender).await;
    drop(sender);
    // The writer's own error is the cause where its queue closed.
    let generation = writer.await.map_err(|_| EngineError::ReaderLost {
        dataset: staging.dataset.clone(),
    })??;
    computed?;
    let findings = Findings {
        waived: guards.clear.verdict(&staging.dataset)?,
        anonymity: guards.anonymity.map(Watch::verdict).transpose()?,
    };
    guards.spread.verdict(&staging.dataset)?;
    finish(generation, findings).await
}

/// What looks at the rows of an output on their way to the writer.
struct Guards {
    clear: Guard,
    spread: Spread,
    anonymity: Option<Watch>,
}

async fn compute(
    shared: &Shared,
    hub: &Arc<Hub>,
    computation: &Computation,
    schema: &SchemaRef,
    guards: &mut Guards,
    sender: &mpsc::Sender<RecordBatch>,
) -> Result<(), EngineError> {
    let mut rows = computation.start()?;
    loop {
        let next = tokio::select! {
            biased;
            () = shared.cancel.cancelled() => return Err(EngineError::Cancelled),
            next = rows.next(hub) => next?,
        };
        let Some(batch) = next else {
            return Ok(());
        };
        if batch.num_rows() == 0 {
            continue;
        }
        let batch = relabel(&batch, schema)?;
        guards.clear.look(&batch);
        guards.spread.look(&batch)?;
        if let Some(anonymity) = &mut guards.anonymity {
            anonymity.look(&batch)?;
        }
        if sender.send(batch).await.is_err() {
            // The writer stopped; its error is asked for by the caller.
            return Ok(());
        }
    }
}

/// The proved columns as the written file has them. The computed ones must be of the same types.
fn output_schema(output: &PlannedOutput, computed: &SchemaRef) -> Result<SchemaRef, EngineError> {
    let same = computed.fields().len() == output.columns.len()
        && computed
            .fields()
            .iter()
            .zip(&output.columns)
            .all(|(field, column)| field.data_type() == &column.data_type);
    if !same {
        return Err(EngineError::NotAsProved {
            output: output_name(output).to_owned(),
            reason: "its columns have other types".to_owned(),
        });
    }
    let fields: Vec<Field> = output
        .columns
        .iter()
        .map(|column| Field::new(&column.name, column.data_type.clone(), true))
        .collect();
    Ok(Arc::new(Schema::new(fields)))
}

/// The same rows under the proved names.
pub(crate) fn relabel(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, EngineError> {
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), batch.columns().to_vec(), &options)
        .map_err(|_| EngineError::NotAsProved {
            output: String::new(),
            reason: "a batch has other columns".to_owned(),
        })
}
