//! Aggregates: the rows of the input, the groups, filters and orders are explicit in every result.
//!
//! Invariant: only a sum-like function of a canonical column over a minimum group ([`super::group`])
//! shows less than its argument; every other one hands a value out.

use std::sync::Arc;

use datafusion::common::DFSchema;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::utils::grouping_set_to_exprlist;
use datafusion::logical_expr::{Aggregate, Expr, ExprSchemable, LogicalPlan, SortExpr};
use sealine_label::{Channels, LabelId};

use super::group::{Group, Guard};
use super::node::{Node, Outcome};
use super::prover::Prover;
use super::relation::Relation;
use super::sort::followed_by;
use crate::error::{Bound, planning, refuse};
use crate::expr::{Cell, Env, cast_never_fails, is_path, span_of};
use crate::functions::{Fails, Kind, Nulls, fact};

/// What every aggregate of a node shares.
pub(crate) struct Shared<'n> {
    pub(crate) input: &'n Node,
    /// The rows of the input and the groups.
    pub(crate) base: LabelId,
    /// What the step's minimum group needs, where the step sets one and it can be kept.
    pub(crate) group: Option<Group>,
}

impl Prover<'_> {
    pub(crate) fn aggregate(&mut self, node: &Aggregate, input: &Node) -> Bound<Outcome> {
        let apart = first_apart(node, input);
        let node = apart.as_ref().unwrap_or(node);
        let sets = matches!(node.group_expr.first(), Some(Expr::GroupingSet(_)));
        let keys =
            grouping_set_to_exprlist(&node.group_expr).map_err(|e| planning(&e, &self.step.sql))?;
        let keys: Vec<Expr> = keys.into_iter().cloned().collect();
        let mut columns = self.cells_over(&keys, input)?;
        // Where a key of a dataset is among the groups, its row's other columns make no more groups;
        // grouping sets leave the key out of some.
        let groups = if sets {
            self.seen_all(&columns)
        } else {
            self.deciding(&columns)
        };
        let rows = self.row(&input.relation);
        let base = self.join(rows, groups);
        // Groups come in an order that all of their columns decide.
        let hashed = self.seen_all(&columns);
        let placed = self.join(base, hashed);
        let group = self.group(input, sets);
        let mut guards = Vec::new();
        let shared = Shared { input, base, group };
        if sets {
            // The number of the grouping set is the query's own.
            let number = self.constant();
            columns.push(number);
        }
        for expr in &node.aggr_expr {
            let (cell, guard) = self.aggregate_expr(expr, &shared)?;
            columns.push(cell);
            guards.extend(guard);
        }
        let grouped = !node.group_expr.is_empty();
        let decided = self.labels.through(groups, Channels::CORRELATED);
        let nothing = self.nothing();
        let mut relation = Relation {
            unique: if grouped && !sets {
                vec![(0..keys.len()).collect()]
            } else {
                Vec::new()
            },
            selected: if grouped {
                input.relation.selected
            } else {
                nothing
            },
            correlated: if grouped {
                self.join(input.relation.correlated, decided)
            } else {
                nothing
            },
            order: self.join(input.relation.order, placed),
            total: false,
            single: !grouped,
            columns,
            rows_of: input.relation.rows_of.clone(),
        }
        .fanned();
        let rewritten = match &shared.group {
            Some(group) if !sets => {
                let decided = self.join(base, group.subject_label);
                let decided = guards.iter().fold(decided, |all, guard: &Guard| {
                    self.labels.join(all, guard.nulls)
                });
                let decided = self.labels.through(decided, Channels::CORRELATED);
                relation.correlated = self.join(relation.correlated, decided);
                Some(self.guarded(node, input, group, &guards)?)
            }
            _ => apart.map(LogicalPlan::Aggregate),
        };
        Ok(Outcome {
            relation,
            rewritten,
        })
    }

    fn aggregate_expr(&mut self, expr: &Expr, shared: &Shared<'_>) -> Bound<(Cell, Option<Guard>)> {
        match expr {
            Expr::Alias(alias) => self.aggregate_expr(&alias.expr, shared),
            Expr::AggregateFunction(function) => self.aggregate_function(function, expr, shared),
            _ => Err(self.unsupported("an aggregate expression that is no aggregate function")),
        }
    }

    fn aggregate_function(
        &mut self,
        function: &AggregateFunction,
        expr: &Expr,
        shared: &Shared<'_>,
    ) -> Bound<(Cell, Option<Guard>)> {
        let span = span_of(expr, &self.step.sql);
        let name = function.func.name();
        let Some(fact) = fact(Kind::Aggregate, name) else {
            return Err(refuse(
                "SL2007",
                format!("the function `{name}` is not available in a pipeline"),
                span,
                "here",
            ));
        };
        let params = &function.params;
        let filter = self.cells_over(
            params.filter.as_deref().map_or(&[], std::slice::from_ref),
            shared.input,
        )?;
        let filtered = self.seen_all(&filter);
        // The engine evaluates them on the rows that the filter keeps.
        let (args, order) = self.reached_by(filtered, |prover| {
            let args = prover.cells_over(&params.args, shared.input);
            (args, prover.ordering(&params.order_by, shared.input))
        });
        let (args, (order, mut total)) = (args?, order?);
        if fact.fails == Fails::First {
            // Rows that are tied have the same value.
            let by = |key: &SortExpr| params.args.first() == Some(&key.expr);
            total |= params.order_by.iter().any(by);
        }
        let mut decided = self.join(shared.base, filtered);
        decided = self.join(decided, order);
        // Lists, places, and roundings of floats follow the order of the rows.
        if fact.ordered && !total {
            if fact.fails == Fails::First {
                self.not_total(
                    shared.input.relation.order,
                    &format!("`{name}` without an order that leaves no two rows tied"),
                );
            }
            decided = self.join(decided, shared.input.relation.order);
        }
        let summands = self.summands(&params.args, &args, shared)?;
        if let Some(summed) = self.summed(function, &summands, decided, shared, span) {
            return Ok(summed);
        }
        if name == "count" && !params.distinct {
            // A count of values reads only which are null.
            let nulls = args
                .iter()
                .fold(decided, |all, cell| self.labels.join(all, cell.null));
            let nothing = self.nothing();
            return Ok((Cell::computed(nulls, nothing, nulls), None));
        }
        let seen = self.seen_all(&args);
        let all = self.join(decided, seen);
        let decimal = self.gives_decimal(expr, shared.input.plan.schema());
        if fact.fails == Fails::Partial || (decimal && name == "avg") {
            self.may_fail(all, &format!("`{name}`"), span);
        }
        if fact.nulls == Nulls::Empty {
            let nulls = args
                .iter()
                .fold(decided, |all, cell| self.labels.join(all, cell.null));
            return Ok((Cell::computed(all, nulls, all), None));
        }
        Ok((self.all_of(all), None))
    }

    /// The arguments as a sum sees them: numbers made wider by the analyser are the same numbers.
    fn summands(
        &mut self,
        exprs: &[Expr],
        cells: &[Cell],
        shared: &Shared<'_>,
    ) -> Bound<Vec<Cell>> {
        let env = Env::of(shared.input);
        exprs
            .iter()
            .zip(cells)
            .map(|(expr, cell)| {
                let inner = match expr {
                    Expr::Cast(cast) => (&cast.expr, cast.field.data_type()),
                    Expr::TryCast(cast) => (&cast.expr, cast.field.data_type()),
                    _ => return Ok(cell.clone()),
                };
                match inner {
                    (from, to)
                        if is_path(from)
                            && from
                                .get_type(env.schema)
                                .is_ok_and(|ty| ty.is_numeric() && cast_never_fails(&ty, to))
                            && to.is_numeric() =>
                    {
                        self.evaluate(from, &env)
                    }
                    _ => Ok(cell.clone()),
                }
            })
            .collect()
    }

    /// Whether the result is a decimal, whose arithmetic can overflow.
    pub(crate) fn gives_decimal(&self, expr: &Expr, schema: &DFSchema) -> bool {
        use datafusion::arrow::datatypes::DataType;
        !matches!(expr.get_type(schema), Ok(ref ty) if !matches!(ty, DataType::Decimal128(_, _) | DataType::Decimal256(_, _)))
    }
}

/// The aggregate with the values themselves behind the orders that leave rows tied, so that the
/// first of them is the same wherever the rows lie; none where nothing changes.
fn first_apart(node: &Aggregate, input: &Node) -> Option<Aggregate> {
    let mut changed = false;
    let aggr_expr = node.aggr_expr.iter().map(|expr| {
        apart(expr, input).map_or_else(
            || expr.clone(),
            |apart| {
                changed = true;
                apart
            },
        )
    });
    let aggr_expr = aggr_expr.collect();
    if !changed {
        return None;
    }
    let below = Arc::clone(&input.plan);
    Aggregate::try_new_with_schema(
        below,
        node.group_expr.clone(),
        aggr_expr,
        node.schema.clone(),
    )
    .ok()
}

fn apart(expr: &Expr, input: &Node) -> Option<Expr> {
    let name = expr.schema_name().to_string();
    let Expr::AggregateFunction(function) = expr.clone().unalias() else {
        return None;
    };
    let first =
        fact(Kind::Aggregate, function.func.name()).is_some_and(|fact| fact.fails == Fails::First);
    let value = function.params.args.first()?;
    if !first {
        return None;
    }
    let keys = followed_by(
        &function.params.order_by,
        std::slice::from_ref(value),
        input,
    )?;
    if keys == function.params.order_by {
        return None;
    }
    let mut function = function;
    function.params.order_by = keys;
    Some(Expr::AggregateFunction(function).alias(name))
}
