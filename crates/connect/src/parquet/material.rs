//! The wrapped keys that a sealed file names, found in it or in the key material file beside it,
//! and opened.
//!
//! INVARIANT: the key material file is a regular file beside the Parquet file, bounded, and read only
//! when the Parquet file refers to it. It needs no trust: what it holds opens under the keystore's
//! keys or not at all.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use sealine_keys::{KeyMetadata, OpenKeys, WrappedKey};
use sealine_protect::crypto::Secret;

use crate::{ConnectError, file};

/// The largest key material file.
const FILE_MAX: u64 = 16 << 20;

/// The key material file of the file at `path` that is published as `name`.
pub(super) fn beside(path: &Path, name: &str) -> PathBuf {
    path.with_file_name(format!("_KEY_MATERIAL_FOR_{name}.json"))
}

/// Opens the keys of one file.
pub(super) struct Materials<'a> {
    path: &'a Path,
    keys: &'a OpenKeys,
    /// The file keys that may be named; `None` for all.
    accepted: Option<&'a [String]>,
    beside: OnceCell<HashMap<String, String>>,
}

impl<'a> Materials<'a> {
    pub(super) fn new(
        path: &'a Path,
        keys: &'a OpenKeys,
        accepted: Option<&'a [String]>,
    ) -> Materials<'a> {
        Materials {
            path,
            keys,
            accepted,
            beside: OnceCell::new(),
        }
    }

    /// The wrapped key that the key metadata of a footer or column describes.
    pub(super) fn find(&self, metadata: &[u8]) -> Result<WrappedKey, ConnectError> {
        let foreign = || ConnectError::ForeignKey {
            path: self.path.display().to_string(),
        };
        let wrapped = match KeyMetadata::parse(metadata).map_err(|_| foreign())? {
            KeyMetadata::Here(wrapped) => wrapped,
            KeyMetadata::Elsewhere(name) => {
                let entry = self.beside()?.get(&name).ok_or_else(foreign)?;
                WrappedKey::from_key_material(entry.as_bytes()).map_err(|_| foreign())?
            }
        };
        if self
            .accepted
            .is_some_and(|names| !names.iter().any(|name| name == wrapped.key()))
        {
            return Err(foreign());
        }
        Ok(wrapped)
    }

    /// The footer's key.
    pub(super) fn footer(&self, metadata: &[u8]) -> Result<Secret, ConnectError> {
        let wrapped = self.find(metadata)?;
        self.keys
            .unwrap(&wrapped)
            .map_err(|source| ConnectError::Key {
                path: self.path.display().to_string(),
                source: Box::new(source),
            })
    }

    /// The key of one column.
    pub(super) fn column(&self, column: &str, metadata: &[u8]) -> Result<Secret, ConnectError> {
        let wrapped = self.find(metadata)?;
        self.keys
            .unwrap(&wrapped)
            .map_err(|source| ConnectError::ColumnKey {
                path: self.path.display().to_string(),
                column: column.to_owned(),
                key: wrapped.key().to_owned(),
                source: Box::new(source),
            })
    }

    fn beside(&self) -> Result<&HashMap<String, String>, ConnectError> {
        if let Some(known) = self.beside.get() {
            return Ok(known);
        }
        let name = self.path.file_name().and_then(|name| name.to_str());
        let place = beside(self.path, name.unwrap_or_default());
        let (file, _) = file::open(&place)?;
        let mut text = Vec::new();
        file.take(FILE_MAX + 1)
            .read_to_end(&mut text)
            .map_err(|source| ConnectError::io("read", &place, source))?;
        let shown = || place.display().to_string();
        if text.len() as u64 > FILE_MAX {
            return Err(ConnectError::Bound {
                path: shown(),
                what: "key material, in bytes",
                limit: FILE_MAX,
            });
        }
        let entries = serde_json::from_slice(&text).map_err(|_| ConnectError::Decode {
            path: shown(),
            part: "key material",
        })?;
        Ok(self.beside.get_or_init(|| entries))
    }
}
