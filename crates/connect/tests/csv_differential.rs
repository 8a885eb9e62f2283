//! Our splitter against csv-core, on generated and mutated inputs and however they are buffered.
// Where the vectors are absent, a test says `skipped`.
#![allow(clippy::print_stderr)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use arrow::array::{Array, AsArray};
use sealine_connect::{CsvOptions, Source, open_csv, rule};

/// A small seeded generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> usize {
        (self.next() % bound) as usize
    }
}

/// The fields of a record.
type Record = Vec<Vec<u8>>;

/// What csv-core makes of the input: its records, and whether it ended within quotes.
fn reference(input: &[u8]) -> (Vec<Record>, bool) {
    let mut reader = csv_core::Reader::new();
    let mut records = Vec::new();
    let (mut out, mut ends) = (vec![0; input.len() + 16], vec![0; input.len() + 16]);
    let mut rest = input;
    let (mut filled, mut count) = (0, 0);
    loop {
        let (result, read, written, fields) =
            reader.read_record(rest, &mut out[filled..], &mut ends[count..]);
        rest = &rest[read..];
        filled += written;
        count += fields;
        match result {
            csv_core::ReadRecordResult::InputEmpty => {}
            csv_core::ReadRecordResult::Record => {
                let mut from = 0;
                let fields = ends[..count].iter().map(|end| {
                    let field = out[from..*end].to_vec();
                    from = *end;
                    field
                });
                records.push(fields.collect());
                (filled, count) = (0, 0);
            }
            csv_core::ReadRecordResult::End => break,
            other => panic!("{other:?}"),
        }
    }
    // Within quotes at the end: an added quote then ends the input without adding a byte.
    (records, open_at_end(input))
}

/// Tracks csv-core's rules for quotes and nothing else.
fn open_at_end(input: &[u8]) -> bool {
    let (mut start, mut open, mut index) = (true, false, 0);
    while index < input.len() {
        let byte = input[index];
        if open {
            if byte == b'"' {
                if input.get(index + 1) == Some(&b'"') {
                    index += 1;
                } else {
                    open = false;
                }
            }
        } else if byte == b'"' && start {
            open = true;
            start = false;
        } else {
            start = matches!(byte, b',' | b'\n' | b'\r');
        }
        index += 1;
    }
    open
}

fn compare(input: &[u8], width: usize, path: &std::path::Path, seen: &mut [usize; 3]) {
    let (records, open) = reference(input);
    if open {
        return;
    }
    std::fs::write(path, input).unwrap();
    let options = CsvOptions {
        header: false,
        null: Vec::new(),
        ..CsvOptions::default()
    };
    let columns: Vec<String> = (0..width).map(|n| format!("c{n}")).collect();
    let mut source = match open_csv(path, &options, &columns, 7) {
        Ok(source) => source,
        Err(error) => {
            let utf16 = input.starts_with(b"\xff\xfe") || input.starts_with(b"\xfe\xff");
            assert!(input.is_empty() || utf16, "{error}");
            return;
        }
    };
    let mut ours: Vec<(u64, Result<Record, &'static str>)> = Vec::new();
    while let Some(raw) = source.next().unwrap() {
        for row in 0..raw.batch.num_rows() {
            let fields = raw.batch.columns().iter().map(|column| {
                assert!(column.is_valid(row));
                column.as_string::<i32>().value(row).as_bytes().to_vec()
            });
            ours.push((raw.rows.row(row).unwrap(), Ok(fields.collect())));
        }
        ours.extend(raw.malformed.iter().map(|one| (one.row, Err(one.rule))));
    }
    ours.sort_by_key(|(row, _)| *row);
    assert_eq!(
        ours.len(),
        records.len(),
        "{:?}",
        String::from_utf8_lossy(input)
    );
    for ((_, found), expected) in ours.iter().zip(&records) {
        let shown = String::from_utf8_lossy(input);
        match found {
            Ok(fields) => {
                seen[0] += 1;
                assert_eq!(fields, expected, "{shown:?}");
            }
            Err(rule::RAGGED) => {
                seen[1] += 1;
                assert_ne!(expected.len(), width, "{shown:?}");
            }
            Err(_) => seen[2] += 1,
        }
    }
}

#[test]
fn generated_and_mutated_inputs_give_the_records_of_csv_core() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.csv");
    let mut random = Random(0x5ea1_14e5);
    let mut seen = [0; 3];
    let pieces: [&[u8]; 16] = [
        b"a",
        b"bc",
        b",",
        b",",
        b"\n",
        b"\r\n",
        b"\r",
        b"\"",
        b"\"\"",
        b"\"x,y\"",
        b"\"\n\"",
        b" ",
        "\u{e4}".as_bytes(),
        b"0123456789",
        b"\",\"",
        b"\xff",
    ];
    for round in 0..20_000 {
        let width = 2 + random.below(3);
        let mut input = Vec::new();
        if round % 2 == 0 {
            for _ in 0..random.below(40) {
                input.extend_from_slice(pieces[random.below(16)]);
            }
        } else {
            // Well formed rows, then a few bytes changed.
            for _ in 0..random.below(9) {
                for column in 0..width {
                    let field: &[u8] = match random.below(5) {
                        0 => b"",
                        1 => b"\"q\"\"r\"",
                        2 => b"\"l\r\nm\"",
                        3 => "\u{4e2d}\u{6587}".as_bytes(),
                        _ => b"plain",
                    };
                    input.extend_from_slice(field);
                    input.extend_from_slice(if column + 1 < width { b"," } else { b"\n" });
                }
            }
            for _ in 0..random.below(3) {
                if !input.is_empty() {
                    let at = random.below(input.len() as u64);
                    input[at] = pieces[random.below(16)][0];
                }
            }
        }
        if !input.starts_with(b"\xef\xbb\xbf") {
            compare(&input, width, &path, &mut seen);
        }
    }
    assert!(
        seen.iter().all(|count| *count > 1_000),
        "too little was compared: {seen:?}"
    );
}

#[test]
fn vectors_of_others_end_cleanly() {
    let folder = std::env::var("SEALINE_VECTORS").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors").to_owned()
    });
    let Ok(entries) = std::fs::read_dir(std::path::Path::new(&folder).join("malformed")) else {
        eprintln!("skipped: no vectors in {folder}");
        return;
    };
    let mut read = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        for header in [true, false] {
            let options = CsvOptions {
                header,
                ..CsvOptions::default()
            };
            let columns = if header {
                vec![]
            } else {
                vec!["c1".to_owned(), "c2".to_owned()]
            };
            let Ok(mut source) = open_csv(&path, &options, &columns, 1024) else {
                continue;
            };
            while let Ok(Some(_)) = source.next() {}
            read += 1;
        }
    }
    assert!(read > 90, "{read}");
}
