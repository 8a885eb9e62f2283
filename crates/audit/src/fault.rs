//! What a verification found, and what it could not rule out.
//!
//! INVARIANT: a fault names the file, and the entry where there is one. Must
//! never repeat the contents of either.

use std::fmt;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::note::Checkpoint;

/// Something that is not as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of fault.
    pub kind: FaultKind,
    /// The file: relative to the state folder, or as the receipt names it.
    pub file: String,
    /// The log entry concerned, counted from 0.
    pub entry: Option<u64>,
    /// What is wrong, in one sentence.
    pub message: String,
}

/// The kinds of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The checkpoint is malformed, or the log's key has not signed it.
    Checkpoint,
    /// An entry is not the one that was logged.
    Entry,
    /// A tile holds other hashes than the tree.
    Tile,
    /// A file that must be there is missing.
    Missing,
    /// A file is there that nothing accounts for.
    Extra,
    /// A receipt is not the one that was logged, or not signed by the log's key.
    Receipt,
    /// A published file is not the one that the receipt describes.
    Output,
    /// The log is shorter than it was.
    Rollback,
    /// The log tells another history than it did.
    Fork,
    /// The key beside the log is not the one that verifies it.
    Key,
    /// A file cannot be read, is no regular file, or is larger than it may be.
    Unreadable,
    /// The record of an interrupted append is not one that this log made.
    Staged,
    /// There is no log.
    NoLog,
    /// The recorded labels are not those that the newest receipt names.
    Labels,
}

impl FaultKind {
    /// Every kind, for tests and for generated documentation.
    pub const ALL: [Self; 14] = [
        Self::Checkpoint,
        Self::Entry,
        Self::Tile,
        Self::Missing,
        Self::Extra,
        Self::Receipt,
        Self::Output,
        Self::Rollback,
        Self::Fork,
        Self::Key,
        Self::Unreadable,
        Self::Staged,
        Self::NoLog,
        Self::Labels,
    ];

    /// The stable code, for `sealine explain`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Checkpoint => "SL7101",
            Self::Entry => "SL7102",
            Self::Tile => "SL7103",
            Self::Missing => "SL7104",
            Self::Extra => "SL7105",
            Self::Receipt => "SL7106",
            Self::Output => "SL7107",
            Self::Rollback => "SL7108",
            Self::Fork => "SL7109",
            Self::Key => "SL7110",
            Self::Unreadable => "SL7111",
            Self::Staged => "SL7112",
            Self::NoLog => "SL7113",
            Self::Labels => "SL7114",
        }
    }
}

impl Fault {
    pub(crate) fn new(
        kind: FaultKind,
        file: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            file: file.into(),
            entry: None,
            message: message.into(),
        }
    }

    pub(crate) fn at(mut self, entry: u64) -> Self {
        self.entry = Some(entry);
        self
    }

    /// The stable code, for `sealine explain`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }
}

impl Serialize for Fault {
    /// With the code, which readers of the JSON look up.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fault = serializer.serialize_struct("Fault", 5)?;
        fault.serialize_field("code", self.code())?;
        fault.serialize_field("kind", &self.kind)?;
        fault.serialize_field("file", &self.file)?;
        fault.serialize_field("entry", &self.entry)?;
        fault.serialize_field("message", &self.message)?;
        fault.end()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry {
            Some(entry) => write!(out, "entry {entry}, `{}`: {}", self.file, self.message),
            None => write!(out, "`{}`: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for Fault {}

/// What was verified, and what this verification could not rule out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The head of the log; worth remembering somewhere else.
    pub checkpoint: Checkpoint,
    /// Whether the key was handed in, and not taken from beside the log.
    pub pinned_key: bool,
    /// The size of the remembered checkpoint that the log was found to continue.
    pub continues: Option<u64>,
    /// Receipts that were checked.
    pub receipts: u64,
    /// Published files that were checked.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What an interrupted append or a stopped run left behind: harmless.
    pub notes: Vec<String>,
    /// What cannot be ruled out with what was at hand, one sentence each.
    pub not_ruled_out: Vec<String>,
}

impl Verified {
    /// How many log entries were checked.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.checkpoint.size()
    }
}
