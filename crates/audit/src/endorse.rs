//! What an owner signs: which files of a project, by path and digest.
//!
//! An in-toto Statement v1 in a DSSE envelope, as a receipt is, of another predicate type. The
//! subjects are the files.
//!
//! INVARIANT: an [`Endorsement`] that was opened is what the holder of the key signed, byte by byte; the
//! order of the files is that of their paths. Must never say that the files are still the same: whoever
//! has them compares.

use std::collections::BTreeMap;

use sealine_protect::crypto::ed25519::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::dsse::{self, IN_TOTO};
use crate::receipt::{STATEMENT_TYPE, Subject, SubjectDigest};
use crate::{AuditError, Digest, Time};

/// `predicateType` of an endorsement, version 1.
pub const ENDORSEMENT_TYPE: &str = "urn:sealine:endorsement:v1";
/// The largest envelope that is read, in bytes: thousands of files.
pub const MAX_ENDORSEMENT: usize = 4 << 20;

/// What an owner vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endorsement {
    /// The owner's name.
    pub owner: String,
    /// Larger with each signature of the owner, so that an older one is known for what it is.
    pub sequence: u64,
    /// When it was signed, as the owner's machine told the time.
    pub signed: Time,
    /// Path relative to the project, with `/`, and SHA-256 of the file.
    pub files: BTreeMap<String, Digest>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Predicate {
    owner: String,
    sequence: u64,
    signed: Time,
}

impl Endorsement {
    /// Signs it; the result is the text of a file.
    ///
    /// # Errors
    /// `Encode`, `Sign`.
    pub fn seal(&self, key: &SigningKey) -> Result<Vec<u8>, AuditError> {
        let subject = self.files.iter().map(|(name, sha256)| Subject {
            name: name.clone(),
            digest: SubjectDigest { sha256: *sha256 },
        });
        let statement = Statement {
            kind: STATEMENT_TYPE.to_owned(),
            subject: subject.collect(),
            predicate_type: ENDORSEMENT_TYPE.to_owned(),
            predicate: Predicate {
                owner: self.owner.clone(),
                sequence: self.sequence,
                signed: self.signed,
            },
        };
        let encode = |_| AuditError::Encode {
            what: "endorsement",
        };
        let payload = serde_json::to_vec(&statement).map_err(encode)?;
        let mut text = dsse::seal(IN_TOTO, &payload, key)?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads what [`Endorsement::seal`] wrote, signed by this key and by nobody else.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence about it.
    pub fn open(bytes: &[u8], key: &VerifyingKey) -> Result<Self, &'static str> {
        if bytes.len() > MAX_ENDORSEMENT {
            return Err("it is larger than 4 MiB");
        }
        let payload = dsse::open(IN_TOTO, bytes, key).map_err(|flaw| match flaw {
            dsse::Flaw::Signature => "the owner's key has not signed it as it stands",
            other => other.text(),
        })?;
        let form = "its statement is not that of an owner";
        let statement: Statement = serde_json::from_slice(&payload).map_err(|_| form)?;
        if statement.kind != STATEMENT_TYPE || statement.predicate_type != ENDORSEMENT_TYPE {
            return Err(form);
        }
        let mut files = BTreeMap::new();
        for Subject { name, digest } in statement.subject {
            if files.insert(name, digest.sha256).is_some() {
                return Err("it names a file twice");
            }
        }
        let Predicate {
            owner,
            sequence,
            signed,
        } = statement.predicate;
        Ok(Self {
            owner,
            sequence,
            signed,
            files,
        })
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
    use crate::sign;
    use crate::sign::tests::key;

    fn endorsement() -> Endorsement {
        Endorsement {
            owner: "privacy".to_owned(),
            sequence: 7,
            signed: Time::from_seconds(1_700_000_000),
            files: BTreeMap::from([
                ("catalog/crm.yaml".to_owned(), Digest::of(b"a")),
                ("sealine.yaml".to_owned(), Digest::of(b"b")),
            ]),
        }
    }

    #[test]
    fn opens_for_its_key_alone_and_no_changed_bit_does() {
        let sealed = endorsement().seal(&key(1)).unwrap();
        let public = sign::verifier(&key(1));
        assert_eq!(Endorsement::open(&sealed, &public).unwrap(), endorsement());
        assert!(Endorsement::open(&sealed, &sign::verifier(&key(2))).is_err());
        // The last byte is the line feed, which is not signed and means nothing.
        for at in 0..sealed.len() - 1 {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed[at] ^= 1 << bit;
                assert!(
                    Endorsement::open(&changed, &public).is_err(),
                    "byte {at} bit {bit}"
                );
            }
        }
    }

    #[test]
    fn another_statement_under_the_key_is_none() {
        let public = sign::verifier(&key(1));
        let mut value: serde_json::Value = serde_json::from_slice(
            &dsse::open(IN_TOTO, &endorsement().seal(&key(1)).unwrap(), &public).unwrap(),
        )
        .unwrap();
        let sealed = |value: &serde_json::Value| {
            dsse::seal(IN_TOTO, value.to_string().as_bytes(), &key(1)).unwrap()
        };
        assert!(Endorsement::open(&sealed(&value), &public).is_ok());
        let twice = value["subject"][0].clone();
        value["subject"].as_array_mut().unwrap().push(twice);
        assert_eq!(
            Endorsement::open(&sealed(&value), &public),
            Err("it names a file twice")
        );
        value["subject"] = serde_json::json!([]);
        value["predicateType"] = crate::RECEIPT_TYPE.into();
        assert!(Endorsement::open(&sealed(&value), &public).is_err());
    }
}
