//! A change that is prepared and not made: checked, so that it can be logged before it takes effect.
//!
//! Invariant: it holds the keystore's lock, so what was checked is what is changed.
//!
//! Must never: write before [`Staged::commit`].

use std::fmt;

use sealine_protect::crypto::Secret;

use crate::{KeyError, Keystore, document::Body, files::Lock, uses::Uses};

/// A change that waits for its [`commit`](Staged::commit). Dropped, it never happened.
#[must_use = "nothing is written before `commit`"]
pub struct Staged<'a> {
    keystore: &'a mut Keystore,
    lock: Lock,
    file: &'static str,
    text: Secret,
    effect: Effect,
}

/// What holds in memory once the file is in place.
pub(crate) enum Effect {
    Document {
        body: Body,
        epoch: u64,
        versions: Vec<u32>,
    },
    Root {
        sealed: bool,
    },
}

impl<'a> Staged<'a> {
    pub(crate) fn new(
        keystore: &'a mut Keystore,
        lock: Lock,
        file: &'static str,
        text: Secret,
        effect: Effect,
    ) -> Staged<'a> {
        Staged {
            keystore,
            lock,
            file,
            text,
            effect,
        }
    }

    /// The versions that it touches, oldest first.
    pub fn versions(&self) -> &[u32] {
        match &self.effect {
            Effect::Document { versions, .. } => versions,
            Effect::Root { .. } => &[],
        }
    }

    /// The keystore's epoch afterwards.
    pub fn epoch(&self) -> u64 {
        match &self.effect {
            Effect::Document { epoch, .. } => *epoch,
            Effect::Root { .. } => self.keystore.epoch,
        }
    }

    /// Makes the change, durably.
    ///
    /// # Errors
    /// [`KeyError::File`]: then the old or the new file stands, complete.
    pub fn commit(self) -> Result<(), KeyError> {
        let Staged {
            keystore,
            lock,
            file,
            text,
            effect,
        } = self;
        let directory = &keystore.directory;
        if matches!(effect, Effect::Document { .. }) && !keystore.counted {
            Uses::begin(directory, &lock, &keystore.root)?;
            // A crash right here leaves counts beside a document of version 1, which does not ask
            // for them and takes them up.
        }
        directory.replace(&lock, file, text.expose())?;
        match effect {
            Effect::Document { body, epoch, .. } => {
                keystore.body = body;
                keystore.epoch = epoch;
                keystore.counted = true;
            }
            Effect::Root { sealed } => keystore.sealed = sealed,
        }
        Ok(())
    }
}

impl fmt::Debug for Staged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staged")
            .field("file", &self.file)
            .field("versions", &self.versions())
            .finish_non_exhaustive()
    }
}
