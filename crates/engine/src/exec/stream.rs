//! One output: planned by the fixed rules, checked, then streamed.
//!
//! INVARIANT: what leaves is either a batch or an [`EngineError`]; the query engine's own texts stay here.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::DataFusionError;
use datafusion::common::config::ConfigOptions;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::TaskContext;
use datafusion::execution::config::SessionConfig;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::optimizer::optimizer::{Optimizer, OptimizerContext};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::StreamExt;
use sealine_plan::{Order, PlannedOutput};

use super::feed::Hub;
use super::memory::Limits;
use super::metered::metered;
use super::rewrite::{Census, rewrite};
use super::rules;
use super::spill::Spills;
use super::walk::walk;
use crate::error::EngineError;

/// An output that is ready to be computed.
pub(crate) struct Computation {
    name: String,
    physical: Physical,
    /// The same output with joins that can spill, where the first plan has joins that cannot.
    by_sorting: Option<Physical>,
    spills: Arc<Spills>,
    limits: Limits,
}

/// A plan and what it is executed with.
struct Physical {
    plan: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
}

/// Plans one output and checks what came out. Reads nothing. `name` is for messages; `now`, in microseconds, is
/// what `now()` means in all outputs of a run.
pub(crate) async fn prepare(
    output: &PlannedOutput,
    name: &str,
    hub: &Arc<Hub>,
    limits: Limits,
    now: i64,
) -> Result<Computation, EngineError> {
    let fault = |reason: &str| EngineError::NotAsProved {
        output: name.to_owned(),
        reason: reason.to_owned(),
    };
    let hide = |error: DataFusionError| translate(&error, name, &limits);

    let mut logical = rewrite(output.logical.clone(), hub, name)?;
    if output.order == Order::SortOwnCells {
        logical = sort_own_cells(logical, &output.partition_by).map_err(hide)?;
    }
    let ordered = output.order == Order::Keep;
    let options = Arc::new(rules::options(&limits, ordered));
    let Some(logical_rules) = rules::logical() else {
        return Err(fault(UNKNOWN_RULES));
    };

    // What is dead after the columns that nobody uses are gone was never going to be shown.
    let context = OptimizerContext::new_with_config_options(Arc::clone(&options));
    let context = match chrono::DateTime::from_timestamp_micros(now) {
        Some(time) => context.with_query_execution_start_time(time),
        None => context.without_query_execution_start_time(),
    };
    let pruned = Optimizer::with_rules(vec![Arc::new(OptimizeProjections::new())])
        .optimize(logical.clone(), &context, |_, _| {})
        .map_err(hide)?;
    let pruned = Census::of_logical(&pruned).map_err(hide)?;
    let optimized = Optimizer::with_rules(logical_rules)
        .optimize(logical, &context, |_, _| {})
        .map_err(hide)?;
    let kept = Census::of_logical(&optimized).map_err(hide)?;

    let spills = Spills::new(hub.scratch());
    let runtime = limits
        .runtime(&spills)
        .ok_or_else(|| fault("no memory pool could be made"))?;
    let physical = async |options: &ConfigOptions| {
        let rules = rules::physical().ok_or_else(|| fault(UNKNOWN_RULES))?;
        let state = SessionStateBuilder::new()
            .with_config(SessionConfig::from(options.clone()))
            .with_runtime_env(Arc::clone(&runtime))
            .with_analyzer_rules(Vec::new())
            .with_optimizer_rules(Vec::new())
            .with_physical_optimizer_rules(rules)
            .build();
        let plan = state
            .query_planner()
            .create_physical_plan(&optimized, &state)
            .await
            .and_then(metered)
            .map_err(hide)?;
        walk(&plan, &pruned, &kept).map_err(|reason| fault(&reason))?;
        Ok::<_, EngineError>(Physical {
            plan,
            context: state.task_ctx(),
        })
    };
    let first = physical(&options).await?;
    let hash_joins = hash_joins(&first.plan);
    let by_sorting = match hash_joins {
        0 => None,
        // What cannot be planned so has its first plan only.
        _ => physical(&rules::by_sorting(&options)).await.ok(),
    };
    let by_sorting = by_sorting.filter(|other| self::hash_joins(&other.plan) < hash_joins);
    Ok(Computation {
        name: name.to_owned(),
        physical: first,
        by_sorting,
        spills,
        limits,
    })
}

const UNKNOWN_RULES: &str = "the rules of this DataFusion are not the known ones";

/// Joins that hold one side in memory whatever happens.
fn hash_joins(plan: &Arc<dyn ExecutionPlan>) -> usize {
    let below = plan.children().into_iter().map(hash_joins).sum::<usize>();
    below + usize::from(plan.name() == "HashJoinExec")
}

/// Rows of a multiset, in an order that says nothing but what they say: by their partitions, which the writer takes
/// one after the other, and then by the other columns.
fn sort_own_cells(
    plan: LogicalPlan,
    partition_by: &[usize],
) -> Result<LogicalPlan, DataFusionError> {
    let columns = plan.schema().columns();
    let first = partition_by.iter().filter_map(|at| columns.get(*at));
    let others = (0..columns.len()).filter(|at| !partition_by.contains(at));
    let others = others.filter_map(|at| columns.get(at));
    let keys: Vec<_> = first
        .chain(others)
        .map(|column| Expr::Column(column.clone()).sort(true, true))
        .collect();
    LogicalPlanBuilder::from(plan).sort(keys)?.build()
}

impl Computation {
    /// The columns that come out.
    pub(crate) fn schema(&self) -> SchemaRef {
        self.physical.plan.schema()
    }

    /// Begins to compute; once. Readers start when the first batch is asked for, or at once.
    pub(crate) fn start(&self) -> Result<Rows, EngineError> {
        let Physical { plan, context } = &self.physical;
        let stream = execute_stream(Arc::clone(plan), Arc::clone(context))
            .map_err(|error| translate(&error, &self.name, &self.limits))?;
        Ok(Rows {
            name: self.name.clone(),
            stream,
            spills: Arc::clone(&self.spills),
            limits: self.limits,
        })
    }

    /// The same output by joins that need no more memory than there is, where the first ones needed more.
    pub(crate) fn by_sorting(self) -> Option<Self> {
        Some(Self {
            physical: self.by_sorting?,
            by_sorting: None,
            ..self
        })
    }
}

/// The rows of one output.
pub(crate) struct Rows {
    name: String,
    stream: SendableRecordBatchStream,
    spills: Arc<Spills>,
    limits: Limits,
}

impl Rows {
    /// The next rows. Whoever lets them out compacts them first.
    pub(crate) async fn next(&mut self, hub: &Hub) -> Result<Option<RecordBatch>, EngineError> {
        match self.stream.next().await {
            None => match hub.failure() {
                Some(failure) => Err(failure),
                None => Ok(None),
            },
            Some(Ok(batch)) => Ok(Some(batch)),
            // The first cause lies in the hub; what the query engine says about it is its echo.
            Some(Err(error)) => Err(hub
                .failure()
                .or_else(|| self.spills.failure().map(EngineError::Connect))
                .unwrap_or_else(|| translate(&error, &self.name, &self.limits))),
        }
    }
}

/// Maps an error of the query engine to a kind from a fixed list; its text may quote values.
fn translate(error: &DataFusionError, output: &str, limits: &Limits) -> EngineError {
    use datafusion::arrow::error::ArrowError;
    let kind = match error.find_root() {
        DataFusionError::ResourcesExhausted(text) => {
            return EngineError::Memory {
                limit_mib: (limits.memory >> 20) as u64,
                operator: operator(text),
            };
        }
        DataFusionError::ArrowError(arrow, _) => match arrow.as_ref() {
            ArrowError::DivideByZero
            | ArrowError::ArithmeticOverflow(_)
            | ArrowError::ComputeError(_) => "arithmetic",
            ArrowError::CastError(_) | ArrowError::ParseError(_) => "cast",
            ArrowError::MemoryError(_) => "memory",
            ArrowError::InvalidArgumentError(_) | ArrowError::SchemaError(_) => "schema",
            _ => "internal",
        },
        DataFusionError::Plan(_)
        | DataFusionError::NotImplemented(_)
        | DataFusionError::SchemaError(_, _)
        | DataFusionError::Configuration(_) => "plan",
        DataFusionError::Execution(_) => "execution",
        _ => "internal",
    };
    EngineError::Compute {
        output: output.to_owned(),
        kind,
    }
}

/// Which operator asked for memory in vain: the query engine names it in its text, of which nothing else is kept.
fn operator(text: &str) -> &'static str {
    const KNOWN: &[(&str, &str)] = &[
        ("HashJoinInput", "a join"),
        ("NestedLoopJoin", "a join without an equality"),
        ("CrossJoinExec", "a cross join"),
        ("PiecewiseMergeJoinInput", "a join by a range"),
        ("SMJStream", "a join with very many rows of one key"),
        (super::metered::CONSUMER, "a window"),
        ("RecursiveQuery", "a recursive query"),
        ("TopK", "an ORDER BY with a LIMIT"),
        ("ExternalSorter", "a sort"),
        ("SortPreservingMerge", "a sort"),
        ("external sort", "a sort"),
        ("RepartitionExec", "a step in several partitions"),
        ("Aggregate", "an aggregate"),
        ("GroupedHash", "an aggregate"),
    ];
    let found = KNOWN.iter().find(|(consumer, _)| text.contains(consumer));
    found.map_or("a step", |(_, name)| name)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use datafusion::arrow::error::ArrowError;

    use super::*;

    #[test]
    fn no_text_of_the_engine_is_repeated() {
        let limits = Limits::default();
        let arrow = |error| DataFusionError::ArrowError(Box::new(error), None);
        for (error, kind) in [
            (DataFusionError::Execution("secret".into()), "execution"),
            (DataFusionError::Internal("secret".into()), "internal"),
            (arrow(ArrowError::CastError("secret".into())), "cast"),
            (arrow(ArrowError::DivideByZero), "arithmetic"),
            (
                DataFusionError::Context(
                    "secret".into(),
                    Box::new(arrow(ArrowError::ParseError("secret".into()))),
                ),
                "cast",
            ),
        ] {
            let text = translate(&error, "lake.out", &limits).to_string();
            assert!(text.contains(kind) && !text.contains("secret"), "{text}");
        }
        let memory = DataFusionError::ResourcesExhausted("secret for HashJoinInput[0]".into());
        let memory = translate(&memory, "lake.out", &limits);
        assert_eq!(memory.code(), "SL5024");
        assert!(
            memory.to_string().starts_with("a join ") && !memory.to_string().contains("secret")
        );
    }
}
