//! Data files: every format that is read, as bytes that somebody sent.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, Int64Array, ListArray, StringArray, StringViewArray,
};
use arrow::datatypes::{Int32Type, Schema};
use arrow::record_batch::RecordBatch;
use sealine_connect::{
    Access, Compression, CsvOptions, Format, Stored, conform_parquet_read, locate, open,
};
use tempfile::TempDir;

use super::Prepared;

const CSV: &[u8] = b"id,name\n1,\"a \"\"quoted\"\" one\"\r\n2,\n3,\"two\nlines\"\n";
const JSONL: &[u8] = b"{\"id\":1,\"name\":\"a\\u00e9\"}\n{\"name\":null,\"id\":2}\n\n{\"id\":[3],\"name\":{\"x\":\"\\\\\"}}\n";

/// A file that is written anew for every input.
struct Place {
    folder: TempDir,
    name: &'static str,
}

impl Place {
    fn new(name: &'static str) -> Place {
        Place {
            folder: tempfile::tempdir().expect("a folder"),
            name,
        }
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(self.name);
        std::fs::write(&path, bytes).expect("a file");
        path
    }
}

/// Reads the bytes to their end, or to the error; every row number is given once, ascending.
fn reads(
    name: &'static str,
    format: Format,
    stored: Stored<'static>,
    corpus: Vec<Vec<u8>>,
) -> Prepared {
    let place = Place::new(name);
    let columns = ["id".to_owned(), "name".to_owned()];
    Prepared::new(corpus, move |bytes| {
        place.write(bytes);
        let Ok(files) = locate(place.folder.path(), place.name, format, &[]) else {
            return;
        };
        let Ok(mut source) = open(&files, &stored, &columns, &[], 4, None) else {
            return;
        };
        let mut rows = 0_u64;
        while let Ok(Some(raw)) = source.next() {
            assert_eq!(raw.batch.num_columns(), columns.len());
            let mut numbers: Vec<u64> = raw.malformed.iter().map(|one| one.row).collect();
            numbers.extend((0..raw.batch.num_rows()).filter_map(|row| raw.rows.row(row)));
            numbers.sort_unstable();
            for number in numbers {
                rows += 1;
                assert_eq!(number, rows, "no row is lost and none is given twice");
            }
        }
    })
}

fn delimited(name: &'static str, compression: Compression, corpus: Vec<Vec<u8>>) -> Prepared {
    let stored = Stored::Csv {
        options: CsvOptions::default(),
        compression: Some(compression),
    };
    reads(name, Format::Csv, stored, corpus)
}

pub(super) fn csv() -> Prepared {
    delimited(
        "rows.csv",
        Compression::None,
        vec![CSV.to_vec(), b"name;id\n".to_vec()],
    )
}

pub(super) fn csv_gzip() -> Prepared {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(CSV).expect("memory");
    let one = gzip.finish().expect("memory");
    let two = [one.clone(), one.clone()].concat();
    delimited("rows.csv.gz", Compression::Gzip, vec![one, two])
}

pub(super) fn csv_zstd() -> Prepared {
    let one = zstd::encode_all(CSV, 1).expect("memory");
    let two = [one.clone(), one.clone()].concat();
    delimited("rows.csv.zst", Compression::Zstd, vec![one, two])
}

pub(super) fn jsonl() -> Prepared {
    let stored = Stored::Jsonl {
        compression: Some(Compression::None),
    };
    reads("rows.jsonl", Format::Jsonl, stored, vec![JSONL.to_vec()])
}

fn batch() -> RecordBatch {
    let words = ["a", "b", "", "a longer text that a view keeps elsewhere"];
    let names: ArrayRef = Arc::new(StringArray::from(words.to_vec()));
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3), Some(4)]));
    let views: ArrayRef = Arc::new(StringViewArray::from(words.to_vec()));
    let coded: DictionaryArray<Int32Type> = words.into_iter().collect();
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1), None]),
        None,
        Some(vec![]),
        Some(vec![Some(2)]),
    ]);
    RecordBatch::try_from_iter_with_nullable([
        ("id", ids, true),
        ("name", names, true),
        ("view", views, true),
        ("coded", Arc::new(coded) as ArrayRef, true),
        ("list", Arc::new(lists) as ArrayRef, true),
    ])
    .expect("columns of one length")
}

/// What others found their readers to fail on, where the vectors are.
fn malformed(part: &str) -> Vec<Vec<u8>> {
    let root = std::env::var_os("SEALINE_VECTORS").map(PathBuf::from);
    let root = root.unwrap_or_else(|| {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors"))
    });
    let entries = std::fs::read_dir(root.join("malformed"));
    let mut paths: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let of = |path: &PathBuf| path.to_string_lossy().contains(part);
    let texts = paths
        .iter()
        .filter(|path| of(path))
        .filter_map(|path| std::fs::read(path).ok());
    texts.filter(|bytes| bytes.len() <= 1 << 15).collect()
}

pub(super) fn arrow() -> Prepared {
    let rows = batch();
    let schema: &Schema = rows.schema_ref();
    let mut stream = arrow_ipc::writer::StreamWriter::try_new(Vec::new(), schema).expect("memory");
    stream.write(&rows).expect("memory");
    let mut file = arrow_ipc::writer::FileWriter::try_new(Vec::new(), schema).expect("memory");
    file.write(&rows).expect("memory");
    file.write(&rows.slice(1, 2)).expect("memory");
    let mut corpus = vec![
        stream.into_inner().expect("memory"),
        file.into_inner().expect("memory"),
    ];
    corpus.extend(malformed("arrow-ipc"));
    reads("rows.arrow", Format::Arrow, Stored::Arrow, corpus)
}

fn parquet_corpus() -> Vec<Vec<u8>> {
    let rows = batch();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), rows.schema(), None).expect("memory");
    writer.write(&rows).expect("memory");
    let mut corpus = vec![writer.into_inner().expect("memory")];
    corpus.extend(malformed("parquet"));
    corpus
}

pub(super) fn parquet() -> Prepared {
    reads(
        "rows.parquet",
        Format::Parquet,
        Stored::Parquet(Access::Plain),
        parquet_corpus(),
    )
}

/// Every column, of every type.
pub(super) fn parquet_columns() -> Prepared {
    let place = Place::new("rows.parquet");
    let none = BTreeMap::new();
    Prepared::new(parquet_corpus(), move |bytes| {
        let path = place.write(bytes);
        drop(conform_parquet_read(
            &path,
            None,
            &none,
            &BTreeMap::new(),
            None,
        ));
    })
}
