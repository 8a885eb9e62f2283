//! Values as the texts that CSV and JSON Lines are made of, which the contract reads back.
//!
//! INVARIANT: a text means the value it was made of: moments are UTC and say so, bytes are
//! hexadecimal, numbers have all of their digits.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, make_array};
use arrow::compute::cast;
use arrow::datatypes::DataType;

/// How a column's values stand in a text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text from anywhere: quoted in JSON, and made harmless in CSV.
    Text,
    /// A text that we made of a date, a moment or bytes: quoted in JSON.
    Made,
    /// A number or truth value: bare in JSON.
    Bare,
}

impl Shape {
    pub(super) fn of(kind: &DataType) -> Shape {
        match kind {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Shape::Text,
            DataType::Dictionary(_, values) => Shape::of(values),
            DataType::Boolean => Shape::Bare,
            kind if kind.is_numeric() => Shape::Bare,
            _ => Shape::Made,
        }
    }
}

/// The values as texts; `None` if one has none.
pub(super) fn texts(column: &ArrayRef) -> Option<StringArray> {
    let plain = |array: &dyn Array| cast(array, &DataType::Utf8).ok();
    let text = match column.data_type() {
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => {
            let bytes = cast(column, &DataType::Binary).ok()?;
            let texts: StringArray = bytes
                .as_binary_opt::<i32>()?
                .iter()
                .map(|value| value.map(hex::encode))
                .collect();
            Arc::new(texts)
        }
        // Zones by name need a database that is not linked; stored moments are UTC.
        DataType::Timestamp(unit, Some(_)) => {
            let data = column
                .to_data()
                .into_builder()
                .data_type(DataType::Timestamp(*unit, None));
            let bare = plain(&make_array(data.build().ok()?))?;
            let texts: StringArray = bare
                .as_string_opt::<i32>()?
                .iter()
                .map(|value| value.map(|text| format!("{text}Z")))
                .collect();
            Arc::new(texts)
        }
        _ => plain(column)?,
    };
    // A cast that fails gives null: that would be a value lost.
    (text.null_count() == column.logical_null_count())
        .then(|| text.as_string_opt::<i32>().cloned())
        .flatten()
}

/// Appends a field of a CSV record (RFC 4180, section 2). An empty text is quoted, since an empty
/// field is null. `None` if it holds a NUL, which readers of CSV refuse.
pub(super) fn csv_field(text: &[u8], shape: Shape, to: &mut Vec<u8>) -> Option<()> {
    if memchr::memchr(0, text).is_some() {
        return None;
    }
    let mark = shape == Shape::Text && crate::csv::dangerous(text);
    let quoted = text.is_empty()
        || memchr::memchr3(b',', b'"', b'\n', text).is_some()
        || text.contains(&b'\r');
    if !quoted {
        if mark {
            to.push(b'\'');
        }
        to.extend_from_slice(text);
        return Some(());
    }
    to.push(b'"');
    if mark {
        to.push(b'\'');
    }
    for part in text.split_inclusive(|byte| *byte == b'"') {
        to.extend_from_slice(part);
        if part.ends_with(b"\"") {
            to.push(b'"');
        }
    }
    to.push(b'"');
    Some(())
}

/// Appends a JSON string (RFC 8259, section 7).
pub(super) fn json_string(text: &[u8], to: &mut Vec<u8>) {
    to.push(b'"');
    let mut rest = text;
    while let Some(at) = rest
        .iter()
        .position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'))
    {
        to.extend_from_slice(rest.get(..at).unwrap_or_default());
        match rest.get(at) {
            Some(b'\n') => to.extend_from_slice(b"\\n"),
            Some(b'\r') => to.extend_from_slice(b"\\r"),
            Some(b'\t') => to.extend_from_slice(b"\\t"),
            Some(byte @ (b'"' | b'\\')) => to.extend_from_slice(&[b'\\', *byte]),
            Some(byte) => to.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            None => {}
        }
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    to.extend_from_slice(rest);
    to.push(b'"');
}

/// Appends a number or truth value; a float that JSON has no number for becomes a string.
pub(super) fn json_bare(text: &[u8], to: &mut Vec<u8>) {
    if matches!(text, b"NaN" | b"inf" | b"-inf") {
        json_string(text, to);
    } else {
        to.extend_from_slice(text);
    }
}
