//! HKDF (RFC 5869): independent keys from one, each for its own use.
//!
//! Must never: be called with the same `info` for two uses of one key.

use aws_lc_rs::hkdf;

use super::{Secret, hmac::Algorithm};
use crate::ProtectError;

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// `length` bytes derived from `key`; an empty `salt` counts as one hash length of zeros.
///
/// # Errors
/// [`ProtectError::Unsupported`] above 255 hash lengths, the limit of the standard.
pub fn derive(
    algorithm: Algorithm,
    key: &[u8],
    salt: &[u8],
    info: &[u8],
    length: usize,
) -> Result<Secret, ProtectError> {
    if length > 255 * algorithm.tag_len() {
        return Err(ProtectError::unsupported(
            "an HKDF output above 255 hash lengths",
        ));
    }
    let mut out = Secret::new(vec![0; length]);
    if length == 0 {
        return Ok(out);
    }
    let native = match algorithm {
        Algorithm::Sha256 => hkdf::HKDF_SHA256,
        Algorithm::Sha512 => hkdf::HKDF_SHA512,
    };
    let extracted = hkdf::Salt::new(native, salt).extract(key);
    let info = [info];
    let expanded = extracted
        .expand(&info, Length(length))
        .map_err(|_| ProtectError::Primitive("HKDF"))?;
    expanded
        .fill(out.expose_mut())
        .map_err(|_| ProtectError::Primitive("HKDF"))?;
    Ok(out)
}

/// A 32-byte key for the use that `info` names, with HKDF-SHA-256.
///
/// # Errors
/// [`ProtectError::Primitive`] when AWS-LC fails.
pub fn subkey(key: &Secret, salt: &[u8], info: &str) -> Result<Secret, ProtectError> {
    derive(Algorithm::Sha256, key.expose(), salt, info.as_bytes(), 32)
}
