//! A vault in a file of SQLite, for one machine.
//!
//! Invariant: the file and its log belong to their owner alone, and a batch is on the disk before its tokens are
//! handed out.

mod file;
mod schema;
mod store;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests;

pub(crate) use store::File;
