//! Sums over a minimum group: when they count as aggregated, and how the minimum is enforced.
//!
//! A sum, average, variance or deviation of one canonical column, without filter, distinct
//! or order, over rows of which each stands once, shows its column only summed up over `k`
//! distinct subjects with a value. The plan counts them in a hidden column and drops the groups
//! that have fewer.
//!
//! Invariant: nothing here counts inside a subquery or a recursion (there, the outer rows choose
//! the populations), or over grouping sets (which overlap).

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::common::Column;
use datafusion::functions_aggregate::count::count_distinct;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Aggregate, Expr, Filter, LogicalPlan, Projection, lit, when};
use sealine_label::{Aspect, LabelId, Layer, Origin};
use sealine_spec::Span;

use super::aggregate::Shared;
use super::node::Node;
use super::prover::Prover;
use crate::error::{Bound, planning};
use crate::expr::{Cell, Own};

/// The minimum group of a node.
pub(crate) struct Group {
    k: u32,
    /// The dataset whose rows are counted, and its subject as a column of the input.
    dataset: Arc<str>,
    subject: Column,
    pub(crate) subject_label: LabelId,
    population: u64,
}

/// One argument that has to be present for `k` subjects.
pub(crate) struct Guard {
    argument: Expr,
    pub(crate) nulls: LabelId,
}

/// The functions that sum up.
const SUMMING: &[&str] = &[
    "sum",
    "avg",
    "stddev",
    "stddev_samp",
    "stddev_pop",
    "var",
    "var_samp",
    "var_sample",
    "var_pop",
    "var_population",
];

impl Prover<'_> {
    /// The minimum group that this node can keep.
    pub(crate) fn group(&mut self, input: &Node, sets: bool) -> Option<Group> {
        let k = self.step.min_group?;
        if sets || self.nested > 0 {
            return None;
        }
        let mut known = None;
        for (index, cell) in input.relation.columns.iter().enumerate() {
            let Some(Own { columns, .. }) = &cell.own else {
                continue;
            };
            let [(dataset, column, 0)] = columns.iter().collect::<Vec<_>>().as_slice() else {
                continue;
            };
            let subject = self
                .world
                .dataset(dataset)
                .and_then(|d| d.subject.as_deref());
            if subject == Some(&**column) && input.relation.rows_of.get(dataset) == Some(&true) {
                known = Some((Arc::clone(dataset), index, cell.clone()));
                break;
            }
        }
        let (dataset, index, cell) = known?;
        let subject = Column::from(input.plan.schema().qualified_field(index));
        // Two aggregates are over one population only where they are one node of the same texts: what
        // a plan displays leaves out literals, arguments and casts that make the difference.
        self.populations += 1;
        let mut hasher = DefaultHasher::new();
        (self.made_of, &*dataset, self.step.index, self.populations).hash(&mut hasher);
        let population = hasher.finish();
        // The guard reads who they are and tells whether they are enough, as a count of them does.
        let counted = Layer::Aggregated {
            function: Arc::from("count"),
            k,
            population,
        };
        let counted = self.own_as(cell.own.as_ref()?, &counted);
        let rest = self.join(cell.value, cell.null);
        Some(Group {
            k,
            dataset,
            subject,
            subject_label: self.join(counted, rest),
            population,
        })
    }

    /// The result of a function that sums up, if it counts as such.
    pub(crate) fn summed(
        &mut self,
        function: &AggregateFunction,
        args: &[Cell],
        decided: LabelId,
        shared: &Shared<'_>,
        span: Span,
    ) -> Option<(Cell, Option<Guard>)> {
        let name = function.func.name();
        let (Some(own), true) = (
            args.first().and_then(|cell| cell.own.clone()),
            SUMMING.contains(&name),
        ) else {
            return None;
        };
        let (cell, argument) = (args.first()?, function.params.args.first()?);
        if let Err(reason) = self.weakness(function, args, &own, shared) {
            for (dataset, column, _) in own.columns.iter() {
                let origin = Origin::column(dataset, column, Aspect::Value);
                self.note("SL3011", origin, format!("`{name}` {reason}"), span);
            }
            return None;
        }
        let group = shared.group.as_ref()?;
        let layer = Layer::Aggregated {
            function: Arc::from(name),
            k: group.k,
            population: group.population,
        };
        let summed = self.own_as(&own, &layer);
        let mut nulls = self.join(decided, cell.null);
        nulls = self.join(nulls, group.subject_label);
        let rest = self.join(cell.value, nulls);
        let value = self.join(rest, summed);
        let guard = Guard {
            argument: argument.clone(),
            nulls: cell.null,
        };
        Some((Cell::computed(value, nulls, value), Some(guard)))
    }

    /// Why a sum is no better than its argument.
    fn weakness(
        &self,
        function: &AggregateFunction,
        args: &[Cell],
        own: &Own,
        shared: &Shared<'_>,
    ) -> Result<(), &'static str> {
        let params = &function.params;
        if self.step.min_group.is_none() {
            return Err("needs a minimum group: set `min_group:` on the step");
        }
        if params.distinct
            || params.filter.is_some()
            || !params.order_by.is_empty()
            || args.len() != 1
        {
            return Err("with DISTINCT, FILTER or ORDER BY can pick single rows");
        }
        let Some(group) = &shared.group else {
            return Err(
                "needs the dataset's `subject:` column among the rows it sums up, each row once, outside subqueries and grouping sets",
            );
        };
        // The group's rows stand once each; those of another dataset may not.
        match own.columns.iter().all(|(of, _, _)| *of == group.dataset) {
            true => Ok(()),
            false => Err("is over rows that a join or union may repeat"),
        }
    }

    /// The aggregate with its groups of too few subjects dropped, and the same columns.
    pub(crate) fn guarded(
        &mut self,
        node: &Aggregate,
        input: &Node,
        group: &Group,
        guards: &[Guard],
    ) -> Bound<LogicalPlan> {
        let failed = |error: datafusion::common::DataFusionError| planning(&error, &self.step.sql);
        let subject = Expr::Column(group.subject.clone());
        let mut hidden = vec![count_distinct(subject.clone())];
        for guard in guards {
            let present = when(guard.argument.clone().is_not_null(), subject.clone())
                .end()
                .map_err(failed)?;
            hidden.push(count_distinct(present));
        }
        let mut aggregates = node.aggr_expr.clone();
        let mut enough: Option<Expr> = None;
        for (index, count) in hidden.into_iter().enumerate() {
            let name = format!("__subjects_{index}");
            aggregates.push(count.alias(&name));
            let one = Expr::Column(Column::from_name(name)).gt_eq(lit(i64::from(group.k)));
            enough = Some(match enough {
                Some(all) => all.and(one),
                None => one,
            });
        }
        let counted =
            Aggregate::try_new(Arc::clone(&input.plan), node.group_expr.clone(), aggregates)
                .map_err(failed)?;
        let kept = Filter::try_new(
            enough.unwrap_or_else(|| lit(false)),
            Arc::new(LogicalPlan::Aggregate(counted)),
        )
        .map_err(failed)?;
        let columns = node
            .schema
            .iter()
            .map(|field| Expr::Column(Column::from(field)))
            .collect();
        let shown =
            Projection::try_new(columns, Arc::new(LogicalPlan::Filter(kept))).map_err(failed)?;
        Ok(LogicalPlan::Projection(shown))
    }
}
