//! What is written in clear reads back as the same rows, by our readers and by others.
// Where Python is absent, a test says `skipped`.
#![allow(clippy::print_stderr)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray,
    Float64Array, Int64Array, StringArray, StringViewArray, TimestampMicrosecondArray,
};
use arrow::datatypes::Int8Type;
use arrow::record_batch::RecordBatch;
use sealine_connect::{
    CsvOptions, Format, PlainAllowed, PlainFormat, PlainWriter, Stored, Written, locate, open,
};
use sealine_label::Levels;

const TEXTS: [&str; 16] = [
    "plain",
    "",
    "=1+1",
    "+49 30",
    "-x",
    "@me",
    "\ttab",
    "\rcr",
    "\nline",
    "'tis",
    "''=",
    "a,b",
    "say \"hi\"",
    "two\r\nlines",
    " lead",
    "é😀\u{2028}",
];

fn allowed() -> PlainAllowed {
    let levels = Levels::default();
    PlainAllowed::of(levels.lowest(), levels.lowest(), &levels).unwrap()
}

fn rows() -> RecordBatch {
    let text: Vec<Option<&str>> = TEXTS.iter().copied().map(Some).chain([None]).collect();
    let count = text.len();
    let n = |f: &dyn Fn(i64) -> i64| -> Int64Array {
        (0..count as i64)
            .map(|i| (i % 5 != 4).then(|| f(i)))
            .collect()
    };
    let number = n(&|i| i64::MAX - i);
    let moments: TimestampMicrosecondArray = n(&|i| 1_700_000_000_000_000 + i * 1_000_001)
        .iter()
        .collect();
    let dictionary: DictionaryArray<Int8Type> = text.iter().copied().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", Arc::new(StringArray::from(text.clone()))),
        ("=number", Arc::new(number)),
        ("view", Arc::new(StringViewArray::from(text.clone()))),
        ("dictionary", Arc::new(dictionary)),
        ("moment", Arc::new(moments.with_timezone("UTC"))),
        (
            "flag",
            Arc::new(BooleanArray::from(vec![Some(true); count])),
        ),
        (
            "money",
            Arc::new(
                Decimal128Array::from(vec![Some(-150); count])
                    .with_precision_and_scale(9, 2)
                    .unwrap(),
            ),
        ),
        (
            "day",
            Arc::new(Date32Array::from(vec![Some(20_000); count])),
        ),
        (
            "float",
            Arc::new(Float64Array::from_iter(
                (0..count).map(|i| Some([0.1, f64::NAN, -1e300, 2.0][i % 4])),
            )),
        ),
        (
            "bytes",
            Arc::new(BinaryArray::from_iter(
                (0..count).map(|i| Some(vec![i as u8, 0])),
            )),
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
        .unwrap()
}

fn write(dir: &Path, format: PlainFormat, batch: &RecordBatch) -> (PathBuf, Written) {
    let path = dir.join(format!("x{}", format.suffix()));
    let mut writer = PlainWriter::create(&path, &batch.schema(), format, allowed()).unwrap();
    writer.write(&batch.slice(0, 3)).unwrap();
    writer.write(&batch.slice(3, batch.num_rows() - 3)).unwrap();
    let written = writer.finish().unwrap();
    (path, written)
}

/// Columns as texts, read through the reader of the format.
fn read(
    dir: &Path,
    name: &str,
    format: Format,
    stored: &Stored<'_>,
    columns: &[&str],
) -> Vec<Vec<Option<String>>> {
    let files = locate(dir, name, format, &[]).unwrap();
    let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
    let mut source = open(&files, stored, &columns, &[], 5, None).unwrap();
    let mut all = vec![Vec::new(); columns.len()];
    while let Some(raw) = source.next().unwrap() {
        assert!(raw.malformed.is_empty(), "{:?}", raw.malformed);
        for (index, column) in raw.batch.columns().iter().enumerate() {
            let text = arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).unwrap();
            all[index].extend(text.as_string::<i32>().iter().map(|v| v.map(str::to_owned)));
        }
    }
    all
}

#[test]
fn every_format_gives_the_rows_back() {
    let dir = tempfile::tempdir().unwrap();
    let batch = rows();
    let text: Vec<Option<String>> = TEXTS
        .iter()
        .map(|t| Some((*t).to_owned()))
        .chain([None])
        .collect();
    let csv = Stored::Csv {
        options: CsvOptions {
            neutralized: true,
            ..CsvOptions::default()
        },
        compression: None,
    };
    for (plain, format, stored) in [
        (PlainFormat::Csv, Format::Csv, csv),
        (
            PlainFormat::Jsonl,
            Format::Jsonl,
            Stored::Jsonl { compression: None },
        ),
        (PlainFormat::Arrow, Format::Arrow, Stored::Arrow),
    ] {
        let (path, written) = write(dir.path(), plain, &batch);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(written.bytes, bytes.len() as u64);
        assert_eq!(written.rows, batch.num_rows() as u64);
        assert_eq!(written.sha256, sealine_protect::crypto::sha256(&bytes));
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let name = path.file_name().unwrap().to_str().unwrap();
        let all = read(
            dir.path(),
            name,
            format,
            &stored,
            &[
                "text",
                "view",
                "dictionary",
                "=number",
                "money",
                "flag",
                "day",
            ],
        );
        for column in &all[..3] {
            assert_eq!(*column, text, "{plain:?}");
        }
        assert_eq!(all[3][0].as_deref(), Some("9223372036854775807"));
        assert_eq!(all[3][4], None);
        assert_eq!(
            all[4][0].as_deref(),
            Some("-1.50"),
            "a number is no formula"
        );
        assert_eq!(all[5][0].as_deref(), Some("true"));
        assert_eq!(all[6][0].as_deref(), Some("2024-10-04"));
        if plain != PlainFormat::Arrow {
            let made = read(
                dir.path(),
                name,
                format,
                &stored,
                &["moment", "bytes", "float"],
            );
            assert_eq!(made[0][0].as_deref(), Some("2023-11-14T22:13:20Z"));
            assert_eq!(made[1][3].as_deref(), Some("0300"));
            assert_eq!(made[2][1].as_deref(), Some("NaN"));
        }
        let again = PlainWriter::create(&path, &batch.schema(), plain, allowed());
        assert_eq!(
            again.unwrap_err().code(),
            "SL9001",
            "what is there is not written over"
        );
    }
}

#[test]
fn a_spreadsheet_finds_no_formula() {
    let dir = tempfile::tempdir().unwrap();
    let (path, _) = write(dir.path(), PlainFormat::Csv, &rows());
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.starts_with("text,'=number,view,"));
    for wanted in [
        "\r\n'=1+1,",
        "\r\n'+49 30,",
        "\r\n'-x,",
        "\r\n'@me,",
        "\r\n'\ttab,",
        "\r\n\"'\rcr\",",
        "\r\n\"'\nline\",",
        "\r\n''tis,",
    ] {
        assert!(text.contains(wanted), "{wanted:?}");
    }
}

#[test]
fn what_csv_cannot_hold_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let batch = |text: &str| {
        let column: ArrayRef = Arc::new(StringArray::from(vec![text]));
        RecordBatch::try_from_iter([("a", column)]).unwrap()
    };
    let path = dir.path().join("x.csv");
    let schema = batch("").schema();
    let mut writer = PlainWriter::create(&path, &schema, PlainFormat::Csv, allowed()).unwrap();
    let error = writer.write(&batch("secret\0")).unwrap_err();
    assert_eq!(error.code(), "SL9021");
    assert!(!error.to_string().contains("secret"));
    assert!(writer.finish().is_err());
}

#[test]
fn python_reads_what_we_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let batch = rows();
    write(dir.path(), PlainFormat::Csv, &batch);
    write(dir.path(), PlainFormat::Jsonl, &batch);
    let script = r#"
import csv, json, sys
rows = list(csv.reader(open(sys.argv[1] + "/x.csv", newline="", encoding="utf-8")))
objects = [json.loads(line, parse_constant=lambda c: sys.exit("not JSON: " + c))
           for line in open(sys.argv[1] + "/x.jsonl", encoding="utf-8", newline="\n")]
assert len(rows) == 1 + len(objects) == 18, (len(rows), len(objects))
assert all(len(row) == 10 for row in rows)
def undone(cell):
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@\t\r\n'" else cell
for row, object in zip(rows[1:], objects):
    assert undone(row[0]) == (object["text"] or ""), (row[0], object["text"])
    assert row[0] == "" or row[0][0] not in "=+-@\t\r\n"
assert objects[0]["=number"] == 2**63 - 1 and objects[4]["=number"] is None
assert objects[0]["flag"] is True and objects[0]["money"] == -1.5
"#;
    match Command::new("python3")
        .arg("-c")
        .arg(script)
        .arg(dir.path())
        .output()
    {
        Ok(output) => assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(_) => eprintln!("skipped: no python3"),
    }
}
