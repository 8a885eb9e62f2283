//! The reader: lines in, batches of text columns out.
//!
//! INVARIANT: every line that is not blank gets one number and lands in the batch or among the
//! malformed, in file order. Memory is bounded by the batch, the longest line and one read.

use std::collections::HashMap;
use std::ops::Range;

use arrow::datatypes::SchemaRef;
use memchr::memchr;

use super::scan::{self, Fault, Kind, Value};
use crate::input::{Gathered, Input, Window, text_schema};
use crate::{ConnectError, RawBatch, Source, Warning, rule};

/// Keys of a line that are remembered for the next one, and how long they may be.
const REMEMBERED: usize = 10_000;
const REMEMBERED_BYTES: usize = 256;

/// A JSON Lines file being read.
pub(crate) struct JsonlSource {
    window: Window,
    schema: SchemaRef,
    fields: Fields,
    batch_rows: usize,
    /// Number of the next row and physical line.
    row: u64,
    line: u64,
    done: bool,
    warnings: Vec<Warning>,
    sizes: Vec<usize>,
}

/// The declared fields, and where they lie in the line at hand.
struct Fields {
    columns: HashMap<Vec<u8>, usize>,
    /// The keys of the line before, as they stand there, with their columns: most lines have the
    /// same keys in the same order.
    remembered: Vec<(Vec<u8>, Option<usize>)>,
    found: Vec<Value>,
    /// Whether each column was in any line.
    seen: Vec<bool>,
    /// Lines with fields that are not declared.
    undeclared: u64,
    unescaped: Vec<u8>,
}

/// Reads JSON Lines. `columns` are the fields wanted, in the order wanted; a field that a line
/// lacks is null, one that is not wanted is scanned and not read.
pub(crate) fn read_jsonl(
    input: Input,
    columns: &[String],
    batch_rows: usize,
) -> Result<JsonlSource, ConnectError> {
    let mut window = Window::new(input);
    window.more()?;
    if window.bytes().starts_with(b"\xef\xbb\xbf") {
        window.start = 3;
    }
    if window.bytes().starts_with(b"\xff\xfe") || window.bytes().starts_with(b"\xfe\xff") {
        return Err(ConnectError::Unsupported {
            path: window.path().display().to_string(),
            what: "UTF-16",
        });
    }
    Ok(JsonlSource {
        window,
        schema: text_schema(columns),
        fields: Fields {
            columns: columns
                .iter()
                .enumerate()
                .map(|(index, name)| (name.as_bytes().to_vec(), index))
                .collect(),
            remembered: Vec::new(),
            found: vec![Value::default(); columns.len()],
            seen: vec![false; columns.len()],
            undeclared: 0,
            unescaped: Vec::new(),
        },
        sizes: vec![0; columns.len()],
        batch_rows: batch_rows.max(1),
        row: 1,
        line: 1,
        done: false,
        warnings: Vec::new(),
    })
}

impl JsonlSource {
    fn batch(&mut self) -> Result<Option<RawBatch>, ConnectError> {
        let mut gathered = Gathered::new(self.batch_rows, &self.sizes);
        while !gathered.full() {
            let Some(line) = self.find(&mut gathered)? else {
                break;
            };
            self.take(&mut gathered, line);
        }
        let batch = gathered.finish(&self.schema, &mut self.sizes, self.window.path())?;
        if batch.is_none() {
            self.done = true;
            self.sum_up();
        }
        Ok(batch)
    }

    /// The next line as it lies in the window, its end left out; it is then consumed. Lines that
    /// are too long are put aside on the way.
    fn find(&mut self, to: &mut Gathered) -> Result<Option<Range<usize>>, ConnectError> {
        let mut looked = 0;
        loop {
            let rest = self
                .window
                .bytes()
                .get(self.window.start..)
                .unwrap_or_default();
            let fresh = rest.get(looked..).unwrap_or_default();
            let (start, pending) = (self.window.start, rest.len());
            match memchr(b'\n', fresh) {
                Some(end) => {
                    self.window.start += looked + end + 1;
                    return Ok(Some(start..start + looked + end));
                }
                None if self.window.last && pending == 0 => return Ok(None),
                None if self.window.last => {
                    self.window.start += pending;
                    return Ok(Some(start..start + pending));
                }
                None if pending > rule::RECORD_MAX => {
                    self.skip(to)?;
                    looked = 0;
                    if to.full() {
                        return Ok(None);
                    }
                }
                None => {
                    looked = pending;
                    self.window.more()?;
                }
            }
        }
    }

    /// A line longer than the longest record: its beginning is kept, the rest passed over.
    fn skip(&mut self, to: &mut Gathered) -> Result<(), ConnectError> {
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
            let end = memchr(b'\n', rest);
            self.window.start += end.map_or(rest.len(), |end| end + 1);
            if end.is_some() || self.window.last {
                break;
            }
            self.window.more()?;
        }
        self.row += 1;
        self.line += 1;
        Ok(())
    }

    fn take(&mut self, to: &mut Gathered, at: Range<usize>) {
        let looked_at = at.end <= self.window.sound;
        let line = self.window.bytes().get(at).unwrap_or_default();
        let number = self.line;
        self.line += 1;
        if line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
            return;
        }
        let row = self.row;
        self.row += 1;
        let fault = if line.len() > rule::RECORD_MAX {
            Some(rule::TOO_LONG)
        } else if !looked_at && memchr(0, line).is_some() {
            Some(rule::NUL)
        } else if !looked_at && std::str::from_utf8(line).is_err() {
            Some(rule::NOT_UTF8)
        } else {
            self.fields.scan(line).err()
        };
        if let Some(rule) = fault {
            // The end of the line is not a part of it, whichever it is.
            to.reject(row, number, rule, line.strip_suffix(b"\r").unwrap_or(line));
            return;
        }
        self.fields.pour(line, to);
        to.numbers.push(row);
        to.lines.push(number);
        to.bytes += line.len();
    }

    fn sum_up(&mut self) {
        if self.fields.undeclared > 0 {
            self.warnings.push(Warning::UndeclaredFields {
                rows: self.fields.undeclared,
            });
        }
        let schema = &self.schema;
        let absent: Vec<String> = schema
            .fields()
            .iter()
            .zip(&self.fields.seen)
            .filter(|(_, seen)| !**seen)
            .map(|(field, _)| field.name().clone())
            .collect();
        if self.row > 1 && !absent.is_empty() {
            self.warnings.push(Warning::NeverThere { columns: absent });
        }
    }
}

impl Fields {
    /// Finds the declared fields of a line.
    fn scan(&mut self, line: &[u8]) -> Result<(), Fault> {
        self.found.fill(Value::default());
        let Fields {
            columns,
            remembered,
            found,
            unescaped,
            ..
        } = self;
        let (mut position, mut undeclared) = (0, false);
        scan::object(line, |key, value| {
            let raw = line.get(key.start..key.end).unwrap_or_default();
            let column = match remembered.get(position) {
                Some((known, column)) if known == raw => *column,
                _ => {
                    let column = if key.kind == Kind::Escaped {
                        unescaped.clear();
                        scan::unescape(raw, unescaped);
                        columns.get(unescaped.as_slice())
                    } else {
                        columns.get(raw)
                    };
                    let column = column.copied();
                    remembered.truncate(position);
                    if position < REMEMBERED && raw.len() <= REMEMBERED_BYTES {
                        remembered.push((raw.to_vec(), column));
                    }
                    column
                }
            };
            position += 1;
            let Some(slot) = column.and_then(|column| found.get_mut(column)) else {
                undeclared = true;
                return Ok(());
            };
            if slot.kind != Kind::Absent {
                return Err(rule::DUPLICATE);
            }
            if value.end - value.start > rule::FIELD_MAX {
                return Err(rule::TOO_LONG);
            }
            *slot = value;
            Ok(())
        })?;
        self.undeclared += u64::from(undeclared);
        Ok(())
    }

    /// Appends the fields that were found to their columns.
    fn pour(&mut self, line: &[u8], to: &mut Gathered) {
        for ((column, value), seen) in to.columns.iter_mut().zip(&self.found).zip(&mut self.seen) {
            let text = line.get(value.start..value.end).unwrap_or_default();
            *seen |= value.kind != Kind::Absent;
            match value.kind {
                Kind::Absent | Kind::Null => column.null(),
                Kind::Literal | Kind::Text => column.value(text),
                Kind::Escaped => {
                    self.unescaped.clear();
                    scan::unescape(text, &mut self.unescaped);
                    column.value(&self.unescaped);
                }
            }
        }
    }
}

impl Source for JsonlSource {
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

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;
    use crate::Compression;
    use arrow::array::{Array, AsArray};

    struct Read {
        rows: Vec<(u64, u64, Vec<Option<String>>)>,
        malformed: Vec<(u64, u64, &'static str)>,
        warnings: Vec<String>,
    }

    fn read(text: &[u8], columns: &[&str], batch: usize) -> Read {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.jsonl");
        std::fs::write(&path, text).unwrap();
        let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        let input = Input::open(&path, Compression::None, None).unwrap();
        let mut source = read_jsonl(input, &columns, batch).unwrap();
        let mut all = Read {
            rows: Vec::new(),
            malformed: Vec::new(),
            warnings: Vec::new(),
        };
        while let Some(raw) = source.next().unwrap() {
            for row in 0..raw.batch.num_rows() {
                let cells = raw.batch.columns().iter().map(|column| {
                    let column = column.as_string::<i32>();
                    column.is_valid(row).then(|| column.value(row).to_owned())
                });
                all.rows.push((
                    raw.rows.row(row).unwrap(),
                    raw.rows.line(row).unwrap(),
                    cells.collect(),
                ));
            }
            all.malformed.extend(
                raw.malformed
                    .iter()
                    .map(|one| (one.row, one.line, one.rule)),
            );
        }
        assert_eq!(source.bytes_read(), text.len() as u64);
        all.warnings = source.warnings().iter().map(ToString::to_string).collect();
        all
    }

    #[test]
    fn fields_come_by_name_whatever_their_order() {
        let text = b"\xef\xbb\xbf{\"id\":1,\"name\":\"Ada\"}\r\n\n{\"name\":\"B\\u00e9\",\"extra\":[1],\"id\":2.50}\n{\"id\":null}";
        for batch in [1, 2, 100] {
            let all = read(text, &["id", "name"], batch);
            let some = |text: &str| Some(text.to_owned());
            assert_eq!(
                all.rows,
                [
                    (1, 1, vec![some("1"), some("Ada")]),
                    (2, 3, vec![some("2.50"), some("Bé")]),
                    (3, 4, vec![None, None]),
                ]
            );
            assert!(all.malformed.is_empty());
            assert_eq!(all.warnings.len(), 1);
            assert!(
                all.warnings[0].starts_with("1 row(s)"),
                "{:?}",
                all.warnings
            );
        }
    }

    #[test]
    fn every_line_is_kept_or_put_aside_with_its_rule() {
        let text = [
            &b"{\"id\":1}\n"[..],
            b"{\"id\":\n",
            b"[1]\n",
            b"{\"id\":1,\"\\u0069d\":2}\n",
            b"{\"id\":\"\xff\"}\n",
            b"{\"id\":\"\0\"}\n",
            b"{\"id\":\"\\ud800\"}\n",
            b"{\"id\":7} x\n",
            b"{\"other\":1,\"other\":2,\"id\":9}",
        ]
        .concat();
        let all = read(&text, &["id"], 3);
        assert_eq!(
            all.malformed,
            [
                (2, 2, rule::JSON),
                (3, 3, rule::NOT_OBJECT),
                (4, 4, rule::DUPLICATE),
                (5, 5, rule::NOT_UTF8),
                (6, 6, rule::NUL),
                (7, 7, rule::JSON),
                (8, 8, rule::JSON),
            ]
        );
        let kept: Vec<u64> = all.rows.iter().map(|(row, _, _)| *row).collect();
        assert_eq!(kept, [1, 9]);
    }

    #[test]
    fn a_line_without_end_takes_no_memory_without_end() {
        let mut text = b"{\"id\":1}\n{\"id\":\"".to_vec();
        text.resize(rule::RECORD_MAX + (3 << 20), b'x');
        text.extend_from_slice(b"\"}\n{\"id\":3}\n");
        let all = read(&text, &["id"], 10);
        assert_eq!(all.malformed, [(2, 2, rule::TOO_LONG)]);
        assert_eq!(all.rows.len(), 2);
        assert_eq!((all.rows[1].0, all.rows[1].1), (3, 3));
    }

    #[test]
    fn a_field_that_no_line_has_is_told() {
        let all = read(b"{\"id\":1}\n", &["id", "nmae"], 10);
        assert!(all.warnings[0].contains("`nmae`"), "{:?}", all.warnings);
        assert!(read(b"", &["id"], 10).warnings.is_empty());
    }
}
