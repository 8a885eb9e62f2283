//! Partition columns: values in the names of folders, as Hive and Spark write them.
//!
//! INVARIANT: a value is text until the contract types it, and a name that is written reads back as
//! the value that it was made from. Must never be given a value that is not proved to be for the
//! lowest clearance: whoever can list a folder sees the names in it (PROOF, rule 10).

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field};

/// How null is written.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// What the folder of one run is called, where runs add to partitions: `sealine_run=00007`. Other
/// tools take it for one more partition column, so no partition column has this name.
const RUN: &str = "sealine_run";

/// The longest name of a folder, in bytes: `NAME_MAX` of Linux.
const NAME_MAX: usize = 255;

/// The name of the folder of a value of `column`, as Hive and Spark write it: `column=value`, what
/// Spark escapes as `%XX`, null as `__HIVE_DEFAULT_PARTITION__`.
///
/// # Errors
/// Why the value has no such name, in words that follow "a value of this column": it would be too
/// long, holds what no name may hold, or is the text that stands for null.
pub fn partition_folder(column: &str, value: Option<&str>) -> Result<String, &'static str> {
    let mut name = escaped(column)?;
    name.push('=');
    match value {
        None => name.push_str(NULL),
        Some(NULL) => return Err("is the text that stands for null"),
        Some("") => return Err("is the empty text, which Spark reads as null"),
        Some(value) => name.push_str(&escaped(value)?),
    }
    if name.len() > NAME_MAX {
        return Err("is too long for the name of a folder, which has 255 bytes");
    }
    Ok(name)
}

/// The name of the folder of the run with this number.
pub fn run_folder(number: usize) -> String {
    format!("{RUN}={number:05}")
}

/// The number of the run whose folder has this name.
pub fn run_number(name: &str) -> Option<usize> {
    let digits = name.strip_prefix(RUN)?.strip_prefix('=')?;
    let plain = digits.len() >= 5 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// The column that a folder's name gives a value to; `None` if the name is of another form.
pub fn partition_column(name: &str) -> Option<String> {
    decode(name.split_once('=')?.0).filter(|column| !column.is_empty())
}

/// A text in the name of a folder. Letters beyond ASCII stay as they are: Spark reads `%XX` as one
/// character, not as one byte of UTF-8.
fn escaped(text: &str) -> Result<String, &'static str> {
    if !text.chars().all(|c| c == '\\' || visible(c)) {
        return Err("holds a character that cannot be shown");
    }
    let mut name = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '#' | '%' | '\'' | '*' | '/' | ':' | '=' | '?' | '\\' | '{' | '[' | ']' | '^' => {
                let _ = write!(name, "%{:02X}", u32::from(c));
            }
            _ => name.push(c),
        }
    }
    Ok(name)
}

/// Whether a character can be shown and typed in a name: no control character, no backslash, none
/// that reorders text on a terminal.
pub(crate) fn visible(c: char) -> bool {
    !(c.is_control()
        || c == '\\'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
}

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

    #[test]
    fn names_are_written_as_spark_writes_them() {
        // By `ExternalCatalogUtils.getPartitionPathString` of Spark 3.5.
        for (value, name) in [
            ("2026-11-22", "d=2026-11-22"),
            ("a b", "d=a b"),
            ("10:30", "d=10%3A30"),
            ("a/b=c%", "d=a%2Fb%3Dc%25"),
            ("\"#'*?\\{[]^", "d=%22%23%27%2A%3F%5C%7B%5B%5D%5E"),
            ("}<>|~", "d=}<>|~"),
            ("M\u{fc}nchen", "d=M\u{fc}nchen"),
        ] {
            assert_eq!(partition_folder("d", Some(value)).as_deref(), Ok(name));
            let read = super::value(name, "d");
            assert_eq!(read, Some(Some(value.to_owned())), "{value}");
        }
        let null = partition_folder("d", None).unwrap();
        assert_eq!(null, "d=__HIVE_DEFAULT_PARTITION__");
        assert_eq!(partition_folder("a=b", Some("1")).as_deref(), Ok("a%3Db=1"));
        assert_eq!(partition_column("a%3Db=1").as_deref(), Some("a=b"));
        assert_eq!(
            (partition_column("=1"), partition_column("a")),
            (None, None)
        );
    }

    #[test]
    fn what_has_no_name_is_refused() {
        let long = "x".repeat(254);
        for value in ["", NULL, "a\nb", "a\u{7f}b", "a\u{202e}b", "\0", &*long] {
            assert!(partition_folder("d", Some(value)).is_err(), "{value:?}");
        }
        assert!(partition_folder("d", Some(&long[..253])).is_ok());
        // Escaped it is longer than it looks.
        assert!(partition_folder("d", Some(&"/".repeat(85))).is_err());
    }

    #[test]
    fn any_value_that_has_a_name_reads_back() {
        let mut random = crate::testing::Random::new(7);
        let mut named = 0;
        for _ in 0..20_000 {
            let length = random.below(12) as usize;
            let value: String = (0..length)
                .filter_map(|_| match random.below(3) {
                    0 => char::from_u32(random.below(0x30_00) as u32),
                    _ => char::from_u32(0x20 + random.below(0x60) as u32),
                })
                .collect();
            let Ok(name) = partition_folder("d", Some(&value)) else {
                continue;
            };
            named += 1;
            assert!(name.chars().all(visible) && !name.contains('/'), "{name}");
            assert_eq!(super::value(&name, "d"), Some(Some(value)));
        }
        assert!(named > 5_000, "{named}");
    }

    #[test]
    fn folders_of_runs_have_their_number() {
        assert_eq!(run_folder(7), "sealine_run=00007");
        assert_eq!(run_number(&run_folder(123_456)), Some(123_456));
        for name in [
            "sealine_run=7",
            "sealine_run=0000a",
            "run=00007",
            "sealine_run=+0007",
        ] {
            assert_eq!(run_number(name), None, "{name}");
        }
    }
}
