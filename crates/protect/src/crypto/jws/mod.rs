//! JSON Web Signatures (RFC 7515) in compact form, verified with JSON Web Keys (RFC 7517, 7518,
//! 8037), as RFC 8725 advises.

mod algorithm;
mod key;
mod token;

pub use key::Keys;
pub use token::verify;

/// The refusal of a token or a key before any signature is looked at.
fn refuse(reason: &'static str) -> crate::ProtectError {
    crate::ProtectError::Jose { reason }
}

/// Strict base64url: no padding, no white space, no bits left over.
fn base64url(text: &str) -> Result<Vec<u8>, crate::ProtectError> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    let decoded = URL_SAFE_NO_PAD.decode(text);
    decoded.map_err(|_| refuse("it is not canonical base64url without padding"))
}
