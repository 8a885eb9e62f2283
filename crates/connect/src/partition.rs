//! Partition columns: values in the names of folders, as Hive and Spark write them.
//!
//! INVARIANT: a value is text until the contract types it. Reads only; a value that is written into
//! a name is an output of the lowest clearance (PROOF, rule 10), and no code here does that.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field};

/// How null is written.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// The value that a folder's name gives to `column`: the outer `None` if the name is none of this
/// column's or its percent-encoding is broken, the inner if the value is null.
#[allow(clippy::option_option)] // both are ordinary, and mean different things
pub(crate) fn value(name: &str, column: &str) -> Option<Option<String>> {
    let raw = decode(name.split_once('=')?.1)?;
    let own = decode(name.split_once('=')?.0)?;
    if own != column {
        return None;
    }
    Some((raw != NULL).then_some(raw))
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        // `+1` parses as a number too.
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after.get(2..)?;
    }
    String::from_utf8(bytes).ok()
}

/// The value as a column of `rows` rows.
pub(crate) fn column(name: &str, value: Option<&str>, rows: usize) -> (Field, ArrayRef) {
    let array = StringArray::from_iter(std::iter::repeat_n(value, rows));
    (Field::new(name, DataType::Utf8, true), Arc::new(array))
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

    #[test]
    fn names_give_values_as_hive_has_them() {
        let some = |text: &str| Some(Some(text.to_owned()));
        assert_eq!(value("year=2026", "year"), some("2026"));
        assert_eq!(value("at=10%3A30", "at"), some("10:30"));
        assert_eq!(value("n=a=b", "n"), some("a=b"));
        assert_eq!(value("n=", "n"), some(""));
        assert_eq!(value("caf%C3%A9=x", "caf\u{e9}"), some("x"));
        assert_eq!(value("n=__HIVE_DEFAULT_PARTITION__", "n"), Some(None));
        for name in [
            "year", "Year=1", "month=1", "year=%", "year=%+1", "year=%zz", "year=%ff",
        ] {
            assert_eq!(value(name, "year"), None, "{name}");
        }
    }
}
