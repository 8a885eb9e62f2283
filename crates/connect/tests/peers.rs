//! Files that pyarrow and the Python library wrote, and ours in pyarrow.
//!
//! The interpreter is that of `cargo xtask peers`.
// Where the peers are absent, a test says `skipped`.
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

use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use sealine_connect::{
    CsvOptions, Format, PlainAllowed, PlainFormat, PlainWriter, Stored, locate, open,
};
use sealine_label::Levels;

/// The interpreter of `cargo xtask peers`, if it was made; with `SEALINE_PEERS=required` it must be.
fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers/venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    let required = std::env::var_os("SEALINE_PEERS").is_some_and(|value| value == "required");
    assert!(!required, "the peers are required: run cargo xtask peers");
    eprintln!("skipped: run cargo xtask peers");
    None
}

fn execute(python: &Path, script: &str, folder: &Path) {
    let output = Command::new(python)
        .arg("-c")
        .arg(script)
        .arg(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn texts(
    folder: &Path,
    name: &str,
    format: Format,
    stored: &Stored<'_>,
    columns: &[&str],
) -> Vec<Vec<String>> {
    let files = locate(folder, name, format, &[]).unwrap();
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let mut source = open(&files, stored, &columns, &[], 7, None).unwrap();
    let mut rows = Vec::new();
    while let Some(raw) = source.next().unwrap() {
        assert!(raw.malformed.is_empty());
        for row in 0..raw.batch.num_rows() {
            let cell = |column: &ArrayRef| {
                let text = cast(column, &DataType::Utf8).unwrap();
                let text = text.as_string::<i32>().iter().nth(row).unwrap();
                text.unwrap_or("-").to_owned()
            };
            rows.push(raw.batch.columns().iter().map(cell).collect());
        }
    }
    rows
}

#[test]
fn what_python_compressed_is_read() {
    let Some(python) = python() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    execute(
        &python,
        r#"
import csv, gzip, json, sys
rows = [{"id": n, "text": None if n % 7 == 0 else "é \"%d\", \n\U0001f600" % n, "extra": [n, {"a": None}]} for n in range(5000)]
with gzip.open(sys.argv[1] + "/a.jsonl.gz", "wt", encoding="utf-8") as f:
    for n, row in enumerate(rows):
        f.write(json.dumps(row, ensure_ascii=n % 2 == 0) + "\n")
with gzip.open(sys.argv[1] + "/a.csv.gz", "wt", encoding="utf-8", newline="") as f:
    w = csv.writer(f)
    w.writerow(["id", "text"])
    for row in rows:
        w.writerow([row["id"], row["text"]])
"#,
        dir.path(),
    );
    let expected: Vec<Vec<String>> = (0..5000)
        .map(|n| {
            let text = format!("é \"{n}\", \n\u{1f600}");
            vec![
                n.to_string(),
                if n % 7 == 0 { "-".to_owned() } else { text },
            ]
        })
        .collect();
    let columns = ["id", "text"];
    let jsonl = Stored::Jsonl { compression: None };
    assert!(texts(dir.path(), "a.jsonl.gz", Format::Jsonl, &jsonl, &columns) == expected);
    let csv = Stored::Csv {
        options: CsvOptions::default(),
        compression: None,
    };
    assert!(texts(dir.path(), "a.csv.gz", Format::Csv, &csv, &columns) == expected);
}

#[test]
fn arrow_files_of_pyarrow_are_read_and_ours_are_read_by_it() {
    let Some(python) = python() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let rows: ArrayRef = Arc::new(Int64Array::from_iter(
        (0..1000).map(|n| (n % 3 != 0).then_some(n)),
    ));
    let text: ArrayRef = Arc::new(StringArray::from_iter(
        (0..1000).map(|n| (n % 5 != 0).then(|| format!("=t{n}"))),
    ));
    let batch =
        RecordBatch::try_from_iter_with_nullable([("n", rows, true), ("t", text, true)]).unwrap();
    let levels = Levels::default();
    for format in [PlainFormat::Arrow, PlainFormat::Csv, PlainFormat::Jsonl] {
        let allowed = PlainAllowed::of(levels.lowest(), levels.lowest(), &levels).unwrap();
        let path = dir.path().join(format!("ours{}", format.suffix()));
        let mut writer = PlainWriter::create(&path, &batch.schema(), format, allowed).unwrap();
        writer.write(&batch).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
    }
    execute(
        &python,
        r#"
import sys
import pyarrow as pa, pyarrow.ipc as ipc, pyarrow.csv as pc, pyarrow.json as pj, pyarrow.feather as feather
d = sys.argv[1]
ns = [None if n % 3 == 0 else n for n in range(1000)] * 2
ts = [None if n % 5 == 0 else "=t%d" % n for n in range(1000)] * 2
for table in (ipc.open_file(d + "/ours.arrow").read_all(), pj.read_json(d + "/ours.jsonl")):
    assert table["n"].to_pylist() == ns and table["t"].to_pylist() == ts
table = pc.read_csv(d + "/ours.csv", convert_options=pc.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False))
assert table["n"].to_pylist() == ns
assert table["t"].to_pylist() == [t and "'" + t for t in ts]
table = pa.table({
    "n": pa.array(range(3000), pa.int64()),
    "d": pa.array(["x", "yy", None] * 1000).dictionary_encode(),
    "v": pa.array(["a view that is longer than twelve bytes", None, ""] * 1000, pa.string_view()),
    "l": pa.array(["large"] * 3000, pa.large_string()),
    "m": pa.array([1700000000000000] * 3000, pa.timestamp("us", "UTC")),
    "nested": pa.array([[1, 2]] * 3000),
})
for name, options in {
    "plain": ipc.IpcWriteOptions(),
    "lz4": ipc.IpcWriteOptions(compression="lz4"),
    "zstd": ipc.IpcWriteOptions(compression="zstd"),
}.items():
    with ipc.new_file(f"{d}/{name}.arrow", table.schema, options=options) as w:
        w.write_table(table, max_chunksize=777)
    with ipc.new_stream(f"{d}/{name}.arrows", table.schema, options=options) as w:
        w.write_table(table, max_chunksize=777)
feather.write_feather(table.drop_columns(["v"]), d + "/default.feather")
"#,
        dir.path(),
    );
    let row = |n: usize| {
        vec![
            n.to_string(),
            ["x", "yy", "-"][n % 3].to_owned(),
            "large".to_owned(),
        ]
    };
    let expected: Vec<Vec<String>> = (0..3000).map(row).collect();
    for name in [
        "plain.arrow",
        "lz4.arrow",
        "zstd.arrow",
        "plain.arrows",
        "lz4.arrows",
        "zstd.arrows",
        "default.feather",
    ] {
        let all = texts(
            dir.path(),
            name,
            Format::Arrow,
            &Stored::Arrow,
            &["n", "d", "l"],
        );
        assert!(all == expected, "{name}");
        if name != "default.feather" {
            let views = texts(dir.path(), name, Format::Arrow, &Stored::Arrow, &["v"]);
            assert_eq!(
                views[..3],
                [["a view that is longer than twelve bytes"], ["-"], [""]],
                "{name}"
            );
        }
    }
    let files = locate(dir.path(), "plain.arrow", Format::Arrow, &[]).unwrap();
    let nested = open(
        &files,
        &Stored::Arrow,
        &["nested".to_owned()],
        &[],
        10,
        None,
    )
    .unwrap()
    .next();
    assert_eq!(nested.unwrap_err().code(), "SL9015");
}
