//! Rows that broke a rule, as a table for the quarantine.
//!
//! INVARIANT: a rejected row keeps all of its declared columns as text, or, where it could not be
//! split, its bytes; it is marked with exactly one rule. These rows are as secret as the source.

use std::sync::Arc;

use arrow::array::builder::{BinaryBuilder, StringBuilder, UInt64Builder};
use arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt32Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use sealine_connect::{Malformed, RawBatch};
use sealine_spec::Dataset;

use crate::ContractError;
use crate::read::without_zone;

const ROW: &str = "row";
const LINE: &str = "line";
const RULE: &str = "rule";
const COLUMN: &str = "column";
const RECORD: &str = "record";

/// The schema of the rejects of `dataset`: `row` (1-based data row), `line` (physical, for text
/// formats), `rule`, `column` (null where the row could not be split; the name of the expectation
/// where the rule is `expect`), then every declared column
/// as text, then `record`: the bytes of a row that could not be split, at most 64 KiB of them. A
/// declared column with one of these names is called `raw_` and its name.
pub fn rejects_schema(dataset: &Dataset) -> SchemaRef {
    let own = [ROW, LINE, RULE, COLUMN, RECORD];
    let declared = |name: &str| dataset.columns.iter().any(|column| column.name == name);
    let mut fields = vec![
        Field::new(ROW, DataType::UInt64, false),
        Field::new(LINE, DataType::UInt64, true),
        Field::new(RULE, DataType::Utf8, false),
        Field::new(COLUMN, DataType::Utf8, true),
    ];
    for column in &dataset.columns {
        let mut name = column.name.clone();
        if own.contains(&name.as_str()) {
            name = format!("raw_{name}");
            while declared(&name) {
                name = format!("raw_{name}");
            }
        }
        fields.push(Field::new(name, DataType::Utf8, true));
    }
    fields.push(Field::new(RECORD, DataType::Binary, true));
    Arc::new(Schema::new(fields))
}

/// A row of the batch that broke a rule.
pub(crate) struct Broken<'a> {
    pub(crate) index: usize,
    pub(crate) rule: &'static str,
    pub(crate) column: &'a str,
}

/// The table of the rejects of one batch, in the order of the input.
pub(crate) fn table(
    schema: &SchemaRef,
    names: &[&str],
    raw: &RawBatch,
    broken: &[Broken<'_>],
) -> Result<RecordBatch, ContractError> {
    if broken.is_empty() && raw.malformed.is_empty() {
        return Ok(RecordBatch::new_empty(Arc::clone(schema)));
    }
    let defect = ContractError::Kernel { step: "rejects" };
    let mut rows: Vec<(u64, Either<'_>)> = Vec::with_capacity(broken.len() + raw.malformed.len());
    for one in broken {
        let number = raw
            .rows
            .row(one.index)
            .ok_or(ContractError::Kernel { step: "rejects" })?;
        rows.push((number, Either::Broken(one)));
    }
    rows.extend(
        raw.malformed
            .iter()
            .map(|one| (one.row, Either::Malformed(one))),
    );
    rows.sort_by_key(|(number, _)| *number);

    let mut numbers = UInt64Builder::with_capacity(rows.len());
    let mut lines = UInt64Builder::with_capacity(rows.len());
    let mut rules = StringBuilder::new();
    let mut columns = StringBuilder::new();
    let mut records = BinaryBuilder::new();
    let mut indices: Vec<Option<u32>> = Vec::with_capacity(rows.len());
    for (number, row) in &rows {
        numbers.append_value(*number);
        match row {
            Either::Broken(one) => {
                lines.append_option(raw.rows.line(one.index));
                rules.append_value(one.rule);
                columns.append_value(one.column);
                records.append_null();
                indices.push(u32::try_from(one.index).ok());
            }
            Either::Malformed(one) => {
                lines.append_value(one.line);
                rules.append_value(one.rule);
                columns.append_null();
                records.append_value(&one.raw);
                indices.push(None);
            }
        }
    }
    let indices = UInt32Array::from(indices);
    let mut arrays: Vec<ArrayRef> = vec![
        Arc::new(numbers.finish()),
        Arc::new(lines.finish()),
        Arc::new(rules.finish()),
        Arc::new(columns.finish()),
    ];
    for name in names {
        let missing = || ContractError::Missing {
            column: (*name).to_owned(),
        };
        let stored = raw.batch.column_by_name(name).ok_or_else(missing)?;
        let picked =
            take(stored, &indices, None).map_err(|_| ContractError::Kernel { step: "rejects" })?;
        arrays.push(as_text(&picked)?);
    }
    arrays.push(Arc::new(records.finish()));
    RecordBatch::try_new(Arc::clone(schema), arrays).map_err(|_| defect)
}

enum Either<'a> {
    Broken(&'a Broken<'a>),
    Malformed(&'a Malformed),
}

/// Any stored column as text; bytes as hexadecimal digits.
fn as_text(array: &ArrayRef) -> Result<ArrayRef, ContractError> {
    let defect = |_| ContractError::Kernel { step: "rejects" };
    match array.data_type() {
        DataType::Utf8 => Ok(ArrayRef::clone(array)),
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => {
            let bytes = cast(array, &DataType::Binary).map_err(defect)?;
            let hex = |value: &[u8]| -> String {
                value.iter().map(|byte| format!("{byte:02x}")).collect()
            };
            let texts: StringArray = bytes
                .as_binary::<i32>()
                .iter()
                .map(|value| value.map(hex))
                .collect();
            Ok(Arc::new(texts))
        }
        _ => cast(&without_zone(array)?, &DataType::Utf8).map_err(defect),
    }
}
