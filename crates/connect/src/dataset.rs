//! A dataset of any format and any number of files as one stream of batches.
//!
//! INVARIANT: files come in the order given, row numbers count through them, and each file passes
//! the witness before its first row. This is the one way into the readers for a run.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatchOptions;
use arrow::datatypes::{Fields, Schema};
use arrow::record_batch::RecordBatch;

use crate::csv::read_csv;
use crate::input::{Input, bear_witness};
use crate::ipc::open_ipc;
use crate::jsonl::read_jsonl;
use crate::parquet::open_named;
use crate::{
    Access, Compression, ConnectError, CsvOptions, Located, RawBatch, Source, Warning, Witnessed,
    partition,
};

/// How the files of a dataset are written. Without a compression each file's name tells: `.gz`,
/// `.zst`, or none.
#[derive(Clone, Debug)]
pub enum Stored<'a> {
    /// Delimited text.
    Csv {
        /// Its options.
        options: CsvOptions,
        /// How every file is compressed.
        compression: Option<Compression>,
    },
    /// One JSON object a line.
    Jsonl {
        /// How every file is compressed.
        compression: Option<Compression>,
    },
    /// Arrow IPC.
    Arrow,
    /// Parquet, plain or sealed.
    Parquet(Access<'a>),
}

/// Opens the `files` of a dataset. `columns` are the columns wanted, in the order wanted; those
/// among `partition_by` take their values from where a file lies, and a column of that name in the
/// file is not read. Parquet files are all checked and their keys unwrapped now; the others are
/// opened as their turn comes.
pub fn open(
    files: &[Located],
    stored: &Stored<'_>,
    columns: &[String],
    partition_by: &[String],
    batch_rows: usize,
    witness: Option<&Witnessed>,
) -> Result<Box<dyn Source>, ConnectError> {
    let own: Vec<String> = columns
        .iter()
        .filter(|column| !partition_by.contains(column))
        .cloned()
        .collect();
    if let Stored::Parquet(access) = stored {
        if let Some(witness) = witness {
            for file in files {
                bear_witness(&file.path, witness)?;
            }
        }
        if partition_by.is_empty() {
            let named = files.iter().map(|file| (&*file.path, &*file.name));
            let source = open_named(named, &own, *access, batch_rows)?;
            return Ok(Box::new(source));
        }
    }
    let mut parts: VecDeque<Part> = VecDeque::with_capacity(files.len());
    for file in files {
        let partitions = columns
            .iter()
            .map(|column| {
                let position = partition_by.iter().position(|name| name == column)?;
                Some(file.partitions.get(position).cloned().flatten())
            })
            .collect();
        let open = opener(file, stored, &own, batch_rows, witness)?;
        parts.push_back(Part { open, partitions });
    }
    Ok(Box::new(Chain {
        names: columns.to_vec(),
        parts,
        current: None,
        rows: 0,
        rows_before: 0,
        bytes_before: 0,
        warnings: Vec::new(),
    }))
}

type Open = Box<dyn FnOnce() -> Result<Box<dyn Source>, ConnectError> + Send>;

fn opener(
    file: &Located,
    stored: &Stored<'_>,
    columns: &[String],
    batch_rows: usize,
    witness: Option<&Witnessed>,
) -> Result<Open, ConnectError> {
    let (path, columns, witness) = (file.path.clone(), columns.to_vec(), witness.cloned());
    let input = |path: &Path, compression: Option<Compression>, witness: Option<&Witnessed>| {
        let compression = compression.unwrap_or_else(|| Compression::of(path));
        Input::open(path, compression, witness)
    };
    Ok(match stored {
        Stored::Csv {
            options,
            compression,
        } => {
            let (options, compression) = (options.clone(), *compression);
            Box::new(move || {
                let input = input(&path, compression, witness.as_ref())?;
                Ok(Box::new(read_csv(input, &options, &columns, batch_rows)?))
            })
        }
        Stored::Jsonl { compression } => {
            let compression = *compression;
            Box::new(move || {
                let input = input(&path, compression, witness.as_ref())?;
                Ok(Box::new(read_jsonl(input, &columns, batch_rows)?))
            })
        }
        Stored::Arrow => Box::new(move || {
            if let Some(witness) = &witness {
                bear_witness(&path, witness)?;
            }
            Ok(Box::new(open_ipc(&path, &columns, batch_rows)?))
        }),
        Stored::Parquet(access) => {
            let named = std::iter::once((&*file.path, &*file.name));
            let source = open_named(named, &columns, *access, batch_rows)?;
            Box::new(move || Ok(Box::new(source)))
        }
    })
}

/// For each column asked for: the value that it has in a whole file, if it is a partition.
type Partitions = Vec<Option<Option<String>>>;

/// One file of a dataset, whose turn has not come.
struct Part {
    open: Open,
    partitions: Partitions,
}

/// The files of a dataset, one after the other.
struct Chain {
    names: Vec<String>,
    parts: VecDeque<Part>,
    current: Option<(Box<dyn Source>, Partitions)>,
    /// Rows of all files so far, and of those before the current one.
    rows: u64,
    rows_before: u64,
    bytes_before: u64,
    warnings: Vec<Warning>,
}

impl Chain {
    fn pull(&mut self) -> Result<Option<RawBatch>, ConnectError> {
        loop {
            let (mut source, partitions) = match self.current.take() {
                Some(current) => current,
                None => match self.parts.pop_front() {
                    Some(part) => ((part.open)()?, part.partitions),
                    None => return Ok(None),
                },
            };
            // Taken out of `self`: where this fails, the reader is dropped.
            let Some(raw) = source.next()? else {
                self.bytes_before = self.bytes_before.saturating_add(source.bytes_read());
                merge(&mut self.warnings, source.warnings(), self.rows_before == 0);
                self.rows_before = self.rows;
                continue;
            };
            let raw = self.placed(raw, &partitions)?;
            self.current = Some((source, partitions));
            return Ok(Some(raw));
        }
    }

    /// The batch of a file as one of the dataset: its rows numbered on, its partitions filled in.
    fn placed(
        &mut self,
        raw: RawBatch,
        partitions: &[Option<Option<String>>],
    ) -> Result<RawBatch, ConnectError> {
        let before = self.rows_before;
        let mut malformed = raw.malformed;
        for one in &mut malformed {
            one.row = one.row.saturating_add(before);
            self.rows = self.rows.max(one.row);
        }
        let rows = raw.rows.after(before);
        if let Some(last) = rows.len().checked_sub(1).and_then(|last| rows.row(last)) {
            self.rows = self.rows.max(last);
        }
        if partitions.iter().all(Option::is_none) {
            return Ok(RawBatch {
                batch: raw.batch,
                rows,
                malformed,
            });
        }
        let count = raw.batch.num_rows();
        let schema = raw.batch.schema();
        let mut own = schema.fields().iter().zip(raw.batch.columns());
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        for (name, partition) in self.names.iter().zip(partitions) {
            if let Some(value) = partition {
                let (field, array) = partition::column(name, value.as_deref(), count);
                fields.push(Arc::new(field));
                arrays.push(array);
            } else if let Some((field, array)) = own.next() {
                fields.push(Arc::clone(field));
                arrays.push(Arc::clone(array));
            }
        }
        let schema = Arc::new(Schema::new(Fields::from(fields)));
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        let batch = RecordBatch::try_new_with_options(schema, arrays, &options).map_err(|_| {
            ConnectError::Decode {
                path: String::new(),
                part: "partition",
            }
        })?;
        Ok(RawBatch {
            batch,
            rows,
            malformed,
        })
    }
}

/// Adds what a file gave to be told to what those before it gave.
fn merge(all: &mut Vec<Warning>, new: &[Warning], first: bool) {
    // A column is never there only if no file has it.
    if !first {
        let absent = |column: &String| {
            new.iter().any(|warning| {
                matches!(warning, Warning::NeverThere { columns } if columns.contains(column))
            })
        };
        all.retain_mut(|warning| match warning {
            Warning::NeverThere { columns } => {
                columns.retain(absent);
                !columns.is_empty()
            }
            _ => true,
        });
    }
    for warning in new {
        match warning {
            Warning::NeverThere { .. } if !first => {}
            Warning::UndeclaredFields { rows: more } => {
                let known = all.iter_mut().find_map(|known| match known {
                    Warning::UndeclaredFields { rows } => Some(rows),
                    _ => None,
                });
                match known {
                    Some(rows) => *rows = rows.saturating_add(*more),
                    None => all.push(warning.clone()),
                }
            }
            _ if all.contains(warning) => {}
            _ => all.push(warning.clone()),
        }
    }
}

impl Source for Chain {
    fn next(&mut self) -> Result<Option<RawBatch>, ConnectError> {
        let result = self.pull();
        if result.is_err() {
            self.parts.clear();
            self.current = None;
        }
        result
    }

    fn bytes_read(&self) -> u64 {
        let current = self
            .current
            .as_ref()
            .map_or(0, |(source, _)| source.bytes_read());
        self.bytes_before.saturating_add(current)
    }

    fn bytes_total(&self) -> Option<u64> {
        None
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}
