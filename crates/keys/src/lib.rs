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
//! Not yet: counting the data keys that one file key wraps (random-nonce GCM allows 2^32);
//! passphrases; other providers than a local file; detecting that the whole directory was set
//! back to an older copy (the audit log's checkpoints name the keystore's epoch for that).
//!
//! [`Secret`]: sealine_protect::crypto::Secret

mod document;
mod envelope;
mod error;
mod files;
mod keystore;
mod material;
mod name;
mod open;
mod purpose;
mod root;

pub use envelope::{DataKey, WrappedKey};
pub use error::{CODES, KeyError};
pub use keystore::{KeyInfo, Keystore, VersionInfo};
pub use name::{DIGEST_KEY, LOG_KEY};
pub use open::OpenKeys;
pub use purpose::{Purpose, State};
