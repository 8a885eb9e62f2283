//! The local keystore: a folder with the root secret, the document of keysets and the counts.
//!
//! Invariant: what is in memory was on disk, complete and authentic, when it was read; every
//! change happens under the lock, on the document as it then stands on disk, so that two
//! processes never lose each other's keys.
//!
//! Must never: replace a key that exists; keep a root secret that protects nothing it can open;
//! open a version that the caller's tombstones name.

use std::{collections::BTreeMap, fmt, path::Path, sync::Arc};

use sealine_protect::crypto::{Secret, ed25519::SigningKey};

use crate::{
    Change, Cost, Fingerprint, KeyError, KeyInfo, OpenKeys, Purpose, Staged, State, Tombstone,
    Tombstones,
    authentic::{self, Read},
    change,
    document::{self, Body, Keyset, Version},
    files::Directory,
    info,
    name::{DIGEST_KEY, LOG_KEY},
    open::OpenKeyset,
    passphrase,
    root::{KEY_LEN, Place, Root},
    staged,
    uses::{Meter, Uses},
};

const ROOT: &str = "root.key";

/// A keystore on disk, read and authenticated.
pub struct Keystore {
    pub(crate) directory: Arc<Directory>,
    pub(crate) root: Arc<Root>,
    pub(crate) body: Body,
    pub(crate) epoch: u64,
    pub(crate) uses: Uses,
    /// Whether `uses.json` must be there.
    pub(crate) counted: bool,
    pub(crate) sealed: bool,
}

impl Keystore {
    /// Whether the keystore in `dir` opens with a passphrase alone. `false` where there is none.
    ///
    /// # Errors
    /// [`KeyError::Exposed`], [`KeyError::File`].
    pub fn needs_passphrase(dir: &Path) -> Result<bool, KeyError> {
        let Some(directory) = Directory::open(dir)? else {
            return Ok(false);
        };
        let root = directory.read(ROOT, passphrase::LONGEST)?;
        Ok(root.is_some_and(|root| root.len() > KEY_LEN))
    }

    /// Opens the keystore in `dir`; `None` where none was made yet. The passphrase is needed where
    /// [`Keystore::needs_passphrase`] says so, and not looked at elsewhere.
    ///
    /// # Errors
    /// [`KeyError::Exposed`] when others can reach a file; [`KeyError::PassphraseNeeded`],
    /// [`KeyError::WrongPassphrase`], [`KeyError::Cost`]; [`KeyError::RootMissing`],
    /// [`KeyError::Damaged`], [`KeyError::FormatVersion`], [`KeyError::File`].
    pub fn open(dir: &Path, passphrase: Option<&Secret>) -> Result<Option<Keystore>, KeyError> {
        let Some(directory) = Directory::open(dir)? else {
            return Ok(None);
        };
        let Some(text) = directory.read(document::FILE, authentic::LONGEST)? else {
            return Ok(None);
        };
        let (secret, sealed) = read_root(&directory, passphrase)?
            .ok_or_else(|| KeyError::RootMissing(directory.path_of(ROOT).display().to_string()))?;
        let root = Root::new(&secret)?;
        let read = document::read(text.expose(), &root, &document_path(&directory))?;
        let counted = read.version >= document::COUNTED;
        Ok(Some(Keystore {
            uses: Uses::read(&directory, &root, counted)?,
            directory: Arc::new(directory),
            root: Arc::new(root),
            body: read.body,
            epoch: read.epoch,
            counted,
            sealed,
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
        if directory
            .read(document::FILE, authentic::LONGEST)?
            .is_some()
        {
            return Err(KeyError::Exists(directory.path().display().to_string()));
        }
        // A root secret without a document is what a crash right below leaves behind: nothing is
        // sealed under it yet, and it serves.
        let secret = match read_root(&directory, None)? {
            Some((secret, _)) => secret,
            None => {
                let secret = Secret::random(KEY_LEN)?;
                directory.replace(&lock, ROOT, secret.expose())?;
                secret
            }
        };
        let root = Root::new(&secret)?;
        let mut body = Body {
            revision: 1,
            created: now,
            keys: BTreeMap::new(),
        };
        change::insert(&mut body, &root, LOG_KEY, Purpose::Sign, now)?;
        change::insert(&mut body, &root, DIGEST_KEY, Purpose::Digest, now)?;
        let written = document::FORMAT.write(&body, &root, &document_path(&directory))?;
        Uses::default().write(&directory, &lock, &root)?;
        // A crash right here leaves counts of no keys, which the next attempt writes again.
        directory.replace(&lock, document::FILE, &written.text)?;
        Ok(Keystore {
            directory: Arc::new(directory),
            root: Arc::new(root),
            body,
            epoch: written.epoch,
            uses: Uses::default(),
            counted: true,
            sealed: false,
        })
    }

    /// Prepares a change under the lock; nothing is written before [`Staged::commit`]. `now` is in
    /// Unix seconds.
    ///
    /// # Errors
    /// Why the change cannot be made: [`KeyError::Name`], [`KeyError::Duplicate`],
    /// [`KeyError::UnknownKey`], [`KeyError::UnknownVersion`], [`KeyError::VersionState`],
    /// [`KeyError::NoVersion`], [`KeyError::NotRotated`], [`KeyError::Internal`],
    /// [`KeyError::Primary`], [`KeyError::Limit`], [`KeyError::Full`]; else as [`Keystore::open`].
    pub fn stage(&mut self, change: &Change, now: i64) -> Result<Staged<'_>, KeyError> {
        self.stage_body(|body, root| change.apply(body, root, now))
    }

    /// Prepares and makes a change; gives the versions that it touched.
    ///
    /// # Errors
    /// As [`Keystore::stage`]; [`KeyError::File`] when it could not be made durable: then the old
    /// or the new document stands, complete.
    pub fn change(&mut self, change: &Change, now: i64) -> Result<Vec<u32>, KeyError> {
        let staged = self.stage(change, now)?;
        let versions = staged.versions().to_vec();
        staged.commit()?;
        Ok(versions)
    }

    /// Makes a key of one purpose. `now` is in Unix seconds.
    ///
    /// # Errors
    /// As [`Keystore::change`].
    pub fn new_key(&mut self, name: &str, purpose: Purpose, now: i64) -> Result<(), KeyError> {
        let name = name.to_owned();
        self.change(&Change::New { name, purpose }, now).map(drop)
    }

    /// Adds a version to a key and makes it the primary; gives its number.
    ///
    /// # Errors
    /// As [`Keystore::change`].
    pub fn rotate(&mut self, name: &str, now: i64) -> Result<u32, KeyError> {
        let name = name.to_owned();
        let versions = self.change(&Change::Rotate { name }, now)?;
        Ok(versions.first().copied().unwrap_or(0))
    }

    /// Prepares another passphrase, or none: then the root secret lies in a file that its owner
    /// alone can read. `current` is what opened the keystore. The keys stay as they are, and so
    /// does the epoch: an old copy of `root.key` goes on opening with what it was sealed under.
    ///
    /// # Errors
    /// [`KeyError::WrongPassphrase`], [`KeyError::PassphraseNeeded`] for `current`;
    /// [`KeyError::Passphrase`] for an unfit `new`; else as [`Keystore::open`].
    pub fn stage_passphrase(
        &mut self,
        current: Option<&Secret>,
        new: Option<(&Secret, Cost)>,
    ) -> Result<Staged<'_>, KeyError> {
        let lock = self.directory.lock()?;
        let path = self.directory.path_of(ROOT).display().to_string();
        let (secret, _) = read_root(&self.directory, current)?
            .ok_or_else(|| KeyError::RootMissing(path.clone()))?;
        // Another root secret than this keystore's must not take its place.
        let text = self.read_document()?;
        document::read(text.expose(), &Root::new(&secret)?, &path)?;
        let text = match new {
            Some((passphrase, cost)) => Secret::new(passphrase::seal(&secret, passphrase, cost)?),
            None => secret,
        };
        let effect = staged::Effect::Root {
            sealed: new.is_some(),
        };
        Ok(Staged::new(self, lock, ROOT, text, effect))
    }

    /// Whether the root secret is under a passphrase.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// All keys by name, the internal ones included, with the uses as they were counted when the
    /// keystore was opened.
    pub fn list(&self) -> Vec<KeyInfo> {
        let keys = self.body.keys.iter();
        keys.map(|(name, keyset)| KeyInfo::of(name, keyset, &self.uses))
            .collect()
    }

    /// Stands for the whole content but the counts: another after any change, and after an exchange
    /// of the file. At most 53 bits, so that it survives any JSON reader.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The key that signs the log. It is never destroyed, so it opens before the log, which has the
    /// tombstones of all others, can be read.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`] when the keystore has none; [`KeyError::Damaged`],
    /// [`KeyError::Crypto`].
    pub fn signer(&self) -> Result<SigningKey, KeyError> {
        let missing = || KeyError::UnknownKey {
            name: LOG_KEY.to_owned(),
            purpose: Purpose::Sign,
        };
        let keyset = self.body.keys.get(LOG_KEY).ok_or_else(missing)?;
        let version = keyset.version(keyset.primary).ok_or_else(missing)?;
        let seed = self.secret(LOG_KEY, keyset, version)?.ok_or_else(missing)?;
        Ok(SigningKey::from_seed(&seed)?)
    }

    /// The versions whose destruction is due at `now`, in Unix seconds. Log these, and then
    /// [`Keystore::bury`] them.
    ///
    /// # Errors
    /// [`KeyError::Damaged`], [`KeyError::Crypto`].
    pub fn due(&self, now: i64) -> Result<Vec<Tombstone>, KeyError> {
        self.tombstones(|version, _| version.due.is_some_and(|due| due <= now))
    }

    /// Removes the bytes of every version that `tombstones` name, due or restored from a backup;
    /// gives those that were there. `now` is in Unix seconds.
    ///
    /// # Errors
    /// As [`Keystore::change`].
    pub fn bury(&mut self, tombstones: &Tombstones, now: i64) -> Result<Vec<Tombstone>, KeyError> {
        let buried = self.tombstones(|_, fingerprint| tombstones.contains(fingerprint))?;
        if buried.is_empty() {
            return Ok(buried);
        }
        let staged = self.stage_body(|body, _| {
            for tombstone in &buried {
                let versions = &mut body.keyset_mut(&tombstone.name)?.versions;
                let named = |version: &&mut Version| version.version == tombstone.version;
                if let Some(version) = versions.iter_mut().find(named) {
                    version.state = State::Destroyed;
                    version.due = None;
                    version.destroyed = Some(now);
                    version.wrapped = None;
                }
            }
            Ok(Vec::new())
        })?;
        staged.commit()?;
        Ok(buried)
    }

    /// Opens every key that may still be used; a version that `tombstones` name is destroyed,
    /// whatever the file says.
    ///
    /// # Errors
    /// [`KeyError::Damaged`] when one does not open under the root secret.
    pub fn unlock(&self, tombstones: &Tombstones) -> Result<OpenKeys, KeyError> {
        let mut keysets = BTreeMap::new();
        for (name, keyset) in &self.body.keys {
            let mut versions = BTreeMap::new();
            for version in &keyset.versions {
                let secret = self.secret(name, keyset, version)?;
                let buried = match &secret {
                    Some(key) => {
                        tombstones.contains(&Fingerprint::of(place(name, keyset, version), key)?)
                    }
                    None => false,
                };
                let open = match buried {
                    true => (State::Destroyed, None),
                    false => (version.state, secret),
                };
                versions.insert(version.version, open);
            }
            let open = OpenKeyset {
                purpose: keyset.purpose,
                primary: keyset.primary,
                limit: info::limit(keyset),
                versions,
            };
            keysets.insert(name.clone(), open);
        }
        let (directory, root) = (Arc::clone(&self.directory), Arc::clone(&self.root));
        let meter = Meter::new(directory, root, self.counted);
        Ok(OpenKeys::new(self.epoch, keysets, meter))
    }

    fn secret(
        &self,
        name: &str,
        keyset: &Keyset,
        version: &Version,
    ) -> Result<Option<Secret>, KeyError> {
        let Some(wrapped) = &version.wrapped else {
            return Ok(None);
        };
        let opened = self.root.unwrap(place(name, keyset, version), wrapped);
        opened
            .map(Some)
            .ok_or_else(|| KeyError::Damaged(document_path(&self.directory)))
    }

    fn tombstones(
        &self,
        wanted: impl Fn(&Version, &Fingerprint) -> bool,
    ) -> Result<Vec<Tombstone>, KeyError> {
        let mut found = Vec::new();
        for (name, keyset) in &self.body.keys {
            for version in &keyset.versions {
                let Some(key) = self.secret(name, keyset, version)? else {
                    continue;
                };
                let fingerprint = Fingerprint::of(place(name, keyset, version), &key)?;
                if wanted(version, &fingerprint) {
                    found.push(Tombstone {
                        name: name.clone(),
                        version: version.version,
                        fingerprint,
                    });
                }
            }
        }
        Ok(found)
    }

    fn read_document(&self) -> Result<Secret, KeyError> {
        let text = self.directory.read(document::FILE, authentic::LONGEST)?;
        text.ok_or_else(|| KeyError::Damaged(document_path(&self.directory)))
    }

    /// Changes the document as it stands on disk now, not as it was read.
    fn stage_body(
        &mut self,
        change: impl FnOnce(&mut Body, &Root) -> Result<Vec<u32>, KeyError>,
    ) -> Result<Staged<'_>, KeyError> {
        let lock = self.directory.lock()?;
        let path = document_path(&self.directory);
        let Read { mut body, .. } =
            document::read(self.read_document()?.expose(), &self.root, &path)?;
        let versions = change(&mut body, &self.root)?;
        body.revision += 1;
        let written = document::FORMAT.write(&body, &self.root, &path)?;
        let effect = staged::Effect::Document {
            body,
            epoch: written.epoch,
            versions,
        };
        let text = Secret::new(written.text);
        Ok(Staged::new(self, lock, document::FILE, text, effect))
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

fn place<'a>(name: &'a str, keyset: &Keyset, version: &Version) -> Place<'a> {
    Place {
        name,
        purpose: keyset.purpose,
        version: version.version,
    }
}

fn document_path(directory: &Directory) -> String {
    directory.path_of(document::FILE).display().to_string()
}

/// The root secret, and whether it was under a passphrase.
fn read_root(
    directory: &Directory,
    passphrase: Option<&Secret>,
) -> Result<Option<(Secret, bool)>, KeyError> {
    let Some(found) = directory.read(ROOT, passphrase::LONGEST)? else {
        return Ok(None);
    };
    if found.len() == KEY_LEN {
        return Ok(Some((found, false)));
    }
    let path = directory.path_of(ROOT).display().to_string();
    passphrase::open(found.expose(), passphrase, &path).map(|secret| Some((secret, true)))
}
