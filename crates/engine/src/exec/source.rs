//! Opening an input: CSV or Parquet, with the digest of what is read.
//!
//! INVARIANT: every byte that reaches the contract is in the commitment; files are the same before and after.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use datafusion::arrow::datatypes::SchemaRef;
use sealine_connect::{Access, CsvSource, FileIdentity, Source};
use sealine_keys::OpenKeys;
use sealine_protect::crypto::hmac;
use sealine_spec::{Dataset, Format};

use crate::error::EngineError;

/// The files of an input, as they were when the run began.
#[derive(Debug)]
pub(crate) struct InputFiles {
    files: Vec<(PathBuf, FileIdentity)>,
}

impl InputFiles {
    pub(crate) fn new(paths: Vec<PathBuf>) -> Result<Self, EngineError> {
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let identity = FileIdentity::of(&path)?;
            files.push((path, identity));
        }
        Ok(Self { files })
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> u64 {
        self.files
            .iter()
            .map(|(_, identity)| identity.bytes())
            .sum()
    }

    /// Insists that every file is still the one that the run began with.
    pub(crate) fn unchanged(&self, dataset: &str) -> Result<(), EngineError> {
        for (path, before) in &self.files {
            match FileIdentity::of(path) {
                Ok(now) if now == *before => {}
                _ => {
                    return Err(EngineError::InputChanged {
                        dataset: dataset.to_owned(),
                        path: path.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// A keyed commitment of what was read: HMAC-SHA-256 over, for each file in order, the length of its name
/// (u64, big endian), its name, its size (u64, big endian) and its bytes.
pub(crate) struct Commitment(Arc<Mutex<Option<hmac::Message>>>);

impl Commitment {
    pub(crate) fn new(key: &hmac::Key) -> Self {
        Self(Arc::new(Mutex::new(Some(key.message()))))
    }

    fn feed(&self, bytes: &[u8]) {
        if let Ok(mut slot) = self.0.lock()
            && let Some(message) = slot.as_mut()
        {
            message.update(bytes);
        }
    }

    fn header(&self, path: &Path, identity: &FileIdentity) {
        let name = path
            .file_name()
            .map(|name| name.as_encoded_bytes().to_vec())
            .unwrap_or_default();
        self.feed(&(name.len() as u64).to_be_bytes());
        self.feed(&name);
        self.feed(&identity.bytes().to_be_bytes());
    }

    /// The 32 bytes; `None` once taken.
    pub(crate) fn finish(&self) -> Option<[u8; 32]> {
        let message = self.0.lock().ok()?.take()?;
        message.finish().as_ref().try_into().ok()
    }
}

/// Opens an input for one scan. `commitment` is fed where the scan is the one that is accounted for.
pub(crate) fn open(
    dataset: &Dataset,
    files: &InputFiles,
    schema: &SchemaRef,
    batch_rows: usize,
    keys: &OpenKeys,
    commitment: Option<&Commitment>,
) -> Result<Box<dyn Source>, EngineError> {
    let columns: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let Some(at) = &dataset.at else {
        return Err(EngineError::Location {
            dataset: dataset.id.clone(),
            reason: "it has no `at:`; say where it lies".to_owned(),
        });
    };
    match &at.format {
        Format::Csv(options) => {
            let Some((path, before)) = files.files.first() else {
                return Err(EngineError::ReaderLost {
                    dataset: dataset.id.clone(),
                });
            };
            let options = sealine_connect::CsvOptions {
                delimiter: options.delimiter,
                header: options.header,
                null: options.null.clone(),
            };
            let mut source: CsvSource =
                sealine_connect::open_csv(path, &options, &columns, batch_rows)?;
            if source.identity() != before {
                return Err(EngineError::InputChanged {
                    dataset: dataset.id.clone(),
                    path: path.clone(),
                });
            }
            if let Some(commitment) = commitment {
                commitment.header(path, before);
                let slot = Commitment(Arc::clone(&commitment.0));
                source.tap(Box::new(move |bytes| slot.feed(bytes)));
            }
            Ok(Box::new(source))
        }
        Format::Parquet => {
            if let Some(commitment) = commitment {
                whole_files(&dataset.id, files, commitment)?;
            }
            let paths: Vec<PathBuf> = files.files.iter().map(|(path, _)| path.clone()).collect();
            let access = match &dataset.encrypt {
                Some(_) => Access::Sealed {
                    keys,
                    dataset: &dataset.id,
                },
                None => Access::Plain,
            };
            Ok(Box::new(sealine_connect::open_parquet(
                &paths, &columns, access, batch_rows,
            )?))
        }
    }
}

/// Parquet is read by seeking: its files are digested on their own, between the two identity checks.
fn whole_files(
    dataset: &str,
    files: &InputFiles,
    commitment: &Commitment,
) -> Result<(), EngineError> {
    use std::io::Read;
    let mut buffer = vec![0_u8; 1 << 18];
    for (path, identity) in &files.files {
        commitment.header(path, identity);
        let fault = |source: std::io::Error| EngineError::Input {
            dataset: dataset.to_owned(),
            path: path.clone(),
            reason: source.to_string(),
        };
        let mut file = std::fs::File::open(path).map_err(fault)?;
        loop {
            let read = file.read(&mut buffer).map_err(fault)?;
            match buffer.get(..read) {
                Some([]) | None => break,
                Some(bytes) => commitment.feed(bytes),
            }
        }
    }
    Ok(())
}
