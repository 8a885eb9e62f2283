//! Rows on their way into a sealed Parquet file: how each column is encoded, row groups, and the
//! cores that share the work.
//!
//! INVARIANT: an encoder is made with the properties that seal the file, and has no others.
//!
//! Must never: choose an encoding by more than the first rows, or keep a row longer than its group.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use ::parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, ArrowWriter,
    ArrowWriterOptions, compute_leaves,
};
use ::parquet::basic::{Compression, Encoding, ZstdLevel};
use ::parquet::encryption::encrypt::FileEncryptionProperties;
use ::parquet::errors::{ParquetError, Result};
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::ColumnPath;
use arrow::array::ArrayRef;
use arrow::datatypes::FieldRef;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};

use crate::file::NewFile;
use crate::quiet::quietly;

/// A row group ends at this many rows, or at this many encoded bytes.
const GROUP_ROWS: usize = 122_880;
const GROUP_BYTES: usize = 64 << 20;
/// Below this many rows a batch is encoded on the caller's thread alone.
const PARALLEL_ROWS: usize = 1024;
/// So many first rows tell whether the values of a column repeat; fewer tell nothing.
const SAMPLE_ROWS: usize = 4096;
const SAMPLE_LEAST: usize = 1024;

/// The encoder of one file.
pub(super) struct Encoder {
    writer: SerializedFileWriter<NewFile>,
    factory: ArrowRowGroupWriterFactory,
    group: Vec<ArrowColumnWriter>,
    group_rows: usize,
    groups: usize,
    lanes: usize,
}

impl Encoder {
    /// Begins the file, for rows such as `first`, which it does not take yet.
    pub(super) fn new(
        file: NewFile,
        sealing: Arc<FileEncryptionProperties>,
        first: &RecordBatch,
    ) -> Result<Encoder> {
        let schema = first.schema();
        let mut properties = WriterProperties::builder()
            .with_file_encryption_properties(sealing)
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_bloom_filter_enabled(false)
            .set_created_by(concat!("sealine ", env!("CARGO_PKG_VERSION")).to_owned());
        for (field, column) in schema.fields().iter().zip(first.columns()) {
            let path = ColumnPath::new(vec![field.name().clone()]);
            let Some(sample) = Sample::of(column) else {
                continue;
            };
            // Tokens and identifiers fill a dictionary that is thrown away when it is full, and pay
            // for every lookup until then.
            if sample.hardly_repeats {
                properties = properties.set_column_dictionary_enabled(path.clone(), false);
            }
            if sample.hardly_repeats && column.data_type().is_string() {
                // Lengths apart from the bytes: between tokens of one length they are what a
                // compressor finds most of, and it has nothing else to find there.
                let lengths_apart = Encoding::DELTA_LENGTH_BYTE_ARRAY;
                properties = properties.set_column_encoding(path.clone(), lengths_apart);
                // The least and the greatest of texts in no order rule out nothing in any group.
                if !sample.ordered {
                    let none = EnabledStatistics::None;
                    properties = properties.set_column_statistics_enabled(path, none);
                }
            }
        }
        let options = ArrowWriterOptions::new()
            .with_properties(properties.build())
            .with_skip_arrow_metadata(true);
        let (writer, factory) =
            ArrowWriter::try_new_with_options(file, schema, options)?.into_serialized_writer()?;
        let lanes = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(4);
        Ok(Encoder {
            writer,
            factory,
            group: Vec::new(),
            group_rows: 0,
            groups: 0,
            lanes,
        })
    }

    /// Takes rows, of the columns that the encoder was made for.
    pub(super) fn append(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut from = 0;
        while from < batch.num_rows() {
            if self.group.is_empty() {
                self.group = self.factory.create_column_writers(self.groups)?;
            }
            let count = (batch.num_rows() - from).min(GROUP_ROWS - self.group_rows);
            self.encode(&batch.slice(from, count))?;
            self.group_rows += count;
            from += count;
            let held: usize = self
                .group
                .iter()
                .map(ArrowColumnWriter::get_estimated_total_bytes)
                .sum();
            if self.group_rows >= GROUP_ROWS || held >= GROUP_BYTES {
                self.end_group()?;
                self.writer.inner_mut().sync_ahead();
            }
        }
        Ok(())
    }

    /// Bytes that have reached the file; the row group in the making is not among them.
    pub(super) fn bytes(&self) -> u64 {
        self.writer.bytes_written() as u64
    }

    /// Writes what is left and the footer.
    pub(super) fn finish(mut self: Box<Self>) -> Result<NewFile> {
        self.end_group()?;
        self.writer.into_inner()
    }

    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        let lanes = if batch.num_rows() < PARALLEL_ROWS {
            1
        } else {
            self.lanes
        };
        let schema = batch.schema();
        // No column is nested, so each has one leaf and one writer.
        let work: Vec<(&FieldRef, &ArrayRef, &mut ArrowColumnWriter)> = schema
            .fields()
            .iter()
            .zip(batch.columns())
            .zip(&mut self.group)
            .map(|((field, column), writer)| (field, column, writer))
            .collect();
        side_by_side(lanes, work, |(field, column, writer)| {
            compute_leaves(field, column)?
                .iter()
                .try_for_each(|leaf| writer.write(leaf))
        })
        .map(|_| ())
    }

    fn end_group(&mut self) -> Result<()> {
        if self.group_rows == 0 {
            return Ok(());
        }
        let columns = std::mem::take(&mut self.group);
        let chunks: Vec<ArrowColumnChunk> =
            side_by_side(self.lanes, columns, ArrowColumnWriter::close)?;
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        self.group_rows = 0;
        self.groups += 1;
        Ok(())
    }
}

/// Does the work of every item on `lanes` threads, the caller's among them; each takes the next
/// item when it is free. Answers in the order of the items.
fn side_by_side<T: Send, R: Send>(
    lanes: usize,
    items: Vec<T>,
    work: impl Fn(T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let done: Mutex<Vec<Option<Result<R>>>> = Mutex::new(items.iter().map(|_| None).collect());
    let queue = Mutex::new(items.into_iter().enumerate());
    let lane = || {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((place, item)) = next else {
                return;
            };
            // A panic here is told by the gap it leaves, and prints nothing.
            let Ok(result) = quietly(|| work(item)) else {
                return;
            };
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = done.get_mut(place) {
                *place = Some(result);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..lanes {
            scope.spawn(lane);
        }
        lane();
    });
    done.into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .into_iter()
        .map(|result| result.unwrap_or_else(|| Err(ParquetError::General("panicked".to_owned()))))
        .collect()
}

/// What the first values of a column tell about it.
struct Sample {
    /// More than three in four of them differ.
    hardly_repeats: bool,
    /// Each stands behind the one before it, as in files that grow by the end, or each before it.
    ordered: bool,
}

impl Sample {
    /// `None` where there are too few values to tell anything.
    fn of(column: &ArrayRef) -> Option<Sample> {
        let rows = column.len().min(SAMPLE_ROWS);
        if rows < SAMPLE_LEAST {
            return None;
        }
        let field = SortField::new(column.data_type().clone());
        let sample = RowConverter::new(vec![field])
            .and_then(|converter| converter.convert_columns(&[column.slice(0, rows)]));
        let sample = sample.ok()?;
        Some(Sample {
            hardly_repeats: sample.iter().collect::<HashSet<_>>().len() * 4 > rows * 3,
            ordered: sample.iter().is_sorted() || sample.iter().is_sorted_by(|a, b| a >= b),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray};

    #[test]
    fn columns_whose_values_differ_need_no_dictionary() {
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..5000));
        let days: ArrayRef = Arc::new(Int64Array::from_iter_values((0..5000).map(|n| n % 365)));
        let nulls: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>; 5000]));
        let hardly_repeats = |column: &ArrayRef| Sample::of(column).unwrap().hardly_repeats;
        assert!(hardly_repeats(&ids));
        assert!(!hardly_repeats(&days));
        assert!(!hardly_repeats(&nulls));
        assert!(Sample::of(&ids.slice(0, 1000)).is_none());
    }

    #[test]
    fn values_in_order_are_told_from_others() {
        let ordered = |value: fn(i64) -> i64| {
            let column: ArrayRef = Arc::new(Int64Array::from_iter_values((0..5000).map(value)));
            Sample::of(&column).unwrap().ordered
        };
        assert!(ordered(|n| n) && ordered(|n| -n) && ordered(|n| n / 7));
        assert!(!ordered(|n| n * 7919 % 5000));
    }

    #[test]
    fn the_work_of_lanes_comes_back_in_order() {
        for lanes in [1, 2, 7] {
            let doubled = side_by_side(lanes, (0..100).collect(), |n: u32| Ok(n * 2));
            assert_eq!(doubled.ok(), Some((0..100).map(|n| n * 2).collect()));
        }
        let failed = side_by_side(2, vec![1, 2, 3], |n| {
            if n == 2 {
                Err(ParquetError::General("two".to_owned()))
            } else {
                Ok(n)
            }
        });
        assert!(failed.is_err());
    }
}
