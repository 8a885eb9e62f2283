//! JSON documents under the root secret's MAC: `keystore.json` and `uses.json`.
//!
//! Invariant: a body that was read carries a valid MAC, made for this kind of document in this
//! format version.
//!
//! Must never: accept a field it does not know.

use sealine_protect::crypto::constant_time_equal;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{KeyError, root::Root};

/// The longest document that is read or written.
pub(crate) const LONGEST: usize = 4 << 20;

/// A kind of document.
pub(crate) struct Format {
    /// What it is, as the MAC takes it in.
    pub(crate) kind: &'static str,
    /// The version that this build writes; it reads all from 1 on.
    pub(crate) newest: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<B> {
    version: u64,
    body: B,
    /// HMAC-SHA-256, in hex, of the body as compact JSON in the order of its fields.
    mac: String,
}

/// A document's text, and the epoch it stands for.
pub(crate) struct Written {
    pub(crate) text: Vec<u8>,
    pub(crate) epoch: u64,
}

/// A body that was read.
pub(crate) struct Read<B> {
    pub(crate) body: B,
    pub(crate) version: u64,
    pub(crate) epoch: u64,
}

impl Format {
    /// Writes `body` as a document under `root`'s MAC.
    pub(crate) fn write<B: Serialize>(
        &self,
        body: &B,
        root: &Root,
        path: &str,
    ) -> Result<Written, KeyError> {
        let (mac, epoch) = self.authenticate(self.newest, body, root, path)?;
        let document = Document {
            version: self.newest,
            body,
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

    /// Reads a document and checks its MAC.
    pub(crate) fn read<B: Serialize + DeserializeOwned>(
        &self,
        text: &[u8],
        root: &Root,
        path: &str,
    ) -> Result<Read<B>, KeyError> {
        #[derive(Deserialize)]
        struct Head {
            version: u64,
        }
        let damaged = || KeyError::Damaged(path.to_owned());
        let head: Head = serde_json::from_slice(text).map_err(|_| damaged())?;
        if head.version == 0 || head.version > self.newest {
            return Err(KeyError::FormatVersion {
                path: path.to_owned(),
                version: head.version,
            });
        }
        let document: Document<B> = serde_json::from_slice(text).map_err(|_| damaged())?;
        let (mac, epoch) = self.authenticate(document.version, &document.body, root, path)?;
        let claimed = hex::decode(&document.mac).map_err(|_| damaged())?;
        if !constant_time_equal(&mac, &claimed) {
            return Err(damaged());
        }
        Ok(Read {
            body: document.body,
            version: document.version,
            epoch,
        })
    }

    /// The MAC of the body, and its first 53 bits: a number that every JSON reader keeps exactly.
    fn authenticate<B: Serialize>(
        &self,
        version: u64,
        body: &B,
        root: &Root,
        path: &str,
    ) -> Result<(Vec<u8>, u64), KeyError> {
        let compact = serde_json::to_vec(body).map_err(|_| KeyError::Damaged(path.to_owned()))?;
        let context = format!("sealine {} {version}\0", self.kind);
        let mac = root.mac(context.as_bytes(), &compact).as_ref().to_vec();
        let epoch = mac
            .first_chunk()
            .map_or(0, |first| u64::from_be_bytes(*first) >> 11);
        Ok((mac, epoch))
    }
}
