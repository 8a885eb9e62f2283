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

/// What may stand in a plan: nothing that writes, explains, analyses or reads from elsewhere.
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
    "MeteredExec",
    "NestedLoopJoinExec",
    "PartialSortExec",
    "PiecewiseMergeJoinExec",
    "PlaceholderRowExec",
    "ProjectionExec",
    "RecursiveQueryExec",
    "RepartitionExec",
    "ScalarSubqueryExec",
    "SortExec",
    "SortExec(TopK)",
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
            return Err(format!(
                "the planner has `{}` {there} times, not {count}",
                call.name
            ));
        }
    }
    // The optimizer may drop one only together with the branch of the plan that it stands in.
    let branch_dropped =
        optimized.scans_total() < pruned.scans_total() || optimized.scans_total() == 0;
    for (name, (call, count)) in &pruned.protections {
        let left = optimized
            .protections
            .get(name)
            .map_or(0, |(_, count)| *count);
        if left > *count || (left < *count && !branch_dropped) {
            return Err(format!(
                "the optimizer left `{}` {left} times, not {count}",
                call.name
            ));
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
    // A top-k sort keeps a threshold of its own. No rule of ours hands it to another operator, and a feed has no
    // way to take it.
    let mut aside = Census::default();
    // These repeat the expressions of the operator below without computing a value that is kept.
    let repeats = matches!(name, "RepartitionExec" | "SortPreservingMergeExec")
        || plan
            .downcast_ref::<AggregateExec>()
            .is_some_and(|aggregate| {
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

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use datafusion::arrow::datatypes::Schema;
    use datafusion::physical_plan::analyze::AnalyzeExecBuilder;
    use datafusion::physical_plan::empty::EmptyExec;
    use sealine_label::declare::{Call, Context};

    use super::*;

    fn empty() -> Arc<dyn ExecutionPlan> {
        Arc::new(EmptyExec::new(Arc::new(Schema::empty())))
    }

    fn census(calls: usize, scans: usize) -> Census {
        let context = Context {
            dataset: "lake.out".into(),
            column: "email".into(),
        };
        let call = Call {
            name: "redact",
            arguments: Vec::new(),
            context,
        };
        let mut census = Census::default();
        (0..calls).for_each(|_| census.protection(&call));
        (0..scans).for_each(|_| census.scan("crm.customers"));
        census
    }

    #[test]
    fn a_lost_protection_is_noticed() {
        walk(&empty(), &census(0, 1), &census(0, 1)).unwrap();
        let planner = walk(&empty(), &census(1, 1), &census(1, 1)).unwrap_err();
        assert!(planner.contains("`redact` 0 times"), "{planner}");
        let optimizer = walk(&empty(), &census(2, 2), &census(0, 2)).unwrap_err();
        assert!(optimizer.contains("left `redact` 0 times"), "{optimizer}");
        // With the branch that it stood in it may go.
        walk(&empty(), &census(1, 1), &census(0, 0)).unwrap();
        assert!(walk(&empty(), &census(1, 1), &census(2, 1)).is_err());
    }

    #[test]
    fn an_operator_that_is_not_listed_is_refused() {
        let schema = Arc::new(Schema::empty());
        let analyze: Arc<dyn ExecutionPlan> =
            Arc::new(AnalyzeExecBuilder::new(true, false, empty(), schema).build());
        let reason = walk(&analyze, &census(0, 0), &census(0, 0)).unwrap_err();
        assert!(reason.contains("AnalyzeExec"), "{reason}");
    }
}
