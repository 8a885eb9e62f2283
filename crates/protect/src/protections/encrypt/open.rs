//! Opening what `encrypt` sealed, in every form there ever was, for `reveal`.
//!
//! Invariant: every value is authenticated for the dataset and column that the caller names, and
//! for its row where the caller names a row key, before a byte of it is used.
//!
//! Must never: skip a row that does not open; the caller decides whether one bad row stops it.

use std::{fmt, ops::Range, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, BooleanArray, PrimitiveArray},
    buffer::NullBuffer,
    datatypes::*,
};
use sealine_label::declare::Context;
use zeroize::Zeroizing;

use super::{
    format::{Associated, FRAME, Form, OVERHEAD, SALT_LEN, read, read_frame},
    kernel::{NAME, Options},
    row::RowKeys,
};
use crate::{
    ProtectError, VersionSource,
    argument::Arguments,
    cell::{Wide, by_fixed_width, cells, is_binary},
    column::{Layout, fresh_nulls, plain_type, refuse, unpack},
    crypto::aead,
};

/// What opens values that `encrypt` sealed with one key for one place.
struct Open<'a> {
    name: String,
    context: Context,
    keys: &'a dyn VersionSource,
    row_key: Option<usize>,
}

impl fmt::Debug for Open<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open")
            .field("key", &self.name)
            .finish_non_exhaustive()
    }
}

pub(super) fn opener<'a>(
    arguments: &Arguments<'_>,
    context: &Context,
    keys: &'a dyn VersionSource,
) -> Result<Box<dyn crate::Opener + 'a>, ProtectError> {
    Ok(Box::new(Open {
        name: arguments.text(0)?.to_owned(),
        context: context.clone(),
        keys,
        row_key: Options::of(arguments)?.row_key,
    }))
}

impl crate::Opener for Open<'_> {
    fn open(
        &self,
        input: &ArrayRef,
        as_type: &DataType,
        beside: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        if !is_binary(plain_type(input.data_type())) {
            return Err(refuse(NAME, input.data_type()));
        }
        let row_keys = RowKeys::of(self.row_key, beside, input.len())?;
        let plain = unpack(NAME, input)?;
        let cells = cells(&plain).ok_or_else(|| refuse(NAME, input.data_type()))?;
        let body = |row| {
            let cell = cells.bytes(row, &mut [0; 16]).len();
            cell.saturating_sub(OVERHEAD)
        };
        let layout = Layout::measure(NAME, plain.len(), fresh_nulls(&plain), body)?;
        let mut values = vec![None; plain.len()];
        let mut opening = Opening {
            open: self,
            last: None,
        };
        let mut at = 0;
        let bytes = Zeroizing::new(layout.fill(|row, place| {
            let mut scratch = [0; 16];
            let cell = cells.bytes(row, &mut scratch);
            let value = opening.open(row, cell, row_keys.as_ref(), place)?;
            if let (Some(slot), Some(value)) = (values.get_mut(row), value) {
                *slot = Some(at + value.start..at + value.end);
            }
            at += place.len();
            Ok(())
        })?);
        let values = values.into_iter().map(|value| bytes.get(value?));
        column(values.collect(), as_type)
    }
}

/// The column of type `data_type` that these values are: text, binary, boolean, or a type of
/// fixed width.
fn column(values: Vec<Option<&[u8]>>, data_type: &DataType) -> Result<ArrayRef, ProtectError> {
    for (row, value) in values.iter().enumerate() {
        if value.is_some_and(|value| !fits(data_type, value)) {
            return Err(ProtectError::OpenedType {
                row,
                data_type: data_type.to_string(),
            });
        }
    }
    let present: Vec<bool> = values.iter().map(Option::is_some).collect();
    let nulls = Some(NullBuffer::from(present)).filter(|nulls| nulls.null_count() > 0);
    let value = |row: usize| values.get(row).copied().flatten().unwrap_or_default();
    match data_type {
        DataType::Utf8 | DataType::Binary => {
            let layout = Layout::measure(NAME, values.len(), nulls, |row| value(row).len())?;
            let bytes = layout.fill(|row, place| {
                place.copy_from_slice(value(row));
                Ok(())
            })?;
            match data_type {
                DataType::Utf8 => Ok(Arc::new(layout.text(bytes)?)),
                _ => Ok(Arc::new(layout.binary(bytes)?)),
            }
        }
        DataType::Boolean => {
            let bits: Vec<bool> = (0..values.len()).map(|row| value(row) == [1]).collect();
            Ok(Arc::new(BooleanArray::new(bits.into(), nulls)))
        }
        other => by_fixed_width!(other, T => {
            type Native = <T as ArrowPrimitiveType>::Native;
            let numbers: Vec<Native> = (0..values.len())
                .map(|row| <Native as Wide>::read(value(row)).unwrap_or_default())
                .collect();
            let failed = ProtectError::Arrow { protection: NAME, step: "building of a column" };
            let array = PrimitiveArray::<T>::try_new(numbers.into(), nulls).map_err(|_| failed)?;
            Ok(Arc::new(array.with_data_type(other.clone())))
        }, _ => Err(refuse(NAME, other))),
    }
}

/// Whether opened bytes are a value of this type.
fn fits(data_type: &DataType, bytes: &[u8]) -> bool {
    match data_type {
        DataType::Utf8 => std::str::from_utf8(bytes).is_ok(),
        DataType::Boolean => matches!(bytes, [0 | 1]),
        DataType::Binary => true,
        other => {
            by_fixed_width!(other, T => bytes.len() == size_of::<<T as ArrowPrimitiveType>::Native>(), _ => true)
        }
    }
}

struct Opening<'a> {
    open: &'a Open<'a>,
    /// Rows of one run stand together and share a salt, so the last data key serves most rows.
    last: Option<Last>,
}

struct Last {
    form: Form,
    version: u32,
    salt: [u8; SALT_LEN],
    key: aead::Key,
    associated: Associated,
}

impl Opening<'_> {
    /// Opens `cell` into `place` and says where in it the value stands; `None` for a sealed null.
    fn open(
        &mut self,
        row: usize,
        cell: &[u8],
        row_keys: Option<&RowKeys>,
        place: &mut [u8],
    ) -> Result<Option<Range<usize>>, ProtectError> {
        let sealed = read(cell).ok_or(ProtectError::NotSealed { row })?;
        // Whoever names a row key is promised that no value was moved between rows, so values
        // that are not bound to their row have to be asked for as such.
        if sealed.form.row_bound != row_keys.is_some() {
            let how = if sealed.form.row_bound {
                "with a row key; name its column as `row_key` to open it"
            } else {
                "without a row key; leave `row_key` out to open it"
            };
            return Err(ProtectError::RowBinding { row, how });
        }
        let mut last = match self.last.take() {
            Some(last)
                if (last.form, last.version, last.salt)
                    == (sealed.form, sealed.version, sealed.salt) =>
            {
                last
            }
            _ => self.derive(sealed.form, sealed.version, sealed.salt)?,
        };
        let associated = match row_keys {
            Some(keys) => keys.associated(row, &mut last.associated)?,
            None => last.associated.of_row(None)?,
        };
        let opened = last
            .key
            .open_into(sealed.nonce, associated, sealed.body, place);
        self.last = Some(last);
        opened.map_err(|error| match error {
            ProtectError::NotAuthentic => ProtectError::DoesNotOpen { row },
            other => other,
        })?;
        if !sealed.form.framed {
            return Ok(Some(0..place.len()));
        }
        match read_frame(place) {
            Some(value) => Ok(value.map(|value| FRAME..FRAME + value.len())),
            None => Err(ProtectError::DoesNotOpen { row }),
        }
    }

    fn derive(&self, form: Form, version: u32, salt: [u8; SALT_LEN]) -> Result<Last, ProtectError> {
        let Open {
            name,
            context,
            keys,
            ..
        } = self.open;
        let key = keys.value_key_version(name, version)?;
        Ok(Last {
            form,
            version,
            salt,
            key: key.data_key(form.cipher(), form.info(), &salt)?,
            associated: Associated::new(context, version, form)?,
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests;
