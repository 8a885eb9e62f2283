//! Rebuilds rows so that nothing survives but what can be seen in them.
//!
//! A filtered dictionary, a slice, a null slot and a string view all still hold the values they
//! were made from. INVARIANT: the buffers of the arrays given back hold exactly the visible values
//! and nothing else; the slot of a null holds zeros or nothing. An array that is like that already,
//! as protections make them, is handed on as it is. A type this cannot be said of is refused.

use std::sync::Arc;

use arrow::array::builder::NullBufferBuilder;
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, FixedSizeBinaryArray,
    GenericByteArray, GenericByteViewArray, NullArray, PrimitiveArray, RecordBatchOptions,
    builder::GenericByteViewBuilder, downcast_primitive_array,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowNativeType, BinaryType, BinaryViewType, ByteArrayType, ByteViewType, DataType,
    LargeBinaryType, LargeUtf8Type, StringViewType, Utf8Type,
};
use arrow::record_batch::RecordBatch;

use crate::ConnectError;

/// The same rows in buffers that hold nothing else; call it before every export.
pub fn compact(batch: &RecordBatch) -> Result<RecordBatch, ConnectError> {
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let refused = || ConnectError::Export {
            column: field.name().clone(),
        };
        columns.push(if is_compact(column) {
            Arc::clone(column)
        } else {
            fresh(column).ok_or_else(refused)?
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(batch.schema(), columns, &options).map_err(|_| {
        ConnectError::Export {
            column: String::new(),
        }
    })
}

/// Whether every byte of every buffer is a visible value: true of plain texts, bytes and numbers
/// without nulls that fill their buffers.
fn is_compact(array: &ArrayRef) -> bool {
    let data = array.to_data();
    let rows = data.len();
    if data.nulls().is_some() || data.offset() != 0 {
        return false;
    }
    // The spare room behind a buffer's length is what a writer that takes whole pages would send.
    let filled = |buffer: &Buffer, bytes: usize| {
        buffer.len() == bytes && buffer.capacity() == bytes && buffer.ptr_offset() == 0
    };
    let [first, rest @ ..] = data.buffers() else {
        return false;
    };
    match (data.data_type(), rest) {
        (DataType::Utf8 | DataType::Binary, [values]) => {
            let ends = first.typed_data::<i32>();
            let end = ends.last().copied().unwrap_or_default();
            filled(first, (rows + 1) * size_of::<i32>())
                && ends.first() == Some(&0)
                && usize::try_from(end).is_ok_and(|end| filled(values, end))
        }
        (data_type, []) => data_type
            .primitive_width()
            .is_some_and(|width| filled(first, rows * width)),
        _ => false,
    }
}

fn fresh(array: &ArrayRef) -> Option<ArrayRef> {
    let array = array.as_ref();
    downcast_primitive_array! {
        array => Some(primitive(array)),
        DataType::Null => Some(Arc::new(NullArray::new(array.len()))),
        DataType::Boolean => Some(boolean(array.as_boolean())),
        DataType::Utf8 => bytes::<Utf8Type>(array.as_string()),
        DataType::LargeUtf8 => bytes::<LargeUtf8Type>(array.as_string()),
        DataType::Binary => bytes::<BinaryType>(array.as_binary()),
        DataType::LargeBinary => bytes::<LargeBinaryType>(array.as_binary()),
        DataType::Utf8View => Some(views::<StringViewType>(array.as_string_view())),
        DataType::BinaryView => Some(views::<BinaryViewType>(array.as_binary_view())),
        DataType::FixedSizeBinary(size) => fixed(array.as_fixed_size_binary(), *size),
        DataType::Dictionary(_, values) => {
            // Through the plain type, so that only the values in use reach the new dictionary.
            let plain = cast(array, values).ok()?;
            cast(&fresh(&plain)?, array.data_type()).ok()
        }
        _ => None,
    }
}

/// The nulls alone: no bit of the neighbours of a slice.
fn nulls(array: &dyn Array) -> Option<NullBuffer> {
    let nulls = array
        .logical_nulls()
        .filter(|nulls| nulls.null_count() > 0)?;
    Some(NullBuffer::new(BooleanBuffer::collect_bool(
        array.len(),
        |row| nulls.is_valid(row),
    )))
}

fn primitive<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>) -> ArrayRef {
    let nulls = nulls(array);
    let mut values = array.values().to_vec();
    if let Some(nulls) = &nulls {
        for (value, valid) in values.iter_mut().zip(nulls.iter()) {
            if !valid {
                *value = T::Native::default();
            }
        }
    }
    let built = PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls);
    Arc::new(built.with_data_type(array.data_type().clone()))
}

fn boolean(array: &BooleanArray) -> ArrayRef {
    let nulls = nulls(array);
    let shown = |row: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
    let bits = array.values();
    let values = BooleanBuffer::collect_bool(array.len(), |row| shown(row) && bits.value(row));
    Arc::new(BooleanArray::new(values, nulls))
}

fn bytes<T: ByteArrayType>(array: &GenericByteArray<T>) -> Option<ArrayRef> {
    let nulls = nulls(array);
    let source = array.value_data();
    let offsets = array.value_offsets();
    let (first, last) = (offsets.first()?.as_usize(), offsets.last()?.as_usize());
    if nulls.is_none() {
        let values = source.get(first..last)?.to_vec();
        let moved: Option<Vec<T::Offset>> = offsets
            .iter()
            .map(|at| T::Offset::from_usize(at.as_usize() - first))
            .collect();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(moved?));
        let built = GenericByteArray::<T>::try_new(offsets, Buffer::from_vec(values), None).ok()?;
        return Some(Arc::new(built));
    }
    let mut values = Vec::with_capacity(last - first);
    let mut moved = Vec::with_capacity(offsets.len());
    moved.push(T::Offset::from_usize(0)?);
    for (row, pair) in offsets.windows(2).enumerate() {
        if let [from, to] = pair
            && nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))
        {
            values.extend_from_slice(source.get(from.as_usize()..to.as_usize())?);
        }
        moved.push(T::Offset::from_usize(values.len())?);
    }
    values.shrink_to_fit();
    let offsets = OffsetBuffer::new(ScalarBuffer::from(moved));
    let built = GenericByteArray::<T>::try_new(offsets, Buffer::from_vec(values), nulls).ok()?;
    Some(Arc::new(built))
}

fn views<T: ByteViewType>(array: &GenericByteViewArray<T>) -> ArrayRef {
    let mut builder = GenericByteViewBuilder::<T>::with_capacity(array.len());
    for value in array {
        builder.append_option(value);
    }
    Arc::new(builder.finish())
}

fn fixed(array: &FixedSizeBinaryArray, size: i32) -> Option<ArrayRef> {
    let width = usize::try_from(size).ok()?;
    let mut values = Vec::with_capacity(width * array.len());
    let mut nulls = NullBufferBuilder::new(array.len());
    for value in array {
        match value {
            Some(value) => {
                values.extend_from_slice(value);
                nulls.append_non_null();
            }
            None => {
                values.resize(values.len() + width, 0);
                nulls.append_null();
            }
        }
    }
    let built = FixedSizeBinaryArray::try_new(size, Buffer::from_vec(values), nulls.finish());
    Some(Arc::new(built.ok()?))
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
    use arrow::array::*;
    use arrow::datatypes::{Field, Int32Type, Schema};

    const SECRET: &[u8] = b"4111111111111111-secret-value";

    fn one(array: ArrayRef) -> ArrayRef {
        let schema = Schema::new(vec![Field::new("c", array.data_type().clone(), true)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![array.clone()]).unwrap();
        let out = compact(&batch).unwrap();
        assert_eq!(
            out.column(0).as_ref(),
            array.as_ref(),
            "the rows must not change"
        );
        out.column(0).clone()
    }

    fn holds(data: &arrow::array::ArrayData, needle: &[u8]) -> bool {
        data.buffers()
            .iter()
            .any(|b| memchr::memmem::find(b.as_slice(), needle).is_some())
            || data.child_data().iter().any(|child| holds(child, needle))
    }

    /// The input must hold the secret and the output not.
    fn scrubbed(array: ArrayRef, needle: &[u8]) {
        assert!(holds(&array.to_data(), needle), "the test itself is wrong");
        assert!(!holds(&one(array).to_data(), needle));
    }

    #[test]
    fn slices_leave_their_neighbours_behind() {
        let text = std::str::from_utf8(SECRET).unwrap();
        scrubbed(
            Arc::new(StringArray::from(vec!["a", text, "b"]).slice(2, 1)),
            SECRET,
        );
        scrubbed(
            Arc::new(LargeStringArray::from(vec![text, "b"]).slice(1, 1)),
            SECRET,
        );
        scrubbed(
            Arc::new(BinaryArray::from(vec![SECRET, b"b"]).slice(1, 1)),
            SECRET,
        );
        scrubbed(
            Arc::new(
                StringViewArray::from(vec![text, "long enough for a buffer", "b"]).slice(1, 2),
            ),
            SECRET,
        );
        scrubbed(
            Arc::new(StringViewArray::from(vec![text, "b"]).slice(1, 1)),
            SECRET,
        );
        // A slice of numbers shows its own bytes only, but shares the allocation.
        let slice: ArrayRef = Arc::new(Int64Array::from(vec![7; 10_000]).slice(1, 1));
        assert!(slice.get_buffer_memory_size() >= 80_000);
        assert!(one(slice).get_buffer_memory_size() <= 64);
    }

    #[test]
    fn what_holds_nothing_else_is_handed_on() {
        let exact = |values: Vec<u8>, ends: Vec<i32>| -> ArrayRef {
            let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
            Arc::new(StringArray::try_new(offsets, Buffer::from_vec(values), None).unwrap())
        };
        let texts = exact(b"abc".to_vec(), vec![0, 1, 3]);
        assert!(is_compact(&texts));
        assert!(!is_compact(&texts.slice(0, 1)) && !is_compact(&texts.slice(1, 1)));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        assert!(is_compact(&numbers) && !is_compact(&numbers.slice(0, 2)));
        // Bytes in front of the first value, behind the last one, or in spare room.
        assert!(!is_compact(&exact(b"secret-ab".to_vec(), vec![7, 8, 9])));
        assert!(!is_compact(&exact(b"ab-secret".to_vec(), vec![0, 1, 2])));
        let mut roomy = Vec::with_capacity(64);
        roomy.extend_from_slice(b"ab");
        assert!(!is_compact(&exact(roomy, vec![0, 1, 2])));
        assert!(!is_compact(
            &(Arc::new(Int64Array::from(vec![Some(1), None])) as ArrayRef)
        ));
    }

    #[test]
    fn null_slots_are_emptied() {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(vec![
            0,
            SECRET.len() as i32,
            SECRET.len() as i32 + 1,
        ]));
        let mut bytes = SECRET.to_vec();
        bytes.push(b'b');
        let nulls = Some(NullBuffer::from(vec![false, true]));
        let array = StringArray::try_new(offsets, Buffer::from_vec(bytes), nulls.clone()).unwrap();
        scrubbed(Arc::new(array), SECRET);
        let number = 0x5345_4352_4554_2121_i64;
        let array = Int64Array::new(ScalarBuffer::from(vec![number, 2]), nulls.clone());
        scrubbed(Arc::new(array), &number.to_le_bytes());
        let fixed = FixedSizeBinaryArray::try_new(4, Buffer::from_vec(b"SECRpubl".to_vec()), nulls)
            .unwrap();
        scrubbed(Arc::new(fixed), b"SECR");
    }

    #[test]
    fn dictionaries_keep_only_values_in_use() {
        let text = std::str::from_utf8(SECRET).unwrap();
        let array: DictionaryArray<Int32Type> = vec!["a", text, "b", "a"].into_iter().collect();
        scrubbed(Arc::new(array.slice(2, 2)), SECRET);
    }

    #[test]
    fn types_keep_their_parameters() {
        one(Arc::new(
            TimestampMicrosecondArray::from(vec![Some(1), None]).with_timezone("UTC"),
        ));
        one(Arc::new(
            Decimal128Array::from(vec![Some(1), None])
                .with_precision_and_scale(20, 3)
                .unwrap(),
        ));
        one(Arc::new(
            BooleanArray::from(vec![Some(true), None, Some(false)]).slice(1, 2),
        ));
        one(Arc::new(NullArray::new(3)));
        one(Arc::new(StringArray::from(Vec::<&str>::new())));
        one(Arc::new(Date32Array::from(vec![Some(5), None])));
    }

    #[test]
    fn what_cannot_be_scrubbed_is_refused() {
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)])]);
        let schema = Schema::new(vec![Field::new("c", list.data_type().clone(), true)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(list)]).unwrap();
        assert_eq!(compact(&batch).unwrap_err().code(), "SL9023");
    }
}
