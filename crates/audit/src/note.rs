//! Checkpoints: C2SP `tlog-checkpoint` inside a C2SP `signed-note`, Ed25519.
//!
//! INVARIANT: a [`Checkpoint`] is a well-formed note; that says nothing about
//! who signed it until [`Checkpoint::verify`] passes. The origin is the key
//! name. Must never accept what it would not write in the same bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealine_protect::crypto::ed25519::{SigningKey, VerifyingKey};
use sealine_protect::crypto::sha256;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::{AuditError, Digest, sign};

/// Signature type of a plain Ed25519 note signature.
const ED25519: u8 = 0x01;
/// The specification asks for 16 signatures at least; no note needs to be larger.
const MAX_NOTE: usize = 64 * 1024;
const MAX_SIGNATURES: usize = 64;
const MAX_ORIGIN: usize = 255;

/// The head of a log at one size: origin, size and root hash, with its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Digest,
    note: String,
    body: usize,
}

impl Checkpoint {
    /// Reads a checkpoint, for instance one that was remembered from before.
    /// Its signature is checked by [`Checkpoint::verify`], not here.
    ///
    /// # Errors
    /// `BadCheckpoint`, which says what is wrong with the text.
    pub fn parse(bytes: &[u8]) -> Result<Self, AuditError> {
        parse(bytes).map_err(|reason| AuditError::BadCheckpoint { reason })
    }

    /// The log's name, which is also the name of its key.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root hash.
    #[must_use]
    pub const fn root(&self) -> Digest {
        self.root
    }

    /// The signed note, as it is to be kept or sent.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.note
    }

    /// Checks the log's own signature under `key`. Signatures of other keys
    /// (witnesses, say) are ignored, as the specification asks.
    ///
    /// # Errors
    /// `BadCheckpoint` where no signature of the key is there or one is wrong.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), AuditError> {
        let id = key_id(&self.origin, &sign::public(key));
        let (body, signatures) = self.note.split_at(self.body);
        let mut signed = false;
        for line in signatures.lines().skip(1) {
            let (name, bytes) = signature(line).map_err(bad)?;
            if let Some((at, value)) = bytes.split_first_chunk::<4>()
                && name == self.origin
                && *at == id
            {
                if !sign::verify(key, body.as_bytes(), value) {
                    return Err(bad(
                        "its signature is not that of the log's key over this text",
                    ));
                }
                signed = true;
            }
        }
        if signed {
            Ok(())
        } else {
            Err(bad("the log's key has not signed it"))
        }
    }

    /// Signs the head of a log.
    pub(crate) fn sign(
        origin: &str,
        size: u64,
        root: Digest,
        key: &SigningKey,
    ) -> Result<Self, AuditError> {
        check_origin(origin)?;
        let body = format!("{origin}\n{size}\n{}\n", STANDARD.encode(root.as_bytes()));
        let mut signature = key_id(origin, &sign::public(&sign::verifier(key))).to_vec();
        signature.extend_from_slice(&sign::sign(key, body.as_bytes())?);
        let note = format!("{body}\n— {origin} {}\n", STANDARD.encode(signature));
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
            body: body.len(),
            note,
        })
    }
}

impl Serialize for Checkpoint {
    /// What it says, without the signatures.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut checkpoint = serializer.serialize_struct("Checkpoint", 3)?;
        checkpoint.serialize_field("origin", &self.origin)?;
        checkpoint.serialize_field("size", &self.size)?;
        checkpoint.serialize_field("root", &self.root)?;
        checkpoint.end()
    }
}

fn bad(reason: &'static str) -> AuditError {
    AuditError::BadCheckpoint { reason }
}

fn parse(bytes: &[u8]) -> Result<Checkpoint, &'static str> {
    if bytes.len() > MAX_NOTE {
        return Err("it is too large");
    }
    let note = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    if note.bytes().any(|b| b < 0x20 && b != b'\n') {
        return Err("it has control characters");
    }
    let body = note.rfind("\n\n").ok_or("it has no signatures")? + 1;
    let (text, signatures) = note.split_at(body);
    let mut lines = text.lines();
    let mut line = || lines.next().filter(|line| !line.is_empty());
    let origin = line().ok_or("its origin line is missing")?;
    check_origin(origin).map_err(|_| "its origin line is not a name")?;
    let number = line().ok_or("its size line is missing")?;
    let size: u64 = number
        .parse()
        .map_err(|_| "its size line is not a number")?;
    if size.to_string() != number {
        return Err("its size line is not a plain number");
    }
    let hash = line().ok_or("its root hash line is missing")?;
    let hash = STANDARD
        .decode(hash)
        .map_err(|_| "its root hash is not base64")?;
    let root: [u8; 32] = hash
        .try_into()
        .map_err(|_| "its root hash is not 32 bytes")?;
    if lines.any(str::is_empty) {
        return Err("it has an empty line in its text");
    }
    let signatures = signatures
        .strip_prefix('\n')
        .ok_or("it has no signatures")?;
    if signatures.is_empty() || !signatures.ends_with('\n') {
        return Err("its last signature line is cut");
    }
    for (count, line) in signatures.lines().enumerate() {
        if count >= MAX_SIGNATURES {
            return Err("it has too many signatures");
        }
        signature(line)?;
    }
    Ok(Checkpoint {
        origin: origin.to_owned(),
        size,
        root: Digest::new(root),
        note: note.to_owned(),
        body,
    })
}

/// Key name and decoded bytes (key id, then the signature) of a signature line.
fn signature(line: &str) -> Result<(&str, Vec<u8>), &'static str> {
    let rest = line
        .strip_prefix("— ")
        .ok_or("a signature line does not begin as one")?;
    let (name, value) = rest
        .split_once(' ')
        .ok_or("a signature line has no value")?;
    check_origin(name).map_err(|_| "a signature line has no key name")?;
    let bytes = STANDARD
        .decode(value)
        .map_err(|_| "a signature is not base64")?;
    if bytes.len() < 5 {
        return Err("a signature is too short");
    }
    Ok((name, bytes))
}

/// First four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key).
fn key_id(name: &str, public: &[u8; 32]) -> [u8; 4] {
    let mut bytes = Vec::with_capacity(name.len() + 34);
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(&[b'\n', ED25519]);
    bytes.extend_from_slice(public);
    let [a, b, c, d, ..] = sha256(&bytes);
    [a, b, c, d]
}

/// A name that a note can carry: no spaces, no plus, no control characters.
pub(crate) fn check_origin(origin: &str) -> Result<(), AuditError> {
    let fits = !origin.is_empty()
        && origin.len() <= MAX_ORIGIN
        && !origin
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '+');
    if fits {
        Ok(())
    } else {
        Err(AuditError::BadOrigin)
    }
}

/// A name for a log that nobody named: `sealine-` and 16 hex digits of its
/// key's SHA-256, so that two logs are never confused.
#[must_use]
pub fn default_origin(key: &VerifyingKey) -> String {
    let digest = Digest::of(&sign::public(key)).to_string();
    format!("sealine-{}", digest.get(..16).unwrap_or_default())
}

/// The log's public key in C2SP's text form, `name+hash+base64`.
#[must_use]
pub fn verifier_text(origin: &str, key: &VerifyingKey) -> String {
    let public = sign::public(key);
    let mut material = vec![ED25519];
    material.extend_from_slice(&public);
    let id = hex::encode(key_id(origin, &public));
    format!("{origin}+{id}+{}", STANDARD.encode(material))
}

/// Reads a public key from its text form: name and key. One trailing newline is allowed.
///
/// # Errors
/// `BadKey`, which says what is wrong with the text.
pub fn parse_verifier(text: &str) -> Result<(String, VerifyingKey), AuditError> {
    let bad = |reason| AuditError::BadKey { reason };
    let line = text.strip_suffix('\n').unwrap_or(text);
    let mut parts = line.splitn(3, '+');
    let mut part = || parts.next().ok_or(bad("it is not `name+hash+base64`"));
    let (name, id, material) = (part()?, part()?, part()?);
    check_origin(name).map_err(|_| bad("its name is empty or has spaces"))?;
    let material = STANDARD
        .decode(material)
        .map_err(|_| bad("its key is not base64"))?;
    let Some((&ED25519, public)) = material.split_first() else {
        return Err(bad("it is not an Ed25519 key"));
    };
    let public: [u8; 32] = public
        .try_into()
        .map_err(|_| bad("its key is not 32 bytes"))?;
    if id != hex::encode(key_id(name, &public)) {
        return Err(bad("its hash is not that of the name and key"));
    }
    let key = sign::public_key(&public).ok_or(bad("its key is not 32 bytes"))?;
    Ok((name.to_owned(), key))
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
    use crate::sign::tests::key;

    #[test]
    fn the_example_of_the_specification() {
        // C2SP signed-note: verifier key and note text, whose body is not a checkpoint.
        let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
        let (name, key) = parse_verifier(vkey).unwrap();
        assert_eq!(verifier_text(&name, &key), vkey);
        let line = "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=";
        let (signer, bytes) = signature(line).unwrap();
        assert_eq!(signer, name);
        let (id, value) = bytes.split_at(4);
        assert_eq!(id, key_id(&name, &sign::public(&key)));
        assert!(sign::verify(&key, b"This is an example message.\n", value));
        assert!(!sign::verify(&key, b"This is an example message!\n", value));
    }

    #[test]
    fn the_checkpoint_of_the_specification_parses() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
        let checkpoint = Checkpoint::parse(text.as_bytes()).unwrap();
        assert_eq!(checkpoint.origin(), "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size(), 20_852_163);
        assert_eq!(checkpoint.as_text(), text);
        assert!(checkpoint.verify(&sign::verifier(&key(1))).is_err());
    }

    #[test]
    fn signed_here_verifies_here_and_no_changed_byte_does() {
        let key = key(1);
        let public = sign::verifier(&key);
        let signed = Checkpoint::sign("log", 7, Digest::new([9; 32]), &key).unwrap();
        let note = signed.as_text().as_bytes();
        assert_eq!(Checkpoint::parse(note).unwrap(), signed);
        signed.verify(&public).unwrap();
        for at in 0..note.len() {
            for bit in 0..8 {
                let mut changed = note.to_vec();
                changed[at] ^= 1 << bit;
                let accepted = Checkpoint::parse(&changed).and_then(|c| c.verify(&public));
                assert!(accepted.is_err(), "byte {at} bit {bit}");
            }
        }
        for cut in 0..note.len() {
            assert!(
                Checkpoint::parse(&note[..cut])
                    .and_then(|c| c.verify(&public))
                    .is_err()
            );
        }
    }

    #[test]
    fn a_witness_signature_beside_ours_is_ignored() {
        let key = key(1);
        let signed = Checkpoint::sign("log", 7, Digest::new([9; 32]), &key).unwrap();
        let both = format!("{}— witness.example AAAAAAECAwQ=\n", signed.as_text());
        Checkpoint::parse(both.as_bytes())
            .unwrap()
            .verify(&sign::verifier(&key))
            .unwrap();
    }

    #[test]
    fn keys_are_told_apart() {
        let public = sign::verifier(&key(1));
        let text = verifier_text("log", &public);
        let (name, read) = parse_verifier(&format!("{text}\n")).unwrap();
        assert_eq!(
            (name.as_str(), sign::public(&read)),
            ("log", sign::public(&public))
        );
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert!(parse_verifier(&changed).is_err(), "{changed}");
        }
        assert_ne!(
            default_origin(&public),
            default_origin(&sign::verifier(&key(2)))
        );
        for name in ["", "a b", "a+b", "a\u{a0}b", "a\u{7f}"] {
            assert!(check_origin(name).is_err(), "{name:?}");
        }
    }
}
