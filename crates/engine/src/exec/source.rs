//! Opening an input of any format, with the digest of what is read.
//!
//! INVARIANT: every byte that reaches the contract is in the commitment; files are the same before and after.

use std::collections::VecDeque;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};

use datafusion::arrow::datatypes::SchemaRef;
use sealine_connect::{
    Access, ConnectError, FileIdentity, Located, Source, Stored, Witness, Witnessed,
};
use sealine_keys::OpenKeys;
use sealine_protect::crypto::hmac;
use sealine_spec::{Dataset, Encrypt, Format, Formulas};

use crate::cancel::CancelToken;
use crate::error::EngineError;

/// The files of an input, as they were when the run began.
#[derive(Debug)]
pub(crate) struct InputFiles {
    files: Vec<(Located, FileIdentity)>,
}

impl InputFiles {
    pub(crate) fn new(located: Vec<Located>) -> Result<Self, EngineError> {
        let mut files = Vec::with_capacity(located.len());
        for file in located {
            let identity = FileIdentity::of(&file.path)?;
            files.push((file, identity));
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

    /// The commitment that a run makes which reads all of these files, by reading them.
    pub(crate) fn commitment(
        &self,
        dataset: &str,
        key: &hmac::Key,
        cancel: &CancelToken,
    ) -> Result<Option<[u8; 32]>, EngineError> {
        let commitment = Commitment::new(key);
        let mut buffer = vec![0_u8; 1 << 18];
        for (file, identity) in &self.files {
            let fault = |error: std::io::Error| EngineError::Input {
                dataset: dataset.to_owned(),
                path: file.path.clone(),
                reason: error.to_string(),
            };
            commitment.header(&file.name, identity);
            // Not more than was committed to: a file that grows meanwhile is another one.
            let mut bytes = std::fs::File::open(&file.path)
                .map_err(fault)?
                .take(identity.bytes());
            loop {
                if cancel.is_cancelled() {
                    return Err(EngineError::Cancelled);
                }
                let read = bytes.read(&mut buffer).map_err(fault)?;
                match buffer.get(..read) {
                    Some([]) | None => break,
                    Some(read) => commitment.feed(read),
                }
            }
        }
        self.unchanged(dataset)?;
        Ok(commitment.finish())
    }

    /// Insists that every file is still the one that the run began with.
    pub(crate) fn unchanged(&self, dataset: &str) -> Result<(), EngineError> {
        for (file, before) in &self.files {
            match FileIdentity::of(&file.path) {
                Ok(now) if now == *before => {}
                _ => {
                    return Err(EngineError::InputChanged {
                        dataset: dataset.to_owned(),
                        path: file.path.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// A keyed commitment of what was read: HMAC-SHA-256 over, for each file in order, the length of its name in the
/// dataset (u64, big endian), that name with the folders of its partitions, its size (u64, big endian) and its bytes.
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

    fn header(&self, name: &str, identity: &FileIdentity) {
        self.feed(&(name.len() as u64).to_be_bytes());
        self.feed(name.as_bytes());
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
    let encrypt = dataset.encrypt.iter();
    let accepted: Vec<String> = encrypt.flat_map(Encrypt::keys).map(str::to_owned).collect();
    let stored = match &at.format {
        Format::Csv(options) => Stored::Csv {
            options: sealine_connect::CsvOptions {
                delimiter: options.delimiter,
                header: options.header,
                null: options.null.clone(),
                neutralized: options.formulas == Some(Formulas::Neutralized),
            },
            compression: at.compression.map(compression),
        },
        Format::Jsonl => Stored::Jsonl {
            compression: at.compression.map(compression),
        },
        Format::Arrow => Stored::Arrow,
        Format::Parquet => Stored::Parquet(match &dataset.encrypt {
            Some(encrypt) if encrypt.bound => Access::Sealed {
                keys,
                dataset: &dataset.id,
            },
            Some(_) => Access::Others {
                keys,
                accepted: &accepted,
            },
            None => Access::Plain,
        }),
    };
    let expected = files.files.iter();
    let witness: Witnessed = Arc::new(Mutex::new(Expected {
        files: expected.cloned().collect(),
        commitment: commitment.map(|all| Commitment(Arc::clone(&all.0))),
    }));
    // Parquet is read by seeking: showing it to a witness reads it once more, for a commitment only.
    let witness =
        (commitment.is_some() || !matches!(stored, Stored::Parquet(_))).then_some(&witness);
    let located: Vec<Located> = files.files.iter().map(|(file, _)| file.clone()).collect();
    sealine_connect::open(
        &located,
        &stored,
        &columns,
        &dataset.partition_by,
        batch_rows,
        witness,
    )
    .map_err(|error| fault(dataset, error))
}

/// What stopped a reader, as the run says it.
pub(super) fn fault(dataset: &Dataset, error: ConnectError) -> EngineError {
    match error {
        ConnectError::Changed { path } => EngineError::InputChanged {
            dataset: dataset.id.clone(),
            path: path.into(),
        },
        other => other.into(),
    }
}

fn compression(declared: sealine_spec::Compression) -> sealine_connect::Compression {
    match declared {
        sealine_spec::Compression::None => sealine_connect::Compression::None,
        sealine_spec::Compression::Gzip => sealine_connect::Compression::Gzip,
        sealine_spec::Compression::Zstd => sealine_connect::Compression::Zstd,
    }
}

/// Insists on the files that the run began with, in their order, and commits to what is read of them.
struct Expected {
    files: VecDeque<(Located, FileIdentity)>,
    commitment: Option<Commitment>,
}

impl Witness for Expected {
    fn begins(&mut self, path: &Path, identity: &FileIdentity) -> bool {
        let Some((expected, before)) = self.files.pop_front() else {
            return false;
        };
        if let Some(commitment) = &self.commitment {
            commitment.header(&expected.name, identity);
        }
        expected.path == path && before == *identity
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if let Some(commitment) = &self.commitment {
            commitment.feed(bytes);
        }
    }
}
