//! How a CSV file is written.

use crate::ConnectError;

/// How a CSV file is written: the catalog's options, checked when the file is opened.
///
/// An unquoted field whose text is in `null` is null; a quoted field never is, so `""` is an
/// empty string. With the default `[""]` an empty field is null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvOptions {
    /// The byte between fields.
    pub delimiter: u8,
    /// Whether the first record names the columns. Without it, the columns of the file are those
    /// asked for, by position.
    pub header: bool,
    /// Unquoted texts that are read as null.
    pub null: Vec<String>,
    /// Whether cells that a spreadsheet would run begin with a `'` that is not theirs: it is
    /// taken off again.
    pub neutralized: bool,
}

impl Default for CsvOptions {
    fn default() -> CsvOptions {
        CsvOptions {
            delimiter: b',',
            header: true,
            null: vec![String::new()],
            neutralized: false,
        }
    }
}

impl CsvOptions {
    pub(super) fn check(&self) -> Result<(), ConnectError> {
        let usable =
            self.delimiter.is_ascii() && !matches!(self.delimiter, b'"' | b'\n' | b'\r' | 0);
        if usable {
            Ok(())
        } else {
            Err(ConnectError::Options {
                reason: "`delimiter:` must be one ASCII character other than a quote or a line end",
            })
        }
    }
}
