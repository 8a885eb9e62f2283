//! Kernels from text columns to typed ones: one pass, no allocation for a value.
//!
//! INVARIANT: a null stays null; a text that is not a value of the type is a failure.

use std::sync::Arc;

use arrow::array::builder::{BinaryBuilder, BooleanBuilder, NullBufferBuilder};
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray, StringArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};

use super::number;
use super::temporal::{self, Pattern};
use crate::ContractError;
use crate::rules::names;

/// How the texts of one column are read.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(super) strict: bool,
    pub(super) target: DataType,
    pattern: Option<Pattern>,
}

/// A reader for values of `target`, with the declared `format:` for dates and times.
pub(crate) fn compile(
    column: &str,
    target: &DataType,
    strict: bool,
    format: Option<&str>,
) -> Result<Reader, ContractError> {
    let readable = matches!(
        target,
        DataType::Utf8
            | DataType::Boolean
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Float32
            | DataType::Float64
            | DataType::Decimal128(_, _)
            | DataType::Date32
            | DataType::Timestamp(TimeUnit::Microsecond, _)
            | DataType::Time64(TimeUnit::Microsecond)
            | DataType::Binary
    );
    if !readable {
        return Err(ContractError::Type {
            column: column.to_owned(),
            stored: "text".to_owned(),
            declared: target.to_string(),
        });
    }
    let refused = || ContractError::Rule {
        column: column.to_owned(),
        rule: names::FORMAT,
        reason: "it is empty or holds a letter that strftime does not know; see the reference of `format:`",
    };
    let pattern = format
        .map(|text| Pattern::new(text).ok_or_else(refused))
        .transpose()?;
    Ok(Reader {
        strict,
        target: target.clone(),
        pattern,
    })
}

impl Reader {
    /// The typed column; the rows whose text is no value of the type go to `failed`, ascending.
    pub(crate) fn read(&self, text: &StringArray, failed: &mut Vec<u32>) -> ArrayRef {
        let strict = self.strict;
        let mut each = Each {
            text,
            strict,
            failed,
        };
        match &self.target {
            DataType::Boolean => each.booleans(),
            DataType::Int8 => Arc::new(each.integers::<Int8Type>()),
            DataType::Int16 => Arc::new(each.integers::<Int16Type>()),
            DataType::Int32 => Arc::new(each.integers::<Int32Type>()),
            DataType::Int64 => {
                Arc::new(each.primitive::<Int64Type>(|text| number::integer(text, strict)))
            }
            DataType::Float32 => {
                Arc::new(each.primitive::<Float32Type>(|text| number::float32(text, strict)))
            }
            DataType::Float64 => {
                Arc::new(each.primitive::<Float64Type>(|text| number::float(text, strict)))
            }
            DataType::Decimal128(precision, scale) => {
                let (precision, scale) = (*precision, *scale);
                let read = |text: &[u8]| number::decimal(text, precision, scale, strict);
                let array = each.primitive::<Decimal128Type>(read);
                Arc::new(array.with_data_type(self.target.clone()))
            }
            DataType::Date32 => {
                Arc::new(each.primitive::<Date32Type>(|text| match &self.pattern {
                    Some(pattern) => pattern.date(text),
                    None => temporal::date(text),
                }))
            }
            DataType::Timestamp(_, _) => {
                let array =
                    each.primitive::<TimestampMicrosecondType>(|text| match &self.pattern {
                        Some(pattern) => pattern.timestamp(text),
                        None => temporal::timestamp(text, strict),
                    });
                Arc::new(array.with_data_type(self.target.clone()))
            }
            DataType::Time64(_) => {
                Arc::new(
                    each.primitive::<Time64MicrosecondType>(|text| match &self.pattern {
                        Some(pattern) => pattern.time(text),
                        None => temporal::time(text, strict),
                    }),
                )
            }
            DataType::Binary => each.bytes(),
            // `compile` lets nothing else through but text itself.
            _ => Arc::new(text.clone()),
        }
    }
}

struct Each<'a> {
    text: &'a StringArray,
    strict: bool,
    failed: &'a mut Vec<u32>,
}

/// What one text turned out to be.
enum Cell<T> {
    Value(T),
    Null,
    Fault,
}

/// Trims and reads one text. When coercing, a blank text is the null of a typed column.
fn cell<T>(text: Option<&str>, strict: bool, read: impl Fn(&[u8]) -> Option<T>) -> Cell<T> {
    let Some(text) = text else { return Cell::Null };
    let bytes = if strict {
        text.as_bytes()
    } else {
        text.as_bytes().trim_ascii()
    };
    match read(bytes) {
        Some(value) => Cell::Value(value),
        None if bytes.is_empty() && !strict => Cell::Null,
        None => Cell::Fault,
    }
}

impl Each<'_> {
    fn primitive<T: ArrowPrimitiveType>(
        &mut self,
        read: impl Fn(&[u8]) -> Option<T::Native>,
    ) -> PrimitiveArray<T> {
        let mut values = Vec::with_capacity(self.text.len());
        let mut nulls = NullBufferBuilder::new(self.text.len());
        for (row, text) in (0_u32..).zip(self.text.iter()) {
            match cell(text, self.strict, &read) {
                Cell::Value(value) => {
                    values.push(value);
                    nulls.append_non_null();
                    continue;
                }
                Cell::Null => {}
                Cell::Fault => self.failed.push(row),
            }
            values.push(T::Native::default());
            nulls.append_null();
        }
        PrimitiveArray::new(ScalarBuffer::from(values), nulls.finish())
    }

    fn integers<T: ArrowPrimitiveType>(&mut self) -> PrimitiveArray<T>
    where
        T::Native: TryFrom<i64>,
    {
        let strict = self.strict;
        self.primitive(|text| T::Native::try_from(number::integer(text, strict)?).ok())
    }

    fn booleans(&mut self) -> ArrayRef {
        let mut builder = BooleanBuilder::with_capacity(self.text.len());
        for (row, text) in (0_u32..).zip(self.text.iter()) {
            match cell(text, self.strict, |text| number::boolean(text, self.strict)) {
                Cell::Value(value) => builder.append_value(value),
                Cell::Null => builder.append_null(),
                Cell::Fault => {
                    self.failed.push(row);
                    builder.append_null();
                }
            }
        }
        Arc::new(builder.finish())
    }

    /// Bytes written as hexadecimal digits; an empty text is no bytes at all, not a null.
    fn bytes(&mut self) -> ArrayRef {
        let mut builder =
            BinaryBuilder::with_capacity(self.text.len(), self.text.value_data().len());
        for (row, text) in (0_u32..).zip(self.text.iter()) {
            match cell(text, self.strict, number::hexadecimal) {
                Cell::Value(value) => builder.append_value(value),
                Cell::Null => builder.append_null(),
                Cell::Fault => {
                    self.failed.push(row);
                    builder.append_null();
                }
            }
        }
        Arc::new(builder.finish())
    }
}
