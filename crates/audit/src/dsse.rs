//! DSSE envelopes: a payload, its type, and an Ed25519 signature over both.
//!
//! INVARIANT: what is signed is the pre-authentication encoding (PAE), so a
//! payload of one type never passes for another. Must never hand out a payload
//! whose signature it has not checked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealine_protect::crypto::ed25519::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::{AuditError, Digest, sign};

/// Payload type of an in-toto statement.
pub(crate) const IN_TOTO: &str = "application/vnd.in-toto+json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    #[serde(rename = "payloadType")]
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

/// Why an envelope did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    Form,
    Type,
    Signature,
}

impl Flaw {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Form => "it is not a DSSE envelope",
            Self::Type => "its payload is of another type",
            Self::Signature => "the log's key has not signed it as it stands",
        }
    }
}

/// Signs a payload; the result is the envelope's JSON.
pub(crate) fn seal(kind: &str, payload: &[u8], key: &SigningKey) -> Result<Vec<u8>, AuditError> {
    let envelope = Envelope {
        payload_type: kind.to_owned(),
        payload: STANDARD.encode(payload),
        signatures: vec![Signature {
            keyid: key_id(&sign::verifier(key)),
            sig: STANDARD.encode(sign::sign(key, &pae(kind, payload))?),
        }],
    };
    serde_json::to_vec(&envelope).map_err(|_| AuditError::Encode { what: "envelope" })
}

/// Opens an envelope of this type, signed by this key and by nobody else.
pub(crate) fn open(kind: &str, bytes: &[u8], key: &VerifyingKey) -> Result<Vec<u8>, Flaw> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|_| Flaw::Form)?;
    if envelope.payload_type != kind {
        return Err(Flaw::Type);
    }
    let payload = STANDARD.decode(&envelope.payload).map_err(|_| Flaw::Form)?;
    let [signature] = envelope.signatures.as_slice() else {
        return Err(Flaw::Form);
    };
    let value = STANDARD.decode(&signature.sig).map_err(|_| Flaw::Form)?;
    if signature.keyid != key_id(key) || !sign::verify(key, &pae(kind, &payload), &value) {
        return Err(Flaw::Signature);
    }
    Ok(payload)
}

/// `DSSEv1 <length> <type> <length> <payload>`.
fn pae(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

fn key_id(key: &VerifyingKey) -> String {
    Digest::of(&sign::public(key)).to_string()
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
    fn the_encoding_of_the_specification() {
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn opens_for_its_type_and_key_alone() {
        let sealed = seal("a", b"payload", &key(1)).unwrap();
        let public = sign::verifier(&key(1));
        assert_eq!(open("a", &sealed, &public).unwrap(), b"payload");
        assert_eq!(open("b", &sealed, &public), Err(Flaw::Type));
        assert_eq!(
            open("a", &sealed, &sign::verifier(&key(2))),
            Err(Flaw::Signature)
        );
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed[at] ^= 1 << bit;
                assert!(open("a", &changed, &public).is_err(), "byte {at} bit {bit}");
            }
        }
    }
}
