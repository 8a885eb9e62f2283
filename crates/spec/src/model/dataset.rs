//! A dataset of the catalogue: where it lives, what its rows look like, who may see it written.
//!
//! A source and a destination are the same kind of thing seen from two sides.

use sealine_label::Level;

use super::{Column, Expectation, Freshness, RowCount};
use crate::source::{Span, Spanned};
use crate::sql::SqlText;

/// A dataset of the catalogue.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Its id: `name` or `schema.name`.
    pub id: String,
    /// Where it lives; `None` for a view only.
    pub at: Option<Location>,
    /// Columns that name a row; their level is the level of which rows exist.
    pub primary_key: Vec<String>,
    /// The column that names whom a row is about.
    pub subject: Option<String>,
    /// The columns, in the order of the file; empty where `declares_columns` is false.
    pub columns: Vec<Column>,
    /// Whether `columns:` was written.
    pub declares_columns: bool,
    /// The dataset that takes rows which break a rule.
    pub rejects: Option<Spanned<String>>,
    /// How many rejected rows a run accepts before it stops.
    pub max_rejects: Option<Limit>,
    /// How many rows a run must find in it, or write to it.
    pub rows: Option<RowCount>,
    /// How old its newest row may be when a run reads it.
    pub freshness: Option<Freshness>,
    /// What holds across the columns of each row that is read from it.
    pub expect: Vec<Expectation>,
    /// What may be written here; the lowest level if absent.
    pub clearance: Level,
    /// Whether `clearance:` was written.
    pub clearance_declared: bool,
    /// Encryption at rest.
    pub encrypt: Option<Encrypt>,
    /// What is done to columns on their way in, whatever the pipeline: the column, and the
    /// expression that takes its place.
    pub protect: Vec<(Spanned<String>, SqlText)>,
    /// Columns whose values stand in the names of folders, `column=value`, outermost first.
    pub partition_by: Vec<String>,
    /// How well people have to hide among each other in what is written here.
    pub anonymity: Option<Anonymity>,
    /// The query of an owner's view.
    pub view: Option<SqlText>,
    /// Where it was written: its id.
    pub span: Span,
}

impl Dataset {
    /// The column with this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Where a dataset lives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    /// Name of the connection.
    pub connection: String,
    /// Path inside the root of the connection: relative, `/` between parts, without `.` and `..`
    /// parts. A `/` at the end, which says that it is a folder, is kept. Of what is only read it
    /// may be a pattern, with `*`, `?`, `[a-z]` and `**`.
    pub path: String,
    /// How the rows are stored.
    pub format: Format,
    /// How every file is compressed; `None` where its name tells (`.gz`, `.zst`). Text formats only.
    pub compression: Option<Compression>,
    /// Where it was written.
    pub span: Span,
}

/// How rows are stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Format {
    /// Comma-separated values.
    Csv(CsvOptions),
    /// JSON Lines: one object a line.
    Jsonl,
    /// Arrow IPC, the file format or the stream format.
    Arrow,
    /// Parquet.
    Parquet,
}

impl Format {
    /// As written in the catalogue.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Format::Csv(_) => "csv",
            Format::Jsonl => "jsonl",
            Format::Arrow => "arrow",
            Format::Parquet => "parquet",
        }
    }
}

/// Whether a path is a pattern that names files by their likeness.
pub(crate) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// How a text file is compressed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Compression {
    /// Not at all, whatever its name says.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Compression {
    /// All of them.
    pub const ALL: [Compression; 3] = [Compression::None, Compression::Gzip, Compression::Zstd];

    /// As written in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }
}

/// What is done to texts of a CSV file that a spreadsheet would run as formulas.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Formulas {
    /// They stand as they are.
    Kept,
    /// They begin with a `'` that is not theirs; reading takes it off again.
    Neutralized,
}

impl Formulas {
    /// All of them.
    pub const ALL: [Formulas; 2] = [Formulas::Kept, Formulas::Neutralized];

    /// As written in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Formulas::Kept => "kept",
            Formulas::Neutralized => "neutralized",
        }
    }
}

/// How a CSV file is read.
///
/// An unquoted field whose text is in `null` is null, for every type. A quoted field is never
/// null: `""` is an empty string value. `null` is `[""]` where the file does not say, so that an
/// empty field is null; `null: [NA]` makes an empty field an empty text again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CsvOptions {
    /// The byte between fields; `,` if absent.
    pub delimiter: u8,
    /// Whether the first record names the columns; `true` if absent.
    pub header: bool,
    /// Unquoted texts that are read as null; `[""]` if absent.
    pub null: Vec<String>,
    /// What was done to formulas; `None` where it is not said. Of what a run writes it is always
    /// `Neutralized`, elsewhere `None` means `Kept`.
    pub formulas: Option<Formulas>,
}

impl Default for CsvOptions {
    fn default() -> CsvOptions {
        CsvOptions {
            delimiter: b',',
            header: true,
            null: vec![String::new()],
            formulas: None,
        }
    }
}

/// How many rejected rows a run accepts.
#[derive(Copy, Clone, PartialEq, Debug)]
pub enum Limit {
    /// At most this many rows.
    Rows(u64),
    /// At most this share of the rows read, 0 to 100.
    Percent(f64),
}

/// Encryption at rest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Encrypt {
    /// Name of a key with the purpose `file`: of the footer and of every column without its own.
    pub key: Spanned<String>,
    /// Columns with a key of their own, and its name.
    pub columns: Vec<(Spanned<String>, Spanned<String>)>,
    /// Whether the files are bound to this dataset and their names, as those are that Sealine
    /// writes. `false` for files that another tool wrote, which can only be read.
    pub bound: bool,
}

impl Encrypt {
    /// The names of all its keys, the footer's first; some perhaps twice.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let columns = self.columns.iter().map(|(_, key)| key.value.as_str());
        std::iter::once(self.key.value.as_str()).chain(columns)
    }
}

/// The anonymity that a run must find before it publishes; what is absent is not asked for.
///
/// `quasi` and `sensitive` name columns of what is written. Where they are empty, the columns are those that the
/// catalogue declares so: of the dataset itself, or of the sources that its columns come from.
#[derive(Clone, PartialEq, Debug)]
pub struct Anonymity {
    /// At least so many share each combination of quasi-identifiers; from 2 on.
    pub k: Option<u64>,
    /// At least so diverse is each sensitive column in each of these classes; from 1 on.
    pub l: Option<f64>,
    /// How diversity is counted.
    pub l_kind: Diversity,
    /// At most so far is each class's distribution from that of all rows; 0 to 1.
    pub t: Option<f64>,
    /// The quasi-identifiers, where named here.
    pub quasi: Vec<Spanned<String>>,
    /// The sensitive columns, where named here.
    pub sensitive: Vec<Spanned<String>>,
    /// Where it was written.
    pub span: Span,
}

/// How diversity is counted.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Diversity {
    /// Different values.
    #[default]
    Distinct,
    /// `exp` of the entropy.
    Entropy,
}

impl Diversity {
    /// Every kind.
    pub const ALL: [Diversity; 2] = [Diversity::Distinct, Diversity::Entropy];

    /// As written in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Diversity::Distinct => "distinct",
            Diversity::Entropy => "entropy",
        }
    }
}
