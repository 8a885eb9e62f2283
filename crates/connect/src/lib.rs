//! Datasets as Arrow streams in and out; encrypted Parquet.
//!
//! Rows come in through a [`Source`] and leave through an [`EncryptedWriter`] or, where a dataset's
//! clearance does not demand encryption at rest, a [`PlainWriter`]; there is no other way out.
//! INVARIANT: the one cannot express plaintext, the other cannot be made without a
//! [`PlainAllowed`], and no error, warning or panic text of this crate holds a value of a row. It
//! must never print, log or retry.

mod codes;
mod compact;
mod csv;
mod dataset;
mod error;
mod file;
mod glob;
mod input;
mod ipc;
mod jsonl;
mod locate;
mod parquet;
mod partition;
mod peek;
mod plain;
mod quiet;
pub mod rule;
pub mod scratch;
mod sealed;
mod source;
#[cfg(test)]
mod testing;

pub use codes::CODES;
pub use compact::compact;
pub use csv::{CsvOptions, CsvSource, open_csv};
pub use dataset::{Stored, open};
pub use error::ConnectError;
pub use file::{FileIdentity, Written};
pub use input::{Compression, Witness, Witnessed};
pub use jsonl::is_json;
pub use locate::{Format, Located, locate};
pub use parquet::{
    Access, ConformRead, EncryptedWriter, FileAad, FileKeys, ParquetSource, Storage,
    conform_parquet_read, open_parquet, parquet_columns,
};
pub use partition::{partition_column, partition_folder, run_folder, run_number};
pub use peek::{beginning, typed_columns};
pub use plain::{PlainAllowed, PlainFormat, PlainWriter};
pub use sealed::{CANARY_MIN, prove_sealed};
pub use sealine_protect::crypto::TableKey;
pub use sealine_protect::detect::iban as is_iban;
pub use source::{Malformed, RawBatch, Rows, Source, Warning, table_key};
