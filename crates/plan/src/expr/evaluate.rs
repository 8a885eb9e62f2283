//! The rule of each expression.
//!
//! Invariant: the match is exhaustive, so that a new kind of expression does not compile until it
//! has a rule. Subqueries are entered here and nowhere else.

use datafusion::common::{Column, DFSchemaRef};
use datafusion::logical_expr::expr::{Case, InList};
use datafusion::logical_expr::{Expr, ExprSchemable};
use sealine_label::LabelId;

use super::cast::{cast_is_lossless, cast_never_fails, is_fixed_width, try_cast_never_fails};
use super::cell::Cell;
use super::names::Names;
use super::pattern::Dialect;
use super::span::span_of;
use crate::error::{Bound, planning, refuse};
use crate::flow::{Node, Prover};

/// The columns that an expression reads.
#[derive(Clone, Copy)]
pub(crate) struct Env<'e> {
    pub(crate) schema: &'e DFSchemaRef,
    pub(crate) columns: &'e [Cell],
    /// Where many are looked up.
    pub(crate) names: Option<&'e Names<'e>>,
}

impl<'e> Env<'e> {
    /// The columns of a node.
    pub(crate) fn of(node: &'e Node) -> Self {
        Self {
            schema: node.plan.schema(),
            columns: &node.relation.columns,
            names: None,
        }
    }

    /// Where the column is, if it is there.
    pub(crate) fn index(&self, column: &Column) -> Option<usize> {
        match self.names {
            Some(names) => names.index(column),
            None => self.schema.maybe_index_of_column(column),
        }
    }

    /// The column that an expression hands on unchanged.
    pub(crate) fn passed(&self, expr: &Expr) -> Option<usize> {
        match expr {
            Expr::Column(column) => self.index(column),
            Expr::Alias(alias) => self.passed(&alias.expr),
            _ => None,
        }
    }
}

impl Prover<'_> {
    /// What is known about the result of an expression.
    pub(crate) fn evaluate(&mut self, expr: &Expr, env: &Env<'_>) -> Bound<Cell> {
        match expr {
            Expr::Alias(alias) => self.evaluate(&alias.expr, env),
            Expr::Column(column) => {
                let cell = self.column_cell(column, env)?;
                self.used(&cell);
                Ok(cell)
            }
            Expr::OuterReferenceColumn(_, column) => {
                let cell = self.outer_cell(column)?;
                self.used(&cell);
                Ok(cell)
            }
            Expr::Literal(_, _) => Ok(self.constant()),
            Expr::BinaryExpr(binary) => self.binary(binary, expr, env),
            Expr::Like(like) | Expr::SimilarTo(like) => {
                let cell = self.strict(&[&like.expr, &like.pattern], env)?;
                let dialect = match expr {
                    Expr::SimilarTo(_) => Dialect::Regex,
                    _ => Dialect::Like,
                };
                self.pattern(dialect, &like.pattern, cell.value, expr);
                Ok(cell)
            }
            Expr::Not(inner) => self.strict(&[inner], env),
            Expr::Negative(inner) => {
                let cell = self.strict(&[inner], env)?;
                self.arithmetic(expr, inner, cell.value, env)?;
                Ok(cell)
            }
            Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner) => {
                let cell = self.evaluate(inner, env)?;
                Ok(Cell::computed(cell.null, self.nothing(), self.nothing()))
            }
            Expr::IsTrue(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsNotFalse(inner) => {
                let cell = self.evaluate(inner, env)?;
                let seen = self.seen(&cell);
                Ok(Cell::computed(seen, self.nothing(), self.nothing()))
            }
            Expr::Between(between) => {
                // `x BETWEEN NULL AND y` is false above `y` and null below: nulls tell values.
                // It is `x >= low AND x <= high`, the second only where the first holds.
                let cells = self.in_turn(&[&between.expr, &between.low, &between.high], env)?;
                let seen = self.seen_all(&cells);
                Ok(self.all_of(seen))
            }
            Expr::Case(case) => self.case(case, env),
            Expr::Cast(cast) => self.cast(&cast.expr, cast.field.data_type(), false, expr, env),
            Expr::TryCast(cast) => self.cast(&cast.expr, cast.field.data_type(), true, expr, env),
            Expr::ScalarFunction(function) => self.scalar_function(function, expr, env),
            Expr::InList(list) => self.in_list(list, env),
            Expr::Exists(exists) => self.exists(&exists.subquery, env),
            Expr::InSubquery(within) => self.compared_with(&within.expr, &within.subquery, env),
            Expr::SetComparison(comparison) => {
                self.compared_with(&comparison.expr, &comparison.subquery, env)
            }
            Expr::ScalarSubquery(subquery) => self.scalar_subquery(subquery, expr, env),
            Expr::HigherOrderFunction(function) => self.higher_order(function, env),
            Expr::Lambda(lambda) => self.evaluate(&lambda.body, env),
            Expr::LambdaVariable(variable) => {
                let known = self
                    .lambdas
                    .iter()
                    .rev()
                    .find(|(name, _)| *name == variable.name);
                known
                    .map(|(_, cell)| cell.clone())
                    .ok_or_else(|| self.unsupported("an unbound lambda variable"))
            }
            Expr::ScalarVariable(_, _) => Err(self.no_rule(expr, "a variable")),
            Expr::Placeholder(_) => Err(self.no_rule(expr, "a placeholder")),
            Expr::AggregateFunction(_) => {
                Err(self.no_rule(expr, "an aggregate function outside of an aggregate"))
            }
            Expr::WindowFunction(_) => {
                Err(self.no_rule(expr, "a window function outside of a window"))
            }
            Expr::GroupingSet(_) => Err(self.no_rule(expr, "a grouping set outside of GROUP BY")),
            Expr::Unnest(_) => Err(self.no_rule(expr, "an unnest that was not planned")),
            #[allow(deprecated)]
            Expr::Wildcard { .. } => Err(self.no_rule(expr, "a star that was not expanded")),
        }
    }

    pub(crate) fn no_rule(&self, expr: &Expr, what: &str) -> crate::error::Refused {
        let span = span_of(expr, &self.step.sql);
        refuse(
            "SL2008",
            format!("{what} has no rule in the proof and cannot stand in a step"),
            span,
            "here",
        )
    }

    fn column_cell(&self, column: &Column, env: &Env<'_>) -> Bound<Cell> {
        let known = env.index(column).and_then(|index| env.columns.get(index));
        known
            .cloned()
            .ok_or_else(|| self.unsupported("a column that the proof cannot follow"))
    }

    fn outer_cell(&mut self, column: &Column) -> Bound<Cell> {
        // Several scopes may have a column of that name, and only the planner knows which it
        // meant: all of them enter.
        let meant: Vec<Cell> = self
            .outer
            .iter()
            .filter_map(|scope| {
                scope
                    .columns
                    .get(scope.schema.maybe_index_of_column(column)?)
                    .cloned()
            })
            .collect();
        match meant.as_slice() {
            [] => Err(self.unsupported("a reference to an unknown outer column")),
            [only] => Ok(only.clone()),
            several => {
                let all = self.seen_all(several);
                Ok(self.all_of(all))
            }
        }
    }

    /// What several expressions carry together, and their nulls.
    pub(crate) fn together(&mut self, exprs: &[&Expr], env: &Env<'_>) -> Bound<(LabelId, LabelId)> {
        let (mut seen, mut nulls) = (self.nothing(), self.nothing());
        for expr in exprs {
            let cell = self.evaluate(expr, env)?;
            let one = self.seen(&cell);
            seen = self.join(seen, one);
            nulls = self.join(nulls, cell.null);
        }
        Ok((seen, nulls))
    }

    /// Several expressions, each evaluated only where those before it did not decide.
    pub(crate) fn in_turn(&mut self, exprs: &[&Expr], env: &Env<'_>) -> Bound<Vec<Cell>> {
        let (mut cells, mut decided) = (Vec::new(), self.nothing());
        for expr in exprs {
            let cell = self.reached_by(decided, |prover| prover.evaluate(expr, env))?;
            let seen = self.seen(&cell);
            decided = self.join(decided, seen);
            cells.push(cell);
        }
        Ok(cells)
    }

    /// A result that is null where an argument is, and nowhere else.
    pub(crate) fn strict(&mut self, exprs: &[&Expr], env: &Env<'_>) -> Bound<Cell> {
        let (seen, nulls) = self.together(exprs, env)?;
        Ok(Cell::computed(seen, nulls, seen))
    }

    fn case(&mut self, case: &Case, env: &Env<'_>) -> Bound<Cell> {
        let mut conditions: Vec<&Expr> = case.expr.iter().map(AsRef::as_ref).collect();
        conditions.extend(case.when_then_expr.iter().map(|(when, _)| when.as_ref()));
        let decided = self.in_turn(&conditions, env)?;
        let decided = self.seen_all(&decided);
        let results = case
            .when_then_expr
            .iter()
            .map(|(_, then)| then)
            .chain(&case.else_expr);
        let (mut value, mut null, mut length) = (decided, decided, decided);
        let mut never_null = case.else_expr.is_some();
        for result in results {
            let cell = self.reached_by(decided, |prover| prover.evaluate(result, env))?;
            let one = self.value(&cell);
            value = self.join(value, one);
            null = self.join(null, cell.null);
            length = self.join(length, cell.length);
            never_null &= matches!(&**result, Expr::Literal(literal, _) if !literal.is_null());
        }
        if never_null {
            null = self.nothing();
        }
        Ok(Cell::computed(value, null, length))
    }

    fn in_list(&mut self, list: &InList, env: &Env<'_>) -> Bound<Cell> {
        // Short ones are equalities joined by OR, each tried only where those before it fail.
        let items: Vec<&Expr> = std::iter::once(&*list.expr).chain(&list.list).collect();
        let cells = self.in_turn(&items, env)?;
        let seen = self.seen_all(&cells);
        let nulls = cells.first().map_or(seen, |compared| compared.null);
        let plain = list
            .list
            .iter()
            .all(|item| matches!(item, Expr::Literal(value, _) if !value.is_null()));
        let null = if plain { nulls } else { seen };
        Ok(Cell::computed(seen, null, seen))
    }

    fn cast(
        &mut self,
        inner: &Expr,
        to: &datafusion::arrow::datatypes::DataType,
        total: bool,
        expr: &Expr,
        env: &Env<'_>,
    ) -> Bound<Cell> {
        let cell = self.evaluate(inner, env)?;
        let from = inner
            .get_type(env.schema)
            .map_err(|error| planning(&error, &self.step.sql))?;
        let seen = self.seen(&cell);
        if cast_is_lossless(&from, to) {
            let grows = is_fixed_width(&from) && !is_fixed_width(to);
            let length = if grows {
                self.join(cell.length, seen)
            } else {
                cell.length
            };
            return Ok(Cell {
                length,
                slots: std::collections::BTreeSet::new(),
                ..cell
            });
        }
        if cast_never_fails(&from, to) {
            return Ok(Cell::computed(seen, cell.null, seen));
        }
        if !total || !try_cast_never_fails(&from, to) {
            self.may_fail(seen, "this cast", span_of(expr, &self.step.sql));
        }
        Ok(self.all_of(seen))
    }
}
