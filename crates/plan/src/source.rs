//! The leaves of a plan: scans of datasets, and the mapping of declared types to Arrow's.
//!
//! Invariant: an [`InputSource`] names its dataset and all declared columns in order; it can
//! neither read nor accept a pushed filter. The engine replaces it.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use datafusion::logical_expr::TableSource;
use sealine_spec::ColumnType;

/// A scan of a catalogued dataset, to be replaced by whoever executes the plan.
#[derive(Debug, Clone)]
pub struct InputSource {
    alias: String,
    dataset: String,
    schema: SchemaRef,
}

impl InputSource {
    pub(crate) fn new(alias: &str, dataset: &str, schema: SchemaRef) -> Self {
        Self {
            alias: alias.to_owned(),
            dataset: dataset.to_owned(),
            schema,
        }
    }

    /// The name in the SQL.
    #[must_use]
    pub fn alias(&self) -> &str {
        &self.alias
    }

    /// The dataset's id.
    #[must_use]
    pub fn dataset(&self) -> &str {
        &self.dataset
    }

    /// The schema of its rows.
    #[must_use]
    pub fn input_schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

impl TableSource for InputSource {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// A scan of something already bound and labelled: an earlier step, or an owner's view. It never
/// stands in a finished plan.
#[derive(Debug, Clone)]
pub(crate) struct BoundSource {
    pub(crate) name: String,
    pub(crate) schema: SchemaRef,
}

impl TableSource for BoundSource {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// The Arrow type of a declared type.
#[must_use]
pub fn arrow_type(declared: &ColumnType) -> DataType {
    match declared {
        ColumnType::String => DataType::Utf8,
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Int8 => DataType::Int8,
        ColumnType::Int16 => DataType::Int16,
        ColumnType::Int32 => DataType::Int32,
        ColumnType::Int64 => DataType::Int64,
        ColumnType::Float32 => DataType::Float32,
        ColumnType::Float64 => DataType::Float64,
        ColumnType::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale),
        ColumnType::Date => DataType::Date32,
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ColumnType::Time => DataType::Time64(TimeUnit::Microsecond),
        ColumnType::Binary => DataType::Binary,
    }
}
