//! Text columns being filled, without an allocation for each value.
//!
//! INVARIANT: buffers are fresh for each batch and hold the values and nothing else.

use std::path::Path;
use std::sync::Arc;

use arrow::array::builder::NullBufferBuilder;
use arrow::array::{ArrayRef, RecordBatchOptions, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use memchr::memchr;

use crate::{ConnectError, Malformed, RawBatch, Rows, rule};

/// Bytes that are copied at once.
const WIDE: usize = 32;

pub(crate) struct TextColumn {
    bytes: Vec<u8>,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl TextColumn {
    pub(crate) fn new(rows: usize, bytes: usize) -> TextColumn {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        TextColumn {
            bytes: Vec::with_capacity(bytes),
            offsets,
            nulls: NullBufferBuilder::new(rows),
        }
    }

    pub(crate) fn null(&mut self) {
        self.nulls.append_null();
        self.close();
    }

    pub(crate) fn value(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.nulls.append_non_null();
        self.close();
    }

    /// The value at `start..end` of `from`. Most are short: one copy of a fixed length, which takes
    /// along what follows and drops it again, is faster than one of the right length.
    #[inline]
    pub(crate) fn value_at(&mut self, from: &[u8], start: usize, end: usize) {
        let length = end.saturating_sub(start);
        let wide = from
            .get(start..)
            .and_then(|rest| rest.first_chunk::<WIDE>());
        match wide {
            Some(wide) if length <= WIDE => {
                let filled = self.bytes.len() + length;
                self.bytes.extend_from_slice(wide);
                self.bytes.truncate(filled);
                self.nulls.append_non_null();
                self.close();
            }
            _ => self.value(from.get(start..end).unwrap_or_default()),
        }
    }

    /// A value in which two quotes stand for one.
    pub(crate) fn doubled(&mut self, text: &[u8]) {
        let mut rest = text;
        while let Some(quote) = memchr(b'"', rest) {
            self.bytes
                .extend_from_slice(rest.get(..=quote).unwrap_or_default());
            rest = rest.get(quote + 2..).unwrap_or_default();
        }
        self.bytes.extend_from_slice(rest);
        self.nulls.append_non_null();
        self.close();
    }

    fn close(&mut self) {
        // The caller ends a batch long before this could overflow.
        self.offsets
            .push(i32::try_from(self.bytes.len()).unwrap_or(i32::MAX));
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The column; `None` if it is not UTF-8, which the reader has ruled out before.
    pub(crate) fn finish(mut self) -> Option<ArrayRef> {
        // What a wide copy took along may be another column's.
        let filled = self.bytes.len();
        self.bytes.resize(filled + WIDE, 0);
        self.bytes.truncate(filled);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        let values = Buffer::from_vec(self.bytes);
        let array = StringArray::try_new(offsets, values, self.nulls.finish()).ok()?;
        Some(Arc::new(array))
    }
}

/// What has been gathered for the next batch of rows.
pub(crate) struct Gathered {
    pub(crate) columns: Vec<TextColumn>,
    pub(crate) numbers: Vec<u64>,
    pub(crate) lines: Vec<u64>,
    pub(crate) malformed: Vec<Malformed>,
    pub(crate) bytes: usize,
    rows: usize,
}

/// A batch ends when its values take this much, whatever the number of rows.
const BATCH_BYTES: usize = 16 << 20;

impl Gathered {
    /// Room for `rows` rows; `sizes` are the bytes of each column in the batch before.
    pub(crate) fn new(rows: usize, sizes: &[usize]) -> Gathered {
        Gathered {
            columns: sizes
                .iter()
                .map(|size| TextColumn::new(rows, size + size / 8 + WIDE))
                .collect(),
            numbers: Vec::with_capacity(rows),
            lines: Vec::with_capacity(rows),
            malformed: Vec::new(),
            bytes: 0,
            rows,
        }
    }

    /// Whether there is no room for another row.
    pub(crate) fn full(&self) -> bool {
        self.numbers.len() >= self.rows
            || self.malformed.len() >= self.rows
            || self.bytes >= BATCH_BYTES
    }

    /// Puts a malformed row aside.
    pub(crate) fn reject(&mut self, row: u64, line: u64, rule: &'static str, bytes: &[u8]) {
        let raw = bytes.get(..rule::RAW_MAX).unwrap_or(bytes).to_vec();
        self.bytes += raw.len();
        self.malformed.push(Malformed {
            row,
            line,
            rule,
            truncated: raw.len() < bytes.len(),
            raw,
        });
    }

    /// The batch, or `None` without rows; `sizes` becomes the bytes of each of its columns.
    pub(crate) fn finish(
        self,
        schema: &SchemaRef,
        sizes: &mut Vec<usize>,
        path: &Path,
    ) -> Result<Option<RawBatch>, ConnectError> {
        let count = self.numbers.len();
        if count == 0 && self.malformed.is_empty() {
            return Ok(None);
        }
        *sizes = self.columns.iter().map(TextColumn::len).collect();
        let broken = || ConnectError::Decode {
            path: path.display().to_string(),
            part: "text",
        };
        let columns: Option<Vec<_>> = self.columns.into_iter().map(TextColumn::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        let columns = columns.ok_or_else(broken)?;
        let batch = RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
            .map_err(|_| broken())?;
        Ok(Some(RawBatch {
            batch,
            rows: Rows::numbered(self.numbers, self.lines),
            malformed: self.malformed,
        }))
    }
}

/// A schema of nullable text columns.
pub(crate) fn text_schema(columns: &[String]) -> SchemaRef {
    let field = |name: &String| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use arrow::array::AsArray;

    #[test]
    fn values_of_any_length_at_any_place() {
        let from: Vec<u8> = (0..200_u8).map(|byte| b'a' + byte % 26).collect();
        let mut column = TextColumn::new(4, 8);
        let mut expected = Vec::new();
        for start in [0, 1, 100, 167, 168, 199, 200] {
            for length in [0, 1, 31, 32, 33, 90] {
                let end = (start + length).min(from.len());
                column.value_at(&from, start, end);
                expected.push(std::str::from_utf8(&from[start..end]).unwrap());
            }
        }
        column.value_at(&from, 0, 1);
        expected.push("a");
        let array = column.finish().unwrap();
        assert!(array.as_string::<i32>().iter().flatten().eq(expected));
    }
}
