//! How a data file is written: guessed from its first bytes and its name, said as the catalogue says it.

use crate::failure::Failure;
use sealine_connect::{Compression, CsvOptions, Format, Stored};
use std::path::Path;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::verbs) struct Form {
    /// Its format.
    pub(in crate::verbs) format: Format,
    /// How the text is compressed.
    pub(in crate::verbs) compression: Compression,
    /// Whether the name of the file says so.
    pub(in crate::verbs) named: bool,
    /// Between fields of CSV.
    pub(in crate::verbs) delimiter: u8,
    /// Whether the first line of CSV names the columns.
    pub(in crate::verbs) header: bool,
}

/// Plain CSV with a header.
impl Default for Form {
    fn default() -> Form {
        Form {
            format: Format::Csv,
            compression: Compression::None,
            named: true,
            delimiter: b',',
            header: true,
        }
    }
}

impl Form {
    /// The form of the file at `path`, which begins with `head`. What CSV is like is not known yet.
    pub(in crate::verbs) fn of(path: &Path, head: &[u8]) -> Result<Form, Failure> {
        let refuse = |reason: &str| {
            Err(Failure::Unusable {
                path: path.display().to_string(),
                reason: reason.to_owned(),
            })
        };
        let compression = match head {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
            _ => Compression::None,
        };
        let whole = path.file_name().unwrap_or_default().to_string_lossy();
        let whole = whole.to_ascii_lowercase();
        let name = match Compression::of(path) {
            Compression::None => whole.as_str(),
            _ => whole.rsplit_once('.').map_or("", |(name, _)| name),
        };
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        let format = match head {
            _ if compression != Compression::None => match ends(&[".jsonl", ".ndjson"]) {
                true => Format::Jsonl,
                false => Format::Csv,
            },
            [b'P', b'A', b'R', b'1', ..] => Format::Parquet,
            [b'P', b'A', b'R', b'E', ..] => {
                return refuse(
                    "it is encrypted Parquet; declare it in the catalog with the key that seals it, and a pipeline reads it",
                );
            }
            [b'P', b'K', 3, 4, ..] => {
                return refuse(
                    "it is a ZIP file, not one of the formats that are read; take the file out of it",
                );
            }
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] | [b'F', b'E', b'A', b'1', ..] => {
                Format::Arrow
            }
            [0xff, 0xff, 0xff, 0xff, ..] => Format::Arrow,
            _ if ends(&[".arrow", ".arrows", ".feather"]) => Format::Arrow,
            _ if ends(&[".parquet"]) => Format::Parquet,
            _ if ends(&[".jsonl", ".ndjson"]) => Format::Jsonl,
            _ if head.trim_ascii_start().starts_with(b"{") => Format::Jsonl,
            _ => Format::Csv,
        };
        Ok(Form {
            format,
            compression,
            named: Compression::of(path) == compression,
            ..Form::default()
        })
    }

    /// As it stands under `at:` of the catalogue.
    pub(in crate::verbs) fn at(&self) -> String {
        let mut at = format!("format: {}", self.word());
        match self.delimiter {
            b',' => {}
            b'\t' => at.push_str(", delimiter: \"\\t\""),
            other => {
                at.push_str(", delimiter: \"");
                at.push(char::from(other));
                at.push('"');
            }
        }
        if !self.header {
            at.push_str(", header: false");
        }
        if !self.named {
            at.push_str(", compression: ");
            at.push_str(match self.compression {
                Compression::None => "none",
                Compression::Gzip => "gzip",
                Compression::Zstd => "zstd",
            });
        }
        at
    }

    /// For people.
    pub(in crate::verbs) fn said(&self) -> String {
        let mut said = match self.format {
            Format::Csv => format!(
                "CSV, delimiter {}, {}",
                match self.delimiter {
                    b';' => "semicolon",
                    b'\t' => "tab",
                    b'|' => "bar",
                    _ => "comma",
                },
                match self.header {
                    true => "with a header",
                    false => "without a header",
                }
            ),
            Format::Jsonl => "JSON Lines".to_owned(),
            Format::Arrow => "Arrow IPC".to_owned(),
            Format::Parquet => "Parquet in clear".to_owned(),
        };
        match self.compression {
            Compression::None => {}
            Compression::Gzip => said.push_str(", gzip"),
            Compression::Zstd => said.push_str(", zstd"),
        }
        said
    }

    /// The word of the catalogue.
    pub(in crate::verbs) fn word(&self) -> &'static str {
        match self.format {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
            Format::Arrow => "arrow",
            Format::Parquet => "parquet",
        }
    }

    /// As the readers take it.
    pub(in crate::verbs) fn stored(&self) -> Stored<'static> {
        let compression = Some(self.compression);
        match self.format {
            Format::Csv => Stored::Csv {
                options: CsvOptions::default(),
                compression,
            },
            Format::Jsonl => Stored::Jsonl { compression },
            Format::Arrow => Stored::Arrow,
            Format::Parquet => Stored::Parquet(sealine_connect::Access::Plain),
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    fn at(name: &str, head: &[u8]) -> String {
        Form::of(Path::new(name), head).unwrap().at()
    }

    #[test]
    fn bytes_tell_before_names_do() {
        for (name, head, expected) in [
            ("x.csv", &b"a,b\n"[..], "format: csv"),
            (
                "x.CSV.GZ",
                b"\x1f\x8b\x08",
                "format: csv, compression: gzip",
            ),
            ("x.csv.gz", b"\x1f\x8b\x08", "format: csv"),
            ("x.csv.gz", b"a,b\n", "format: csv, compression: none"),
            (
                "x.txt",
                b"\x28\xb5\x2f\xfd",
                "format: csv, compression: zstd",
            ),
            ("x.jsonl.zst", b"\x28\xb5\x2f\xfd", "format: jsonl"),
            ("x.log", b" \n{\"a\":1}", "format: jsonl"),
            ("x.ndjson", b"", "format: jsonl"),
            ("x.csv", b"PAR1", "format: parquet"),
            ("x", b"ARROW1\0\0", "format: arrow"),
            ("x", b"\xff\xff\xff\xff\x10", "format: arrow"),
        ] {
            assert_eq!(at(name, head), expected, "{name}");
        }
        let refused = |head| Form::of(Path::new("x"), head).unwrap_err().to_string();
        assert!(refused(b"PARE").contains("encrypted Parquet"));
        assert!(refused(b"PK\x03\x04").contains("a ZIP file"));
    }
}
