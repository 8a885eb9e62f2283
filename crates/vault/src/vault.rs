//! One file with tokens of any keys and domains.
//!
//! Invariant: a connection that failed once is never used again: what reached the disk is then
//! not known, and SQLite settles it when the file is opened anew.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, Error, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use sealine_protect::{ProtectError, TokenVault};

use crate::{
    file::{prepare, refused},
    room::Room,
    schema::{self, Unfit},
};

/// How long another process may hold the file.
const PATIENCE: Duration = Duration::from_secs(30);
/// Expired tokens that one batch takes away, beside its own work.
pub(crate) const PURGED_AT_ONCE: usize = 1000;

/// A token vault in a file.
pub struct Vault {
    path: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// Opens the vault at `path`, or makes it, with mode 0600; its folder must exist. Several
    /// processes may have it open.
    ///
    /// # Errors
    /// [`ProtectError::VaultFile`] for a file that is a link, can be reached by others, belongs
    /// to another user, is no vault, or is damaged.
    pub fn open(path: &Path) -> Result<Vault, ProtectError> {
        let prepared = prepare(path)?;
        let failed = |error: Error| refused(path, reason(&error));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut connection = Connection::open_with_flags(&prepared.path, flags).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        schema::settle(&mut connection).map_err(|unfit| match unfit {
            Unfit::Other(reason) => refused(path, reason),
            Unfit::Failed(error) => failed(error),
        })?;
        Ok(Vault {
            path: prepared.path.clone(),
            connection: Mutex::new(Some(connection)),
        })
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
            let removed = self.within("removing expired tokens", |held| purge(held, now))?;
            all += removed;
            if removed < PURGED_AT_ONCE {
                return Ok(all);
            }
        }
    }

    /// One transaction: all of `work`, or none of it.
    pub(crate) fn within<T>(
        &self,
        step: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, ProtectError> {
        self.transaction(step, TransactionBehavior::Immediate, work)
    }

    /// As [`Vault::within`], for what only looks; writers of other processes go on.
    pub(crate) fn look<T>(
        &self,
        step: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, ProtectError> {
        self.transaction(step, TransactionBehavior::Deferred, work)
    }

    fn transaction<T>(
        &self,
        step: &'static str,
        behaviour: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, ProtectError> {
        let mut place = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Taken out, the connection is lost by any way that leaves without putting it back.
        let mut connection = place.take().ok_or(ProtectError::Vault {
            step,
            reason: "it failed before, and has to be opened anew",
        })?;
        let run = || {
            let held = connection.transaction_with_behavior(behaviour)?;
            let done = work(&held)?;
            self::step(step, "before the commit");
            held.commit()?;
            self::step(step, "after the commit");
            Ok(done)
        };
        let done = run().map_err(|error| ProtectError::Vault {
            step,
            reason: reason(&error),
        })?;
        *place = Some(connection);
        Ok(done)
    }
}

/// Removes some expired tokens; a bounded part, so that no batch waits for all.
pub(crate) fn purge(held: &Transaction<'_>, now: i64) -> Result<usize, Error> {
    held.execute(
        "DELETE FROM token WHERE (space, token) IN \
         (SELECT space, token FROM token WHERE expires <= ?1 LIMIT ?2)",
        (now, PURGED_AT_ONCE as i64),
    )
}

/// What is wrong, without SQLite's own words.
fn reason(error: &Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process has held it for too long"
        }
        Some(ErrorCode::DiskFull) => "the disk is full",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            "the file is damaged, or no vault; restore it from a backup"
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            "it cannot be written; look at the rights of the file and its folder"
        }
        Some(ErrorCode::SystemIoFailure) => "the system failed to read or write it",
        _ => "the database refused",
    }
}

/// A place where the tests let the process die.
#[cfg(not(test))]
pub(crate) fn step(_: &str, _: &str) {}

#[cfg(test)]
pub(crate) fn step(step: &str, place: &str) {
    crate::tests::die_at(step, place);
}
