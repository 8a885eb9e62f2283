//! The local keystore: a folder with the root secret and the document of keysets.
//!
//! Invariant: what is in memory was on disk, complete and authentic, when it was read; every
//! change happens under the lock, on the document as it then stands on disk, so that two
//! processes never lose each other's keys.
//!
//! Must never: replace a key that exists; keep a root secret that protects nothing it can open.

use std::{fmt, path::Path};

use sealine_protect::crypto::Secret;

use crate::{
    KeyError, OpenKeys, Purpose, State,
    document::{self, Body, Keyset, Version},
    files::{Directory, Lock},
    name::{self, DIGEST_KEY, LOG_KEY},
    root::{KEY_LEN, Place, Root},
};

const ROOT: &str = "root.key";
const DOCUMENT: &str = "keystore.json";

/// A keystore on disk, read and authenticated.
pub struct Keystore {
    directory: Directory,
    root: Root,
    body: Body,
    epoch: u64,
}

/// What may be known of a key by whoever may list keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// The name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The version that protects.
    pub primary: u32,
    /// All versions, oldest first.
    pub versions: Vec<VersionInfo>,
}

/// What may be known of one version of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionInfo {
    /// Its number, from 1.
    pub version: u32,
    /// Whether it may be used.
    pub state: State,
    /// When it was made, in Unix seconds.
    pub created: i64,
}

impl Keystore {
    /// Opens the keystore in `dir`; `None` where none was made yet.
    ///
    /// # Errors
    /// [`KeyError::Exposed`] when others can reach a file; [`KeyError::RootMissing`],
    /// [`KeyError::Damaged`], [`KeyError::FormatVersion`], [`KeyError::File`].
    pub fn open(dir: &Path) -> Result<Option<Keystore>, KeyError> {
        let Some(directory) = Directory::open(dir)? else {
            return Ok(None);
        };
        let Some(text) = directory.read(DOCUMENT, document::LONGEST)? else {
            return Ok(None);
        };
        let path = directory.path_of(DOCUMENT).display().to_string();
        let root = read_root(&directory)?
            .ok_or_else(|| KeyError::RootMissing(directory.path_of(ROOT).display().to_string()))?;
        let (body, epoch) = document::read(text.expose(), &root, &path)?;
        Ok(Some(Keystore {
            directory,
            root,
            body,
            epoch,
        }))
    }

    /// Makes a keystore in `dir`, with the internal keys [`LOG_KEY`] and [`DIGEST_KEY`]. `now` is
    /// in Unix seconds.
    ///
    /// # Errors
    /// [`KeyError::Exists`] when there is one; else as [`Keystore::open`].
    pub fn create(dir: &Path, now: i64) -> Result<Keystore, KeyError> {
        let directory = Directory::create(dir)?;
        let lock = directory.lock()?;
        if directory.read(DOCUMENT, document::LONGEST)?.is_some() {
            return Err(KeyError::Exists(directory.path().display().to_string()));
        }
        // A root secret without a document is what a crash right below leaves behind: nothing is
        // sealed under it yet, and it serves.
        let root = match read_root(&directory)? {
            Some(root) => root,
            None => {
                let secret = Secret::random(KEY_LEN)?;
                directory.replace(&lock, ROOT, secret.expose())?;
                Root::new(&secret)?
            }
        };
        let mut body = Body {
            revision: 1,
            created: now,
            keys: Default::default(),
        };
        insert(&mut body, &root, LOG_KEY, Purpose::Sign, now)?;
        insert(&mut body, &root, DIGEST_KEY, Purpose::Digest, now)?;
        let epoch = store(&directory, &lock, &root, &body)?;
        Ok(Keystore {
            directory,
            root,
            body,
            epoch,
        })
    }

    /// Makes a key of one purpose. `now` is in Unix seconds.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::Duplicate`]; [`KeyError::File`] when it could not be made
    /// durable, and then the key is not there.
    pub fn new_key(&mut self, name: &str, purpose: Purpose, now: i64) -> Result<(), KeyError> {
        name::check(name)?;
        self.change(|body, root| insert(body, root, name, purpose, now))
    }

    /// Adds a version to a key of purpose `file` or `value` and makes it the primary. Older
    /// versions go on opening what they protected.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`]; [`KeyError::NotRotated`] for other purposes; [`KeyError::File`].
    pub fn rotate(&mut self, name: &str, now: i64) -> Result<u32, KeyError> {
        let mut made = 0;
        self.change(|body, root| {
            let keyset = body
                .keys
                .get_mut(name)
                .ok_or_else(|| KeyError::UnknownKey {
                    name: name.to_owned(),
                    purpose: Purpose::File,
                })?;
            if !matches!(keyset.purpose, Purpose::File | Purpose::Value) {
                return Err(KeyError::NotRotated {
                    name: name.to_owned(),
                    purpose: keyset.purpose,
                });
            }
            let version = keyset
                .versions
                .iter()
                .map(|version| version.version)
                .max()
                .unwrap_or(0)
                + 1;
            keyset.versions.push(fresh(
                root,
                Place {
                    name,
                    purpose: keyset.purpose,
                    version,
                },
                now,
            )?);
            keyset.primary = version;
            made = version;
            Ok(())
        })?;
        Ok(made)
    }

    /// All keys by name, the internal ones included; no key bytes, wrapped or not.
    pub fn list(&self) -> Vec<KeyInfo> {
        let version = |version: &Version| VersionInfo {
            version: version.version,
            state: version.state,
            created: version.created,
        };
        let info = |(name, keyset): (&String, &Keyset)| KeyInfo {
            name: name.clone(),
            purpose: keyset.purpose,
            primary: keyset.primary,
            versions: keyset.versions.iter().map(version).collect(),
        };
        self.body.keys.iter().map(info).collect()
    }

    /// Stands for the whole content: another after any change, and after an exchange of the file.
    /// At most 53 bits, so that it survives any JSON reader.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Opens every key that may still be used.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] when one does not open under the root secret.
    pub fn unlock(&self) -> Result<OpenKeys, KeyError> {
        let mut keys = OpenKeys::empty(self.epoch);
        for (name, keyset) in &self.body.keys {
            for version in &keyset.versions {
                let place = Place {
                    name,
                    purpose: keyset.purpose,
                    version: version.version,
                };
                let damaged =
                    || KeyError::Damaged(self.directory.path_of(DOCUMENT).display().to_string());
                let secret = match &version.wrapped {
                    Some(wrapped) => Some(self.root.unwrap(place, wrapped).ok_or_else(damaged)?),
                    None => None,
                };
                keys.insert(
                    name,
                    keyset.purpose,
                    keyset.primary,
                    version.version,
                    version.state,
                    secret,
                );
            }
        }
        Ok(keys)
    }

    /// Changes the document as it stands on disk now, not as it was read.
    fn change(
        &mut self,
        change: impl FnOnce(&mut Body, &Root) -> Result<(), KeyError>,
    ) -> Result<(), KeyError> {
        let lock = self.directory.lock()?;
        let path = self.directory.path_of(DOCUMENT).display().to_string();
        let text = self
            .directory
            .read(DOCUMENT, document::LONGEST)?
            .ok_or_else(|| KeyError::Damaged(path.clone()))?;
        let (mut body, _) = document::read(text.expose(), &self.root, &path)?;
        change(&mut body, &self.root)?;
        body.revision += 1;
        self.epoch = store(&self.directory, &lock, &self.root, &body)?;
        self.body = body;
        Ok(())
    }
}

impl fmt::Debug for Keystore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keystore")
            .field("path", &self.directory.path())
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

fn read_root(directory: &Directory) -> Result<Option<Root>, KeyError> {
    let Some(secret) = directory.read(ROOT, KEY_LEN)? else {
        return Ok(None);
    };
    if secret.len() != KEY_LEN {
        return Err(KeyError::Damaged(
            directory.path_of(ROOT).display().to_string(),
        ));
    }
    Root::new(&secret).map(Some)
}

fn insert(
    body: &mut Body,
    root: &Root,
    name: &str,
    purpose: Purpose,
    now: i64,
) -> Result<(), KeyError> {
    if body.keys.contains_key(name) {
        return Err(KeyError::Duplicate(name.to_owned()));
    }
    let first = fresh(
        root,
        Place {
            name,
            purpose,
            version: 1,
        },
        now,
    )?;
    body.keys.insert(
        name.to_owned(),
        Keyset {
            purpose,
            primary: 1,
            versions: vec![first],
        },
    );
    Ok(())
}

fn fresh(root: &Root, place: Place<'_>, now: i64) -> Result<Version, KeyError> {
    let wrapped = root.wrap(place, &Secret::random(KEY_LEN)?)?;
    Ok(Version {
        version: place.version,
        state: State::Enabled,
        created: now,
        wrapped: Some(wrapped),
    })
}

fn store(directory: &Directory, lock: &Lock, root: &Root, body: &Body) -> Result<u64, KeyError> {
    let written = document::write(
        body,
        root,
        &directory.path_of(DOCUMENT).display().to_string(),
    )?;
    directory.replace(lock, DOCUMENT, &written.text)?;
    Ok(written.epoch)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    /// Gives version 1 of `lake` another state.
    fn retire(keystore: &mut Keystore, state: State) {
        keystore
            .change(|body, _| {
                let old = &mut body.keys.get_mut("lake").unwrap().versions[0];
                old.state = state;
                if state == State::Destroyed {
                    old.wrapped = None;
                }
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn old_versions_open_while_they_may_and_never_wrap() {
        for (state, opens) in [
            (State::Enabled, true),
            (State::DecryptOnly, true),
            (State::Destroyed, false),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("keys");
            let mut keystore = Keystore::create(&path, 1).unwrap();
            keystore.new_key("lake", Purpose::File, 1).unwrap();
            let old = keystore.unlock().unwrap().new_data_key("lake").unwrap();
            assert_eq!(keystore.rotate("lake", 2).unwrap(), 2);
            retire(&mut keystore, state);
            let keys = Keystore::open(&path).unwrap().unwrap().unlock().unwrap();
            match keys.unwrap(old.wrapped()) {
                Ok(secret) => assert!(opens && secret.equals(old.plaintext())),
                Err(error) => assert!(!opens && error.code() == "SL6016", "{error}"),
            }
            let new = keys.new_data_key("lake").unwrap();
            assert_eq!(new.wrapped().version().unwrap(), 2);
            assert!(keys.unwrap(new.wrapped()).unwrap().equals(new.plaintext()));
        }
    }

    #[test]
    fn a_primary_that_may_not_protect_makes_the_document_invalid() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let mut keystore = Keystore::create(&path, 1).unwrap();
        keystore.new_key("lake", Purpose::File, 1).unwrap();
        keystore.rotate("lake", 2).unwrap();
        retire(&mut keystore, State::DecryptOnly);
        assert!(Keystore::open(&path).is_ok());
        keystore
            .change(|body, _| {
                body.keys.get_mut("lake").unwrap().primary = 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(Keystore::open(&path).unwrap_err().code(), "SL6005");
    }

    #[test]
    fn only_file_and_value_keys_rotate() {
        let dir = tempfile::tempdir().unwrap();
        let mut keystore = Keystore::create(&dir.path().join("keys"), 1).unwrap();
        keystore.new_key("crm", Purpose::Token, 1).unwrap();
        assert_eq!(keystore.rotate("crm", 2).unwrap_err().code(), "SL6017");
        assert_eq!(keystore.rotate(LOG_KEY, 2).unwrap_err().code(), "SL6017");
        assert_eq!(keystore.rotate("none", 2).unwrap_err().code(), "SL6013");
        assert!(keystore.list().iter().all(|key| key.versions.len() == 1));
    }
}
