//! The bytes of a value of `siv`, sealed and plain.
//!
//! ```text
//! format 0x02 | synthetic IV 16 | ciphertext
//! ```
//!
//! The key is 64 bytes of HKDF-SHA-256(key, info `siv`); the associated data is the two strings
//! `siv` and the domain. The plaintext is the UTF-8 of a text, the bytes of a binary value, a whole
//! number as nine bytes of two's complement, and a date as four, big-endian: one value has one
//! ciphertext whatever the width of its column, and a number's size does not show.

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::*,
};

use crate::{
    KeySource, ProtectError,
    argument::Arguments,
    cell::{Cells, cells, is_binary, is_text},
    crypto::siv::{IV_LEN, Key},
};

pub(super) const NAME: &str = "siv";
pub(super) const FORMAT: u8 = 2;
/// Bytes of a sealed value beyond its plaintext.
pub(super) const OVERHEAD: usize = 1 + IV_LEN;
/// What holds every `int64` and every `uint64`.
pub(super) const INTEGER_LEN: usize = 9;
/// Values that are sealed side by side.
pub(super) const BATCH: usize = 64;
/// A domain is a tag or a short name.
const LONGEST_DOMAIN: usize = 256;

pub(super) fn key(
    arguments: &Arguments<'_>,
    keys: &(impl KeySource + ?Sized),
) -> Result<Key, ProtectError> {
    let (key, domain) = (arguments.text(0)?, arguments.text(1)?);
    if domain.len() > LONGEST_DOMAIN {
        return Err(arguments.wrong("the domain must be at most 256 bytes"));
    }
    let derived = keys.token_key(key)?.derive(NAME, 64)?;
    Key::new(&derived, &[NAME.as_bytes(), domain.as_bytes()])
}

/// Runs `$body` with `$t` as the Arrow type of a whole number, else `$other`.
macro_rules! by_integer {
    ($data_type:expr, $t:ident => $body:expr, _ => $other:expr) => {{
        macro_rules! with {
            ($name:ty) => {{
                type $t = $name;
                $body
            }};
        }
        match $data_type {
            DataType::Int8 => with!(Int8Type),
            DataType::Int16 => with!(Int16Type),
            DataType::Int32 => with!(Int32Type),
            DataType::Int64 => with!(Int64Type),
            DataType::UInt8 => with!(UInt8Type),
            DataType::UInt16 => with!(UInt16Type),
            DataType::UInt32 => with!(UInt32Type),
            DataType::UInt64 => with!(UInt64Type),
            _ => $other,
        }
    }};
}
pub(super) use by_integer;

/// The plaintexts of a column.
pub(super) enum Plain<'a> {
    Stored(&'a dyn Cells),
    Integers(Vec<[u8; INTEGER_LEN]>),
}

impl<'a> Plain<'a> {
    /// `None` for a type that `siv` does not take.
    pub(super) fn of(array: &'a ArrayRef) -> Option<Plain<'a>> {
        let data_type = array.data_type();
        if is_text(data_type) || is_binary(data_type) || *data_type == DataType::Date32 {
            return cells(array).map(Plain::Stored);
        }
        let integers = by_integer!(data_type, T => {
            let values = array.as_primitive::<T>().values().iter();
            values.map(|value| integer(i128::from(*value))).collect()
        }, _ => return None);
        Some(Plain::Integers(integers))
    }

    pub(super) fn bytes<'b>(&'b self, row: usize, scratch: &'b mut [u8; 16]) -> &'b [u8] {
        match self {
            Plain::Stored(cells) => cells.bytes(row, scratch),
            Plain::Integers(integers) => integers.get(row).map_or(&[], |bytes| bytes),
        }
    }
}

fn integer(value: i128) -> [u8; INTEGER_LEN] {
    let bytes = value.to_be_bytes();
    bytes.last_chunk().copied().unwrap_or_default()
}

/// The whole number that exactly these bytes are.
pub(super) fn read_integer(bytes: &[u8]) -> Option<i128> {
    let bytes: [u8; INTEGER_LEN] = bytes.try_into().ok()?;
    let [first, ..] = bytes;
    // The sign, into the seven bytes that were left out.
    let mut wide = if first >= 0x80 { [0xFF; 16] } else { [0; 16] };
    *wide.last_chunk_mut()? = bytes;
    Some(i128::from_be_bytes(wide))
}
