//! The signatures of a project's owners: read, checked under their keys, made, remembered in the log.
//!
//! INVARIANT: what is judged are the texts that were parsed, not the files as they are a moment later; who vouched
//! last is what the log says. Must never take a key from anywhere but `sealine.yaml` and the log.

use std::collections::BTreeMap;
use std::path::Path;

use sealine_access::{FileDigests, Signature, Signatures, Signed, Signer, Vouched};
use sealine_audit::{
    Action, Digest, Endorsement, Log, MAX_ENDORSEMENT, OwnerKnown, Reader, Time, parse_verifier,
    verifier_text,
};
use sealine_protect::crypto;
use sealine_protect::crypto::ed25519::{SigningKey, VerifyingKey};
use sealine_spec::{Source, Spec};

use crate::clock;
use crate::durable;
use crate::error::EngineError;

/// Where signatures lie in a project.
const FOLDER: &str = "signatures";
const PROJECT: &str = "sealine.yaml";

/// A signature that was made.
#[derive(Clone, Debug)]
pub struct Endorsed {
    /// The owner.
    pub owner: String,
    /// Where it lies, relative to the project.
    pub path: String,
    /// Its number.
    pub sequence: u64,
    /// The files that it is about, sorted.
    pub files: Vec<String>,
    /// Whether the key is that of an owner who leaves: it signed that, and nothing else.
    pub leaves: bool,
}

/// Why nothing was signed.
#[derive(Debug)]
pub enum NotEndorsed {
    /// The key is not that of the owner, now or before; its public half.
    Stranger(String),
    /// The engine's own.
    Engine(EngineError),
}

impl From<EngineError> for NotEndorsed {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// Paths and digests of the texts of a project.
pub(crate) fn digests(sources: &[Source]) -> FileDigests {
    let digest = |source: &Source| (source.path.clone(), crypto::sha256(source.text.as_bytes()));
    sources.iter().map(digest).collect()
}

/// Who vouches, as far as the log knows who did before.
pub(crate) fn judge(
    root: &Path,
    spec: &Spec,
    files: &FileDigests,
    known: &[Signer],
) -> Result<Vouched, EngineError> {
    let keys = (spec.project.owners.values().map(|owner| &owner.key))
        .chain(known.iter().map(|signer| &signer.key));
    let mut found = Signatures::new();
    for key in keys {
        if !found.contains_key(key) {
            found.insert(key.clone(), read(root, key)?);
        }
    }
    Ok(Vouched::judge(spec, files, &found, known))
}

/// Who vouched last, as the log says. A log that is not there knows nobody.
pub(crate) fn known(log: &Path) -> Result<Vec<Signer>, EngineError> {
    if !Log::exists(log) {
        return Ok(Vec::new());
    }
    let last = Reader::open(log)?
        .find_last(|event| matches!(event.action, Action::OwnersKnown { .. }))?
        .and_then(|record| record.event);
    let Some(Action::OwnersKnown { owners }) = last.map(|event| event.action) else {
        return Ok(Vec::new());
    };
    let signer = |known: OwnerKnown| Signer {
        owner: known.owner,
        key: known.key,
        sequence: known.sequence,
        signature: *known.signature.as_bytes(),
    };
    Ok(owners.into_iter().map(signer).collect())
}

/// Signers as log and receipt name them.
pub(crate) fn named(signers: &[Signer]) -> Vec<OwnerKnown> {
    let named = |signer: &Signer| OwnerKnown {
        owner: signer.owner.clone(),
        key: signer.key.clone(),
        sequence: signer.sequence,
        signature: Digest::new(signer.signature),
    };
    signers.iter().map(named).collect()
}

/// Signs what the owner is asked to vouch for, and puts the signature in its place.
pub(crate) fn endorse(
    root: &Path,
    spec: &Spec,
    files: &FileDigests,
    known: &[Signer],
    owner: &str,
    key: &SigningKey,
) -> Result<Endorsed, NotEndorsed> {
    let public = key.verifying_key();
    let text = verifier_text(owner, &public);
    let declared = spec.project.owners.get(owner);
    let declared = declared.filter(|declared| declared.key == text);
    let before = known.iter().find(|signer| signer.key == text);
    if declared.is_none() && before.is_none() {
        return Err(NotEndorsed::Stranger(text));
    }
    let vouches = |path: &str| match declared {
        Some(declared) => declared.signs(path),
        None => path == PROJECT,
    };
    let files: BTreeMap<String, Digest> = (files.iter())
        .filter(|(path, _)| vouches(path))
        .map(|(path, digest)| (path.clone(), Digest::new(*digest)))
        .collect();
    let last = match read(root, &text)? {
        Signature::Sound(signed) => signed.sequence,
        Signature::Missing | Signature::Broken(_) => 0,
    };
    let last = before.map_or(0, |signer| signer.sequence).max(last);
    let now = clock::now();
    // The time as a number: also an owner without the last signature at hand makes a larger one.
    let sequence = last.saturating_add(1).max(u64::try_from(now).unwrap_or(0));
    let endorsement = Endorsement {
        owner: owner.to_owned(),
        sequence,
        signed: Time::from_seconds(now),
        files,
    };
    let bytes = endorsement.seal(key).map_err(EngineError::from)?;
    let path = place(&text);
    write(&root.join(&path), &bytes)
        .map_err(|error| file(&path, format!("cannot write it: {error}")))?;
    Ok(Endorsed {
        owner: owner.to_owned(),
        path,
        sequence,
        files: endorsement.files.into_keys().collect(),
        leaves: declared.is_none(),
    })
}

/// `signatures/NAME-HASH.json`, of a key `NAME+HASH+…`: an old and a new key of one owner have a place each.
fn place(key: &str) -> String {
    let mut parts = key.splitn(3, '+');
    let (name, hash) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    format!("{FOLDER}/{name}-{hash}.json")
}

/// What lies where the signature of this key belongs.
fn read(root: &Path, key: &str) -> Result<Signature, EngineError> {
    let broken = |reason: &str| Ok(Signature::Broken(reason.to_owned()));
    let verifier: VerifyingKey = match parse_verifier(key) {
        Ok((_, verifier)) => verifier,
        Err(_) => {
            return broken(
                "its key in `sealine.yaml` is malformed; write it as `sealine policy keygen` printed it",
            );
        }
    };
    let path = place(key);
    let folder = root.join(FOLDER);
    if std::fs::symlink_metadata(&folder).is_ok_and(|found| !found.is_dir()) {
        return broken("`signatures` must be a folder, not a file or a link");
    }
    let bytes = match durable::read_bounded(&root.join(&path), MAX_ENDORSEMENT as u64) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Signature::Missing);
        }
        Err(error) => return Err(file(&path, error.to_string())),
    };
    Ok(match Endorsement::open(&bytes, &verifier) {
        Err(reason) => Signature::Broken(reason.to_owned()),
        Ok(endorsement) => Signature::Sound(Signed {
            owner: endorsement.owner,
            sequence: endorsement.sequence,
            digest: crypto::sha256(&bytes),
            files: (endorsement.files.into_iter())
                .map(|(path, digest)| (path, *digest.as_bytes()))
                .collect(),
        }),
    })
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if let Some(folder) = path.parent()
        && !folder.is_dir()
    {
        std::fs::create_dir(folder)?;
        durable::sync_parent(folder)?;
    }
    durable::replace_file(path, bytes)?;
    // It is committed beside the files that it is about, and as public as they are.
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

fn file(path: &str, reason: String) -> EngineError {
    EngineError::ProjectFile {
        path: path.to_owned(),
        reason,
    }
}
