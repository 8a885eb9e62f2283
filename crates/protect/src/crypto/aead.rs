//! Authenticated encryption: AES-128-GCM, AES-256-GCM (SP 800-38D) and AES-256-GCM-SIV (RFC 8452).
//!
//! Invariant: nonces are 96 bits and tags 128; a [`Key`] seals fewer than 2^32 messages, the
//! limit for random nonces (SP 800-38D, 8.3).
//!
//! Must never: hand out plaintext that was not authenticated; take a shorter tag.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey,
};

use super::{Secret, random};
use crate::ProtectError;

/// Bytes of a nonce.
pub const NONCE_LEN: usize = 12;
/// Bytes of a tag.
pub const TAG_LEN: usize = 16;
/// How many messages one key may seal: below 2^32 in all.
pub const SEALS_PER_KEY: u64 = (1 << 32) - 1;

/// The ciphers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// AES-128-GCM.
    Aes128Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
    /// AES-256-GCM-SIV: a repeated nonce shows only whether two messages are equal.
    Aes256GcmSiv,
}

impl Algorithm {
    /// Reads `AES-128-GCM`, `AES-256-GCM` or `AES-256-GCM-SIV`.
    ///
    /// # Errors
    /// [`ProtectError::Unsupported`] for anything else.
    pub fn parse(name: &str) -> Result<Algorithm, ProtectError> {
        match name {
            "AES-128-GCM" => Ok(Algorithm::Aes128Gcm),
            "AES-256-GCM" => Ok(Algorithm::Aes256Gcm),
            "AES-256-GCM-SIV" => Ok(Algorithm::Aes256GcmSiv),
            _ => Err(ProtectError::unsupported(
                "this cipher (AES-128-GCM, AES-256-GCM and AES-256-GCM-SIV are)",
            )),
        }
    }

    /// Bytes of a key.
    pub fn key_len(self) -> usize {
        match self {
            Algorithm::Aes128Gcm => 16,
            Algorithm::Aes256Gcm | Algorithm::Aes256GcmSiv => 32,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Algorithm::Aes128Gcm => "AES-128-GCM",
            Algorithm::Aes256Gcm => "AES-256-GCM",
            Algorithm::Aes256GcmSiv => "AES-256-GCM-SIV",
        }
    }
}

/// A key of one cipher, which counts what it seals. AWS-LC wipes it when it drops.
pub struct Key {
    algorithm: Algorithm,
    native: LessSafeKey,
    sealed: AtomicU64,
}

impl Key {
    /// Expands `key` for `algorithm`.
    ///
    /// # Errors
    /// [`ProtectError::KeyLength`] when the length is not the cipher's.
    pub fn new(algorithm: Algorithm, key: &Secret) -> Result<Key, ProtectError> {
        let (expected, found) = (algorithm.key_len(), key.len());
        if expected != found {
            return Err(ProtectError::KeyLength {
                algorithm: algorithm.name(),
                expected,
                found,
            });
        }
        let native = match algorithm {
            Algorithm::Aes128Gcm => &AES_128_GCM,
            Algorithm::Aes256Gcm => &AES_256_GCM,
            Algorithm::Aes256GcmSiv => &AES_256_GCM_SIV,
        };
        let unbound = UnboundKey::new(native, key.expose())
            .map_err(|_| ProtectError::Primitive(algorithm.name()))?;
        Ok(Key {
            algorithm,
            native: LessSafeKey::new(unbound),
            sealed: AtomicU64::new(0),
        })
    }

    /// Seals under a fresh random nonce: nonce, ciphertext, tag.
    ///
    /// # Errors
    /// [`ProtectError::KeyExhausted`] at [`SEALS_PER_KEY`]; [`ProtectError::Randomness`].
    pub fn seal(&self, aad: &[u8], message: &[u8]) -> Result<Vec<u8>, ProtectError> {
        self.count(1)?;
        let nonce = random::array::<NONCE_LEN>()?;
        let mut out = vec![0; NONCE_LEN + message.len() + TAG_LEN];
        let (head, body) = out.split_at_mut(NONCE_LEN);
        head.copy_from_slice(&nonce);
        self.seal_into(nonce, aad, message, body)?;
        Ok(out)
    }

    /// Opens what [`Key::seal`] made.
    ///
    /// # Errors
    /// [`ProtectError::NotAuthentic`] for another key, other associated data or any changed byte.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Secret, ProtectError> {
        let (nonce, body) = sealed
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(ProtectError::NotAuthentic)?;
        let length = body
            .len()
            .checked_sub(TAG_LEN)
            .ok_or(ProtectError::NotAuthentic)?;
        let mut out = Secret::new(vec![0; length]);
        self.open_into(*nonce, aad, body, out.expose_mut())?;
        Ok(out)
    }

    /// Takes `seals` more from the key's budget.
    pub(crate) fn count(&self, seals: u64) -> Result<(), ProtectError> {
        let within = |used: u64| used.checked_add(seals).filter(|sum| *sum <= SEALS_PER_KEY);
        match self
            .sealed
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, within)
        {
            Ok(_) => Ok(()),
            Err(_) => Err(ProtectError::KeyExhausted),
        }
    }

    /// Seals into `out`, which is [`TAG_LEN`] longer than `message`. The caller has counted the
    /// seal and never uses the nonce again.
    pub(crate) fn seal_into(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        message: &[u8],
        out: &mut [u8],
    ) -> Result<(), ProtectError> {
        let failed = || ProtectError::Primitive(self.algorithm.name());
        let (ciphertext, tag) = out.split_last_chunk_mut::<TAG_LEN>().ok_or_else(failed)?;
        if ciphertext.len() != message.len() {
            return Err(failed());
        }
        ciphertext.copy_from_slice(message);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let made = self
            .native
            .seal_in_place_separate_tag(nonce, Aad::from(aad), ciphertext)
            .map_err(|_| {
                // What was not sealed must not stay behind in clear.
                ciphertext.fill(0);
                failed()
            })?;
        *tag = *made.as_ref().first_chunk().ok_or_else(failed)?;
        Ok(())
    }

    /// Opens `sealed` (ciphertext, tag) into `out`; on failure `out` holds zeros.
    pub(crate) fn open_into(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        sealed: &[u8],
        out: &mut [u8],
    ) -> Result<(), ProtectError> {
        let (ciphertext, tag) = sealed
            .split_last_chunk::<TAG_LEN>()
            .ok_or(ProtectError::NotAuthentic)?;
        if out.len() != ciphertext.len() {
            return Err(ProtectError::NotAuthentic);
        }
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.native
            .open_separate_gather(nonce, Aad::from(aad), ciphertext, tag, out)
            .map_err(|_| {
                out.fill(0);
                ProtectError::NotAuthentic
            })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "aead::Key({})", self.algorithm.name())
    }
}

/// What [`seal`] gives.
#[derive(Debug)]
pub struct Sealed {
    /// As long as the message.
    pub ciphertext: Vec<u8>,
    /// 16 bytes.
    pub tag: [u8; TAG_LEN],
}

/// Seals one message under a nonce of the caller's, who must never use it twice with this key.
/// Formats that choose their own nonces and test vectors need this; everything else uses
/// [`Key::seal`].
///
/// # Errors
/// [`ProtectError::Unsupported`] for an IV that is not 96 bits; [`ProtectError::KeyLength`].
pub fn seal(
    algorithm: Algorithm,
    key: &Secret,
    iv: &[u8],
    aad: &[u8],
    message: &[u8],
) -> Result<Sealed, ProtectError> {
    let nonce = nonce(iv)?;
    let key = Key::new(algorithm, key)?;
    key.count(1)?;
    let mut ciphertext = vec![0; message.len() + TAG_LEN];
    key.seal_into(nonce, aad, message, &mut ciphertext)?;
    let tag = *ciphertext
        .last_chunk::<TAG_LEN>()
        .ok_or(ProtectError::Primitive(algorithm.name()))?;
    ciphertext.truncate(message.len());
    Ok(Sealed { ciphertext, tag })
}

/// Opens one message.
///
/// # Errors
/// [`ProtectError::Unsupported`] for an IV that is not 96 bits; [`ProtectError::KeyLength`];
/// [`ProtectError::NotAuthentic`] for a tag that does not hold or is not 16 bytes long.
pub fn open(
    algorithm: Algorithm,
    key: &Secret,
    iv: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
) -> Result<Secret, ProtectError> {
    let nonce = nonce(iv)?;
    let key = Key::new(algorithm, key)?;
    if tag.len() != TAG_LEN {
        return Err(ProtectError::NotAuthentic);
    }
    let mut sealed = Vec::with_capacity(ciphertext.len() + TAG_LEN);
    sealed.extend_from_slice(ciphertext);
    sealed.extend_from_slice(tag);
    let mut out = Secret::new(vec![0; ciphertext.len()]);
    key.open_into(nonce, aad, &sealed, out.expose_mut())?;
    Ok(out)
}

fn nonce(iv: &[u8]) -> Result<[u8; NONCE_LEN], ProtectError> {
    iv.try_into()
        .map_err(|_| ProtectError::unsupported("an IV that is not 96 bits"))
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
        Key::new(Algorithm::Aes256Gcm, &Secret::new(vec![7; 32])).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_and_nothing_else_does() {
        let key = key();
        let sealed = key.seal(b"here", b"secret").unwrap();
        assert_eq!(key.open(b"here", &sealed).unwrap().expose(), b"secret");
        assert_eq!(key.open(b"there", &sealed).unwrap_err().code(), "SL8003");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(b"here", &changed).is_err(), "byte {at}");
            assert!(key.open(b"here", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn sealing_twice_differs() {
        let key = key();
        assert_ne!(key.seal(b"", b"x").unwrap(), key.seal(b"", b"x").unwrap());
    }

    #[test]
    fn the_budget_ends() {
        let key = key();
        key.count(SEALS_PER_KEY).unwrap();
        assert!(matches!(
            key.seal(b"", b"x"),
            Err(ProtectError::KeyExhausted)
        ));
        assert!(matches!(
            key.count(u64::MAX),
            Err(ProtectError::KeyExhausted)
        ));
    }

    #[test]
    fn other_ivs_and_keys_are_refused() {
        let secret = Secret::new(vec![0; 32]);
        for length in [0, 8, 11, 13, 16] {
            let sealed = seal(Algorithm::Aes256Gcm, &secret, &vec![0; length], b"", b"x");
            assert!(sealed.unwrap_err().is_unsupported(), "{length}");
        }
        assert!(matches!(
            Key::new(Algorithm::Aes128Gcm, &secret),
            Err(ProtectError::KeyLength { .. })
        ));
        assert!(
            Algorithm::parse("AES-256-CBC")
                .unwrap_err()
                .is_unsupported()
        );
    }
}
