//! Thin, misuse-resistant wrappers over AWS-LC, and over the block functions of RustCrypto where
//! AWS-LC has no such mode or no way in: the only cryptography in Sealine.
//!
//! Purpose: one place where algorithms, lengths and limits are chosen; pipelines and
//! `sealine conform` call the same functions.
//!
//! Invariant: every key arrives as a [`Secret`] or leaves as one; what is not supported is
//! answered by [`ProtectError::Unsupported`](crate::ProtectError::Unsupported), never by a wrong result.
//!
//! Must never: fall back to a weaker algorithm; compare secrets with `==`; print a byte of a key.

pub mod aead;
mod aes;
mod digest;
pub mod ecdsa;
pub mod ed25519;
pub mod ephemeral;
mod equal;
pub mod fernet;
pub mod ff1;
pub mod hkdf;
pub mod hmac;
mod json;
pub mod jws;
mod key;
pub mod kwp;
pub mod random;
pub mod rsa;
mod secret;
pub mod siv;
mod stack;
mod table;
pub mod tink;

pub use digest::{Sha256, sha256};
pub use equal::constant_time_equal;
pub use key::{TokenKey, ValueKey};
pub use secret::Secret;
pub use table::{Folded, TableKey};
