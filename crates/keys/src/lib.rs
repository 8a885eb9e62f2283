//! Keysets, the local keystore, and data keys wrapped under them.
//!
//! Purpose: one place where keys are made, kept, found by name and used for one purpose each.
//!
//! Invariant: a key's bytes exist in clear only inside [`OpenKeys`] and the [`Secret`] values it
//! hands out; on disk they are sealed under the root secret, in files that only their owner reads.
//!
//! Must never: print, serialize or log a byte of a key; read a clock (callers pass the time);
//! follow a symbolic link; answer a wrong key with anything but an error.
//!
//! Beside them, [`secrets`]: references to secrets that others keep.
//!
//! Not yet: other providers than a local file; detecting that the whole directory was set back to
//! an older copy (the audit log's checkpoints name the keystore's epoch for that, and its
//! tombstones refuse what was destroyed since).
//!
//! [`Secret`]: sealine_protect::crypto::Secret

mod authentic;
mod change;
mod codes;
mod document;
mod envelope;
mod error;
mod files;
mod info;
mod keystore;
mod material;
mod name;
mod open;
mod owner;
mod passphrase;
mod purpose;
mod root;
pub mod secrets;
mod staged;
mod tombstone;
mod uses;

pub use change::Change;
pub use codes::CODES;
pub use envelope::{DataKey, KeyEncryptionKey, WrappedKey};
pub use error::KeyError;
pub use info::{KeyInfo, VersionInfo};
pub use keystore::Keystore;
pub use material::{KeyMetadata, Role};
pub use name::{DIGEST_KEY, LOG_KEY};
pub use open::OpenKeys;
pub use owner::{make_owner_key, open_owner_key};
pub use passphrase::{Cost, LONGEST_PASSPHRASE, SHORTEST_PASSPHRASE};
pub use purpose::{Purpose, State};
pub use staged::Staged;
pub use tombstone::{Fingerprint, Tombstone, Tombstones};
