//! The first record: which field of the file holds which declared column.
//!
//! INVARIANT: nothing from the file is shown; the header of a file that has none is row data.

use std::collections::HashMap;
use std::path::Path;

use super::formula::restored;
use super::options::CsvOptions;
use super::split::{Found, Splitter};
use crate::input::Window;
use crate::rule::COLUMNS_MAX;
use crate::{ConnectError, Warning};

/// Where the columns asked for lie in each record.
pub(super) struct Layout {
    /// How many fields a record has.
    pub(super) width: usize,
    /// For each column asked for, its field.
    pub(super) fields: Vec<usize>,
    /// How many physical lines the header took, blank lines before it included.
    pub(super) lines: u64,
    pub(super) warning: Option<Warning>,
}

/// How many positions of undeclared columns a warning lists.
const SHOWN: usize = 20;
/// The longest header, in bytes.
const HEADER_MAX: usize = 4 << 20;

/// Reads the header from the start of `window` and consumes it.
pub(super) fn read(
    window: &mut Window,
    path: &Path,
    options: &CsvOptions,
    columns: &[String],
) -> Result<Layout, ConnectError> {
    let refuse = |reason| ConnectError::Header {
        path: path.display().to_string(),
        reason,
    };
    let mut splitter = Splitter::new(options.delimiter, COLUMNS_MAX + 1, false);
    let mut lines = 0;
    loop {
        match splitter.find(window.bytes(), window.start, window.last) {
            Found::End => {
                return Err(ConnectError::Empty {
                    path: path.display().to_string(),
                });
            }
            Found::Blank { next } => {
                lines += 1;
                window.start = next;
            }
            Found::Partial { .. } if window.pending() > HEADER_MAX => {
                return Err(refuse("it is longer than 4 MiB; is the delimiter right?"));
            }
            Found::Partial { .. } if window.last => {
                return Err(refuse("it has a quote that is never closed; close it"));
            }
            Found::Partial { .. } => window.more()?,
            Found::Record { stray: true, .. } => {
                return Err(refuse(
                    "it has text after a closing quote; quote the whole name",
                ));
            }
            Found::Record { fields, .. } if fields > COLUMNS_MAX => {
                return Err(refuse(
                    "it has more than 10,000 columns; is the delimiter right?",
                ));
            }
            Found::Record {
                end,
                next,
                fields: width,
                ..
            } => {
                let record = window.bytes().get(window.start..end).unwrap_or_default();
                lines += lines_in(record);
                if record.contains(&0) || std::str::from_utf8(record).is_err() {
                    return Err(refuse("it is not UTF-8 text; save the file as UTF-8"));
                }
                let names: Vec<String> = splitter
                    .fields
                    .iter()
                    .map(|field| {
                        let raw = window
                            .bytes()
                            .get(field.start..field.end)
                            .unwrap_or_default();
                        let raw = if options.neutralized {
                            restored(raw)
                        } else {
                            raw
                        };
                        let name = String::from_utf8_lossy(raw);
                        if field.doubled {
                            name.replace("\"\"", "\"")
                        } else {
                            name.into_owned()
                        }
                    })
                    .collect();
                window.start = next;
                return lay_out(path, columns, &names, width, lines);
            }
        }
    }
}

fn lay_out(
    path: &Path,
    columns: &[String],
    names: &[String],
    width: usize,
    lines: u64,
) -> Result<Layout, ConnectError> {
    let mut positions: HashMap<&str, (usize, bool)> = HashMap::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        positions
            .entry(name)
            .and_modify(|(_, twice)| *twice = true)
            .or_insert((index, false));
    }
    let mut fields = Vec::with_capacity(columns.len());
    let mut missing = Vec::new();
    for column in columns {
        match positions.get(column.as_str()) {
            Some((_, true)) => {
                return Err(ConnectError::DuplicateColumn {
                    path: path.display().to_string(),
                    column: column.clone(),
                });
            }
            Some((index, false)) => fields.push(*index),
            None => missing.push(column.clone()),
        }
    }
    if !missing.is_empty() {
        return Err(ConnectError::MissingColumns {
            path: path.display().to_string(),
            columns: missing,
        });
    }
    let mut declared = vec![false; width];
    for field in &fields {
        if let Some(mark) = declared.get_mut(*field) {
            *mark = true;
        }
    }
    let undeclared = || declared.iter().enumerate().filter(|(_, mark)| !**mark);
    let count = undeclared().count();
    let warning = (count > 0).then(|| Warning::Undeclared {
        count,
        positions: undeclared()
            .take(SHOWN)
            .map(|(index, _)| index + 1)
            .collect(),
    });
    Ok(Layout {
        width,
        fields,
        lines,
        warning,
    })
}

/// Physical lines that a record takes, its own end included.
pub(super) fn lines_in(record: &[u8]) -> u64 {
    1 + memchr::memchr_iter(b'\n', record).count() as u64
}
