//! Inclusion proofs that stand alone: C2SP `tlog-proof` text.
//!
//! INVARIANT: a proof that is handed out was checked against the checkpoint that
//! it carries. Must never vouch for a checkpoint: whoever holds the public key
//! checks its signature.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealine_protect::crypto::ed25519::VerifyingKey;

use crate::log::{MAX_TILE, at};
use crate::merkle::{self, Hash};
use crate::note::Checkpoint;
use crate::read::Reader;
use crate::storage::{Disk, Storage as _};
use crate::{AuditError, tile};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// 64 hashes and a note; nothing true is longer.
const MAX_PROOF: usize = 80 * 1024;
const MAX_HASHES: usize = 64;

/// Writes the proof that entry `index` is in the log in `log_dir`.
///
/// # Errors
/// `NoEntry`, `Damaged` where the tiles do not lead to the checkpoint, `Storage`.
pub fn prove(log_dir: &Path, index: u64) -> Result<String, AuditError> {
    let reader = Reader::open(log_dir)?;
    let checkpoint = reader.checkpoint();
    let size = checkpoint.size();
    let missing = AuditError::NoEntry { index, size };
    if index >= size {
        return Err(missing);
    }
    let disk = Disk::new(log_dir);
    let mut leaves: Vec<Hash> = Vec::new();
    for place in tile::tiles(Some(0), size) {
        let path = place.path();
        let damaged = |reason| AuditError::Damaged {
            file: path.clone(),
            reason,
        };
        let bytes = disk.read(&path, MAX_TILE).map_err(at("read", &path))?;
        let hashes = bytes.as_deref().and_then(tile::split_tile);
        let hashes = hashes.ok_or_else(|| damaged("it is missing or cut short"))?;
        if hashes.len() as u64 != place.width {
            return Err(damaged("it has not the width of its name"));
        }
        leaves.extend(hashes);
    }
    if merkle::root(&leaves) != *checkpoint.root().as_bytes() {
        let reason = "the tiles lead to another root";
        return Err(AuditError::Damaged {
            file: crate::log::CHECKPOINT.to_owned(),
            reason,
        });
    }
    let at = usize::try_from(index).unwrap_or(usize::MAX);
    let proof = merkle::prove_inclusion(&leaves, at).ok_or(missing)?;
    let mut text = format!("{HEADER}\nindex {index}\n");
    for hash in proof {
        text.push_str(&STANDARD.encode(hash));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(checkpoint.as_text());
    Ok(text)
}

/// Checks that `entry` is in the log that `key` signs, by the proof alone;
/// returns its index and the checkpoint that covers it.
///
/// # Errors
/// `BadProof`, or `BadCheckpoint` where the key has not signed it.
pub fn verify_proof(
    text: &str,
    entry: &[u8],
    key: &VerifyingKey,
) -> Result<(u64, Checkpoint), AuditError> {
    let bad = |reason| AuditError::BadProof { reason };
    if text.len() > MAX_PROOF {
        return Err(bad("it is too large"));
    }
    let (head, note) = text.split_once("\n\n").ok_or(bad("it has no checkpoint"))?;
    let mut lines = head.split('\n');
    if lines.next() != Some(HEADER) {
        return Err(bad("it does not begin as a proof"));
    }
    let mut line = lines.next();
    if line.is_some_and(|line| line.starts_with("extra ")) {
        line = lines.next();
    }
    let number = line
        .and_then(|line| line.strip_prefix("index "))
        .ok_or(bad("it has no index"))?;
    let index: u64 = number
        .parse()
        .map_err(|_| bad("its index is not a number"))?;
    if index.to_string() != number {
        return Err(bad("its index is not a plain number"));
    }
    let mut hashes = Vec::new();
    for line in lines {
        if hashes.len() >= MAX_HASHES {
            return Err(bad("it has too many hashes"));
        }
        hashes.push(
            STANDARD
                .decode(line)
                .map_err(|_| bad("a hash is not base64"))?,
        );
    }
    let checkpoint = Checkpoint::parse(note.as_bytes())?;
    checkpoint.verify(key)?;
    let leaf = merkle::leaf_hash(entry);
    let root = checkpoint.root();
    merkle::verify_inclusion(index, checkpoint.size(), &leaf, &hashes, root.as_bytes()).map_err(
        |error| match error {
            merkle::ProofError::Range => bad("its index is beyond the checkpoint"),
            merkle::ProofError::HashLength => bad("a hash is not 32 bytes long"),
            merkle::ProofError::ProofLength => bad("it has too many or too few hashes"),
            merkle::ProofError::Root => bad("entry and hashes do not lead to the checkpoint"),
        },
    )?;
    Ok((index, checkpoint))
}
