//! What the formats for exchange with other programs share: text or bytes go in, each value becomes
//! one token of the format, and comes back as text or bytes. Numbers and dates would need an
//! encoding that the other program knows; cast them to text.
//!
//! Must never: release a value of a batch of which another does not open.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef},
    datatypes::DataType,
};

use crate::{
    ProtectError, VersionSource,
    cell::{cells, is_binary, is_text},
    column::{Layout, fresh_nulls, plain_type, refuse, unpack},
    crypto::{Secret, ValueKey},
};

/// Older versions of a key than this many are not tried.
const MOST_VERSIONS: usize = 64;

/// `given`, for a column of text or bytes.
pub(crate) fn returns(
    name: &'static str,
    input: &DataType,
    given: DataType,
) -> Result<DataType, ProtectError> {
    let plain = plain_type(input);
    if is_text(plain) || is_binary(plain) || *plain == DataType::Null {
        Ok(given)
    } else {
        Err(refuse(name, input))
    }
}

/// Makes a token of every value: `length` bytes, written by `seal`.
pub(crate) fn seal_each(
    name: &'static str,
    input: &ArrayRef,
    length: impl Fn(usize) -> usize,
    mut seal: impl FnMut(&[u8], &mut [u8]) -> Result<(), ProtectError>,
) -> Result<(Layout, Vec<u8>), ProtectError> {
    returns(name, input.data_type(), DataType::Binary)?;
    let plain = unpack(name, input)?;
    // A column of type null has no cells, and no row that would ask for one.
    let cells = cells(&plain);
    let layout = Layout::measure(name, plain.len(), fresh_nulls(&plain), |row| {
        length(cells.map_or(0, |cells| cells.bytes(row, &mut [0; 16]).len()))
    })?;
    let bytes = layout.fill(|row, place| {
        let mut scratch = [0; 16];
        seal(
            cells.map_or(&[][..], |cells| cells.bytes(row, &mut scratch)),
            place,
        )
    })?;
    Ok((layout, bytes))
}

/// Opens the token of every row, as text or bytes.
pub(crate) fn open_each(
    name: &'static str,
    input: &ArrayRef,
    as_type: &DataType,
    open: impl Fn(&[u8]) -> Result<Secret, ProtectError>,
) -> Result<ArrayRef, ProtectError> {
    returns(name, input.data_type(), DataType::Binary)?;
    if !matches!(as_type, DataType::Utf8 | DataType::Binary) {
        return Err(refuse(name, as_type));
    }
    let plain = unpack(name, input)?;
    let cells = cells(&plain);
    let nulls = fresh_nulls(&plain);
    let mut values = Vec::with_capacity(plain.len());
    for row in 0..plain.len() {
        let cells = cells.filter(|_| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)));
        let Some(cells) = cells else {
            values.push(None);
            continue;
        };
        let value = open(cells.bytes(row, &mut [0; 16])).map_err(|error| match error {
            ProtectError::NotAuthentic => ProtectError::DoesNotOpen { row },
            other => other,
        })?;
        if *as_type == DataType::Utf8 && std::str::from_utf8(value.expose()).is_err() {
            return Err(ProtectError::OpenedType {
                row,
                data_type: as_type.to_string(),
            });
        }
        values.push(Some(value));
    }
    let value = |row: usize| {
        let value = values.get(row).and_then(Option::as_ref);
        value.map_or(&[][..], Secret::expose)
    };
    let layout = Layout::measure(name, plain.len(), nulls, |row| value(row).len())?;
    let bytes = layout.fill(|row, place| {
        place.copy_from_slice(value(row));
        Ok(())
    })?;
    Ok(match as_type {
        DataType::Utf8 => Arc::new(layout.text(bytes)?),
        _ => Arc::new(layout.binary(bytes)?),
    })
}

/// Every version of a key that still opens, the newest first: these formats do not name theirs.
pub(crate) fn versions(
    keys: &dyn VersionSource,
    name: &str,
) -> Result<Vec<ValueKey>, ProtectError> {
    let primary = keys.value_key(name)?;
    let older = (1..primary.version()).rev().take(MOST_VERSIONS);
    let mut all = vec![primary];
    for version in older {
        match keys.value_key_version(name, version) {
            Ok(key) => all.push(key),
            Err(ProtectError::KeyVersion { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(all)
}
