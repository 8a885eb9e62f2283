//! The fixed lists of optimizer rules, and their digest for the receipt.
//!
//! INVARIANT: a rule that DataFusion adds or renames does not run here until it was looked at: the lists are
//! by name, and a list that cannot be filled exactly is an error. No rule here pushes a predicate into a
//! source or makes a dynamic filter.

use std::sync::Arc;

use datafusion::common::config::{ConfigNonZeroUsize, ConfigOptions};
use datafusion::optimizer::OptimizerRule;
use datafusion::optimizer::optimizer::Optimizer;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use sealine_protect::crypto;

use super::memory::Limits;

/// The logical rules, in DataFusion's own order.
const LOGICAL: &[&str] = &[
    "rewrite_set_comparison",
    "optimize_unions",
    "simplify_expressions",
    "replace_distinct_aggregate",
    "eliminate_join",
    "decorrelate_predicate_subquery",
    "scalar_subquery_to_join",
    "decorrelate_lateral_join",
    "extract_equijoin_predicate",
    "eliminate_duplicated_expr",
    "eliminate_filter",
    "eliminate_cross_join",
    "eliminate_limit",
    "propagate_empty_relation",
    "filter_null_join_keys",
    "eliminate_outer_join",
    "push_down_limit",
    "push_down_filter",
    "single_distinct_aggregation_to_group_by",
    "eliminate_group_by_constant",
    "common_sub_expression_eliminate",
    "optimize_projections",
];

/// The physical rules, in DataFusion's own order. Left out: filter pushdown and everything that makes
/// dynamic filters, shortcuts by statistics (ours are unknown), and rules that move a sort into a source.
const PHYSICAL: &[&str] = &[
    "OutputRequirements",
    "join_selection",
    "LimitedDistinctAggregation",
    "EnsureRequirements",
    "CombinePartialFinalAggregate",
    "OptimizeAggregateOrder",
    "ProjectionPushdown",
    "OutputRequirements",
    "LimitPushdown",
    "ProjectionPushdown",
    "EnsureCooperative",
    "SanityCheckPlan",
];

/// The logical rules, or `None` where this DataFusion has others.
pub(super) fn logical() -> Option<Vec<Arc<dyn OptimizerRule + Send + Sync>>> {
    let rules: Vec<_> = Optimizer::new()
        .rules
        .into_iter()
        .filter(|rule| LOGICAL.contains(&rule.name()))
        .collect();
    rules
        .iter()
        .map(|rule| rule.name())
        .eq(LOGICAL.iter().copied())
        .then_some(rules)
}

/// The physical rules, or `None` where this DataFusion has others.
pub(super) fn physical() -> Option<Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>>> {
    let rules: Vec<_> = PhysicalOptimizer::new()
        .rules
        .into_iter()
        .filter(|rule| PHYSICAL.contains(&rule.name()))
        .collect();
    rules
        .iter()
        .map(|rule| rule.name())
        .eq(PHYSICAL.iter().copied())
        .then_some(rules)
}

/// SHA-256 over the engine's name and version and both lists.
pub(crate) fn digest() -> [u8; 32] {
    let mut text = format!("datafusion {}\n", datafusion::DATAFUSION_VERSION);
    for name in LOGICAL.iter().chain(PHYSICAL) {
        text.push_str(name);
        text.push('\n');
    }
    crypto::sha256(text.as_bytes())
}

/// The options that planning and execution share.
pub(super) fn options(limits: &Limits, ordered: bool) -> ConfigOptions {
    let mut options = ConfigOptions::new();
    let partitions = limits.partitions.max(1);
    options.execution.target_partitions = partitions;
    if let Ok(rows) = ConfigNonZeroUsize::try_new(limits.batch_rows) {
        options.execution.batch_size = rows;
    }
    // What every sort keeps aside to merge its runs with; all of them together leave most of the pool.
    let aside = limits.memory / (16 * partitions);
    let aside = aside.min(options.execution.sort_spill_reservation_bytes);
    options.execution.sort_spill_reservation_bytes = aside;
    options.execution.collect_statistics = false;
    options.catalog.create_default_catalog_and_schema = false;
    options.catalog.information_schema = false;
    options.optimizer.filter_null_join_keys = true;
    options.optimizer.skip_failed_rules = false;
    // All four: the last one overrides the others when it is set.
    options.optimizer.enable_topk_dynamic_filter_pushdown = false;
    options.optimizer.enable_join_dynamic_filter_pushdown = false;
    options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    options.optimizer.enable_dynamic_filter_pushdown = false;
    // A plan that keeps the order of its rows must not have them dealt out in turns.
    options.optimizer.enable_round_robin_repartition = !ordered;
    options
}

/// The same options with joins that sort both sides, and can spill, where there is such a join.
pub(super) fn by_sorting(options: &ConfigOptions) -> ConfigOptions {
    let mut options = options.clone();
    options.optimizer.prefer_hash_join = false;
    // Of one partition DataFusion makes no such join.
    let partitions = &mut options.execution.target_partitions;
    *partitions = (*partitions).max(2);
    options
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
    fn the_lists_are_what_this_datafusion_has() {
        assert_eq!(logical().unwrap().len(), LOGICAL.len());
        assert_eq!(physical().unwrap().len(), PHYSICAL.len());
    }

    #[test]
    fn dynamic_filters_are_off() {
        let options = options(&Limits::default(), true).optimizer;
        assert!(
            !options.enable_dynamic_filter_pushdown
                && !options.enable_topk_dynamic_filter_pushdown
                && !options.enable_join_dynamic_filter_pushdown
                && !options.enable_aggregate_dynamic_filter_pushdown
        );
    }
}
