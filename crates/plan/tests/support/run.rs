//! Runs an analysed plan over in-memory twins, on this thread and without a runtime.
#![allow(unreachable_pub)]

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, Date32Array, Int32Array, Int64Array, RecordBatch,
    StringArray, UInt32Array,
};
use datafusion::arrow::compute::take_record_batch;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    TableScan, Volatility,
};
use datafusion::physical_plan::collect;
use datafusion::prelude::{SessionConfig, SessionContext};
use sealine_plan::{InputSource, Protection};

use super::random_sql::Seeded;

/// One of two states: `side` changes what is restricted and nothing else.
pub struct Twin {
    seed: u64,
    side: u64,
    /// Whether the rows lie the other way round.
    turned: bool,
}

impl Twin {
    pub fn new(seed: u64, side: u64) -> Self {
        Self {
            seed,
            side,
            turned: false,
        }
    }

    /// The same rows, lying the other way round.
    pub fn turned(self) -> Self {
        Self {
            turned: true,
            ..self
        }
    }

    fn table(&self, dataset: &str, schema: &SchemaRef) -> RecordBatch {
        let rows = 2 + (self.seed as usize + dataset.len()) % 9;
        let columns = schema
            .fields()
            .iter()
            .map(|field| self.column(dataset, field.name(), field.data_type(), rows))
            .collect();
        let batch = RecordBatch::try_new(Arc::new(schema.as_ref().clone()), columns).unwrap();
        if !self.turned {
            return batch;
        }
        let turned: UInt32Array = (0..rows as u32).rev().collect();
        take_record_batch(&batch, &turned).unwrap()
    }

    fn column(&self, dataset: &str, name: &str, data_type: &DataType, rows: usize) -> ArrayRef {
        let internal = matches!(
            name,
            "id" | "country" | "person_id" | "cost" | "day" | "plan" | "login" | "note"
        );
        // The nulls and lengths of what is not special are as which rows there are: alike.
        let special = matches!(name, "diag" | "notes");
        let salt = dataset.bytes().chain(name.bytes()).fold(7_u64, |all, b| {
            all.wrapping_mul(31).wrapping_add(u64::from(b))
        });
        let mut alike = Seeded(self.seed ^ salt);
        let mut apart = Seeded(self.seed ^ salt ^ (self.side + 1).wrapping_mul(0x5DEE_CE66));
        let mut null = |apart: &mut Seeded| {
            let shared = alike.below(6) == 0;
            let own = apart.below(4) == 0;
            name != "id" && if special { own } else { shared }
        };
        let mut picks = Vec::new();
        let mut values = Seeded(self.seed ^ salt ^ 99);
        for row in 0..rows as u64 {
            let missing = null(&mut apart);
            let pick = if name == "id" {
                row + 1
            } else if internal {
                values.below(5)
            } else {
                apart.below(5)
            };
            picks.push((!missing).then_some(pick));
        }
        let texts = |words: [&str; 5]| -> ArrayRef {
            Arc::new(
                picks
                    .iter()
                    .map(|p| p.map(|p| words[p as usize].to_owned()))
                    .collect::<StringArray>(),
            )
        };
        match (name, data_type) {
            ("id", _) => Arc::new(
                picks
                    .iter()
                    .map(|p| p.map(|p| p as i64))
                    .collect::<Int64Array>(),
            ),
            ("country" | "nationality", _) => texts(["DE", "FR", "IT", "US", "DE"]),
            ("diag", _) => texts(["hiv", "flu", "hiv", "no!", "flu"]),
            ("plan", _) => texts(["basic", "plus", "", "7", "plus"]),
            (_, DataType::Utf8) => texts(["a@x.y", "b@x.y", "12345", "A@X.Y", "1,2,3"]),
            ("salary" | "cost", _) => Arc::new(
                picks
                    .iter()
                    .map(|p| p.map(|p| [0, 10, 20, 52, i64::MIN][p as usize]))
                    .collect::<Int64Array>(),
            ),
            (_, DataType::Int64) => Arc::new(
                picks
                    .iter()
                    .map(|p| p.map(|p| p as i64))
                    .collect::<Int64Array>(),
            ),
            (_, DataType::Int32) => Arc::new(
                picks
                    .iter()
                    .map(|p| p.map(|p| p as i32))
                    .collect::<Int32Array>(),
            ),
            (_, DataType::Date32) => Arc::new(
                picks
                    .iter()
                    .map(|p| p.map(|p| 9000 + 400 * p as i32))
                    .collect::<Date32Array>(),
            ),
            (_, other) => ScalarValue::try_from(other)
                .unwrap()
                .to_array_of_size(rows)
                .unwrap(),
        }
    }
}

static CONTEXT: OnceLock<SessionContext> = OnceLock::new();

/// The rows that a plan gives, as a sorted multiset of texts.
pub fn rows(plan: &LogicalPlan, twin: &Twin) -> std::result::Result<Vec<String>, String> {
    let run = || -> Result<Vec<String>> {
        let plan = bound(plan, twin)?;
        let context = CONTEXT.get_or_init(|| {
            SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1))
        });
        let state = context.state();
        let physical = wait(state.create_physical_plan(&plan))?;
        let batches = wait(collect(physical, context.task_ctx()))?;
        let mut all = Vec::new();
        for batch in batches {
            for row in 0..batch.num_rows() {
                let cells: Vec<String> = batch
                    .columns()
                    .iter()
                    .map(|c| {
                        if c.is_null(row) {
                            "∅".to_owned()
                        } else {
                            array_value_to_string(c, row).unwrap_or_default()
                        }
                    })
                    .collect();
                all.push(cells.join("|"));
            }
        }
        all.sort();
        Ok(all)
    };
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(Ok(rows)) => Ok(rows),
        Ok(Err(error)) => Err(error.strip_backtrace().chars().take(200).collect()),
        Err(_) => Err("panic".to_owned()),
    }
}

fn bound(plan: &LogicalPlan, twin: &Twin) -> Result<LogicalPlan> {
    let done = plan.clone().transform_up_with_subqueries(|node| {
        let node = match node {
            LogicalPlan::TableScan(scan) if scan.source.downcast_ref::<InputSource>().is_some() => {
                let source = scan.source.downcast_ref::<InputSource>().unwrap();
                let batch = twin.table(source.dataset(), &source.input_schema());
                let table = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
                LogicalPlan::TableScan(TableScan {
                    source: provider_as_source(Arc::new(table)),
                    ..scan
                })
            }
            other => other,
        };
        node.map_expressions(|expr| {
            expr.transform_up(|expr| match &expr {
                Expr::ScalarFunction(function) => {
                    match function.func.inner().downcast_ref::<Protection>() {
                        Some(protection) => {
                            let oracle = Oracle {
                                name: protection.call().name,
                                returns: protection.returns().clone(),
                                signature: Signature::any(1, Volatility::Volatile),
                            };
                            let call = ScalarFunction::new_udf(
                                Arc::new(ScalarUDF::new_from_impl(oracle)),
                                function.args.clone(),
                            );
                            // The name is the schema's.
                            let name = expr.schema_name().to_string();
                            Ok(Transformed::yes(Expr::ScalarFunction(call).alias(name)))
                        }
                        None => Ok(Transformed::no(expr)),
                    }
                }
                _ => Ok(Transformed::no(expr)),
            })
        })
    })?;
    Ok(done.data)
}

/// What a permitted protection lets through: for `encrypt`, nulls and length.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Oracle {
    name: &'static str,
    returns: DataType,
    signature: Signature,
}

impl ScalarUDFImpl for Oracle {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let array = args.args[0].to_array(args.number_rows)?;
        let length = |row: usize| match array.data_type() {
            DataType::Utf8 => array.as_string::<i32>().value(row).len(),
            DataType::LargeUtf8 => array.as_string::<i64>().value(row).len(),
            DataType::Utf8View => array.as_string_view().value(row).len(),
            DataType::Binary => array.as_binary::<i32>().value(row).len(),
            _ => 1,
        };
        let result: ArrayRef = match self.name {
            "encrypt" => Arc::new(
                (0..array.len())
                    .map(|row| array.is_valid(row).then(|| vec![b'#'; length(row)]))
                    .collect::<Vec<_>>()
                    .iter()
                    .map(|c| c.as_deref())
                    .collect::<BinaryArray>(),
            ),
            "redact" => Arc::new(StringArray::from(vec!["[redacted]"; array.len()])),
            _ => ScalarValue::try_from(&self.returns)?.to_array_of_size(array.len())?,
        };
        Ok(ColumnarValue::Array(result))
    }
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
