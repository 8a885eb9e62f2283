//! The first rows of a source: as text, as the contract types them, and written again.
//!
//! INVARIANT: a sample is read by the readers of a run and judged by the contract of a run. What cannot be written
//! as it was found is copied whole and held still.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, UInt64Type};
use sealine_connect::{Compression, RawBatch, Rows, Stored};
use sealine_contract::Contract;
use sealine_plan::PlannedInput;
use sealine_spec::{ColumnType, CsvOptions, Dataset, Format};

use super::scratch;
use crate::error::EngineError;
use crate::exec::{self, InputFiles};
use crate::project::Project;

/// Cells as text, by column.
pub(super) type Columns = Vec<Vec<Option<String>>>;

/// A source of a pipeline.
pub(super) struct Source {
    pub(super) input: PlannedInput,
    /// Paths below the root of the connection, and how many rows each has.
    files: Vec<(PathBuf, usize)>,
    /// Files that are copied as they are.
    whole: Vec<(PathBuf, PathBuf)>,
    pub(super) first: Columns,
}

/// What the contract says of rows.
pub(super) struct Judged {
    /// Whether each row is accepted.
    pub(super) accepted: Vec<bool>,
    /// The accepted rows.
    pub(super) typed: RecordBatch,
}

impl Source {
    /// Reads at most so many rows.
    pub(super) fn read(
        project: &Project,
        input: &PlannedInput,
        most: usize,
    ) -> Result<Self, EngineError> {
        let dataset = &input.dataset;
        let places = project.places();
        let (root, located) = (places.connection_of(dataset)?, places.files(dataset)?);
        let mut source = Self {
            input: input.clone(),
            files: Vec::new(),
            whole: Vec::new(),
            first: vec![Vec::new(); input.schema.fields().len()],
        };
        let columns: Vec<String> = input
            .schema
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        let mut left = most;
        for file in located {
            let below = file
                .path
                .strip_prefix(&root)
                .unwrap_or(&file.path)
                .to_path_buf();
            let Some(stored) = text(dataset, &file.path) else {
                source.whole.push((file.path, below));
                continue;
            };
            let mut reader =
                sealine_connect::open(&[file], &stored, &columns, &[], left.clamp(1, 8192), None)?;
            let mut rows = 0;
            while left > 0
                && let Some(raw) = reader.next()?
            {
                let taken = raw.batch.num_rows().min(left);
                for (cells, column) in source.first.iter_mut().zip(raw.batch.columns()) {
                    let text = texts(&column.slice(0, taken));
                    cells.extend(text.iter().map(|cell| cell.map(str::to_owned)));
                }
                (rows, left) = (rows + taken, left - taken);
            }
            source.files.push((below, rows));
        }
        Ok(source)
    }

    pub(super) fn rows(&self) -> usize {
        self.files.iter().map(|(_, rows)| rows).sum()
    }

    /// How many of its files are copied as they are.
    pub(super) fn copied(&self) -> usize {
        self.whole.len()
    }

    /// Judges rows as a run does.
    pub(super) fn judge(&self, rows: &Columns) -> Result<Judged, EngineError> {
        let mut contract = Contract::compile(
            &self.input.dataset,
            Arc::clone(&self.input.schema),
            exec::expectations(&self.input)?,
        )?;
        let count = rows.first().map_or(0, Vec::len);
        let fields = self.input.schema.fields().iter();
        let fields: Vec<Field> = fields
            .map(|field| Field::new(field.name(), DataType::Utf8, true))
            .collect();
        let arrays: Vec<ArrayRef> = rows
            .iter()
            .map(|cells| Arc::new(StringArray::from_iter(cells)) as ArrayRef)
            .collect();
        let fault = || EngineError::NoTwins {
            reason: format!("the rows of `{}` cannot be judged", self.input.dataset.id),
        };
        let batch =
            RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|_| fault())?;
        let checked = contract.check(RawBatch {
            batch,
            rows: Rows::contiguous(1, count),
            malformed: Vec::new(),
        })?;
        let rejected = checked.rejected.column_by_name("row").ok_or_else(fault)?;
        let rejected: BTreeSet<u64> = rejected
            .as_primitive::<UInt64Type>()
            .values()
            .iter()
            .copied()
            .collect();
        Ok(Judged {
            accepted: (1..=count as u64)
                .map(|row| !rejected.contains(&row))
                .collect(),
            typed: checked.accepted,
        })
    }

    /// Writes rows, as many as each file has, or as are left, into a copy of the project.
    pub(super) fn write(&self, copy: &Path, rows: &Columns) -> Result<(), EngineError> {
        let Some(at) = &self.input.dataset.at else {
            return Ok(());
        };
        let root = scratch::connection(copy, &at.connection);
        let place = |below: &Path| {
            let path = root.join(below);
            path.parent().map_or(Ok(()), scratch::make).map(|()| path)
        };
        for (from, below) in &self.whole {
            scratch::copy(from, &place(below)?)?;
        }
        let count = rows.first().map_or(0, Vec::len);
        let mut from = 0;
        for (at, (below, length)) in self.files.iter().enumerate() {
            let last = at + 1 == self.files.len();
            let to = if last {
                count
            } else {
                (from + length).min(count)
            };
            let path = place(below)?;
            let text = self.lines(rows, from..to);
            std::fs::write(&path, text)
                .map_err(|source| EngineError::TwinPlace { path, source })?;
            from = to;
        }
        Ok(())
    }

    fn lines(&self, columns: &Columns, rows: std::ops::Range<usize>) -> String {
        let names: Vec<&str> = self
            .input
            .schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        let cell = |column: usize, row: usize| {
            columns
                .get(column)
                .and_then(|cells| cells.get(row))
                .and_then(Option::as_deref)
        };
        let mut out = String::new();
        if let Some(Format::Csv(options)) = self.input.dataset.at.as_ref().map(|at| &at.format) {
            let between = char::from(options.delimiter).to_string();
            let null = options.null.first().map_or("", String::as_str);
            let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
            if options.header {
                out.push_str(
                    &names
                        .iter()
                        .map(|name| quoted(name))
                        .collect::<Vec<_>>()
                        .join(&between),
                );
                out.push('\n');
            }
            for row in rows {
                let cells = (0..names.len())
                    .map(|at| cell(at, row).map_or_else(|| null.to_owned(), quoted));
                out.push_str(&cells.collect::<Vec<_>>().join(&between));
                out.push('\n');
            }
            return out;
        }
        for row in rows {
            let fields = names.iter().enumerate().filter_map(|(at, name)| {
                let text = cell(at, row)?;
                let declared = self.input.dataset.column(name).map(|column| &column.ty);
                let bare = !matches!(declared, None | Some(ColumnType::String));
                let value = match serde_json::from_str(text) {
                    Ok(value) if bare => value,
                    _ => serde_json::Value::from(text),
                };
                Some(((*name).to_owned(), value))
            });
            let object: serde_json::Map<_, _> = fields.collect();
            out.push_str(&serde_json::Value::Object(object).to_string());
            out.push('\n');
        }
        out
    }
}

/// How the text of a file is read, where it can be written again as it was found.
fn text(dataset: &Dataset, path: &Path) -> Option<Stored<'static>> {
    let at = dataset.at.as_ref()?;
    let plain = at.compression.is_none() && matches!(Compression::of(path), Compression::None);
    if !plain
        || dataset.encrypt.is_some()
        || !dataset.declares_columns
        || !dataset.partition_by.is_empty()
    {
        return None;
    }
    match &at.format {
        Format::Csv(options)
            if options.formulas.is_none()
                && options.null.iter().any(|null| plain_null(null, options)) =>
        {
            Some(Stored::Csv {
                options: sealine_connect::CsvOptions {
                    delimiter: options.delimiter,
                    header: options.header,
                    null: options.null.clone(),
                    neutralized: false,
                },
                compression: None,
            })
        }
        Format::Jsonl => Some(Stored::Jsonl { compression: None }),
        Format::Csv(_) | Format::Arrow | Format::Parquet => None,
    }
}

fn plain_null(null: &str, options: &CsvOptions) -> bool {
    options.null.first().is_some_and(|first| first == null)
        && !null.contains(['"', '\n', '\r', char::from(options.delimiter)])
}

fn texts(column: &ArrayRef) -> StringArray {
    let text = cast(column, &DataType::Utf8);
    text.map_or_else(
        |_| StringArray::new_null(column.len()),
        |text| text.as_string::<i32>().clone(),
    )
}

/// The files of a dataset, as a run reads them.
pub(super) fn files(project: &Project, dataset: &Dataset) -> Result<InputFiles, EngineError> {
    InputFiles::new(project.places().files(dataset)?)
}
