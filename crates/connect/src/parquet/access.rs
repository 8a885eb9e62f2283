//! How a Parquet dataset may be opened, and what binds a file to its place.
//!
//! INVARIANT: a file that Sealine sealed opens only as the dataset and under the file name that it
//! was sealed for: both are authenticated with every module. It does not open as one that others
//! sealed, which are bound to no place.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use ::parquet::encryption::decrypt::{FileDecryptionProperties, KeyRetriever};
use ::parquet::errors::ParquetError;
use ::parquet::file::column_crypto_metadata::ColumnCryptoMetaData;
use sealine_keys::OpenKeys;

use super::material::Materials;
use crate::ConnectError;
use crate::quiet::quietly;

/// First and last bytes of a file whose footer is plain.
pub(crate) const MAGIC_PLAIN: &[u8; 4] = b"PAR1";
/// First and last bytes of a file whose footer is sealed.
pub(crate) const MAGIC_SEALED: &[u8; 4] = b"PARE";

/// What a dataset's files are expected to be.
#[derive(Clone, Copy)]
pub enum Access<'a> {
    /// Plain files; a sealed one is refused.
    Plain,
    /// Files sealed by an [`crate::EncryptedWriter`] for this dataset; a plain one is refused.
    Sealed {
        /// The keystore, open.
        keys: &'a OpenKeys,
        /// The id of the dataset.
        dataset: &'a str,
    },
    /// Files that another tool sealed, with key material that names keys of this keystore; a plain
    /// file or column is refused, and so is a file that Sealine sealed: where it belongs it is
    /// read as [`Access::Sealed`]. Such files are bound to no dataset and no name.
    Others {
        /// The keystore, open.
        keys: &'a OpenKeys,
        /// The names of the file keys that they may be sealed under.
        accepted: &'a [String],
    },
}

impl std::fmt::Debug for Access<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Access::Plain => f.write_str("Plain"),
            Access::Sealed { dataset, .. } => f
                .debug_struct("Sealed")
                .field("dataset", dataset)
                .finish_non_exhaustive(),
            Access::Others { accepted, .. } => f
                .debug_struct("Others")
                .field("accepted", accepted)
                .finish_non_exhaustive(),
        }
    }
}

/// What a sealed file is bound to: its dataset and its name in it.
///
/// The prefix of the additional authenticated data is the dataset's id, a NUL, and the name of
/// the file in the dataset: the last part of its path, once published, with the folders of its
/// partitions before it (`day=2026-11-22/part-00000.parquet`). Neither can hold a NUL, so no two
/// pairs have the same prefix. It is stored in the file, in clear, and never trusted when reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAad {
    dataset: String,
    /// The folders of its partitions, each with a `/` behind it.
    folders: String,
    file: String,
}

impl FileAad {
    /// Binds to the dataset with this id and the file that will have this name in it.
    pub fn new(dataset: &str, name: &str) -> Result<FileAad, ConnectError> {
        let (folders, file) = name.split_at(name.rfind('/').map_or(0, |at| at + 1));
        let usable = |text: &str| !matches!(text, "" | "." | "..") && !text.contains(['\0', '/']);
        let mut above = folders.split_terminator('/');
        if usable(dataset) && usable(file) && above.all(usable) {
            Ok(FileAad {
                dataset: dataset.to_owned(),
                folders: folders.to_owned(),
                file: file.to_owned(),
            })
        } else {
            Err(ConnectError::Name {
                path: name.escape_debug().to_string(),
            })
        }
    }

    /// The last part of the name.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    pub(super) fn prefix(&self) -> Vec<u8> {
        format!("{}\0{}{}", self.dataset, self.folders, self.file).into_bytes()
    }
}

/// Notes the key material of a footer and opens nothing.
#[derive(Default)]
struct Probe(Mutex<Option<Vec<u8>>>);

impl KeyRetriever for Probe {
    fn retrieve_key(&self, key_metadata: &[u8]) -> ::parquet::errors::Result<Vec<u8>> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(key_metadata.to_vec());
        Err(ParquetError::General("probe".to_owned()))
    }
}

/// What opens a sealed file, as far as the keystore does.
pub(super) struct Unsealed {
    pub(super) properties: Arc<FileDecryptionProperties>,
    /// The columns whose key could not be had, and why.
    pub(super) locked: BTreeMap<String, ConnectError>,
}

/// Unwraps the keys of the sealed file. `prefix` is what its modules are authenticated with.
pub(super) fn unseal(
    file: &std::fs::File,
    path: &Path,
    materials: &Materials<'_>,
    prefix: Vec<u8>,
) -> Result<Unsealed, ConnectError> {
    let tampered = || ConnectError::Tampered {
        path: path.display().to_string(),
    };
    let load = |properties| {
        let options = ArrowReaderOptions::new().with_file_decryption_properties(properties);
        ArrowReaderMetadata::load(file, options)
    };
    let probe = Arc::new(Probe::default());
    let asked = Arc::clone(&probe);
    let outcome =
        quietly(|| load(FileDecryptionProperties::with_key_retriever(asked).build()?).map(|_| ()));
    if let Ok(Err(ParquetError::NYI(_))) = outcome {
        return Err(ConnectError::Unsupported {
            path: path.display().to_string(),
            what: "the cipher AES_GCM_CTR_V1",
        });
    }
    let asked = probe
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let footer = materials.footer(&asked.ok_or_else(tampered)?)?;
    let builder = || {
        FileDecryptionProperties::builder(footer.expose().to_vec()).with_aad_prefix(prefix.clone())
    };
    // The footer names the columns that have a key of their own; those are passed over in it.
    let Ok(Ok(metadata)) = quietly(|| load(builder().build()?)) else {
        return Err(tampered());
    };
    let mut named = BTreeMap::<String, &[u8]>::new();
    let groups = metadata.metadata().row_groups().iter();
    for column in groups.flat_map(|group| group.columns()) {
        if let Some(ColumnCryptoMetaData::ENCRYPTION_WITH_COLUMN_KEY(own)) =
            column.crypto_metadata()
        {
            let text = own.key_metadata.as_deref().unwrap_or_default();
            named.insert(own.path_in_schema.join("."), text);
        }
    }
    let mut locked = BTreeMap::new();
    let mut whole = builder();
    for (column, text) in named {
        match materials.column(&column, text) {
            Ok(key) => whole = whole.with_column_key(&column, key.expose().to_vec()),
            Err(why) => {
                locked.insert(column, why);
            }
        }
    }
    let properties = whole.build().map_err(|_| tampered())?;
    Ok(Unsealed { properties, locked })
}
