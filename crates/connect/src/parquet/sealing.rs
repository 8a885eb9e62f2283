//! The keys of one sealed file: its footer's and, where readers differ, one for each column.
//!
//! INVARIANT: [`FileKeys`] are made from the columns of the file and hold a key for each, so a
//! column without one cannot be expressed. (The Parquet writer leaves columns without a key in
//! plaintext as soon as any column has one.) Each key is fresh and of this file alone.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use ::parquet::encryption::encrypt::FileEncryptionProperties;
use arrow::datatypes::SchemaRef;
use sealine_keys::{DataKey, KeyEncryptionKey, KeyError, KeyMetadata, OpenKeys, Role};

use super::access::FileAad;
use super::material;
use crate::ConnectError;
use crate::file::NewFile;

/// Where the wrapped keys of a file are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// In the file: it stands alone.
    #[default]
    Internal,
    /// In a key material file beside it, as other tools can rotate: `_KEY_MATERIAL_FOR_<file>.json`.
    External,
}

/// The keys that a file with given columns is sealed under.
#[derive(Debug)]
pub struct FileKeys {
    schema: SchemaRef,
    footer: DataKey,
    columns: Columns,
    storage: Storage,
}

#[derive(Debug)]
enum Columns {
    /// All under the footer's key.
    Uniform,
    /// A key for each, in the order of the schema.
    Each(Vec<DataKey>),
}

impl FileKeys {
    /// One key for the footer and every column of `schema`.
    pub fn uniform(schema: SchemaRef, key: DataKey) -> FileKeys {
        FileKeys {
            schema,
            footer: key,
            columns: Columns::Uniform,
            storage: Storage::Internal,
        }
    }

    /// Fresh keys for a file with the columns of `schema`: those in `named` (column to name of a
    /// file key) under their own file key, all others and the footer under `footer`. Without
    /// any named it is one key for all. With some, every column has a data key of its own, and those
    /// of one file key are wrapped under one key-encryption key: a reader asks once for each file
    /// key that it may use, and can read the columns under it and under `footer`.
    ///
    /// # Errors
    /// [`ConnectError::SealedColumn`] for a named column that the file does not have once;
    /// [`ConnectError::FileKey`] when a key cannot be used.
    pub fn new(
        schema: SchemaRef,
        keys: &OpenKeys,
        footer: &str,
        named: &BTreeMap<String, String>,
    ) -> Result<FileKeys, ConnectError> {
        let unusable = |name: &str| {
            let key = name.to_owned();
            move |source: KeyError| ConnectError::FileKey {
                key,
                source: Box::new(source),
            }
        };
        if named.is_empty() {
            let key = keys.new_data_key(footer).map_err(unusable(footer))?;
            return Ok(FileKeys::uniform(schema, key));
        }
        let mut names = BTreeSet::new();
        let twice = schema.fields().iter().find(|f| !names.insert(f.name()));
        let stray = named.keys().find(|column| !names.contains(column));
        if let Some(column) = twice.map(|f| f.name()).or(stray) {
            return Err(ConnectError::SealedColumn {
                column: column.clone(),
            });
        }
        let mut wrapping = BTreeMap::<&str, KeyEncryptionKey>::new();
        for name in std::iter::once(footer).chain(named.values().map(String::as_str)) {
            if !wrapping.contains_key(name) {
                let key = keys.new_key_encryption_key(name).map_err(unusable(name))?;
                wrapping.insert(name, key);
            }
        }
        let fresh = |name: &str| {
            let wrapping = wrapping.get(name).ok_or(ConnectError::Random)?;
            wrapping.new_data_key().map_err(unusable(name))
        };
        let columns = schema
            .fields()
            .iter()
            .map(|field| fresh(named.get(field.name()).map_or(footer, String::as_str)))
            .collect::<Result<_, _>>()?;
        Ok(FileKeys {
            footer: fresh(footer)?,
            columns: Columns::Each(columns),
            storage: Storage::Internal,
            schema,
        })
    }

    /// The same keys, wrapped keys kept there.
    #[must_use]
    pub fn stored(self, storage: Storage) -> FileKeys {
        FileKeys { storage, ..self }
    }

    /// The columns of the file.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Consumes the keys into what the Parquet writer takes, and writes the key material file.
    pub(super) fn properties(
        self,
        path: &Path,
        aad: &FileAad,
    ) -> Result<Arc<FileEncryptionProperties>, ConnectError> {
        let failed = |source: KeyError| ConnectError::Key {
            path: path.display().to_string(),
            source: Box::new(source),
        };
        let mut beside = BTreeMap::new();
        let mut metadata = |key: &DataKey, role: Role, name: String| {
            let place = match self.storage {
                Storage::Internal => KeyMetadata::Here(key.wrapped().clone()),
                Storage::External => {
                    beside.insert(name.clone(), key.wrapped().to_key_material(role)?);
                    KeyMetadata::Elsewhere(name)
                }
            };
            place.to_json(role).map(String::into_bytes)
        };
        let footer = metadata(&self.footer, Role::Footer, "footerKey".to_owned());
        let mut builder =
            FileEncryptionProperties::builder(self.footer.plaintext().expose().to_vec())
                .with_footer_key_metadata(footer.map_err(failed)?)
                .with_aad_prefix(aad.prefix())
                .with_aad_prefix_storage(true);
        if let Columns::Each(keys) = &self.columns {
            // INVARIANT: as many keys as fields; `new` made one for each.
            for (index, (field, key)) in self.schema.fields().iter().zip(keys).enumerate() {
                let text = metadata(key, Role::Column, format!("columnKey{index}"));
                builder = builder.with_column_key_and_metadata(
                    field.name(),
                    key.plaintext().expose().to_vec(),
                    text.map_err(failed)?,
                );
            }
        }
        let unusable = |reason| ConnectError::Write {
            path: path.display().to_string(),
            reason,
        };
        if self.storage == Storage::External {
            let place = material::beside(path, aad.file());
            let text = serde_json::to_vec(&beside).map_err(|_| unusable("its key material"))?;
            let mut file = NewFile::create(&place)?;
            file.write_all(&text)
                .map_err(|source| ConnectError::io("write", &place, source))?;
            // A crash right here leaves wrapped keys that nothing is sealed under.
            file.finish(&place, 0)?;
        }
        builder
            .build()
            .map_err(|_| unusable("a data key cannot be used"))
    }
}
