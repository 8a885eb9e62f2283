//! The document of recorded labels: what earlier runs wrote, under an HMAC of the keystore's digest key.
//!
//! INVARIANT: `{"version":1,"mac":"<64 hex digits>","labels":…}`, in exactly this form; the MAC is over the bytes
//! of the labels as they stand, so nothing is parsed before it is authenticated. Only reading without keys, for
//! `check` and `plan`, goes without the MAC: a session reads again, and decides on that. Must never take an
//! earlier form that has no MAC: whoever can write the file could then take the MAC away.

use std::collections::BTreeSet;
use std::path::Path;

use sealine_audit::{Action, Reader};
use sealine_keys::OpenKeys;
use sealine_plan::Computed;
use sealine_protect::crypto::hmac;

use crate::durable;
use crate::error::EngineError;

/// No document is longer.
pub(crate) const LIMIT: u64 = 64 << 20;

/// Apart from all else that the digest key authenticates; the commitments begin with eight bytes of a length,
/// which no name reaches.
const DOMAIN: &[u8] = b"sealine/labels/v1\n";
const HEAD: &[u8] = b"{\"version\":1,\"mac\":\"";
const MIDDLE: &[u8] = b"\",\"labels\":";
const TAIL: &[u8] = b"}\n";
const MAC_DIGITS: usize = 64;

/// The document of these labels.
pub(crate) fn seal(
    labels: &Computed,
    keys: &OpenKeys,
    path: &Path,
) -> Result<Vec<u8>, EngineError> {
    let labels = serde_json::to_vec(labels).map_err(|_| unreadable(path))?;
    let mac = hex::encode(key(keys)?.sign(&[DOMAIN, &labels]));
    let document = [HEAD, mac.as_bytes(), MIDDLE, &labels, TAIL].concat();
    if document.len() as u64 > LIMIT {
        return Err(unreadable(path));
    }
    Ok(document)
}

/// The labels of a document that this keystore authenticated.
pub(crate) fn open(bytes: &[u8], keys: &OpenKeys, path: &Path) -> Result<Computed, EngineError> {
    let (mac, labels) = parts(bytes).ok_or_else(|| unreadable(path))?;
    let mac = hex::decode(mac).map_err(|_| unreadable(path))?;
    if !key(keys)?.verify(&[DOMAIN, labels], &mac) {
        return Err(changed(path, "do not have the MAC of this keystore"));
    }
    serde_json::from_slice(labels).map_err(|_| unreadable(path))
}

/// The labels without a look at the MAC; none where there is no file.
pub(crate) fn read_unverified(path: &Path) -> Result<Computed, EngineError> {
    let Some(bytes) = read(path)? else {
        return Ok(Computed::default());
    };
    let (_, labels) = parts(&bytes).ok_or_else(|| unreadable(path))?;
    serde_json::from_slice(labels).map_err(|_| unreadable(path))
}

/// The labels, authenticated; none only where the log names no run that recorded some.
pub(crate) fn read_verified(
    path: &Path,
    keys: &OpenKeys,
    log: &Path,
) -> Result<Computed, EngineError> {
    match read(path)? {
        Some(bytes) => open(&bytes, keys, path),
        None if recorded(log)? => Err(changed(path, "are gone, and the log names runs that wrote")),
        None => Ok(Computed::default()),
    }
}

/// The document's bytes; `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, EngineError> {
    match durable::read_bounded(path, LIMIT) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        // Not a state directory at all: the labels are not what is wrong.
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            Err(EngineError::StateUnsafe {
                path: path.parent().unwrap_or(path).to_path_buf(),
                reason: "it must be a directory, not a file or a link".to_owned(),
            })
        }
        Err(_) => Err(unreadable(path)),
    }
}

/// The refusal of labels that are not those that a run recorded.
pub(crate) fn changed(path: &Path, reason: &'static str) -> EngineError {
    EngineError::LabelsChanged {
        path: path.to_path_buf(),
        reason,
    }
}

fn unreadable(path: &Path) -> EngineError {
    EngineError::Labels {
        path: path.to_path_buf(),
    }
}

fn key(keys: &OpenKeys) -> Result<hmac::Key, EngineError> {
    Ok(hmac::Key::new(
        hmac::Algorithm::Sha256,
        keys.digest_key()?.expose(),
    ))
}

/// The digits of the MAC and the labels' bytes.
fn parts(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mac, rest) = bytes.strip_prefix(HEAD)?.split_at_checked(MAC_DIGITS)?;
    let labels = rest.strip_prefix(MIDDLE)?.strip_suffix(TAIL)?;
    // One form only: `hex` reads capitals as well.
    mac.iter()
        .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
        .then_some((mac, labels))
}

/// Whether the log names a run that committed its outputs, which each recorded labels. A run that kept only its
/// quarantine is logged as committed and as failed, and recorded none.
fn recorded(log: &Path) -> Result<bool, EngineError> {
    let mut wrote = BTreeSet::new();
    for record in Reader::open(log)?.entries(0) {
        match record?.event.map(|event| event.action) {
            Some(Action::RunCommitted { run, .. }) => {
                wrote.insert(run);
            }
            Some(Action::RunFailed { run, .. }) => {
                wrote.remove(&run);
            }
            _ => {}
        }
    }
    Ok(!wrote.is_empty())
}
