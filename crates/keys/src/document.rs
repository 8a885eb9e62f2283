//! `keystore.json`: the keysets, sealed key by key, under one MAC.
//!
//! Invariant: a [`Body`] that was read carries a valid MAC and is well-formed: each keyset has its
//! primary, and its versions count up from 1.
//!
//! Must never: hold a key in clear; accept a field it does not know.

use std::collections::BTreeMap;

use sealine_protect::crypto::constant_time_equal;
use serde::{Deserialize, Serialize};

use crate::{KeyError, Purpose, State, root::Root};

/// The format that this build writes.
const VERSION: u64 = 1;
/// The longest document that is read or written.
pub(crate) const LONGEST: usize = 4 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u64,
    body: Body,
    /// HMAC-SHA-256, in hex, of the body as compact JSON in the order of the fields here.
    mac: String,
}

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
    /// The version that protects.
    pub(crate) primary: u32,
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
    /// Nonce, ciphertext and tag in base64; none once destroyed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) wrapped: Option<String>,
}

/// A document's text, and the epoch it stands for.
pub(crate) struct Written {
    pub(crate) text: Vec<u8>,
    pub(crate) epoch: u64,
}

/// Writes `body` as a document under `root`'s MAC.
pub(crate) fn write(body: &Body, root: &Root, path: &str) -> Result<Written, KeyError> {
    let (mac, epoch) = authenticate(body, root, path)?;
    let document = Document {
        version: VERSION,
        body: body.clone(),
        mac: hex::encode(mac),
    };
    let mut text =
        serde_json::to_vec_pretty(&document).map_err(|_| KeyError::Damaged(path.to_owned()))?;
    text.push(b'\n');
    if text.len() > LONGEST {
        return Err(KeyError::Full(path.to_owned()));
    }
    Ok(Written { text, epoch })
}

/// Reads a document and checks all of it.
pub(crate) fn read(text: &[u8], root: &Root, path: &str) -> Result<(Body, u64), KeyError> {
    #[derive(Deserialize)]
    struct Head {
        version: u64,
    }
    let damaged = || KeyError::Damaged(path.to_owned());
    let head: Head = serde_json::from_slice(text).map_err(|_| damaged())?;
    if head.version != VERSION {
        return Err(KeyError::FormatVersion {
            path: path.to_owned(),
            version: head.version,
        });
    }
    let document: Document = serde_json::from_slice(text).map_err(|_| damaged())?;
    let (mac, epoch) = authenticate(&document.body, root, path)?;
    let claimed = hex::decode(&document.mac).map_err(|_| damaged())?;
    if !constant_time_equal(&mac, &claimed) || !document.body.is_well_formed() {
        return Err(damaged());
    }
    Ok((document.body, epoch))
}

/// The MAC of the body, and its first 53 bits: a number that every JSON reader keeps exactly.
fn authenticate(body: &Body, root: &Root, path: &str) -> Result<(Vec<u8>, u64), KeyError> {
    let compact = serde_json::to_vec(body).map_err(|_| KeyError::Damaged(path.to_owned()))?;
    let mac = root.mac(&compact).as_ref().to_vec();
    let epoch = mac
        .first_chunk()
        .map_or(0, |first| u64::from_be_bytes(*first) >> 11);
    Ok((mac, epoch))
}

impl Body {
    fn is_well_formed(&self) -> bool {
        self.keys.values().all(|keyset| {
            let counted = keyset
                .versions
                .iter()
                .zip(1..)
                .all(|(version, number)| version.version == number);
            let primary = keyset
                .version(keyset.primary)
                .is_some_and(|version| version.state == State::Enabled);
            let wrapped = |version: &Version| {
                version.wrapped.is_none() == (version.state == State::Destroyed)
            };
            counted && primary && keyset.versions.iter().all(wrapped)
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
