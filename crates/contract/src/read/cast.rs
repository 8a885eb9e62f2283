//! From columns that already have a type (Parquet) to the declared one.
//!
//! INVARIANT: a value passes only if casting it there and back gives the same value; a strict
//! column takes its own type and wider storage of it only. Types that mean different things (a
//! number and a date) are never cast into each other.

use arrow::array::{Array, ArrayRef, AsArray, make_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;
use arrow::util::display::FormatOptions;

use super::Reader;
use crate::ContractError;

/// The declared column from the stored one; rows whose value has no equal in the declared type go
/// to `failed`, ascending.
pub(crate) fn from_typed(
    column: &str,
    stored: &ArrayRef,
    reader: &Reader,
    failed: &mut Vec<u32>,
) -> Result<ArrayRef, ContractError> {
    let defect = |_| ContractError::Kernel { step: "cast" };
    if let Some(text) = stored.as_string_opt::<i32>() {
        return Ok(reader.read(text, failed));
    }
    if is_text(stored.data_type()) {
        let plain = cast_with_options(stored, &DataType::Utf8, &options()).map_err(defect)?;
        let text = plain
            .as_string_opt::<i32>()
            .ok_or(ContractError::Kernel { step: "cast" })?;
        return Ok(reader.read(text, failed));
    }
    if stored.data_type() == &reader.target {
        return Ok(ArrayRef::clone(stored));
    }
    if !castable(stored.data_type(), &reader.target, reader.strict) {
        return Err(ContractError::Type {
            column: column.to_owned(),
            stored: stored.data_type().to_string(),
            declared: reader.target.to_string(),
        });
    }
    // Zones by name need a database that is not linked. Stored moments are UTC, with a zone or
    // without, so the zone is taken off before a cast and put on after it.
    let stored = &without_zone(stored)?;
    let target = match &reader.target {
        DataType::Timestamp(unit, _) => DataType::Timestamp(*unit, None),
        other => other.clone(),
    };
    let typed = exact(stored, &target, failed)?;
    relabel(&typed, &reader.target)
}

/// A moment without its zone; any other column as it is.
pub(crate) fn without_zone(array: &ArrayRef) -> Result<ArrayRef, ContractError> {
    match array.data_type() {
        DataType::Timestamp(unit, Some(_)) => relabel(array, &DataType::Timestamp(*unit, None)),
        _ => Ok(ArrayRef::clone(array)),
    }
}

/// The same values under a type that is stored alike.
fn relabel(array: &ArrayRef, kind: &DataType) -> Result<ArrayRef, ContractError> {
    if array.data_type() == kind {
        return Ok(ArrayRef::clone(array));
    }
    let data = array
        .to_data()
        .into_builder()
        .data_type(kind.clone())
        .build();
    data.map(make_array)
        .map_err(|_| ContractError::Kernel { step: "cast" })
}

fn exact(
    stored: &ArrayRef,
    target: &DataType,
    failed: &mut Vec<u32>,
) -> Result<ArrayRef, ContractError> {
    let defect = |_| ContractError::Kernel { step: "cast" };
    let typed = cast_with_options(stored, target, &options()).map_err(defect)?;
    if *target == DataType::Utf8 {
        // Every number and date has a text; bytes that are not UTF-8 have none.
        lost(stored, &typed, failed);
        return Ok(typed);
    }
    let back = cast_with_options(&typed, stored.data_type(), &options()).map_err(defect)?;
    lost(stored, &typed, failed);
    if failed.is_empty() && back.to_data() == stored.to_data() {
        return Ok(typed);
    }
    let same = arrow::compute::kernels::cmp::not_distinct(&back, stored).map_err(defect)?;
    failed.clear();
    failed.extend(
        (0_u32..)
            .zip(same.values().iter())
            .filter(|(_, same)| !same)
            .map(|(row, _)| row),
    );
    Ok(typed)
}

/// Rows that had a value and have none now.
fn lost(before: &dyn Array, after: &dyn Array, failed: &mut Vec<u32>) {
    if after.null_count() > before.null_count() {
        let rows = 0..before.len();
        failed.extend(
            (0_u32..)
                .zip(rows)
                .filter(|(_, row)| after.is_null(*row) && before.is_valid(*row))
                .map(|(row, _)| row),
        );
    }
}

fn options() -> CastOptions<'static> {
    CastOptions {
        safe: true,
        format_options: FormatOptions::default(),
    }
}

fn is_text(stored: &DataType) -> bool {
    match stored {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// What a type is about; casts stay within one, but for the pairs in [`castable`].
#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    Integer,
    Float,
    Decimal,
    Boolean,
    Date,
    Moment,
    Time,
    Bytes,
    Text,
    Other,
}

fn kind(of: &DataType) -> Kind {
    match of {
        kind if kind.is_integer() => Kind::Integer,
        kind if kind.is_floating() => Kind::Float,
        DataType::Decimal32(_, _)
        | DataType::Decimal64(_, _)
        | DataType::Decimal128(_, _)
        | DataType::Decimal256(_, _) => Kind::Decimal,
        DataType::Boolean => Kind::Boolean,
        DataType::Date32 | DataType::Date64 => Kind::Date,
        DataType::Timestamp(_, _) => Kind::Moment,
        DataType::Time32(_) | DataType::Time64(_) => Kind::Time,
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => Kind::Bytes,
        DataType::Utf8 => Kind::Text,
        _ => Kind::Other,
    }
}

fn castable(stored: &DataType, declared: &DataType, strict: bool) -> bool {
    let (from, to) = (kind(stored), kind(declared));
    if from == Kind::Other {
        return false;
    }
    if from == to {
        return true;
    }
    if strict {
        return false;
    }
    matches!(
        (from, to),
        (Kind::Integer, Kind::Float | Kind::Decimal | Kind::Boolean)
            | (Kind::Float, Kind::Integer | Kind::Decimal)
            | (Kind::Decimal, Kind::Integer | Kind::Float)
            | (Kind::Boolean, Kind::Integer)
            | (Kind::Date, Kind::Moment)
            | (Kind::Moment, Kind::Date)
            | (_, Kind::Text)
    )
}
