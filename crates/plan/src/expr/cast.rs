//! Which casts keep a value whole.

use datafusion::arrow::datatypes::{DataType, TimeUnit};

/// Whether every value of `from` becomes a value of `to`, different ones different, none failing.
/// (Dates become text only within the calendar: the extreme ones fail.)
pub(crate) fn cast_is_lossless(from: &DataType, to: &DataType) -> bool {
    use DataType::{
        Binary, BinaryView, Boolean, Date32, Date64, Dictionary, Float32, Float64, Int8, Int16,
        Int32, Int64, LargeBinary, LargeUtf8, Null, Timestamp, UInt8, UInt16, UInt32, UInt64, Utf8,
        Utf8View,
    };
    if from == to {
        return true;
    }
    match (from, to) {
        (Null, _) => true,
        (Dictionary(_, value), to) => cast_is_lossless(value, to),
        (Int8, Int16 | Int32 | Int64 | Float32 | Float64)
        | (Int16, Int32 | Int64 | Float32 | Float64)
        | (Int32, Int64 | Float64)
        | (UInt8, UInt16 | UInt32 | UInt64 | Int16 | Int32 | Int64 | Float32 | Float64)
        | (UInt16, UInt32 | UInt64 | Int32 | Int64 | Float32 | Float64)
        | (UInt32, UInt64 | Int64 | Float64)
        | (Float32, Float64)
        | (
            Utf8 | LargeUtf8 | Utf8View,
            Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView,
        )
        | (Binary | LargeBinary | BinaryView, Binary | LargeBinary | BinaryView)
        | (Date32, Date64)
        | (
            Boolean | Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64,
            Utf8 | LargeUtf8 | Utf8View,
        ) => true,
        (Timestamp(a, x), Timestamp(b, y)) => x == y && unit(a) == unit(b),
        (from, DataType::Decimal128(precision, scale)) => {
            let digits = match from {
                Int8 | UInt8 => 3,
                Int16 | UInt16 => 5,
                Int32 | UInt32 => 10,
                Int64 | UInt64 => 20,
                DataType::Decimal128(p, s) if s <= scale => i16::from(*p) - i16::from(*s),
                _ => return false,
            };
            *scale >= 0 && i16::from(*precision) - i16::from(*scale) >= digits
        }
        _ => false,
    }
}

fn unit(unit: &TimeUnit) -> u8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 1,
        TimeUnit::Microsecond => 2,
        TimeUnit::Nanosecond => 3,
    }
}

/// Whether no value of `from` fails to become one of `to`, though it may be rounded.
pub(crate) fn cast_never_fails(from: &DataType, to: &DataType) -> bool {
    cast_is_lossless(from, to) || (from.is_integer() || from.is_floating()) && to.is_floating()
}

/// Whether no value makes a cast fail that gives null where there is no value of the type. Dates and
/// times outside the calendar fail where they are written as text or cut to days and times of day,
/// and so does a time zone that the engine does not know; lists, structs and maps hold any of them.
pub(crate) fn try_cast_never_fails(from: &DataType, to: &DataType) -> bool {
    use DataType::{Date32, Dictionary, Time64, Timestamp};
    match (from, to) {
        (Dictionary(_, from), to) => try_cast_never_fails(from, to),
        (from, to) if from.is_nested() || to.is_nested() => false,
        (_, Timestamp(_, Some(_))) => false,
        (Date32 | Timestamp(_, _), Timestamp(_, None)) => true,
        // All nanoseconds lie within the calendar.
        (Timestamp(TimeUnit::Nanosecond, None), Date32 | Time64(_)) => true,
        (from, to) => !from.is_temporal() || !(to.is_temporal() || to.is_string()),
    }
}

/// Whether all values of a type take the same space, so that a length tells nothing.
pub(crate) fn is_fixed_width(data_type: &DataType) -> bool {
    data_type.is_primitive() || *data_type == DataType::Boolean
}

#[cfg(test)]
#[path = "../../tests/support/extremes.rs"]
mod extremes;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use std::collections::BTreeSet;

    use datafusion::arrow::array::Array;
    use datafusion::arrow::compute::{CastOptions, can_cast_types, cast_with_options};
    use datafusion::arrow::util::display::array_value_to_string;

    use super::*;

    /// What is said of casts, held against the engine on the least and the greatest values.
    #[test]
    fn the_engine_casts_as_is_said() {
        let columns = super::extremes::columns();
        let (mut safe, mut whole) = (0, 0);
        for from in &columns {
            for to in columns.iter().map(|column| column.data_type()) {
                if !can_cast_types(from.data_type(), to) {
                    continue;
                }
                let what = format!("{} to {to}", from.data_type());
                let cast = |safe| {
                    let options = CastOptions {
                        safe,
                        ..CastOptions::default()
                    };
                    cast_with_options(from, to, &options)
                };
                if cast_never_fails(from.data_type(), to) {
                    safe += 1;
                    let done = cast(false).unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert_eq!(done.null_count(), from.logical_null_count(), "{what}");
                    let text = |array: &dyn Array| -> BTreeSet<String> {
                        (0..array.len())
                            .map(|row| array_value_to_string(array, row).unwrap_or_default())
                            .collect()
                    };
                    if cast_is_lossless(from.data_type(), to) && from.data_type().is_integer() {
                        whole += 1;
                        assert_eq!(
                            text(from.as_ref()).len(),
                            text(done.as_ref()).len(),
                            "{what}"
                        );
                    }
                }
                // A cast that may give null never fails, but for dates written as text. Between units of
                // time the engine multiplies unchecked: builds that check overflow panic there.
                let timed =
                    from.data_type().is_temporal() && (to.is_temporal() || !to.is_primitive());
                if !timed && !from.data_type().is_nested() {
                    cast(true).unwrap_or_else(|error| panic!("{what}, or null: {error}"));
                }
            }
        }
        assert!(safe > 100 && whole > 30, "{safe} {whole}");
    }

    #[test]
    fn only_what_cannot_fail_is_lossless() {
        assert!(cast_is_lossless(&DataType::Int32, &DataType::Int64));
        assert!(cast_is_lossless(&DataType::Int64, &DataType::Utf8));
        assert!(!cast_is_lossless(&DataType::Int64, &DataType::Float64));
        assert!(!cast_is_lossless(&DataType::Utf8, &DataType::Int32));
        assert!(!cast_is_lossless(
            &DataType::Int64,
            &DataType::Decimal128(10, 2)
        ));
        assert!(cast_is_lossless(
            &DataType::Int32,
            &DataType::Decimal128(12, 2)
        ));
    }
}
