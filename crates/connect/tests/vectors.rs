//! Files that others made: encrypted ones read right, malformed ones end cleanly and soon.
// Measuring is what it does.
#![allow(clippy::disallowed_methods)]
// Where the vectors are absent, a test says `skipped`.
#![allow(clippy::print_stderr)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sealine_connect::{
    Access, Compression, ConnectError, CsvOptions, Format, Source, Stored, conform_parquet_read,
    locate, open, open_parquet,
};

fn vectors(folder: &str) -> Option<PathBuf> {
    let root = std::env::var("SEALINE_VECTORS").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors").to_owned()
    });
    let path = Path::new(&root).join(folder);
    if !path.is_dir() {
        eprintln!("skipped: no vectors in {}", path.display());
        return None;
    }
    Some(path)
}

const FOOTER: &[u8] = b"0123456789012345";
const DOUBLE: &[u8] = b"1234567890123450";
const FLOAT: &[u8] = b"1234567890123451";

fn map(entries: &[(&str, &[u8])]) -> BTreeMap<String, Vec<u8>> {
    entries
        .iter()
        .map(|(name, key)| ((*name).to_owned(), key.to_vec()))
        .collect()
}

#[test]
fn encrypted_files_of_others_are_read_with_their_keys() {
    let Some(folder) = vectors("parquet-encryption") else {
        return;
    };
    let by_column = map(&[("double_field", DOUBLE), ("float_field", FLOAT)]);
    let by_id = map(&[("kf", FOOTER), ("kc1", DOUBLE), ("kc2", FLOAT)]);
    let none = BTreeMap::new();
    let mut first: Option<BTreeMap<String, String>> = None;
    for (name, prefix) in [
        ("uniform_encryption", None),
        ("encrypt_columns_and_footer", None),
        ("encrypt_columns_plaintext_footer", None),
        ("encrypt_columns_and_footer_aad", None),
        ("encrypt_columns_and_footer_aad", Some("tester")),
        (
            "encrypt_columns_and_footer_disable_aad_storage",
            Some("tester"),
        ),
    ] {
        let path = folder.join(format!("{name}.parquet.encrypted"));
        let explicit =
            conform_parquet_read(&path, Some(FOOTER), &by_column, &none, prefix).unwrap();
        if name != "uniform_encryption" {
            let asked = conform_parquet_read(&path, None, &none, &by_id, prefix).unwrap();
            assert_eq!(explicit, asked, "{name}");
        }
        assert!(
            explicit.rows == 50 || explicit.rows == 60,
            "{name}: {} rows",
            explicit.rows
        );
        for column in [
            "boolean_field",
            "int32_field",
            "int64_field",
            "int96_field",
            "float_field",
            "double_field",
            "ba_field",
            "flba_field",
        ] {
            assert_eq!(explicit.columns[column].len(), 64);
        }
        if explicit.rows == 50 {
            let known = first.get_or_insert_with(|| explicit.columns.clone());
            assert_eq!(
                *known, explicit.columns,
                "{name} holds the same rows as the others"
            );
        }
        let wrong = conform_parquet_read(&path, Some(DOUBLE), &by_column, &none, prefix);
        assert_eq!(wrong.unwrap_err().code(), "SL9020", "{name}");
        assert!(
            conform_parquet_read(&path, None, &none, &none, prefix).is_err(),
            "{name}"
        );
    }
    let path = folder.join("encrypt_columns_and_footer_disable_aad_storage.parquet.encrypted");
    for prefix in [None, Some("other")] {
        assert!(conform_parquet_read(&path, Some(FOOTER), &by_column, &none, prefix).is_err());
    }
    // int32_field counts up from zero; the digest is of its JSON lines.
    let lines: String = (0..50).map(|n| format!("\"{}\"\n", millis(n))).collect();
    let plain: String = (0..50).map(|n| format!("{n}\n")).collect();
    let digest = |text: &str| hex::encode(sealine_protect::crypto::sha256(text.as_bytes()));
    let found = &first.unwrap()["int32_field"];
    assert!(
        *found == digest(&lines) || *found == digest(&plain),
        "int32_field is not what it should be"
    );
}

fn millis(n: u32) -> String {
    if n == 0 {
        "00:00:00".to_owned()
    } else {
        format!("00:00:00.{n:03}")
    }
}

#[test]
fn malformed_files_end_cleanly_within_ten_seconds() {
    let Some(folder) = vectors("malformed") else {
        return;
    };
    let (mut good, mut bad) = (0, BTreeMap::<&'static str, usize>::new());
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    let count = entries.len();
    for path in entries {
        let started = Instant::now();
        let none = BTreeMap::new();
        let outcome = conform_parquet_read(&path, None, &none, &none, None);
        let plain = open_parquet(
            std::slice::from_ref(&path),
            &["id".to_owned()],
            Access::Plain,
            1024,
        )
        .and_then(|mut source| {
            while source.next()?.is_some() {}
            Ok(())
        });
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{} took too long",
            path.display()
        );
        match outcome {
            Ok(_) => good += 1,
            Err(error) => *bad.entry(error.code()).or_default() += 1,
        }
        if let Err(error) = plain {
            assert!(!matches!(error, ConnectError::Tampered { .. }));
        }
    }
    assert_eq!(good + bad.values().sum::<usize>(), count);
    assert!(bad.values().sum::<usize>() > 50, "{bad:?}");
    memory_is_bounded();
}

fn memory_is_bounded() {
    let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = peak.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?
            .trim()
            .strip_suffix(" kB")?
            .trim()
            .parse::<u64>()
            .ok()
    });
    assert!(
        peak.is_none_or(|kilobytes| kilobytes < 1 << 20),
        "{peak:?} kB"
    );
}

/// What a reader made of a file, with every column that can be asked for: rows, or a code.
fn outcome(
    path: &Path,
    format: Format,
    stored: &Stored<'_>,
    column: &str,
) -> Result<u64, &'static str> {
    let (root, name) = (
        path.parent().unwrap(),
        path.file_name().unwrap().to_str().unwrap(),
    );
    let read = || -> Result<u64, ConnectError> {
        let files = locate(root, name, format, &[])?;
        let mut source = open(&files, stored, &[column.to_owned()], &[], 1024, None)?;
        let mut rows = 0;
        while let Some(raw) = source.next()? {
            rows += (raw.batch.num_rows() + raw.malformed.len()) as u64;
        }
        Ok(rows)
    };
    read().map_err(|error| error.code())
}

#[test]
fn every_reader_survives_every_malformed_file() {
    let Some(folder) = vectors("malformed") else {
        return;
    };
    let csv = |compression, header| Stored::Csv {
        options: CsvOptions {
            header,
            ..CsvOptions::default()
        },
        compression,
    };
    let readers = [
        ("csv", Format::Csv, csv(Some(Compression::None), false)),
        ("csv.gz", Format::Csv, csv(Some(Compression::Gzip), false)),
        ("csv.zst", Format::Csv, csv(Some(Compression::Zstd), false)),
        ("jsonl", Format::Jsonl, Stored::Jsonl { compression: None }),
        ("arrow", Format::Arrow, Stored::Arrow),
        ("parquet", Format::Parquet, Stored::Parquet(Access::Plain)),
    ];
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    let mut tally = BTreeMap::<(&str, &str), usize>::new();
    for path in &entries {
        // The names of the columns of these files, as far as they have any.
        for column in ["id", "f0", "a", "ints", "c1"] {
            for (name, format, stored) in &readers {
                let started = Instant::now();
                let result = outcome(path, *format, stored, column);
                assert!(
                    started.elapsed() < Duration::from_secs(10),
                    "{name} took too long for {}",
                    path.display()
                );
                *tally
                    .entry((name, result.err().unwrap_or("read")))
                    .or_default() += 1;
            }
        }
    }
    // Each reader refuses most of them, as damaged or for columns that are not there; the texts are
    // read, every line kept or put aside.
    for (name, _, _) in &readers {
        let of = |wanted: &str| tally.get(&(*name, wanted)).copied().unwrap_or(0);
        let all: usize = tally
            .iter()
            .filter(|((of, _), _)| of == name)
            .map(|(_, n)| n)
            .sum();
        assert_eq!(all, entries.len() * 5, "{name}");
        match *name {
            "csv" | "jsonl" => assert!(of("read") > 400, "{name}: {tally:?}"),
            // One of them is a sound gzip file.
            "csv.gz" => assert_eq!(of("read"), 5, "{tally:?}"),
            _ => assert!(of("SL9012") + of("SL9007") > 400, "{name}: {tally:?}"),
        }
    }
    let sound = entries
        .iter()
        .find(|path| path.ends_with("data_csv_aggregate_test_100.csv.gz"));
    let stored = csv(None, true);
    assert_eq!(outcome(sound.unwrap(), Format::Csv, &stored, "c1"), Ok(100));
    memory_is_bounded();
}
