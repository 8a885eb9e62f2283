//! Columns of more than 2^31 bytes, which the offsets of 32 bits that most kernels write cannot
//! reach: what fits is protected, what does not is refused by its code, and nothing panics.
//!
//! The bytes are pages of zeros that nobody writes, so that little memory is taken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::sync::{Arc, Mutex, PoisonError};

use arrow::{
    array::{Array, ArrayRef, LargeStringArray, StringArray},
    buffer::{BooleanBuffer, Buffer, OffsetBuffer},
};
use sealine_label::declare::{Argument, Call, Context};
use sealine_protect::{
    KeySource, ProtectError, VersionSource, bind,
    crypto::{Secret, TokenKey, ValueKey},
    unbind,
};

/// One test at a time: each takes some gigabytes of addresses.
static ALONE: Mutex<()> = Mutex::new(());

const BEYOND: usize = (1 << 31) + 4096;
const SMALL: [&str; 2] = ["4111111111111111", "alice@example.com"];

struct Keys;

impl KeySource for Keys {
    fn token_key(&self, _: &str) -> Result<TokenKey, ProtectError> {
        TokenKey::new(&Secret::new(vec![7; 32]))
    }

    fn value_key(&self, _: &str) -> Result<ValueKey, ProtectError> {
        ValueKey::new(1, Secret::new(vec![7; 32]))
    }
}

impl VersionSource for Keys {
    fn value_key_version(&self, name: &str, _: u32) -> Result<ValueKey, ProtectError> {
        self.value_key(name)
    }
}

fn call(name: &'static str) -> Call {
    let text = |value: &str| Argument::Text(value.to_owned());
    let arguments = match name {
        "redact" => vec![],
        "mask" | "mask_fixed" => vec![Argument::Integer(6), Argument::Integer(4)],
        "mask_card" => vec![text("first-6-last-4")],
        "tokenize" => vec![text("k"), text("card"), text("text"), Argument::Integer(0)],
        "siv" => vec![text("k"), text("card")],
        "scrub" => vec![text("email=mask(1, 4), card=mask(6, 4)"), text("")],
        "encrypt" => {
            let words = ["k", "none", "kept", "gcm"].map(text).into_iter();
            words.chain([Argument::Absent]).collect()
        }
        other => panic!("{other}"),
    };
    let context = Context {
        dataset: "lake.customers".to_owned(),
        column: "card".to_owned(),
    };
    Call {
        name,
        arguments,
        context,
    }
}

fn apply(name: &'static str, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
    bind(&call(name), &Keys).unwrap().apply(input)
}

/// Bytes that end in the small values, the first of them beyond what 32 bits with a sign reach.
fn bytes() -> (Buffer, Vec<i64>) {
    let small = SMALL.concat();
    let mut bytes = vec![0; BEYOND + small.len()];
    bytes[BEYOND..].copy_from_slice(small.as_bytes());
    let first = BEYOND as i64;
    let second = first + SMALL[0].len() as i64;
    let ends = vec![0, first, second, bytes.len() as i64];
    (Buffer::from_vec(bytes), ends)
}

#[test]
fn small_values_beyond_the_reach_of_32_bits_are_protected() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (bytes, ends) = bytes();
    let nulls = BooleanBuffer::from(vec![false, true, true]);
    let column = LargeStringArray::new(OffsetBuffer::new(ends.into()), bytes, Some(nulls.into()));
    let column: ArrayRef = Arc::new(column);
    let sliced = column.slice(1, 2);
    let small: ArrayRef = Arc::new(StringArray::from(SMALL.to_vec()));
    for name in [
        "redact",
        "mask",
        "mask_fixed",
        "mask_card",
        "tokenize",
        "siv",
        "scrub",
    ] {
        let expected = apply(name, &small).unwrap();
        let whole = apply(name, &column).unwrap();
        assert_eq!(&apply(name, &sliced).unwrap(), &expected, "{name}");
        assert_eq!(&whole.slice(1, 2), &expected, "{name}");
        assert_eq!(whole.is_null(0), name != "redact", "{name}");
    }
    let opener = unbind(&call("encrypt"), &Keys).unwrap();
    for input in [column, sliced] {
        let sealed = apply("encrypt", &input).unwrap();
        let opened = opener.open(&sealed, small.data_type(), &[]).unwrap();
        assert_eq!(&opened.slice(input.len() - 2, 2), &small);
    }
}

#[test]
fn values_that_32_bits_cannot_reach_are_refused_or_replaced() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (bytes, ends) = bytes();
    let column = LargeStringArray::new(OffsetBuffer::new(ends.into()), bytes, None);
    let column: ArrayRef = Arc::new(column);
    for name in ["redact", "mask_fixed", "mask_card"] {
        assert_eq!(apply(name, &column).unwrap().len(), 3, "{name}");
    }
    for name in ["mask", "encrypt", "siv", "scrub"] {
        assert_eq!(apply(name, &column).unwrap_err().code(), "SL8013", "{name}");
    }
}

/// Small enough as they are, but each becomes longer.
#[test]
fn what_grows_beyond_32_bits_is_refused() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let rows = BEYOND / 4096;
    let empty: ArrayRef = Arc::new(StringArray::new(
        OffsetBuffer::new(vec![0; rows + 1].into()),
        Buffer::from_vec(Vec::<u8>::new()),
        None,
    ));
    let mut call = call("encrypt");
    call.arguments[1] = Argument::Text("4096".to_owned());
    let padded = bind(&call, &Keys).unwrap().apply(&empty);
    assert_eq!(padded.unwrap_err().code(), "SL8013");
}
