//! Writing sealed Parquet: every module under the keys of its footer or its column.
//!
//! INVARIANT: there is no constructor without keys, which cover the footer and every column, and no
//! option that leaves something in clear: no plain footer, no bloom filters (which are never
//! sealed), no Arrow schema on the side. The file is new, owner-only and durable when `finish`
//! returns; publishing it is the caller's business.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::ArrowSchemaConverter;
use ::parquet::encryption::encrypt::FileEncryptionProperties;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::access::FileAad;
use super::encode::Encoder;
use super::sealing::FileKeys;
use crate::file::NewFile;
use crate::quiet::quietly;
use crate::{ConnectError, Written};

/// A sealed Parquet file being written.
pub struct EncryptedWriter {
    path: PathBuf,
    schema: SchemaRef,
    rows: u64,
    /// `None` after a failure: what was begun can only be thrown away.
    state: Option<State>,
}

enum State {
    /// Its first rows decide how the columns are encoded.
    New(NewFile, Arc<FileEncryptionProperties>),
    Begun(Box<Encoder>),
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
        let possible = quietly(|| ArrowSchemaConverter::new().convert(&schema).is_ok());
        if !possible.unwrap_or(false) {
            return Err(failed("a column has a type that Parquet cannot hold"));
        }
        Ok(EncryptedWriter {
            path: path.to_owned(),
            schema,
            rows: 0,
            state: Some(State::New(NewFile::create(path)?, sealing)),
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
        let state = self.take()?;
        let outcome = quietly(|| {
            let mut encoder = state.begun(batch)?;
            encoder.append(batch)?;
            Ok::<_, ::parquet::errors::ParquetError>(encoder)
        });
        if let Ok(Ok(encoder)) = outcome {
            self.state = Some(State::Begun(encoder));
            self.rows += batch.num_rows() as u64;
            Ok(())
        } else {
            Err(self.failed("encoding or the disk failed; check the free space"))
        }
    }

    /// Ends the file and makes it durable. Its folder is not synced: the caller publishes.
    pub fn finish(mut self) -> Result<Written, ConnectError> {
        let state = self.take()?;
        let none = RecordBatch::new_empty(Arc::clone(&self.schema));
        let outcome = quietly(|| state.begun(&none)?.finish());
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
        match &self.state {
            Some(State::Begun(encoder)) => encoder.bytes(),
            Some(State::New(..)) | None => 0,
        }
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
    /// The encoder, made for rows such as these where nothing was written before.
    fn begun(self, rows: &RecordBatch) -> ::parquet::errors::Result<Box<Encoder>> {
        match self {
            State::Begun(encoder) => Ok(encoder),
            State::New(file, sealing) => Encoder::new(file, sealing, rows).map(Box::new),
        }
    }
}

impl std::fmt::Debug for EncryptedWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EncryptedWriter")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}
