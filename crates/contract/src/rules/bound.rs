//! `min` and `max` over numbers, dates and times.
//!
//! The comparison is first made over the whole buffer without a branch; only where something
//! fails are the rows looked at one by one.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};
use sealine_spec::Bound;

use crate::ContractError;

/// One end of a range, in the unit the column is stored in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit(Bound);

impl Limit {
    /// `None` where the bound is not one of the column's type.
    pub(crate) fn new(bound: Bound, of: &DataType) -> Option<Limit> {
        let fits = match bound {
            Bound::Integer(_) => of.is_signed_integer(),
            Bound::Float(_) => matches!(of, DataType::Float32 | DataType::Float64),
            Bound::Decimal(_) => matches!(of, DataType::Decimal128(_, _)),
            Bound::Date(_) => *of == DataType::Date32,
            Bound::Timestamp(_) => matches!(of, DataType::Timestamp(_, _)),
            Bound::Time(_) => matches!(of, DataType::Time64(_)),
        };
        fits.then_some(Limit(bound))
    }

    /// Appends the rows below this, the smallest value allowed. NaN is below everything.
    pub(super) fn below(
        &self,
        array: &ArrayRef,
        failed: &mut Vec<u32>,
    ) -> Result<(), ContractError> {
        let done = match self.0 {
            Bound::Integer(least) => integers(array, failed, |value| value < least),
            Bound::Float(least) => floats(array, failed, |value| value < least || value.is_nan()),
            Bound::Decimal(least) => rows::<Decimal128Type>(array, failed, |value| value < least),
            Bound::Date(least) => rows::<Date32Type>(array, failed, |value| value < least),
            Bound::Timestamp(least) => {
                rows::<TimestampMicrosecondType>(array, failed, |value| value < least)
            }
            Bound::Time(least) => {
                rows::<Time64MicrosecondType>(array, failed, |value| value < least)
            }
        };
        done.ok_or(ContractError::Kernel { step: "min" })
    }

    /// Appends the rows above this, the largest value allowed. NaN is above everything.
    pub(super) fn above(
        &self,
        array: &ArrayRef,
        failed: &mut Vec<u32>,
    ) -> Result<(), ContractError> {
        let done = match self.0 {
            Bound::Integer(most) => integers(array, failed, |value| value > most),
            Bound::Float(most) => floats(array, failed, |value| value > most || value.is_nan()),
            Bound::Decimal(most) => rows::<Decimal128Type>(array, failed, |value| value > most),
            Bound::Date(most) => rows::<Date32Type>(array, failed, |value| value > most),
            Bound::Timestamp(most) => {
                rows::<TimestampMicrosecondType>(array, failed, |value| value > most)
            }
            Bound::Time(most) => rows::<Time64MicrosecondType>(array, failed, |value| value > most),
        };
        done.ok_or(ContractError::Kernel { step: "max" })
    }
}

fn integers(array: &ArrayRef, failed: &mut Vec<u32>, fails: impl Fn(i64) -> bool) -> Option<()> {
    match array.data_type() {
        DataType::Int8 => rows::<Int8Type>(array, failed, |value| fails(value.into())),
        DataType::Int16 => rows::<Int16Type>(array, failed, |value| fails(value.into())),
        DataType::Int32 => rows::<Int32Type>(array, failed, |value| fails(value.into())),
        DataType::Int64 => rows::<Int64Type>(array, failed, fails),
        _ => None,
    }
}

fn floats(array: &ArrayRef, failed: &mut Vec<u32>, fails: impl Fn(f64) -> bool) -> Option<()> {
    match array.data_type() {
        DataType::Float32 => rows::<Float32Type>(array, failed, |value| fails(value.into())),
        DataType::Float64 => rows::<Float64Type>(array, failed, fails),
        _ => None,
    }
}

fn rows<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    failed: &mut Vec<u32>,
    fails: impl Fn(T::Native) -> bool,
) -> Option<()> {
    let array: &PrimitiveArray<T> = array.as_primitive_opt::<T>()?;
    let values = array.values();
    if values.iter().fold(false, |any, value| any | fails(*value)) {
        let broken = (0_u32..)
            .zip(values.iter().enumerate())
            .filter(|(_, (row, value))| fails(**value) && array.is_valid(*row));
        failed.extend(broken.map(|(row, _)| row));
    }
    Some(())
}
