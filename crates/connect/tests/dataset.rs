//! Datasets of several files, of each format, as a run reads them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, Int64Array, StringArray, StringViewArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type};
use arrow::record_batch::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use sealine_connect::{
    ConnectError, CsvOptions, FileIdentity, Format, Located, Source, Stored, Witness, Witnessed,
    locate, open,
};

const CSV: fn() -> Stored<'static> = || Stored::Csv {
    options: CsvOptions::default(),
    compression: None,
};
const JSONL: Stored<'static> = Stored::Jsonl { compression: None };

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Rows as `number: cells`, malformed ones as `number: rule`.
fn rows(mut source: Box<dyn Source>) -> Result<Vec<String>, ConnectError> {
    let mut all = Vec::new();
    while let Some(raw) = source.next()? {
        for row in 0..raw.batch.num_rows() {
            let cells: Vec<String> = raw
                .batch
                .columns()
                .iter()
                .map(|column| {
                    let text = cast(column, &DataType::Utf8).unwrap();
                    let text = text.as_string::<i32>();
                    if text.is_null(row) {
                        "-".to_owned()
                    } else {
                        text.value(row).to_owned()
                    }
                })
                .collect();
            all.push(format!(
                "{}: {}",
                raw.rows.row(row).unwrap(),
                cells.join(" ")
            ));
        }
        for one in raw.malformed {
            all.push(format!("{}: {}", one.row, one.rule));
        }
    }
    Ok(all)
}

fn read(
    root: &Path,
    path: &str,
    format: Format,
    stored: &Stored<'_>,
    columns: &[&str],
    partition_by: &[&str],
) -> Result<Vec<String>, ConnectError> {
    let partition_by = names(partition_by);
    let files = locate(root, path, format, &partition_by)?;
    rows(open(
        &files,
        stored,
        &names(columns),
        &partition_by,
        3,
        None,
    )?)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn put(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn rows_are_numbered_through_the_files_of_a_pattern() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    put(root, "in/a.csv", b"id,name\n1,x\n2\n3,z\n");
    put(root, "in/b.csv.gz", &gzip(b"name,id\ny,4\n"));
    put(
        root,
        "in/c.csv.zst",
        &zstd::encode_all(&b"id,name\n5,v\n6,w\n"[..], 1).unwrap(),
    );
    put(root, "in/note.txt", b"no");
    let expected = [
        "1: 1 x",
        "3: 3 z",
        "2: ragged",
        "4: 4 y",
        "5: 5 v",
        "6: 6 w",
    ];
    for path in ["in/*.csv*", "in/", "**/*.csv*", "in/[a-c].csv*"] {
        let all = read(root, path, Format::Csv, &CSV(), &["id", "name"], &[]).unwrap();
        assert_eq!(all, expected, "{path}");
    }
    assert_eq!(
        read(root, "in/*.tsv", Format::Csv, &CSV(), &["id"], &[])
            .unwrap_err()
            .code(),
        "SL9002"
    );
    put(root, "in/d.csv", b"id\n7\n");
    let error = read(root, "in/*.csv*", Format::Csv, &CSV(), &["id", "name"], &[]).unwrap_err();
    assert!(error.to_string().contains("d.csv"), "{error}");
    assert_eq!(error.code(), "SL9007");
}

#[test]
fn partitions_are_columns_and_everything_else_there_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    put(
        root,
        "sales/year=2025/month=12/a.jsonl",
        b"{\"id\":1,\"year\":\"no\"}\n",
    );
    put(
        root,
        "sales/year=2026/month=__HIVE_DEFAULT_PARTITION__/a.jsonl.gz",
        &gzip(b"{\"id\":2}\n"),
    );
    put(
        root,
        "sales/year=2026/month=a%2Fb/b.jsonl",
        b"{\"id\":3}\n{}\n",
    );
    put(root, "sales/_temporary/x", b"");
    let read = || {
        read(
            root,
            "sales",
            Format::Jsonl,
            &JSONL,
            &["month", "id", "year"],
            &["year", "month"],
        )
    };
    assert_eq!(
        read().unwrap(),
        [
            "1: 12 1 2025",
            "2: - 2 2026",
            "3: a/b 3 2026",
            "4: a/b - 2026"
        ]
    );
    put(root, "sales/readme.txt", b"");
    assert_eq!(read().unwrap_err().code(), "SL9042");
    std::fs::remove_file(root.join("sales/readme.txt")).unwrap();
    put(root, "sales/month=1/year=2/a.jsonl", b"");
    assert_eq!(read().unwrap_err().code(), "SL9042");
}

#[test]
fn folders_of_runs_are_looked_through() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for (name, id) in [
        ("sales/day=1/part-00000.jsonl", 1),
        ("sales/sealine_run=00000/day=1/part-00000.jsonl", 2),
        ("sales/sealine_run=00001/day=2/part-00000.jsonl", 3),
    ] {
        put(root, name, format!("{{\"id\":{id}}}\n").as_bytes());
    }
    let by = names(&["day"]);
    let files = locate(root, "sales", Format::Jsonl, &by).unwrap();
    let found: Vec<_> = files.iter().map(|file| &*file.name).collect();
    let expected = [
        "day=1/part-00000.jsonl",
        "sealine_run=00000/day=1/part-00000.jsonl",
        "sealine_run=00001/day=2/part-00000.jsonl",
    ];
    assert_eq!(found, expected);
    let columns = names(&["id", "day"]);
    let rows = rows(open(&files, &JSONL, &columns, &by, 3, None).unwrap()).unwrap();
    assert_eq!(rows, ["1: 1 1", "2: 2 1", "3: 3 2"]);
    // At the top alone.
    put(root, "sales/day=1/sealine_run=00000/x.jsonl", b"{}");
    assert_eq!(locate(root, "sales", Format::Jsonl, &by).unwrap().len(), 3);
    put(
        root,
        "sales/sealine_run=00000/sealine_run=00000/x.jsonl",
        b"{}",
    );
    let error = locate(root, "sales", Format::Jsonl, &by).unwrap_err();
    assert_eq!(error.code(), "SL9042");
}

#[test]
fn links_out_of_the_root_and_loops_are_no_way_around() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = dir.path();
    put(root, "in/a.csv", b"id\n1\n");
    put(other.path(), "b.csv", b"id\n2\n");
    std::os::unix::fs::symlink(root.join("in"), root.join("in/loop")).unwrap();
    let found = locate(root, "**/*.csv", Format::Csv, &[]).unwrap();
    assert_eq!(found.len(), 1);
    std::os::unix::fs::symlink(other.path(), root.join("out")).unwrap();
    for path in ["out/*.csv", "*/*.csv", "o?t/b.csv"] {
        let error = locate(root, path, Format::Csv, &[]).unwrap_err();
        assert_eq!(error.code(), "SL9004", "{path}");
    }
    std::os::unix::fs::symlink(other.path().join("b.csv"), root.join("in/c.csv")).unwrap();
    assert_eq!(
        locate(root, "in/*.csv", Format::Csv, &[])
            .unwrap_err()
            .code(),
        "SL9004"
    );
    for path in ["../*.csv", "/etc/*", "in/../*/b.csv"] {
        assert_eq!(
            locate(root, path, Format::Csv, &[]).unwrap_err().code(),
            "SL9004"
        );
    }
}

/// The same rows in the types that other tools write.
fn batch() -> RecordBatch {
    let id: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3), Some(4)]));
    let city: DictionaryArray<Int32Type> = vec![Some("Ulm"), Some("Bonn"), None, Some("Ulm")]
        .into_iter()
        .collect();
    let note: ArrayRef = Arc::new(StringViewArray::from(vec![
        Some("short"),
        Some("long enough to lie outside of its view"),
        None,
        Some(""),
    ]));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"; 4]));
    RecordBatch::try_from_iter([
        ("id", id),
        ("city", Arc::new(city) as ArrayRef),
        ("note", note),
        ("text", text),
    ])
    .unwrap()
}

#[test]
fn arrow_files_and_streams_give_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let batch = batch();
    for compression in [
        None,
        Some(CompressionType::LZ4_FRAME),
        Some(CompressionType::ZSTD),
    ] {
        let options = || {
            IpcWriteOptions::default()
                .try_with_compression(compression)
                .unwrap()
        };
        let (mut file, mut stream) = (Vec::new(), Vec::new());
        let mut writer =
            FileWriter::try_new_with_options(&mut file, &batch.schema(), options()).unwrap();
        writer.write(&batch).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        drop(writer);
        let mut writer =
            StreamWriter::try_new_with_options(&mut stream, &batch.schema(), options()).unwrap();
        writer.write(&batch).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        drop(writer);
        for bytes in [&file, &stream] {
            put(dir.path(), "x.arrow", bytes);
            let read = || {
                read(
                    dir.path(),
                    "x.arrow",
                    Format::Arrow,
                    &Stored::Arrow,
                    &["note", "id", "city"],
                    &[],
                )
            };
            let long = "long enough to lie outside of its view";
            let once = [
                "short 1 Ulm".to_owned(),
                format!("{long} - Bonn"),
                "- 3 -".to_owned(),
                " 4 Ulm".to_owned(),
            ];
            let expected: Vec<String> = (1..=8)
                .zip(once.iter().cycle())
                .map(|(row, cells)| format!("{row}: {cells}"))
                .collect();
            assert_eq!(read().unwrap(), expected);
            // Cut anywhere, it is never a shorter dataset.
            for cut in (0..bytes.len()).step_by(37).chain([
                bytes.len() - 1,
                bytes.len() - 4,
                bytes.len() - 8,
            ]) {
                put(dir.path(), "x.arrow", &bytes[..cut]);
                assert!(
                    read().is_err(),
                    "{compression:?} cut at {cut} of {}",
                    bytes.len()
                );
            }
            // Flipped anywhere, it is an error or a read, never a panic.
            for at in (0..bytes.len()).step_by(5) {
                let mut flipped = bytes.to_vec();
                flipped[at] ^= 0x40;
                put(dir.path(), "x.arrow", &flipped);
                let _ = read();
            }
        }
    }
    put(dir.path(), "x.arrow", b"FEA1 and more");
    let error = read(
        dir.path(),
        "x.arrow",
        Format::Arrow,
        &Stored::Arrow,
        &["id"],
        &[],
    );
    assert_eq!(error.unwrap_err().code(), "SL9014");
}

#[test]
fn shared_texts_are_handed_on_in_small_batches() {
    let dir = tempfile::tempdir().unwrap();
    let long = "x".repeat(20 << 20);
    let keys: DictionaryArray<Int32Type> = std::iter::repeat_n(Some(long.as_str()), 100).collect();
    let batch = RecordBatch::try_from_iter([("a", Arc::new(keys) as ArrayRef)]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = FileWriter::try_new(&mut bytes, &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    put(dir.path(), "x.arrow", &bytes);
    let files = locate(dir.path(), "x.arrow", Format::Arrow, &[]).unwrap();
    let mut source = open(&files, &Stored::Arrow, &names(&["a"]), &[], 1000, None).unwrap();
    let mut count = 0;
    while let Some(raw) = source.next().unwrap() {
        assert!(raw.batch.num_rows() <= 3);
        count += raw.batch.num_rows();
    }
    assert_eq!(count, 100);
}

/// Counts bytes and refuses a file by name.
#[derive(Default)]
struct Seen {
    files: Vec<String>,
    bytes: u64,
    refuse: Option<&'static str>,
}

impl Witness for Seen {
    fn begins(&mut self, path: &Path, _: &FileIdentity) -> bool {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let expected = self.refuse.is_none_or(|refuse| refuse != name);
        self.files.push(name);
        expected
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
    }
}

#[test]
fn every_file_of_every_format_passes_the_witness_whole() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let mut arrow = Vec::new();
    let mut writer = FileWriter::try_new(&mut arrow, &batch().schema()).unwrap();
    writer.write(&batch()).unwrap();
    writer.finish().unwrap();
    drop(writer);
    let json = gzip(&b"{\"id\":1}\n".repeat(50_000));
    put(
        root,
        "a.csv",
        &[b"id\n".to_vec(), b"1\n".repeat(300_000)].concat(),
    );
    put(root, "b.csv", b"id\n2");
    put(root, "a.jsonl.gz", &json);
    put(root, "a.arrow", &arrow);
    for (path, format, stored) in [
        ("*.csv", Format::Csv, CSV()),
        ("a.jsonl.gz", Format::Jsonl, JSONL),
        ("a.arrow", Format::Arrow, Stored::Arrow),
    ] {
        let files: Vec<Located> = locate(root, path, format, &[]).unwrap();
        let total: u64 = files
            .iter()
            .map(|file| file.path.metadata().unwrap().len())
            .sum();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let witness: Witnessed = seen.clone();
        rows(open(&files, &stored, &names(&["id"]), &[], 8192, Some(&witness)).unwrap()).unwrap();
        assert_eq!(seen.lock().unwrap().bytes, total, "{path}");
        assert_eq!(seen.lock().unwrap().files.len(), files.len());
        let last = files
            .last()
            .unwrap()
            .path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let seen = Seen {
            refuse: Some(String::leak(last)),
            ..Seen::default()
        };
        let witness: Witnessed = Arc::new(Mutex::new(seen));
        let outcome =
            open(&files, &stored, &names(&["id"]), &[], 8192, Some(&witness)).and_then(rows);
        assert_eq!(outcome.unwrap_err().code(), "SL9040", "{path}");
    }
}
