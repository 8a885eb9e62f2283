//! An authorized plan for the terminal: the same execution, a bounded number of rows, no commit.
//!
//! INVARIANT: the event is in the log before a row is read. Nothing is written but that event.

use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use sealine_access::Authorized;
use sealine_audit::{Action, Digest, Outcome};
use sealine_plan::{Opening, Plan, Request, Sink};
use sealine_protect::Opener;

use super::execute::relabel;
use super::prepare;
use crate::cancel::CancelToken;
use crate::clock;
use crate::error::EngineError;
use crate::exec::prepare as prepare_output;
use crate::report::RuleReport;
use crate::session::{Session, actor};

/// Rows for the terminal.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The columns.
    pub schema: SchemaRef,
    /// The rows, compacted.
    pub batches: Vec<RecordBatch>,
    /// How many.
    pub rows: usize,
    /// Columns that are not shown because of their level: name and level.
    pub withheld: Vec<(String, String)>,
    /// Rows that broke a rule among those that were read, by dataset: they are not shown.
    pub rejected: Vec<(String, Vec<RuleReport>)>,
}

impl Session {
    /// Shows the rows of an authorized `read` or `preview`.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was shown then.
    pub async fn show(
        &mut self,
        authorized: Authorized<Plan>,
        cancel: &CancelToken,
    ) -> Result<Shown, EngineError> {
        authorized.verify(clock::now())?;
        authorized.verify_keys(self.keystore.epoch())?;
        let plan = authorized.plan();
        let wrong = |reason| EngineError::WrongPlan {
            verb: "shown",
            reason,
        };
        let [output] = plan.outputs() else {
            return Err(wrong("it has not exactly one output"));
        };
        if !matches!(output.sink, Sink::Terminal) {
            return Err(wrong("it writes a dataset"));
        }
        let (limit, action) = event(
            &authorized,
            output.columns.iter().map(|column| column.name.clone()),
        );
        let Some(action) = action else {
            return Err(wrong("it was not made for the terminal"));
        };
        let limits = self.limits;
        let hub = prepare::hub(self, plan, limits, cancel, false)?;
        let computation =
            prepare_output(output, "terminal", &hub, limits, clock::now_micros()).await?;
        let openers: Vec<(&Opening, Box<dyn Opener + '_>)> = output
            .opened
            .iter()
            .map(|one| Ok((one, sealine_protect::unbind(&one.call, hub.sources())?)))
            .collect::<Result<_, EngineError>>()?;
        let fields: Vec<_> = computation
            .schema()
            .fields()
            .iter()
            .zip(&output.columns)
            .map(|(field, column)| {
                datafusion::arrow::datatypes::Field::new(
                    &column.name,
                    field.data_type().clone(),
                    true,
                )
            })
            .collect();
        let schema: SchemaRef =
            std::sync::Arc::new(datafusion::arrow::datatypes::Schema::new(fields));
        self.append(&actor(authorized.principal()), Outcome::Success, action)?;

        let mut batches = Vec::new();
        let mut rows = 0;
        let outcome = async {
            let mut stream = computation.start()?;
            while rows < limit {
                let next = tokio::select! {
                    biased;
                    () = cancel.cancelled() => return Err(EngineError::Cancelled),
                    next = stream.next(&hub) => next?,
                };
                let Some(batch) = next else { break };
                let batch = batch.slice(0, batch.num_rows().min(limit - rows));
                rows += batch.num_rows();
                let batch = sealine_connect::compact(&relabel(&batch, &schema)?)?;
                batches.push(opened(&batch, &openers)?);
            }
            Ok(())
        }
        .await;
        hub.stop().await;
        outcome.map_err(|error| hub.failure().unwrap_or(error))?;
        let levels = &self.project.spec().project.levels;
        let rejected = hub
            .feeds()
            .filter_map(|feed| {
                let account = feed.account()?;
                let rules: Vec<RuleReport> = super::receipt::rules(&account);
                (!rules.is_empty()).then(|| (feed.dataset.id.clone(), rules))
            })
            .collect();
        let schema = batches.first().map_or(schema, RecordBatch::schema);
        Ok(Shown {
            schema,
            batches,
            rows,
            withheld: plan
                .withheld()
                .iter()
                .map(|(name, level)| (name.clone(), levels.name(*level).to_owned()))
                .collect(),
            rejected,
        })
    }
}

/// The batch with its protected columns opened; of a row that does not open nothing is shown.
fn opened(
    batch: &RecordBatch,
    openers: &[(&Opening, Box<dyn Opener + '_>)],
) -> Result<RecordBatch, EngineError> {
    let lost = || EngineError::NotAsProved {
        output: "terminal".to_owned(),
        reason: "a column to open is missing".to_owned(),
    };
    let mut columns = batch.columns().to_vec();
    let mut fields: Vec<_> = batch.schema().fields().iter().cloned().collect();
    for (one, opener) in openers {
        let beside: Option<Vec<_>> = one
            .beside
            .iter()
            .map(|place| batch.columns().get(*place).cloned())
            .collect();
        let sealed = batch.columns().get(one.column).ok_or_else(lost)?;
        let clear = opener.open(sealed, &one.data_type, &beside.ok_or_else(lost)?)?;
        if let (Some(column), Some(field)) =
            (columns.get_mut(one.column), fields.get_mut(one.column))
        {
            *field = Arc::new(Field::new(field.name(), clear.data_type().clone(), true));
            *column = clear;
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|_| lost())
}

/// The limit and the log event of a request for the terminal.
fn event(
    authorized: &Authorized<Plan>,
    columns: impl Iterator<Item = String>,
) -> (usize, Option<Action>) {
    let plan = Digest::new(authorized.plan_digest());
    let mut policies: Vec<String> = authorized
        .declassifications()
        .iter()
        .flat_map(|granted| granted.by.iter().cloned())
        .collect();
    policies.sort();
    policies.dedup();
    match authorized.plan().request() {
        Request::Read { dataset, limit, .. } => (
            *limit,
            Some(Action::Read {
                dataset: dataset.clone(),
                columns: columns.collect(),
                limit: *limit as u64,
                plan,
                policies,
            }),
        ),
        Request::Reveal {
            dataset,
            limit,
            reason,
            ..
        } => {
            let outputs = authorized.plan().outputs();
            let opened = outputs.iter().flat_map(|output| {
                output.opened.iter().map(|one| {
                    let column = output.columns.get(one.column);
                    let name = column.map_or("", |column| column.name.as_str());
                    format!("{name}: {}", one.call.name)
                })
            });
            (
                *limit,
                Some(Action::Reveal {
                    dataset: dataset.clone(),
                    opened: opened.collect(),
                    reason: reason.clone(),
                    limit: *limit as u64,
                    plan,
                    policies,
                }),
            )
        }
        Request::Preview {
            pipeline,
            step,
            limit,
        } => (
            *limit,
            Some(Action::Preview {
                pipeline: pipeline.clone(),
                step: step.clone(),
                limit: *limit as u64,
                plan,
                policies,
            }),
        ),
        Request::Pipeline(_) | Request::Verdict { .. } => (0, None),
    }
}
