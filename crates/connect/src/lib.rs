//! Datasets as Arrow streams in and out; encrypted Parquet.
//!
//! Rows come in through a [`Source`] and leave through an [`EncryptedWriter`]; there is no other
//! way out. INVARIANT: no writer of this crate can express plaintext, and no error, warning or
//! panic text of this crate holds a value of a row. It must never print, log or retry.

mod codes;
mod compact;
mod csv;
mod error;
mod file;
mod locate;
mod parquet;
mod quiet;
mod sealed;
mod source;

pub use codes::CODES;
pub use compact::compact;
pub use csv::{CsvOptions, CsvSource, Tap, open_csv, rule};
pub use error::ConnectError;
pub use file::FileIdentity;
pub use locate::{Format, locate};
pub use parquet::{
    Access, ConformRead, EncryptedWriter, FileAad, ParquetSource, Written, conform_parquet_read,
    open_parquet,
};
pub use sealed::{CANARY_MIN, prove_sealed};
pub use source::{Malformed, RawBatch, Rows, Source, Warning, table_key};
