//! The beginning of a data file: bounded in bytes and rows, of CSV the delimiter and header guessed.
//!
//! This only looks; the run reads the whole file through `connect`, which has the last word.

use super::form::Form;
use super::typed;
use crate::failure::Failure;
use crate::printable::printable;
use sealine_connect::Format;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// At most this much is looked at.
pub(super) const BYTES: usize = 8 << 20;
pub(super) const ROWS: usize = 20_000;
pub(super) const COLUMNS: usize = 1_000;
const NAME: usize = 128;
/// What tells the format.
const HEAD: u64 = 4 << 10;

/// What was seen.
pub(in crate::verbs) struct Sample {
    /// Names of the columns, from the header or `column_1` and so on.
    pub(in crate::verbs) names: Vec<String>,
    /// The types that the file itself gives them; none of a text.
    pub(in crate::verbs) types: Vec<Option<String>>,
    /// Columns of the file that cannot be read: lists, structures and the like.
    pub(in crate::verbs) unread: Vec<String>,
    /// Values column by column; an empty text is no value.
    pub(in crate::verbs) columns: Vec<Vec<String>>,
    /// Rows looked at.
    pub(in crate::verbs) rows: usize,
    /// Whether the file ended within the sample.
    pub(in crate::verbs) whole: bool,
    /// How the file is written.
    pub(in crate::verbs) form: Form,
}

/// Reads the beginning of a file.
pub(in crate::verbs) fn open(path: &Path) -> Result<Sample, Failure> {
    let shown = path.display().to_string();
    let lost = |source| Failure::File {
        action: "read",
        path: shown.clone(),
        source,
    };
    // Looked at before it is opened: opening a pipe would wait for a writer.
    let metadata = std::fs::metadata(path).map_err(lost)?;
    if !metadata.is_file() {
        return Err(unusable(
            &shown,
            "it is not a regular file; give one file of data",
        ));
    }
    let mut head = Vec::new();
    let file = File::open(path).map_err(lost)?;
    file.take(HEAD).read_to_end(&mut head).map_err(lost)?;
    let form = Form::of(path, &head)?;
    // The readers follow no links.
    let real = path.canonicalize().map_err(lost)?;
    if form.format != Format::Csv {
        return typed::open(&real, form, &shown);
    }
    let (bytes, cut) =
        sealine_connect::beginning(&real, form.compression, BYTES).map_err(typed::failed)?;
    let sample = read(&bytes, cut, &shown)?;
    let form = Form {
        delimiter: sample.form.delimiter,
        header: sample.form.header,
        ..form
    };
    Ok(Sample { form, ..sample })
}

/// Reads the text of CSV; `cut` where it is only the beginning of one.
pub(in crate::verbs) fn read(bytes: &[u8], cut: bool, shown: &str) -> Result<Sample, Failure> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // A cut may have split a character.
        Err(error) if cut && error.valid_up_to() + 4 > bytes.len() => bytes
            .get(..error.valid_up_to())
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default(),
        Err(error) => {
            let line = bytes
                .iter()
                .take(error.valid_up_to())
                .filter(|byte| **byte == b'\n')
                .count()
                + 1;
            return Err(unusable(
                shown,
                &format!("line {line} is not UTF-8; convert it first, for example with `iconv`"),
            ));
        }
    };
    if text.contains('\0') {
        return Err(unusable(
            shown,
            "it holds NUL bytes, so it is not text; give one file of text",
        ));
    }
    let delimiter = delimiter(text);
    let (mut records, ended) = records(text, delimiter, ROWS + 1);
    if (cut || !ended) && records.len() == 1 {
        let within = match cut {
            true => format!(" within the first {} MiB", BYTES >> 20),
            false => String::new(),
        };
        return Err(unusable(
            shown,
            &format!("its first row does not end{within}; is a quote left open?"),
        ));
    }
    if (cut || !ended) && records.len() > 1 {
        // The last record may be half of one.
        records.pop();
    }
    let whole = !cut && ended;
    let first = records.first().cloned().unwrap_or_default();
    if first.iter().all(|name| name.trim().is_empty()) {
        return Err(unusable(
            shown,
            "it has no header and no row; give a file with at least one row",
        ));
    }
    if first.len() > COLUMNS {
        return Err(unusable(
            shown,
            &format!(
                "it has {} columns; at most {COLUMNS} are proposed for",
                first.len()
            ),
        ));
    }
    let header = is_header(&first, &records);
    let names = match header {
        true => first.iter().map(|name| name.trim().to_owned()).collect(),
        false => (1..=first.len())
            .map(|number| format!("column_{number}"))
            .collect::<Vec<_>>(),
    };
    check_names(&names, shown)?;
    let rows: Vec<Vec<String>> = records.into_iter().skip(usize::from(header)).collect();
    if rows.is_empty() {
        return Err(unusable(
            shown,
            "it has a header and no row; give a file with at least one row",
        ));
    }
    let mut columns = vec![Vec::with_capacity(rows.len()); names.len()];
    let count = rows.len();
    for row in rows {
        // Ragged rows are for the quarantine; they teach nothing here.
        if row.len() == columns.len() {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
    }
    Ok(Sample {
        types: vec![None; names.len()],
        unread: Vec::new(),
        names,
        columns,
        rows: count,
        whole,
        form: Form {
            delimiter,
            header,
            ..Form::default()
        },
    })
}

pub(super) fn unusable(path: &str, reason: &str) -> Failure {
    Failure::Unusable {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

pub(super) fn check_names(names: &[String], shown: &str) -> Result<(), Failure> {
    for (place, name) in names.iter().enumerate() {
        let number = place + 1;
        if name.is_empty() || name.chars().count() > NAME || printable(name) != *name {
            let reason = format!(
                "the name of column {number} is empty, longer than {NAME} characters or has characters that are not seen; mend it"
            );
            return Err(unusable(shown, &reason));
        }
        if names.iter().take(place).any(|other| other == name) {
            return Err(unusable(
                shown,
                &format!("two columns are named `{name}`; rename one of them in the header"),
            ));
        }
    }
    Ok(())
}

/// The delimiter that splits the first records into the same, largest number of fields.
fn delimiter(text: &str) -> u8 {
    let mut best = (b',', 1.0);
    for candidate in [b',', b';', b'\t', b'|'] {
        let (records, _) = records(text, candidate, 50);
        let Some(first) = records.first().map(Vec::len).filter(|fields| *fields > 1) else {
            continue;
        };
        let same = records
            .iter()
            .filter(|record| record.len() == first)
            .count();
        let share = same as f64 / records.len() as f64;
        let score = share * share * first as f64;
        if score > best.1 {
            best = (candidate, score);
        }
    }
    best.0
}

/// A first line names columns where no field looks like data and some other row looks different.
fn is_header(first: &[String], records: &[Vec<String>]) -> bool {
    let datum = |field: &str| {
        let field = field.trim();
        field.parse::<f64>().is_ok() || field.contains('@') || super::infer::is_date(field)
    };
    if first
        .iter()
        .any(|field| field.trim().is_empty() || datum(field))
    {
        return false;
    }
    // All text: a first line that also occurs below as data would be odd.
    !records
        .iter()
        .skip(1)
        .take(1_000)
        .any(|record| record.iter().eq(first.iter()))
}

/// Records after RFC 4180, blank lines left out; whether the text ended at a record's end.
fn records(text: &str, delimiter: u8, most: usize) -> (Vec<Vec<String>>, bool) {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' | '\r' if !quoted => {
                record.push(std::mem::take(&mut field));
                let full = std::mem::take(&mut record);
                if full.len() > 1 || full.first().is_some_and(|only: &String| !only.is_empty()) {
                    records.push(full);
                }
                if records.len() >= most {
                    return (records, letters.peek().is_none());
                }
            }
            letter if !quoted && letter == char::from(delimiter) => {
                record.push(std::mem::take(&mut field))
            }
            letter => field.push(letter),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        records.push(record);
    }
    (records, !quoted)
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

    fn sample(text: &str) -> Sample {
        read(text.as_bytes(), false, "x.csv").unwrap()
    }

    fn reason(bytes: &[u8]) -> String {
        read(bytes, false, "x.csv").err().unwrap().to_string()
    }

    #[test]
    fn delimiters_and_quotes_are_found() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2\n", b';'),
            ("a\tb\n1\t2\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            ("a\n1\n", b','),
        ] {
            assert_eq!(sample(text).form.delimiter, delimiter, "{text}");
        }
        let sample = sample("id,text\r\n1,\"a, \"\"b\"\"\nc\"\r\n\r\n2,\r\n");
        assert_eq!(sample.names, ["id", "text"]);
        assert_eq!(sample.columns[1], ["a, \"b\"\nc", ""]);
        assert_eq!(sample.rows, 2);
    }

    #[test]
    fn a_first_row_of_data_is_no_header() {
        assert!(
            !sample("1,ada@mail.example\n2,bob@mail.example\n")
                .form
                .header
        );
        assert_eq!(sample("1,x\n2,y\n").names, ["column_1", "column_2"]);
        assert!(sample("name,city\nada,rome\n").form.header);
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        assert!(reason(b"").contains("no row"));
        assert!(reason(b"a,b\n").contains("no row"));
        assert!(reason(b"a,a\n1,2\n").contains("two columns are named `a`"));
        assert!(reason(b"a,b\n1,\xff\n").contains("line 2 is not UTF-8"));
        assert!(reason(b"a,b\n1,\0\n").contains("NUL"));
        assert!(reason(b"a,\"b\n1,2\n").contains("first row does not end; is a quote left open"));
        let cut = read(b"a,\"b\n1,2\n", true, "x.csv")
            .err()
            .unwrap()
            .to_string();
        assert!(cut.contains("does not end within the first 8 MiB"), "{cut}");
    }

    #[test]
    fn a_cut_sample_drops_its_last_record_and_half_a_character() {
        let text = "id,name\n1,Zo\u{e9}\n2,J\u{fc}";
        let cut = &text.as_bytes()[..text.len() - 1];
        let sample = read(cut, true, "x.csv").unwrap();
        assert_eq!(sample.columns[1], ["Zo\u{e9}"]);
        assert!(!sample.whole);
    }
}
