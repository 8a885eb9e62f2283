//! Columns of the values that break functions, by type: the least, the greatest, none, odd letters.
#![allow(unreachable_pub, dead_code, clippy::unwrap_used)]

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, Float32Array,
    Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray, ListArray,
    StringArray, StringViewArray, StructArray, Time64MicrosecondArray, TimestampMicrosecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt32Array, UInt64Array,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Int64Type};

const TEXTS: [Option<&str>; 9] = [
    Some("a"),
    None,
    Some(""),
    Some("-9223372036854775808"),
    Some("2024-02-30T25:61:61Z"),
    Some("ß\u{0130}\u{1F9D1}\u{200D}\u{1F680}\u{0301}\u{FEFF}\u{0}"),
    Some("(((*[+?\\%_"),
    Some("\u{10FFFF}\u{7F}\n\t\"',; "),
    Some("LONG"),
];

fn texts() -> Vec<Option<String>> {
    let long = "xÄ1 ".repeat(100);
    TEXTS
        .iter()
        .map(|text| {
            text.map(|t| {
                if t == "LONG" {
                    long.clone()
                } else {
                    t.to_owned()
                }
            })
        })
        .collect()
}

/// One column a type: an ordinary value first, then the extremes. All have nine rows.
pub fn columns() -> Vec<ArrayRef> {
    let ints = |all: [i64; 6]| {
        let mut values = vec![Some(3), None, Some(0), Some(-1)];
        values.extend(all.iter().copied().map(Some));
        values.truncate(9);
        values
    };
    let i64s = ints([1, i64::MIN, i64::MAX, i64::MIN + 1, 64, 7]);
    let f64s = vec![
        Some(2.5),
        None,
        Some(0.0),
        Some(-0.0),
        Some(f64::NAN),
        Some(f64::INFINITY),
        Some(f64::NEG_INFINITY),
        Some(f64::MAX),
        Some(f64::MIN_POSITIVE / 2.0),
    ];
    let days = [
        Some(19_000),
        None,
        Some(0),
        Some(-1),
        Some(i32::MIN),
        Some(i32::MAX),
        Some(-719_529),
        Some(2_932_896),
        Some(95_026_601),
    ];
    let text = StringArray::from(texts());
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![
        Some(vec![Some(1), Some(2)]),
        None,
        Some(vec![]),
        Some(vec![None]),
        Some(vec![Some(i64::MIN), Some(i64::MAX)]),
        Some(vec![Some(0), None, Some(0)]),
        Some(vec![Some(-1)]),
        Some((0..40).map(Some).collect()),
        Some(vec![None, None]),
    ]);
    let list_type = |of| DataType::List(Arc::new(Field::new("item", of, true)));
    let text_list = cast(&list, &list_type(DataType::Utf8)).unwrap();
    let float_list = cast(&list, &list_type(DataType::Float64)).unwrap();
    let structs = StructArray::from(vec![
        (
            Arc::new(Field::new("n", DataType::Int64, true)),
            Arc::new(Int64Array::from(i64s.clone())) as ArrayRef,
        ),
        (
            Arc::new(Field::new("t", DataType::Utf8, true)),
            Arc::new(text.clone()) as ArrayRef,
        ),
    ]);
    let dictionary = cast(
        &text,
        &DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
    )
    .unwrap();
    let bytes: Vec<Option<Vec<u8>>> = texts()
        .into_iter()
        .map(|text| {
            text.map(|t| {
                if t.is_empty() {
                    vec![0xFF, 0, 0x80]
                } else {
                    t.into_bytes()
                }
            })
        })
        .collect();
    let bytes: BinaryArray = bytes.iter().map(|one| one.as_deref()).collect();
    let most = 10_i128.pow(38) - 1;
    let decimals = |precision, scale, most: i128| -> ArrayRef {
        let values = [
            Some(15),
            None,
            Some(0),
            Some(-1),
            Some(most),
            Some(-most),
            Some(1),
            Some(most - 1),
            Some(99),
        ];
        Arc::new(
            Decimal128Array::from(values.to_vec())
                .with_precision_and_scale(precision, scale)
                .unwrap(),
        )
    };
    vec![
        Arc::new(BooleanArray::from(vec![
            Some(true),
            None,
            Some(false),
            Some(true),
            Some(true),
            None,
            Some(false),
            Some(false),
            Some(true),
        ])),
        Arc::new(Int8Array::from(vec![
            Some(3),
            None,
            Some(0),
            Some(-1),
            Some(1),
            Some(i8::MIN),
            Some(i8::MAX),
            Some(64),
            Some(7),
        ])),
        Arc::new(Int16Array::from(vec![
            Some(3),
            None,
            Some(0),
            Some(-1),
            Some(1),
            Some(i16::MIN),
            Some(i16::MAX),
            Some(64),
            Some(7),
        ])),
        Arc::new(Int32Array::from(vec![
            Some(3),
            None,
            Some(0),
            Some(-1),
            Some(1),
            Some(i32::MIN),
            Some(i32::MAX),
            Some(64),
            Some(7),
        ])),
        Arc::new(Int64Array::from(i64s)),
        Arc::new(UInt8Array::from(vec![
            Some(3),
            None,
            Some(0),
            Some(1),
            Some(u8::MAX),
            Some(128),
            Some(2),
            Some(64),
            Some(7),
        ])),
        Arc::new(UInt32Array::from(vec![
            Some(3),
            None,
            Some(0),
            Some(1),
            Some(u32::MAX),
            Some(128),
            Some(2),
            Some(64),
            Some(7),
        ])),
        Arc::new(UInt64Array::from(vec![
            Some(3),
            None,
            Some(0),
            Some(1),
            Some(u64::MAX),
            Some(1 << 63),
            Some(2),
            Some(64),
            Some(7),
        ])),
        Arc::new(Float32Array::from(vec![
            Some(2.5),
            None,
            Some(0.0),
            Some(-0.0),
            Some(f32::NAN),
            Some(f32::INFINITY),
            Some(f32::NEG_INFINITY),
            Some(f32::MAX),
            Some(f32::MIN_POSITIVE / 2.0),
        ])),
        Arc::new(Float64Array::from(f64s)),
        decimals(38, 10, most),
        decimals(15, 2, 10_i128.pow(15) - 1),
        decimals(38, 0, most),
        Arc::new(text),
        Arc::new(StringViewArray::from_iter(texts())),
        Arc::new(LargeStringArray::from(texts())),
        dictionary,
        Arc::new(bytes),
        Arc::new(Date32Array::from(days.to_vec())),
        Arc::new(Date64Array::from(vec![
            Some(1_700_000_000_000),
            None,
            Some(0),
            Some(-1),
            Some(i64::MIN),
            Some(i64::MAX),
            Some(86_400_000),
            Some(1),
            Some(2),
        ])),
        Arc::new(TimestampSecondArray::from(vec![
            Some(1_700_000_000),
            None,
            Some(0),
            Some(-1),
            Some(i64::MIN),
            Some(i64::MAX),
            Some(1),
            Some(2),
            Some(3),
        ])),
        Arc::new(
            TimestampMicrosecondArray::from(vec![
                Some(1_700_000_000_000_000),
                None,
                Some(0),
                Some(-1),
                Some(i64::MIN),
                Some(i64::MAX),
                Some(1),
                Some(2),
                Some(3),
            ])
            .with_timezone("UTC"),
        ),
        Arc::new(TimestampNanosecondArray::from(vec![
            Some(1_700_000_000_000_000_000),
            None,
            Some(0),
            Some(-1),
            Some(i64::MIN),
            Some(i64::MAX),
            Some(1),
            Some(2),
            Some(3),
        ])),
        Arc::new(Time64MicrosecondArray::from(vec![
            Some(1_000_000),
            None,
            Some(0),
            Some(86_399_999_999),
            Some(1),
            Some(2),
            Some(3),
            Some(4),
            Some(5),
        ])),
        Arc::new(list),
        text_list,
        float_list,
        Arc::new(structs),
    ]
}

/// The places of a few plain columns, for three arguments at once.
pub const FEW: [usize; 5] = [4, 9, 13, 18, 24];

/// The places of the columns that aggregates and windows are tried over.
pub const SOME: [usize; 15] = [0, 3, 4, 7, 8, 9, 10, 11, 13, 17, 18, 21, 22, 24, 27];
