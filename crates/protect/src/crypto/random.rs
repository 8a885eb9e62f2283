//! Randomness: the one place that reads it.
//!
//! Must never: seed, cache or share state; AWS-LC's generator is per thread and fork-safe.

use aws_lc_rs::rand;

use crate::ProtectError;

/// Fills `bytes` from the system's cryptographic generator.
///
/// # Errors
/// [`ProtectError::Randomness`] when the system gives none; nothing may go on without it.
pub fn fill(bytes: &mut [u8]) -> Result<(), ProtectError> {
    rand::fill(bytes).map_err(|_| ProtectError::Randomness)
}

/// `N` random bytes.
///
/// # Errors
/// As [`fill`].
pub fn array<const N: usize>() -> Result<[u8; N], ProtectError> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}
