//! The beginning of a data file that is no CSV: its columns, and some rows of them as text, through the readers that
//! a run uses.

use super::form::Form;
use super::sample::{BYTES, COLUMNS, ROWS, Sample, check_names, unusable};
use crate::exit::Exit;
use crate::failure::Failure;
use arrow::array::Array;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use sealine_connect::{ConnectError, Located};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::path::Path;

/// Rows that are asked for at once.
const BATCH: usize = 1_024;

/// Looks at the file at `path`, no link, of that form.
pub(super) fn open(path: &Path, form: Form, shown: &str) -> Result<Sample, Failure> {
    let (mut names, mut types, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    match sealine_connect::typed_columns(path, form.format).map_err(failed)? {
        Some(columns) => {
            for (name, kind) in columns {
                match catalogued(&kind) {
                    Some(kind) => {
                        names.push(name);
                        types.push(Some(kind));
                    }
                    None => unread.push(name),
                }
            }
        }
        None => {
            names = fields(path, form, shown)?;
            types.resize(names.len(), None);
        }
    }
    if names.is_empty() {
        return Err(unusable(
            shown,
            "it has no column that can be read; give a file with at least one plain column and one row",
        ));
    }
    if names.len() > COLUMNS {
        let reason = format!(
            "it has {} columns; at most {COLUMNS} are proposed for",
            names.len()
        );
        return Err(unusable(shown, &reason));
    }
    check_names(&names, shown)?;
    let (columns, rows, whole) = values(path, form, &names)?;
    if rows == 0 {
        return Err(unusable(
            shown,
            "it has no row; give a file with at least one row",
        ));
    }
    Ok(Sample {
        names,
        types,
        unread,
        columns,
        rows,
        whole,
        form,
    })
}

/// The type of the catalogue that holds every value; none where no column of a catalogue does.
fn catalogued(kind: &DataType) -> Option<String> {
    let name = match kind {
        DataType::Boolean => "boolean",
        DataType::Int8 => "int8",
        DataType::Int16 | DataType::UInt8 => "int16",
        DataType::Int32 | DataType::UInt16 => "int32",
        DataType::Int64 | DataType::UInt32 => "int64",
        DataType::UInt64 => "decimal(20,0)",
        DataType::Float16 | DataType::Float32 => "float32",
        DataType::Float64 => "float64",
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
            if *scale >= 0 =>
        {
            return Some(format!("decimal({precision},{scale})"));
        }
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Timestamp(_, _) => "timestamp",
        DataType::Time32(_) | DataType::Time64(_) => "time",
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => "binary",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string",
        DataType::Dictionary(_, values) => return catalogued(values),
        _ => return None,
    };
    Some(name.to_owned())
}

/// The rows at the beginning, column by column as text; how many, and whether they are all.
fn values(
    path: &Path,
    form: Form,
    names: &[String],
) -> Result<(Vec<Vec<String>>, usize, bool), Failure> {
    let located = Located {
        path: path.to_owned(),
        name: String::new(),
        partitions: Vec::new(),
    };
    let mut source = sealine_connect::open(&[located], &form.stored(), names, &[], BATCH, None)
        .map_err(failed)?;
    let (mut columns, mut rows, mut bytes) = (vec![Vec::new(); names.len()], 0, 0);
    let options = FormatOptions::default();
    while rows < ROWS && bytes < BYTES {
        let Some(raw) = source.next().map_err(failed)? else {
            return Ok((columns, rows, true));
        };
        for (column, array) in columns.iter_mut().zip(raw.batch.columns()) {
            // The text of the formatter's error is dropped: it may quote a value.
            let formatter = ArrayFormatter::try_new(array, &options).ok();
            for row in 0..array.len() {
                let text = formatter
                    .as_ref()
                    .filter(|_| array.is_valid(row))
                    .and_then(|formatter| formatter.value(row).try_to_string().ok())
                    .unwrap_or_default();
                bytes += text.len();
                column.push(text);
            }
        }
        rows += raw.batch.num_rows();
    }
    Ok((columns, rows, false))
}

/// The names of the fields in the first lines of JSON Lines, in the order in which they are first seen.
fn fields(path: &Path, form: Form, shown: &str) -> Result<Vec<String>, Failure> {
    let (bytes, cut) = sealine_connect::beginning(path, form.compression, BYTES).map_err(failed)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    if cut {
        // The last one may be half of one.
        lines.pop();
    }
    let (mut names, mut known) = (Vec::new(), HashSet::new());
    let mut objects = 0;
    for line in lines.iter().take(ROWS) {
        // What is no object is for the quarantine.
        let Ok(Keys(keys)) = serde_json::from_slice(line) else {
            continue;
        };
        objects += 1;
        for key in keys {
            if known.len() > COLUMNS {
                break;
            }
            if known.insert(key.clone()) {
                names.push(key);
            }
        }
    }
    match objects {
        0 => Err(unusable(
            shown,
            "no line at its beginning is a JSON object; give one object a line",
        )),
        _ => Ok(names),
    }
}

/// The keys of an object, in their order.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Keys;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Keys, M::Error> {
                let mut keys = Vec::new();
                while let Some(key) = map.next_key()? {
                    map.next_value::<IgnoredAny>()?;
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A reader's own error, with its code.
pub(super) fn failed(error: ConnectError) -> Failure {
    Failure::Crate {
        code: error.code(),
        message: error.to_string(),
        exit: Exit::Broken,
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

    fn look(name: &str, bytes: &[u8]) -> Result<Sample, Failure> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        super::super::sample::open(&path)
    }

    #[test]
    fn fields_of_json_lines_come_in_their_order() {
        let text = b"{\"id\":1,\"email\":\"ada@mail.example\",\"deep\":{\"a\":1}}\nnot json\n\n{\"id\":2,\"city\":null}\n";
        let sample = look("x.jsonl", text).unwrap();
        assert_eq!(sample.names, ["id", "email", "deep", "city"]);
        assert_eq!(sample.columns[0], ["1", "2"]);
        assert_eq!(sample.columns[3], ["", ""]);
        assert!(sample.whole && sample.types == [None, None, None, None]);
    }

    #[test]
    fn what_has_no_rows_says_so() {
        for (name, bytes) in [
            ("x.jsonl", &b""[..]),
            ("x.jsonl", b"[1]\n"),
            ("x.jsonl", b"{}\n"),
        ] {
            let error = look(name, bytes).err().unwrap();
            assert_eq!(error.code(), "SL0102", "{error}");
        }
        // Damaged files of the binary formats: the reader says what is wrong with them.
        for (name, bytes) in [
            ("x.parquet", &b"PAR1 and no more"[..]),
            ("x.arrow", b"ARROW1\0\0 and no more...."),
        ] {
            let code = look(name, bytes).err().unwrap().code();
            assert!(code.starts_with("SL9"), "{code}");
        }
    }
}
