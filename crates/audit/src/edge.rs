//! The signed head and the right edge of the tree, as the files have them.
//!
//! INVARIANT: an edge is handed out only where it leads to the signed root, so
//! that nothing is ever added to a tree that was tampered with. Must never write.

use sealine_protect::crypto::ed25519::SigningKey;

use crate::log::{CHECKPOINT, KEY, MAX_BUNDLE, MAX_NOTE, MAX_TILE, STAGED, at};
use crate::merkle::{self, Hash};
use crate::note::{self, Checkpoint};
use crate::storage::Storage;
use crate::tile::{self, LEVELS, Tile, WIDTH};
use crate::{AuditError, sign};

/// The signed head, checked against the key and name that it must have.
pub(crate) fn head<S: Storage>(
    storage: &S,
    signer: &SigningKey,
    origin: &str,
) -> Result<Checkpoint, AuditError> {
    let damaged = |file: &str, reason| AuditError::Damaged {
        file: file.to_owned(),
        reason,
    };
    let Some(text) = storage
        .read(CHECKPOINT, MAX_NOTE)
        .map_err(at("read", CHECKPOINT))?
    else {
        let names = storage.names("").map_err(at("list", "log"))?;
        let remains = names.iter().any(|name| name == "tile" || name == STAGED);
        return Err(if remains {
            damaged(CHECKPOINT, "it is missing, and entries are there")
        } else {
            AuditError::Missing
        });
    };
    let reason = |error: AuditError| match error {
        AuditError::BadCheckpoint { reason } => damaged(CHECKPOINT, reason),
        other => other,
    };
    let checkpoint = Checkpoint::parse(&text).map_err(reason)?;
    let key = storage
        .read(KEY, MAX_NOTE)
        .map_err(at("read", KEY))?
        .unwrap_or_default();
    let public = sign::verifier(signer);
    if checkpoint.origin() != origin {
        return Err(AuditError::Foreign { what: "name" });
    }
    if key != format!("{}\n", note::verifier_text(origin, &public)).as_bytes() {
        return Err(AuditError::Foreign { what: "key" });
    }
    checkpoint.verify(&public).map_err(reason)?;
    Ok(checkpoint)
}

/// Loads the partial tiles and the partial bundle, and checks that they lead to
/// the signed root.
pub(crate) fn load<S: Storage>(
    storage: &S,
    checkpoint: &Checkpoint,
) -> Result<(Vec<Vec<Hash>>, Vec<u8>), AuditError> {
    let damaged = |file: &str, reason| AuditError::Damaged {
        file: file.to_owned(),
        reason,
    };
    let size = checkpoint.size();
    let partial = |level: Option<u32>| tile::edge(level, size).filter(|tile| tile.width < WIDTH);
    let load = |tile: Tile, limit| -> Result<Vec<u8>, AuditError> {
        let path = tile.path();
        let bytes = storage.read(&path, limit).map_err(at("read", &path))?;
        bytes.ok_or_else(|| damaged(&path, "it is missing"))
    };
    let mut edges = vec![Vec::new(); LEVELS as usize];
    for (level, edge) in (0_u32..).zip(edges.iter_mut()) {
        let Some(place) = partial(Some(level)) else {
            continue;
        };
        let hashes = tile::split_tile(&load(place, MAX_TILE)?).unwrap_or_default();
        if hashes.len() as u64 != place.width {
            return Err(damaged(&place.path(), "it has not the width of its name"));
        }
        *edge = hashes;
    }
    if tile::root_from_edges(&edges) != *checkpoint.root().as_bytes() {
        return Err(damaged(
            CHECKPOINT,
            "the tiles at the right edge lead to another root",
        ));
    }
    let Some(place) = partial(None) else {
        return Ok((edges, Vec::new()));
    };
    let bundle = load(place, MAX_BUNDLE)?;
    let (entries, whole) = tile::split_bundle(&bundle);
    let hashes: Vec<Hash> = entries
        .iter()
        .map(|entry| merkle::leaf_hash(entry))
        .collect();
    if !whole || edges.first() != Some(&hashes) {
        return Err(damaged(
            &place.path(),
            "its entries are not those that were hashed",
        ));
    }
    Ok((edges, bundle))
}
