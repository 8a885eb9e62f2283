//! Keysets: several keys of one kind, of which the primary seals and every enabled one opens.
//!
//! ```text
//! 0x01 | key id u32 | nonce 12 | ciphertext | tag 16      AES-GCM, prefix `TINK`
//! 0x01 | key id u32 | synthetic IV 16 | ciphertext        AES-SIV, prefix `TINK`
//! ```
//!
//! With the prefix `RAW` the first five bytes are left out.
//!
//! Invariant: a keyset holds at least its primary key, enabled; keys have one kind and ids of
//! their own.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::proto;
use crate::{
    ProtectError,
    crypto::{
        Secret, TokenKey, ValueKey,
        aead::{self, NONCE_LEN, TAG_LEN},
        json, random, siv,
    },
};

/// Longer keysets are not read.
const LONGEST: usize = 1 << 20;
/// Larger keysets are not read.
const MOST: usize = 256;
const PREFIX_LEN: usize = 5;
const TYPES: &str = "type.googleapis.com/google.crypto.tink.";

/// What a keyset is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Randomized: `AesGcmKey`.
    Aead,
    /// Deterministic: `AesSivKey`. Equal messages with equal associated data look equal.
    Daead,
}

impl Kind {
    fn type_name(self) -> &'static str {
        match self {
            Kind::Aead => "AesGcmKey",
            Kind::Daead => "AesSivKey",
        }
    }

    /// The field of the message that holds the key bytes.
    fn field(self) -> u8 {
        match self {
            Kind::Aead => 3,
            Kind::Daead => 2,
        }
    }
}

/// A keyset, ready to seal and open.
pub struct Keyset {
    kind: Kind,
    /// The primary first.
    keys: Vec<Key>,
}

struct Key {
    id: u32,
    tink: bool,
    secret: Secret,
    cipher: Cipher,
}

enum Cipher {
    Gcm(Box<aead::Key>),
    Siv,
}

impl Keyset {
    /// The AEAD keyset that belongs to versions of one of our keys, the newest first: AES-256-GCM
    /// under HKDF-SHA-256(key, info `tink_aead`), ids by info `tink_aead/id`.
    ///
    /// # Errors
    /// [`ProtectError::Keyset`] for no version.
    pub fn derive_aead(versions: &[ValueKey]) -> Result<Keyset, ProtectError> {
        let key = |key: &ValueKey| {
            let id = id(&key.derive("tink_aead/id", 4)?);
            Key::new(Kind::Aead, id, true, key.derive("tink_aead", 32)?)
        };
        let keys: Result<_, _> = versions.iter().map(key).collect();
        Keyset::new(Kind::Aead, keys?)
    }

    /// The deterministic keyset that belongs to one of our keys: AES-SIV with 64 bytes of
    /// HKDF-SHA-256(key, info `tink_daead`), its id by info `tink_daead/id`.
    ///
    /// # Errors
    /// [`ProtectError::Primitive`], which is not expected.
    pub fn derive_daead(key: &TokenKey) -> Result<Keyset, ProtectError> {
        let id = id(&key.derive("tink_daead/id", 4)?);
        let key = Key::new(Kind::Daead, id, true, key.derive("tink_daead", 64)?)?;
        Keyset::new(Kind::Daead, vec![key])
    }

    fn new(kind: Kind, keys: Vec<Key>) -> Result<Keyset, ProtectError> {
        let mut ids: Vec<u32> = keys.iter().map(|key| key.id).collect();
        ids.sort_unstable();
        if ids.is_empty() || ids.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(refuse("it has no enabled key, or two with one id"));
        }
        Ok(Keyset { kind, keys })
    }

    /// Reads a keyset in Tink's JSON, in clear text.
    ///
    /// # Errors
    /// [`ProtectError::Keyset`] says what is wrong; it never quotes.
    pub fn from_json(text: &str) -> Result<Keyset, ProtectError> {
        if text.len() > LONGEST {
            return Err(refuse("it is longer than 1 MiB"));
        }
        let keyset = json::read(text).ok_or_else(|| refuse("it is not JSON"))?;
        if keyset.get("encryptedKeyset").is_some() {
            return Err(refuse("it is encrypted; open it with its KMS first"));
        }
        let primary = number(&keyset, "primaryKeyId")?;
        let list = keyset.get("key").and_then(Value::as_array);
        let list = list.filter(|list| list.len() <= MOST);
        let list = list.ok_or_else(|| refuse("it has no list `key` of at most 256 keys"))?;
        let mut keys = Vec::new();
        let mut kind = None;
        for key in list {
            let word = |name| key.get(name).and_then(Value::as_str);
            if word("status") != Some("ENABLED") {
                continue;
            }
            let (own, key) = Key::read(key)?;
            if *kind.get_or_insert(own) != own {
                return Err(refuse("its keys are of two kinds"));
            }
            keys.push(key);
        }
        // The primary seals, so it stands first.
        keys.sort_by_key(|key| key.id != primary);
        match (kind, keys.first()) {
            (Some(kind), Some(first)) if first.id == primary => Keyset::new(kind, keys),
            _ => Err(refuse("its primary key is not there or not enabled")),
        }
    }

    /// The keyset in Tink's JSON, in clear text: whoever has it can seal and open.
    ///
    /// # Errors
    /// [`ProtectError::Keyset`], which is not expected.
    pub fn to_json(&self) -> Result<Secret, ProtectError> {
        let mut list = Vec::new();
        for key in &self.keys {
            let message = proto::write_key(self.kind.field(), &key.secret)
                .ok_or_else(|| refuse("a key is too long"))?;
            list.push(json!({
                "keyData": {
                    "typeUrl": format!("{TYPES}{}", self.kind.type_name()),
                    "value": STANDARD.encode(message.expose()),
                    "keyMaterialType": "SYMMETRIC",
                },
                "status": "ENABLED",
                "keyId": key.id,
                "outputPrefixType": if key.tink { "TINK" } else { "RAW" },
            }));
        }
        let primary = self.keys.first().map_or(0, |key| key.id);
        let text = json!({ "primaryKeyId": primary, "key": list }).to_string();
        Ok(Secret::new(text.into_bytes()))
    }

    /// What the keyset is for.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Seals with the primary key; opens with the same `associated` data only.
    ///
    /// # Errors
    /// [`ProtectError::KeyExhausted`]; [`ProtectError::Randomness`].
    pub fn seal(&self, associated: &[u8], message: &[u8]) -> Result<Vec<u8>, ProtectError> {
        let mut out = vec![0; self.sealed_len(message.len())];
        self.sealer(associated)?.seal_into(message, &mut out)?;
        Ok(out)
    }

    /// The length of the ciphertext of a message.
    pub(crate) fn sealed_len(&self, message: usize) -> usize {
        let tink = self.keys.first().is_some_and(|key| key.tink);
        let overhead = match self.kind {
            Kind::Aead => NONCE_LEN + TAG_LEN,
            Kind::Daead => siv::IV_LEN,
        };
        message
            .saturating_add(overhead)
            .saturating_add(if tink { PREFIX_LEN } else { 0 })
    }

    /// What seals many messages with one piece of associated data.
    pub(crate) fn sealer<'a>(&'a self, associated: &'a [u8]) -> Result<Sealer<'a>, ProtectError> {
        let key = self.keys.first().ok_or_else(|| refuse("it is empty"))?;
        let cipher = match &key.cipher {
            Cipher::Gcm(key) => SealerCipher::Gcm(key, associated),
            Cipher::Siv => SealerCipher::Siv(Box::new(siv::Key::new(&key.secret, &[associated])?)),
        };
        let prefix = key.tink.then(|| key.prefix());
        Ok(Sealer { prefix, cipher })
    }

    /// Opens what a key of this keyset has sealed.
    ///
    /// # Errors
    /// [`ProtectError::NotAuthentic`] for another key, other associated data or any changed byte.
    pub fn open(&self, associated: &[u8], sealed: &[u8]) -> Result<Secret, ProtectError> {
        let named = |key: &&Key| key.tink && sealed.starts_with(&key.prefix());
        let body = sealed.get(PREFIX_LEN..).unwrap_or_default();
        let named = self.keys.iter().filter(named).map(|key| (key, body));
        let raw = self.keys.iter().filter(|key| !key.tink);
        let raw = raw.map(|key| (key, sealed));
        named
            .chain(raw)
            .find_map(|(key, body)| key.open(associated, body).ok())
            .ok_or(ProtectError::NotAuthentic)
    }
}

/// The primary key of a keyset with one piece of associated data.
pub(crate) struct Sealer<'a> {
    prefix: Option<[u8; PREFIX_LEN]>,
    cipher: SealerCipher<'a>,
}

enum SealerCipher<'a> {
    Gcm(&'a aead::Key, &'a [u8]),
    Siv(Box<siv::Key>),
}

impl Sealer<'_> {
    /// Seals into `out`, as long as [`Keyset::sealed_len`] says.
    pub(crate) fn seal_into(&self, message: &[u8], out: &mut [u8]) -> Result<(), ProtectError> {
        let failed = ProtectError::Primitive("Tink");
        let body = match &self.prefix {
            Some(prefix) => {
                let (place, body) = out.split_first_chunk_mut().ok_or(failed)?;
                *place = *prefix;
                body
            }
            None => out,
        };
        match &self.cipher {
            SealerCipher::Gcm(key, associated) => {
                key.count(1)?;
                let failed = ProtectError::Primitive("Tink");
                let (place, body) = body.split_first_chunk_mut().ok_or(failed)?;
                let nonce = random::array::<NONCE_LEN>()?;
                *place = nonce;
                key.seal_into(nonce, associated, message, body)
            }
            SealerCipher::Siv(key) => key.seal_into(message, body),
        }
    }
}

impl Key {
    fn new(kind: Kind, id: u32, tink: bool, secret: Secret) -> Result<Key, ProtectError> {
        let gcm = |algorithm| Ok(Cipher::Gcm(Box::new(aead::Key::new(algorithm, &secret)?)));
        let cipher = match (kind, secret.len()) {
            (Kind::Aead, 16) => gcm(aead::Algorithm::Aes128Gcm),
            (Kind::Aead, 32) => gcm(aead::Algorithm::Aes256Gcm),
            (Kind::Daead, 64) => Ok(Cipher::Siv),
            _ => Err(refuse("a key is of a length that is not supported")),
        }?;
        Ok(Key {
            id,
            tink,
            secret,
            cipher,
        })
    }

    fn read(key: &Value) -> Result<(Kind, Key), ProtectError> {
        let word = |value: Option<&Value>, name: &str| {
            let word = value.and_then(|value| value.get(name)?.as_str());
            word.map(str::to_owned)
        };
        let data = key.get("keyData");
        let kind = word(data, "typeUrl");
        let kind = kind.as_deref().and_then(|url| url.strip_prefix(TYPES));
        let kind = [Kind::Aead, Kind::Daead]
            .into_iter()
            .find(|one| kind == Some(one.type_name()))
            .ok_or_else(|| refuse("a key is not an `AesGcmKey` or an `AesSivKey`"))?;
        let tink = match word(Some(key), "outputPrefixType").as_deref() {
            Some("TINK") => true,
            Some("RAW") => false,
            _ => return Err(refuse("a key has a prefix that is not `TINK` or `RAW`")),
        };
        let value = Zeroizing::new(word(data, "value").unwrap_or_default());
        let message = STANDARD.decode(value.as_bytes()).map(Secret::new);
        let secret = message
            .ok()
            .and_then(|message| proto::read_key(message.expose(), u64::from(kind.field())))
            .ok_or_else(|| refuse("a key is damaged, or of a newer version"))?;
        Ok((kind, Key::new(kind, number(key, "keyId")?, tink, secret)?))
    }

    fn prefix(&self) -> [u8; PREFIX_LEN] {
        let [a, b, c, d] = self.id.to_be_bytes();
        [1, a, b, c, d]
    }

    fn open(&self, associated: &[u8], body: &[u8]) -> Result<Secret, ProtectError> {
        match &self.cipher {
            Cipher::Gcm(key) => key.open(associated, body),
            Cipher::Siv => siv::Key::new(&self.secret, &[associated])?.open(body),
        }
    }
}

impl fmt::Debug for Keyset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tink::Keyset({:?}, {} keys)", self.kind, self.keys.len())
    }
}

/// An id that is not 0, which Tink does not use.
fn id(bytes: &Secret) -> u32 {
    let id = bytes
        .expose()
        .first_chunk()
        .copied()
        .map(u32::from_be_bytes);
    id.unwrap_or(1).max(1)
}

fn number(value: &Value, name: &str) -> Result<u32, ProtectError> {
    let number = value.get(name).and_then(Value::as_u64);
    number
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| refuse("an id is not a number of 32 bits"))
}

fn refuse(reason: &'static str) -> ProtectError {
    ProtectError::Keyset { reason }
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

    fn value_key(byte: u8) -> ValueKey {
        ValueKey::new(u32::from(byte), Secret::new(vec![byte; 32])).unwrap()
    }

    fn both() -> [Keyset; 2] {
        let token = TokenKey::new(&Secret::new(vec![3; 32])).unwrap();
        [
            Keyset::derive_aead(&[value_key(2), value_key(1)]).unwrap(),
            Keyset::derive_daead(&token).unwrap(),
        ]
    }

    fn text(keyset: &Keyset) -> String {
        String::from_utf8(keyset.to_json().unwrap().expose().to_vec()).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_with_the_keyset_that_is_handed_on() {
        for keyset in both() {
            let partner = Keyset::from_json(&text(&keyset)).unwrap();
            for message in [&b""[..], b"x", &[7; 100]] {
                let sealed = keyset.seal(b"there", message).unwrap();
                assert_eq!(sealed.len(), keyset.sealed_len(message.len()));
                assert_eq!(sealed[..5], keyset.keys[0].prefix());
                assert_eq!(partner.open(b"there", &sealed).unwrap().expose(), message);
                assert!(partner.open(b"here", &sealed).is_err());
                for at in 0..sealed.len() {
                    let mut changed = sealed.clone();
                    changed[at] ^= 1;
                    assert!(partner.open(b"there", &changed).is_err(), "{at}");
                    assert!(partner.open(b"there", &sealed[..at]).is_err(), "{at}");
                }
                let again = keyset.seal(b"there", message).unwrap();
                assert_eq!(again == sealed, keyset.kind() == Kind::Daead);
            }
            let shown = format!("{keyset:?}");
            assert!(
                shown.starts_with("tink::Keyset(") && shown.len() < 40,
                "{shown}"
            );
        }
    }

    #[test]
    fn every_enabled_key_opens_and_the_primary_seals() {
        let [keyset, _] = both();
        let old = Keyset::derive_aead(&[value_key(1)]).unwrap();
        let sealed = old.seal(b"", b"old").unwrap();
        assert_eq!(keyset.open(b"", &sealed).unwrap().expose(), b"old");
        let json = text(&keyset);
        let disabled = json
            .replacen("ENABLED", "DISABLED", 2)
            .replacen("DISABLED", "ENABLED", 1);
        assert!(
            Keyset::from_json(&disabled)
                .unwrap()
                .open(b"", &sealed)
                .is_err()
        );
        let raw = json.replace("TINK", "RAW");
        let raw = Keyset::from_json(&raw).unwrap();
        assert_eq!(raw.open(b"", &sealed[5..]).unwrap().expose(), b"old");
        assert_eq!(raw.seal(b"", b"new").unwrap().len(), 3 + 28);
    }

    #[test]
    fn keysets_that_are_not_sound_are_refused() {
        let good = text(&both()[0]);
        let daead = text(&both()[1]);
        let primary: Value = serde_json::from_str(&good).unwrap();
        let (one, two) = (&primary["key"][0]["keyId"], &primary["key"][1]["keyId"]);
        let mixed: Value = serde_json::from_str(&daead).unwrap();
        let mut mixed_keys = primary.clone();
        mixed_keys["key"]
            .as_array_mut()
            .unwrap()
            .push(mixed["key"][0].clone());
        for bad in [
            "".to_owned(),
            "{}".to_owned(),
            r#"{"encryptedKeyset": "AAAA", "primaryKeyId": 1, "key": []}"#.to_owned(),
            r#"{"primaryKeyId": 1, "key": []}"#.to_owned(),
            good.replacen(&one.to_string(), "1", 1),
            good.replacen("ENABLED", "DISABLED", 1),
            good.replace(&two.to_string(), &one.to_string()),
            good.replace("AesGcmKey", "AesEaxKey"),
            good.replace("AesGcmKey", "AesSivKey"),
            good.replace("TINK", "LEGACY"),
            good.replace("\"value\":\"", "\"value\":\"Ahw"),
            mixed_keys.to_string(),
        ] {
            let error = Keyset::from_json(&bad).unwrap_err();
            assert_eq!(error.code(), "SL8041", "{bad}");
        }
    }
}
