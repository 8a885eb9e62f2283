//! Fernet tokens (github.com/fernet/spec): AES-128-CBC with PKCS #7, then HMAC-SHA-256 over all,
//! as base64url text, for exchange with programs that use it.
//!
//! ```text
//! 0x80 | Unix seconds u64 | IV 16 | ciphertext | HMAC 32        (big-endian)
//! ```
//!
//! Invariant: the HMAC is checked in constant time before the time, the padding or a byte of the
//! content is looked at, and every other fault of a token gives the same answer.
//!
//! Must never: be used where a place has to be bound. A token takes no associated data, so it opens
//! wherever it is put; and its time stands in it in clear.

use std::fmt;

use aws_lc_rs::{
    cipher::{
        AES_128, AES_CBC_IV_LEN, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
        PaddedBlockEncryptingKey, UnboundCipherKey,
    },
    iv::FixedLength,
};
use base64::{Engine, engine::general_purpose::URL_SAFE};
use zeroize::Zeroizing;

use super::{Secret, ValueKey, hmac, random, stack};
use crate::ProtectError;

/// Bytes of a key: 16 that sign, then 16 that encrypt.
pub const KEY_LEN: usize = 32;
/// How far from the future a token may come, in seconds.
pub const CLOCK_SKEW: u64 = 60;

const VERSION: u8 = 0x80;
const BLOCK: usize = 16;
const MAC_LEN: usize = 32;
/// Bytes before the ciphertext.
const HEAD: usize = 1 + 8 + AES_CBC_IV_LEN;
/// Longer tokens are not opened.
const LONGEST: usize = 1 << 30;

/// A Fernet key. It stands in one place on the heap: AWS-LC's keys wipe themselves there, and a
/// key that is moved would leave a copy of its bytes behind.
pub struct Key(Box<Parts>);

struct Parts {
    sign: hmac::Key,
    encrypt: PaddedBlockEncryptingKey,
    decrypt: PaddedBlockDecryptingKey,
}

/// When a token is good.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Unix seconds.
    pub now: u64,
    /// Seconds that a token lives; `None` for as long as its key does.
    pub ttl: Option<u64>,
}

impl Key {
    /// Takes [`KEY_LEN`] bytes.
    ///
    /// # Errors
    /// [`ProtectError::KeyLength`].
    pub fn new(secret: &Secret) -> Result<Key, ProtectError> {
        let parts = Parts::expand(secret);
        stack::wipe();
        Ok(Key(parts?))
    }

    /// The key that belongs to a version of one of our keys, HKDF-SHA-256(key, info `fernet`), and
    /// its bytes, to be handed to a partner.
    ///
    /// # Errors
    /// [`ProtectError::Primitive`], which is not expected.
    pub fn derive(key: &ValueKey) -> Result<(Key, Secret), ProtectError> {
        let secret = key.derive("fernet", KEY_LEN)?;
        Ok((Key::new(&secret)?, secret))
    }

    /// Reads a key as it is handed around: base64url with padding.
    ///
    /// # Errors
    /// [`ProtectError::KeyLength`], also for text that is not base64url.
    pub fn parse(text: &str) -> Result<Key, ProtectError> {
        let bytes = Zeroizing::new(URL_SAFE.decode(text).map_err(|_| wrong_length(0))?);
        Key::new(&Secret::copy_of(&bytes))
    }

    /// The key as it is handed around.
    pub fn text(secret: &Secret) -> Secret {
        Secret::new(URL_SAFE.encode(secret.expose()).into_bytes())
    }

    /// Seals under a fresh random IV.
    ///
    /// # Errors
    /// [`ProtectError::Randomness`]; [`ProtectError::Primitive`].
    pub fn seal(&self, now: u64, message: &[u8]) -> Result<String, ProtectError> {
        self.seal_with(random::array()?, now, message)
    }

    /// Seals under an IV of the caller's, who can tell why it cannot be guessed. Vectors need this;
    /// everything else uses [`Key::seal`].
    ///
    /// # Errors
    /// [`ProtectError::Primitive`].
    pub fn seal_with(
        &self,
        iv: [u8; AES_CBC_IV_LEN],
        now: u64,
        message: &[u8],
    ) -> Result<String, ProtectError> {
        let mut token = vec![0; token_len(message.len())];
        let mut work = Vec::new();
        self.seal_into(iv, now, message, &mut work, &mut token)?;
        String::from_utf8(token).map_err(|_| FAILED)
    }

    /// Seals into `token`, which is [`token_len`] long; `work` is for one value after another.
    pub(crate) fn seal_into(
        &self,
        iv: [u8; AES_CBC_IV_LEN],
        now: u64,
        message: &[u8],
        work: &mut Vec<u8>,
        token: &mut [u8],
    ) -> Result<(), ProtectError> {
        work.clear();
        work.reserve(message.len() + BLOCK + HEAD + MAC_LEN);
        work.extend_from_slice(message);
        let context = EncryptionContext::Iv128(FixedLength::from(iv));
        if self.0.encrypt.less_safe_encrypt(work, context).is_err() {
            work.fill(0);
            return Err(FAILED);
        }
        let ciphertext = work.len();
        work.resize(ciphertext + HEAD, 0);
        work.copy_within(..ciphertext, HEAD);
        let (head, _) = work.split_first_chunk_mut::<HEAD>().ok_or(FAILED)?;
        let fields = [VERSION].into_iter().chain(now.to_be_bytes()).chain(iv);
        for (place, byte) in head.iter_mut().zip(fields) {
            *place = byte;
        }
        let mac = self.0.sign.sign(&[work]);
        work.extend_from_slice(mac.as_ref());
        match URL_SAFE.encode_slice(work, token) {
            Ok(written) if written == token.len() => Ok(()),
            _ => Err(FAILED),
        }
    }

    /// Opens a token; where `window` is given, only within it.
    ///
    /// # Errors
    /// [`ProtectError::NotAuthentic`]; [`ProtectError::Expired`] for an authentic token that is
    /// outside its window.
    pub fn open(&self, token: &str, window: Option<Window>) -> Result<Secret, ProtectError> {
        if token.len() > LONGEST {
            return Err(ProtectError::NotAuthentic);
        }
        let token = URL_SAFE
            .decode(token)
            .map_err(|_| ProtectError::NotAuthentic)?;
        let (signed, mac) = token
            .split_last_chunk::<MAC_LEN>()
            .ok_or(ProtectError::NotAuthentic)?;
        if !self.0.sign.verify(&[signed], mac) {
            return Err(ProtectError::NotAuthentic);
        }
        let (version, rest) = signed.split_first().ok_or(ProtectError::NotAuthentic)?;
        let (time, rest) = rest
            .split_first_chunk::<8>()
            .ok_or(ProtectError::NotAuthentic)?;
        let (iv, ciphertext) = rest
            .split_first_chunk::<AES_CBC_IV_LEN>()
            .ok_or(ProtectError::NotAuthentic)?;
        if *version != VERSION || ciphertext.is_empty() || !ciphertext.len().is_multiple_of(BLOCK) {
            return Err(ProtectError::NotAuthentic);
        }
        let made = u64::from_be_bytes(*time);
        if window.is_some_and(|window| !window.holds(made)) {
            return Err(ProtectError::Expired);
        }
        let mut message = Secret::copy_of(ciphertext);
        let context = DecryptionContext::Iv128(FixedLength::from(*iv));
        let length = self
            .0
            .decrypt
            .decrypt(message.expose_mut(), context)
            .map_err(|_| ProtectError::NotAuthentic)?
            .len();
        message.truncate(length);
        Ok(message)
    }
}

impl Parts {
    /// In a frame of its own, which is wiped when it has returned.
    #[inline(never)]
    fn expand(secret: &Secret) -> Result<Box<Parts>, ProtectError> {
        let Some((sign, encrypt)) = secret.expose().split_first_chunk::<16>() else {
            return Err(wrong_length(secret.len()));
        };
        if encrypt.len() != 16 {
            return Err(wrong_length(secret.len()));
        }
        let unbound = || UnboundCipherKey::new(&AES_128, encrypt).map_err(|_| FAILED);
        Ok(Box::new(Parts {
            sign: hmac::Key::new(hmac::Algorithm::Sha256, sign),
            encrypt: PaddedBlockEncryptingKey::cbc_pkcs7(unbound()?).map_err(|_| FAILED)?,
            decrypt: PaddedBlockDecryptingKey::cbc_pkcs7(unbound()?).map_err(|_| FAILED)?,
        }))
    }
}

impl Window {
    fn holds(self, made: u64) -> bool {
        let old = self
            .ttl
            .is_some_and(|ttl| made.saturating_add(ttl) < self.now);
        !old && made <= self.now.saturating_add(CLOCK_SKEW)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fernet::Key")
    }
}

/// Characters of the token of a message of `length` bytes.
pub(crate) fn token_len(length: usize) -> usize {
    let padded = length.saturating_sub(length % BLOCK).saturating_add(BLOCK);
    let bytes = padded.saturating_add(HEAD + MAC_LEN);
    bytes.div_ceil(3).saturating_mul(4)
}

const FAILED: ProtectError = ProtectError::Primitive("Fernet");

fn wrong_length(found: usize) -> ProtectError {
    ProtectError::KeyLength {
        algorithm: "Fernet",
        expected: KEY_LEN,
        found,
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::new(&Secret::new((0..32).collect())).unwrap()
    }

    #[test]
    fn messages_of_every_length_come_back() {
        for length in 0..50 {
            let message = vec![7; length];
            let token = key().seal(1, &message).unwrap();
            assert_eq!(token.len(), token_len(length));
            assert_eq!(key().open(&token, None).unwrap().expose(), message);
        }
    }

    #[test]
    fn a_changed_or_cut_token_releases_nothing() {
        let token = key().seal(1, b"secret").unwrap();
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            for bad in [changed.as_str(), &token[..at]] {
                let error = key().open(bad, None).unwrap_err();
                assert_eq!(error.code(), "SL8003", "{at}");
            }
        }
        // Other text for the same bytes is another token.
        for bad in [format!("{token} "), token.trim_end_matches('=').to_owned()] {
            assert!(bad == token || key().open(&bad, None).is_err(), "{bad}");
        }
        let other = Key::new(&Secret::new(vec![1; 32])).unwrap();
        assert!(other.open(&token, None).is_err());
    }

    #[test]
    fn the_window_ends_on_both_sides() {
        let token = key().seal(1000, b"x").unwrap();
        let at = |now, ttl| key().open(&token, Some(Window { now, ttl })).is_ok();
        assert!(at(1000, Some(0)) && at(1060, Some(60)) && at(u64::MAX, None));
        assert!(!at(1061, Some(60)), "expired");
        assert!(at(940, Some(60)) && !at(939, Some(60)), "from the future");
        assert!(!at(939, None));
        let error = key().open(&token, Some(Window { now: 0, ttl: None }));
        assert_eq!(error.unwrap_err().code(), "SL8043");
    }

    #[test]
    fn keys_have_one_length() {
        for length in [0, 16, 31, 33] {
            let key = Key::new(&Secret::new(vec![0; length]));
            assert_eq!(key.unwrap_err().code(), "SL8002");
        }
        assert!(Key::parse("not base64url").is_err());
        let text = Key::text(&Secret::new(vec![0xFF; 32]));
        assert!(Key::parse(std::str::from_utf8(text.expose()).unwrap()).is_ok());
    }
}
