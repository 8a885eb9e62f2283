//! CSV as the world writes it: every row accounted for, nulls told from empty texts, faults named.
// Measuring is what it does.
#![allow(clippy::disallowed_methods)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::io::Write;

use arrow::array::{Array, AsArray};
use sealine_connect::{
    ConnectError, CsvOptions, CsvSource, Malformed, Source, Warning, open_csv, rule,
};

struct Read {
    /// Row number, line, values.
    rows: Vec<(u64, u64, Vec<Option<String>>)>,
    malformed: Vec<Malformed>,
}

fn names(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|name| (*name).to_owned()).collect()
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn drain(mut source: CsvSource) -> Result<Read, ConnectError> {
    let mut read = Read {
        rows: Vec::new(),
        malformed: Vec::new(),
    };
    while let Some(raw) = source.next()? {
        for row in 0..raw.batch.num_rows() {
            let values = raw.batch.columns().iter().map(|column| {
                let text = column.as_string::<i32>();
                text.is_valid(row).then(|| text.value(row).to_owned())
            });
            read.rows.push((
                raw.rows.row(row).unwrap(),
                raw.rows.line(row).unwrap(),
                values.collect(),
            ));
        }
        read.malformed.extend(raw.malformed);
    }
    assert_eq!(Some(source.bytes_read()), source.bytes_total());
    let mut numbers: Vec<u64> = read
        .rows
        .iter()
        .map(|row| row.0)
        .chain(read.malformed.iter().map(|one| one.row))
        .collect();
    numbers.sort_unstable();
    assert_eq!(
        numbers,
        (1..=numbers.len() as u64).collect::<Vec<_>>(),
        "a row is missing or counted twice"
    );
    Ok(read)
}

fn read(bytes: &[u8], columns: &[&str]) -> Result<Read, ConnectError> {
    let file = file(bytes);
    drain(open_csv(
        file.path(),
        &CsvOptions::default(),
        &names(columns),
        3,
    )?)
}

fn values(bytes: &[u8], columns: &[&str]) -> Vec<Vec<Option<String>>> {
    let read = read(bytes, columns).unwrap();
    assert!(read.malformed.is_empty(), "{:?}", read.malformed);
    read.rows.into_iter().map(|row| row.2).collect()
}

fn some(values: &[&str]) -> Vec<Option<String>> {
    values
        .iter()
        .map(|value| Some((*value).to_owned()))
        .collect()
}

#[test]
fn columns_are_found_by_name_and_in_the_order_asked_for() {
    let found = values(b"a,b,c\n1,2,3\n4,5,6\n", &["c", "a"]);
    assert_eq!(found, [some(&["3", "1"]), some(&["6", "4"])]);
}

#[test]
fn an_empty_field_is_null_and_a_quoted_one_is_a_text() {
    let found = values(b"a,b,c\n,\"\",x\n", &["a", "b", "c"]);
    assert_eq!(
        found,
        [vec![None, Some(String::new()), Some("x".to_owned())]]
    );
    let file = file(b"a,b\nNA,\"NA\"\n,x\n");
    let options = CsvOptions {
        null: vec!["NA".to_owned()],
        ..CsvOptions::default()
    };
    let read = drain(open_csv(file.path(), &options, &names(&["a", "b"]), 3).unwrap()).unwrap();
    assert_eq!(read.rows[0].2, [None, Some("NA".to_owned())]);
    assert_eq!(read.rows[1].2, [Some(String::new()), Some("x".to_owned())]);
}

#[test]
fn quotes_line_ends_and_bom() {
    let found = values(
        b"\xef\xbb\xbfa,b\r\n\"x \"\"y\"\"\",\"1\r\n2\"\r\nz,\"\"\"\"",
        &["a", "b"],
    );
    assert_eq!(found, [some(&["x \"y\"", "1\r\n2"]), some(&["z", "\""])]);
    assert_eq!(values(b"a\rx\ry", &["a"]), [some(&["x"]), some(&["y"])]);
    assert_eq!(
        values("a\n\u{e4}\u{1f600}\n".as_bytes(), &["a"]),
        [some(&["\u{e4}\u{1f600}"])]
    );
}

#[test]
fn other_delimiters_and_no_header() {
    let file = file("x;\"1;2\"\n\u{e4};3".as_bytes());
    let options = CsvOptions {
        delimiter: b';',
        header: false,
        ..CsvOptions::default()
    };
    let read = drain(open_csv(file.path(), &options, &names(&["a", "b"]), 3).unwrap()).unwrap();
    assert_eq!(read.rows[0], (1, 1, some(&["x", "1;2"])));
    assert_eq!(read.rows[1], (2, 2, some(&["\u{e4}", "3"])));
    for delimiter in [b'"', b'\n', b'\r', 0, 0xff] {
        let options = CsvOptions {
            delimiter,
            ..CsvOptions::default()
        };
        assert_eq!(
            open_csv(file.path(), &options, &names(&["a"]), 3)
                .unwrap_err()
                .code(),
            "SL9010"
        );
    }
}

#[test]
fn rows_and_lines_are_numbered_through_faults_and_long_fields() {
    let input = b"\na,b\n1,\"x\ny\"\n2\n\n3,4,5\n6,7\n8,\xff\n9,a\0b\n10,\"q\"r\n11,12";
    let read = read(input, &["a", "b"]).unwrap();
    let good: Vec<(u64, u64)> = read.rows.iter().map(|row| (row.0, row.1)).collect();
    assert_eq!(good, [(1, 3), (4, 8), (8, 12)]);
    let bad: Vec<(u64, u64, &str)> = read
        .malformed
        .iter()
        .map(|m| (m.row, m.line, m.rule))
        .collect();
    assert_eq!(
        bad,
        [
            (2, 5, rule::RAGGED),
            (3, 7, rule::RAGGED),
            (5, 9, rule::NOT_UTF8),
            (6, 10, rule::NUL),
            (7, 11, rule::QUOTING)
        ]
    );
    assert_eq!(read.malformed[1].raw, b"3,4,5");
}

#[test]
fn a_quote_that_is_never_closed_costs_one_line() {
    let read = read(b"a,b\n1,2\n3,\"4\n5,6\n7,8\n", &["a", "b"]).unwrap();
    let good: Vec<u64> = read.rows.iter().map(|row| row.0).collect();
    assert_eq!(good, [1, 3, 4]);
    assert_eq!(
        (
            read.malformed[0].row,
            read.malformed[0].line,
            read.malformed[0].rule
        ),
        (2, 3, rule::UNTERMINATED)
    );
    let last = self::read(b"a\n\"x", &["a"]).unwrap();
    assert_eq!(last.malformed[0].rule, rule::UNTERMINATED);
    // Each line leaves a quote open whichever way it is entered.
    let hostile = [b"a,b\n".to_vec(), b"a\",\"\n".repeat(5000)].concat();
    let started = std::time::Instant::now();
    assert_eq!(
        self::read(&hostile, &["a", "b"]).err().map(|e| e.code()),
        Some("SL9011")
    );
    assert!(started.elapsed().as_secs() < 20);
}

#[test]
fn too_long_fields_and_records_are_rejected_and_reading_goes_on() {
    let long = vec![b'x'; rule::FIELD_MAX + 1];
    let input = [&b"a,b\n1,"[..], &long, b"\n2,3\n\"", &long, b"\",3\n4,5\n"].concat();
    let found = read(&input, &["a", "b"]).unwrap();
    assert_eq!(
        found
            .rows
            .iter()
            .map(|row| (row.0, row.1))
            .collect::<Vec<_>>(),
        [(2, 3), (4, 5)]
    );
    assert!(
        found
            .malformed
            .iter()
            .all(|m| m.rule == rule::TOO_LONG && m.truncated && m.raw.len() == rule::RAW_MAX)
    );
    let record = vec![b','; rule::RECORD_MAX + 10];
    let input = [&b"a,b\n1,2\n"[..], &record, b"\r\n3,4\r\n"].concat();
    let found = read(&input, &["a", "b"]).unwrap();
    assert_eq!(
        found
            .rows
            .iter()
            .map(|row| (row.0, row.1))
            .collect::<Vec<_>>(),
        [(1, 2), (3, 4)]
    );
    assert_eq!(
        (found.malformed[0].rule, found.malformed[0].line),
        (rule::TOO_LONG, 3)
    );
}

#[test]
fn headers_that_cannot_be_used() {
    let code = |bytes: &[u8], columns: &[&str]| {
        read(bytes, columns)
            .err()
            .map(|e| (e.code(), e.to_string()))
    };
    for empty in [&b""[..], b"\xef\xbb\xbf", b"\n\n\r\n"] {
        assert_eq!(code(empty, &["a"]).unwrap().0, "SL9006");
    }
    let (missing, text) = code(b"4111111111111111,b\n", &["id", "b", "c"]).unwrap();
    assert_eq!(missing, "SL9007");
    assert!(
        text.contains("`id`, `c`") && !text.contains("4111"),
        "{text}"
    );
    assert_eq!(code(b"a,b,a\n", &["a"]).unwrap().0, "SL9008");
    assert!(code(b"a,b,a\n", &["b"]).is_none());
    for bad in [
        &b"a,\"b\n1,2\n"[..],
        b"a,\"b\"c\n",
        b"a,\xff\n",
        b"\xff\xfea\0,\0",
        b"a\0,b\n",
    ] {
        assert_eq!(code(bad, &["a"]).unwrap().0, "SL9009");
    }
    assert_eq!(code(&b"a,".repeat(10_001), &["a"]).unwrap().0, "SL9009");
    assert!(values(b"a,b\n", &["a"]).is_empty());
    assert!(values(b"a,b", &["a"]).is_empty());
}

#[test]
fn undeclared_columns_are_a_warning_without_their_names() {
    let file = file(b"secret,a,other\n1,2,3\n");
    let source = open_csv(file.path(), &CsvOptions::default(), &names(&["a"]), 3).unwrap();
    assert_eq!(
        source.warnings(),
        [Warning::Undeclared {
            count: 2,
            positions: vec![1, 3]
        }]
    );
    assert!(!source.warnings()[0].to_string().contains("secret"));
}

#[test]
fn a_file_of_one_column_keeps_its_blank_lines() {
    assert_eq!(
        values(b"a\nx\n\ny\n", &["a"]),
        [some(&["x"]), vec![None], some(&["y"])]
    );
    assert_eq!(values(b"a,b\n1,2\n\n3,4\n", &["a"]).len(), 2);
}

#[test]
fn batches_are_bounded_in_rows_and_bytes() {
    let file = file(
        &[
            b"a\n".to_vec(),
            [vec![b'x'; 9 << 20], b"\n".to_vec()].concat().repeat(4),
        ]
        .concat(),
    );
    let mut source = open_csv(file.path(), &CsvOptions::default(), &names(&["a"]), 1000).unwrap();
    let mut sizes = Vec::new();
    while let Some(raw) = source.next().unwrap() {
        sizes.push(raw.batch.num_rows());
    }
    assert_eq!(sizes, [2, 2]);
}

#[test]
fn links_and_folders_are_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("link.csv");
    std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
    for path in [link.as_path(), dir.path()] {
        let error = open_csv(path, &CsvOptions::default(), &names(&["a"]), 3).unwrap_err();
        assert_eq!(error.code(), "SL9003");
    }
}
