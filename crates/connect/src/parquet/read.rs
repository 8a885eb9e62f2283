//! Reading Parquet: some files as one stream of batches, in the order given.
//!
//! INVARIANT: the decoder runs only on files that passed the bounds, only inside `quietly`, and
//! after an error or panic in it the reader is gone. Embedded Arrow schemas are not believed.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use ::parquet::encryption::decrypt::FileDecryptionProperties;
use ::parquet::errors::ParquetError;
use arrow::array::RecordBatchOptions;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchReader};

use super::access::{self, Access, FileAad};
use super::bounds;
use super::material::Materials;
use crate::file;
use crate::quiet::quietly;
use crate::{ConnectError, RawBatch, Rows, Source};

/// One file, checked and with its key, not yet being read.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    bytes: u64,
    properties: Option<Arc<FileDecryptionProperties>>,
}

/// The files of a Parquet dataset being read.
pub struct ParquetSource {
    columns: Option<Vec<String>>,
    batch_rows: usize,
    waiting: VecDeque<Part>,
    current: Option<Reading>,
    row: u64,
    bytes_done: u64,
    bytes_total: u64,
}

/// The file being read.
struct Reading {
    path: PathBuf,
    sealed: bool,
    reader: ParquetRecordBatchReader,
    /// Which column of a batch holds each of the columns asked for.
    order: Vec<usize>,
    bytes: u64,
    rows: u64,
    rows_done: u64,
}

/// Opens the files of a Parquet dataset. `columns` are the columns wanted, in the order wanted;
/// every file must have them, as plain columns. Every file is checked and its key unwrapped now,
/// so that a wrong
/// key ends the run before the first row; a column that is not wanted may be under a key that is not
/// there.
pub fn open_parquet(
    files: &[PathBuf],
    columns: &[String],
    access: Access<'_>,
    batch_rows: usize,
) -> Result<ParquetSource, ConnectError> {
    let named = files.iter().map(|path| (path.as_path(), last(path)));
    open_named(named, columns, access, batch_rows)
}

/// As [`open_parquet`], of files with their names in the dataset.
pub(crate) fn open_named<'a>(
    files: impl Iterator<Item = (&'a Path, &'a str)>,
    columns: &[String],
    access: Access<'_>,
    batch_rows: usize,
) -> Result<ParquetSource, ConnectError> {
    let waiting = files.map(|(path, name)| Part::checked(path, name, columns, access));
    Ok(ParquetSource::over(
        waiting.collect::<Result<_, _>>()?,
        Some(columns.to_vec()),
        batch_rows,
    ))
}

/// The name of a file that lies in no partition.
fn last(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str());
    name.unwrap_or_default()
}

/// The names of the columns of a Parquet file, in order, from its footer.
pub fn parquet_columns(path: &Path, access: Access<'_>) -> Result<Vec<String>, ConnectError> {
    let reading = Part::checked(path, last(path), &[], access)?.open(None, 1)?;
    let schema = reading.reader.schema();
    let names = schema.fields().iter().map(|field| field.name().clone());
    Ok(names.collect())
}

/// The columns of a plain Parquet file, of any type; a sealed one is refused.
pub(crate) fn plain_schema(path: &Path) -> Result<SchemaRef, ConnectError> {
    let (file, identity) = file::open(path)?;
    if bounds::check_file(&file, identity.bytes(), path)? {
        return Err(ConnectError::Encrypted {
            path: path.display().to_string(),
        });
    }
    decode(path, "footer", false, || {
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::load(&file, options)?;
        Ok(Arc::clone(metadata.schema()))
    })
}

impl Part {
    /// A file whose kind is the one expected, with its key; `columns` are not under a key that is not there.
    fn checked(
        path: &Path,
        name: &str,
        columns: &[String],
        access: Access<'_>,
    ) -> Result<Part, ConnectError> {
        let (file, identity) = file::open(path)?;
        let sealed = bounds::check_file(&file, identity.bytes(), path)?;
        let shown = || path.display().to_string();
        let opening = match (access, sealed) {
            (Access::Plain, false) => None,
            (Access::Plain, true) => return Err(ConnectError::Encrypted { path: shown() }),
            (Access::Sealed { .. } | Access::Others { .. }, false) => {
                return Err(ConnectError::Plaintext { path: shown() });
            }
            (Access::Sealed { keys, dataset }, true) => {
                let prefix = FileAad::new(dataset, name)?.prefix();
                Some((Materials::new(path, keys, None), prefix))
            }
            // No prefix, whatever the file stores: one that Sealine bound to a place has one.
            (Access::Others { keys, accepted }, true) => {
                Some((Materials::new(path, keys, Some(accepted)), Vec::new()))
            }
        };
        let properties = match opening {
            Some((materials, prefix)) => {
                let mut unsealed = access::unseal(&file, path, &materials, prefix)?;
                let locked = columns.iter().find_map(|name| unsealed.locked.remove(name));
                if let Some(why) = locked {
                    return Err(why);
                }
                Some(unsealed.properties)
            }
            None => None,
        };
        Ok(Part {
            path: path.to_owned(),
            file,
            bytes: identity.bytes(),
            properties,
        })
    }

    pub(super) fn new(
        path: &Path,
        properties: Option<Arc<FileDecryptionProperties>>,
    ) -> Result<Part, ConnectError> {
        let (file, identity) = file::open(path)?;
        bounds::check_file(&file, identity.bytes(), path)?;
        Ok(Part {
            path: path.to_owned(),
            file,
            bytes: identity.bytes(),
            properties,
        })
    }

    /// Reads the footer, checks it and prepares the decoder for `columns` (all if `None`).
    fn open(self, columns: Option<&[String]>, batch_rows: usize) -> Result<Reading, ConnectError> {
        let sealed = self.properties.is_some();
        let path = self.path.clone();
        let fail = |error| translate(&path, "footer", sealed, error);
        let metadata = decode(&path, "footer", sealed, || {
            let mut options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
            if let Some(properties) = &self.properties {
                options = options.with_file_decryption_properties(Arc::clone(properties));
            }
            ArrowReaderMetadata::load(&self.file, options)
        })?;
        let rows = bounds::check_layout(metadata.metadata(), self.bytes, &path)?;
        let wanted = match columns {
            Some(names) => project(&metadata, names, &path)?,
            None => (0..metadata.schema().fields().len()).collect(),
        };
        let mask = quietly(|| ProjectionMask::roots(metadata.parquet_schema(), wanted.clone()))
            .map_err(|_| fail(None))?;
        if columns.is_some() && sealed && !all_sealed(&metadata) {
            return Err(ConnectError::Plaintext {
                path: path.display().to_string(),
            });
        }
        if !sealed {
            bounds::check_pages(
                &self.file,
                metadata.metadata(),
                |i| mask.leaf_included(i),
                &path,
            )?;
        }
        let reader = decode(&path, "footer", sealed, || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.file, metadata)
                .with_projection(mask)
                .with_batch_size(batch_rows)
                .build()
        })?;
        // A batch has the projected columns in the order of the file.
        let mut present = wanted.clone();
        present.sort_unstable();
        present.dedup();
        let order = wanted
            .iter()
            .filter_map(|root| present.binary_search(root).ok())
            .collect();
        Ok(Reading {
            path,
            sealed,
            reader,
            order,
            bytes: self.bytes,
            rows,
            rows_done: 0,
        })
    }
}

/// The positions of the named columns among the roots of the file's schema.
fn project(
    metadata: &ArrowReaderMetadata,
    names: &[String],
    path: &Path,
) -> Result<Vec<usize>, ConnectError> {
    let fields = metadata.schema().fields();
    let mut wanted = Vec::with_capacity(names.len());
    let mut missing = Vec::new();
    for name in names {
        let mut found = fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.name() == name);
        let Some((index, field)) = found.next() else {
            missing.push(name.clone());
            continue;
        };
        let shown = path.display().to_string();
        if found.next().is_some() {
            return Err(ConnectError::DuplicateColumn {
                path: shown,
                column: name.clone(),
            });
        }
        if field.data_type().is_nested() {
            return Err(ConnectError::Nested {
                path: shown,
                column: name.clone(),
            });
        }
        wanted.push(index);
    }
    if missing.is_empty() {
        Ok(wanted)
    } else {
        Err(ConnectError::MissingColumns {
            path: path.display().to_string(),
            columns: missing,
        })
    }
}

fn all_sealed(metadata: &ArrowReaderMetadata) -> bool {
    let groups = metadata.metadata().row_groups();
    groups.iter().all(|group| {
        group
            .columns()
            .iter()
            .all(|c| c.crypto_metadata().is_some())
    })
}

impl ParquetSource {
    pub(super) fn over(
        waiting: VecDeque<Part>,
        columns: Option<Vec<String>>,
        batch_rows: usize,
    ) -> ParquetSource {
        let bytes_total = waiting.iter().map(|part| part.bytes).sum();
        ParquetSource {
            columns,
            batch_rows: batch_rows.max(1),
            waiting,
            current: None,
            row: 1,
            bytes_done: 0,
            bytes_total,
        }
    }

    fn pull(&mut self) -> Result<Option<RawBatch>, ConnectError> {
        loop {
            let mut reading = match self.current.take() {
                Some(reading) => reading,
                None => match self.waiting.pop_front() {
                    Some(part) => part.open(self.columns.as_deref(), self.batch_rows)?,
                    None => return Ok(None),
                },
            };
            // Taken out of `self`: where this fails, the reader is dropped.
            let Some(batch) = reading.batch()? else {
                self.bytes_done = self.bytes_done.saturating_add(reading.bytes);
                continue;
            };
            let count = batch.num_rows();
            let rows = Rows::contiguous(self.row, count);
            self.row = self.row.saturating_add(count as u64);
            self.current = Some(reading);
            return Ok(Some(RawBatch {
                batch,
                rows,
                malformed: Vec::new(),
            }));
        }
    }
}

impl Reading {
    fn batch(&mut self) -> Result<Option<RecordBatch>, ConnectError> {
        let next = quietly(|| self.reader.next())
            .map_err(|_| translate(&self.path, "data", self.sealed, None))?;
        let Some(next) = next else {
            // A file that ends before the rows its footer promises has lost some.
            if self.rows_done != self.rows {
                return Err(translate(&self.path, "data", self.sealed, None));
            }
            return Ok(None);
        };
        let batch = next.map_err(|_| translate(&self.path, "data", self.sealed, None))?;
        self.rows_done = self.rows_done.saturating_add(batch.num_rows() as u64);
        let damaged = || translate(&self.path, "data", self.sealed, None);
        let columns: Option<Vec<_>> = self
            .order
            .iter()
            .map(|index| batch.columns().get(*index).cloned())
            .collect();
        let schema = batch.schema().project(&self.order).map_err(|_| damaged())?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::new(schema), columns.ok_or_else(damaged)?, &options)
            .map(Some)
            .map_err(|_| damaged())
    }
}

impl Source for ParquetSource {
    fn next(&mut self) -> Result<Option<RawBatch>, ConnectError> {
        let result = self.pull();
        if result.is_err() {
            self.waiting.clear();
            self.current = None;
        }
        result
    }

    fn bytes_read(&self) -> u64 {
        let within = self.current.as_ref().map_or(0, |reading| {
            let share = u128::from(reading.bytes) * u128::from(reading.rows_done)
                / u128::from(reading.rows.max(1));
            u64::try_from(share).unwrap_or(reading.bytes)
        });
        self.bytes_done.saturating_add(within).min(self.bytes_total)
    }

    fn bytes_total(&self) -> Option<u64> {
        Some(self.bytes_total)
    }
}

/// Runs a step of the decoder; its panics and its error texts end here.
fn decode<T>(
    path: &Path,
    part: &'static str,
    sealed: bool,
    work: impl FnOnce() -> ::parquet::errors::Result<T>,
) -> Result<T, ConnectError> {
    match quietly(work) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(translate(path, part, sealed, Some(&error))),
        Err(_) => Err(translate(path, part, sealed, None)),
    }
}

/// What a decoder's error means; its text may quote the data and is not looked at.
fn translate(
    path: &Path,
    part: &'static str,
    sealed: bool,
    error: Option<&ParquetError>,
) -> ConnectError {
    let path = path.display().to_string();
    match error {
        Some(ParquetError::NYI(_)) => ConnectError::Unsupported {
            path,
            what: "an encoding, compression or cipher",
        },
        _ if sealed => ConnectError::Tampered { path },
        _ => ConnectError::Decode { path, part },
    }
}

impl std::fmt::Debug for ParquetSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetSource")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}
