//! The writer: batches in, one file in clear out.
//!
//! INVARIANT: the file is new, owner-only and durable when `finish` returns; publishing it is the
//! caller's business. What it holds reads back as the same rows through the readers of this crate.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatchOptions, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};

use super::PlainAllowed;
use super::text::{self, Shape};
use crate::file::NewFile;
use crate::quiet::quietly;
use crate::{ConnectError, Written};

/// What is encoded before it goes to the file.
const CHUNK: usize = 1 << 20;

/// How rows are written in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainFormat {
    /// RFC 4180 with a header; texts that a spreadsheet would run are neutralized, see
    /// [`crate::CsvOptions::neutralized`].
    Csv,
    /// One JSON object a line, every column in it.
    Jsonl,
    /// The Arrow IPC file format, its buffers compressed by zstd.
    Arrow,
}

impl PlainFormat {
    /// How the name of a file of this format ends.
    pub fn suffix(self) -> &'static str {
        match self {
            PlainFormat::Csv => ".csv",
            PlainFormat::Jsonl => ".jsonl",
            PlainFormat::Arrow => ".arrow",
        }
    }
}

/// A file in clear being written.
pub struct PlainWriter {
    path: PathBuf,
    schema: SchemaRef,
    rows: u64,
    /// `None` after a failure: what was begun can only be thrown away.
    body: Option<Body>,
}

enum Body {
    Text(Text),
    Arrow(Box<FileWriter<BufWriter<NewFile>>>),
}

/// A text file: its format decides how a record is put together.
struct Text {
    file: NewFile,
    format: PlainFormat,
    shapes: Vec<Shape>,
    /// What comes before each value: in JSON its key.
    lead: Vec<Vec<u8>>,
    pending: Vec<u8>,
}

impl PlainWriter {
    /// Begins a new file at `path`, which must not exist.
    pub fn create(
        path: &Path,
        schema: &SchemaRef,
        format: PlainFormat,
        _: PlainAllowed,
    ) -> Result<PlainWriter, ConnectError> {
        let failed = |reason| ConnectError::Write {
            path: path.display().to_string(),
            reason,
        };
        if schema
            .fields()
            .iter()
            .any(|field| field.data_type().is_nested())
        {
            return Err(failed(
                "a column has a nested type; cast it to a plain type",
            ));
        }
        let file = NewFile::create(path)?;
        let body = if format == PlainFormat::Arrow {
            let file = BufWriter::with_capacity(CHUNK, file);
            let writer = quietly(|| {
                let options =
                    IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD))?;
                FileWriter::try_new_with_options(file, &stored(schema), options)
            });
            let Ok(Ok(writer)) = writer else {
                return Err(failed("a column has a type that Arrow IPC cannot hold"));
            };
            Body::Arrow(Box::new(writer))
        } else {
            Body::Text(Text::new(file, format, schema).ok_or_else(|| {
                failed("a column's name holds a NUL, which CSV cannot hold; rename it")
            })?)
        };
        Ok(PlainWriter {
            path: path.to_owned(),
            schema: Arc::clone(schema),
            rows: 0,
            body: Some(body),
        })
    }

    /// Appends rows. The batch must have the columns that the writer was created with. After an
    /// error the file can only be thrown away.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ConnectError> {
        let body = self.body.take();
        let same = batch.num_columns() == self.schema.fields().len()
            && batch
                .schema_ref()
                .fields()
                .iter()
                .zip(self.schema.fields())
                .all(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type());
        let Some(mut body) = body.filter(|_| same) else {
            return Err(self.failed("the rows do not have the columns it was begun with"));
        };
        let outcome = quietly(|| match &mut body {
            Body::Text(text) => text.append(batch),
            Body::Arrow(writer) => {
                let columns = batch.columns().iter().zip(writer.schema().fields());
                let columns: Result<Vec<ArrayRef>, _> = columns
                    .map(|(column, field)| cast(column, field.data_type()))
                    .collect();
                let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
                columns
                    .and_then(|columns| {
                        let schema = Arc::clone(writer.schema());
                        RecordBatch::try_new_with_options(schema, columns, &options)
                    })
                    .and_then(|batch| writer.write(&batch))
                    .map_err(|_| DISK)
            }
        });
        match outcome {
            Ok(Ok(())) => {
                self.body = Some(body);
                self.rows += batch.num_rows() as u64;
                Ok(())
            }
            Ok(Err(reason)) => Err(self.failed(reason)),
            Err(_) => Err(self.failed(DISK)),
        }
    }

    /// Ends the file and makes it durable. Its folder is not synced: the caller publishes.
    pub fn finish(mut self) -> Result<Written, ConnectError> {
        let Some(body) = self.body.take() else {
            return Err(self.failed("an earlier write to it failed"));
        };
        let outcome = quietly(|| match body {
            Body::Text(mut text) => text.flush().map(|()| text.file),
            Body::Arrow(writer) => writer
                // Writes the footer too.
                .into_inner()
                .map_err(|_| DISK)?
                .into_inner()
                .map_err(|_| DISK),
        });
        match outcome {
            Ok(Ok(file)) => file.finish(&self.path, self.rows),
            Ok(Err(reason)) => Err(self.failed(reason)),
            Err(_) => Err(self.failed(DISK)),
        }
    }

    /// Rows taken so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes that have reached the file so far; what is being gathered is not among them.
    pub fn bytes(&self) -> u64 {
        match &self.body {
            Some(Body::Text(text)) => text.file.bytes(),
            Some(Body::Arrow(writer)) => writer.get_ref().get_ref().bytes(),
            None => 0,
        }
    }

    fn failed(&self, reason: &'static str) -> ConnectError {
        ConnectError::Write {
            path: self.path.display().to_string(),
            reason,
        }
    }
}

const DISK: &str = "encoding or the disk failed; check the free space";

/// The schema of an Arrow file: plain columns without the file's history. A dictionary could not
/// change from batch to batch, and not every reader knows views.
fn stored(schema: &SchemaRef) -> Schema {
    let plain = |field: &Arc<Field>| {
        let kind = match field.data_type() {
            DataType::Dictionary(_, values) => values.as_ref().clone(),
            other => other.clone(),
        };
        let kind = match kind {
            DataType::Utf8View => DataType::Utf8,
            DataType::BinaryView => DataType::Binary,
            other => other,
        };
        Field::new(field.name(), kind, field.is_nullable())
    };
    Schema::new(schema.fields().iter().map(plain).collect::<Vec<_>>())
}

impl Text {
    fn new(file: NewFile, format: PlainFormat, schema: &SchemaRef) -> Option<Text> {
        let mut pending = Vec::with_capacity(CHUNK);
        let mut lead = Vec::with_capacity(schema.fields().len());
        for (index, field) in schema.fields().iter().enumerate() {
            let name = field.name().as_bytes();
            let mut own = Vec::new();
            if index > 0 {
                own.push(b',');
            }
            if format == PlainFormat::Csv {
                pending.extend_from_slice(&own);
                text::csv_field(name, Shape::Text, &mut pending)?;
            } else {
                text::json_string(name, &mut own);
                own.push(b':');
            }
            lead.push(own);
        }
        if format == PlainFormat::Csv {
            pending.extend_from_slice(b"\r\n");
        }
        let kinds = schema
            .fields()
            .iter()
            .map(|field| Shape::of(field.data_type()));
        Some(Text {
            file,
            format,
            shapes: kinds.collect(),
            lead,
            pending,
        })
    }

    fn append(&mut self, batch: &RecordBatch) -> Result<(), &'static str> {
        let columns: Option<Vec<StringArray>> = batch.columns().iter().map(text::texts).collect();
        let columns = columns.ok_or("a column has a value that has no text; cast it in the SQL")?;
        for row in 0..batch.num_rows() {
            match self.format {
                PlainFormat::Csv => self.record(&columns, row)?,
                _ => self.object(&columns, row),
            }
            if self.pending.len() >= CHUNK {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn record(&mut self, columns: &[StringArray], row: usize) -> Result<(), &'static str> {
        for ((column, shape), lead) in columns.iter().zip(&self.shapes).zip(&self.lead) {
            self.pending.extend_from_slice(lead);
            if column.is_valid(row) {
                text::csv_field(column.value(row).as_bytes(), *shape, &mut self.pending).ok_or(
                    "a text holds a NUL byte, which CSV cannot hold; remove it in the SQL or write another format",
                )?;
            }
        }
        self.pending.extend_from_slice(b"\r\n");
        Ok(())
    }

    fn object(&mut self, columns: &[StringArray], row: usize) {
        self.pending.push(b'{');
        for ((column, shape), lead) in columns.iter().zip(&self.shapes).zip(&self.lead) {
            self.pending.extend_from_slice(lead);
            if column.is_null(row) {
                self.pending.extend_from_slice(b"null");
            } else if *shape == Shape::Bare {
                text::json_bare(column.value(row).as_bytes(), &mut self.pending);
            } else {
                text::json_string(column.value(row).as_bytes(), &mut self.pending);
            }
        }
        self.pending.extend_from_slice(b"}\n");
    }

    fn flush(&mut self) -> Result<(), &'static str> {
        self.file.write_all(&self.pending).map_err(|_| DISK)?;
        self.pending.clear();
        Ok(())
    }
}

impl std::fmt::Debug for PlainWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlainWriter")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}
