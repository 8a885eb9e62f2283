//! The protections: what makes a value safe to move, as pure kernels over Arrow arrays.
//!
//! Purpose: the catalogue , the
//! cryptographic primitives below it, the detectors that recognise personal data, and the measures of anonymity.
//!
//! Invariant: an output array shares no buffer with its input, has no spare capacity, and holds
//! zeros or nothing under its nulls.
//!
//! Must never: put a row value or a key into an error or a `Debug` text; read a file, a clock or
//! the environment; keep an array after `apply` returns.

pub mod anonymity;
mod argument;
mod calendar;
mod catalogue;
mod cell;
mod characters;
mod column;
pub mod crypto;
pub mod detect;
mod error;
mod grid;
mod host;
mod interchange;
mod kernel;
mod lanes;
mod protections;
mod rewrite;
mod subject;
mod swar;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod testing;
mod vault;

pub use catalogue::{bind, catalogue, returns, unbind};
pub use error::{CODES, ProtectError, VaultFault};
pub use kernel::{Kernel, KeySource, Opener, VersionSource};
pub use vault::{Entry, Subject, Token, TokenVault};
