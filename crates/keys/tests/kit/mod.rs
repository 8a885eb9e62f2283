//! What the tests of the keystore share: a place, its files, copies of it.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use sealine_keys::{Cost, KeyInfo, Keystore, Purpose, State};
use sealine_protect::crypto::Secret;

/// The least that is sealed: these tests are not about how slow it is.
pub(crate) const CHEAP: Cost = Cost {
    memory_kib: 7 << 10,
    passes: 5,
    lanes: 1,
};

pub(crate) struct Place {
    _dir: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

/// The files of a keystore, the lock aside.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

impl Place {
    pub(crate) fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        Place { _dir: dir, path }
    }

    /// A keystore with a key of each purpose: `crm`, `lake`, `values`.
    pub(crate) fn with_keys() -> (Place, Keystore) {
        let place = Place::new();
        let mut keystore = Keystore::create(&place.path, 1).unwrap();
        keystore.new_key("crm", Purpose::Token, 2).unwrap();
        keystore.new_key("lake", Purpose::File, 3).unwrap();
        keystore.new_key("values", Purpose::Value, 4).unwrap();
        (place, keystore)
    }

    pub(crate) fn open(&self) -> Keystore {
        Keystore::open(&self.path, None).unwrap().unwrap()
    }

    pub(crate) fn files(&self) -> Files {
        files(&self.path)
    }

    /// A place with these files and no others.
    pub(crate) fn of(files: &Files) -> Place {
        let place = Place::new();
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&place.path)
            .unwrap();
        for (name, bytes) in files {
            place.put(name, bytes);
        }
        place
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        use std::io::Write;
        let mut options = fs::OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(self.path.join(name)).unwrap();
        file.write_all(bytes).unwrap();
    }
}

pub(crate) fn files(path: &Path) -> Files {
    let entries = fs::read_dir(path).unwrap().map(Result::unwrap);
    entries
        .filter(|entry| entry.file_name() != "lock")
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// Every state of the folder that a crash can leave between `before` and `after`, which differ by
/// the files of `order`, replaced one after the other.
pub(crate) fn crashes(before: &Files, after: &Files, order: &[&str]) -> Vec<Files> {
    let mut states = Vec::new();
    let mut standing = before.clone();
    for name in order {
        let new = &after[*name];
        assert_ne!(standing.get(*name), Some(new), "{name} was not replaced");
        let staged = format!("{name}.new");
        for cut in [0, new.len() / 2, new.len()] {
            let mut state = standing.clone();
            state.insert(staged.clone(), new[..cut].to_vec());
            states.push(state);
        }
        standing.insert((*name).to_owned(), new.clone());
        states.push(standing.clone());
    }
    assert_eq!(&standing, after, "the order names every file that changed");
    states
}

pub(crate) fn phrase(text: &str) -> Secret {
    Secret::copy_of(text.as_bytes())
}

pub(crate) fn info(keystore: &Keystore, name: &str) -> KeyInfo {
    let all = keystore.list();
    all.into_iter().find(|key| key.name == name).unwrap()
}

pub(crate) fn states(keystore: &Keystore, name: &str) -> Vec<State> {
    let versions = info(keystore, name).versions;
    versions.iter().map(|version| version.state).collect()
}
