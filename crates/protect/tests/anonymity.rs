//! The measures of anonymity: the tables of the papers, every shape of column, an independent implementation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, DictionaryArray, Float64Array, Int64Array, LargeStringArray, RecordBatch,
    StringArray, StringViewArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int8Type, TimeUnit};
use sealine_protect::anonymity::{
    Anonymity, Bounds, Counted, Distance, Diversity, MEMORY, Measured, Metric, Roles,
};
use serde_json::{Value, json};

fn roles(quasi: &[&str], sensitive: &[&str], subject: Option<&str>) -> Roles {
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Roles {
        quasi: all(quasi),
        sensitive: all(sensitive),
        subject: subject.map(str::to_owned),
    }
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn measure(batches: &[RecordBatch], roles: &Roles, bounds: &Bounds) -> Measured {
    let mut anonymity = Anonymity::new(&batches[0].schema(), roles, MEMORY).unwrap();
    for batch in batches {
        anonymity.update(batch).unwrap();
    }
    anonymity.finish(bounds)
}

// Sweeney 2002, figure 2: the table that adheres to k = 2.
#[test]
fn sweeney() {
    let rows = [
        "Black 1965 m 0214*,short breath",
        "Black 1965 m 0214*,chest pain",
        "Black 1965 f 0213*,hypertension",
        "Black 1965 f 0213*,hypertension",
        "Black 1964 f 0213*,obesity",
        "Black 1964 f 0213*,chest pain",
        "White 1964 m 0213*,chest pain",
        "White 1964 m 0213*,obesity",
        "White 1964 m 0213*,short breath",
        "White 1967 m 0213*,chest pain",
        "White 1967 m 0213*,chest pain",
    ];
    let part = |row: &str, at: usize| row.split([' ', ',']).nth(at).unwrap().to_owned();
    let column = |at: usize| -> ArrayRef {
        let values: Vec<String> = rows.iter().map(|row| part(row, at)).collect();
        Arc::new(StringArray::from(values))
    };
    let problem: Vec<&str> = rows
        .iter()
        .map(|row| row.split_once(',').unwrap().1)
        .collect();
    let table = batch(vec![
        ("race", column(0)),
        ("birth", column(1)),
        ("gender", column(2)),
        ("zip", column(3)),
        ("problem", texts(&problem)),
    ]);
    let roles = roles(&["race", "birth", "gender", "zip"], &["problem"], None);
    let bounds = Bounds {
        k: Some(3),
        l: Some(2.0),
        ..Bounds::default()
    };
    let found = measure(&[table], &roles, &bounds);
    assert_eq!((found.k(), found.classes(), found.rows), (Some(2), 5, 11));
    assert_eq!(found.sizes, [(2, 4), (3, 1)].into());
    // Two classes have one problem only: k says nothing of that.
    assert_eq!(found.sensitive[0].distinct_l, 1);
    let all: Vec<_> = found
        .shortfalls
        .iter()
        .map(|short| (short.metric, short.found, short.classes, short.members))
        .collect();
    assert_eq!(
        all,
        [
            (Metric::K, 2.0, 4, 8),
            (Metric::L(Diversity::Distinct), 1.0, 2, 4)
        ]
    );
}

// Machanavajjhala et al. 2007, figures 2 and 3: 4-anonymous with a class of cancer alone, and its repair.
#[test]
fn machanavajjhala() {
    let table = |classes: [&str; 3], conditions: [&str; 12]| {
        let quasi: Vec<&str> = classes.iter().flat_map(|class| [*class; 4]).collect();
        batch(vec![
            ("quasi", texts(&quasi)),
            ("condition", texts(&conditions)),
        ])
    };
    let roles = roles(&["quasi"], &["condition"], None);
    let (h, v, c) = ("heart disease", "viral infection", "cancer");
    let four = table(
        ["130** <30", "1485* >=40", "130** 3*"],
        [h, h, v, v, c, h, v, v, c, c, c, c],
    );
    let found = measure(&[four], &roles, &Bounds::default());
    assert_eq!(found.k(), Some(4));
    assert_eq!(found.sensitive[0].distinct_l, 1);
    assert_eq!(found.sensitive[0].entropy_l, 1.0);
    let three = table(
        ["1305* <=40", "1485* >40", "1306* <=40"],
        [h, v, c, c, c, h, v, v, h, v, c, c],
    );
    let entropy = |l| Bounds {
        l: Some(l),
        diversity: Diversity::Entropy,
        ..Bounds::default()
    };
    let found = measure(std::slice::from_ref(&three), &roles, &entropy(2.8));
    assert_eq!((found.k(), found.sensitive[0].distinct_l), (Some(4), 3));
    assert!((found.sensitive[0].entropy_l - 8_f64.sqrt()).abs() < 1e-12);
    assert!(found.shortfalls.is_empty());
    // Exactly the bound meets it; a little more does not.
    assert!(
        measure(std::slice::from_ref(&three), &roles, &entropy(8_f64.sqrt()))
            .shortfalls
            .is_empty()
    );
    let found = measure(&[three], &roles, &entropy(2.9));
    assert_eq!(
        (found.shortfalls[0].classes, found.shortfalls[0].members),
        (3, 12)
    );
}

// Li et al. 2007, tables 4 (3-diverse) and 5 (0.167-close by salary).
#[test]
fn li() {
    let of = |salaries: [i64; 9]| {
        let quasi = texts(&["a", "a", "a", "b", "b", "b", "c", "c", "c"]);
        let table = batch(vec![
            ("quasi", quasi),
            ("salary", Arc::new(Int64Array::from(salaries.to_vec()))),
        ]);
        let bounds = Bounds {
            t: Some(0.167),
            ..Bounds::default()
        };
        measure(&[table], &roles(&["quasi"], &["salary"], None), &bounds)
    };
    let diverse = of([3, 4, 5, 6, 11, 8, 7, 9, 10]);
    assert_eq!(diverse.sensitive[0].distance, Distance::Ordered);
    assert_eq!(diverse.sensitive[0].t, 0.375);
    assert_eq!(diverse.shortfalls[0].metric, Metric::T);
    assert_eq!(diverse.shortfalls[0].classes, 2);
    let close = of([3, 5, 9, 6, 11, 8, 4, 7, 10]);
    assert!((close.sensitive[0].t - 1.0 / 6.0).abs() < 1e-15);
    assert!(close.shortfalls.is_empty());
}

#[test]
fn subjects_count_once() {
    let table = batch(vec![
        ("zip", texts(&["1", "1", "1", "2", "2"])),
        ("who", texts(&["ann", "ann", "bob", "cid", "dan"])),
        ("ill", texts(&["flu", "flu", "flu", "flu", "cold"])),
    ]);
    let found = measure(
        std::slice::from_ref(&table),
        &roles(&["zip"], &["ill"], Some("who")),
        &Bounds::default(),
    );
    assert_eq!(found.counted, Counted::Subjects);
    assert_eq!((found.k(), found.rows, found.members()), (Some(2), 5, 4));
    assert_eq!(found.sensitive[0].t, 0.25);
    let rows = measure(
        &[table],
        &roles(&["zip"], &["ill"], None),
        &Bounds::default(),
    );
    assert_eq!((rows.k(), rows.counted), (Some(2), Counted::Rows));
    assert_eq!(rows.sizes, [(2, 1), (3, 1)].into());
}

#[test]
fn no_rows_and_no_quasi_identifiers() {
    let table = batch(vec![
        ("zip", texts(&["1", "2"])),
        ("ill", texts(&["a", "b"])),
    ]);
    let bounds = Bounds {
        k: Some(2),
        l: Some(2.0),
        diversity: Diversity::Distinct,
        t: Some(0.0),
    };
    let none = measure(
        &[table.slice(0, 0)],
        &roles(&["zip"], &["ill"], None),
        &bounds,
    );
    assert_eq!(
        (none.k(), none.classes(), none.sensitive.len()),
        (None, 0, 0)
    );
    assert!(none.shortfalls.is_empty());
    let one = measure(&[table], &roles(&[], &["ill"], None), &bounds);
    assert_eq!((one.k(), one.classes()), (Some(2), 1));
    assert!(one.shortfalls.is_empty());
}

/// The same column in another Arrow type, and in a slice of a longer one.
fn shapes(column: &ArrayRef) -> Vec<ArrayRef> {
    let mut all = vec![Arc::clone(column)];
    if *column.data_type() == DataType::Utf8 {
        all.push(cast(column, &DataType::LargeUtf8).unwrap());
        all.push(cast(column, &DataType::Utf8View).unwrap());
        let to = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
        all.push(cast(column, &to).unwrap());
        assert!(
            all[1].as_any().is::<LargeStringArray>() && all[2].as_any().is::<StringViewArray>()
        );
        assert!(all[3].as_any().is::<DictionaryArray<Int8Type>>());
    } else {
        for to in [
            DataType::Int16,
            DataType::UInt64,
            DataType::Float32,
            DataType::Float64,
            DataType::Decimal128(20, 2),
            DataType::Date32,
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Int64)),
        ] {
            let to = match to {
                DataType::Date32 => cast(&cast(column, &DataType::Int32).unwrap(), &to).unwrap(),
                to => cast(column, &to).unwrap(),
            };
            all.push(to);
        }
    }
    let padded = arrow::compute::concat(&[column, column]).unwrap();
    all.push(padded.slice(column.len(), column.len()));
    all
}

#[test]
fn every_shape_gives_the_same_numbers() {
    let quasi: ArrayRef = Arc::new(StringArray::from(vec![
        Some("a"),
        None,
        Some("a"),
        Some(""),
        None,
        Some("a"),
        Some(""),
        Some(""),
    ]));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![
        Some(7),
        Some(1),
        None,
        Some(3),
        Some(0),
        Some(7),
        Some(12),
        Some(0),
    ]));
    let expected = {
        let table = batch(vec![("q", Arc::clone(&quasi)), ("s", Arc::clone(&numbers))]);
        measure(&[table], &roles(&["q"], &["s"], None), &Bounds::default())
    };
    assert_eq!(expected.sizes, [(2, 1), (3, 2)].into());
    for q in shapes(&quasi) {
        for s in shapes(&numbers) {
            let table = batch(vec![("q", Arc::clone(&q)), ("s", Arc::clone(&s))]);
            let parts = [table.slice(0, 3), table.slice(3, 0), table.slice(3, 5)];
            let found = measure(&parts, &roles(&["q"], &["s"], None), &Bounds::default());
            assert_eq!(found, expected, "{} {}", q.data_type(), s.data_type());
        }
    }
    // As quasi-identifiers, too.
    for s in shapes(&numbers) {
        let table = batch(vec![("q", s)]);
        let found = measure(&[table], &roles(&["q"], &[], None), &Bounds::default());
        assert_eq!(found.sizes, [(1, 4), (2, 2)].into());
    }
}

#[test]
fn equal_floats_are_one_value_and_negative_ones_come_first() {
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![
        0.0,
        -0.0,
        f64::NAN,
        -f64::NAN,
        -3.0,
        -1.0,
    ]));
    let table = batch(vec![("f", Arc::clone(&floats))]);
    let found = measure(&[table], &roles(&["f"], &[], None), &Bounds::default());
    assert_eq!(found.sizes, [(1, 2), (2, 2)].into());
    let order: ArrayRef = Arc::new(Int64Array::from(vec![2, 2, 3, 3, 0, 1]));
    let of = |column: ArrayRef| {
        let quasi = texts(&["a", "b", "a", "b", "a", "b"]);
        let table = batch(vec![("q", quasi), ("s", column)]);
        measure(&[table], &roles(&["q"], &["s"], None), &Bounds::default()).sensitive
    };
    assert_eq!(of(floats), of(order));
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let table = batch(vec![("zip", texts(&["1"]))]);
    let fails = |roles: &Roles| Anonymity::new(&table.schema(), roles, MEMORY).unwrap_err();
    for named in [
        roles(&["zpi"], &[], None),
        roles(&["zip"], &["ill"], None),
        roles(&["zip"], &[], Some("who")),
    ] {
        assert_eq!(fails(&named).code(), "SL8072");
    }
    // Ten thousand different values need more than 100 KiB; ten do not.
    let of = |rows: i64| -> Result<(), _> {
        let zip: ArrayRef = Arc::new(Int64Array::from((0..rows).collect::<Vec<_>>()));
        let table = batch(vec![("zip", zip)]);
        let mut anonymity =
            Anonymity::new(&table.schema(), &roles(&["zip"], &[], None), 100 << 10)?;
        anonymity.update(&table)
    };
    of(10).unwrap();
    assert_eq!(of(10_000).unwrap_err().code(), "SL8070");
}

/// A small seeded generator (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

#[test]
fn an_independent_implementation_finds_the_same() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/anonymity.py");
    let started = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = started else {
        println!("skipped: no python3");
        return;
    };
    let mut random = Random(7);
    let cases: Vec<Value> = (0..400)
        .map(|case| {
            let (rows, zips, people, values) = (
                1 + random.below(40),
                1 + random.below(5),
                1 + random.below(20),
                1 + random.below(9),
            );
            let rows: Vec<Value> = (0..rows)
                .map(|_| {
                    let zip = random.below(zips);
                    let zip = if zip == 4 { Value::Null } else { json!(zip) };
                    let value = random.below(values);
                    let value = if value == 8 {
                        Value::Null
                    } else {
                        json!(value * value)
                    };
                    json!([[zip, random.below(2) == 0], random.below(people), value])
                })
                .collect();
            json!({ "rows": rows, "subjects": case % 2 == 0, "ordered": case % 4 < 2 })
        })
        .collect();
    let mut input = python.stdin.take().unwrap();
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), cases.len());
    for (case, answer) in cases.iter().zip(answers.lines()) {
        compare(case, &serde_json::from_str(answer).unwrap());
    }
}

fn compare(case: &Value, answer: &Value) {
    let rows = case["rows"].as_array().unwrap();
    let column = |of: &dyn Fn(&Value) -> Option<i64>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<Int64Array>())
    };
    let mut value = column(&|row| row[2].as_i64());
    if case["ordered"] == false {
        value = cast(&value, &DataType::Utf8).unwrap();
    }
    let table = batch(vec![
        ("zip", column(&|row| row[0][0].as_i64())),
        (
            "old",
            column(&|row| Some(i64::from(row[0][1].as_bool().unwrap()))),
        ),
        ("who", column(&|row| row[1].as_i64())),
        ("value", value),
    ]);
    let subject = case["subjects"].as_bool().unwrap().then_some("who");
    let half = rows.len() / 2;
    let parts = [table.slice(0, half), table.slice(half, rows.len() - half)];
    let found = measure(
        &parts,
        &roles(&["zip", "old"], &["value"], subject),
        &Bounds::default(),
    );
    let sizes: Vec<(u64, u64)> = found
        .sizes
        .iter()
        .map(|(size, number)| (*size, *number))
        .collect();
    assert_eq!(json!(sizes), answer["sizes"], "{case}");
    let sensitive = &found.sensitive[0];
    assert_eq!(json!(sensitive.values), answer["values"], "{case}");
    assert_eq!(json!(sensitive.distinct_l), answer["distinct"], "{case}");
    for (own, theirs) in [(sensitive.entropy_l, "entropy"), (sensitive.t, "t")] {
        let theirs = answer[theirs].as_f64().unwrap();
        assert!((own - theirs).abs() < 1e-9, "{own} {theirs} {case}");
    }
}
