//! Tink keysets (developers.google.com/tink) and what they seal, for exchange with programs that
//! use Tink: AEAD by AES-GCM, and deterministic AEAD by AES-SIV with 512-bit keys.
//!
//! Must never: take an encrypted keyset for a clear one, or hand out a keyset but as a secret.

mod keyset;
mod proto;

pub use keyset::{Keyset, Kind};
