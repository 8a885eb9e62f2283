//! AES key wrap with padding (RFC 5649, NIST SP 800-38F), 128- and 256-bit keys.
//!
//! Must never: be used where a context has to be bound; it takes no associated data. Sealine's
//! own envelopes use [`aead`](super::aead); this is for formats that ask for it.

use aws_lc_rs::key_wrap::{AES_128, AES_256, AesKek, KeyWrapPadded};

use super::{Secret, stack};
use crate::ProtectError;

/// Keys above this many bytes are not wrapped: a key is small, and AWS-LC counts in `int`.
const LONGEST: usize = 1 << 20;

/// Wraps `message` under `key`.
///
/// # Errors
/// [`ProtectError::Unsupported`] for a key that is not 16 or 32 bytes and for an empty or
/// oversized message.
pub fn wrap(key: &[u8], message: &[u8]) -> Result<Vec<u8>, ProtectError> {
    let wrapped = wrap_with(key, message);
    // AWS-LC expands the key on the stack.
    stack::wipe();
    wrapped
}

#[inline(never)]
fn wrap_with(key: &[u8], message: &[u8]) -> Result<Vec<u8>, ProtectError> {
    let kek = kek(key)?;
    if message.is_empty() || message.len() > LONGEST {
        return Err(ProtectError::unsupported(
            "wrapping nothing, or more than 1 MiB",
        ));
    }
    let mut out = vec![0; message.len() + 15];
    let written = kek
        .wrap_with_padding(message, &mut out)
        .map_err(|_| ProtectError::Primitive("AES-KWP"))?
        .len();
    out.truncate(written);
    Ok(out)
}

/// Unwraps what [`wrap`] made.
///
/// # Errors
/// [`ProtectError::Unsupported`] for a key length as in [`wrap`]; [`ProtectError::NotAuthentic`]
/// when the ciphertext was not made under this key.
pub fn unwrap(key: &[u8], ciphertext: &[u8]) -> Result<Secret, ProtectError> {
    let opened = unwrap_with(key, ciphertext);
    stack::wipe();
    opened
}

#[inline(never)]
fn unwrap_with(key: &[u8], ciphertext: &[u8]) -> Result<Secret, ProtectError> {
    let kek = kek(key)?;
    if ciphertext.len() < 16
        || ciphertext.len() > LONGEST + 16
        || !ciphertext.len().is_multiple_of(8)
    {
        return Err(ProtectError::NotAuthentic);
    }
    let mut out = Secret::new(vec![0; ciphertext.len()]);
    let length = kek
        .unwrap_with_padding(ciphertext, out.expose_mut())
        .map_err(|_| ProtectError::NotAuthentic)?
        .len();
    out.truncate(length);
    Ok(out)
}

fn kek(key: &[u8]) -> Result<AesKek, ProtectError> {
    let cipher = match key.len() {
        16 => &AES_128,
        32 => &AES_256,
        _ => {
            return Err(ProtectError::unsupported(
                "this key length (128 and 256 bits are)",
            ));
        }
    };
    AesKek::new(cipher, key).map_err(|_| ProtectError::Primitive("AES-KWP"))
}
