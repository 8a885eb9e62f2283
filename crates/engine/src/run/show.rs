//! An authorized plan for the terminal: the same execution, a bounded number of rows or counts of them, no commit.
//!
//! INVARIANT: the event is in the log before a row is read. Nothing is written but that event.

use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use sealine_access::Authorized;
use sealine_audit::{Action, Digest, Outcome};
use sealine_plan::{Opening, Plan, Request, Sink};
use sealine_protect::Opener;
use sealine_protect::anonymity::{Anonymity, Bounds, Measured, Roles};

use super::execute::relabel;
use super::prepare;
use crate::cancel::CancelToken;
use crate::clock;
use crate::error::EngineError;
use crate::exec::{Computation, Hub, Sources, prepare as prepare_output};
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

/// The anonymity of a dataset as it is.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The dataset.
    pub dataset: String,
    /// The columns that were measured.
    pub roles: Roles,
    /// What the catalog asks for.
    pub bounds: Bounds,
    /// What was found, held against it.
    pub measured: Measured,
    /// Columns that could not be looked at because of their level: name and level.
    pub withheld: Vec<(String, String)>,
    /// Rows that broke a rule when they were read, by dataset: they were not measured.
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
        self.something_shown(&authorized)?;
        let event = event(&authorized)?;
        let reading = self.reading(&authorized, cancel, event).await?;
        let (schema, mut batches, mut rows) = (Arc::clone(&reading.schema), Vec::new(), 0);
        let hub = Arc::clone(&reading.hub);
        let outputs = authorized.plan().outputs();
        let opening: Vec<&Opening> = outputs.iter().flat_map(|one| &one.opened).collect();
        let openers = openers(opening, hub.sources())?;
        let rejected = reading
            .each(cancel, &mut |batch| {
                rows += batch.num_rows();
                batches.push(opened(&sealine_connect::compact(batch)?, &openers)?);
                Ok(())
            })
            .await?;
        Ok(Shown {
            schema: batches.first().map_or(schema, RecordBatch::schema),
            batches,
            rows,
            withheld: self.withheld(authorized.plan()),
            rejected,
        })
    }

    /// Measures the anonymity of the rows of an authorized `read`, of which nothing but counts is kept. Columns that
    /// `asked` does not name are those that the catalog declares.
    ///
    /// # Errors
    /// `SL5041` where a column is not there or may not be shown, and others of [`EngineError`].
    pub async fn measure(
        &mut self,
        authorized: Authorized<Plan>,
        asked: Roles,
        cancel: &CancelToken,
    ) -> Result<Examined, EngineError> {
        let plan = authorized.plan();
        let (Request::Read { dataset: id, .. }, [output]) = (plan.request(), plan.outputs()) else {
            return Err(wrong("it does not read a dataset"));
        };
        let spec = self.project.spec();
        let Some(dataset) = spec.dataset(id) else {
            return Err(wrong("its dataset is not in the catalog"));
        };
        let withheld = self.withheld(plan);
        let roles = crate::output::roles(spec, dataset, &output.columns, asked);
        let refuse = |reason| EngineError::Unmeasurable {
            dataset: id.clone(),
            reason,
        };
        crate::output::nameable(&roles, &output.columns).map_err(refuse)?;
        let all = roles
            .quasi
            .iter()
            .chain(&roles.sensitive)
            .chain(&roles.subject);
        for name in all {
            if let Some((_, level)) = withheld.iter().find(|(column, _)| column == name) {
                return Err(refuse(format!(
                    "`{name}` is {level}, more than this terminal may show; a run checks it where the dataset it writes has `anonymity:`"
                )));
            }
            if !output.columns.iter().any(|column| column.name == *name) {
                let all: Vec<&str> = output.columns.iter().map(|one| one.name.as_str()).collect();
                return Err(refuse(format!(
                    "it has no column `{name}`; there are `{}`",
                    all.join("`, `")
                )));
            }
        }
        if roles.quasi.is_empty() {
            return Err(refuse(
                "no column of it is a quasi-identifier; name some with `--quasi`, or say `quasi: true` in the catalog"
                    .to_owned(),
            ));
        }
        let bounds = crate::output::bounds(dataset);
        let mut seen = Anonymity::new(
            &crate::output::schema(&output.columns),
            &roles,
            self.limits.anonymity,
        )?;
        let dataset = id.clone();
        let event = event(&authorized)?;
        let reading = self.reading(&authorized, cancel, event).await?;
        let rejected = reading
            .each(cancel, &mut |batch| Ok(seen.update(batch)?))
            .await?;
        Ok(Examined {
            dataset,
            roles,
            bounds,
            measured: seen.finish(&bounds),
            withheld,
            rejected,
        })
    }

    /// Insists that not every column is withheld; else the attempt is logged as refused.
    fn something_shown(&mut self, authorized: &Authorized<Plan>) -> Result<(), EngineError> {
        let plan = authorized.plan();
        let withheld = self.withheld(plan);
        let mut outputs = plan.outputs().iter();
        if withheld.is_empty() || outputs.any(|output| !output.columns.is_empty()) {
            return Ok(());
        }
        let columns: Vec<String> = withheld
            .iter()
            .map(|(column, level)| format!("`{column}` is {level}"))
            .collect();
        let refused = EngineError::NothingShown {
            columns: columns.join(", "),
        };
        let codes = vec![refused.code().to_owned()];
        self.log_refused(plan.request(), authorized.principal(), codes, 1)?;
        Err(refused)
    }

    /// Columns that are not shown, with the names of their levels.
    pub(super) fn withheld(&self, plan: &Plan) -> Vec<(String, String)> {
        let levels = &self.project.spec().project.levels;
        plan.withheld()
            .iter()
            .map(|(name, level)| (name.clone(), levels.name(*level).to_owned()))
            .collect()
    }

    /// Verifies and prepares a plan that writes no dataset, and logs the event; nothing is read yet. So many rows
    /// are read at most.
    pub(super) async fn reading(
        &mut self,
        authorized: &Authorized<Plan>,
        cancel: &CancelToken,
        (limit, event): (usize, Action),
    ) -> Result<Reading, EngineError> {
        authorized.verify(clock::now())?;
        authorized.verify_keys(self.keystore.epoch())?;
        let plan = authorized.plan();
        let [output] = plan.outputs() else {
            return Err(wrong("it has not exactly one output"));
        };
        if !matches!(output.sink, Sink::Terminal) {
            return Err(wrong("it writes a dataset"));
        }
        let limits = self.limits;
        let hub = prepare::hub(self, plan, limits, cancel, false)?;
        let computation =
            prepare_output(output, "terminal", &hub, limits, clock::now_micros()).await?;
        // A key that is not there is told before anything is logged or read.
        openers(&output.opened, hub.sources())?;
        let fields: Vec<_> = computation
            .schema()
            .fields()
            .iter()
            .zip(&output.columns)
            .map(|(field, column)| Field::new(&column.name, field.data_type().clone(), true))
            .collect();
        self.know_vault(hub.sources())?;
        self.append(&actor(authorized.principal()), Outcome::Success, event)?;
        Ok(Reading {
            hub,
            computation,
            schema: Arc::new(Schema::new(fields)),
            limit,
        })
    }
}

/// A plan that writes no dataset, logged and ready to begin.
pub(super) struct Reading {
    pub(super) hub: Arc<Hub>,
    computation: Computation,
    pub(super) schema: SchemaRef,
    limit: usize,
}

/// What is done with each batch.
type Take<'a> = &'a mut (dyn FnMut(&RecordBatch) -> Result<(), EngineError> + Send);

impl Reading {
    /// Gives the rows, under their proved names and up to the limit, to `take`. Returns the rules that rows broke
    /// among those that were read, by dataset.
    pub(super) async fn each(
        self,
        cancel: &CancelToken,
        take: Take<'_>,
    ) -> Result<Vec<(String, Vec<RuleReport>)>, EngineError> {
        let Reading {
            hub,
            computation,
            schema,
            limit,
        } = self;
        let outcome = async {
            let mut rows = 0;
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
                take(&relabel(&batch, &schema)?)?;
                // Whoever listens for an interrupt gets a turn, however fast the rows come.
                tokio::task::yield_now().await;
            }
            Ok(())
        }
        .await;
        hub.stop().await;
        outcome.map_err(|error| hub.failure().unwrap_or(error))?;
        Ok(hub
            .feeds()
            .filter_map(|feed| {
                let account = feed.account()?;
                let rules: Vec<RuleReport> = super::receipt::rules(&account);
                (!rules.is_empty()).then(|| (feed.dataset.id.clone(), rules))
            })
            .collect())
    }
}

fn wrong(reason: &'static str) -> EngineError {
    EngineError::WrongPlan {
        verb: "shown",
        reason,
    }
}

/// Columns to open, each with what opens it.
pub(super) type Openers<'a> = Vec<(&'a Opening, Box<dyn Opener + 'a>)>;

/// What opens each column, with the keys that its call names.
pub(super) fn openers<'a>(
    opening: impl IntoIterator<Item = &'a Opening>,
    sources: &'a Sources,
) -> Result<Openers<'a>, EngineError> {
    let one = |one: &'a Opening| Ok((one, sealine_protect::unbind(&one.call, sources)?));
    opening.into_iter().map(one).collect()
}

/// The batch with its protected columns opened; of a row that does not open nothing is shown.
pub(super) fn opened(
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

/// The columns that a plan opens, each with the protection that is undone: `note: encrypt`.
pub(super) fn opened_names(plan: &Plan) -> Vec<String> {
    let outputs = plan.outputs().iter();
    let opened = outputs.flat_map(|output| {
        output.opened.iter().map(|one| {
            let column = output.columns.get(one.column);
            let name = column.map_or("", |column| column.name.as_str());
            format!("{name}: {}", one.call.name)
        })
    });
    opened.collect()
}

/// The ids of the policies that permitted a plan, each once.
pub(super) fn policies(authorized: &Authorized<Plan>) -> Vec<String> {
    let mut policies: Vec<String> = authorized
        .declassifications()
        .iter()
        .flat_map(|granted| granted.by.iter().cloned())
        .collect();
    policies.sort();
    policies.dedup();
    policies
}

/// The limit and the log event of a request for the terminal.
fn event(authorized: &Authorized<Plan>) -> Result<(usize, Action), EngineError> {
    let plan = Digest::new(authorized.plan_digest());
    let policies = policies(authorized);
    Ok(match authorized.plan().request() {
        Request::Read { dataset, limit, .. } => {
            let columns = authorized.plan().outputs().iter();
            let columns = columns.flat_map(|output| &output.columns);
            (
                *limit,
                Action::Read {
                    dataset: dataset.clone(),
                    columns: columns.map(|column| column.name.clone()).collect(),
                    limit: *limit as u64,
                    plan,
                    policies,
                },
            )
        }
        Request::Reveal {
            dataset,
            limit,
            reason,
            into_file: false,
            ..
        } => (
            *limit,
            Action::Reveal {
                dataset: dataset.clone(),
                opened: opened_names(authorized.plan()),
                reason: reason.clone(),
                limit: *limit as u64,
                plan,
                policies,
            },
        ),
        Request::Preview {
            pipeline,
            step,
            limit,
        } => (
            *limit,
            Action::Preview {
                pipeline: pipeline.clone(),
                step: step.clone(),
                limit: *limit as u64,
                plan,
                policies,
            },
        ),
        Request::Reveal { .. } | Request::Pipeline(_) | Request::Verdict { .. } => {
            return Err(wrong("it was not made for the terminal"));
        }
    })
}
