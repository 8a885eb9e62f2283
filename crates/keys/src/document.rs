//! `keystore.json`: the keysets, sealed key by key.
//!
//! Invariant: a [`Body`] that was read is authentic and well-formed: each keyset has its primary,
//! its versions count up from 1, and a version has its key until it is destroyed.
//!
//! Must never: hold a key in clear.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    KeyError, Purpose, State,
    authentic::{Format, Read},
    root::Root,
};

pub(crate) const FILE: &str = "keystore.json";
/// Version 2 came with delayed destruction, limits and the counts in `uses.json`.
pub(crate) const FORMAT: Format = Format {
    kind: "keystore",
    newest: 2,
};
/// From this version on `uses.json` lies beside the document.
pub(crate) const COUNTED: u64 = 2;

/// All that a keystore knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    /// Counts the changes.
    pub(crate) revision: u64,
    /// When the keystore was made, in Unix seconds.
    pub(crate) created: i64,
    pub(crate) keys: BTreeMap<String, Keyset>,
}

/// One key with all its versions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keyset {
    pub(crate) purpose: Purpose,
    /// The version that protects, while it is enabled.
    pub(crate) primary: u32,
    /// A lower limit of uses a version than the purpose's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) max_uses: Option<u64>,
    /// In order, from version 1.
    pub(crate) versions: Vec<Version>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Version {
    pub(crate) version: u32,
    pub(crate) state: State,
    /// In Unix seconds.
    pub(crate) created: i64,
    /// When it may be destroyed, in Unix seconds; only while it waits for that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) due: Option<i64>,
    /// When it was destroyed, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) destroyed: Option<i64>,
    /// Nonce, ciphertext and tag in base64; none once destroyed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) wrapped: Option<String>,
}

/// Reads a document and checks all of it.
pub(crate) fn read(text: &[u8], root: &Root, path: &str) -> Result<Read<Body>, KeyError> {
    let read: Read<Body> = FORMAT.read(text, root, path)?;
    if !read.body.is_well_formed() {
        return Err(KeyError::Damaged(path.to_owned()));
    }
    Ok(read)
}

impl Body {
    /// The key of that name.
    pub(crate) fn keyset_mut(&mut self, name: &str) -> Result<&mut Keyset, KeyError> {
        self.keys.get_mut(name).ok_or_else(|| KeyError::UnknownKey {
            name: name.to_owned(),
            purpose: Purpose::File,
        })
    }

    fn is_well_formed(&self) -> bool {
        self.keys.values().all(|keyset| {
            let counted = keyset
                .versions
                .iter()
                .zip(1..)
                .all(|(version, number)| version.version == number);
            let sound = |version: &Version| {
                version.wrapped.is_none() == (version.state == State::Destroyed)
                    && version.due.is_some() == (version.state == State::ToBeDestroyed)
            };
            counted && keyset.version(keyset.primary).is_some() && keyset.versions.iter().all(sound)
        })
    }
}

impl Keyset {
    pub(crate) fn version(&self, number: u32) -> Option<&Version> {
        self.versions
            .iter()
            .find(|version| version.version == number)
    }
}
