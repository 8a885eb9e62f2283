//! Binding one query over a scope.

use datafusion::common::HashSet;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::planner::SqlToRel;
use datafusion::sql::sqlparser::ast::{Query as Ast, Statement};
use sealine_spec::{OnError, SqlText};

use super::alias::renamed;
use super::catalog::{Scope, not_found};
use super::complete::complete;
use super::engine::{functions, reading};
use super::narrow::{Split, split};
use super::parse::parse;
use super::total::total;
use crate::error::{Bound, planning, refuse};
use crate::world::World;

/// A query, bound.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    /// The analysed plan; protections complete but not placed.
    pub(crate) plan: LogicalPlan,
}

/// A query that was read.
pub(crate) struct Read {
    ast: Box<Ast>,
    /// Where columns that are handed on were taken out of the list.
    split: Option<Split>,
}

/// Reads one query.
pub(crate) fn read(sql: &SqlText) -> Bound<Read> {
    let mut ast = parse(sql)?;
    let split = split(&mut ast);
    Ok(Read { ast, split })
}

/// Plans, analyses and completes one query.
pub(crate) fn bind(
    query: Read,
    sql: &SqlText,
    scope: &Scope,
    world: &World<'_>,
    on_error: OnError,
    slots: &mut usize,
) -> Bound<Query> {
    let before = *slots;
    let mut analysed = |mut ast: Box<Ast>| {
        *slots = before;
        scope.missing.borrow_mut().clear();
        scope.renamed.replace(renamed(&mut ast, scope));
        analysed(ast, sql, scope, world, on_error, slots)
    };
    let plan = match query.split {
        None => analysed(query.ast)?,
        Some(split) => {
            let rest = analysed(query.ast);
            let whole = rest.ok().and_then(|rest| split.join(&rest));
            match whole.filter(|plan| unique_names(plan, sql).is_ok()) {
                Some(plan) => plan,
                // What is wrong is said of the whole text.
                None => analysed(parse(sql)?)?,
            }
        }
    };
    Ok(Query { plan })
}

/// Plans, analyses and completes a query that was read.
pub(super) fn analysed(
    ast: Box<Ast>,
    sql: &SqlText,
    scope: &Scope,
    world: &World<'_>,
    on_error: OnError,
    slots: &mut usize,
) -> Bound<LogicalPlan> {
    let planner = SqlToRel::new_with_options(scope, reading());
    let plan = planner
        .sql_statement_to_plan(Statement::Query(ast))
        .map_err(|error| {
            let mut refused = planning(&error, sql);
            let missing = scope.missing.borrow_mut().pop();
            let said = error.find_root().strip_backtrace();
            if let Some(name) = missing.filter(|name| said.ends_with(&not_found(name))) {
                *refused = *refuse(
                    "SL2004",
                    format!("no input, earlier step or dataset is named `{name}`"),
                    refused.span().unwrap_or(sql.span),
                    "unknown here",
                );
                if let Some(near) = scope.nearest(&name) {
                    *refused = (*refused).help(format!("did you mean `{near}`?"));
                }
            }
            for (name, reason) in &functions().left_out {
                // Under the name of a protection the arguments do not fit.
                let told = refused.code == "SL2006" || scope.is_protection(name);
                if told && refused.message.contains(&format!("'{name}'")) {
                    *refused = (*refused).help(format!(
                        "`{name}` exists in the engine, but not for pipelines: {reason}"
                    ));
                }
            }
            refused
        })?;
    unique_names(&plan, sql)?;
    let built = functions();
    let plan = built
        .analyzer
        .execute_and_check(plan, &built.options, |_, _| {})
        .map_err(|error| planning(&error, sql))?;
    let plan = complete(plan, sql, world, slots)?;
    match on_error {
        OnError::Total => total(plan).map_err(|error| planning(&error, sql)),
        OnError::Fail => Ok(plan),
    }
}

fn unique_names(plan: &LogicalPlan, sql: &SqlText) -> Bound<()> {
    let mut seen = HashSet::with_capacity(plan.schema().fields().len());
    for field in plan.schema().fields() {
        if !seen.insert(field.name()) {
            return Err(refuse(
                "SL2011",
                format!(
                    "two columns of this step are named `{}`; give one of them another name with AS",
                    field.name()
                ),
                sql.span,
                "two columns of one name",
            ));
        }
    }
    Ok(())
}
