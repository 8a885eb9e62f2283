//! Columns of numbers, dates and instants cut into cells.
//!
//! Invariant: the result is a function of the cell alone. Numbers are taken in the whole units of
//! their type, exactly; what lies beyond the ends of the type becomes that end.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, PrimitiveArray},
    buffer::ScalarBuffer,
    datatypes::{ArrowPrimitiveType, DataType, Decimal128Type, Float32Type, Float64Type, TimeUnit},
};

use crate::{
    ProtectError,
    cell::by_fixed_width,
    column::{fresh_nulls, is_valid, pack, plain_type, refuse, unpack},
};

/// What a protection does to the numbers of a column that keeps its type.
pub(crate) trait Numbers {
    /// The name of the protection.
    const NAME: &'static str;

    /// The function on the whole units of a type; `None` is below the type. Refuses the types it
    /// does not take, and arguments that do not fit a type.
    fn whole(&self, plain: &DataType) -> Result<impl Fn(i128) -> Option<i128>, ProtectError>;

    /// The function on floating-point numbers; `None` for a protection that does not take them.
    fn float(&self) -> Option<impl Fn(f64) -> f64>;
}

/// The type that `numbers` gives for a column of type `input`: the same.
pub(crate) fn returns<N: Numbers>(numbers: &N, input: &DataType) -> Result<DataType, ProtectError> {
    match plain_type(input) {
        DataType::Float32 | DataType::Float64 if numbers.float().is_some() => {}
        plain if plain.is_floating() || units(plain).is_none() => {
            return Err(refuse(N::NAME, input));
        }
        plain => drop(numbers.whole(plain)?),
    }
    Ok(input.clone())
}

/// Applies `numbers` to every value.
pub(crate) fn apply<N: Numbers>(numbers: &N, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
    returns(numbers, input.data_type())?;
    let plain = unpack(N::NAME, input)?;
    pack(N::NAME, column(numbers, &plain)?, input.data_type())
}

fn column<N: Numbers>(numbers: &N, plain: &ArrayRef) -> Result<ArrayRef, ProtectError> {
    let refused = || refuse(N::NAME, plain.data_type());
    match plain.data_type() {
        DataType::Float32 => {
            let float = numbers.float().ok_or_else(refused)?;
            // Rounding to the nearest single keeps the order.
            #[allow(clippy::cast_possible_truncation)]
            map::<Float32Type>(N::NAME, plain, |value| float(f64::from(value)) as f32)
        }
        DataType::Float64 => {
            map::<Float64Type>(N::NAME, plain, numbers.float().ok_or_else(refused)?)
        }
        DataType::Decimal128(precision, _) => {
            let whole = numbers.whole(plain.data_type())?;
            let bound = 10_i128
                .checked_pow(u32::from(*precision))
                .map_or(i128::MAX, |bound| bound - 1);
            map::<Decimal128Type>(N::NAME, plain, |value| {
                whole(value).map_or(-bound, |result| result.clamp(-bound, bound))
            })
        }
        other => {
            let whole = numbers.whole(other)?;
            by_fixed_width!(other, T => {
                map::<T>(N::NAME, plain, |value| <T as Whole>::narrow(whole(<T as Whole>::widen(value))))
            }, _ => Err(refused()))
        }
    }
}

/// A column of the same type, each value by `each`; zeros under nulls.
fn map<T: ArrowPrimitiveType>(
    protection: &'static str,
    plain: &ArrayRef,
    each: impl Fn(T::Native) -> T::Native,
) -> Result<ArrayRef, ProtectError> {
    let values = plain.as_primitive::<T>();
    let nulls = fresh_nulls(values);
    let results: Vec<T::Native> = match &nulls {
        None => values.values().iter().map(|value| each(*value)).collect(),
        Some(_) => (0..values.len())
            .map(|row| match is_valid(nulls.as_ref(), row) {
                true => each(values.value(row)),
                false => T::Native::default(),
            })
            .collect(),
    };
    let failed = ProtectError::Arrow {
        protection,
        step: "building of a column",
    };
    let array =
        PrimitiveArray::<T>::try_new(ScalarBuffer::from(results), nulls).map_err(|_| failed)?;
    Ok(Arc::new(array.with_data_type(plain.data_type().clone())))
}

/// Every value as a whole number of the type's units; anything under nulls.
pub(crate) fn whole_numbers(
    protection: &'static str,
    plain: &ArrayRef,
) -> Result<Vec<i128>, ProtectError> {
    let refused = || refuse(protection, plain.data_type());
    units(plain.data_type()).ok_or_else(refused)?;
    by_fixed_width!(plain.data_type(), T => {
        let values = plain.as_primitive::<T>().values().iter();
        Ok(values.map(|value| <T as Whole>::widen(*value)).collect())
    }, _ => Err(refused()))
}

/// Cells of one width, in the whole units of a type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    width: i128,
    /// From zero to below `width`.
    offset: i128,
}

impl Grid {
    /// Cells of `width`, above zero, of which one begins at `offset`.
    pub(crate) fn new(width: i128, offset: i128) -> Grid {
        let width = width.max(1);
        Grid {
            width,
            offset: offset.rem_euclid(width),
        }
    }

    /// The lower edge; `None` below what an `i128` holds.
    pub(crate) fn edge(self, value: i128) -> Option<i128> {
        // All terms are from zero to below the width, so nothing overflows on the way.
        let within = value.rem_euclid(self.width) - self.offset;
        value.checked_sub(if within < 0 {
            within + self.width
        } else {
            within
        })
    }
}

/// How many of the type's units make one of an argument's: one, a power of ten, or a day's.
pub(crate) fn units(data_type: &DataType) -> Option<i128> {
    const DAY: i128 = 86_400;
    Some(match data_type {
        plain if plain.is_integer() => 1,
        DataType::Date32 => 1,
        DataType::Decimal128(_, scale) => 10_i128.checked_pow(u32::try_from(*scale).ok()?)?,
        DataType::Date64 | DataType::Timestamp(TimeUnit::Millisecond, _) => DAY * 1_000,
        DataType::Timestamp(TimeUnit::Second, _) => DAY,
        DataType::Timestamp(TimeUnit::Microsecond, _) => DAY * 1_000_000,
        DataType::Timestamp(TimeUnit::Nanosecond, _) => DAY * 1_000_000_000,
        _ => return None,
    })
}

/// A fixed-width type whose values are whole numbers.
trait Whole: ArrowPrimitiveType {
    fn widen(value: Self::Native) -> i128;
    /// The value, or the end of the type beyond which it lies.
    fn narrow(value: Option<i128>) -> Self::Native;
}

mod whole {
    //! The whole types, and the others so that one match serves all: those are refused before.

    use arrow::datatypes::*;

    use super::Whole;

    macro_rules! whole {
        ($($t:ty: $native:ty),*) => {$(
            impl Whole for $t {
                fn widen(value: $native) -> i128 {
                    i128::from(value)
                }
                fn narrow(value: Option<i128>) -> $native {
                    let Some(value) = value else {
                        return <$native>::MIN;
                    };
                    let end = if value < 0 { <$native>::MIN } else { <$native>::MAX };
                    <$native>::try_from(value).unwrap_or(end)
                }
            }
        )*};
    }
    whole!(
        Int8Type: i8, Int16Type: i16, Int32Type: i32, Int64Type: i64,
        UInt8Type: u8, UInt16Type: u16, UInt32Type: u32, UInt64Type: u64,
        Date32Type: i32, Date64Type: i64, Decimal128Type: i128,
        Time32SecondType: i32, Time32MillisecondType: i32, Time64MicrosecondType: i64, Time64NanosecondType: i64,
        TimestampSecondType: i64, TimestampMillisecondType: i64, TimestampMicrosecondType: i64,
        TimestampNanosecondType: i64
    );

    macro_rules! never {
        ($($t:ty: $native:ty),*) => {$(
            impl Whole for $t {
                fn widen(_: $native) -> i128 {
                    0
                }
                fn narrow(_: Option<i128>) -> $native {
                    <$native>::NAN
                }
            }
        )*};
    }
    never!(Float32Type: f32, Float64Type: f64);
}
