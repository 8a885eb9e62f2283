//! What can go wrong at the edge of the system, and what to do about it.
//!
//! INVARIANT: a message names files, columns and positions, never a value; the text of a foreign
//! decoder's error is dropped, since it may quote the data.

use std::path::Path;

use sealine_keys::KeyError;

/// Why a dataset could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The operating system refused.
    #[error("cannot {action} `{path}`; check that it exists, its permissions and the free space")]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// No such file.
    #[error("`{path}` does not exist; check `path:` in the catalog and `root:` of its connection")]
    NotFound {
        /// The path.
        path: String,
    },
    /// A folder, link, pipe or device where a file was expected.
    #[error("`{path}` is not a regular file; give the path of a file or of a folder of files")]
    NotRegular {
        /// The path.
        path: String,
    },
    /// The path leads out of the connection's root.
    #[error(
        "`{path}` leads outside the root of its connection; move the data inside or declare another connection"
    )]
    Outside {
        /// The path.
        path: String,
    },
    /// A name with bytes that cannot be shown.
    #[error("`{path}` has a name that is empty, not UTF-8 or holds control characters; rename it")]
    Name {
        /// The path, escaped.
        path: String,
    },
    /// A CSV file without a single line.
    #[error("`{path}` is empty; a CSV file has at least its header line")]
    Empty {
        /// The file.
        path: String,
    },
    /// Declared columns that the file does not have.
    #[error("`{path}` lacks {}; add it to the file or correct the catalog", listed(.columns))]
    MissingColumns {
        /// The file.
        path: String,
        /// Names from the catalog.
        columns: Vec<String>,
    },
    /// The file has a declared column twice.
    #[error("`{path}` has the column `{column}` more than once; keep one of them")]
    DuplicateColumn {
        /// The file.
        path: String,
        /// Name from the catalog.
        column: String,
    },
    /// The first line is no header.
    #[error("the header of `{path}` cannot be used: {reason}")]
    Header {
        /// The file.
        path: String,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// Options that do not fit together.
    #[error("the CSV options cannot be used: {reason}")]
    Options {
        /// Why, and what to do.
        reason: &'static str,
    },
    /// Too many quotes that are never closed.
    #[error(
        "`{path}` has more than {limit} quotes that are opened and never closed, the last on line {line}; check `delimiter:` and the quoting of the file"
    )]
    Quoting {
        /// The file.
        path: String,
        /// The physical line.
        line: u64,
        /// How many are put up with.
        limit: u32,
    },
    /// A file that its decoder cannot read.
    #[error(
        "`{path}` cannot be read: its {part} is damaged, cut short or of another format; write it again"
    )]
    Decode {
        /// The file.
        path: String,
        /// Which part.
        part: &'static str,
    },
    /// More than the reader is willing to hold.
    #[error("`{path}` exceeds the bound on {what} ({limit}); write it in smaller parts")]
    Bound {
        /// The file.
        path: String,
        /// Of what there is too much.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
    /// Something of the format that is not implemented.
    #[error("`{path}` uses {what}, which is not supported; write it without")]
    Unsupported {
        /// The file, or the thing.
        path: String,
        /// What it uses.
        what: &'static str,
    },
    /// A column whose type cannot be read.
    #[error(
        "the column `{column}` of `{path}` has a nested type, which is not supported; write it as a plain column"
    )]
    Nested {
        /// The file.
        path: String,
        /// Name from the catalog.
        column: String,
    },
    /// An encrypted file where no key was given.
    #[error("`{path}` is encrypted; declare `encrypt:` with its key for this dataset")]
    Encrypted {
        /// The file.
        path: String,
    },
    /// A plain file where an encrypted one was declared.
    #[error(
        "`{path}` is not encrypted but its dataset declares `encrypt:`; someone may have replaced it: restore it or run the pipeline that writes it"
    )]
    Plaintext {
        /// The file.
        path: String,
    },
    /// The file's key could not be had.
    #[error("cannot open the key of `{path}`: {source} ({})", .source.code())]
    Key {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: Box<KeyError>,
    },
    /// A column whose key could not be had.
    #[error(
        "the column `{column}` of `{path}` is sealed under the key `{key}`, which cannot be used here; ask for that key or leave the column out"
    )]
    ColumnKey {
        /// The file.
        path: String,
        /// The column.
        column: String,
        /// The name of its key.
        key: String,
        /// Why.
        #[source]
        source: Box<KeyError>,
    },
    /// A key that nothing can be sealed under.
    #[error("nothing can be sealed under the key `{key}`: {source} ({})", .source.code())]
    FileKey {
        /// Its name.
        key: String,
        /// Why.
        #[source]
        source: Box<KeyError>,
    },
    /// A key for a column that the file does not have, or has twice.
    #[error(
        "the output does not have the column `{column}` once, and columns have keys by name; correct `encrypt:` or the step's SQL"
    )]
    SealedColumn {
        /// The column.
        column: String,
    },
    /// A file without key material of a key that it may be sealed under.
    #[error(
        "`{path}` is encrypted by something else: it names no key that this dataset declares; read it with its own tool, or declare the key"
    )]
    ForeignKey {
        /// The file.
        path: String,
    },
    /// It does not open with its key.
    #[error(
        "`{path}` does not open with its key: it was changed, damaged, renamed or moved from another dataset; restore it"
    )]
    Tampered {
        /// The file.
        path: String,
    },
    /// Writing failed.
    #[error("cannot write `{path}`: {reason}")]
    Write {
        /// The file.
        path: String,
        /// Why.
        reason: &'static str,
    },
    /// What was written is not sealed.
    #[error("`{path}` must not be published: {reason}")]
    Exposed {
        /// The file.
        path: String,
        /// What was found.
        reason: &'static str,
    },
    /// A column that cannot be rebuilt without its history.
    #[error(
        "the column `{column}` has a type that cannot be exported; cast it to a plain type in the step's SQL"
    )]
    Export {
        /// The column.
        column: String,
    },
    /// No randomness.
    #[error("the system gives no random numbers; nothing can be encrypted without them")]
    Random,
    /// A pattern that cannot be one.
    #[error(
        "the path `{path}` is not a usable pattern; `*`, `?`, `[a-z]` and `**` as a whole part may be used, and `[[]` for a bracket"
    )]
    Pattern {
        /// The path.
        path: String,
    },
    /// A folder among partitions that is none.
    #[error(
        "`{path}` is not a partition `{column}=VALUE`; move it away or correct `partition_by:` in the catalog"
    )]
    Partition {
        /// What lies where a partition should.
        path: String,
        /// Name from the catalog.
        column: String,
    },
    /// Not the file that was located.
    #[error("`{path}` was changed or replaced while it was read; run again when nothing writes it")]
    Changed {
        /// The file.
        path: String,
    },
    /// Temporary files reached their bound.
    #[error(
        "what does not fit into memory fills the {limit_mib} MiB that temporary files may take; raise `limits: {{ spill: … }}` in `sealine.yaml`, or filter earlier"
    )]
    SpillFull {
        /// The bound, in MiB.
        limit_mib: u64,
    },
    /// The operating system refused a temporary file.
    #[error(
        "cannot {action} a temporary file in `{path}`: {source}; make room there, then run again"
    )]
    Spill {
        /// What was being done.
        action: &'static str,
        /// The folder.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A temporary file is not what was written.
    #[error(
        "a temporary file in `{path}` was changed, cut short or not written whole; check the disk and who else writes there, then run again"
    )]
    SpillDamaged {
        /// The folder.
        path: String,
    },
}

impl ConnectError {
    /// The stable code that `sealine explain` expands.
    pub fn code(&self) -> &'static str {
        match self {
            ConnectError::Io { .. } => "SL9001",
            ConnectError::NotFound { .. } => "SL9002",
            ConnectError::NotRegular { .. } => "SL9003",
            ConnectError::Outside { .. } => "SL9004",
            ConnectError::Name { .. } => "SL9005",
            ConnectError::Empty { .. } => "SL9006",
            ConnectError::MissingColumns { .. } => "SL9007",
            ConnectError::DuplicateColumn { .. } => "SL9008",
            ConnectError::Header { .. } => "SL9009",
            ConnectError::Options { .. } => "SL9010",
            ConnectError::Quoting { .. } => "SL9011",
            ConnectError::Decode { .. } => "SL9012",
            ConnectError::Bound { .. } => "SL9013",
            ConnectError::Unsupported { .. } => "SL9014",
            ConnectError::Nested { .. } => "SL9015",
            ConnectError::Encrypted { .. } => "SL9016",
            ConnectError::Plaintext { .. } => "SL9017",
            ConnectError::Key { .. } => "SL9018",
            ConnectError::ForeignKey { .. } => "SL9019",
            ConnectError::Tampered { .. } => "SL9020",
            ConnectError::Write { .. } => "SL9021",
            ConnectError::Exposed { .. } => "SL9022",
            ConnectError::Export { .. } => "SL9023",
            ConnectError::Random => "SL9024",
            ConnectError::Changed { .. } => "SL9040",
            ConnectError::Pattern { .. } => "SL9041",
            ConnectError::Partition { .. } => "SL9042",
            ConnectError::ColumnKey { .. } => "SL9060",
            ConnectError::FileKey { .. } => "SL9061",
            ConnectError::SealedColumn { .. } => "SL9062",
            ConnectError::SpillFull { .. } => "SL9450",
            ConnectError::Spill { .. } => "SL9451",
            ConnectError::SpillDamaged { .. } => "SL9452",
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> ConnectError {
        let path = path.display().to_string();
        if source.kind() == std::io::ErrorKind::NotFound {
            ConnectError::NotFound { path }
        } else {
            ConnectError::Io {
                action,
                path,
                source,
            }
        }
    }

    pub(crate) fn not_regular(path: &Path) -> ConnectError {
        ConnectError::NotRegular {
            path: path.display().to_string(),
        }
    }
}

fn listed(columns: &[String]) -> String {
    let shown: Vec<String> = columns.iter().take(10).map(|c| format!("`{c}`")).collect();
    let noun = if columns.len() == 1 {
        "the declared column"
    } else {
        "the declared columns"
    };
    let more = columns.len().saturating_sub(shown.len());
    if more == 0 {
        format!("{noun} {}", shown.join(", "))
    } else {
        format!("{noun} {} and {more} more", shown.join(", "))
    }
}
