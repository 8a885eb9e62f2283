//! Opening what `encrypt` sealed, for `reveal`.
//!
//! Invariant: every value is authenticated for the dataset and column that the caller names
//! before a byte of it is used.
//!
//! Must never: skip a row that does not open; the caller decides whether one bad row stops it.

use std::{fmt, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, BooleanArray, PrimitiveArray},
    buffer::{BooleanBuffer, NullBuffer, ScalarBuffer},
    datatypes::*,
};
use sealine_label::declare::Context;

use super::{
    format::{OVERHEAD, SALT_LEN, associated_data, read},
    kernel::NAME,
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
    }))
}

impl crate::Opener for Open<'_> {
    fn open(
        &self,
        input: &ArrayRef,
        as_type: &DataType,
        _: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        decrypt(input, as_type, &self.name, &self.context, self.keys)
    }
}

/// Opens a column that `encrypt` sealed with the key `name` for `context`, as the type
/// `data_type` that it had: text, binary, boolean, or a fixed-width type.
///
/// # Errors
/// [`ProtectError::NotSealed`], [`ProtectError::DoesNotOpen`] and [`ProtectError::OpenedType`]
/// name the row; [`ProtectError::InputType`]; what `keys` answers for a version.
fn decrypt(
    input: &ArrayRef,
    data_type: &DataType,
    name: &str,
    context: &Context,
    keys: &dyn VersionSource,
) -> Result<ArrayRef, ProtectError> {
    if !is_binary(plain_type(input.data_type())) {
        return Err(refuse(NAME, input.data_type()));
    }
    let plain = unpack(NAME, input)?;
    let cells = cells(&plain).ok_or_else(|| refuse(NAME, input.data_type()))?;
    let nulls = fresh_nulls(&plain);
    let length = |row| {
        cells
            .bytes(row, &mut [0; 16])
            .len()
            .saturating_sub(OVERHEAD)
    };
    let layout = Layout::measure(NAME, plain.len(), nulls.clone(), length)?;
    let mut opener = Opener {
        name,
        context,
        keys,
        last: None,
    };
    let bytes = layout.fill(|row, place| {
        opener.open(row, cells.bytes(row, &mut [0; 16]), place)?;
        if fits(data_type, place) {
            Ok(())
        } else {
            place.fill(0);
            Err(ProtectError::OpenedType {
                row,
                data_type: data_type.to_string(),
            })
        }
    })?;
    match data_type {
        DataType::Utf8 => Ok(Arc::new(layout.text(bytes)?)),
        DataType::Binary => Ok(Arc::new(layout.binary(bytes)?)),
        DataType::Boolean => {
            let bits: Vec<bool> = spread(&bytes, 1, plain.len(), nulls.as_ref())
                .map(|byte| byte == [1])
                .collect();
            Ok(Arc::new(BooleanArray::new(
                BooleanBuffer::from(bits),
                nulls,
            )))
        }
        other => by_fixed_width!(other, T => {
            type Native = <T as ArrowPrimitiveType>::Native;
            let width = size_of::<Native>();
            let numbers: Vec<Native> = spread(&bytes, width, plain.len(), nulls.as_ref())
                .map(|bytes| <Native as Wide>::read(bytes).unwrap_or_default())
                .collect();
            let failed = ProtectError::Arrow { protection: NAME, step: "building of a column" };
            let array = PrimitiveArray::<T>::try_new(ScalarBuffer::from(numbers), nulls).map_err(|_| failed)?;
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

/// The values of `width` bytes each, with nothing in the place of a null.
fn spread<'a>(
    bytes: &'a [u8],
    width: usize,
    rows: usize,
    nulls: Option<&'a NullBuffer>,
) -> impl Iterator<Item = &'a [u8]> {
    let mut values = bytes.chunks(width);
    (0..rows).map(move |row| {
        let valid = nulls.is_none_or(|nulls| nulls.is_valid(row));
        if valid {
            values.next().unwrap_or_default()
        } else {
            &[]
        }
    })
}

struct Opener<'a> {
    name: &'a str,
    context: &'a Context,
    keys: &'a dyn VersionSource,
    /// Rows of one run stand together and share a salt, so the last data key serves most rows.
    last: Option<Last>,
}

struct Last {
    version: u32,
    salt: [u8; SALT_LEN],
    key: aead::Key,
    associated: Vec<u8>,
}

impl Opener<'_> {
    fn open(&mut self, row: usize, cell: &[u8], place: &mut [u8]) -> Result<(), ProtectError> {
        let sealed = read(cell).ok_or(ProtectError::NotSealed { row })?;
        let last = match self.last.take() {
            Some(last) if last.version == sealed.version && last.salt == sealed.salt => last,
            _ => {
                let key = self.keys.value_key_version(self.name, sealed.version)?;
                Last {
                    version: sealed.version,
                    salt: sealed.salt,
                    key: key.data_key(&sealed.salt)?,
                    associated: associated_data(self.context, sealed.version)?,
                }
            }
        };
        let opened = last
            .key
            .open_into(sealed.nonce, &last.associated, sealed.body, place);
        self.last = Some(last);
        opened.map_err(|error| match error {
            ProtectError::NotAuthentic => ProtectError::DoesNotOpen { row },
            other => other,
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
mod tests {
    use arrow::array::{
        AsArray, BinaryArray, Date32Array, Decimal128Array, Float64Array, Int32Array, StringArray,
        TimestampMicrosecondArray, UInt8Array,
    };
    use sealine_label::declare::Argument;

    use super::*;
    use crate::{
        bind,
        testing::{Keys, call},
    };

    fn sealed(input: &ArrayRef) -> (ArrayRef, Context) {
        let call = call(NAME, vec![Argument::Text("v".to_owned())]);
        (
            bind(&call, &Keys).unwrap().apply(input).unwrap(),
            call.context,
        )
    }

    fn open(
        input: &ArrayRef,
        data_type: &DataType,
        context: &Context,
    ) -> Result<ArrayRef, ProtectError> {
        decrypt(input, data_type, "v", context, &Keys)
    }

    #[test]
    fn every_type_comes_back() {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec![Some("søren"), None, Some("")])),
            Arc::new(BinaryArray::from(vec![
                Some(&b"\0\xff"[..]),
                None,
                Some(b""),
            ])),
            Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
            Arc::new(UInt8Array::from(vec![Some(0), None, Some(255)])),
            Arc::new(Int32Array::from(vec![Some(i32::MIN), None, Some(7)])),
            Arc::new(Float64Array::from(vec![Some(-0.5), None, Some(f64::MAX)])),
            Arc::new(Date32Array::from(vec![Some(-1), None, Some(20_000)])),
            Arc::new(
                Decimal128Array::from(vec![Some(-12_345), None, Some(0)])
                    .with_precision_and_scale(9, 2)
                    .unwrap(),
            ),
            Arc::new(
                TimestampMicrosecondArray::from(vec![Some(1), None, Some(-1)]).with_timezone("UTC"),
            ),
        ];
        for input in columns {
            let (cells, context) = sealed(&input);
            let opened = open(&cells, input.data_type(), &context).unwrap();
            assert_eq!(&opened, &input);
        }
    }

    #[test]
    fn numbers_and_booleans_do_not_show_their_size() {
        let numbers: ArrayRef = Arc::new(Int32Array::from(vec![0, i32::MAX, -1]));
        let booleans: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
        for (input, width) in [(numbers, 4), (booleans, 1)] {
            let (cells, _) = sealed(&input);
            assert!(
                cells
                    .as_binary::<i32>()
                    .iter()
                    .all(|cell| cell.unwrap().len() == OVERHEAD + width)
            );
        }
    }

    #[test]
    fn a_moved_value_does_not_open() {
        let input: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        let (cells, context) = sealed(&input);
        let mut column = context.clone();
        column.column.push('2');
        let mut dataset = context.clone();
        dataset.dataset = "lake.other".to_owned();
        let swapped = Context {
            dataset: context.column.clone(),
            column: context.dataset.clone(),
        };
        for moved in [column, dataset, swapped] {
            let error = open(&cells, &DataType::Utf8, &moved).unwrap_err();
            assert!(
                matches!(error, ProtectError::DoesNotOpen { row: 0 }),
                "{error}"
            );
        }
    }

    #[test]
    fn a_changed_or_cut_value_does_not_open() {
        let input: ArrayRef = Arc::new(StringArray::from(vec!["good", "canary"]));
        let (cells, context) = sealed(&input);
        let cells = cells.as_binary::<i32>();
        for at in 0..cells.value(1).len() {
            let mut changed = cells.value(1).to_vec();
            changed[at] ^= 0x80;
            let cut = &cells.value(1)[..at];
            for bad in [changed.as_slice(), cut] {
                let bad: ArrayRef = Arc::new(BinaryArray::from(vec![cells.value(0), bad]));
                let error = open(&bad, &DataType::Utf8, &context).unwrap_err();
                assert!(
                    matches!(error.code(), "SL8030" | "SL8031" | "SL8022"),
                    "{at}: {error}"
                );
                assert!(!error.to_string().contains("canary"));
            }
        }
    }

    #[test]
    fn another_type_is_refused() {
        let input: ArrayRef = Arc::new(Int32Array::from(vec![-1]));
        let (cells, context) = sealed(&input);
        for data_type in [DataType::Int64, DataType::Boolean, DataType::Utf8] {
            assert_eq!(
                open(&cells, &data_type, &context).unwrap_err().code(),
                "SL8032",
                "{data_type}"
            );
        }
        let plain: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        assert_eq!(
            open(&plain, &DataType::Utf8, &context).unwrap_err().code(),
            "SL8012"
        );
    }

    #[test]
    fn each_value_opens_with_the_version_it_names() {
        let input: ArrayRef = Arc::new(StringArray::from(vec!["old"]));
        let (cells, context) = sealed(&input);
        let mut unknown = cells.as_binary::<i32>().value(0).to_vec();
        unknown[4] = 99;
        let unknown: ArrayRef = Arc::new(BinaryArray::from(vec![unknown.as_slice()]));
        assert_eq!(
            open(&unknown, &DataType::Utf8, &context)
                .unwrap_err()
                .code(),
            "SL8022"
        );
    }
}
