//! What can go wrong while writing or reading evidence.
//!
//! INVARIANT: every variant has a code that [`crate::CODES`] explains. Must
//! never carry a row value, a secret, or the text of an entry.

use std::io;

/// An error of the log, of a receipt or of a proof. Findings of a verification
/// are no errors: they are [`crate::Fault`]s.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file could not be read or written.
    #[error("cannot {step} `{path}`: {source}; see to the cause and try again")]
    Storage {
        /// What was being done.
        step: &'static str,
        /// The file, relative to the log's folder or as the caller named it.
        path: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// An append stopped where its entry may be durably staged, and could not be
    /// taken back: opening the log again settles it.
    #[error(
        "entry {index} may be staged but is not yet in the log: {source}; see to the cause and run again, which settles it"
    )]
    Unfinished {
        /// The index that the entry will have.
        index: u64,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// An earlier append of this opening failed.
    #[error("the log failed before and takes no more entries; open it again")]
    Broken,
    /// Someone else holds the log.
    #[error("the audit log is in use by another process; wait for it to end and try again")]
    Locked,
    /// There is no log to open.
    #[error(
        "there is no audit log; without one nothing runs: restore it, or begin a new project with `sealine init`"
    )]
    Missing,
    /// There is a log already.
    #[error("there is an audit log already; open that one")]
    Exists,
    /// The log is not what its checkpoint says.
    #[error("the audit log does not open: `{file}`: {reason}; run `sealine audit verify`")]
    Damaged {
        /// The file, relative to the log's folder.
        file: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The log belongs to another key or name.
    #[error(
        "the audit log is signed under another {what}; check that keys and log belong together"
    )]
    Foreign {
        /// `key` or `name`.
        what: &'static str,
    },
    /// An entry is longer than the format can hold.
    #[error("a log entry of {bytes} bytes is over the limit of 65535; shorten the names in it")]
    EntryTooLarge {
        /// Its size.
        bytes: usize,
    },
    /// No entry has this index.
    #[error("the log has no entry {index}: it has {size} entries, counted from 0")]
    NoEntry {
        /// The index asked for.
        index: u64,
        /// How many entries there are.
        size: u64,
    },
    /// A checkpoint's text or signature is not right.
    #[error("this is not a checkpoint of the log: {reason}; take it as `log/checkpoint` had it")]
    BadCheckpoint {
        /// What is wrong.
        reason: &'static str,
    },
    /// A public key's text is not right.
    #[error("this is not a verifier key: {reason}; take it as `log/key.pub` has it")]
    BadKey {
        /// What is wrong.
        reason: &'static str,
    },
    /// A log's name cannot be written into a checkpoint.
    #[error("the log's name must be 1 to 255 bytes without spaces and `+`; choose another")]
    BadOrigin,
    /// A receipt's text or signature is not right.
    #[error("this is not a receipt of the log: {reason}; run `sealine audit verify`")]
    BadReceipt {
        /// What is wrong.
        reason: &'static str,
    },
    /// An inclusion proof's text or hashes are not right.
    #[error("the proof does not hold: {reason}")]
    BadProof {
        /// What is wrong.
        reason: &'static str,
    },
    /// The signature primitive failed.
    #[error("cannot sign; nothing was logged, run the command again and report it if it stays")]
    Sign,
    /// Something could not be written as JSON.
    #[error("cannot write the {what} as JSON; this is a bug, please report it")]
    Encode {
        /// What it was.
        what: &'static str,
    },
}

impl AuditError {
    /// The stable code, for `sealine explain`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Storage { .. } => "SL7001",
            Self::Unfinished { .. } => "SL7002",
            Self::Broken => "SL7003",
            Self::Locked => "SL7004",
            Self::Missing => "SL7005",
            Self::Exists => "SL7006",
            Self::Damaged { .. } => "SL7007",
            Self::Foreign { .. } => "SL7008",
            Self::EntryTooLarge { .. } => "SL7009",
            Self::NoEntry { .. } => "SL7010",
            Self::BadCheckpoint { .. } => "SL7011",
            Self::BadKey { .. } => "SL7012",
            Self::BadOrigin => "SL7013",
            Self::BadReceipt { .. } => "SL7014",
            Self::BadProof { .. } => "SL7015",
            Self::Encode { .. } => "SL7016",
            Self::Sign => "SL7017",
        }
    }
}
