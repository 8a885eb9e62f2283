//! The token vault: random tokens and the sealed values behind them, in an embedded database.
//!
//! Purpose: what `vault_token` needs of a table, for one machine: [`Vault`] is one file of SQLite,
//! and [`Vault::at`] a [`TokenVault`](sealine_protect::TokenVault) for one key at one time.
//!
//! Invariant: a batch is one transaction, durable before its tokens are handed out; whatever
//! process writes, a subject has one living token. The file belongs to its owner alone.
//!
//! Must never: see a plaintext; read a clock (callers pass the time); try again after a failure;
//! hand on a text of SQLite's, which may quote what is stored.

mod file;
mod room;
mod schema;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests;
mod vault;

pub use vault::Vault;
