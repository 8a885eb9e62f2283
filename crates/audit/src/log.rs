//! Writing the log: one entry at a time, each in or not in, whatever happens.
//!
//! INVARIANT: the durable staged record is the point of no return. Before it,
//! nothing of an entry counts; after it, the entry is completed by whoever opens
//! the log next, with the same bytes, so that no two checkpoints are ever signed
//! that contradict each other. Must never sign a tree that it did not check
//! against the last checkpoint.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use sealine_protect::crypto::ed25519::SigningKey;

use crate::merkle::{self, Hash};
use crate::note::{self, Checkpoint};
use crate::storage::{Disk, Storage, put};
use crate::tile::{self, LEVELS, Tile, WIDTH};
use crate::{AuditError, Digest, Event, dsse, edge, sign};

/// File names inside the log's folder.
pub(crate) const CHECKPOINT: &str = "checkpoint";
pub(crate) const KEY: &str = "key.pub";
pub(crate) const LOCK: &str = "lock";
pub(crate) const STAGED: &str = "staged";
/// Where files are written before they get their name.
pub(crate) const ASIDE: &str = "aside";

/// Payload type of a staged record.
pub(crate) const STAGED_TYPE: &str = "application/vnd.sealine.staged";
/// Index and root before the entry itself.
const STAGED_HEAD: usize = 8 + 32;
pub(crate) const MAX_STAGED: u64 = 128 * 1024;
pub(crate) const MAX_NOTE: u64 = 64 * 1024;
pub(crate) const MAX_BUNDLE: u64 = WIDTH * (2 + 65_535);
pub(crate) const MAX_TILE: u64 = WIDTH * 32;

/// The log, open for writing by this process alone.
pub struct Log<S: Storage = Disk> {
    storage: S,
    signer: SigningKey,
    checkpoint: Checkpoint,
    /// Right edge of the tree: the hashes of each level's partial tile.
    edges: Vec<Vec<Hash>>,
    /// The partial entry bundle.
    bundle: Vec<u8>,
    /// Folders whose names are known to be durable.
    folders: BTreeSet<String>,
    broken: bool,
}

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Its index, counted from 0.
    pub index: u64,
    /// The first checkpoint that covers it.
    pub checkpoint: Checkpoint,
}

impl Log<Disk> {
    /// Begins a log in `dir`, which is made where it does not exist. A creation
    /// that a crash interrupted is completed.
    ///
    /// # Errors
    /// `Exists` where there is a log already, `Locked`, `BadOrigin`, `Storage`.
    pub fn create(dir: &Path, signer: SigningKey, origin: &str) -> Result<Self, AuditError> {
        Self::create_with(Disk::new(dir), signer, origin)
    }

    /// Opens the log in `dir` for writing, and completes an append that a crash
    /// interrupted. There is no silent beginning: a log that is gone is an error.
    ///
    /// # Errors
    /// `Missing`, `Locked`, `Foreign` for another key or name, `Damaged`, `Storage`.
    pub fn open(dir: &Path, signer: SigningKey, origin: &str) -> Result<Self, AuditError> {
        if !dir.is_dir() {
            return Err(AuditError::Missing);
        }
        Self::open_with(Disk::new(dir), signer, origin)
    }

    /// Whether `dir` holds a log, for choosing between `create` and `open`.
    #[must_use]
    pub fn exists(dir: &Path) -> bool {
        // Tiles without a checkpoint are a damaged log, not the absence of one.
        [CHECKPOINT, STAGED, "tile"]
            .iter()
            .any(|name| dir.join(name).symlink_metadata().is_ok())
    }
}

impl<S: Storage> Log<S> {
    /// [`Log::create`] on any storage.
    ///
    /// # Errors
    /// As [`Log::create`].
    pub fn create_with(
        mut storage: S,
        signer: SigningKey,
        origin: &str,
    ) -> Result<Self, AuditError> {
        note::check_origin(origin)?;
        let checkpoint = Checkpoint::sign(origin, 0, Digest::new(merkle::empty_root()), &signer)?;
        storage.make_dir("").map_err(at("make", "log"))?;
        take(&mut storage)?;
        for name in storage.names("").map_err(at("list", "log"))? {
            if [CHECKPOINT, STAGED, "tile"].contains(&name.as_str()) {
                return Err(AuditError::Exists);
            }
        }
        let key = format!(
            "{}\n",
            note::verifier_text(origin, &sign::verifier(&signer))
        );
        put(&mut storage, ASIDE, KEY, key.as_bytes()).map_err(at("write", KEY))?;
        // A crash right here leaves a key and no checkpoint: no log yet, and
        // the next creation writes both again.
        put(
            &mut storage,
            ASIDE,
            CHECKPOINT,
            checkpoint.as_text().as_bytes(),
        )
        .map_err(at("write", CHECKPOINT))?;
        Ok(Self {
            storage,
            signer,
            checkpoint,
            edges: vec![Vec::new(); LEVELS as usize],
            bundle: Vec::new(),
            folders: BTreeSet::new(),
            broken: false,
        })
    }

    /// [`Log::open`] on any storage.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn open_with(mut storage: S, signer: SigningKey, origin: &str) -> Result<Self, AuditError> {
        take(&mut storage)?;
        let checkpoint = edge::head(&storage, &signer, origin)?;
        let (edges, bundle) = edge::load(&storage, &checkpoint)?;
        // Folders of the edge were durable before the checkpoint that covers it was signed.
        let levels = std::iter::once(None).chain((0..LEVELS).map(Some));
        let edge = levels.filter_map(|level| tile::edge(level, checkpoint.size()));
        let folders = edge
            .flat_map(|tile| folders(&tile.path()).map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let mut log = Self {
            storage,
            signer,
            checkpoint,
            edges,
            bundle,
            folders,
            broken: false,
        };
        log.finish_staged()?;
        log.sweep();
        Ok(log)
    }

    /// The head of the log as it stands.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The key that signs this log and its receipts.
    #[must_use]
    pub const fn signer(&self) -> &SigningKey {
        &self.signer
    }

    /// Adds an event. When this returns `Ok`, the entry is in and survives a
    /// power cut.
    ///
    /// # Errors
    /// `EntryTooLarge` and `Broken` before anything happens; `Storage` where the
    /// entry is not in and never will be; `Unfinished` where it may be staged, so
    /// that only the next opening tells (by [`crate::Reader::find_last`]). After
    /// the last two the log must be opened again.
    pub fn append(&mut self, event: &Event) -> Result<Appended, AuditError> {
        self.append_bytes(&event.encode()?)
    }

    fn append_bytes(&mut self, entry: &[u8]) -> Result<Appended, AuditError> {
        if self.broken {
            return Err(AuditError::Broken);
        }
        let index = self.checkpoint.size();
        let next = self.tiles_with(entry)?;
        let record = stage(index, self.checkpoint.root(), entry);
        let record = dsse::seal(STAGED_TYPE, &record, &self.signer)?;
        // Whatever fails from here on leaves files that only a fresh look tells.
        self.broken = true;
        if let Err(source) = put(&mut self.storage, ASIDE, STAGED, &record) {
            // The name may be there although its folder could not be synced.
            return Err(self.unstage(index, "write", STAGED, source));
        }
        // A crash right here leaves a durable record of the entry and the old
        // log: the next opening completes the append.
        for (tile, bytes) in &next.files {
            // A crash before, between or after these leaves tiles that the old
            // checkpoint does not cover; they are written again, alike.
            if let Err(source) = self.put_tile(tile, bytes) {
                // Nothing has been signed yet, so the entry can still be let go.
                return Err(self.unstage(index, "write", &tile.path(), source));
            }
        }
        self.publish(next).map_err(|error| match error {
            AuditError::Storage { source, .. } => AuditError::Unfinished { index, source },
            other => other,
        })?;
        self.broken = false;
        Ok(Appended {
            index,
            checkpoint: self.checkpoint.clone(),
        })
    }

    /// Signs and publishes the tree whose tiles are durable, then tidies up.
    fn publish(&mut self, next: Next) -> Result<(), AuditError> {
        let size = self.checkpoint.size() + 1;
        let root = Digest::new(tile::root_from_edges(&next.edges));
        let checkpoint = Checkpoint::sign(self.checkpoint.origin(), size, root, &self.signer)?;
        // A signature over the new tree exists from here on: the way leads
        // forward only, by the staged record, whatever fails.
        put(
            &mut self.storage,
            ASIDE,
            CHECKPOINT,
            checkpoint.as_text().as_bytes(),
        )
        .map_err(at("write", CHECKPOINT))?;
        // A crash right here leaves the entry in the log, and a staged record
        // of an index that the log has: the next opening removes it.
        self.checkpoint = checkpoint;
        self.edges = next.edges;
        self.bundle = next.bundle;
        // The entry is in. Tidying may fail without harm: what stays behind is
        // a covered record and narrower copies of the edge.
        let _ = self.storage.remove(STAGED);
        for (tile, _) in &next.files {
            self.sweep_tile(*tile);
        }
        Ok(())
    }

    /// Lets go of an entry that is not in: removes its record, durably.
    fn unstage(
        &mut self,
        index: u64,
        step: &'static str,
        path: &str,
        source: io::Error,
    ) -> AuditError {
        let gone = self
            .storage
            .remove(STAGED)
            .and_then(|()| self.storage.sync_dir(""));
        // A crash right here leaves the record or not: in or not in, as ever.
        match gone {
            Ok(()) => AuditError::Storage {
                step,
                path: path.to_owned(),
                source,
            },
            Err(_) => AuditError::Unfinished { index, source },
        }
    }

    /// Completes the append that a staged record describes, if there is one.
    fn finish_staged(&mut self) -> Result<(), AuditError> {
        let Some(record) = self
            .storage
            .read(STAGED, MAX_STAGED)
            .map_err(at("read", STAGED))?
        else {
            return Ok(());
        };
        let damaged = |reason| AuditError::Damaged {
            file: STAGED.to_owned(),
            reason,
        };
        let payload = dsse::open(STAGED_TYPE, &record, &sign::verifier(&self.signer))
            .map_err(|flaw| damaged(flaw.text()))?;
        let (index, root, entry) = read_stage(&payload).ok_or(damaged("it is cut short"))?;
        match (index + 1).cmp(&self.checkpoint.size()) {
            // Its entry went in; only the removal is missing.
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater
                if index == self.checkpoint.size() && root == self.checkpoint.root() =>
            {
                let next = self.tiles_with(entry)?;
                for (tile, bytes) in &next.files {
                    self.put_tile(tile, bytes)
                        .map_err(at("write", &tile.path()))?;
                }
                return self.publish(next);
            }
            _ => return Err(damaged("it belongs to another state of the log")),
        }
        self.storage.remove(STAGED).map_err(at("remove", STAGED))
    }

    /// The right edge with one more entry, and the files that hold it.
    fn tiles_with(&self, entry: &[u8]) -> Result<Next, AuditError> {
        let index = self.checkpoint.size();
        let mut bundle = self.bundle.clone();
        tile::push_entry(&mut bundle, entry)
            .ok_or(AuditError::EntryTooLarge { bytes: entry.len() })?;
        let mut files = Vec::new();
        if let Some(place) = tile::edge(None, index + 1) {
            files.push((place, bundle.clone()));
            if place.width == WIDTH {
                bundle.clear();
            }
        }
        let mut edges = self.edges.clone();
        let mut carry = Some(merkle::leaf_hash(entry));
        for (level, edge) in (0_u32..).zip(edges.iter_mut()) {
            let Some(hash) = carry.take() else { break };
            edge.push(hash);
            if let Some(place) = tile::edge(Some(level), index + 1) {
                files.push((place, edge.concat()));
                if place.width == WIDTH {
                    carry = Some(tile::tile_root(edge));
                    edge.clear();
                }
            }
        }
        Ok(Next {
            edges,
            bundle,
            files,
        })
    }

    fn put_tile(&mut self, tile: &Tile, bytes: &[u8]) -> io::Result<()> {
        let path = tile.path();
        for folder in folders(&path) {
            if !self.folders.contains(folder) {
                self.storage.make_dir(folder)?;
                // A crash right here leaves an empty folder, which is nothing.
                self.folders.insert(folder.to_owned());
            }
        }
        put(&mut self.storage, ASIDE, &path, bytes)
    }

    /// Removes what a crash may have left at the right edge; harmless if it fails.
    fn sweep(&mut self) {
        let _ = self.storage.remove(ASIDE);
        let size = self.checkpoint.size();
        let levels = std::iter::once(None).chain((0..LEVELS).map(Some));
        for tile in levels.filter_map(|level| tile::edge(level, size)) {
            self.sweep_tile(tile);
            if let Some(index) = tile.index.checked_sub(1) {
                self.sweep_tile(Tile {
                    index,
                    width: WIDTH,
                    ..tile
                });
            }
            self.sweep_tile(Tile {
                index: tile.index + 1,
                width: 0,
                ..tile
            });
        }
    }

    /// Removes the partial forms of a tile that are not the current one. The
    /// wider form holds the narrower, so nothing is lost.
    fn sweep_tile(&mut self, tile: Tile) {
        let folder = tile.partials();
        for name in self.storage.names(&folder).unwrap_or_default() {
            if name != tile.width.to_string() {
                let _ = self.storage.remove(&format!("{folder}/{name}"));
            }
        }
    }
}

/// The next right edge, and the files that make it durable.
struct Next {
    edges: Vec<Vec<Hash>>,
    bundle: Vec<u8>,
    files: Vec<(Tile, Vec<u8>)>,
}

/// The folders of a path, from the outermost.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    let slashes = path.match_indices('/');
    slashes.filter_map(|(slash, _)| path.get(..slash))
}

/// Takes the lock, or says that another process has it.
fn take<S: Storage>(storage: &mut S) -> Result<(), AuditError> {
    if storage.lock().map_err(at("lock", LOCK))? {
        Ok(())
    } else {
        Err(AuditError::Locked)
    }
}

/// The payload of a staged record: index, root before it, entry.
fn stage(index: u64, root: Digest, entry: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(STAGED_HEAD + entry.len());
    record.extend_from_slice(&index.to_be_bytes());
    record.extend_from_slice(root.as_bytes());
    record.extend_from_slice(entry);
    record
}

/// The inverse of `stage`.
pub(crate) fn read_stage(record: &[u8]) -> Option<(u64, Digest, &[u8])> {
    let (index, rest) = record.split_first_chunk::<8>()?;
    let (root, entry) = rest.split_first_chunk::<32>()?;
    let index = u64::from_be_bytes(*index);
    (index < u64::MAX).then_some((index, Digest::new(*root), entry))
}

/// Names the step and the file of an I/O error.
pub(crate) fn at(step: &'static str, path: &str) -> impl FnOnce(io::Error) -> AuditError {
    let path = path.to_owned();
    move |source| AuditError::Storage { step, path, source }
}
