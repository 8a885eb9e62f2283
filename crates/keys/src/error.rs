//! What can go wrong with keys.
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
        "`{0}` was damaged or changed, or belongs to another root secret; restore the folder from one backup"
    )]
    Damaged(String),
    /// A format that this build does not know.
    #[error(
        "`{path}` has format version {version}, which this build does not know; use a newer sealine"
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
    #[error(
        "version {version} of the key `{name}` is {state}; `sealine keys show {name}` tells what each version is"
    )]
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
    /// A keystore under a passphrase, and none was given.
    #[error("`{0}` is under a passphrase, and none was given; name a file that holds it")]
    PassphraseNeeded(String),
    /// A passphrase that does not open.
    #[error("the passphrase does not open `{0}`; it is another one, or the file was changed")]
    WrongPassphrase(String),
    /// A passphrase that nothing is sealed under.
    #[error("the passphrase cannot be used: {0}")]
    Passphrase(&'static str),
    /// A file that asks for more work than is ever done.
    #[error(
        "`{0}` asks for more memory or passes than any keystore needs, so it was not made here; restore it from a backup"
    )]
    Cost(String),
    /// A passphrase that is there already, or is not there.
    #[error("the keystore is {}", passphrase_text(*.0))]
    PassphraseState(bool),
    /// A version that was used as often as it may be.
    #[error(
        "version {version} of the key `{name}` was used {limit} times, its limit; rotate it with `sealine keys rotate {name}`"
    )]
    Exhausted {
        /// The name.
        name: String,
        /// The version.
        version: u32,
        /// Its limit of uses.
        limit: u64,
    },
    /// A key that belongs to Sealine itself.
    #[error("the key `{0}` is Sealine's own; it stays as it is, since the evidence rests on it")]
    Internal(String),
    /// The version that protects, alone.
    #[error(
        "version {version} of the key `{name}` is the one that protects; rotate first, or leave the version out to destroy the whole key"
    )]
    Primary {
        /// The name.
        name: String,
        /// The version.
        version: u32,
    },
    /// No version that a change would fit.
    #[error("no version of the key `{name}` is {state}; nothing was changed")]
    NoVersion {
        /// The name.
        name: String,
        /// The state that was looked for.
        state: State,
    },
    /// A limit that does not fit the key.
    #[error(
        "the uses of the key `{name}`, for {purpose}, cannot be limited so; keys for file and value take 1 to 4294967296"
    )]
    Limit {
        /// The name.
        name: String,
        /// Its purpose.
        purpose: Purpose,
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
            KeyError::PassphraseNeeded(_) => "SL6030",
            KeyError::WrongPassphrase(_) => "SL6031",
            KeyError::Passphrase(_) => "SL6032",
            KeyError::Cost(_) => "SL6033",
            KeyError::PassphraseState(_) => "SL6034",
            KeyError::Exhausted { .. } => "SL6035",
            KeyError::Internal(_) => "SL6036",
            KeyError::Primary { .. } => "SL6037",
            KeyError::NoVersion { .. } => "SL6038",
            KeyError::Limit { .. } => "SL6039",
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
            KeyError::Exhausted { name, version, .. } => ProtectError::KeyVersion {
                key: name,
                version,
                state: "at its limit of uses: rotate it with `sealine keys rotate`",
            },
            KeyError::Crypto(error) => error,
            _ => ProtectError::Primitive("the keystore"),
        }
    }
}

fn passphrase_text(is_there: bool) -> &'static str {
    match is_there {
        true => "under a passphrase already; `sealine keys passphrase change` takes another",
        false => "under no passphrase; `sealine keys passphrase set` puts it under one",
    }
}

impl From<ProtectError> for KeyError {
    fn from(error: ProtectError) -> KeyError {
        KeyError::Crypto(error)
    }
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
    use crate::CODES;

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
            KeyError::PassphraseNeeded(text()),
            KeyError::WrongPassphrase(text()),
            KeyError::Passphrase("it is short"),
            KeyError::Cost(text()),
            KeyError::PassphraseState(true),
            KeyError::Exhausted {
                name: name(),
                version,
                limit: 1,
            },
            KeyError::Internal(name()),
            KeyError::Primary {
                name: name(),
                version,
            },
            KeyError::NoVersion {
                name: name(),
                state: State::Enabled,
            },
            KeyError::Limit {
                name: name(),
                purpose,
            },
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
