//! The tree: every entry, every tile, and the root that was signed.
//!
//! INVARIANT: an entry counts as intact only if its hash leads to the signed
//! root; where entry and tile disagree, the signed hashes above decide which of
//! the two was changed. Must never trust a size or a length from a file.

use std::collections::{BTreeMap, BTreeSet};

use sealine_protect::crypto::ed25519::VerifyingKey;

use super::check::{Check, unreadable};
use super::walk;
use crate::fault::{Fault, FaultKind};
use crate::log::{
    ASIDE, CHECKPOINT, KEY, LOCK, MAX_BUNDLE, MAX_STAGED, MAX_TILE, STAGED, STAGED_TYPE, read_stage,
};
use crate::merkle::{self, Hash};
use crate::note::Checkpoint;
use crate::storage::{Disk, Storage as _};
use crate::tile::{self, LEVELS, Tile, WIDTH};
use crate::{Action, Digest, Event, dsse};

/// What the entries say, and their hashes where all of them lead to the root.
pub(crate) struct Tree {
    pub(crate) leaves: Option<Vec<Hash>>,
    pub(crate) commits: Vec<Commit>,
    pub(crate) unknown: u64,
}

/// A committed run, as its entry names it.
pub(crate) struct Commit {
    pub(crate) entry: u64,
    pub(crate) run: String,
    pub(crate) receipt: Digest,
}

/// One bundle beside its level-0 tile.
struct Pair {
    place: Tile,
    entries: Option<Vec<Hash>>,
    hashes: Option<Vec<Hash>>,
}

pub(crate) fn check(
    check: &mut Check,
    log: &Disk,
    checkpoint: &Checkpoint,
    key: &VerifyingKey,
) -> Tree {
    let size = checkpoint.size();
    let mut tree = Tree {
        leaves: None,
        commits: Vec::new(),
        unknown: 0,
    };
    let upper = upper_tiles(check, log, size);
    let mut pairs = Vec::new();
    for place in tile::tiles(None, size) {
        pairs.push(pair(check, log, place, &mut tree));
        // Without a kept key the size is anybody's word: the files end it.
        if check.full() {
            return tree;
        }
    }
    let leaves = settle(check, checkpoint, &upper, &pairs);
    if leaves.len() as u64 == size {
        compare_upper(check, size, &upper, &leaves);
    }
    let before = check.faults.len();
    if merkle::root(&leaves) == *checkpoint.root().as_bytes() {
        tree.leaves = Some(leaves);
    } else if before == 0 {
        let message = "the entries and their hashes agree, but lead to another root than the \
                       signed one: the log was rewritten without its key";
        check.fault(Fault::new(FaultKind::Entry, "log/tile", message));
    }
    strangers(check, log, size, &pairs);
    staged(check, log, checkpoint, key);
    tree
}

/// Reads a tile of hashes; a fault where that is not possible.
fn read_tile(check: &mut Check, log: &Disk, place: Tile) -> Option<Vec<Hash>> {
    let path = place.path();
    let file = format!("log/{path}");
    let fault = match log.read(&path, MAX_TILE) {
        Ok(Some(bytes)) => match tile::split_tile(&bytes) {
            Some(hashes) if hashes.len() as u64 == place.width => return Some(hashes),
            _ => Fault::new(FaultKind::Tile, file, "it has not the width of its name"),
        },
        Ok(None) => Fault::new(FaultKind::Missing, file, "a tile of the tree is missing"),
        Err(error) => unreadable(&file, &error),
    };
    check.fault(fault);
    None
}

fn upper_tiles(check: &mut Check, log: &Disk, size: u64) -> BTreeMap<Tile, Option<Vec<Hash>>> {
    let mut upper = BTreeMap::new();
    for level in 1..LEVELS {
        for place in tile::tiles(Some(level), size) {
            if check.full() {
                return upper;
            }
            let hashes = read_tile(check, log, place);
            upper.insert(place, hashes);
        }
    }
    upper
}

/// Reads one bundle and its tile, and takes from the entries what later checks need.
fn pair(check: &mut Check, log: &Disk, place: Tile, tree: &mut Tree) -> Pair {
    let hashes = read_tile(
        check,
        log,
        Tile {
            level: Some(0),
            ..place
        },
    );
    let path = place.path();
    let file = format!("log/{path}");
    let bytes = match log.read(&path, MAX_BUNDLE) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            let first = place.index * WIDTH;
            let fault = Fault::new(FaultKind::Missing, file, "an entry bundle is missing");
            check.fault(fault.at(first));
            return Pair {
                place,
                entries: None,
                hashes,
            };
        }
        Err(error) => {
            check.fault(unreadable(&file, &error));
            return Pair {
                place,
                entries: None,
                hashes,
            };
        }
    };
    let (entries, whole) = tile::split_bundle(&bytes);
    let found: Vec<Hash> = entries
        .iter()
        .map(|entry| merkle::leaf_hash(entry))
        .collect();
    let first = place.index * WIDTH;
    if !whole || found.len() as u64 != place.width {
        // Where the framing broke: the first entry that is not the hashed one.
        let same = |(a, b): &(&Hash, &Hash)| a == b;
        let known = hashes.iter().flatten();
        let good = found.iter().zip(known).take_while(same).count() as u64;
        let message = if whole {
            "the bundle has not as many entries as its name says"
        } else {
            "the lengths in the bundle do not fit from this entry on"
        };
        check.fault(Fault::new(FaultKind::Entry, file, message).at(first + good));
        return Pair {
            place,
            entries: None,
            hashes,
        };
    }
    for (entry, bytes) in (first..).zip(entries) {
        match Event::decode(bytes).map(|event| event.action) {
            Some(Action::RunCommitted { run, receipt, .. }) => {
                tree.commits.push(Commit {
                    entry,
                    run,
                    receipt,
                });
            }
            Some(_) => {}
            None => tree.unknown += 1,
        }
    }
    Pair {
        place,
        entries: Some(found),
        hashes,
    }
}

/// Decides, bundle by bundle, whether entries or hashes are what was signed, and
/// reports the other.
fn settle(
    check: &mut Check,
    checkpoint: &Checkpoint,
    upper: &BTreeMap<Tile, Option<Vec<Hash>>>,
    pairs: &[Pair],
) -> Vec<Hash> {
    let signed = *checkpoint.root().as_bytes();
    let conflicts = pairs
        .iter()
        .filter(|pair| pair.entries != pair.hashes)
        .count();
    // Every bundle as it is where both agree, and as its tile has it elsewhere;
    // the last conflict is judged with all others settled before it.
    let mut chosen: Vec<&[Hash]> = Vec::with_capacity(pairs.len());
    for pair in pairs {
        chosen.push(
            pair.hashes
                .as_deref()
                .or(pair.entries.as_deref())
                .unwrap_or_default(),
        );
    }
    for (at, pair) in pairs.iter().enumerate() {
        let (Some(entries), Some(hashes)) = (&pair.entries, &pair.hashes) else {
            continue;
        };
        if entries == hashes {
            continue;
        }
        let above = above(upper, pair.place);
        let fits = |leaves: &[Hash]| {
            if above.is_some_and(|above| above == tile::tile_root(leaves)) {
                return true;
            }
            if conflicts > 1 && pair.place.width == WIDTH {
                return false;
            }
            // One conflict, or the last bundle: the signed root itself decides.
            let all: Vec<Hash> = chosen
                .iter()
                .enumerate()
                .flat_map(|(n, part)| if n == at { leaves } else { part })
                .copied()
                .collect();
            merkle::root(&all) == signed
        };
        let (by_entries, by_hashes) = (fits(entries), fits(hashes));
        if by_entries && let Some(slot) = chosen.get_mut(at) {
            *slot = entries;
        }
        blame(check, pair, entries, hashes, by_entries, by_hashes);
    }
    chosen.concat()
}

/// The hash that the tile above has of a full bundle.
fn above(upper: &BTreeMap<Tile, Option<Vec<Hash>>>, place: Tile) -> Option<Hash> {
    if place.width < WIDTH {
        return None;
    }
    let (index, at) = (
        place.index / WIDTH,
        usize::try_from(place.index % WIDTH).ok()?,
    );
    let first = Tile {
        level: Some(1),
        index,
        width: 0,
    };
    let last = Tile {
        width: WIDTH,
        ..first
    };
    let (_, hashes) = upper.range(first..=last).next()?;
    hashes.as_ref()?.get(at).copied()
}

fn blame(
    check: &mut Check,
    pair: &Pair,
    entries: &[Hash],
    hashes: &[Hash],
    by_entries: bool,
    by_hashes: bool,
) {
    let bundle = format!("log/{}", pair.place.path());
    let tile = format!(
        "log/{}",
        Tile {
            level: Some(0),
            ..pair.place
        }
        .path()
    );
    let differing = entries
        .iter()
        .zip(hashes)
        .enumerate()
        .filter(|(_, (a, b))| a != b);
    for (at, _) in differing {
        let entry = pair.place.index * WIDTH + at as u64;
        if !by_entries {
            let message = if by_hashes {
                "the entry is not the one that was logged"
            } else {
                "the entry and its hash in the tile disagree, and neither leads to the signed root"
            };
            check.fault(Fault::new(FaultKind::Entry, bundle.clone(), message).at(entry));
        }
        if !by_hashes {
            let message = if by_entries {
                "the hash of the entry was changed; the entry itself is the one that was logged"
            } else {
                "the hash disagrees with the entry, and neither leads to the signed root"
            };
            check.fault(Fault::new(FaultKind::Tile, tile.clone(), message).at(entry));
        }
    }
}

/// Recomputes the tiles above the leaves and compares them.
fn compare_upper(
    check: &mut Check,
    size: u64,
    upper: &BTreeMap<Tile, Option<Vec<Hash>>>,
    leaves: &[Hash],
) {
    let mut below = leaves.to_vec();
    for level in 1..LEVELS {
        let (full, _) = below.as_chunks::<256>();
        let hashes: Vec<Hash> = full.iter().map(|tile| tile::tile_root(tile)).collect();
        for (place, expected) in tile::tiles(Some(level), size).zip(hashes.chunks(256)) {
            let Some(Some(found)) = upper.get(&place) else {
                continue;
            };
            if found != expected {
                let message = "its hashes are not those of the tree below it";
                let file = format!("log/{}", place.path());
                check.fault(Fault::new(FaultKind::Tile, file, message));
            }
        }
        below = hashes;
    }
}

/// Looks for files that the tree does not account for.
fn strangers(check: &mut Check, log: &Disk, size: u64, pairs: &[Pair]) {
    let found = match walk::files(log.root()) {
        Ok(found) => found,
        Err(error) => return check.fault(unreadable("log", &error)),
    };
    let kinds = || std::iter::once(None).chain((0..LEVELS).map(Some));
    let mut expected: BTreeSet<String> = [CHECKPOINT, KEY, STAGED].map(str::to_owned).into();
    expected.extend(
        kinds()
            .flat_map(|kind| tile::tiles(kind, size))
            .map(|place| place.path()),
    );
    // What an append that was interrupted before its checkpoint left behind.
    let next: BTreeSet<String> = kinds()
        .filter_map(|kind| tile::edge(kind, size.saturating_add(1)))
        .map(|place| place.path())
        .collect();
    let edges: BTreeMap<String, Tile> = kinds()
        .filter_map(|kind| tile::edge(kind, size))
        .flat_map(|edge| {
            let before = edge.index.checked_sub(1).map(|index| Tile {
                index,
                width: WIDTH,
                ..edge
            });
            std::iter::once(edge).chain(before)
        })
        .map(|edge| (edge.partials(), edge))
        .collect();
    for (path, kind) in found {
        if check.full() {
            return;
        }
        let file = format!("log/{path}");
        if kind != walk::Kind::File {
            let message = "it is no regular file";
            check.fault(Fault::new(FaultKind::Extra, file, message));
        } else if expected.contains(&path) {
        } else if path == LOCK {
            if !log.read(LOCK, 0).is_ok_and(|bytes| bytes.is_some()) {
                let message = "the lock file must be empty";
                check.fault(Fault::new(FaultKind::Extra, file, message));
            }
        } else if path == ASIDE || next.contains(&path) {
            check.note(format!(
                "`{file}` was left by an append that stopped; the next one replaces it"
            ));
        } else if let Some(place) = narrower(&path, &edges) {
            if prefix(log, place, pairs) {
                check.note(format!(
                    "`{file}` is a narrower copy of the edge; the next append removes it"
                ));
            } else {
                let message = "it is not the beginning of the tile that took its place";
                check.fault(Fault::new(FaultKind::Tile, file, message));
            }
        } else {
            let message = "nothing in the log accounts for this file";
            check.fault(Fault::new(FaultKind::Extra, file, message));
        }
    }
}

/// A partial tile at the edge, narrower than the current one.
fn narrower(path: &str, edges: &BTreeMap<String, Tile>) -> Option<Tile> {
    let (folder, width) = path.rsplit_once('/')?;
    let edge = edges.get(folder)?;
    let place = Tile {
        width: width.parse().ok()?,
        ..*edge
    };
    (place.width < edge.width && place.width > 0 && place.path() == path).then_some(place)
}

/// Whether an old partial tile or bundle is the beginning of the current one.
fn prefix(log: &Disk, place: Tile, pairs: &[Pair]) -> bool {
    let width = usize::try_from(place.width).unwrap_or(usize::MAX);
    match place.level {
        None | Some(0) => {
            let index = usize::try_from(place.index).unwrap_or(usize::MAX);
            let Some(pair) = pairs.get(index) else {
                return false;
            };
            let known = pair.entries.as_ref().and_then(|hashes| hashes.get(..width));
            let found = if place.level.is_none() {
                let Ok(Some(bytes)) = log.read(&place.path(), MAX_BUNDLE) else {
                    return false;
                };
                let (entries, whole) = tile::split_bundle(&bytes);
                whole.then(|| {
                    entries
                        .iter()
                        .map(|entry| merkle::leaf_hash(entry))
                        .collect()
                })
            } else {
                let Ok(Some(bytes)) = log.read(&place.path(), MAX_TILE) else {
                    return false;
                };
                tile::split_tile(&bytes)
            };
            known.is_some() && found.as_deref() == known
        }
        Some(_) => {
            let current = |width| {
                let bytes = log.read(&Tile { width, ..place }.path(), MAX_TILE).ok()??;
                tile::split_tile(&bytes)
            };
            let wider = (place.width + 1..=WIDTH).find_map(current);
            let known = wider.as_ref().and_then(|hashes| hashes.get(..width));
            known.is_some() && current(place.width).as_deref() == known
        }
    }
}

/// The record of an append that was interrupted.
fn staged(check: &mut Check, log: &Disk, checkpoint: &Checkpoint, key: &VerifyingKey) {
    let file = "log/staged";
    let record = match log.read(STAGED, MAX_STAGED) {
        Ok(None) => return,
        Ok(Some(record)) => record,
        Err(error) => return check.fault(unreadable(file, &error)),
    };
    let fault = |message: &str| Fault::new(FaultKind::Staged, file, message);
    let payload = match dsse::open(STAGED_TYPE, &record, key) {
        Ok(payload) => payload,
        Err(flaw) => return check.fault(fault(flaw.text())),
    };
    match read_stage(&payload) {
        Some((index, root, _)) if index == checkpoint.size() && root == checkpoint.root() => {
            check.note(format!(
                "an append was interrupted: entry {index} is staged, and the next use of the log completes it"
            ));
        }
        Some((index, _, _)) if index + 1 == checkpoint.size() => {
            check.note(
                "`log/staged` is the record of the last entry; the next append removes it"
                    .to_owned(),
            );
        }
        Some((index, _, _)) if index >= checkpoint.size() => {
            let message = format!(
                "it was made when the log had {index} entries, and it has {}: the log was set back",
                checkpoint.size()
            );
            check.fault(Fault::new(FaultKind::Rollback, file, message));
        }
        _ => check.fault(fault("it belongs to another state of the log")),
    }
}
