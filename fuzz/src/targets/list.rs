//! The list of targets.

use super::{evidence, files, keys, texts, tokens};

/// A decoder, and how to make it ready.
#[derive(Copy, Clone, Debug)]
pub struct Target {
    /// What it decodes.
    pub name: &'static str,
    /// Makes its corpus and whatever else it needs.
    pub make: fn() -> Prepared,
}

/// Decodes bytes; panics where that shows a defect.
pub(crate) type Run = Box<dyn FnMut(&[u8])>;

/// A decoder that is ready.
pub struct Prepared {
    /// What it takes as it is, to be changed.
    pub corpus: Vec<Vec<u8>>,
    /// Decodes; panics where that shows a defect.
    pub run: Run,
}

impl Prepared {
    pub(super) fn new(corpus: Vec<Vec<u8>>, run: impl FnMut(&[u8]) + 'static) -> Prepared {
        Prepared {
            corpus,
            run: Box::new(run),
        }
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared")
            .field("corpus", &self.corpus.len())
            .finish_non_exhaustive()
    }
}

/// Every decoder of outside bytes.
pub const TARGETS: &[Target] = &[
    Target {
        name: "project",
        make: texts::project,
    },
    Target {
        name: "catalog",
        make: texts::catalog,
    },
    Target {
        name: "pipeline",
        make: texts::pipeline,
    },
    Target {
        name: "json",
        make: texts::json,
    },
    Target {
        name: "glob",
        make: texts::glob,
    },
    Target {
        name: "csv",
        make: files::csv,
    },
    Target {
        name: "csv-gzip",
        make: files::csv_gzip,
    },
    Target {
        name: "csv-zstd",
        make: files::csv_zstd,
    },
    Target {
        name: "jsonl",
        make: files::jsonl,
    },
    Target {
        name: "arrow",
        make: files::arrow,
    },
    Target {
        name: "parquet",
        make: files::parquet,
    },
    Target {
        name: "parquet-columns",
        make: files::parquet_columns,
    },
    Target {
        name: "checkpoint",
        make: evidence::checkpoint,
    },
    Target {
        name: "log",
        make: evidence::log,
    },
    Target {
        name: "proof",
        make: evidence::proof,
    },
    Target {
        name: "receipt",
        make: evidence::receipt,
    },
    Target {
        name: "keystore",
        make: keys::keystore,
    },
    Target {
        name: "wrapped-key",
        make: keys::wrapped,
    },
    Target {
        name: "key-material",
        make: keys::material,
    },
    Target {
        name: "fernet",
        make: tokens::fernet,
    },
    Target {
        name: "tink-keyset",
        make: tokens::tink_keyset,
    },
    Target {
        name: "tink",
        make: tokens::tink,
    },
    Target {
        name: "jws",
        make: tokens::jws,
    },
    Target {
        name: "jwk",
        make: tokens::jwk,
    },
    Target {
        name: "encrypted-value",
        make: tokens::encrypted_value,
    },
    Target {
        name: "detect",
        make: texts::detect,
    },
];
