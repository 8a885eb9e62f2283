//! Whole columns as words: what is equal has one word, and on an ordered scale words keep the order.
//!
//! Invariant: a null is a value like any other, equal to other nulls, and first on an ordered scale. Both zeros are
//! one value, and so are all NaNs, which come last.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Decimal128Type, Float64Type, Int64Type},
    row::{RowConverter, SortField},
};

use super::Distance;
use crate::{
    ProtectError,
    column::{plain_type, unpack},
    crypto::TableKey,
};

/// How errors of Arrow name this module.
const NAME: &str = "anonymity";

/// Tuples of columns as fingerprints.
pub(super) struct Tuples {
    converter: RowConverter,
    at: Vec<usize>,
}

impl Tuples {
    /// Of the columns at these places, with their names and types.
    pub(super) fn new(columns: &[(usize, &str, &DataType)]) -> Result<Tuples, ProtectError> {
        let field = |data_type: &DataType| SortField::new(plain_type(data_type).clone());
        for (_, name, data_type) in columns {
            if !RowConverter::supports_fields(&[field(data_type)]) {
                return Err(ProtectError::AnonymityType {
                    column: (*name).to_owned(),
                    data_type: data_type.to_string(),
                });
            }
        }
        let fields = columns
            .iter()
            .map(|(_, _, data_type)| field(data_type))
            .collect();
        Ok(Tuples {
            converter: RowConverter::new(fields).map_err(|_| refused("columns"))?,
            at: columns.iter().map(|(at, _, _)| *at).collect(),
        })
    }

    /// One word for each row of `columns`, all columns of the batch, appended to `words`.
    pub(super) fn words(
        &self,
        columns: &[ArrayRef],
        key: TableKey,
        words: &mut Vec<u128>,
    ) -> Result<(), ProtectError> {
        let own = self
            .at
            .iter()
            .map(|at| columns.get(*at).map(settled).ok_or(refused("columns"))?)
            .collect::<Result<Vec<_>, _>>()?;
        let rows = self
            .converter
            .convert_columns(&own)
            .map_err(|_| refused("rows"))?;
        words.extend(rows.iter().map(|row| key.fingerprint(row.data())));
        Ok(())
    }
}

/// Without a dictionary, and floats with one zero and one NaN, so that equal values have equal bytes.
fn settled(array: &ArrayRef) -> Result<ArrayRef, ProtectError> {
    let array = &unpack(NAME, array)?;
    Ok(match array.data_type() {
        DataType::Float64 => Arc::new(
            array
                .as_primitive::<Float64Type>()
                .unary::<_, Float64Type>(one_zero),
        ),
        DataType::Float32 | DataType::Float16 => {
            let wide = cast(array, &DataType::Float64).map_err(|_| refused("cast"))?;
            let wide = wide.as_primitive::<Float64Type>();
            let settled: ArrayRef = Arc::new(wide.unary::<_, Float64Type>(one_zero));
            cast(&settled, array.data_type()).map_err(|_| refused("cast"))?
        }
        _ => Arc::clone(array),
    })
}

fn one_zero(value: f64) -> f64 {
    if value.is_nan() {
        f64::NAN
    } else {
        value + 0.0
    }
}

/// The scale that values of a type lie on: numbers, days and moments are ordered, everything else is not.
pub(super) fn scale(data_type: &DataType) -> Distance {
    match plain_type(data_type) {
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Float16
        | DataType::Float32
        | DataType::Float64
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Timestamp(..) => Distance::Ordered,
        _ => Distance::Equal,
    }
}

/// The words of a column on an ordered scale, appended to `words`.
pub(super) fn ordered(array: &ArrayRef, words: &mut Vec<u128>) -> Result<(), ProtectError> {
    let array = unpack(NAME, array)?;
    let to = |data_type: DataType| cast(&array, &data_type).map_err(|_| refused("cast"));
    match array.data_type() {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            let values = to(DataType::Float64)?;
            let bits = |value: f64| {
                // The order of IEEE 754 `totalOrder`: the bits of negative numbers are turned around.
                let bits = one_zero(value).to_bits();
                i128::from(if bits >> 63 == 0 {
                    bits | 1 << 63
                } else {
                    !bits
                })
            };
            extend(
                values
                    .as_primitive::<Float64Type>()
                    .iter()
                    .map(|value| value.map(bits)),
                words,
            );
        }
        DataType::UInt64
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..) => {
            let wide = match array.data_type() {
                DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) => {
                    to(DataType::Decimal128(38, *scale))?
                }
                DataType::UInt64 => to(DataType::Decimal128(20, 0))?,
                _ => Arc::clone(&array),
            };
            extend(wide.as_primitive::<Decimal128Type>().iter(), words);
        }
        DataType::Time32(_) => {
            let narrow = to(DataType::Int32)?;
            let wide = cast(&narrow, &DataType::Int64).map_err(|_| refused("cast"))?;
            extend(
                wide.as_primitive::<Int64Type>()
                    .iter()
                    .map(|value| value.map(i128::from)),
                words,
            );
        }
        _ => {
            let wide = to(DataType::Int64)?;
            extend(
                wide.as_primitive::<Int64Type>()
                    .iter()
                    .map(|value| value.map(i128::from)),
                words,
            );
        }
    }
    Ok(())
}

/// Moves the scale by half its width, so that words are unsigned; the lowest is the null's.
fn extend(values: impl Iterator<Item = Option<i128>>, words: &mut Vec<u128>) {
    words.extend(values.map(|value| value.map_or(0, |value| value.cast_unsigned() ^ (1 << 127))));
}

pub(super) fn refused(step: &'static str) -> ProtectError {
    ProtectError::Arrow {
        protection: NAME,
        step,
    }
}
