//! One value of a column as bytes, for the protections that hash or seal it.
//!
//! Invariant: the bytes of a value depend on the value and its kind only, never on the array it
//! stands in.

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, BooleanArray, FixedSizeBinaryArray,
        LargeBinaryArray, LargeStringArray, PrimitiveArray, StringArray, StringViewArray,
    },
    datatypes::*,
};

/// A column whose values can be had as bytes, without an allocation.
pub(crate) trait Cells {
    /// The bytes of the value at `row`, in the array or written to `scratch`.
    fn bytes<'a>(&'a self, row: usize, scratch: &'a mut [u8; 16]) -> &'a [u8];
}

macro_rules! stored {
    ($($array:ty),*) => {$(
        impl Cells for $array {
            fn bytes<'a>(&'a self, row: usize, _: &'a mut [u8; 16]) -> &'a [u8] {
                self.value(row).as_ref()
            }
        }
    )*};
}
stored!(StringArray, LargeStringArray, StringViewArray);
stored!(
    BinaryArray,
    LargeBinaryArray,
    BinaryViewArray,
    FixedSizeBinaryArray
);

impl Cells for BooleanArray {
    fn bytes<'a>(&'a self, row: usize, scratch: &'a mut [u8; 16]) -> &'a [u8] {
        put([u8::from(self.value(row))], scratch)
    }
}

/// A number as big-endian bytes of its own width.
pub(crate) trait Wide: Sized {
    /// The bytes, in `scratch`.
    fn write(self, scratch: &mut [u8; 16]) -> &[u8];
    /// The number that exactly these bytes are.
    fn read(bytes: &[u8]) -> Option<Self>;
}

macro_rules! wide {
    ($($native:ty),*) => {$(
        impl Wide for $native {
            fn write(self, scratch: &mut [u8; 16]) -> &[u8] {
                put(self.to_be_bytes(), scratch)
            }
            fn read(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self::from_be_bytes)
            }
        }
    )*};
}
wide!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, i128);

fn put<const N: usize>(bytes: [u8; N], scratch: &mut [u8; 16]) -> &[u8] {
    match scratch.first_chunk_mut::<N>() {
        Some(place) => {
            *place = bytes;
            place
        }
        None => &[],
    }
}

impl<T: ArrowPrimitiveType> Cells for PrimitiveArray<T>
where
    T::Native: Wide,
{
    fn bytes<'a>(&'a self, row: usize, scratch: &'a mut [u8; 16]) -> &'a [u8] {
        self.value(row).write(scratch)
    }
}

/// Runs `$body` with `$t` as the Arrow type of a fixed-width `$data_type`, else `$other`.
macro_rules! by_fixed_width {
    ($data_type:expr, $t:ident => $body:expr, _ => $other:expr) => {{
        macro_rules! with {
            ($name:ty) => {{
                type $t = $name;
                $body
            }};
        }
        use arrow::datatypes as types;
        match $data_type {
            types::DataType::Int8 => with!(types::Int8Type),
            types::DataType::Int16 => with!(types::Int16Type),
            types::DataType::Int32 => with!(types::Int32Type),
            types::DataType::Int64 => with!(types::Int64Type),
            types::DataType::UInt8 => with!(types::UInt8Type),
            types::DataType::UInt16 => with!(types::UInt16Type),
            types::DataType::UInt32 => with!(types::UInt32Type),
            types::DataType::UInt64 => with!(types::UInt64Type),
            types::DataType::Float32 => with!(types::Float32Type),
            types::DataType::Float64 => with!(types::Float64Type),
            types::DataType::Decimal128(_, _) => with!(types::Decimal128Type),
            types::DataType::Date32 => with!(types::Date32Type),
            types::DataType::Date64 => with!(types::Date64Type),
            types::DataType::Time32(types::TimeUnit::Second) => with!(types::Time32SecondType),
            types::DataType::Time32(types::TimeUnit::Millisecond) => {
                with!(types::Time32MillisecondType)
            }
            types::DataType::Time64(types::TimeUnit::Microsecond) => {
                with!(types::Time64MicrosecondType)
            }
            types::DataType::Time64(types::TimeUnit::Nanosecond) => {
                with!(types::Time64NanosecondType)
            }
            types::DataType::Timestamp(types::TimeUnit::Second, _) => {
                with!(types::TimestampSecondType)
            }
            types::DataType::Timestamp(types::TimeUnit::Millisecond, _) => {
                with!(types::TimestampMillisecondType)
            }
            types::DataType::Timestamp(types::TimeUnit::Microsecond, _) => {
                with!(types::TimestampMicrosecondType)
            }
            types::DataType::Timestamp(types::TimeUnit::Nanosecond, _) => {
                with!(types::TimestampNanosecondType)
            }
            _ => $other,
        }
    }};
}
pub(crate) use by_fixed_width;

/// Whether [`cells`] takes arrays of this type.
pub(crate) fn has_cells(data_type: &DataType) -> bool {
    is_text(data_type)
        || is_binary(data_type)
        || *data_type == DataType::Boolean
        || by_fixed_width!(data_type, T => T::DATA_TYPE.is_primitive(), _ => false)
}

pub(crate) fn is_text(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}

pub(crate) fn is_binary(data_type: &DataType) -> bool {
    use DataType::{Binary, BinaryView, FixedSizeBinary, LargeBinary};
    matches!(
        data_type,
        Binary | LargeBinary | BinaryView | FixedSizeBinary(_)
    )
}

/// The column as cells; `None` for a type that has none.
pub(crate) fn cells(array: &ArrayRef) -> Option<&dyn Cells> {
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>(),
        DataType::LargeUtf8 => array.as_string::<i64>(),
        DataType::Utf8View => array.as_string_view(),
        DataType::Binary => array.as_binary::<i32>(),
        DataType::LargeBinary => array.as_binary::<i64>(),
        DataType::BinaryView => array.as_binary_view(),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary(),
        DataType::Boolean => array.as_boolean(),
        other => {
            by_fixed_width!(other, T => array.as_primitive::<T>() as &dyn Cells, _ => return None)
        }
    })
}
