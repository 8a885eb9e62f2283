//! The finished plan of an output: steps and views put in place, protections placed, columns as
//! the destination declares them.
//!
//! Invariant: the leaves are scans of [`InputSource`], literals, series and work tables; what was
//! labelled is what stands here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::common::{Column, Result};
use datafusion::functions::core::expr_fn::nullif;
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection, SubqueryAlias, lit};
use sealine_spec::{Dataset, SqlText};

use crate::bind::placed;
use crate::error::{Bound, planning, refuse};
use crate::expect::expectations;
use crate::expr::cast_is_lossless;
use crate::flow::{Node, Prover};
use crate::job::Output;
use crate::plan::{OutputColumn, PlannedInput, PlannedOutput, Sink};
use crate::source::{BoundSource, InputSource, arrow_type};
use crate::world::World;

/// The most nodes of a finished plan.
const MOST_NODES: usize = 20_000;

/// A plan to execute and its columns.
pub(crate) struct Assembled {
    pub(crate) logical: LogicalPlan,
    pub(crate) columns: Vec<OutputColumn>,
    /// The places of the columns that name folders.
    pub(crate) partition_by: Vec<usize>,
}

/// Puts together the plan of an output.
pub(crate) fn assemble(
    prover: &Prover<'_>,
    output: &Output,
    node: &Node,
    mut columns: Vec<OutputColumn>,
) -> Bound<Assembled> {
    let sql = Arc::clone(&prover.step.sql);
    let failed = |error: datafusion::common::DataFusionError| planning(&error, &sql);
    let mut sizes = HashMap::new();
    if size(&node.plan, &prover.bound, &mut sizes) > MOST_NODES {
        return Err(refuse(
            "SL2003",
            "the steps put together are too large: each use of a step repeats it",
            output.span.unwrap_or(sql.span),
            "this output",
        ));
    }
    let mut logical = inlined(&node.plan, &prover.bound).map_err(failed)?;
    let mut places = HashMap::new();
    for (cell, column) in node.relation.columns.iter().zip(&columns) {
        for slot in &cell.slots {
            places.entry(*slot).or_insert_with(|| column.name.clone());
        }
    }
    let id = match &output.sink {
        Sink::Dataset(dataset) => dataset.id.as_str(),
        Sink::Terminal => "",
    };
    logical = placed(logical, id, &places, &prover.domains).map_err(failed)?;
    if let Sink::Dataset(dataset) = &output.sink
        && dataset.declares_columns
    {
        (logical, columns) = declared(logical, columns, dataset, output, &sql)?;
    }
    let partition_by = parting(&columns, output, &sql)?;
    if !partition_by.is_empty() {
        logical = without_empty_texts(logical, &partition_by).map_err(failed)?;
    }
    Ok(Assembled {
        logical,
        columns,
        partition_by,
    })
}

/// The places of the columns that name folders: they are there, of a type whose values have one text that reads
/// back, and leave something for the files.
fn parting(columns: &[OutputColumn], output: &Output, sql: &SqlText) -> Bound<Vec<usize>> {
    let span = output.span.unwrap_or(sql.span);
    let fail = |text: String| refuse("SL2018", text, span, "this output");
    let mut places = Vec::new();
    for name in output.partition_by() {
        let at = columns.iter().position(|column| column.name == *name);
        let Some((at, column)) = at.and_then(|at| Some((at, columns.get(at)?))) else {
            return Err(fail(format!(
                "the destination is partitioned by `{name}`, which `{}` does not have",
                output.from
            )));
        };
        match column.data_type {
            DataType::Utf8
            | DataType::Boolean
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Date32 => places.push(at),
            _ => {
                return Err(fail(format!(
                    "the destination is partitioned by `{name}`, which is {}; cast it in the step to a string, an integer, a boolean or a date",
                    column.data_type
                )));
            }
        }
    }
    if !places.is_empty() && places.len() == columns.len() {
        return Err(fail(
            "the destination is partitioned by every column, and none is left for its files"
                .to_owned(),
        ));
    }
    Ok(places)
}

/// An empty text names no folder: it is null there, as Spark has it.
fn without_empty_texts(logical: LogicalPlan, partition_by: &[usize]) -> Result<LogicalPlan> {
    let schema = Arc::clone(logical.schema());
    let text = |at: &usize| {
        let field = schema.fields().get(*at);
        field.is_some_and(|field| *field.data_type() == DataType::Utf8)
    };
    if !partition_by.iter().any(text) {
        return Ok(logical);
    }
    let columns = (0..schema.fields().len()).map(|at| {
        let column = Expr::Column(Column::from(schema.qualified_field(at)));
        match partition_by.contains(&at) && text(&at) {
            true => nullif(column, lit("")).alias(schema.field(at).name()),
            false => column,
        }
    });
    let projection = Projection::try_new(columns.collect(), Arc::new(logical))?;
    Ok(LogicalPlan::Projection(projection))
}

/// How many nodes a plan has with its steps and views in place.
fn size(
    plan: &LogicalPlan,
    bound: &BTreeMap<String, Arc<Node>>,
    known: &mut HashMap<String, usize>,
) -> usize {
    let mut all: usize = 0;
    let _ = plan.apply_with_subqueries(|node| {
        all = all.saturating_add(1);
        if let LogicalPlan::TableScan(scan) = node
            && let Some(source) = scan.source.downcast_ref::<BoundSource>()
        {
            let inner = match known.get(&source.name) {
                Some(inner) => *inner,
                None => {
                    let inner = bound
                        .get(&source.name)
                        .map_or(0, |node| size(&node.plan, bound, known));
                    known.insert(source.name.clone(), inner);
                    inner
                }
            };
            all = all.saturating_add(inner);
        }
        Ok(if all > MOST_NODES {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    });
    all
}

/// Replaces scans of steps and views by their plans.
fn inlined(plan: &LogicalPlan, bound: &BTreeMap<String, Arc<Node>>) -> Result<LogicalPlan> {
    let done = plan.clone().transform_up_with_subqueries(|node| {
        let LogicalPlan::TableScan(scan) = &node else {
            return Ok(Transformed::no(node));
        };
        let Some(source) = scan.source.downcast_ref::<BoundSource>() else {
            return Ok(Transformed::no(node));
        };
        let Some(known) = bound.get(&source.name) else {
            return datafusion::common::plan_err!("a step is missing");
        };
        let inner = inlined(&known.plan, bound)?;
        let alias = SubqueryAlias::try_new(Arc::new(inner), scan.table_name.clone())?;
        Ok(Transformed::yes(LogicalPlan::SubqueryAlias(alias)))
    })?;
    Ok(done.data)
}

/// The columns in the order and types that the destination declares.
fn declared(
    logical: LogicalPlan,
    columns: Vec<OutputColumn>,
    dataset: &Dataset,
    output: &Output,
    sql: &SqlText,
) -> Bound<(LogicalPlan, Vec<OutputColumn>)> {
    let span = output.span.unwrap_or(dataset.span);
    let fail = |text: String| refuse("SL2018", text, span, "this output");
    for column in &columns {
        if dataset.column(&column.name).is_none() {
            return Err(fail(format!(
                "`{}` declares its columns, and `{}` is not among them",
                dataset.id, column.name
            )));
        }
    }
    let (mut exprs, mut ordered, mut same) = (
        Vec::new(),
        Vec::new(),
        columns.len() == dataset.columns.len(),
    );
    for (index, wanted) in dataset.columns.iter().enumerate() {
        let Some((at, given)) = columns
            .iter()
            .enumerate()
            .find(|(_, column)| column.name == wanted.name)
        else {
            return Err(fail(format!(
                "`{}` declares the column `{}`, which `{}` does not have",
                dataset.id, wanted.name, output.from
            )));
        };
        let data_type = arrow_type(&wanted.ty);
        let column = Expr::Column(Column::from(logical.schema().qualified_field(at)));
        if given.data_type == data_type {
            exprs.push(column);
            same &= at == index;
        } else if cast_is_lossless(&given.data_type, &data_type) {
            let field = Arc::new(datafusion::arrow::datatypes::Field::new(
                &wanted.name,
                data_type.clone(),
                true,
            ));
            exprs.push(
                Expr::Cast(Cast {
                    expr: Box::new(column),
                    field,
                })
                .alias(&wanted.name),
            );
            same = false;
        } else {
            return Err(fail(format!(
                "the column `{}` of `{}` is declared as {} and given as {}; cast it in the step",
                wanted.name, dataset.id, wanted.ty, given.data_type
            )));
        }
        ordered.push(OutputColumn {
            data_type,
            ..given.clone()
        });
    }
    if same {
        return Ok((logical, ordered));
    }
    let projection =
        Projection::try_new(exprs, Arc::new(logical)).map_err(|error| planning(&error, sql))?;
    Ok((LogicalPlan::Projection(projection), ordered))
}

/// The datasets that the outputs scan, each once.
pub(crate) fn inputs_of(world: &World<'_>, outputs: &[PlannedOutput]) -> Bound<Vec<PlannedInput>> {
    let mut found: BTreeMap<String, PlannedInput> = BTreeMap::new();
    for output in outputs {
        let _ = output.logical.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node
                && let Some(source) = scan.source.downcast_ref::<InputSource>()
                && let Some(dataset) = world.dataset(source.dataset())
            {
                found
                    .entry(dataset.id.clone())
                    .or_insert_with(|| PlannedInput {
                        alias: source.alias().to_owned(),
                        dataset: Arc::clone(dataset),
                        schema: source.input_schema(),
                        expectations: Vec::new(),
                    });
            }
            Ok(TreeNodeRecursion::Continue)
        });
    }
    for input in found.values_mut() {
        input.expectations = expectations(world, &input.dataset, &input.schema)?;
    }
    Ok(found.into_values().collect())
}
