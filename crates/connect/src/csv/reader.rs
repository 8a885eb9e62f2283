//! The reader: records in, batches of text columns out.
//!
//! INVARIANT: every data row of the file gets one number and lands in the batch or among the
//! malformed, in file order. Memory is bounded by the batch, the longest record and one read.

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use memchr::{memchr, memchr2};

use super::formula::restored;
use super::header::{self, lines_in};
use super::options::CsvOptions;
use super::split::{Found, Splitter};
use crate::file::FileIdentity;
use crate::input::{Compression, Gathered, Input, Window, text_schema};
use crate::{ConnectError, RawBatch, Source, Warning, rule};

/// A CSV file being read.
pub struct CsvSource {
    window: Window,
    splitter: Splitter,
    schema: SchemaRef,
    width: usize,
    fields: Vec<usize>,
    null: Vec<Vec<u8>>,
    formulas: bool,
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

/// Opens a CSV file that is not compressed and reads its header. `columns` are the columns wanted, in the order wanted;
/// the header must have each once, others are skipped (they are still split and must be UTF-8).
pub fn open_csv(
    path: &Path,
    options: &CsvOptions,
    columns: &[String],
    batch_rows: usize,
) -> Result<CsvSource, ConnectError> {
    read_csv(
        Input::open(path, Compression::None, None)?,
        options,
        columns,
        batch_rows,
    )
}

pub(crate) fn read_csv(
    input: Input,
    options: &CsvOptions,
    columns: &[String],
    batch_rows: usize,
) -> Result<CsvSource, ConnectError> {
    options.check()?;
    let path = &input.path().to_owned();
    let mut window = Window::new(input);
    window.more()?;
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
        header::read(&mut window, path, options, columns)?
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
    Ok(CsvSource {
        window,
        splitter: Splitter::new(options.delimiter, layout.width, layout.width == 1),
        schema: text_schema(columns),
        width: layout.width,
        sizes: vec![0; layout.fields.len()],
        fields: layout.fields,
        null: options
            .null
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect(),
        formulas: options.neutralized,
        batch_rows: batch_rows.max(1),
        row: 1,
        line: layout.lines + 1,
        resyncs: 0,
        done: false,
        warnings: layout.warning.into_iter().collect(),
    })
}

impl CsvSource {
    /// The file as it was when it was opened.
    pub fn identity(&self) -> &FileIdentity {
        self.window.identity()
    }

    /// The columns, all text.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn batch(&mut self) -> Result<Option<RawBatch>, ConnectError> {
        let mut gathered = Gathered::new(self.batch_rows, &self.sizes);
        while !gathered.full() {
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
                        self.window.more()?;
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
        } else if end > self.window.sound && memchr(0, record).is_some() {
            Some(rule::NUL)
        } else if end > self.window.sound && std::str::from_utf8(record).is_err() {
            Some(rule::NOT_UTF8)
        } else if stray {
            Some(rule::QUOTING)
        } else if fields != self.width {
            Some(rule::RAGGED)
        } else {
            None
        };
        if let Some(rule) = fault {
            to.reject(self.row, self.line, rule, record);
        } else {
            let bytes = self.window.bytes();
            for (column, index) in to.columns.iter_mut().zip(&self.fields) {
                let Some(field) = self.splitter.fields.get(*index) else {
                    column.null();
                    continue;
                };
                let text = bytes.get(field.start..field.end).unwrap_or_default();
                let text = if self.formulas { restored(text) } else { text };
                if field.doubled {
                    column.doubled(text);
                } else if !field.quoted && self.null.iter().any(|null| null == text) {
                    column.null();
                } else if self.formulas {
                    column.value(text);
                } else {
                    column.value_at(bytes, field.start, field.end);
                }
            }
            to.numbers.push(self.row);
            to.lines.push(self.line);
            to.bytes += record.len();
        }
        self.row += 1;
        // Only a quoted field can hold a line end; most records have none.
        self.line += if self.splitter.quotes || fault.is_some() {
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
                path: self.window.path().display().to_string(),
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
            to.reject(self.row, self.line, rule::UNTERMINATED, rest);
            self.window.start += rest.len();
            self.row += 1;
            return Ok(());
        };
        let line = rest.get(..end).unwrap_or_default();
        to.reject(self.row, self.line, rule::UNTERMINATED, line);
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
        to.reject(self.row, self.line, rule::TOO_LONG, rest);
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
                        self.window.more()?;
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
            self.window.more()?;
        }
        self.row += 1;
        self.line += 1;
        Ok(())
    }

    fn finish(&mut self, gathered: Gathered) -> Result<Option<RawBatch>, ConnectError> {
        let batch = gathered.finish(&self.schema, &mut self.sizes, self.window.path())?;
        self.done = batch.is_none();
        Ok(batch)
    }
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
        self.window.consumed()
    }

    fn bytes_total(&self) -> Option<u64> {
        Some(self.window.identity().bytes())
    }

    fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

impl std::fmt::Debug for CsvSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvSource")
            .field("path", &self.window.path())
            .finish_non_exhaustive()
    }
}
