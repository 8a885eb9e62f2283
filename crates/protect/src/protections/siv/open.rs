//! Opening what `siv` sealed, for `reveal`.
//!
//! Must never: release a value of a batch in which one does not open.

use std::{fmt, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, PrimitiveArray},
    buffer::ScalarBuffer,
    compute::cast,
    datatypes::*,
};
use sealine_label::declare::Context;

use super::format::{BATCH, FORMAT, INTEGER_LEN, NAME, OVERHEAD, by_integer, key, read_integer};
use crate::{
    Opener, ProtectError, VersionSource,
    argument::Arguments,
    cell::{cells, is_binary, is_text},
    column::{Layout, fresh_nulls, plain_type, refuse, unpack},
    crypto::siv::{IV_LEN, Key},
};

struct Open {
    key: Key,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Open")
    }
}

pub(super) fn opener<'a>(
    arguments: &Arguments<'_>,
    _: &Context,
    keys: &'a dyn VersionSource,
) -> Result<Box<dyn Opener + 'a>, ProtectError> {
    Ok(Box::new(Open {
        key: key(arguments, keys)?,
    }))
}

impl Opener for Open {
    fn open(
        &self,
        input: &ArrayRef,
        as_type: &DataType,
        _: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        if !is_binary(plain_type(input.data_type())) {
            return Err(refuse(NAME, input.data_type()));
        }
        let array = unpack(NAME, input)?;
        let stored = cells(&array).ok_or_else(|| refuse(NAME, input.data_type()))?;
        let nulls = fresh_nulls(&array);
        let rows = array.len();

        // The sealed values without their format byte, to be opened in place.
        let measured = |row| stored.bytes(row, &mut [0; 16]).len().saturating_sub(1);
        let sealed = Layout::measure(NAME, rows, nulls.clone(), measured)?;
        let mut bytes = sealed.fill(|row, cell| match stored.bytes(row, &mut [0; 16]) {
            [FORMAT, rest @ ..] if rest.len() >= IV_LEN => {
                cell.copy_from_slice(rest);
                Ok(())
            }
            _ => Err(ProtectError::NotSealed { row }),
        })?;
        self.open_in_place(&sealed, &mut bytes)?;

        let measured = |row| {
            stored
                .bytes(row, &mut [0; 16])
                .len()
                .saturating_sub(OVERHEAD)
        };
        let layout = Layout::measure(NAME, rows, nulls.clone(), measured)?;
        let mut opened = sealed.cells(&mut bytes);
        let wrong = |row| ProtectError::OpenedType {
            row,
            data_type: as_type.to_string(),
        };
        let plain = plain_type(as_type);
        let messages = layout.fill(|row, cell| {
            let message = opened.next().and_then(|(_, sealed)| sealed.get(IV_LEN..));
            let message = message.unwrap_or_default();
            let fits = match plain {
                DataType::Date32 => message.len() == 4,
                text if is_text(text) => std::str::from_utf8(message).is_ok(),
                other => is_binary(other) || by_integer!(other, T => {
                    let number = read_integer(message);
                    number.is_some_and(|number| <T as ArrowPrimitiveType>::Native::try_from(number).is_ok())
                }, _ => false),
            };
            if !fits || cell.len() != message.len() {
                return Err(wrong(row));
            }
            cell.copy_from_slice(message);
            Ok(())
        })?;
        drop(opened);

        let failed = |_| ProtectError::Arrow {
            protection: NAME,
            step: "building of a column",
        };
        // A message under a null is missing: its place is taken by a zero.
        let mut values = messages.chunks(if *plain == DataType::Date32 {
            4
        } else {
            INTEGER_LEN
        });
        let mut next = |row| match nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
            true => values.next().unwrap_or_default(),
            false => &[],
        };
        if *plain == DataType::Date32 {
            let days = (0..rows).map(|row| next(row).try_into().map_or(0, i32::from_be_bytes));
            let days = ScalarBuffer::from(days.collect::<Vec<_>>());
            return Ok(Arc::new(
                PrimitiveArray::<Date32Type>::try_new(days, nulls.clone()).map_err(failed)?,
            ));
        }
        by_integer!(plain, T => {
            type Native = <T as ArrowPrimitiveType>::Native;
            let number = |row| read_integer(next(row)).and_then(|number| Native::try_from(number).ok());
            let numbers: Vec<Native> = (0..rows).map(number).map(Option::unwrap_or_default).collect();
            let array = PrimitiveArray::<T>::try_new(ScalarBuffer::from(numbers), nulls.clone());
            return Ok(Arc::new(array.map_err(failed)?));
        }, _ => ());
        let array: ArrayRef = if is_text(plain) {
            Arc::new(layout.text(messages)?)
        } else {
            Arc::new(layout.binary(messages)?)
        };
        if array.data_type() == plain {
            return Ok(array);
        }
        cast(&array, plain).map_err(failed)
    }
}

impl Open {
    fn open_in_place(&self, sealed: &Layout, bytes: &mut [u8]) -> Result<(), ProtectError> {
        let mut cells = sealed.cells(bytes);
        loop {
            let (rows, mut batch): (Vec<_>, Vec<_>) = cells.by_ref().take(BATCH).unzip();
            if batch.is_empty() {
                return Ok(());
            }
            if let Some(at) = self.key.open_each(&mut batch) {
                let row = rows.get(at).copied().unwrap_or_default();
                return Err(ProtectError::DoesNotOpen { row });
            }
        }
    }
}
