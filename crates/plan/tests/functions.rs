//! What `functions.rs` declares about each function, held against the engine itself: the functions
//! are evaluated on the least and the greatest values, on none, on odd letters and huge texts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

#[path = "support/extremes.rs"]
mod extremes;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use datafusion::arrow::array::{
    Array, ArrayRef, RecordBatch, StringArray, UInt32Array, new_null_array,
};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::common::config::ConfigOptions;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::datasource::MemTable;
use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{
    ColumnarValue, Expr, Operator, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, binary_expr, col,
};
use datafusion::prelude::{SessionConfig, SessionContext};
use sealine_plan::{Effect, Fails, Kind, Nulls, function_facts};

/// The scalar functions that are declared total, with what is declared of their nulls.
fn total() -> BTreeMap<&'static str, Nulls> {
    function_facts()
        .into_iter()
        .filter(|fact| fact.kind == Kind::Scalar)
        .filter_map(|fact| match fact.effect {
            Effect::Allowed {
                fails: Fails::Total,
                nulls,
                ..
            } => Some((fact.name, nulls)),
            _ => None,
        })
        .collect()
}

/// Arguments as rows of a product of columns, and which of them are literals.
struct Call {
    columns: Vec<ArrayRef>,
    literals: Vec<bool>,
    rows: usize,
}

/// What one evaluation came to.
enum Outcome {
    /// The types do not fit: no query has this call.
    Unplanned,
    /// Why, and whether the result would be a decimal: the proof knows that those overflow.
    Failed(String, bool),
    /// The result, and which rows had a null among the arguments as they were taken.
    Done(ArrayRef, Vec<bool>),
}

fn quiet<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| "panic".to_owned())
}

fn evaluated(function: &ScalarUDF, call: &Call) -> Outcome {
    let literal = |index: usize| call.literals[index];
    let planned = quiet(|| -> datafusion::common::Result<_> {
        let fields: Vec<FieldRef> = call
            .columns
            .iter()
            .map(|column| Arc::new(Field::new("f", column.data_type().clone(), true)))
            .collect();
        let fields = fields_with_udf(&fields, function)?;
        let mut args = Vec::new();
        let mut missing = vec![false; call.rows];
        for (index, (column, field)) in call.columns.iter().zip(&fields).enumerate() {
            let options = datafusion::arrow::compute::CastOptions {
                safe: true,
                ..Default::default()
            };
            let column =
                datafusion::arrow::compute::cast_with_options(column, field.data_type(), &options)?;
            for (at, one) in missing.iter_mut().enumerate() {
                *one |= column.is_null(at);
            }
            args.push(if literal(index) {
                ColumnarValue::Scalar(ScalarValue::try_from_array(&column, 0)?)
            } else {
                ColumnarValue::Array(column)
            });
        }
        let scalars: Vec<Option<&ScalarValue>> = args
            .iter()
            .map(|arg| match arg {
                ColumnarValue::Scalar(value) => Some(value),
                ColumnarValue::Array(_) => None,
            })
            .collect();
        let returns = function.return_field_from_args(ReturnFieldArgs {
            arg_fields: &fields,
            scalar_arguments: &scalars,
        })?;
        Ok((args, fields, returns, missing))
    });
    let (args, arg_fields, return_field, missing) = match planned {
        Ok(Ok(planned)) => planned,
        _ => return Outcome::Unplanned,
    };
    let decimal = matches!(
        return_field.data_type(),
        DataType::Decimal128(..) | DataType::Decimal256(..)
    );
    let done = quiet(|| {
        function
            .invoke_with_args(ScalarFunctionArgs {
                args,
                arg_fields,
                number_rows: call.rows,
                return_field,
                config_options: Arc::new(ConfigOptions::new()),
            })
            .and_then(|value| value.into_array(call.rows))
    });
    match done {
        Ok(Ok(array)) => Outcome::Done(array, missing),
        Ok(Err(error)) => {
            Outcome::Failed(error.strip_backtrace().chars().take(160).collect(), decimal)
        }
        Err(panic) => Outcome::Failed(panic, decimal),
    }
}

/// Every row of one column beside every row of the others.
fn product(columns: &[ArrayRef]) -> Vec<ArrayRef> {
    let rows: usize = columns.iter().map(|column| column.len()).product();
    let mut every = 1;
    columns
        .iter()
        .map(|column| {
            let indices: UInt32Array = (0..rows)
                .map(|row| ((row / every) % column.len()) as u32)
                .collect();
            every *= column.len();
            take(column, &indices, None).unwrap()
        })
        .collect()
}

fn row(columns: &[ArrayRef], index: usize) -> Vec<ArrayRef> {
    columns
        .iter()
        .map(|column| column.slice(index, 1))
        .collect()
}

fn shown(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) {
        return "∅".to_owned();
    }
    match quiet(|| array_value_to_string(array, row)) {
        Ok(Ok(text)) => text,
        _ => "unprintable".to_owned(),
    }
}

struct Checked {
    calls: usize,
    faults: BTreeSet<String>,
}

/// Says what is wrong before it fails: another test may have silenced panics.
fn held(faults: &BTreeSet<String>) {
    for fault in faults {
        eprintln!("{fault}");
    }
    assert!(faults.is_empty(), "{} faults", faults.len());
}

/// Evaluates one function over these columns, and holds what came out against its declaration.
fn check(function: &ScalarUDF, nulls: Nulls, columns: &[ArrayRef], checked: &mut Checked) {
    let name = function.name();
    let types: Vec<String> = columns.iter().map(|c| c.data_type().to_string()).collect();
    let types = types.join(", ");
    let plain = vec![false; columns.len()];
    let all = product(columns);
    let rows = all[0].len();
    let whole = Call {
        columns: all.clone(),
        literals: plain.clone(),
        rows,
    };
    // A call that fails for every value fails too: whether it is reached depends on data.
    match evaluated(function, &whole) {
        Outcome::Unplanned => {}
        Outcome::Failed(_, true) => checked.calls += 1,
        Outcome::Failed(why, false) => {
            checked.calls += 1;
            checked
                .faults
                .insert(format!("{name}({types}) fails: {why}"));
        }
        Outcome::Done(result, missing) => {
            checked.calls += 1;
            let alike = (0..rows).all(|at| result.is_null(at) == missing[at]);
            if nulls == Nulls::Strict && !alike {
                checked.faults.insert(format!(
                    "{name}({types}) has other nulls than its arguments"
                ));
            }
            // Each row alone gives the same: nothing beside the arguments decides.
            for at in (0..rows).step_by(1 + rows / 12) {
                let alone = Call {
                    columns: row(&all, at),
                    literals: plain.clone(),
                    rows: 1,
                };
                match evaluated(function, &alone) {
                    Outcome::Done(one, _) if shown(&one, 0) == shown(&result, at) => {}
                    _ => {
                        checked
                            .faults
                            .insert(format!("{name}({types}) differs for a row alone"));
                    }
                }
            }
        }
    }
    // Literals take other ways through the kernels.
    for mask in 1..(1_u32 << columns.len()) {
        let literals: Vec<bool> = (0..columns.len()).map(|i| mask & (1 << i) != 0).collect();
        if columns.len() == 1 || literals.iter().all(|one| *one) {
            continue;
        }
        let firsts: usize = columns
            .iter()
            .zip(&literals)
            .map(|(column, literal)| if *literal { column.len() } else { 1 })
            .product();
        for first in 0..firsts {
            let mut rest = first;
            let mut fixed = Vec::new();
            let mut free = Vec::new();
            for (column, literal) in columns.iter().zip(&literals) {
                if *literal {
                    fixed.push(rest % column.len());
                    rest /= column.len();
                } else {
                    free.push(Arc::clone(column));
                }
            }
            let spread = product(&free);
            let rows = spread[0].len();
            let (mut spread, mut fixed) = (spread.into_iter(), fixed.into_iter());
            let arguments: Vec<ArrayRef> = columns
                .iter()
                .zip(&literals)
                .map(|(column, literal)| {
                    if *literal {
                        let at = fixed.next().unwrap() as u32;
                        let indices = UInt32Array::from(vec![at; rows]);
                        take(column, &indices, None).unwrap()
                    } else {
                        spread.next().unwrap()
                    }
                })
                .collect();
            let call = |columns: Vec<ArrayRef>, rows| Call {
                columns,
                literals: literals.clone(),
                rows,
            };
            match evaluated(function, &call(row(&arguments, 0), 1)) {
                Outcome::Unplanned | Outcome::Failed(_, true) => continue,
                Outcome::Failed(why, false) => {
                    checked
                        .faults
                        .insert(format!("{name}({types}) fails for a literal: {why}"));
                }
                Outcome::Done(..) => {
                    checked.calls += 1;
                    if let Outcome::Failed(why, false) = evaluated(function, &call(arguments, rows))
                    {
                        checked
                            .faults
                            .insert(format!("{name}({types}) fails beside a literal: {why}"));
                    }
                }
            }
        }
    }
}

/// `date_part` is total for the parts that it knows, as literals; the proof asks for those.
fn parts(function: &ScalarUDF, columns: &[ArrayRef], checked: &mut Checked) {
    for part in [
        "year",
        "quarter",
        "month",
        "week",
        "day",
        "hour",
        "minute",
        "second",
        "millisecond",
        "microsecond",
        "nanosecond",
        "dow",
        "doy",
        "epoch",
    ] {
        // A time of day has no date: the proof tells the two apart.
        let timed = |column: &&ArrayRef| {
            !matches!(
                column.data_type(),
                DataType::Time32(_) | DataType::Time64(_)
            )
        };
        for column in columns.iter().filter(timed) {
            let part_column = StringArray::from(vec![part; column.len()]);
            let call = Call {
                columns: vec![Arc::new(part_column), Arc::clone(column)],
                literals: vec![true, false],
                rows: column.len(),
            };
            match evaluated(function, &call) {
                Outcome::Unplanned => {}
                Outcome::Failed(why, _) => {
                    let of = column.data_type();
                    checked
                        .faults
                        .insert(format!("date_part('{part}', {of}) fails: {why}"));
                }
                Outcome::Done(..) => checked.calls += 1,
            }
        }
    }
}

#[test]
fn total_functions_give_a_result_for_every_value() {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let wanted = total();
    let columns = extremes::columns();
    let few: Vec<ArrayRef> = extremes::FEW
        .iter()
        .map(|i| Arc::clone(&columns[*i]))
        .collect();
    let mut faults = BTreeSet::new();
    let mut uncalled = Vec::new();
    let mut calls = 0;
    for function in SessionStateDefaults::default_scalar_functions() {
        let Some(nulls) = wanted.get(function.name()) else {
            continue;
        };
        // Planned as CASE: the engine never calls them.
        if ["coalesce", "nvl", "nvl2"].contains(&function.name()) {
            continue;
        }
        let mut checked = Checked {
            calls: 0,
            faults: BTreeSet::new(),
        };
        let mut seen: BTreeSet<Vec<String>> = BTreeSet::new();
        // The same coerced types once are enough.
        let mut fresh = |arguments: &[ArrayRef]| {
            let fields: Vec<FieldRef> = arguments
                .iter()
                .map(|column| Arc::new(Field::new("f", column.data_type().clone(), true)))
                .collect();
            quiet(|| fields_with_udf(&fields, function.as_ref()))
                .ok()
                .and_then(Result::ok)
                .is_some_and(|fields| {
                    let mut types: Vec<String> =
                        fields.iter().map(|f| f.data_type().to_string()).collect();
                    // Casts into what is taken may lose the extremes.
                    types.extend(
                        arguments
                            .iter()
                            .zip(&fields)
                            .filter(|(a, f)| a.data_type() != f.data_type())
                            .map(|(a, _)| a.data_type().to_string()),
                    );
                    seen.insert(types)
                })
        };
        if function.name() == "date_part" {
            parts(&function, &columns, &mut checked);
            calls += checked.calls;
            faults.extend(checked.faults);
            continue;
        }
        for one in &columns {
            let arguments = [Arc::clone(one)];
            if fresh(&arguments) {
                check(&function, *nulls, &arguments, &mut checked);
            }
            for two in &columns {
                let arguments = [Arc::clone(one), Arc::clone(two)];
                if fresh(&arguments) {
                    check(&function, *nulls, &arguments, &mut checked);
                }
            }
        }
        for one in &few {
            for two in &few {
                for three in &few {
                    let short = |column: &ArrayRef| column.slice(0, 6);
                    let arguments = [short(one), short(two), short(three)];
                    if fresh(&arguments) {
                        check(&function, *nulls, &arguments, &mut checked);
                    }
                }
            }
        }
        if checked.calls == 0 && function.name() != "pi" {
            uncalled.push(function.name().to_owned());
        }
        calls += checked.calls;
        faults.extend(checked.faults);
    }
    std::panic::set_hook(loud);
    eprintln!("{} functions, {calls} calls", wanted.len());
    held(&faults);
    // Maps and fields of structs are made by no column here.
    let apart = [
        "get_field",
        "map_entries",
        "map_extract",
        "map_keys",
        "map_values",
    ];
    uncalled.retain(|name| !apart.contains(&name.as_str()));
    assert!(uncalled.is_empty(), "never called: {uncalled:?}");
}

#[test]
fn total_operators_give_a_result_for_every_value() {
    use Operator::{
        BitwiseAnd, BitwiseOr, BitwiseShiftLeft, BitwiseShiftRight, BitwiseXor, Eq, Gt, GtEq,
        IsDistinctFrom, Lt, Minus, Multiply, NotEq, Plus, StringConcat,
    };
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let context = SessionContext::new();
    let columns = extremes::columns();
    let mut faults = BTreeSet::new();
    let mut calls = 0;
    // What is compared or reckoned with has one type by then: the casts have a rule of their own.
    for left in &columns {
        for right in columns
            .iter()
            .filter(|right| right.data_type() == left.data_type())
        {
            let pair = product(&[Arc::clone(left), Arc::clone(right)]);
            let schema = Arc::new(Schema::new(vec![
                Field::new("a", left.data_type().clone(), true),
                Field::new("b", right.data_type().clone(), true),
            ]));
            let batch = RecordBatch::try_new(Arc::clone(&schema), pair).unwrap();
            let df = DFSchema::try_from(Arc::clone(&schema)).unwrap();
            for op in [
                Eq,
                NotEq,
                Lt,
                Gt,
                GtEq,
                IsDistinctFrom,
                StringConcat,
                BitwiseAnd,
                BitwiseOr,
                BitwiseXor,
                BitwiseShiftLeft,
                BitwiseShiftRight,
                Plus,
                Minus,
                Multiply,
            ] {
                let days = op == Minus && *left.data_type() == DataType::Date32;
                let arithmetic = matches!(op, Plus | Minus | Multiply) && !days;
                let floats = |ty: &DataType| ty.is_integer() || ty.is_floating();
                if arithmetic && !(floats(left.data_type()) && floats(right.data_type())) {
                    continue;
                }
                let expr = binary_expr(col("a"), op, col("b"));
                let Ok(physical) = context.create_physical_expr(expr, &df) else {
                    continue;
                };
                if arithmetic
                    && !physical
                        .data_type(&schema)
                        .is_ok_and(|ty| ty.is_integer() || ty.is_floating())
                {
                    continue;
                }
                calls += 1;
                let why = match quiet(|| physical.evaluate(&batch)) {
                    Ok(Ok(_)) => continue,
                    Ok(Err(error)) => error.strip_backtrace(),
                    Err(panic) => panic,
                };
                faults.insert(format!(
                    "{} {op} {}: {}",
                    left.data_type(),
                    right.data_type(),
                    why.chars().take(120).collect::<String>()
                ));
            }
        }
    }
    std::panic::set_hook(loud);
    eprintln!("{calls} pairs of types");
    assert!(calls > 150);
    held(&faults);
}

/// Polls to the end: nothing here waits for anything outside.
fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}

/// A session with these tables.
fn session(tables: &[(&str, &RecordBatch)]) -> SessionContext {
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
    for (name, table) in tables {
        let batches = vec![vec![(*table).clone()]];
        let table = MemTable::try_new(table.schema(), batches).unwrap();
        context.register_table(*name, Arc::new(table)).unwrap();
    }
    context
}

/// The rows of a query, sorted; none where it cannot be planned.
fn queried(context: &SessionContext, sql: &str) -> Option<Result<Vec<Vec<String>>, String>> {
    let planned = quiet(|| -> datafusion::common::Result<_> {
        let frame = wait(context.sql(sql))?;
        wait(frame.create_physical_plan())
    });
    let Ok(Ok(physical)) = planned else {
        return None;
    };
    let run = || {
        wait(datafusion::physical_plan::collect(
            physical,
            context.task_ctx(),
        ))
    };
    let batches = match quiet(run) {
        Ok(Ok(batches)) => batches,
        Ok(Err(error)) => {
            return Some(Err(error.strip_backtrace().chars().take(160).collect()));
        }
        Err(panic) => return Some(Err(panic)),
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            rows.push(batch.columns().iter().map(|c| shown(c, row)).collect());
        }
    }
    rows.sort();
    Some(Ok(rows))
}

/// How an aggregate is called over `a` (and `b`).
fn calls_of(name: &str) -> Vec<String> {
    match name {
        "grouping" => vec![],
        "string_agg" => vec!["string_agg(a, ',')".to_owned()],
        "nth_value" => vec!["nth_value(a, 2 ORDER BY a)".to_owned()],
        "first_value" | "last_value" => vec![format!("{name}(a ORDER BY a)")],
        "approx_percentile_cont" => {
            vec!["approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY a)".to_owned()]
        }
        "approx_percentile_cont_with_weight" => {
            vec!["approx_percentile_cont_with_weight(a, 0.5) WITHIN GROUP (ORDER BY a)".to_owned()]
        }
        "percentile_cont" => vec!["percentile_cont(0.5) WITHIN GROUP (ORDER BY a)".to_owned()],
        "covar_samp" | "covar_pop" | "corr" => vec![format!("{name}(a, a)")],
        name if name.starts_with("regr_") => vec![format!("{name}(a, a)")],
        name => vec![format!("{name}(a)"), format!("{name}(DISTINCT a)")],
    }
}

#[test]
fn total_aggregates_give_a_result_for_every_value() {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut faults = BTreeSet::new();
    let mut calls = 0;
    let mut called = BTreeSet::new();
    let columns = extremes::columns();
    for column in extremes::SOME.iter().map(|index| &columns[*index]) {
        let rows = column.len();
        // A group of everything, one of an ordinary value, one of nothing.
        let values = concat(&[
            column.as_ref(),
            column.slice(0, 1).as_ref(),
            new_null_array(column.data_type(), 2).as_ref(),
        ])
        .unwrap();
        let groups: Vec<i64> = (0..rows + 3)
            .map(|at| {
                if at < rows {
                    0
                } else if at == rows {
                    1
                } else {
                    2
                }
            })
            .collect();
        let groups: ArrayRef = Arc::new(datafusion::arrow::array::Int64Array::from(groups));
        let forwards = RecordBatch::try_from_iter_with_nullable(vec![
            ("a", values, true),
            ("g", groups, false),
        ])
        .unwrap();
        let turned: UInt32Array = (0..forwards.num_rows() as u32).rev().collect();
        let turned: Vec<ArrayRef> = forwards
            .columns()
            .iter()
            .map(|c| take(c, &turned, None).unwrap())
            .collect();
        let backwards = RecordBatch::try_new(forwards.schema(), turned).unwrap();
        let context = session(&[("t", &forwards), ("u", &backwards)]);
        for fact in function_facts() {
            let Effect::Allowed {
                fails,
                nulls,
                ordered,
            } = fact.effect
            else {
                continue;
            };
            if fact.kind != Kind::Aggregate || fails == Fails::Partial {
                continue;
            }
            // Other types become text by casts, which have a rule of their own.
            if fact.name == "string_agg" && !column.data_type().is_string() {
                continue;
            }
            for call in calls_of(fact.name) {
                let own = !call.contains("ORDER");
                let mut shapes = vec![format!("SELECT g, {call} AS x FROM t GROUP BY g")];
                if own && !call.contains("DISTINCT") {
                    shapes.push(format!("SELECT 0 AS g, {call} AS x FROM t"));
                    shapes.push(format!(
                        "SELECT g, {call} OVER (PARTITION BY g) AS x FROM t"
                    ));
                }
                for sql in shapes {
                    let Some(found) = queried(&context, &sql) else {
                        continue;
                    };
                    calls += 1;
                    called.insert(fact.name);
                    let what = format!("{call} over {}", column.data_type());
                    // Sums of decimals overflow, which the proof knows (`gives_decimal`).
                    let decimal = matches!(column.data_type(), DataType::Decimal128(..));
                    match found {
                        Err(why) if decimal && fact.name == "avg" => drop(why),
                        Err(why) => {
                            faults.insert(format!("{what} fails: {why}"));
                        }
                        Ok(found) => {
                            let null = |row: &Vec<String>| row[0] != "2" && row[1] == "∅";
                            if nulls == Nulls::Empty && found.iter().any(null) {
                                faults.insert(format!("{what} is null of a value"));
                            }
                            let turned = sql.replace("FROM t", "FROM u");
                            if !ordered && queried(&context, &turned) != Some(Ok(found)) {
                                faults.insert(format!("{what} depends on the order of rows"));
                            }
                        }
                    }
                }
            }
        }
    }
    std::panic::set_hook(loud);
    eprintln!("{calls} queries, {} aggregates", called.len());
    for fact in function_facts() {
        let allowed =
            matches!(fact.effect, Effect::Allowed { fails, .. } if fails != Fails::Partial);
        if fact.kind == Kind::Aggregate && allowed && fact.name != "grouping" {
            assert!(called.contains(fact.name), "{} was never called", fact.name);
        }
    }
    held(&faults);
}

#[test]
fn total_windows_give_a_result_for_every_value() {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut faults = BTreeSet::new();
    let mut calls = 0;
    let columns = extremes::columns();
    for column in extremes::SOME.iter().map(|index| &columns[*index]) {
        let table = RecordBatch::try_from_iter_with_nullable(vec![("a", Arc::clone(column), true)])
            .unwrap();
        let context = session(&[("t", &table)]);
        for call in [
            "row_number()",
            "rank()",
            "dense_rank()",
            "percent_rank()",
            "cume_dist()",
            "ntile(4)",
            "lag(a)",
            "lag(a, 2)",
            "lead(a)",
            "lead(a, 3)",
            "first_value(a)",
            "last_value(a)",
            "nth_value(a, 2)",
            "sum(a)",
            "avg(a)",
            "min(a)",
            "max(a)",
            "count(a)",
        ] {
            for frame in [
                "ORDER BY a",
                "PARTITION BY a",
                "ORDER BY a ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
                "ORDER BY a DESC NULLS LAST",
            ] {
                let sql = format!("SELECT {call} OVER ({frame}) AS x FROM t");
                let Some(found) = queried(&context, &sql) else {
                    continue;
                };
                calls += 1;
                let decimal = matches!(column.data_type(), DataType::Decimal128(..));
                if let Err(why) = found
                    && !(decimal && call == "avg(a)")
                {
                    faults.insert(format!(
                        "{call} OVER ({frame}) over {}: {why}",
                        column.data_type()
                    ));
                }
            }
        }
    }
    std::panic::set_hook(loud);
    eprintln!("{calls} queries");
    assert!(calls > 500);
    held(&faults);
}

#[test]
fn negation_of_floats_and_booleans_is_total() {
    let context = SessionContext::new();
    for column in extremes::columns() {
        let ty = column.data_type().clone();
        let schema = Arc::new(Schema::new(vec![Field::new("a", ty.clone(), true)]));
        let df = DFSchema::try_from(Arc::clone(&schema)).unwrap();
        let batch = RecordBatch::try_new(schema, vec![column]).unwrap();
        let exprs: Vec<Expr> = if ty == DataType::Boolean {
            vec![Expr::Not(Box::new(col("a")))]
        } else if ty.is_integer() || ty.is_floating() {
            vec![Expr::Negative(Box::new(col("a")))]
        } else {
            vec![]
        };
        for expr in exprs {
            let Ok(physical) = context.create_physical_expr(expr.clone(), &df) else {
                continue;
            };
            assert!(
                matches!(quiet(|| physical.evaluate(&batch)), Ok(Ok(_))),
                "{expr} over {ty}"
            );
        }
    }
}
