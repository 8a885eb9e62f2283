//! Expectations: what a dataset's owner says of the columns of each row, bound as a condition.
//!
//! Invariant: a condition reads one row of its own dataset and nothing else: no other table, no
//! subquery, no aggregate, no clock, no key. The match over expressions has no wildcard arm, so
//! that a new kind of expression is refused until someone has decided about it.
//!
//! An expectation selects rows as every other rule of a contract does: by the owner's word, which
//! the proof takes as it takes a view's (`docs/concepts/labels.md`).

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::DFSchemaRef;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};
use sealine_spec::{Dataset, OnError, Piece, SqlText};

use crate::bind::{Scope, bind, read};
use crate::error::{Bound, refuse};
use crate::expr::span_of;
use crate::protection::Protection;
use crate::source::InputSource;
use crate::world::World;

/// The rows of the dataset, in the SQL of an expectation.
const ROWS: &str = "this";

/// A condition that every row of a dataset must meet.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// Its name.
    pub name: String,
    /// A boolean expression over `schema`; a row breaks it where it is false or fails.
    pub condition: Expr,
    /// The columns of the dataset, in order, all of them nullable: a condition is computed before
    /// rows that lack a required value are put aside.
    pub schema: DFSchemaRef,
}

/// Binds the expectations of a dataset whose rows have this schema.
pub(crate) fn expectations(
    world: &World<'_>,
    dataset: &Dataset,
    schema: &SchemaRef,
) -> Bound<Vec<Expectation>> {
    if dataset.expect.is_empty() {
        return Ok(Vec::new());
    }
    let fields = schema.fields().iter();
    let nullable: Vec<Field> = fields
        .map(|field| field.as_ref().clone().with_nullable(true))
        .collect();
    let rows = InputSource::new(ROWS, &dataset.id, Arc::new(Schema::new(nullable)));
    let mut scope = Scope::new(world.registry);
    scope.add(ROWS, Arc::new(rows));
    let bound = dataset.expect.iter().map(|expectation| {
        let (condition, schema) = condition(&expectation.sql, &scope, world)?;
        Ok(Expectation {
            name: expectation.name.value.clone(),
            condition,
            schema,
        })
    });
    bound.collect()
}

fn condition(sql: &SqlText, scope: &Scope, world: &World<'_>) -> Bound<(Expr, DFSchemaRef)> {
    // A comment at the end of an expression ends with its line.
    let end = format!("\n) AS holds FROM {ROWS}");
    let pieces = [Piece::Text("SELECT ("), Piece::Sql(sql), Piece::Text(&end)];
    let whole = SqlText::assembled(&pieces, sql.span);
    let query = bind(read(&whole)?, &whole, scope, world, OnError::Total, &mut 0)?;
    let LogicalPlan::Projection(projection) = &query.plan else {
        return Err(not_a_condition(sql));
    };
    // Whatever the text closes and opens again, what came out is one value of each row.
    let (LogicalPlan::TableScan(_), [only]) =
        (projection.input.as_ref(), projection.expr.as_slice())
    else {
        return Err(not_a_condition(sql));
    };
    if *projection.schema.field(0).data_type() != DataType::Boolean {
        return Err(refuse(
            "SL2009",
            "an expectation is a condition, true or false of each row; compare with something",
            sql.span,
            "no condition",
        ));
    }
    let mut refused = None;
    let _ = only.apply(|part| {
        refused = foreign(part).map(|what| {
            refuse(
                "SL2008",
                format!(
                    "an expectation looks at one row and nothing else: {what} has no place in it"
                ),
                span_of(part, &whole),
                "not here",
            )
        });
        Ok(match refused {
            Some(_) => TreeNodeRecursion::Stop,
            None => TreeNodeRecursion::Continue,
        })
    });
    match refused {
        Some(refused) => Err(refused),
        None => Ok((
            only.clone().unalias(),
            Arc::clone(projection.input.schema()),
        )),
    }
}

fn not_a_condition(sql: &SqlText) -> crate::error::Refused {
    refuse(
        "SL2002",
        "an expectation is one condition over the columns of a row, such as `net + tax = gross`",
        sql.span,
        "no condition over a row",
    )
}

/// What an expression is, where it is more than a function of one row.
fn foreign(expr: &Expr) -> Option<&'static str> {
    match expr {
        Expr::Alias(_)
        | Expr::Column(_)
        | Expr::Literal(_, _)
        | Expr::BinaryExpr(_)
        | Expr::Like(_)
        | Expr::SimilarTo(_)
        | Expr::Not(_)
        | Expr::Negative(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::IsTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotTrue(_)
        | Expr::IsNotFalse(_)
        | Expr::Between(_)
        | Expr::Case(_)
        | Expr::Cast(_)
        | Expr::TryCast(_)
        | Expr::InList(_) => None,
        Expr::ScalarFunction(function) => {
            if function.func.inner().downcast_ref::<Protection>().is_some() {
                Some("a protection")
            } else if function.func.signature().volatility != Volatility::Immutable {
                Some("a clock or a setting (for the age of rows there is `freshness:`)")
            } else {
                None
            }
        }
        Expr::OuterReferenceColumn(_, _)
        | Expr::Exists(_)
        | Expr::InSubquery(_)
        | Expr::SetComparison(_)
        | Expr::ScalarSubquery(_) => Some("a subquery"),
        Expr::AggregateFunction(_) | Expr::WindowFunction(_) | Expr::GroupingSet(_) => {
            Some("what spans several rows")
        }
        Expr::HigherOrderFunction(_) | Expr::Lambda(_) | Expr::LambdaVariable(_) => {
            Some("a lambda")
        }
        Expr::ScalarVariable(_, _) | Expr::Placeholder(_) | Expr::Unnest(_) => {
            Some("this construct")
        }
        #[allow(deprecated)]
        Expr::Wildcard { .. } => Some("a star"),
    }
}
