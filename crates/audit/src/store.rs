//! Receipts on disk: `receipts/<sha256>.dsse.json`, one DSSE envelope each.
//!
//! INVARIANT: the name is the SHA-256 of the bytes, and a log entry carries it,
//! so a receipt cannot be exchanged. Must never overwrite a receipt by other
//! bytes, and never return one that is not durable.

use std::path::{Path, PathBuf};

use sealine_protect::crypto::ed25519::{SigningKey, VerifyingKey};

use crate::log::at;
use crate::storage::{Disk, Storage as _, put, read_bounded};
use crate::{AuditError, Digest, Statement, dsse};

/// The largest receipt that is written or read, in bytes.
pub const MAX_RECEIPT: u64 = 64 * 1024 * 1024;

const ENDING: &str = ".dsse.json";
/// Receipts are written here before they get their name.
pub(crate) const ASIDE: &str = "aside";

/// A stored receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// SHA-256 of the file, which the log entry carries.
    pub sha256: Digest,
    /// The file.
    pub path: PathBuf,
}

/// The file name of a receipt.
#[must_use]
pub fn receipt_name(sha256: Digest) -> String {
    format!("{sha256}{ENDING}")
}

/// The digest that a receipt's file name carries.
pub(crate) fn digest_of_name(name: &str) -> Option<Digest> {
    name.strip_suffix(ENDING)?.parse().ok()
}

/// Signs a statement and stores it durably in `dir`, which is made where it
/// does not exist. The same statement gives the same file, so a repetition after
/// a crash is harmless.
///
/// # Errors
/// `BadReceipt` where the statement does not hold together or is too large, `Storage`.
pub fn store_receipt(
    dir: &Path,
    statement: &Statement,
    key: &SigningKey,
) -> Result<Stored, AuditError> {
    if let Some(reason) = statement.flaw() {
        return Err(AuditError::BadReceipt { reason });
    }
    let payload =
        serde_json::to_vec(statement).map_err(|_| AuditError::Encode { what: "receipt" })?;
    let bytes = dsse::seal(dsse::IN_TOTO, &payload, key)?;
    if bytes.len() as u64 > MAX_RECEIPT {
        return Err(AuditError::BadReceipt {
            reason: "it is too large",
        });
    }
    let sha256 = Digest::of(&bytes);
    let name = receipt_name(sha256);
    let mut disk = Disk::new(dir);
    disk.make_dir("").map_err(at("make", "receipts"))?;
    put(&mut disk, ASIDE, &name, &bytes).map_err(at("write", &name))?;
    // A crash right here leaves a signed receipt that no log entry names: no
    // run has been recorded, and verification says so.
    Ok(Stored {
        sha256,
        path: dir.join(name),
    })
}

/// Reads a receipt by the digest that the log has of it, and checks digest,
/// signature and form.
///
/// # Errors
/// `BadReceipt`, which says what is wrong; `Storage` where it cannot be read.
pub fn read_receipt(
    dir: &Path,
    sha256: Digest,
    key: &VerifyingKey,
) -> Result<Statement, AuditError> {
    let name = receipt_name(sha256);
    let bytes = read_bounded(&dir.join(&name), MAX_RECEIPT).map_err(at("read", &name))?;
    let bytes = bytes.ok_or(AuditError::BadReceipt {
        reason: "its file is missing",
    })?;
    if Digest::of(&bytes) != sha256 {
        return Err(AuditError::BadReceipt {
            reason: "its bytes are not those that were logged",
        });
    }
    open_receipt(&bytes, key).map_err(|reason| AuditError::BadReceipt { reason })
}

/// Checks signature and form of a receipt's bytes.
pub(crate) fn open_receipt(bytes: &[u8], key: &VerifyingKey) -> Result<Statement, &'static str> {
    let payload = dsse::open(dsse::IN_TOTO, bytes, key).map_err(dsse::Flaw::text)?;
    let statement: Statement =
        serde_json::from_slice(&payload).map_err(|_| "its statement is not a receipt")?;
    statement.flaw().map_or(Ok(statement), Err)
}
