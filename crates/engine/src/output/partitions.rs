//! The rows of a partitioned output, taken apart: which folder they go to, and what the files in it hold.
//!
//! INVARIANT: rows come sorted by their partition columns, so each folder is begun once and one file is open at a
//! time. What names a folder was proved to be for the lowest clearance. Must never: put a value into an error.

use std::sync::Arc;

use datafusion::arrow::array::Array;
use datafusion::arrow::compute::partition;
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use sealine_connect::partition_folder;

use crate::error::EngineError;

/// How an output is parted.
pub(crate) struct Partitions {
    dataset: String,
    /// The partition columns, outermost first, by their place in the rows.
    by: Vec<(usize, String)>,
    /// The places of the others, which the files hold.
    rest: Vec<usize>,
}

impl Partitions {
    /// How rows of `schema` are parted; none where they are not.
    ///
    /// # Errors
    /// `SL5027` where a partition column is not there, or no column is left for the files.
    pub(crate) fn new(
        dataset: &str,
        by: &[String],
        schema: &SchemaRef,
    ) -> Result<Option<Self>, EngineError> {
        if by.is_empty() {
            return Ok(None);
        }
        let refuse = |reason: &str| EngineError::NotAsProved {
            output: dataset.to_owned(),
            reason: reason.to_owned(),
        };
        let found = by.iter().map(|name| {
            let at = schema.index_of(name).map_err(|_| name)?;
            Ok((at, name.clone()))
        });
        let by: Vec<(usize, String)> = found
            .collect::<Result<_, &String>>()
            .map_err(|name| refuse(&format!("it has no column `{name}`")))?;
        let parting = |index: &usize| by.iter().any(|(at, _)| at == index);
        let rest: Vec<usize> = (0..schema.fields().len())
            .filter(|index| !parting(index))
            .collect();
        if rest.is_empty() {
            return Err(refuse("it has partition columns only"));
        }
        Ok(Some(Self {
            dataset: dataset.to_owned(),
            by,
            rest,
        }))
    }

    /// The columns of the files.
    pub(crate) fn schema(&self, schema: &SchemaRef) -> SchemaRef {
        let fields = self.rest.iter().filter_map(|at| schema.fields().get(*at));
        Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>()))
    }

    /// The rows of a batch by folder, in their order; the folder with a `/` behind each part.
    pub(crate) fn split(
        &self,
        batch: &RecordBatch,
    ) -> Result<Vec<(String, RecordBatch)>, EngineError> {
        let lost = || EngineError::NotAsProved {
            output: self.dataset.clone(),
            reason: "its partition columns cannot be read".to_owned(),
        };
        let places: Vec<usize> = self.by.iter().map(|(at, _)| *at).collect();
        let keys = batch.project(&places).map_err(|_| lost())?;
        let held = batch.project(&self.rest).map_err(|_| lost())?;
        let ranges = partition(keys.columns()).map_err(|_| lost())?.ranges();
        let mut pieces = Vec::with_capacity(ranges.len());
        for range in ranges {
            let mut folder = String::new();
            for ((_, column), values) in self.by.iter().zip(keys.columns()) {
                folder.push_str(&self.named(column, values, range.start)?);
                folder.push('/');
            }
            pieces.push((folder, held.slice(range.start, range.len())));
        }
        Ok(pieces)
    }

    /// The folder of an output without rows, whose one file holds its columns.
    pub(crate) fn of_no_rows(&self) -> Result<String, EngineError> {
        let mut folder = String::new();
        for (_, column) in &self.by {
            folder.push_str(&self.folder(column, None)?);
            folder.push('/');
        }
        Ok(folder)
    }

    fn named(&self, column: &str, values: &dyn Array, row: usize) -> Result<String, EngineError> {
        if values.is_null(row) {
            return self.folder(column, None);
        }
        let unnamed = || self.refused(column, "has no text of its own");
        let options = FormatOptions::default();
        let text = ArrayFormatter::try_new(values, &options)
            .map_err(|_| unnamed())?
            .value(row)
            .try_to_string()
            .map_err(|_| unnamed())?;
        // Of years beyond four digits readers disagree.
        if matches!(values.data_type(), DataType::Date32 | DataType::Date64) && text.len() != 10 {
            return Err(self.refused(column, "is a date beyond the years 0 to 9999"));
        }
        self.folder(column, Some(&text))
    }

    fn folder(&self, column: &str, value: Option<&str>) -> Result<String, EngineError> {
        partition_folder(column, value).map_err(|reason| self.refused(column, reason))
    }

    fn refused(&self, column: &str, reason: &'static str) -> EngineError {
        EngineError::PartitionValue {
            dataset: self.dataset.clone(),
            column: column.to_owned(),
            reason,
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use datafusion::arrow::array::{
        ArrayRef, BooleanArray, Date32Array, Int64Array, LargeStringArray, StringArray,
        StringViewArray, UInt8Array,
    };
    use datafusion::arrow::compute::cast;

    use super::*;

    fn parted(by: &[&str], columns: Vec<(&str, ArrayRef)>) -> Result<Vec<String>, EngineError> {
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, array)| (name, array, true)),
        )
        .unwrap();
        let by: Vec<String> = by.iter().map(|name| (*name).to_owned()).collect();
        let parting = Partitions::new("lake.out", &by, &batch.schema())?.unwrap();
        assert_eq!(
            parting.schema(&batch.schema()).fields().len(),
            batch.num_columns() - by.len()
        );
        let pieces = parting.split(&batch)?;
        Ok(pieces
            .into_iter()
            .map(|(folder, rows)| format!("{folder}{}", rows.num_rows()))
            .collect())
    }

    #[test]
    fn every_shape_of_column_names_folders() {
        let rows: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let text = StringArray::from(vec![None, Some("a/b"), Some("a/b")]);
        let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
        let day = Date32Array::from(vec![None, Some(0), Some(20_000)]);
        for (column, expected) in [
            (Arc::new(text.clone()) as ArrayRef, "p=a%2Fb/2"),
            (
                Arc::new(LargeStringArray::from(vec![None, Some("a/b"), Some("a/b")])),
                "p=a%2Fb/2",
            ),
            (
                Arc::new(StringViewArray::from(vec![None, Some("a/b"), Some("a/b")])),
                "p=a%2Fb/2",
            ),
            (cast(&text, &dictionary).unwrap(), "p=a%2Fb/2"),
            (Arc::new(day), "p=2024-10-04/1"),
            (
                Arc::new(BooleanArray::from(vec![None, Some(false), Some(true)])),
                "p=true/1",
            ),
            (
                Arc::new(Int64Array::from(vec![None, Some(i64::MIN), Some(7)])),
                "p=7/1",
            ),
            (
                Arc::new(UInt8Array::from(vec![None, Some(1), Some(255)])),
                "p=255/1",
            ),
        ] {
            let all = parted(&["p"], vec![("p", column), ("id", Arc::clone(&rows))]).unwrap();
            assert_eq!(all.first().unwrap(), "p=__HIVE_DEFAULT_PARTITION__/1");
            assert_eq!(all.last().unwrap(), expected);
        }
    }

    #[test]
    fn folders_nest_as_they_are_named_and_slices_are_read() {
        let id: ArrayRef = Arc::new(Int64Array::from(vec![0, 1, 2, 3]));
        let year: ArrayRef = Arc::new(Int64Array::from(vec![9, 1, 1, 2]));
        let land: ArrayRef = Arc::new(StringArray::from(vec!["x", "a", "b", "b"]));
        let columns = vec![
            ("id", id.slice(1, 3)),
            ("land", land.slice(1, 3)),
            ("year", year.slice(1, 3)),
        ];
        let all = parted(&["year", "land"], columns).unwrap();
        assert_eq!(
            all,
            ["year=1/land=a/1", "year=1/land=b/1", "year=2/land=b/1"]
        );
    }

    #[test]
    fn what_cannot_be_a_name_is_refused_without_the_value() {
        let id: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let far: ArrayRef = Arc::new(Date32Array::from(vec![5_000_000]));
        let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
        let long = "secret".repeat(50);
        for (column, reason) in [
            (far, "beyond the years"),
            (text("secret\n"), "cannot be shown"),
            (text(&long), "too long"),
            (text("__HIVE_DEFAULT_PARTITION__"), "stands for null"),
        ] {
            let columns = vec![("p", column), ("id", Arc::clone(&id))];
            let error = parted(&["p"], columns).unwrap_err();
            assert_eq!(error.code(), "SL5472");
            let said = error.to_string();
            assert!(said.contains(reason) && !said.contains("secret"), "{said}");
        }
        let missing = parted(&["q"], vec![("id", Arc::clone(&id))]).unwrap_err();
        assert_eq!(missing.code(), "SL5027");
        assert_eq!(
            parted(&["id"], vec![("id", id)]).unwrap_err().code(),
            "SL5027"
        );
    }
}
