//! Every rule in both directions, on slices with nulls, empty texts and multi-byte characters.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{DataType, Int32Type, TimestampMicrosecondType};
use sealine_connect::{Malformed, Rows, rule as split};
use sealine_contract::{ContractError, rule};
use support::{contract, dataset, raw, schema, texts};

/// Checks one column `c`; gives for each value `None` where it was accepted, else the rule.
fn verdicts(declared: &str, values: &[Option<&str>]) -> Vec<Option<String>> {
    typed(declared, texts(values)).unwrap().1
}

fn typed(
    declared: &str,
    values: ArrayRef,
) -> Result<(ArrayRef, Vec<Option<String>>), ContractError> {
    let rows = values.len();
    let mut contract = contract(&format!("c: {{ {declared} }}"))?;
    let checked = contract.check(raw(vec![("c", values)], 1))?;
    let mut verdicts = vec![None; rows];
    let numbers = checked.rejected["row"]
        .as_primitive::<arrow::datatypes::UInt64Type>()
        .clone();
    let rules = checked.rejected["rule"].as_string::<i32>().clone();
    for (number, rule) in numbers.values().iter().zip(rules.iter()) {
        verdicts[*number as usize - 1] = rule.map(str::to_owned);
    }
    assert_eq!(
        checked.accepted.num_rows() + checked.rejected.num_rows(),
        rows
    );
    let tally = contract.tally();
    assert_eq!(
        (tally.read, tally.accepted),
        (rows as u64, checked.accepted.num_rows() as u64)
    );
    assert_eq!(tally.by_rule.values().sum::<u64>(), tally.rejected);
    Ok((checked.accepted.column(0).clone(), verdicts))
}

/// Every value on its own: the good ones pass, the bad ones break `rule`.
fn both(declared: &str, rule: &str, good: &[&str], bad: &[&str]) {
    let values: Vec<Option<&str>> = good
        .iter()
        .chain(bad)
        .map(|value| Some(*value))
        .chain([None])
        .collect();
    let found = verdicts(declared, &values);
    for (value, verdict) in values.iter().zip(&found) {
        let expected = value
            .is_some_and(|value| bad.contains(&value))
            .then(|| rule.to_owned());
        assert_eq!(*verdict, expected, "{declared}: {value:?}");
    }
}

#[test]
fn types_coerce_or_are_strict() {
    both(
        "type: int64",
        rule::TYPE,
        &["12", " 12 ", "+12", "12.0", "", "  "],
        &["12.5", "x", "1e3", "9223372036854775808"],
    );
    both(
        "type: int64, strict: true",
        rule::TYPE,
        &["12", "-1", "0"],
        &[" 12", "+12", "12.0", "", "007", "-0"],
    );
    both("type: int8", rule::TYPE, &["127", "-128"], &["128", "-129"]);
    both("type: int16", rule::TYPE, &["32767"], &["32768"]);
    both("type: int32", rule::TYPE, &["2147483647"], &["2147483648"]);
    both(
        "type: float64",
        rule::TYPE,
        &["1.5", "1e3", " -.5"],
        &["nan", "inf", "1e999", "1,5"],
    );
    both("type: float32", rule::TYPE, &["1.5"], &["1e39"]);
    both(
        "type: boolean",
        rule::TYPE,
        &["true", "FALSE", "yes", "0"],
        &["t", "2", "wahr"],
    );
    both(
        "type: boolean, strict: true",
        rule::TYPE,
        &["true", "false"],
        &["TRUE", "1", "yes", ""],
    );
    both(
        "type: 'decimal(5,2)'",
        rule::TYPE,
        &["1.5", "-999.99", "1.500"],
        &["1000", "1.505", "x"],
    );
    both(
        "type: date",
        rule::TYPE,
        &["2024-02-29", " 2024-02-29 "],
        &["2023-02-29", "29.02.2024", "2024-02-29T00:00:00Z"],
    );
    both(
        "type: date, format: '%d.%m.%Y'",
        rule::TYPE,
        &["29.02.2024"],
        &["2024-02-29", "30.02.2024"],
    );
    both(
        "type: timestamp",
        rule::TYPE,
        &[
            "2024-02-29T12:00:00Z",
            "2024-02-29 12:00:00+02:00",
            "2024-02-29",
        ],
        &["2024-02-29T25:00:00Z", "now"],
    );
    both(
        "type: timestamp, strict: true",
        rule::TYPE,
        &["2024-02-29T12:00:00Z"],
        &["2024-02-29 12:00:00", "2024-02-29"],
    );
    both(
        "type: time",
        rule::TYPE,
        &["12:30:00.5", "12:30"],
        &["24:00:00", "1230"],
    );
    both("type: binary", rule::TYPE, &["00ff", ""], &["0", "xy"]);
    both("type: string", rule::TYPE, &["", " x ", "\u{1f600}"], &[]);
}

#[test]
fn values_are_what_was_written() {
    let (array, _) = typed("type: int32", texts(&[Some(" 7"), None, Some("-3.0")])).unwrap();
    assert_eq!(
        array.as_primitive::<Int32Type>().iter().collect::<Vec<_>>(),
        [Some(7), None, Some(-3)]
    );
    let (array, _) = typed("type: timestamp", texts(&[Some("1970-01-01T00:00:01Z")])).unwrap();
    assert_eq!(
        array.as_primitive::<TimestampMicrosecondType>().value(0),
        1_000_000
    );
    let (array, _) = typed("type: string", texts(&[Some(""), None, Some("\u{e4}")])).unwrap();
    assert_eq!(
        array.as_string::<i32>().iter().collect::<Vec<_>>(),
        [Some(""), None, Some("\u{e4}")]
    );
    let (array, _) = typed("type: 'decimal(10,2)'", texts(&[Some("1.5")])).unwrap();
    assert_eq!(
        array
            .as_primitive::<arrow::datatypes::Decimal128Type>()
            .value(0),
        150
    );
}

#[test]
fn required() {
    let found = verdicts("type: int64, required: true", &[Some("1"), None, Some("")]);
    assert_eq!(
        found,
        [None, Some("required".into()), Some("required".into())]
    );
    // An empty text is a value.
    let found = verdicts("type: string, required: true", &[Some(""), None]);
    assert_eq!(found, [None, Some("required".into())]);
}

#[test]
fn bounds() {
    both(
        "type: int32, min: 1, max: 119",
        rule::MIN,
        &["1", "119"],
        &["0", "-5"],
    );
    both(
        "type: int32, min: 1, max: 119",
        rule::MAX,
        &["1", "119"],
        &["120"],
    );
    both("type: float64, min: 0.5", rule::MIN, &["0.5"], &["0.4999"]);
    both(
        "type: 'decimal(5,2)', max: 9.99",
        rule::MAX,
        &["9.99", "-5"],
        &["10"],
    );
    both(
        "type: date, min: 2000-01-01",
        rule::MIN,
        &["2000-01-01"],
        &["1999-12-31"],
    );
    both(
        "type: timestamp, max: '2000-01-01T00:00:00Z'",
        rule::MAX,
        &["2000-01-01"],
        &["2000-01-01T00:00:01Z"],
    );
}

#[test]
fn lengths_count_characters() {
    both(
        "type: string, min_length: 2",
        rule::MIN_LENGTH,
        &["ab", "\u{1f600}\u{1f600}"],
        &["", "a", "\u{1f600}", "\u{e4}"],
    );
    both(
        "type: string, max_length: 2",
        rule::MAX_LENGTH,
        &["", "ab", "\u{1f600}\u{1f600}"],
        &["abc", "\u{e4}\u{e4}\u{e4}", "abcdefghijkl"],
    );
}

#[test]
fn patterns_lists_and_kinds() {
    both(
        "type: string, pattern: '^[A-Z]{2}[0-9]+$'",
        rule::PATTERN,
        &["AB1"],
        &["ab1", "AB", "AB1\n", ""],
    );
    both("type: string, pattern: b", rule::PATTERN, &["abc"], &["ac"]);
    both(
        "type: string, enum: [red, \u{e4}]",
        rule::ENUM,
        &["red", "\u{e4}"],
        &["Red", "", "r"],
    );
    both(
        "type: string, enum: [a, b, c, d, e, f, g, h, i, j]",
        rule::ENUM,
        &["a", "j"],
        &["k", "aa"],
    );
    both(
        "type: int32, enum: ['1', '5']",
        rule::ENUM,
        &["1", "5", "05"],
        &["2"],
    );
    both(
        "type: string, is: email",
        rule::EMAIL,
        &["a@b.co"],
        &["a@b", "", "a@b.co "],
    );
    both(
        "type: string, is: luhn",
        rule::LUHN,
        &["4111111111111111", "4111 1111 1111 1111"],
        &["4111111111111112", ""],
    );
    both(
        "type: string, is: luhn, strict: true",
        rule::LUHN,
        &["4111111111111111"],
        &["4111 1111 1111 1111"],
    );
    both(
        "type: string, is: country",
        rule::COUNTRY,
        &["DE", "ZW"],
        &["de", "UK", "DEU", ""],
    );
}

#[test]
fn unique_is_first_wins_over_the_run_and_nulls_do_not_count() {
    for (declared, values) in [
        ("type: int64", ["7", "8"]),
        ("type: string", ["a", "\u{e4}"]),
        ("type: boolean", ["true", "false"]),
        ("type: float64", ["0.5", "-0"]),
        ("type: 'decimal(5,2)'", ["1", "2"]),
        ("type: date", ["2024-01-01", "2024-01-02"]),
        ("type: timestamp", ["2024-01-01", "2024-01-02"]),
        ("type: time", ["12:00", "13:00"]),
        ("type: binary", ["00", "01"]),
    ] {
        let mut contract = contract(&format!("c: {{ {declared}, unique: true }}")).unwrap();
        let [a, b] = values;
        let first = contract
            .check(raw(vec![("c", texts(&[Some(a), None, Some(a), None]))], 1))
            .unwrap();
        assert_eq!(
            (first.accepted.num_rows(), first.rejected.num_rows()),
            (3, 1),
            "{declared}"
        );
        let second = contract
            .check(raw(vec![("c", texts(&[Some(b), Some(a), Some(b)]))], 5))
            .unwrap();
        assert_eq!(second.accepted.num_rows(), 1, "{declared}");
        let rows = second.rejected["row"]
            .as_primitive::<arrow::datatypes::UInt64Type>()
            .values()
            .to_vec();
        assert_eq!(rows, [6, 7]);
        assert_eq!(contract.tally().by_rule[&("c".to_owned(), rule::UNIQUE)], 3);
    }
}

#[test]
fn a_rejected_row_does_not_take_a_unique_value() {
    let mut contract = contract("id: { type: int64, unique: true }\nage: { type: int32, min: 1 }\nmail: { type: string, unique: true }").unwrap();
    let ids = texts(&[Some("1"), Some("1"), Some("1"), Some("2"), Some("3")]);
    let ages = texts(&[Some("0"), Some("5"), Some("0"), Some("0"), Some("5")]);
    let mails = texts(&[Some("a"), Some("a"), Some("a"), Some("b"), Some("a")]);
    let checked = contract
        .check(raw(vec![("id", ids), ("age", ages), ("mail", mails)], 1))
        .unwrap();
    let rules: Vec<_> = checked.rejected["rule"]
        .as_string::<i32>()
        .iter()
        .flatten()
        .map(str::to_owned)
        .collect();
    let columns: Vec<_> = checked.rejected["column"]
        .as_string::<i32>()
        .iter()
        .flatten()
        .map(str::to_owned)
        .collect();
    // Row 3 breaks both; `id` comes first. Row 4 repeats a mail, but `age` comes before it.
    assert_eq!(rules, ["min", "unique", "min", "unique"]);
    assert_eq!(columns, ["age", "id", "age", "mail"]);
}

#[test]
fn the_first_rule_in_column_order_names_the_reject() {
    let mut contract = contract(
        "a: { type: int32, required: true }\nb: { type: string, min_length: 2, pattern: x }",
    )
    .unwrap();
    let checked = contract
        .check(raw(
            vec![
                ("b", texts(&[Some("y"), Some("yy"), Some("y")])),
                ("a", texts(&[Some("1"), Some("2"), Some("z")])),
            ],
            10,
        ))
        .unwrap();
    let rules: Vec<_> = checked.rejected["rule"]
        .as_string::<i32>()
        .iter()
        .flatten()
        .map(str::to_owned)
        .collect();
    assert_eq!(rules, ["min_length", "pattern", "type"]);
}

#[test]
fn rejects_keep_the_raw_text_and_malformed_rows_stand_in_order() {
    let declared = "row: { type: int32 }\nc: { type: string }";
    let found = dataset(declared);
    let names: Vec<String> = sealine_contract::rejects_schema(&found)
        .fields()
        .iter()
        .map(|f| f.name().clone())
        .collect();
    assert_eq!(
        names,
        ["row", "line", "rule", "column", "raw_row", "c", "record"]
    );
    let mut contract = contract(declared).unwrap();
    let mut batch = raw(
        vec![
            ("row", texts(&[Some("1"), Some(" x "), Some("2")])),
            ("c", texts(&[None, Some("k"), None])),
        ],
        1,
    );
    batch.rows = Rows::numbered(vec![1, 3, 4], vec![2, 5, 6]);
    batch.malformed.push(Malformed {
        row: 2,
        line: 3,
        rule: split::RAGGED,
        raw: b"a,b,\xff".to_vec(),
        truncated: false,
    });
    let checked = contract.check(batch).unwrap();
    let rejected = checked.rejected;
    assert_eq!(rejected.schema(), contract.rejects_schema());
    assert_eq!(
        rejected["row"]
            .as_primitive::<arrow::datatypes::UInt64Type>()
            .values(),
        &[2, 3]
    );
    assert_eq!(
        rejected["line"]
            .as_primitive::<arrow::datatypes::UInt64Type>()
            .values(),
        &[3, 5]
    );
    assert_eq!(rejected["rule"].as_string::<i32>().value(1), "type");
    assert!(rejected["column"].is_null(0) && rejected["raw_row"].is_null(0));
    assert_eq!(rejected["raw_row"].as_string::<i32>().value(1), " x ");
    assert_eq!(rejected["c"].as_string::<i32>().value(1), "k");
    assert_eq!(rejected["record"].as_binary::<i32>().value(0), b"a,b,\xff");
    assert_eq!(contract.tally().by_rule[&(String::new(), split::RAGGED)], 1);
    assert_eq!((contract.tally().read, contract.tally().accepted), (4, 2));
}

#[test]
fn typed_sources_are_cast_only_where_no_value_changes() {
    let ok = |declared: &str, array: ArrayRef| typed(declared, array).unwrap();
    let (array, found) = ok(
        "type: int32",
        Arc::new(Int64Array::from(vec![Some(1), None, Some(1 << 40)])),
    );
    assert_eq!(
        (array.len(), found),
        (2, vec![None, None, Some("type".into())])
    );
    let (_, found) = ok(
        "type: int64",
        Arc::new(Float64Array::from(vec![1.0, 1.5, f64::NAN])),
    );
    assert_eq!(found, [None, Some("type".into()), Some("type".into())]);
    let (_, found) = ok(
        "type: float64",
        Arc::new(Int64Array::from(vec![1, (1 << 53) + 1])),
    );
    assert_eq!(found, [None, Some("type".into())]);
    let (_, found) = ok(
        "type: 'decimal(5,1)'",
        Arc::new(
            Decimal128Array::from(vec![150, 155, 10_000_000])
                .with_precision_and_scale(10, 2)
                .unwrap(),
        ),
    );
    assert_eq!(found, [None, Some("type".into()), Some("type".into())]);
    let (array, found) = ok(
        "type: timestamp",
        Arc::new(TimestampNanosecondArray::from(vec![1000, 1001])),
    );
    assert_eq!(found, [None, Some("type".into())]);
    assert_eq!(array.as_primitive::<TimestampMicrosecondType>().value(0), 1);
    // With a zone too, and rejected ones become text.
    let zoned = TimestampNanosecondArray::from(vec![1000, 1001]).with_timezone("UTC");
    let (array, found) = ok("type: timestamp", Arc::new(zoned));
    assert_eq!(found, [None, Some("type".into())]);
    assert_eq!(
        *array.data_type(),
        DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into()))
    );
    let zoned = TimestampMicrosecondArray::from(vec![0, 1]).with_timezone("UTC");
    let (_, found) = ok("type: date", Arc::new(zoned));
    assert_eq!(found, [None, Some("type".into())]);
    let (array, _) = ok(
        "type: string",
        Arc::new(Int32Array::from(vec![Some(5), None])),
    );
    assert_eq!(array.as_string::<i32>().value(0), "5");
    let (_, found) = ok(
        "type: string",
        Arc::new(BinaryArray::from(vec![&b"a"[..], b"\xff"])),
    );
    assert_eq!(found, [None, Some("type".into())]);
    let dictionary: DictionaryArray<Int32Type> =
        vec![Some("1"), None, Some("x")].into_iter().collect();
    let (_, found) = ok("type: int32", Arc::new(dictionary));
    assert_eq!(found, [None, None, Some("type".into())]);
    let (_, found) = ok(
        "type: string, is: country",
        Arc::new(StringViewArray::from(vec!["DE", "xx"])),
    );
    assert_eq!(found, [None, Some("country".into())]);
    let (_, found) = ok(
        "type: int32, min: 3",
        Arc::new(Int32Array::from(vec![9, 2, 3]).slice(1, 2)),
    );
    assert_eq!(found, [Some("min".into()), None]);
    let (array, _) = ok("type: int32", Arc::new(Int32Array::from(vec![1])));
    assert_eq!(*array.data_type(), DataType::Int32);

    for (declared, array) in [
        (
            "type: date",
            Arc::new(Int32Array::from(vec![1])) as ArrayRef,
        ),
        ("type: int32", Arc::new(Date32Array::from(vec![1]))),
        (
            "type: int32, strict: true",
            Arc::new(Float64Array::from(vec![1.0])),
        ),
        (
            "type: string, strict: true",
            Arc::new(Int32Array::from(vec![1])),
        ),
        ("type: boolean", Arc::new(Float32Array::from(vec![1.0]))),
    ] {
        assert_eq!(
            typed(declared, array).unwrap_err().code(),
            "SL9503",
            "{declared}"
        );
    }
    let strict = typed(
        "type: int64, strict: true",
        Arc::new(Int32Array::from(vec![1])),
    )
    .unwrap();
    assert_eq!(strict.1, [None]);
}

#[test]
fn what_does_not_fit_together_is_an_error() {
    let found = dataset("a: { type: int32 }\nb: { type: string }");
    let swapped = schema(&found).project(&[1, 0]).unwrap();
    let code = |schema| {
        sealine_contract::Contract::compile(&found, schema, Vec::new())
            .unwrap_err()
            .code()
    };
    assert_eq!(code(Arc::new(swapped)), "SL9501");
    assert_eq!(
        code(Arc::new(schema(&found).project(&[0]).unwrap())),
        "SL9501"
    );
    let mut contract = contract("a: { type: int32 }\nb: { type: string }").unwrap();
    let error = contract
        .check(raw(vec![("a", texts(&[Some("1")]))], 1))
        .unwrap_err();
    assert_eq!(error.code(), "SL9504");
}

#[test]
fn no_error_text_holds_a_value() {
    let error = typed(
        "type: date",
        Arc::new(Int64Array::from(vec![4_111_111_111_111_111])),
    )
    .unwrap_err();
    assert!(!error.to_string().contains("4111") && !format!("{error:?}").contains("4111"));
}

#[test]
fn a_primary_key_is_required_and_unique_though_it_does_not_say_so() {
    let mut keyed = (*dataset("id: { type: int64 }\nnote: { type: string }")).clone();
    keyed.primary_key = vec!["id".to_owned()];
    let mut contract =
        sealine_contract::Contract::compile(&keyed, schema(&keyed), Vec::new()).unwrap();
    let columns = vec![
        ("id", texts(&[Some("1"), Some("2"), Some("1"), None])),
        ("note", texts(&[None, None, None, None])),
    ];
    let checked = contract.check(raw(columns, 1)).unwrap();
    assert_eq!(checked.accepted.num_rows(), 2);
    let rules = checked.rejected["rule"].as_string::<i32>();
    assert_eq!(
        rules.iter().flatten().collect::<Vec<_>>(),
        [rule::UNIQUE, rule::REQUIRED]
    );
}
