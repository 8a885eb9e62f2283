//! What can go wrong with keys, with the text that `sealine explain` prints.
//!
//! Must never: hold a byte of a key, wrapped or not.

use std::io;

use sealine_protect::ProtectError;
use thiserror::Error;

use crate::{Purpose, State};

/// An error of the keystore or of a key in it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file system refused.
    #[error("cannot {step} `{path}`: {cause}")]
    File {
        /// What was tried.
        step: &'static str,
        /// The file.
        path: String,
        /// What the system answered.
        cause: io::Error,
    },
    /// A file or folder that others can reach.
    #[error("`{path}` {reason}; keys are used only from files that their owner alone can reach")]
    Exposed {
        /// The file or folder.
        path: String,
        /// Why it is refused, and what to do.
        reason: &'static str,
    },
    /// A keystore where one is to be made.
    #[error("there is a keystore in `{0}` already; nothing was changed")]
    Exists(String),
    /// The root secret is gone.
    #[error(
        "`{0}` is missing and the keystore cannot be opened without it; restore it from a backup"
    )]
    RootMissing(String),
    /// A file that fails its integrity check.
    #[error(
        "`{0}` was damaged or changed, or belongs to another root secret; restore both files from one backup"
    )]
    Damaged(String),
    /// A format that this build does not know.
    #[error(
        "`{path}` has format version {version}, and this build reads version 1; use a newer sealine"
    )]
    FormatVersion {
        /// The file.
        path: String,
        /// Its version.
        version: u64,
    },
    /// More keys than a keystore holds.
    #[error("the keystore `{0}` is full: it holds at most 4 MiB")]
    Full(String),
    /// A name that no key may have.
    #[error(
        "`{0}` is not a name for a key: use up to 128 letters, digits and `-_./`, starting with a letter or digit, \
         and not below `sealine/`"
    )]
    Name(String),
    /// A key that exists.
    #[error("there is a key `{0}` already; nothing was changed")]
    Duplicate(String),
    /// A purpose that does not exist.
    #[error("`{0}` is not a purpose; use token, file, value, sign or digest")]
    UnknownPurpose(String),
    /// A key that does not exist.
    #[error("there is no key `{name}`; make it with `sealine keys new {name} --purpose {purpose}`")]
    UnknownKey {
        /// The name.
        name: String,
        /// The purpose that is needed.
        purpose: Purpose,
    },
    /// A key that was made for something else.
    #[error("the key `{name}` is for {found}, not for {needed}; one key has one purpose")]
    WrongPurpose {
        /// The name.
        name: String,
        /// Its purpose.
        found: Purpose,
        /// The purpose that is needed.
        needed: Purpose,
    },
    /// A version that does not exist.
    #[error("the key `{name}` has no version {version}; the keystore may be older than the data")]
    UnknownVersion {
        /// The name.
        name: String,
        /// The version.
        version: u32,
    },
    /// A version that may not be used so.
    #[error("version {version} of the key `{name}` is {state}")]
    VersionState {
        /// The name.
        name: String,
        /// The version.
        version: u32,
        /// Its state.
        state: State,
    },
    /// A key whose versions all stay for ever.
    #[error(
        "the key `{name}` is for {purpose} and does not rotate: its outputs would no longer match the older ones"
    )]
    NotRotated {
        /// The name.
        name: String,
        /// Its purpose.
        purpose: Purpose,
    },
    /// Key material that cannot be read.
    #[error("the key material of the file cannot be read: {0}")]
    Material(&'static str),
    /// A wrapped key that was made with another key.
    #[error(
        "the data key does not open with version {version} of `{name}`: it was made in another keystore, or changed"
    )]
    DoesNotUnwrap {
        /// The name.
        name: String,
        /// The version.
        version: u32,
    },
    /// The cryptography below failed.
    #[error("a key could not be made or used: {0}")]
    Crypto(#[source] ProtectError),
}

impl KeyError {
    /// The stable code, as `sealine explain` takes it.
    pub fn code(&self) -> &'static str {
        match self {
            KeyError::File { .. } => "SL6001",
            KeyError::Exposed { .. } => "SL6002",
            KeyError::Exists(_) => "SL6003",
            KeyError::RootMissing(_) => "SL6004",
            KeyError::Damaged(_) => "SL6005",
            KeyError::FormatVersion { .. } => "SL6006",
            KeyError::Full(_) => "SL6007",
            KeyError::Name(_) => "SL6010",
            KeyError::Duplicate(_) => "SL6011",
            KeyError::UnknownPurpose(_) => "SL6012",
            KeyError::UnknownKey { .. } => "SL6013",
            KeyError::WrongPurpose { .. } => "SL6014",
            KeyError::UnknownVersion { .. } => "SL6015",
            KeyError::VersionState { .. } => "SL6016",
            KeyError::NotRotated { .. } => "SL6017",
            KeyError::Material(_) => "SL6020",
            KeyError::DoesNotUnwrap { .. } => "SL6021",
            KeyError::Crypto(_) => "SL6022",
        }
    }

    /// The same failure as the protections name it.
    pub(crate) fn into_protect(self) -> ProtectError {
        match self {
            KeyError::UnknownKey { name, purpose } => ProtectError::UnknownKey {
                key: name,
                purpose: purpose.as_str(),
            },
            KeyError::WrongPurpose {
                name,
                found,
                needed,
            } => ProtectError::KeyPurpose {
                key: name,
                found: found.as_str(),
                needed: needed.as_str(),
            },
            KeyError::VersionState {
                name,
                version,
                state,
            } => ProtectError::KeyVersion {
                key: name,
                version,
                state: state.as_str(),
            },
            KeyError::UnknownVersion { name, version } => ProtectError::KeyVersion {
                key: name,
                version,
                state: "unknown",
            },
            KeyError::Crypto(error) => error,
            _ => ProtectError::Primitive("the keystore"),
        }
    }
}

impl From<ProtectError> for KeyError {
    fn from(error: ProtectError) -> KeyError {
        KeyError::Crypto(error)
    }
}

/// Every code of this crate with its explanation in Markdown.
pub const CODES: &[(&str, &str)] = &[
    (
        "SL6001",
        "**The file system refused.** A file of the keystore could not be read, written or made durable; the \
         message gives the step, the file and the system's answer. A write that fails leaves the old keystore in \
         place. Free space or set permissions, and run again.",
    ),
    (
        "SL6002",
        "**A key file that others can reach.** The folder of the keystore must have mode 0700 and its files 0600, \
         belong to the user who runs `sealine`, and be no links. Whoever could read it may have copied the keys: \
         think about that before you repair it.\n\nExample: `chmod 700 .sealine/keys && chmod 600 .sealine/keys/*`",
    ),
    (
        "SL6003",
        "**There is a keystore already.** Making one anew would lose the keys in it, and with them the data. Use \
         the one that is there, or move it away.",
    ),
    (
        "SL6004",
        "**The root secret is missing.** `root.key` opens every key of the keystore beside it. It is not derived \
         from anything and cannot be made again. Restore it from a backup.",
    ),
    (
        "SL6005",
        "**The keystore fails its integrity check.** `keystore.json` carries a MAC under the root secret; it does \
         not hold, or a key in it does not open. The file was edited, cut, or comes from another keystore than \
         `root.key`. Restore both from one backup.",
    ),
    (
        "SL6006",
        "**A newer format.** The file was written by a newer version of Sealine. Use that version or a later one.",
    ),
    (
        "SL6007",
        "**The keystore is full.** It is read whole and so bounded at 4 MiB, some 10,000 keys. Use a second \
         project.",
    ),
    (
        "SL6010",
        "**Not a name for a key.** A name has up to 128 ASCII letters, digits, `-`, `_`, `.` and `/`, and starts \
         with a letter or digit. Names below `sealine/` belong to Sealine itself.\n\nExample: `lake-values`",
    ),
    (
        "SL6011",
        "**A key of this name exists.** Keys are not replaced: what the old one protects would be lost. Choose \
         another name, or rotate the key.",
    ),
    (
        "SL6012",
        "**Not a purpose.** A key is for `token`, `file`, `value`, `sign` or `digest`.\n\nExample: `sealine keys new crm --purpose token`",
    ),
    (
        "SL6013",
        "**No such key.** Nothing of this name is in the keystore. Declare it under `keys:` in `sealine.yaml` and \
         make it with `sealine keys new`. If a file asks for it, the file was written with another keystore.",
    ),
    (
        "SL6014",
        "**A key of another purpose.** One key has one purpose, for a key used in two constructions weakens both. \
         Make a second key.",
    ),
    (
        "SL6015",
        "**A version that is not here.** The data names a version of the key that this keystore never had. It was \
         written with another keystore, or this one was restored from a backup that is older than the data.",
    ),
    (
        "SL6016",
        "**A version that may not be used so.** A `decrypt-only` version opens and protects nothing more; a \
         `destroyed` one does neither, and what only it could open is gone for good.",
    ),
    (
        "SL6017",
        "**This key does not rotate.** Tokens, keyed digests and signatures made with a new version would not \
         match those made with the old. Make a new key and move over by a pipeline of your own.",
    ),
    (
        "SL6020",
        "**Key material that cannot be read.** The Parquet file carries, for its key, JSON of type `PKMT1`, in \
         its footer, wrapped once, at most 4 KiB. This one is something else or was cut. Other writers' double \
         wrapping is not read yet.",
    ),
    (
        "SL6021",
        "**The wrong key.** The file names a key that this keystore has, and the data key does not open with it: \
         the file was written with another keystore that has a key of the same name, or was changed. Use the \
         keystore that it was written with.",
    ),
    (
        "SL6022",
        "**Cryptography failed.** Below the keystore an operation failed; the message names it and its own code \
         begins with SL8.",
    ),
];

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    fn one_of_each() -> Vec<KeyError> {
        let text = || "x".to_owned();
        let (name, purpose, version) = (text, Purpose::File, 1);
        vec![
            KeyError::File {
                step: "read",
                path: text(),
                cause: io::Error::from(io::ErrorKind::NotFound),
            },
            KeyError::Exposed {
                path: text(),
                reason: "is a symbolic link",
            },
            KeyError::Exists(text()),
            KeyError::RootMissing(text()),
            KeyError::Damaged(text()),
            KeyError::FormatVersion {
                path: text(),
                version: 2,
            },
            KeyError::Full(text()),
            KeyError::Name(text()),
            KeyError::Duplicate(text()),
            KeyError::UnknownPurpose(text()),
            KeyError::UnknownKey {
                name: name(),
                purpose,
            },
            KeyError::WrongPurpose {
                name: name(),
                found: purpose,
                needed: Purpose::Token,
            },
            KeyError::UnknownVersion {
                name: name(),
                version,
            },
            KeyError::VersionState {
                name: name(),
                version,
                state: State::Destroyed,
            },
            KeyError::NotRotated {
                name: name(),
                purpose,
            },
            KeyError::Material("it is not JSON"),
            KeyError::DoesNotUnwrap {
                name: name(),
                version,
            },
            KeyError::Crypto(ProtectError::Randomness),
        ]
    }

    #[test]
    fn every_code_is_explained_once_and_every_explanation_is_used() {
        let used: Vec<_> = one_of_each().iter().map(KeyError::code).collect();
        for code in &used {
            assert_eq!(
                CODES.iter().filter(|(listed, _)| listed == code).count(),
                1,
                "{code}"
            );
        }
        for (listed, text) in CODES {
            assert!(
                used.contains(listed) && listed.starts_with("SL6") && text.len() > 60,
                "{listed}"
            );
        }
        assert_eq!(used.len(), CODES.len());
    }

    #[test]
    fn messages_are_lower_case_and_without_a_full_stop() {
        for error in one_of_each() {
            let text = error.to_string();
            assert!(
                !text.ends_with('.') && !text.starts_with(|c: char| c.is_uppercase()),
                "{text}"
            );
        }
    }
}
