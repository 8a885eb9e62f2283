//! Reading the log without writing to it: entries in order, receipts beside them.
//!
//! INVARIANT: every read is bounded, and a hostile file ends in an error. What is
//! read here is not verified: that is [`crate::verify`]'s work, and `show` says so.

use std::path::Path;

use crate::log::{CHECKPOINT, KEY, MAX_BUNDLE, MAX_NOTE, at};
use crate::note::{self, Checkpoint};
use crate::storage::{Disk, Storage as _};
use crate::tile::{self, Tile, WIDTH};
use crate::{AuditError, Event};

/// A log opened for reading, at the size that its checkpoint had then.
#[derive(Debug)]
pub struct Reader {
    disk: Disk,
    checkpoint: Checkpoint,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its index, counted from 0.
    pub index: u64,
    /// Its bytes, as they were hashed.
    pub bytes: Vec<u8>,
    /// The event; `None` where a later version of Sealine wrote it.
    pub event: Option<Event>,
}

impl Reader {
    /// Opens the log in `dir`.
    ///
    /// # Errors
    /// `Missing`, `BadCheckpoint`, `Storage`.
    pub fn open(dir: &Path) -> Result<Self, AuditError> {
        let disk = Disk::new(dir);
        let text = disk
            .read(CHECKPOINT, MAX_NOTE)
            .map_err(at("read", CHECKPOINT))?;
        let checkpoint = Checkpoint::parse(&text.ok_or(AuditError::Missing)?)?;
        Ok(Self { disk, checkpoint })
    }

    /// The head of the log; its signature has not been checked.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The public key that lies beside the log, with its name.
    ///
    /// # Errors
    /// `BadKey`, `Storage`.
    pub fn key(
        &self,
    ) -> Result<(String, sealine_protect::crypto::ed25519::VerifyingKey), AuditError> {
        let bytes = self.disk.read(KEY, MAX_NOTE).map_err(at("read", KEY))?;
        let bytes = bytes.ok_or(AuditError::BadKey {
            reason: "the file is missing",
        })?;
        let text = String::from_utf8(bytes).map_err(|_| AuditError::BadKey {
            reason: "the file is not UTF-8",
        })?;
        note::parse_verifier(&text)
    }

    /// The entries from `first` on, in order.
    #[must_use]
    pub const fn entries(&self, first: u64) -> Entries<'_> {
        Entries {
            reader: self,
            next: first,
            bundle: Vec::new(),
            loaded: None,
        }
    }

    /// One entry.
    ///
    /// # Errors
    /// `NoEntry`, `Damaged`, `Storage`.
    pub fn entry(&self, index: u64) -> Result<Record, AuditError> {
        let missing = AuditError::NoEntry {
            index,
            size: self.checkpoint.size(),
        };
        self.entries(index).next().unwrap_or(Err(missing))
    }

    /// The entries, newest first, one bundle in memory at a time.
    pub fn newest_first(&self) -> impl Iterator<Item = Result<Record, AuditError>> + '_ {
        let bundles = self.checkpoint.size().div_ceil(WIDTH);
        (0..bundles).rev().flat_map(|index| {
            let mut bundle: Vec<_> = self.entries(index * WIDTH).take(256).collect();
            bundle.reverse();
            bundle
        })
    }

    /// The newest entry whose event answers to `wanted`: how recovery learns
    /// whether a run was recorded before the crash.
    ///
    /// # Errors
    /// `Damaged`, `Storage`.
    pub fn find_last(&self, wanted: impl Fn(&Event) -> bool) -> Result<Option<Record>, AuditError> {
        let known = |record: &Record| record.event.as_ref().is_some_and(&wanted);
        self.newest_first()
            .find(|record| record.as_ref().map_or(true, known))
            .transpose()
    }

    /// The entries of one bundle. A writer may have widened it since the
    /// checkpoint was read, so a wider form serves as well.
    fn bundle(&self, index: u64) -> Result<Vec<Vec<u8>>, AuditError> {
        let width = (self.checkpoint.size() - index * WIDTH).min(WIDTH);
        for wider in width..=WIDTH {
            let path = Tile {
                level: None,
                index,
                width: wider,
            }
            .path();
            let Some(bytes) = self
                .disk
                .read(&path, MAX_BUNDLE)
                .map_err(at("read", &path))?
            else {
                continue;
            };
            let damaged = |reason| AuditError::Damaged {
                file: path.clone(),
                reason,
            };
            let (entries, whole) = tile::split_bundle(&bytes);
            if !whole || entries.len() as u64 != wider {
                return Err(damaged("it has not the width of its name"));
            }
            return Ok(entries.into_iter().map(<[u8]>::to_vec).collect());
        }
        let file = Tile {
            level: None,
            index,
            width,
        }
        .path();
        Err(AuditError::Damaged {
            file,
            reason: "it is missing",
        })
    }
}

/// Entries in order; ends after the first error.
#[derive(Debug)]
pub struct Entries<'a> {
    reader: &'a Reader,
    next: u64,
    bundle: Vec<Vec<u8>>,
    loaded: Option<u64>,
}

impl Iterator for Entries<'_> {
    type Item = Result<Record, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.next;
        if index >= self.reader.checkpoint.size() {
            return None;
        }
        let bundle = index / WIDTH;
        if self.loaded != Some(bundle) {
            match self.reader.bundle(bundle) {
                Ok(entries) => self.bundle = entries,
                Err(error) => {
                    self.next = u64::MAX;
                    return Some(Err(error));
                }
            }
            self.loaded = Some(bundle);
        }
        self.next += 1;
        let at = usize::try_from(index % WIDTH).ok()?;
        let bytes = std::mem::take(self.bundle.get_mut(at)?);
        let event = Event::decode(&bytes);
        Some(Ok(Record {
            index,
            bytes,
            event,
        }))
    }
}
