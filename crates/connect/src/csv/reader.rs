//! The reader: records in, batches of text columns out.
//!
//! INVARIANT: every data row of the file gets one number and lands in the batch or among the
//! malformed, in file order. Memory is bounded by the batch, the longest record and one read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatchOptions;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use memchr::{memchr, memchr2};

use super::columns::TextColumn;
use super::header::{self, lines_in};
use super::options::CsvOptions;
use super::rule;
use super::split::{Found, Splitter};
use super::window::{Tap, Window};
use crate::file::{self, FileIdentity};
use crate::{ConnectError, Malformed, RawBatch, Rows, Source, Warning};

/// A batch ends when its values take this much, whatever the number of rows.
const BATCH_BYTES: usize = 16 << 20;

/// A CSV file being read.
pub struct CsvSource {
    path: PathBuf,
    identity: FileIdentity,
    window: Window,
    splitter: Splitter,
    schema: SchemaRef,
    width: usize,
    fields: Vec<usize>,
    null: Vec<Vec<u8>>,
    batch_rows: usize,
    /// Number of the next row and physical line.
    row: u64,
    line: u64,
    resyncs: u32,
    done: bool,
    warnings: Vec<Warning>,
    /// Bytes of each column in the last batch, so that the next begins with room enough.
    sizes: Vec<usize>,
}

/// Opens a CSV file and reads its header. `columns` are the columns wanted, in the order wanted;
/// the header must have each once, others are skipped (they are still split and must be UTF-8).
pub fn open_csv(
    path: &Path,
    options: &CsvOptions,
    columns: &[String],
    batch_rows: usize,
) -> Result<CsvSource, ConnectError> {
    options.check()?;
    let (file, identity) = file::open(path)?;
    let mut window = Window::new(file, identity.bytes());
    window.more(path)?;
    if window.bytes().starts_with(b"\xef\xbb\xbf") {
        window.start = 3;
    }
    let refuse = |reason| ConnectError::Header {
        path: path.display().to_string(),
        reason,
    };
    if window.bytes().starts_with(b"\xff\xfe") || window.bytes().starts_with(b"\xfe\xff") {
        return Err(refuse("the file is UTF-16; save it as UTF-8"));
    }
    if window.last && window.pending() == 0 {
        return Err(ConnectError::Empty {
            path: path.display().to_string(),
        });
    }
    let layout = if options.header {
        header::read(&mut window, path, options.delimiter, columns)?
    } else if columns.len() > rule::COLUMNS_MAX {
        return Err(refuse("more than 10,000 columns are declared"));
    } else {
        header::Layout {
            width: columns.len(),
            fields: (0..columns.len()).collect(),
            lines: 0,
            warning: None,
        }
    };
    let fields: Vec<Field> = columns
        .iter()
        .map(|name| Field::new(name, DataType::Utf8, true))
        .collect();
    Ok(CsvSource {
        path: path.to_owned(),
        identity,
        window,
        splitter: Splitter::new(options.delimiter, layout.width, layout.width == 1),
        schema: Arc::new(Schema::new(fields)),
        width: layout.width,
        sizes: vec![0; layout.fields.len()],
        fields: layout.fields,
        null: options
            .null
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect(),
        batch_rows: batch_rows.max(1),
        row: 1,
        line: layout.lines + 1,
        resyncs: 0,
        done: false,
        warnings: layout.warning.into_iter().collect(),
    })
}

/// What has been gathered for the next batch.
struct Gathered {
    columns: Vec<TextColumn>,
    numbers: Vec<u64>,
    lines: Vec<u64>,
    malformed: Vec<Malformed>,
    bytes: usize,
}

impl CsvSource {
    /// Shows every byte of the file to `tap`, once and in order, for a digest. What was read to
    /// find the header is shown at once.
    pub fn tap(&mut self, mut tap: Tap) {
        debug_assert_eq!(self.window.read, self.window.bytes().len() as u64);
        tap(self.window.bytes());
        self.window.tap = Some(tap);
    }

    /// The file as it was when it was opened.
    pub fn identity(&self) -> &FileIdentity {
        &self.identity
    }

    /// The columns, all text.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn batch(&mut self) -> Result<Option<RawBatch>, ConnectError> {
        let rows = self.batch_rows;
        let mut gathered = Gathered {
            columns: self
                .sizes
                .iter()
                .map(|size| TextColumn::new(rows, size + size / 8))
                .collect(),
            numbers: Vec::with_capacity(rows),
            lines: Vec::with_capacity(rows),
            malformed: Vec::new(),
            bytes: 0,
        };
        while gathered.numbers.len() < rows
            && gathered.malformed.len() < rows
            && gathered.bytes < BATCH_BYTES
        {
            let window = &self.window;
            match self
                .splitter
                .find(window.bytes(), window.start, window.last)
            {
                Found::End => break,
                Found::Blank { next } => {
                    self.line += 1;
                    self.window.start = next;
                }
                Found::Partial { open } => {
                    let long = self.window.pending() > rule::RECORD_MAX;
                    if open && (long || self.window.last) {
                        self.go_back(&mut gathered, long)?;
                    } else if long {
                        self.skip_line(&mut gathered)?;
                    } else {
                        self.window.more(&self.path)?;
                    }
                }
                Found::Record {
                    end,
                    next,
                    fields,
                    stray,
                } => {
                    self.record(&mut gathered, end, fields, stray);
                    self.window.start = next;
                }
            }
        }
        self.finish(gathered)
    }

    /// Takes the record that ends at `end`, well formed or not.
    fn record(&mut self, to: &mut Gathered, end: usize, fields: usize, stray: bool) {
        let record = self
            .window
            .bytes()
            .get(self.window.start..end)
            .unwrap_or_default();
        let fault = if record.len() > rule::FIELD_MAX && self.too_long(record) {
            Some(rule::TOO_LONG)
        } else if !self.window.plain && memchr(0, record).is_some() {
            Some(rule::NUL)
        } else if !self.window.plain && std::str::from_utf8(record).is_err() {
            Some(rule::NOT_UTF8)
        } else if stray {
            Some(rule::QUOTING)
        } else if fields != self.width {
            Some(rule::RAGGED)
        } else {
            None
        };
        if let Some(rule) = fault {
            to.bytes += reject(to, self.row, self.line, rule, record);
        } else {
            let bytes = self.window.bytes();
            for (column, index) in to.columns.iter_mut().zip(&self.fields) {
                let Some(field) = self.splitter.fields.get(*index) else {
                    column.null();
                    continue;
                };
                let text = bytes.get(field.start..field.end).unwrap_or_default();
                if field.doubled {
                    column.doubled(text);
                } else if !field.quoted && self.null.iter().any(|null| null == text) {
                    column.null();
                } else {
                    column.value(text);
                }
            }
            to.numbers.push(self.row);
            to.lines.push(self.line);
            to.bytes += record.len();
        }
        self.row += 1;
        // Only a quoted field can hold a line end; most records have none.
        let quoted = self.splitter.fields.iter().any(|field| field.quoted);
        self.line += if quoted || fault.is_some() {
            lines_in(record)
        } else {
            1
        };
    }

    fn too_long(&self, record: &[u8]) -> bool {
        record.len() > rule::RECORD_MAX
            || self
                .splitter
                .fields
                .iter()
                .any(|field| field.end - field.start > rule::FIELD_MAX)
    }

    /// A quote on this line is never closed, or not within the longest record: the line alone is
    /// malformed and reading goes on behind it, so that no further row is swallowed.
    fn go_back(&mut self, to: &mut Gathered, long: bool) -> Result<(), ConnectError> {
        self.resyncs += 1;
        if self.resyncs > rule::RESYNC_MAX {
            return Err(ConnectError::Quoting {
                path: self.path.display().to_string(),
                line: self.line,
                limit: rule::RESYNC_MAX,
            });
        }
        let rest = self
            .window
            .bytes()
            .get(self.window.start..)
            .unwrap_or_default();
        let Some(end) = memchr2(b'\n', b'\r', rest) else {
            if long {
                return self.skip_line(to);
            }
            to.bytes += reject(to, self.row, self.line, rule::UNTERMINATED, rest);
            self.window.start += rest.len();
            self.row += 1;
            return Ok(());
        };
        let line = rest.get(..end).unwrap_or_default();
        to.bytes += reject(to, self.row, self.line, rule::UNTERMINATED, line);
        let crlf = rest.get(end..end + 2) == Some(b"\r\n");
        self.window.start += end + if crlf { 2 } else { 1 };
        self.row += 1;
        self.line += 1;
        Ok(())
    }

    /// A line longer than the longest record: its beginning is kept, the rest passed over.
    fn skip_line(&mut self, to: &mut Gathered) -> Result<(), ConnectError> {
        let rest = self
            .window
            .bytes()
            .get(self.window.start..)
            .unwrap_or_default();
        to.bytes += reject(to, self.row, self.line, rule::TOO_LONG, rest);
        loop {
            let rest = self
                .window
                .bytes()
                .get(self.window.start..)
                .unwrap_or_default();
            if let Some(end) = memchr2(b'\n', b'\r', rest) {
                // A `\n` behind a `\r` is then a blank line, which would be counted once more.
                let crlf = rest.get(end) == Some(&b'\r');
                self.window.start += end + 1;
                if crlf {
                    if self.window.pending() == 0 && !self.window.last {
                        self.window.more(&self.path)?;
                    }
                    if self.window.bytes().get(self.window.start) == Some(&b'\n') {
                        self.window.start += 1;
                    }
                }
                break;
            }
            self.window.start += rest.len();
            if self.window.last {
                break;
            }
            self.window.more(&self.path)?;
        }
        self.row += 1;
        self.line += 1;
        Ok(())
    }

    fn finish(&mut self, gathered: Gathered) -> Result<Option<RawBatch>, ConnectError> {
        let count = gathered.numbers.len();
        if count == 0 && gathered.malformed.is_empty() {
            self.done = true;
            return Ok(None);
        }
        self.sizes = gathered.columns.iter().map(TextColumn::len).collect();
        let broken = || ConnectError::Decode {
            path: self.path.display().to_string(),
            part: "text",
        };
        let columns: Option<Vec<_>> = gathered
            .columns
            .into_iter()
            .map(TextColumn::finish)
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        let batch = RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            columns.ok_or_else(broken)?,
            &options,
        )
        .map_err(|_| broken())?;
        Ok(Some(RawBatch {
            batch,
            rows: Rows::numbered(gathered.numbers, gathered.lines),
            malformed: gathered.malformed,
        }))
    }
}

/// Puts a malformed row aside and returns how many bytes it holds.
fn reject(to: &mut Gathered, row: u64, line: u64, rule: &'static str, bytes: &[u8]) -> usize {
    let raw = bytes.get(..rule::RAW_MAX).unwrap_or(bytes).to_vec();
    let kept = raw.len();
    to.malformed.push(Malformed {
        row,
        line,
        rule,
        truncated: kept < bytes.len(),
        raw,
    });
    kept
}

impl Source for CsvSource {
    fn next(&mut self) -> Result<Option<RawBatch>, ConnectError> {
        if self.done {
            return Ok(None);
        }
        let result = self.batch();
        if result.is_err() {
            self.done = true;
        }
        result
    }

    fn bytes_read(&self) -> u64 {
        self.window
            .read
            .saturating_sub(self.window.pending() as u64)
    }

    fn bytes_total(&self) -> Option<u64> {
        Some(self.identity.bytes())
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

impl std::fmt::Debug for CsvSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvSource")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
