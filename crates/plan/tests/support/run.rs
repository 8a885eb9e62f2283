//! Runs an analysed plan over states of the tables, in one of the engine's settings.
//!
//! Invariant: a plan is made once and reads the state that is current, so that nothing about a state can
//! decide how another is read.
#![allow(unreachable_pub)]

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::config::ConfigNonZeroUsize;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::provider_as_source;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder, TaskContext};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, ScalarUDF, TableScan};
use datafusion::optimizer::optimizer::Optimizer;
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::memory::MemoryStream;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::{SessionConfig, SessionContext};
use sealine_plan::{InputSource, Order, PlannedOutput};

use super::oracle::{Current, Oracle, protection};
use super::states::State;

/// How the engine is set.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash)]
pub struct Setting {
    pub partitions: usize,
    pub batch: usize,
    /// Whether rules that are not needed to run a plan run.
    pub optimized: bool,
    /// Whether memory is so short that sorts and groups spill.
    pub spills: bool,
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} partition{}, {} row{} a batch{}{}",
            self.partitions,
            if self.partitions == 1 { "" } else { "s" },
            self.batch,
            if self.batch == 1 { "" } else { "s" },
            if self.optimized {
                ""
            } else {
                ", not optimized"
            },
            if self.spills {
                ", 64 KiB of memory"
            } else {
                ""
            },
        )
    }
}

/// As the product sets it, on one core.
pub const PLAIN: Setting = Setting {
    partitions: 1,
    batch: 8192,
    optimized: true,
    spills: false,
};

/// Every value of every setting, and every pair of values of partitions, batch and optimizer.
pub const SETTINGS: &[Setting] = &[
    PLAIN,
    set(4, 8192, true, false),
    set(1, 1, true, false),
    set(4, 3, false, false),
    set(1, 8192, false, false),
    set(4, 1, true, true),
    set(1, 3, true, false),
    set(4, 8192, false, false),
    set(1, 1, false, false),
    set(4, 3, true, false),
    set(1, 3, true, true),
];

pub const fn set(partitions: usize, batch: usize, optimized: bool, spills: bool) -> Setting {
    Setting {
        partitions,
        batch,
        optimized,
        spills,
    }
}

/// Rules without which a plan cannot run.
const NEEDED: &[&str] = &[
    "rewrite_set_comparison",
    "simplify_expressions",
    "replace_distinct_aggregate",
    "decorrelate_predicate_subquery",
    "scalar_subquery_to_join",
    "decorrelate_lateral_join",
];

/// What an observer sees: the rows as they are written, or the kind of the error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Rows(Vec<String>),
    Error(&'static str),
}

impl Seen {
    /// The rows as a multiset.
    pub fn sorted(mut self) -> Self {
        if let Self::Rows(rows) = &mut self {
            rows.sort();
        }
        self
    }
}

/// The engine, once for each setting.
pub struct Engine {
    runtime: tokio::runtime::Runtime,
    contexts: HashMap<Setting, SessionContext>,
}

/// A plan ready to read any state.
pub struct Ready {
    physical: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
    current: Current,
}

impl Engine {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        Self {
            runtime,
            contexts: HashMap::new(),
        }
    }

    /// Plans an output; the kind of the error where it cannot be.
    pub fn ready(
        &mut self,
        output: &PlannedOutput,
        setting: Setting,
    ) -> std::result::Result<Ready, &'static str> {
        let current: Current = Arc::new(Mutex::new(None));
        let context = self
            .contexts
            .entry(setting)
            .or_insert_with(|| context(setting));
        let ordered = output.order == Order::Keep;
        let plan = || -> Result<Ready> {
            let mut logical = bound(&output.logical, &current)?;
            if !ordered {
                logical = sorted(logical)?;
            }
            let mut state = context.state();
            let options = state.config_mut().options_mut();
            options.optimizer.enable_round_robin_repartition = !ordered;
            let physical = self
                .runtime
                .block_on(state.create_physical_plan(&logical))?;
            Ok(Ready {
                physical,
                context: state.task_ctx(),
                current: Arc::clone(&current),
            })
        };
        caught(plan)
    }

    /// What shows of a state.
    pub fn seen(&self, ready: &Ready, state: &State) -> Seen {
        *ready.current.lock().unwrap() = Some(state.clone());
        let run = || -> Result<Vec<String>> {
            let physical = reset_plan_states(Arc::clone(&ready.physical))?;
            let batches = self
                .runtime
                .block_on(collect(physical, Arc::clone(&ready.context)))?;
            rows(&batches)
        };
        match caught(run) {
            Ok(rows) => Seen::Rows(rows),
            Err(kind) => Seen::Error(kind),
        }
    }
}

/// The kind of an error is all that the product says about it.
fn caught<T>(run: impl FnOnce() -> Result<T>) -> std::result::Result<T, &'static str> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(done) => done.map_err(|error| kind(&error)),
        Err(_) => Err("panic"),
    }
}

/// As `translate` in the engine's `exec/stream.rs`.
fn kind(error: &DataFusionError) -> &'static str {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => "memory",
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
    }
}

fn context(setting: Setting) -> SessionContext {
    let mut config = SessionConfig::new().with_target_partitions(setting.partitions);
    let options = config.options_mut();
    options.execution.batch_size = ConfigNonZeroUsize::try_new(setting.batch).unwrap();
    options.execution.collect_statistics = false;
    options.optimizer.enable_dynamic_filter_pushdown = false;
    options.optimizer.enable_topk_dynamic_filter_pushdown = false;
    options.optimizer.enable_join_dynamic_filter_pushdown = false;
    options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    options.optimizer.skip_failed_rules = false;
    let mut runtime = RuntimeEnvBuilder::new();
    if setting.spills {
        options.execution.sort_spill_reservation_bytes = 1024;
        runtime = runtime.with_memory_limit(64 << 10, 1.0);
    }
    let mut builder = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(Arc::new(runtime.build().unwrap()))
        .with_default_features();
    if !setting.optimized {
        let rules = Optimizer::new().rules.into_iter();
        builder = builder
            .with_optimizer_rules(rules.filter(|rule| NEEDED.contains(&rule.name())).collect());
    }
    SessionContext::new_with_state(builder.build())
}

/// By its own cells, all columns in order, as the engine writes a multiset.
fn sorted(plan: LogicalPlan) -> Result<LogicalPlan> {
    let columns: Vec<_> = plan
        .schema()
        .columns()
        .into_iter()
        .map(|column| Expr::Column(column).sort(true, true))
        .collect();
    LogicalPlanBuilder::from(plan).sort(columns)?.build()
}

/// The plan with tables for its datasets and oracles for its protections.
fn bound(plan: &LogicalPlan, current: &Current) -> Result<LogicalPlan> {
    let done = plan.clone().transform_up_with_subqueries(|node| {
        let node = match node {
            LogicalPlan::TableScan(scan) if scan.source.downcast_ref::<InputSource>().is_some() => {
                let source = scan.source.downcast_ref::<InputSource>().unwrap();
                let stream = Table {
                    dataset: source.dataset().to_owned(),
                    schema: source.input_schema(),
                    current: Arc::clone(current),
                };
                let schema = source.input_schema();
                let table = StreamingTable::try_new(schema, vec![Arc::new(stream)])?;
                LogicalPlan::TableScan(TableScan {
                    source: provider_as_source(Arc::new(table)),
                    ..scan
                })
            }
            other => other,
        };
        node.map_expressions(|expr| {
            expr.transform_up(|expr| {
                let Some(protection) = protection(&expr) else {
                    return Ok(Transformed::no(expr));
                };
                let oracle = Oracle::new(protection, current)?;
                let Expr::ScalarFunction(function) = &expr else {
                    return Ok(Transformed::no(expr));
                };
                let call = ScalarFunction::new_udf(
                    Arc::new(ScalarUDF::new_from_impl(oracle)),
                    function.args.clone(),
                );
                // The name is the schema's.
                let name = expr.schema_name().to_string();
                Ok(Transformed::yes(Expr::ScalarFunction(call).alias(name)))
            })
        })
    })?;
    Ok(done.data)
}

/// A dataset of the current state.
#[derive(Debug)]
struct Table {
    dataset: String,
    schema: SchemaRef,
    current: Current,
}

impl PartitionStream for Table {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let state = self.current.lock().unwrap().clone().unwrap();
        let table = &state.tables[&self.dataset];
        let most = context.session_config().batch_size();
        let batches = (0..table.num_rows())
            .step_by(most)
            .map(|from| table.slice(from, most.min(table.num_rows() - from)))
            .map(|batch| RecordBatch::try_new(Arc::clone(&self.schema), batch.columns().to_vec()))
            .collect::<std::result::Result<Vec<_>, _>>();
        let stream = MemoryStream::try_new(batches.unwrap(), Arc::clone(&self.schema), None);
        Box::pin(stream.unwrap())
    }
}

fn rows(batches: &[RecordBatch]) -> Result<Vec<String>> {
    let options = FormatOptions::new().with_null("∅").with_display_error(true);
    let mut all = Vec::new();
    for batch in batches {
        let columns = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = columns
                .iter()
                .map(|c| {
                    c.value(row)
                        .to_string()
                        .replace('\\', "\\\\")
                        .replace('|', "\\|")
                })
                .collect();
            all.push(cells.join("|"));
        }
    }
    Ok(all)
}
