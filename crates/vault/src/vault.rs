//! A vault, wherever it is kept: the one way in.

use std::{fmt, sync::Arc};

use sealine_protect::{Entry, ProtectError, Subject, Token, TokenVault};

use crate::{id::VaultId, place::Place, postgres, room::Room, sqlite};

/// Expired tokens that one batch takes away, beside its own work.
pub(crate) const PURGED_AT_ONCE: usize = 1000;
/// Tokens that are carried over in one batch.
pub(crate) const PAGE: usize = 500;
/// Tokens that end within so many seconds are counted as ending soon: thirty days.
pub const SOON: i64 = 30 * 86_400;

/// What a vault is kept in. A call is one transaction; what it does not do, it leaves as it was.
pub(crate) trait Store: Send + Sync + fmt::Debug {
    fn id(&self) -> VaultId;

    /// See [`TokenVault::find`].
    fn find(
        &self,
        space: &Space<'_>,
        subjects: &[Subject],
    ) -> Result<Vec<Option<Token>>, ProtectError>;

    /// See [`TokenVault::keep`]; tokens live until `expires`.
    fn keep(
        &self,
        space: &Space<'_>,
        entries: &[Entry],
        expires: Option<i64>,
    ) -> Result<Vec<Token>, ProtectError>;

    /// See [`TokenVault::sealed`].
    fn sealed(
        &self,
        space: &Space<'_>,
        tokens: &[Token],
    ) -> Result<Vec<Option<Vec<u8>>>, ProtectError>;

    /// Removes at most [`PURGED_AT_ONCE`] expired tokens, and says how many.
    fn purge(&self, now: i64) -> Result<usize, ProtectError>;

    /// See [`Vault::batches`].
    fn batches(&self) -> Result<Option<u64>, ProtectError>;

    /// The keys and domains that have tokens, or had.
    fn spaces(&self) -> Result<Vec<(String, String)>, ProtectError>;

    /// Tokens of a space that are alive, after this one, in their order; at most [`PAGE`].
    fn page(&self, space: &Space<'_>, after: &[u8]) -> Result<Vec<Kept>, ProtectError>;

    /// Takes in tokens as they are, but for those whose token, or whose subject, is there already.
    fn take_in(&self, space: &Space<'_>, kept: &[Kept]) -> Result<(), ProtectError>;

    /// See [`Vault::counts`].
    fn counts(&self, now: i64) -> Result<Vec<Counts>, ProtectError>;
}

/// A token as a vault keeps it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) token: Token,
    pub(crate) subject: Option<Subject>,
    pub(crate) sealed: Vec<u8>,
    pub(crate) created: i64,
    pub(crate) expires: Option<i64>,
}

/// The tokens of a key and domain at one time.
pub(crate) struct Space<'a> {
    pub(crate) key: &'a str,
    pub(crate) domain: &'a str,
    pub(crate) now: i64,
}

/// How many tokens there are of a key and domain. Times are Unix seconds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counts {
    /// The name of the key.
    pub key: String,
    /// The domain.
    pub domain: String,
    /// Tokens that are alive.
    pub alive: u64,
    /// Those of them that end within [`SOON`].
    pub ending: u64,
    /// Tokens that have expired and were not removed yet.
    pub expired: u64,
    /// When the oldest was made, expired or not.
    pub oldest: Option<i64>,
    /// When the next one ends of those that are alive.
    pub next_end: Option<i64>,
}

/// A token vault.
#[derive(Debug)]
pub struct Vault {
    store: Box<dyn Store>,
}

impl Vault {
    /// Opens the vault at `place`. Where no vault is `known`, a file that is missing is made, with mode 0600; else
    /// the vault must be that one. Several processes may have it open.
    ///
    /// # Errors
    /// [`ProtectError::VaultFile`] for a file that is a link, can be reached by others, belongs to another user, is
    /// no vault, or is damaged; [`ProtectError::VaultServer`] for a server that cannot be used, or is not proved;
    /// [`ProtectError::VaultLost`] where it is gone, or another one than `known`.
    pub fn open(place: &Place, known: Option<VaultId>) -> Result<Vault, ProtectError> {
        let store: Box<dyn Store> = match place {
            Place::File(path) => Box::new(sqlite::File::open(path, known.is_none())?),
            Place::Server(server) => Box::new(postgres::Database::open(server)?),
        };
        match known {
            Some(known) if known != store.id() => Err(ProtectError::VaultLost {
                place: place.to_string(),
                reason: "is not the vault that this project has used: restore that one, or say that it is gone with \
                         `sealine vault forget`",
            }),
            _ => Ok(Vault { store }),
        }
    }

    /// Which one it is.
    #[must_use]
    pub fn id(&self) -> VaultId {
        self.store.id()
    }

    /// The tokens that were made with the key `key`, as they are at `now`, Unix time in seconds.
    pub fn at(self: &Arc<Self>, key: &str, now: i64) -> Arc<dyn TokenVault> {
        Arc::new(Room {
            vault: Arc::clone(self),
            key: key.to_owned(),
            now,
        })
    }

    /// Removes every token that has expired at `now`, and says how many.
    ///
    /// # Errors
    /// [`ProtectError::Vault`]; what was removed before it stays removed.
    pub fn purge(&self, now: i64) -> Result<usize, ProtectError> {
        let mut all = 0;
        loop {
            let removed = self.store.purge(now)?;
            all += removed;
            if removed < PURGED_AT_ONCE {
                return Ok(all);
            }
        }
    }

    /// How many tokens there are at `now`, by key and domain.
    ///
    /// # Errors
    /// [`ProtectError::Vault`].
    pub fn counts(&self, now: i64) -> Result<Vec<Counts>, ProtectError> {
        self.store.counts(now)
    }

    /// How many batches of tokens were ever kept here: it never falls, so that one that is lower than it was is an
    /// older copy. `None` for a database whose tables were made before that was counted.
    ///
    /// # Errors
    /// [`ProtectError::Vault`].
    pub fn batches(&self) -> Result<Option<u64>, ProtectError> {
        self.store.batches()
    }

    /// Carries every token that is alive at `now` over to another vault, as it is, and then compares both, token by
    /// token. Nothing is taken out of this one. Asked again after it was interrupted, it goes on: what is there
    /// already is left as it is. `told` hears how many tokens are carried over, and how many are compared, so far.
    ///
    /// Returns how many there are.
    ///
    /// # Errors
    /// [`ProtectError::VaultDiffers`] where the other vault has tokens that this one has not, or others for the same
    /// subjects; [`ProtectError::Vault`].
    pub fn carry_to(
        &self,
        other: &Vault,
        now: i64,
        told: &mut dyn FnMut(u64, u64),
    ) -> Result<u64, ProtectError> {
        let mut names = self.store.spaces()?;
        let mut carried = 0;
        for (key, domain) in &names {
            let space = Space { key, domain, now };
            each(&*self.store, &space, |page| {
                other.store.take_in(&space, page)?;
                carried += page.len() as u64;
                told(carried, 0);
                Ok(())
            })?;
        }
        // What the other has and this one has not must be found too.
        names.extend(other.store.spaces()?);
        names.sort();
        names.dedup();
        let mut compared = 0;
        for (key, domain) in &names {
            let space = Space { key, domain, now };
            let mut after = Vec::new();
            loop {
                let (ours, theirs) = (
                    self.store.page(&space, &after)?,
                    other.store.page(&space, &after)?,
                );
                if ours != theirs {
                    return Err(ProtectError::VaultDiffers {
                        key: key.clone(),
                        domain: domain.clone(),
                    });
                }
                let Some(last) = ours.last() else {
                    break;
                };
                after = last.token.to_vec();
                compared += ours.len() as u64;
                told(carried, compared);
            }
        }
        Ok(compared)
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }
}

/// Does something with every page of a space.
fn each(
    store: &dyn Store,
    space: &Space<'_>,
    mut work: impl FnMut(&[Kept]) -> Result<(), ProtectError>,
) -> Result<(), ProtectError> {
    let mut after = Vec::new();
    loop {
        let page = store.page(space, &after)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.token.to_vec();
        work(&page)?;
    }
}
