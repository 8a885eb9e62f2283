//! Where keyed stand-ins begin: a value as its canonical text, and HMAC over it within a domain.
//!
//! Invariant: one value has one text, whatever the width or encoding of its column: text as UTF-8,
//! whole numbers in decimal, dates in ISO 8601. So the same subject meets itself across tables.

use arrow::{
    array::{
        ArrayRef, AsArray, Date32Array, LargeStringArray, PrimitiveArray, StringArray,
        StringViewArray,
    },
    datatypes::{
        DataType, Date32Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
        UInt32Type, UInt64Type,
    },
};

use crate::{
    ProtectError,
    argument::Arguments,
    cell::is_text,
    column::{plain_type, refuse},
    crypto::{Secret, hmac},
    protections::tokenize::plaintext::{self, Scratch},
};

/// A domain is a tag or a short name.
const LONGEST_DOMAIN: usize = 256;

/// The domain that stands at this place of the arguments.
pub(crate) fn domain<'a>(arguments: &Arguments<'a>, at: usize) -> Result<&'a str, ProtectError> {
    let domain = arguments.text(at)?;
    if domain.len() > LONGEST_DOMAIN || domain.contains('\0') {
        // A zero byte ends the domain in what is hashed: within it, two domains could meet.
        return Err(arguments.wrong("the domain must be at most 256 bytes without a zero byte"));
    }
    Ok(domain)
}

/// Refuses columns whose values have no canonical text.
pub(crate) fn takes(protection: &'static str, input: &DataType) -> Result<(), ProtectError> {
    let plain = plain_type(input);
    if is_text(plain) || plain.is_integer() || *plain == DataType::Date32 {
        Ok(())
    } else {
        Err(refuse(protection, input))
    }
}

/// HMAC-SHA-256 of values that all follow the same words.
pub(crate) struct Subjects(hmac::Prefixed);

impl Subjects {
    /// What is hashed before each value: every one of `words`, ended by a zero byte.
    pub(crate) fn new(key: &Secret, words: &[&str]) -> Subjects {
        let mut prefix = Vec::new();
        for word in words {
            prefix.extend_from_slice(word.as_bytes());
            prefix.push(0);
        }
        Subjects(hmac::Prefixed::new(key.expose(), &prefix))
    }

    /// The tag of one value.
    pub(crate) fn sign(&self, text: &[u8]) -> [u8; 32] {
        self.0.sign(text)
    }
}

/// A column whose values have a canonical text.
pub(crate) trait Texts {
    /// The text of the value at `row`, in the array or written to `scratch`.
    fn text<'a>(&'a self, row: usize, scratch: &'a mut Scratch) -> &'a [u8];
}

macro_rules! stored {
    ($($array:ty),*) => {$(
        impl Texts for $array {
            fn text<'a>(&'a self, row: usize, _: &'a mut Scratch) -> &'a [u8] {
                self.value(row).as_bytes()
            }
        }
    )*};
}
stored!(StringArray, LargeStringArray, StringViewArray);

macro_rules! whole {
    ($($t:ty),*) => {$(
        impl Texts for PrimitiveArray<$t> {
            fn text<'a>(&'a self, row: usize, scratch: &'a mut Scratch) -> &'a [u8] {
                plaintext::integer(i128::from(self.value(row)), scratch)
            }
        }
    )*};
}
whole!(
    Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type
);

impl Texts for Date32Array {
    fn text<'a>(&'a self, row: usize, scratch: &'a mut Scratch) -> &'a [u8] {
        plaintext::date(self.value(row), scratch)
    }
}

/// The texts of a column that is not a dictionary.
pub(crate) fn texts<'a>(
    protection: &'static str,
    plain: &'a ArrayRef,
) -> Result<&'a dyn Texts, ProtectError> {
    Ok(match plain.data_type() {
        DataType::Utf8 => plain.as_string::<i32>(),
        DataType::LargeUtf8 => plain.as_string::<i64>(),
        DataType::Utf8View => plain.as_string_view(),
        DataType::Int8 => plain.as_primitive::<Int8Type>(),
        DataType::Int16 => plain.as_primitive::<Int16Type>(),
        DataType::Int32 => plain.as_primitive::<Int32Type>(),
        DataType::Int64 => plain.as_primitive::<Int64Type>(),
        DataType::UInt8 => plain.as_primitive::<UInt8Type>(),
        DataType::UInt16 => plain.as_primitive::<UInt16Type>(),
        DataType::UInt32 => plain.as_primitive::<UInt32Type>(),
        DataType::UInt64 => plain.as_primitive::<UInt64Type>(),
        DataType::Date32 => plain.as_primitive::<Date32Type>(),
        other => return Err(refuse(protection, other)),
    })
}
