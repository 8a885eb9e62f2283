//! Parquet in, plain or sealed, and sealed Parquet out.
//!
//! INVARIANT: the writer takes the keys of the footer and every column by value and has no way
//! without them. The reader
//! opens sealed files only where the dataset declares `encrypt:` and then only those, so a plain
//! file put in place of a sealed one is refused. No text of the decoder leaves this module.

mod access;
mod bounds;
mod conform;
mod encode;
mod material;
mod read;
mod sealing;
mod thrift;
mod write;

pub use access::{Access, FileAad};
pub use conform::{ConformRead, conform_parquet_read};
pub use read::{ParquetSource, open_parquet, parquet_columns};
pub use sealing::{FileKeys, Storage};
pub use write::EncryptedWriter;

pub(crate) use access::{MAGIC_PLAIN, MAGIC_SEALED};
pub(crate) use read::{open_named, plain_schema};
