//! Every form of a sealed value, opened where it was written and refused elsewhere.

use arrow::array::{
    AsArray, BinaryArray, Date32Array, Decimal128Array, Float64Array, Int32Array, StringArray,
    TimestampMicrosecondArray, UInt8Array,
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use sealine_label::declare::{Argument, Call};

use super::*;
use crate::{
    bind,
    protections::encrypt::kernel::arguments,
    testing::{Keys, call},
    unbind,
};

fn plain() -> Call {
    call(NAME, arguments("none", "kept", "gcm", Argument::Absent))
}

fn sealed(input: &ArrayRef) -> (ArrayRef, Context) {
    let call = plain();
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
    let context = context.clone();
    let call = Call { context, ..plain() };
    unbind(&call, &Keys).unwrap().open(input, data_type, &[])
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

/// Bytes of every form, made by Python's `cryptography` 50 from the description in `format.rs`:
/// key 0x2a, salt 00…0f, nonce 10…1b, version 1, and 7 of 32 bits as the row key.
#[test]
fn what_was_ever_written_opens() {
    let alice = Some("alice@example.com");
    for (cell, row_bound, expected) in [
        (
            "AQAAAAEAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobduaS7B8dqrm/KT7P/cN2q1WkKFu/VVlq4ReMpYph\
             q06T",
            false,
            alice,
        ),
        (
            "EQAAAAEAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobMumVwfX9fhU4a82m4XLmACjP+tSjgXJ8lI69yfOB\
             JhO8",
            false,
            alice,
        ),
        (
            "EgAAAAEAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobF4r7nhsxpqK7BCvb+YBlqF2NZlBnp9FjdB5gZAk/\
             PzDPJM900JZ/4zH1l6Rs0RB3Gxnz5A",
            false,
            alice,
        ),
        (
            "EwAAAAEAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobyzjnuH+r1WOLrcCsPwHAphIw5xkJGB5n1PyHvLmt\
             BHzknAAZ",
            false,
            None,
        ),
        (
            "FAAAAAEAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobduaS7B8dqrm/KT7P/cN2q1UuJVYfFf6jFViKonSs\
             /2A+",
            true,
            alice,
        ),
        (
            "FwAAAAEAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobcX0jGqipVLEyb2o0ImG7oP3UoOZnAM0U3l+A7U1/\
             Pflag20mhhE5CbPWkVFmbeIFLYeXnn8u+Jtnj3g35n9ePjU8a/QbmXK3Fpeudo8pZbtOZkJ8",
            true,
            alice,
        ),
    ] {
        let cell = STANDARD_NO_PAD.decode(cell).unwrap();
        let cells: ArrayRef = Arc::new(BinaryArray::from(vec![cell.as_slice()]));
        let (place, beside) = match row_bound {
            true => (Argument::Column(0), vec![row_keys(vec![7])]),
            false => (Argument::Absent, vec![]),
        };
        // What the call says of padding, nulls and cipher is for sealing: the value says its own.
        let call = call(NAME, arguments("none", "kept", "gcm", place));
        let opened = unbind(&call, &Keys).unwrap();
        let opened = opened.open(&cells, &DataType::Utf8, &beside).unwrap();
        assert_eq!(opened.as_string::<i32>().iter().next(), Some(expected));
    }
}

fn row_keys(keys: Vec<i32>) -> ArrayRef {
    Arc::new(Int32Array::from(keys))
}

#[test]
fn every_combination_of_options_comes_back() {
    let columns: [ArrayRef; 3] = [
        Arc::new(StringArray::from(vec![
            Some("søren"),
            None,
            Some(""),
            Some("a value of seventeen and more"),
        ])),
        Arc::new(Decimal128Array::from(vec![
            Some(-1),
            None,
            Some(0),
            Some(i128::MAX),
        ])),
        Arc::new(BooleanArray::from(vec![
            Some(true),
            None,
            Some(false),
            Some(true),
        ])),
    ];
    for input in columns {
        for pad in ["none", "16", "4096"] {
            for nulls in ["kept", "sealed"] {
                for cipher in ["gcm", "gcm-siv"] {
                    for place in [Argument::Absent, Argument::Column(0)] {
                        let beside = match place {
                            Argument::Absent => vec![],
                            _ => vec![row_keys(vec![1, 2, 3, 4])],
                        };
                        let call = call(NAME, arguments(pad, nulls, cipher, place));
                        let sealed = bind(&call, &Keys).unwrap().apply_beside(&input, &beside);
                        let Ok(sealed) = sealed else {
                            assert_eq!((pad, nulls), ("none", "sealed"));
                            continue;
                        };
                        let kept = if nulls == "kept" { 1 } else { 0 };
                        assert_eq!(sealed.null_count(), kept);
                        let opener = unbind(&call, &Keys).unwrap();
                        let opened = opener.open(&sealed, input.data_type(), &beside).unwrap();
                        assert_eq!(&opened, &input, "{call:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_value_moved_to_another_row_does_not_open() {
    let input: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    let bound = call(NAME, arguments("none", "kept", "gcm", Argument::Column(0)));
    let kernel = bind(&bound, &Keys).unwrap();
    let cells = kernel
        .apply_beside(&input, &[row_keys(vec![1, 2])])
        .unwrap();
    let opener = unbind(&bound, &Keys).unwrap();
    let at = |keys| opener.open(&cells, &DataType::Utf8, &[row_keys(keys)]);
    assert_eq!(&at(vec![1, 2]).unwrap(), &input);
    let error = at(vec![1, 1]).unwrap_err();
    assert!(
        matches!(error, ProtectError::DoesNotOpen { row: 1 }),
        "{error}"
    );
    // Neither side of the binding can be dropped.
    let error = open(&cells, &DataType::Utf8, &bound.context).unwrap_err();
    assert_eq!(error.code(), "SL8040");
    let (unbound, _) = sealed(&input);
    let error = opener.open(&unbound, &DataType::Utf8, &[row_keys(vec![1, 2])]);
    assert_eq!(error.unwrap_err().code(), "SL8040");
}
