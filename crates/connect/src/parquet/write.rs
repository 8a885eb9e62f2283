//! Writing sealed Parquet: every module under the keys of its footer or its column.
//!
//! INVARIANT: there is no constructor without keys, which cover the footer and every column, and no
//! option that leaves something in clear: no plain footer, no bloom filters (which are never
//! sealed), no Arrow schema on the side. The file is new, owner-only and durable when `finish`
//! returns; publishing it is the caller's business.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, ArrowWriter,
    ArrowWriterOptions, compute_leaves,
};
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::writer::SerializedFileWriter;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::access::FileAad;
use super::sealing::FileKeys;
use crate::file::NewFile;
use crate::quiet::quietly;
use crate::{ConnectError, Written};

/// A row group ends at this many rows, or at this many encoded bytes.
const GROUP_ROWS: usize = 256 << 10;
const GROUP_BYTES: usize = 64 << 20;
/// Below this many rows a batch is encoded on the caller's thread alone.
const PARALLEL_ROWS: usize = 1024;

/// A sealed Parquet file being written.
pub struct EncryptedWriter {
    path: PathBuf,
    schema: SchemaRef,
    rows: u64,
    /// `None` after a failure: what was begun can only be thrown away.
    state: Option<State>,
}

struct State {
    writer: SerializedFileWriter<NewFile>,
    factory: ArrowRowGroupWriterFactory,
    group: Vec<ArrowColumnWriter>,
    group_rows: usize,
    groups: usize,
    lanes: usize,
}

impl EncryptedWriter {
    /// Begins a new file at `path`, which must not exist, with the columns that `keys` were made
    /// for. It will be readable as `aad` only: under that dataset's id and that file name, with the
    /// keys that `keys` are wrapped under. A key material file, where `keys` demand one, is written
    /// beside it now, named for the file name of `aad`.
    pub fn create(
        path: &Path,
        keys: FileKeys,
        aad: &FileAad,
    ) -> Result<EncryptedWriter, ConnectError> {
        let failed = |reason| ConnectError::Write {
            path: path.display().to_string(),
            reason,
        };
        let schema = Arc::clone(keys.schema());
        if schema
            .fields()
            .iter()
            .any(|field| field.data_type().is_nested())
        {
            return Err(failed(
                "a column has a nested type; cast it to a plain type",
            ));
        }
        let sealing = keys.properties(path, aad)?;
        let properties = WriterProperties::builder()
            .with_file_encryption_properties(sealing)
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_bloom_filter_enabled(false)
            .set_created_by(concat!("sealine ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let hashed = NewFile::create(path)?;
        let options = ArrowWriterOptions::new()
            .with_properties(properties)
            .with_skip_arrow_metadata(true);
        let parts = quietly(|| {
            ArrowWriter::try_new_with_options(hashed, Arc::clone(&schema), options)?
                .into_serialized_writer()
        });
        let Ok(Ok((writer, factory))) = parts else {
            return Err(failed("a column has a type that Parquet cannot hold"));
        };
        let lanes = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(4);
        let state = State {
            writer,
            factory,
            group: Vec::new(),
            group_rows: 0,
            groups: 0,
            lanes,
        };
        Ok(EncryptedWriter {
            path: path.to_owned(),
            schema,
            rows: 0,
            state: Some(state),
        })
    }

    /// Appends rows. The batch must have the columns that the writer was created with. After an
    /// error the file can only be thrown away.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ConnectError> {
        let same = batch.num_columns() == self.schema.fields().len()
            && batch
                .schema_ref()
                .fields()
                .iter()
                .zip(self.schema.fields())
                .all(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type());
        if !same {
            self.state = None;
            return Err(self.failed("the rows do not have the columns it was begun with"));
        }
        let mut state = self.take()?;
        let outcome = quietly(|| state.append(batch, &self.schema));
        if let Ok(Ok(())) = outcome {
            self.state = Some(state);
            self.rows += batch.num_rows() as u64;
            Ok(())
        } else {
            Err(self.failed("encoding or the disk failed; check the free space"))
        }
    }

    /// Ends the file and makes it durable. Its folder is not synced: the caller publishes.
    pub fn finish(mut self) -> Result<Written, ConnectError> {
        let mut state = self.take()?;
        let outcome = quietly(|| {
            state.end_group()?;
            // Writes the footer too.
            state.writer.into_inner()
        });
        let Ok(Ok(file)) = outcome else {
            return Err(self.failed("encoding or the disk failed; check the free space"));
        };
        file.finish(&self.path, self.rows)
    }

    /// Rows taken so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes that have reached the file so far; the row group in the making is not among them.
    pub fn bytes(&self) -> u64 {
        self.state
            .as_ref()
            .map_or(0, |state| state.writer.bytes_written() as u64)
    }

    fn take(&mut self) -> Result<State, ConnectError> {
        self.state
            .take()
            .ok_or_else(|| self.failed("an earlier write to it failed"))
    }

    fn failed(&self, reason: &'static str) -> ConnectError {
        ConnectError::Write {
            path: self.path.display().to_string(),
            reason,
        }
    }
}

impl State {
    fn append(&mut self, batch: &RecordBatch, schema: &SchemaRef) -> ::parquet::errors::Result<()> {
        let mut from = 0;
        while from < batch.num_rows() {
            if self.group.is_empty() {
                self.group = self.factory.create_column_writers(self.groups)?;
            }
            let count = (batch.num_rows() - from).min(GROUP_ROWS - self.group_rows);
            self.encode(&batch.slice(from, count), schema)?;
            self.group_rows += count;
            from += count;
            let held: usize = self
                .group
                .iter()
                .map(ArrowColumnWriter::get_estimated_total_bytes)
                .sum();
            if self.group_rows >= GROUP_ROWS || held >= GROUP_BYTES {
                self.end_group()?;
            }
        }
        Ok(())
    }

    /// Encodes the columns, side by side where there are cores and rows enough.
    fn encode(&mut self, batch: &RecordBatch, schema: &SchemaRef) -> ::parquet::errors::Result<()> {
        let columns = batch.columns();
        // No column is nested, so each has one leaf and one writer.
        let mut work: Vec<_> = schema
            .fields()
            .iter()
            .zip(columns)
            .zip(self.group.iter_mut())
            .collect();
        let lanes = if batch.num_rows() < PARALLEL_ROWS {
            1
        } else {
            self.lanes
        };
        let share = work.len().div_ceil(lanes).max(1);
        std::thread::scope(|scope| {
            let mut others = Vec::new();
            let mut parts = work.chunks_mut(share);
            let own = parts.next();
            for part in parts {
                others.push(scope.spawn(move || {
                    quietly(|| {
                        part.iter_mut().try_for_each(|((field, array), writer)| {
                            compute_leaves(field, array)?
                                .iter()
                                .try_for_each(|leaf| writer.write(leaf))
                        })
                    })
                }));
            }
            let mut result = own
                .into_iter()
                .flatten()
                .try_for_each(|((field, array), writer)| {
                    compute_leaves(field, array)?
                        .iter()
                        .try_for_each(|leaf| writer.write(leaf))
                });
            for other in others {
                let outcome = match other.join() {
                    Ok(Ok(outcome)) => outcome,
                    _ => Err(::parquet::errors::ParquetError::General(
                        "panicked".to_owned(),
                    )),
                };
                result = result.and(outcome);
            }
            result
        })
    }

    fn end_group(&mut self) -> ::parquet::errors::Result<()> {
        if self.group_rows == 0 {
            return Ok(());
        }
        let columns = std::mem::take(&mut self.group);
        let chunks: Vec<ArrowColumnChunk> = columns
            .into_iter()
            .map(ArrowColumnWriter::close)
            .collect::<Result<_, _>>()?;
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

impl std::fmt::Debug for EncryptedWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncryptedWriter")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}
