//! A dataset from the text of its columns, as the catalog has it, and a contract over it.
#![allow(unreachable_pub, dead_code)]

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use sealine_connect::{RawBatch, Rows};
use sealine_contract::{Contract, ContractError};
use sealine_spec::{ColumnType, Dataset, Source};

/// The dataset `in.rows` with these columns, one `name: { ... }` a line.
pub fn dataset(columns: &str) -> Arc<Dataset> {
    let project = "version: 1\nconnections: { files: { kind: local, root: data/ } }\n";
    let lines: String = columns
        .lines()
        .map(|line| format!("      {}\n", line.trim()))
        .collect();
    let catalog = format!(
        "version: 1\ndatasets:\n  in.rows:\n    at: {{ connection: files, path: rows.csv, format: csv }}\n    columns:\n{lines}"
    );
    let source = |path: &str, text: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let parsed = sealine_spec::parse(vec![
        source("sealine.yaml", project),
        source("catalog/in.yaml", &catalog),
    ]);
    let messages: Vec<String> = parsed
        .diagnostics
        .iter()
        .map(|d| format!("{} {}", d.code, d.message))
        .collect();
    let spec = parsed.spec.unwrap_or_else(|| panic!("{messages:?}"));
    spec.datasets["in.rows"].clone()
}

pub fn schema(dataset: &Dataset) -> SchemaRef {
    let fields: Vec<Field> = dataset
        .columns
        .iter()
        .map(|column| {
            let stored = match column.ty {
                ColumnType::String => DataType::Utf8,
                ColumnType::Boolean => DataType::Boolean,
                ColumnType::Int8 => DataType::Int8,
                ColumnType::Int16 => DataType::Int16,
                ColumnType::Int32 => DataType::Int32,
                ColumnType::Int64 => DataType::Int64,
                ColumnType::Float32 => DataType::Float32,
                ColumnType::Float64 => DataType::Float64,
                ColumnType::Decimal { precision, scale } => DataType::Decimal128(precision, scale),
                ColumnType::Date => DataType::Date32,
                ColumnType::Timestamp => {
                    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
                }
                ColumnType::Time => DataType::Time64(TimeUnit::Microsecond),
                ColumnType::Binary => DataType::Binary,
            };
            Field::new(&column.name, stored, !column.rules.required)
        })
        .collect();
    Arc::new(Schema::new(fields))
}

pub fn contract(columns: &str) -> Result<Contract, ContractError> {
    let dataset = dataset(columns);
    Contract::compile(&dataset, schema(&dataset), Vec::new())
}

pub fn raw(columns: Vec<(&str, ArrayRef)>, first: u64) -> RawBatch {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let rows = Rows::contiguous(first, batch.num_rows());
    RawBatch {
        batch,
        rows,
        malformed: Vec::new(),
    }
}

pub fn texts(values: &[Option<&str>]) -> ArrayRef {
    // Behind other values and cut off again: every kernel has to cope with a slice.
    let padded: Vec<Option<&str>> = [Some("pad"), None]
        .into_iter()
        .chain(values.iter().copied())
        .chain([Some("end")])
        .collect();
    Arc::new(StringArray::from(padded).slice(2, values.len()))
}
