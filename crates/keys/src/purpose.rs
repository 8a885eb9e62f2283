//! What a key is for, and whether a version of it may still be used.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::KeyError;

/// What a key is for. One key has one purpose, fixed when it is made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// `tokenize`.
    Token,
    /// Wrapping the data keys of encrypted files.
    File,
    /// `encrypt`.
    Value,
    /// Ed25519 signatures; the 32 bytes are the seed.
    Sign,
    /// Keyed digests of plaintext.
    Digest,
}

impl Purpose {
    /// The name as files and commands write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Token => "token",
            Purpose::File => "file",
            Purpose::Value => "value",
            Purpose::Sign => "sign",
            Purpose::Digest => "digest",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Purpose {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Purpose, KeyError> {
        [
            Purpose::Token,
            Purpose::File,
            Purpose::Value,
            Purpose::Sign,
            Purpose::Digest,
        ]
        .into_iter()
        .find(|purpose| purpose.as_str() == text)
        .ok_or_else(|| KeyError::UnknownPurpose(text.to_owned()))
    }
}

/// Whether a version of a key may be used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Protects and opens.
    Enabled,
    /// Opens what it protected, and protects nothing more.
    DecryptOnly,
    /// Does nothing, and is destroyed when its time has come; until then it can be had back.
    ToBeDestroyed,
    /// Gone; what only it could open is gone with it.
    Destroyed,
}

impl State {
    /// The name as files and commands write it.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Enabled => "enabled",
            State::DecryptOnly => "decrypt-only",
            State::ToBeDestroyed => "to-be-destroyed",
            State::Destroyed => "destroyed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
