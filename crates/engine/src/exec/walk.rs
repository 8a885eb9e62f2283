//! The last look before a byte is read: is the physical plan the one that was proved?
//!
//! INVARIANT: operators are on the list below, scans are of the plan's inputs, every protection of the logical
//! plan is there as often. A plan that differs is refused.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};

use super::protection::Keyed;
use super::rewrite::Census;
use super::scan::FeedExec;

/// What may stand in a plan: nothing that writes, spills by design, explains, analyses or reads from elsewhere.
/// `DataSourceExec` and `LazyMemoryExec` are literals (`VALUES`) and series; they name no file here, since no
/// file source exists in the session.
const OPERATORS: &[&str] = &[
    "AggregateExec",
    "BoundedWindowAggExec",
    "CoalesceBatchesExec",
    "CoalescePartitionsExec",
    "CooperativeExec",
    "CrossJoinExec",
    "DataSourceExec",
    "EmptyExec",
    "FeedExec",
    "FilterExec",
    "GlobalLimitExec",
    "HashJoinExec",
    "InterleaveExec",
    "LazyMemoryExec",
    "LocalLimitExec",
    "NestedLoopJoinExec",
    "PartialSortExec",
    "PiecewiseMergeJoinExec",
    "PlaceholderRowExec",
    "ProjectionExec",
    "RecursiveQueryExec",
    "RepartitionExec",
    "ScalarSubqueryExec",
    "SortExec",
    "SortMergeJoinExec",
    "SortPreservingMergeExec",
    "UnionExec",
    "UnnestExec",
    "WindowAggExec",
    "WorkTableExec",
];

/// What was found wrong, for the error; names only.
pub(super) fn walk(
    plan: &Arc<dyn ExecutionPlan>,
    pruned: &Census,
    optimized: &Census,
) -> std::result::Result<(), String> {
    let mut found = Census::default();
    visit(plan, &mut found)?;
    for dataset in found.scans.keys() {
        if !pruned.scans.contains_key(dataset) {
            return Err(format!("it scans `{dataset}`"));
        }
    }
    // The planner may not drop a protection that the optimizer left.
    for (name, (call, count)) in &optimized.protections {
        let there = found.protections.get(name).map_or(0, |(_, count)| *count);
        if there < *count {
            return Err(format!("the planner has `{}` {there} times, not {count}", call.name));
        }
    }
    // The optimizer may drop one only together with the branch of the plan that it stands in.
    let branch_dropped = optimized.scans_total() < pruned.scans_total() || optimized.scans_total() == 0;
    for (name, (call, count)) in &pruned.protections {
        let left = optimized.protections.get(name).map_or(0, |(_, count)| *count);
        if left > *count || (left < *count && !branch_dropped) {
            return Err(format!("the optimizer left `{}` {left} times, not {count}", call.name));
        }
    }
    let known = |name: &String| pruned.protections.contains_key(name);
    for (name, (call, _)) in optimized.protections.iter().chain(&found.protections) {
        if !known(name) {
            return Err(format!("`{}` was added", call.name));
        }
    }
    Ok(())
}

fn visit(plan: &Arc<dyn ExecutionPlan>, found: &mut Census) -> std::result::Result<(), String> {
    let name = plan.name();
    if !OPERATORS.contains(&name) {
        return Err(format!("the operator `{name}` is not known here"));
    }
    if plan.children().is_empty()
        && let Some(scan) = plan.downcast_ref::<FeedExec>()
    {
        found.scan(scan.dataset());
    } else if name == "FeedExec" {
        return Err("a scan is not ours".to_owned());
    }
    if !plan.dynamic_expressions_produced().is_empty() {
        return Err(format!("the operator `{name}` makes a dynamic filter"));
    }
    let mut aside = Census::default();
    // These repeat the expressions of the operator below without computing a value that is kept.
    let repeats = matches!(name, "RepartitionExec" | "SortPreservingMergeExec")
        || plan.downcast_ref::<AggregateExec>().is_some_and(|aggregate| {
            matches!(
                aggregate.mode(),
                AggregateMode::Final | AggregateMode::FinalPartitioned
            )
        });
    let counted = plan.apply_expressions(&mut |expression| {
        count(expression, if repeats { &mut aside } else { &mut *found })?;
        Ok(TreeNodeRecursion::Continue)
    });
    if counted.is_err() {
        return Err(format!("the expressions of `{name}` cannot be seen"));
    }
    for child in plan.children() {
        visit(child, found)?;
    }
    Ok(())
}

fn count(expression: &Arc<dyn PhysicalExpr>, found: &mut Census) -> Result<()> {
    expression
        .apply(|part| {
            if let Some(function) = part.downcast_ref::<ScalarFunctionExpr>()
                && let Some(keyed) = function.fun().inner().downcast_ref::<Keyed>()
            {
                found.protection(&keyed.call);
            }
            Ok(TreeNodeRecursion::Continue)
        })
        .map(|_| ())
}
