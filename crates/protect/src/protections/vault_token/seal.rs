//! How `vault_token` derives its keys, seals a value, and writes a token.
//!
//! Invariant: a sealed value opens only for the domain and the token that it was sealed for, so
//! whoever can write to the vault can remove values and not exchange them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    ProtectError,
    crypto::{Secret, TokenKey, aead},
    subject::Subjects,
    vault::Token,
};

/// Characters of a token.
pub(super) const LENGTH: usize = 22;
/// Says which format of a sealed value this is.
const CONTEXT: &[u8] = b"sealine vault 1";

/// What one key does in one domain.
pub(super) struct Domain {
    pub(super) name: String,
    pub(super) subjects: Subjects,
    seal: aead::Key,
}

impl Domain {
    pub(super) fn new(key: &TokenKey, name: &str) -> Result<Domain, ProtectError> {
        let seal = key.derive("vault_token/seal", 32)?;
        Ok(Domain {
            name: name.to_owned(),
            subjects: Subjects::new(&key.derive("vault_token/subject", 32)?, &[name]),
            seal: aead::Key::new(aead::Algorithm::Aes256GcmSiv, &seal)?,
        })
    }

    pub(super) fn seal(&self, token: &Token, text: &[u8]) -> Result<Vec<u8>, ProtectError> {
        self.seal.seal(&self.associated(token), text)
    }

    pub(super) fn open(&self, token: &Token, sealed: &[u8]) -> Result<Secret, ProtectError> {
        self.seal.open(&self.associated(token), sealed)
    }

    /// The token has one length, so that nothing can move between it and the domain.
    fn associated(&self, token: &Token) -> Vec<u8> {
        [CONTEXT, token, self.name.as_bytes()].concat()
    }
}

/// Writes a token as it stands in a column.
pub(super) fn write(token: &Token, cell: &mut [u8]) -> Result<(), ProtectError> {
    match URL_SAFE_NO_PAD.encode_slice(token, cell) {
        Ok(LENGTH) => Ok(()),
        _ => Err(ProtectError::Primitive("base64url")),
    }
}

/// Reads a token; `None` for what is none.
pub(super) fn read(text: &[u8]) -> Option<Token> {
    let mut token = Token::default();
    // The library sizes its room by the length of the text: a longer text does not fit.
    let read =
        (text.len() == LENGTH).then(|| URL_SAFE_NO_PAD.decode_slice_unchecked(text, &mut token));
    matches!(read, Some(Ok(16))).then_some(token)
}
