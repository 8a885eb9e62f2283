//! Text columns being filled, without an allocation for each value.
//!
//! INVARIANT: buffers are fresh for each batch and hold the values and nothing else.

use std::sync::Arc;

use arrow::array::builder::NullBufferBuilder;
use arrow::array::{ArrayRef, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use memchr::memchr;

pub(super) struct TextColumn {
    bytes: Vec<u8>,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl TextColumn {
    pub(super) fn new(rows: usize, bytes: usize) -> TextColumn {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        TextColumn {
            bytes: Vec::with_capacity(bytes),
            offsets,
            nulls: NullBufferBuilder::new(rows),
        }
    }

    pub(super) fn null(&mut self) {
        self.nulls.append_null();
        self.close();
    }

    pub(super) fn value(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.nulls.append_non_null();
        self.close();
    }

    /// A value in which two quotes stand for one.
    pub(super) fn doubled(&mut self, text: &[u8]) {
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

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The column; `None` if it is not UTF-8, which the reader has ruled out before.
    pub(super) fn finish(mut self) -> Option<ArrayRef> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        let values = Buffer::from_vec(self.bytes);
        let array = StringArray::try_new(offsets, values, self.nulls.finish()).ok()?;
        Some(Arc::new(array))
    }
}
