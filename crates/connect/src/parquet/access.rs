//! How a Parquet dataset may be opened, and what binds a file to its place.
//!
//! INVARIANT: a sealed file opens only as the dataset and under the file name that it was sealed
//! for: both are authenticated with every module.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use ::parquet::encryption::decrypt::{FileDecryptionProperties, KeyRetriever};
use ::parquet::errors::ParquetError;
use sealine_keys::{OpenKeys, WrappedKey};

use crate::ConnectError;
use crate::quiet::quietly;

/// First and last bytes of a file whose footer is plain.
pub(crate) const MAGIC_PLAIN: &[u8; 4] = b"PAR1";
/// First and last bytes of a file whose footer is sealed.
pub(crate) const MAGIC_SEALED: &[u8; 4] = b"PARE";

/// The longest key material in a footer.
const MATERIAL_MAX: usize = 16 << 10;

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
}

impl std::fmt::Debug for Access<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Access::Plain => f.write_str("Plain"),
            Access::Sealed { dataset, .. } => f
                .debug_struct("Sealed")
                .field("dataset", dataset)
                .finish_non_exhaustive(),
        }
    }
}

/// What a sealed file is bound to: its dataset and its name in it.
///
/// The prefix of the additional authenticated data is the dataset's id, a NUL, and the name of
/// the file (the last part of its path, once published). Neither can hold a NUL, so no two pairs
/// have the same prefix. It is stored in the file, in clear, and never trusted when reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAad {
    dataset: String,
    file: String,
}

impl FileAad {
    /// Binds to the dataset with this id and the file that will have this name.
    pub fn new(dataset: &str, file: &str) -> Result<FileAad, ConnectError> {
        let usable = |text: &str| !text.is_empty() && !text.contains(['\0', '/']);
        if usable(dataset) && usable(file) {
            Ok(FileAad {
                dataset: dataset.to_owned(),
                file: file.to_owned(),
            })
        } else {
            Err(ConnectError::Name {
                path: file.escape_debug().to_string(),
            })
        }
    }

    pub(super) fn of(dataset: &str, path: &Path) -> Result<FileAad, ConnectError> {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        FileAad::new(dataset, name)
    }

    pub(super) fn prefix(&self) -> Vec<u8> {
        format!("{}\0{}", self.dataset, self.file).into_bytes()
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

/// Unwraps the key of the sealed file and gives what opens it, bound to its dataset and name.
pub(super) fn unseal(
    file: &std::fs::File,
    path: &Path,
    keys: &OpenKeys,
    dataset: &str,
) -> Result<Arc<FileDecryptionProperties>, ConnectError> {
    let shown = || path.display().to_string();
    let probe = Arc::new(Probe::default());
    let asked = Arc::clone(&probe);
    let outcome = quietly(|| {
        let properties = FileDecryptionProperties::with_key_retriever(asked).build()?;
        let options = ArrowReaderOptions::new().with_file_decryption_properties(properties);
        ArrowReaderMetadata::load(file, options).map(|_| ())
    });
    if let Ok(Err(ParquetError::NYI(_))) = outcome {
        return Err(ConnectError::Unsupported {
            path: shown(),
            what: "the cipher AES_GCM_CTR_V1",
        });
    }
    let material = probe
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let material = material.ok_or_else(|| ConnectError::Tampered { path: shown() })?;
    if material.len() > MATERIAL_MAX {
        return Err(ConnectError::ForeignKey { path: shown() });
    }
    let wrapped = WrappedKey::from_key_material(&material)
        .map_err(|_| ConnectError::ForeignKey { path: shown() })?;
    let key = keys.unwrap(&wrapped).map_err(|source| ConnectError::Key {
        path: shown(),
        source,
    })?;
    FileDecryptionProperties::builder(key.expose().to_vec())
        .with_aad_prefix(FileAad::of(dataset, path)?.prefix())
        .build()
        .map_err(|_| ConnectError::Tampered { path: shown() })
}
