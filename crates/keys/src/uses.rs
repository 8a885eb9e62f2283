//! `uses.json`: how often each version of a key was used, counted before the use.
//!
//! A file key wraps data keys under random nonces, which AES-GCM allows 2^32 times (NIST SP
//! 800-38D, section 8.3). A value key derives data keys from random salts; each of those bounds its
//! own seals in memory and ends with its run.
//!
//! Invariant: uses are reserved on disk, durably and in blocks, before the first of them happens.
//! What was reserved and not used is given back at the end, so a crash can only count too many.
//!
//! Must never: lie in `keystore.json`, whose epoch a run in progress rests on; count too few.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::{
    KeyError, Purpose,
    authentic::{Format, LONGEST},
    files::{Directory, Lock},
    root::Root,
};

const FILE: &str = "uses.json";
const FORMAT: Format = Format {
    kind: "uses",
    newest: 1,
};

/// Uses reserved at once.
const BLOCK: u64 = 64;

/// The most uses of one version, by purpose; `None` where uses wear nothing out.
pub(crate) fn most(purpose: Purpose) -> Option<u64> {
    match purpose {
        Purpose::File | Purpose::Value => Some(1 << 32),
        Purpose::Token | Purpose::Sign | Purpose::Digest => None,
    }
}

/// The counts as they were read: by key, by version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Uses(BTreeMap<String, BTreeMap<u32, u64>>);

impl Uses {
    pub(crate) fn of(&self, name: &str, version: u32) -> u64 {
        self.0
            .get(name)
            .and_then(|versions| versions.get(&version))
            .copied()
            .unwrap_or(0)
    }

    fn of_mut(&mut self, name: &str, version: u32) -> &mut u64 {
        self.0
            .entry(name.to_owned())
            .or_default()
            .entry(version)
            .or_default()
    }

    /// Reads the counts. `counted`: the keystore says that they exist.
    pub(crate) fn read(
        directory: &Directory,
        root: &Root,
        counted: bool,
    ) -> Result<Uses, KeyError> {
        let path = path(directory);
        match directory.read(FILE, LONGEST)? {
            Some(text) => Ok(FORMAT.read(text.expose(), root, &path)?.body),
            None if counted => Err(KeyError::Damaged(path)),
            None => Ok(Uses::default()),
        }
    }

    /// Begins to count, where that was not done yet.
    pub(crate) fn begin(directory: &Directory, lock: &Lock, root: &Root) -> Result<(), KeyError> {
        Uses::read(directory, root, false)?.write(directory, lock, root)
    }

    pub(crate) fn write(
        &self,
        directory: &Directory,
        lock: &Lock,
        root: &Root,
    ) -> Result<(), KeyError> {
        let written = FORMAT.write(self, root, &path(directory))?;
        directory.replace(lock, FILE, &written.text)
    }
}

fn path(directory: &Directory) -> String {
    directory.path_of(FILE).display().to_string()
}

/// Counts the uses of open keys. Shared by every thread of a run.
pub(crate) struct Meter {
    directory: Arc<Directory>,
    root: Arc<Root>,
    counted: bool,
    /// What is reserved and not used yet.
    reserved: Mutex<BTreeMap<(String, u32), u64>>,
}

impl Meter {
    pub(crate) fn new(directory: Arc<Directory>, root: Arc<Root>, counted: bool) -> Meter {
        Meter {
            directory,
            root,
            counted,
            reserved: Mutex::default(),
        }
    }

    /// Counts one use that is about to happen.
    pub(crate) fn take(&self, name: &str, version: u32, limit: u64) -> Result<(), KeyError> {
        // A panic elsewhere leaves a whole map behind: each change of it is one assignment.
        let mut reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        let left = reserved.entry((name.to_owned(), version)).or_default();
        if *left == 0 {
            *left = self.reserve(name, version, limit)?;
        }
        *left = left.saturating_sub(1);
        Ok(())
    }

    /// Reserves a block, or what is left below the limit; at least one use.
    fn reserve(&self, name: &str, version: u32, limit: u64) -> Result<u64, KeyError> {
        let lock = self.directory.lock()?;
        let mut uses = Uses::read(&self.directory, &self.root, self.counted)?;
        let used = uses.of_mut(name, version);
        let block = limit.saturating_sub(*used).min(BLOCK);
        if block == 0 {
            return Err(KeyError::Exhausted {
                name: name.to_owned(),
                version,
                limit,
            });
        }
        *used += block;
        uses.write(&self.directory, &lock, &self.root)?;
        // A crash right here leaves uses that were counted and never happen.
        Ok(block)
    }

    fn give_back(&self) -> Result<(), KeyError> {
        let reserved =
            std::mem::take(&mut *self.reserved.lock().unwrap_or_else(PoisonError::into_inner));
        if reserved.values().all(|left| *left == 0) {
            return Ok(());
        }
        let lock = self.directory.lock()?;
        let mut uses = Uses::read(&self.directory, &self.root, self.counted)?;
        for ((name, version), left) in reserved {
            let used = uses.of_mut(&name, version);
            *used = used.saturating_sub(left);
        }
        uses.write(&self.directory, &lock, &self.root)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        // What cannot be given back stays counted, which is safe.
        let _ = self.give_back();
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meter")
    }
}
