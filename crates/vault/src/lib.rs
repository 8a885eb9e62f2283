//! The token vault: random tokens and the sealed values behind them, in an embedded database or in one that
//! several machines share.
//!
//! Purpose: what `vault_token` needs of a table. [`Vault::open`] opens the one at a [`Place`]: a file of SQLite, or
//! a database of PostgreSQL over TLS; [`Vault::at`] is a [`TokenVault`](sealine_protect::TokenVault) for one key at
//! one time.
//!
//! Invariant: a batch is one transaction, durable before its tokens are handed out; whatever process writes, a
//! subject has one living token. A file belongs to its owner alone, and a server is proved before it is spoken to.
//!
//! Must never: see a plaintext; read a clock (callers pass the time); try again after a failure; hand on a text of a
//! database's, which may quote what is stored.

mod id;
mod place;
mod postgres;
mod room;
mod sqlite;
mod vault;

pub use id::VaultId;
pub use place::{ClientCertificate, Place, Server};
pub use postgres::sql;
pub use vault::{Counts, SOON, Vault};
