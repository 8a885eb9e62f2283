//! From the proved logical plan to one that can be executed: scans get their feeds, protections their keys.
//!
//! INVARIANT: nothing else changes. A leaf or a function that is not what the proof left there is an error.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::catalog::cte_worktable::CteWorkTable;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::provider_as_source;
use datafusion::functions_table::generate_series::GenerateSeriesTable;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Expr, LogicalPlan, ScalarUDF, ScalarUDFImpl, Volatility};
use sealine_label::declare::Call;
use sealine_plan::{InputSource, Protection};
use sealine_protect::Kernel;

use super::feed::Hub;
use super::protection::Keyed;
use super::scan::FeedTable;
use crate::error::EngineError;

/// How often each protection, and how often each dataset, stands in a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Census {
    pub(super) protections: BTreeMap<String, (Call, usize)>,
    pub(super) scans: BTreeMap<String, usize>,
}

impl Census {
    pub(super) fn protection(&mut self, call: &Call) {
        // INVARIANT: `Call` has no order; its debug text names every field and is unique to it.
        self.protections
            .entry(format!("{call:?}"))
            .or_insert_with(|| (call.clone(), 0))
            .1 += 1;
    }

    pub(super) fn scan(&mut self, dataset: &str) {
        *self.scans.entry(dataset.to_owned()).or_default() += 1;
    }

    pub(super) fn scans_total(&self) -> usize {
        self.scans.values().sum()
    }

    /// Counts a logical plan after [`rewrite`].
    pub(super) fn of_logical(plan: &LogicalPlan) -> Result<Self> {
        let mut census = Self::default();
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node
                && !is_generated(scan)
            {
                census.scan(&feed_of(scan)?.feed.dataset.id);
            }
            node.apply_expressions(|expression| {
                expression.apply(|part| {
                    if let Expr::ScalarFunction(function) = part
                        && let Some(keyed) = function.func.inner().downcast_ref::<Keyed>()
                    {
                        census.protection(&keyed.call);
                    }
                    Ok(TreeNodeRecursion::Continue)
                })
            })
        })?;
        Ok(census)
    }
}

/// Whether a leaf reads no dataset: numbers from literals, or what a recursive query made so far.
fn is_generated(scan: &datafusion::logical_expr::TableScan) -> bool {
    datafusion::datasource::source_as_provider(&scan.source).is_ok_and(|provider| {
        provider.downcast_ref::<GenerateSeriesTable>().is_some()
            || provider.downcast_ref::<CteWorkTable>().is_some()
    })
}

fn feed_of(scan: &datafusion::logical_expr::TableScan) -> Result<Arc<FeedTable>> {
    let provider = datafusion::datasource::source_as_provider(&scan.source)?;
    let any: Arc<dyn std::any::Any + Send + Sync> = provider;
    any.downcast::<FeedTable>()
        .map_err(|_| DataFusionError::Internal("a scan was not rewritten".to_owned()))
}

/// Swaps the leaves and the protections of a proved plan.
pub(super) fn rewrite(
    plan: LogicalPlan,
    hub: &Arc<Hub>,
    output: &str,
) -> std::result::Result<LogicalPlan, EngineError> {
    let mut swap = Swap {
        hub,
        kernels: BTreeMap::new(),
        failure: None,
    };
    let rewritten = plan.transform_up_with_subqueries(|node| swap.node(node));
    if let Some(failure) = swap.failure {
        return Err(failure);
    }
    rewritten
        .map(|done| done.data)
        .map_err(|_| EngineError::NotAsProved {
            output: output.to_owned(),
            reason: "a scan or a protection could not be bound".to_owned(),
        })
}

struct Swap<'a> {
    hub: &'a Arc<Hub>,
    /// One kernel for each call: a run derives each key once.
    kernels: BTreeMap<String, Arc<dyn Kernel>>,
    failure: Option<EngineError>,
}

impl Swap<'_> {
    fn node(&mut self, node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        let node = match node {
            LogicalPlan::TableScan(scan) if is_generated(&scan) => LogicalPlan::TableScan(scan),
            LogicalPlan::TableScan(mut scan) => {
                let Some(source) = scan.source.downcast_ref::<InputSource>() else {
                    return Err(DataFusionError::Internal("an unknown leaf".to_owned()));
                };
                let Some(feed) = self.hub.feed(source.dataset()) else {
                    return Err(DataFusionError::Internal(
                        "a scan outside the plan".to_owned(),
                    ));
                };
                if feed.schema != source.input_schema() {
                    return Err(DataFusionError::Internal(
                        "a scan of another schema".to_owned(),
                    ));
                }
                scan.source = provider_as_source(Arc::new(FeedTable {
                    feed: Arc::clone(feed),
                    hub: Arc::clone(self.hub),
                }));
                LogicalPlan::TableScan(scan)
            }
            other => other,
        };
        node.map_expressions(|expression| expression.transform_up(|part| self.expression(part)))
            .map(|done| Transformed::yes(done.data))
    }

    fn expression(&mut self, expression: Expr) -> Result<Transformed<Expr>> {
        let Expr::ScalarFunction(function) = expression else {
            return Ok(Transformed::no(expression));
        };
        let Some(stub) = function.func.inner().downcast_ref::<Protection>() else {
            return Ok(Transformed::no(Expr::ScalarFunction(function)));
        };
        // A protection that planning may fold, merge or move would be an oracle.
        if stub.signature().volatility != Volatility::Volatile || function.args.is_empty() {
            return Err(DataFusionError::Internal(
                "a protection is not a barrier".to_owned(),
            ));
        }
        let call = stub.call().clone();
        let kernel = self.kernel(&call)?;
        let keyed = Keyed {
            call,
            stub: Arc::clone(&function.func),
            kernel,
            hub: Arc::clone(self.hub),
        };
        Ok(Transformed::yes(Expr::ScalarFunction(
            ScalarFunction::new_udf(Arc::new(ScalarUDF::new_from_impl(keyed)), function.args),
        )))
    }

    fn kernel(&mut self, call: &Call) -> Result<Arc<dyn Kernel>> {
        let name = format!("{call:?}");
        if let Some(kernel) = self.kernels.get(&name) {
            return Ok(Arc::clone(kernel));
        }
        match sealine_protect::bind(call, self.hub.sources()) {
            Ok(kernel) => {
                self.kernels.insert(name, Arc::clone(&kernel));
                Ok(kernel)
            }
            Err(error) => {
                self.failure.get_or_insert(error.into());
                Err(DataFusionError::Internal(
                    "a protection was not bound".to_owned(),
                ))
            }
        }
    }
}
