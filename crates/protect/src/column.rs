//! Reading input columns and making output columns, for all protections.
//!
//! Invariant: what is made here owns its buffers, which are exactly as long as needed; text and
//! bytes under a null have length zero.
//!
//! Must never: keep a slice of an input buffer, its null bitmap included: the bits and bytes
//! beside the slice belong to rows that were filtered away.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, BinaryArray, StringArray},
    buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer},
    compute::cast,
    datatypes::DataType,
};

use crate::ProtectError;

/// The type of the values, below a dictionary.
pub(crate) fn plain_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, values) => values,
        other => other,
    }
}

/// `array` without a dictionary around its values.
pub(crate) fn unpack(protection: &'static str, array: &ArrayRef) -> Result<ArrayRef, ProtectError> {
    match array.data_type() {
        DataType::Dictionary(_, values) => cast(array, values).map_err(|_| ProtectError::Arrow {
            protection,
            step: "unpacking of a dictionary",
        }),
        _ => Ok(Arc::clone(array)),
    }
}

/// `array` as `data_type`: in a new dictionary, of its own values only, where that is one.
pub(crate) fn pack(
    protection: &'static str,
    array: ArrayRef,
    data_type: &DataType,
) -> Result<ArrayRef, ProtectError> {
    if array.data_type() == data_type {
        return Ok(array);
    }
    let mut packed = cast(&array, data_type).map_err(|_| ProtectError::Arrow {
        protection,
        step: "packing of a dictionary",
    })?;
    packed.shrink_to_fit();
    Ok(packed)
}

/// The refusal of a column type.
pub(crate) fn refuse(protection: &'static str, data_type: &DataType) -> ProtectError {
    ProtectError::InputType {
        protection,
        data_type: data_type.to_string(),
    }
}

/// A copy of the nulls of `array`, of these rows and no others; `None` where there are none.
pub(crate) fn fresh_nulls(array: &dyn Array) -> Option<NullBuffer> {
    let nulls = array
        .logical_nulls()
        .filter(|nulls| nulls.null_count() > 0)?;
    let mut bits = vec![0_u8; array.len().div_ceil(8)];
    for row in nulls.valid_indices() {
        if let Some(byte) = bits.get_mut(row / 8) {
            *byte |= 1 << (row % 8);
        }
    }
    Some(NullBuffer::new(BooleanBuffer::new(
        Buffer::from_vec(bits),
        0,
        array.len(),
    )))
}

/// Whether `row` has a value.
pub(crate) fn is_valid(nulls: Option<&NullBuffer>, row: usize) -> bool {
    nulls.is_none_or(|nulls| nulls.is_valid(row))
}

/// Builds a column of text row by row, where lengths are known only once it is written: `write`
/// appends the text of each row with a value.
pub(crate) fn gather(
    protection: &'static str,
    rows: usize,
    nulls: Option<NullBuffer>,
    mut write: impl FnMut(usize, &mut Vec<u8>),
) -> Result<StringArray, ProtectError> {
    // A guess that most columns fit into; what is too much is given back.
    const ROOM: usize = 32;
    let mut bytes = Vec::with_capacity(rows.saturating_mul(ROOM));
    let mut ends = vec![0; rows + 1];
    let mut all = || -> Option<()> {
        let places = ends.iter_mut().skip(1).enumerate();
        match &nulls {
            None => {
                for (row, end) in places {
                    write(row, &mut bytes);
                    *end = i32::try_from(bytes.len()).ok()?;
                }
            }
            Some(nulls) => {
                for (row, end) in places {
                    if nulls.is_valid(row) {
                        write(row, &mut bytes);
                    }
                    *end = i32::try_from(bytes.len()).ok()?;
                }
            }
        }
        Some(())
    };
    all().ok_or(ProtectError::TooLarge { protection, rows })?;
    bytes.shrink_to_fit();
    Layout::of(protection, ends, nulls).text(bytes)
}

/// Bytes that a text has at most where it is written into room that is there already.
pub(crate) const ROOM: usize = 128;

/// As [`gather`], for texts that are mostly short, one from each of `items`: `usual` writes it to the
/// beginning of the room and gives its length. Where it gives none, `write` appends the text.
#[inline(always)]
pub(crate) fn gather_short<T>(
    protection: &'static str,
    items: impl ExactSizeIterator<Item = T>,
    nulls: Option<NullBuffer>,
    mut usual: impl FnMut(T, &mut [u8; ROOM]) -> Option<usize>,
    mut write: impl FnMut(usize, &mut Vec<u8>),
) -> Result<StringArray, ProtectError> {
    const EACH: usize = 32;
    let rows = items.len();
    let mut bytes = vec![0_u8; rows.saturating_mul(EACH).saturating_add(ROOM)];
    let (mut ends, mut end) = (vec![0; rows + 1], 0);
    let mut long = Vec::new();
    let all = || -> Option<()> {
        let mut rest = bytes.as_mut_slice();
        for (row, (place, item)) in ends.iter_mut().skip(1).zip(items).enumerate() {
            if is_valid(nulls.as_ref(), row) {
                let room = rest.first_chunk_mut();
                match room.and_then(|room| usual(item, room)) {
                    Some(length) => {
                        end += length;
                        rest = std::mem::take(&mut rest).get_mut(length..)?;
                    }
                    None => {
                        long.clear();
                        write(row, &mut long);
                        let after = end.checked_add(long.len())?;
                        if bytes.len() < after.saturating_add(ROOM) {
                            bytes.resize(after.saturating_mul(2).saturating_add(ROOM), 0);
                        }
                        bytes.get_mut(end..after)?.copy_from_slice(&long);
                        end = after;
                        rest = bytes.get_mut(end..)?;
                    }
                }
            }
            *place = i32::try_from(end).ok()?;
        }
        Some(())
    };
    all().ok_or(ProtectError::TooLarge { protection, rows })?;
    // What was written beyond a text and not over.
    let beyond = bytes.iter_mut().skip(end).take(ROOM);
    beyond.for_each(|byte| *byte = 0);
    bytes.truncate(end);
    bytes.shrink_to_fit();
    Layout::of(protection, ends, nulls).text(bytes)
}

/// Where each value of an output column of text or bytes begins and ends.
pub(crate) struct Layout {
    protection: &'static str,
    ends: Vec<i32>,
    total: usize,
    nulls: Option<NullBuffer>,
}

impl Layout {
    /// Asks `length` for every row with a value; the others get none.
    pub(crate) fn measure(
        protection: &'static str,
        rows: usize,
        nulls: Option<NullBuffer>,
        mut length: impl FnMut(usize) -> usize,
    ) -> Result<Layout, ProtectError> {
        let mut ends = Vec::with_capacity(rows + 1);
        let mut total = 0_usize;
        ends.push(0);
        for row in 0..rows {
            if is_valid(nulls.as_ref(), row) {
                total = total.saturating_add(length(row));
            }
            ends.push(
                i32::try_from(total).map_err(|_| ProtectError::TooLarge { protection, rows })?,
            );
        }
        Ok(Layout {
            protection,
            ends,
            total,
            nulls,
        })
    }

    /// Where each row ends is known already.
    pub(crate) fn of(
        protection: &'static str,
        ends: Vec<i32>,
        nulls: Option<NullBuffer>,
    ) -> Layout {
        let total = ends.last().copied().unwrap_or(0);
        Layout {
            protection,
            total: usize::try_from(total).unwrap_or(0),
            ends,
            nulls,
        }
    }

    /// Gives `write` the bytes of each row with a value, all zero, to be filled.
    pub(crate) fn fill(
        &self,
        write: impl FnMut(usize, &mut [u8]) -> Result<(), ProtectError>,
    ) -> Result<Vec<u8>, ProtectError> {
        let mut bytes = vec![0_u8; self.total];
        self.each(&mut bytes, write)?;
        Ok(bytes)
    }

    /// Gives `write` the bytes of each row with a value.
    pub(crate) fn each(
        &self,
        bytes: &mut [u8],
        mut write: impl FnMut(usize, &mut [u8]) -> Result<(), ProtectError>,
    ) -> Result<(), ProtectError> {
        for (row, cell) in self.cells(bytes) {
            write(row, cell)?;
        }
        Ok(())
    }

    /// Each row with a value, and its part of the bytes.
    pub(crate) fn cells<'a>(
        &'a self,
        bytes: &'a mut [u8],
    ) -> impl Iterator<Item = (usize, &'a mut [u8])> {
        let mut rest = bytes;
        let ends = self.ends.iter().zip(self.ends.iter().skip(1));
        ends.enumerate()
            .filter(|(row, _)| is_valid(self.nulls.as_ref(), *row))
            .map_while(move |(row, (start, end))| {
                let length = usize::try_from(end - start).ok()?;
                let (cell, after) = std::mem::take(&mut rest).split_at_mut_checked(length)?;
                rest = after;
                Some((row, cell))
            })
    }

    /// The column of text with these bytes.
    pub(crate) fn text(self, bytes: Vec<u8>) -> Result<StringArray, ProtectError> {
        let failed = ProtectError::Arrow {
            protection: self.protection,
            step: "building of a text column",
        };
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        StringArray::try_new(offsets, Buffer::from_vec(bytes), self.nulls).map_err(|_| failed)
    }

    /// The column of bytes with these bytes.
    pub(crate) fn binary(self, bytes: Vec<u8>) -> Result<BinaryArray, ProtectError> {
        let failed = ProtectError::Arrow {
            protection: self.protection,
            step: "building of a binary column",
        };
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        BinaryArray::try_new(offsets, Buffer::from_vec(bytes), self.nulls).map_err(|_| failed)
    }
}
