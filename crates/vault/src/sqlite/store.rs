//! One file with tokens of any keys and domains.
//!
//! Invariant: a connection that failed once is never used again: what reached the disk is then
//! not known, and SQLite settles it when the file is opened anew.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{
    Connection, Error, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior,
};
use sealine_protect::{Entry, ProtectError, Subject, Token};

use super::{
    file::{lost, prepare, refused},
    schema::{self, Unfit},
};
use crate::{
    id::VaultId,
    vault::{Counts, Kept, PAGE, PURGED_AT_ONCE, SOON, Space, Store},
};

/// How long another process may hold the file.
const PATIENCE: Duration = Duration::from_secs(30);

/// A token vault in a file.
pub(crate) struct File {
    path: PathBuf,
    id: VaultId,
    connection: Mutex<Option<Connection>>,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl File {
    /// Opens the vault at `path`; where `make` says so, one that is missing is made.
    pub(crate) fn open(path: &Path, make: bool) -> Result<File, ProtectError> {
        let prepared = prepare(path, make)?;
        let failed = |error: Error| refused(path, reason(&error));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut connection = Connection::open_with_flags(&prepared.path, flags).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        let settled = schema::settle(&mut connection, make, VaultId::random()?);
        let id = settled.map_err(|unfit| match unfit {
            Unfit::Lost => lost(path),
            Unfit::Other(reason) => refused(path, reason),
            Unfit::Failed(error) => failed(error),
        })?;
        Ok(File {
            path: prepared.path.clone(),
            id,
            connection: Mutex::new(Some(connection)),
        })
    }

    /// One transaction: all of `work`, or none of it.
    fn within<T>(
        &self,
        step: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, ProtectError> {
        self.transaction(step, TransactionBehavior::Immediate, work)
    }

    /// As [`File::within`], for what only looks; writers of other processes go on.
    fn look<T>(
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

/// The number of a key and domain, where there is one yet.
const SPACE: &str = "SELECT id FROM space WHERE key = ?1 AND domain = ?2";

fn number(held: &Transaction<'_>, space: &Space<'_>) -> Result<Option<i64>, Error> {
    let names = (space.key, space.domain);
    held.query_row(SPACE, names, |row| row.get(0)).optional()
}

impl Store for File {
    fn id(&self) -> VaultId {
        self.id
    }

    fn find(
        &self,
        space: &Space<'_>,
        subjects: &[Subject],
    ) -> Result<Vec<Option<Token>>, ProtectError> {
        self.look("finding tokens", |held| {
            let Some(number) = number(held, space)? else {
                return Ok(vec![None; subjects.len()]);
            };
            let mut query = held.prepare(
                "SELECT token FROM token WHERE space = ?1 AND subject = ?2 \
                 AND (expires IS NULL OR expires > ?3)",
            )?;
            let mut found = Vec::with_capacity(subjects.len());
            for subject in subjects {
                let row = query.query_row((number, subject, space.now), |row| row.get(0));
                found.push(row.optional()?);
            }
            Ok(found)
        })
    }

    fn keep(
        &self,
        space: &Space<'_>,
        entries: &[Entry],
        expires: Option<i64>,
    ) -> Result<Vec<Token>, ProtectError> {
        self.within("keeping tokens", |held| {
            purge(held, space.now)?;
            let names = (space.key, space.domain);
            held.execute(
                "INSERT INTO space (key, domain) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                names,
            )?;
            let number: i64 = held.query_row(SPACE, names, |row| row.get(0))?;
            // Whoever was faster keeps the subject's place, unless that token has ended.
            let mut put = held.prepare(
                "INSERT INTO token (space, token, subject, sealed, created, expires) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT (space, subject) WHERE subject IS NOT NULL DO UPDATE SET \
                 token = excluded.token, sealed = excluded.sealed, \
                 created = excluded.created, expires = excluded.expires \
                 WHERE expires <= excluded.created",
            )?;
            let mut stands =
                held.prepare("SELECT token FROM token WHERE space = ?1 AND subject = ?2")?;
            let mut kept = Vec::with_capacity(entries.len());
            for (count, entry) in entries.iter().enumerate() {
                let Entry {
                    subject,
                    token,
                    sealed,
                } = entry;
                let made = put.execute((number, token, subject, sealed, space.now, expires))?;
                kept.push(match made {
                    0 => stands.query_row((number, subject), |row| row.get(0))?,
                    _ => *token,
                });
                if count == entries.len() / 2 {
                    step("keeping tokens", "within the batch");
                }
            }
            held.execute("UPDATE vault SET batches = batches + 1", [])?;
            Ok(kept)
        })
    }

    fn sealed(
        &self,
        space: &Space<'_>,
        tokens: &[Token],
    ) -> Result<Vec<Option<Vec<u8>>>, ProtectError> {
        self.look("opening tokens", |held| {
            let Some(number) = number(held, space)? else {
                return Ok(vec![None; tokens.len()]);
            };
            let mut query = held.prepare(
                "SELECT sealed FROM token WHERE space = ?1 AND token = ?2 \
                 AND (expires IS NULL OR expires > ?3)",
            )?;
            let mut found = Vec::with_capacity(tokens.len());
            for token in tokens {
                let row = query.query_row((number, token, space.now), |row| row.get(0));
                found.push(row.optional()?);
            }
            Ok(found)
        })
    }

    fn purge(&self, now: i64) -> Result<usize, ProtectError> {
        self.within("removing expired tokens", |held| purge(held, now))
    }

    fn batches(&self) -> Result<Option<u64>, ProtectError> {
        self.look("counting batches", |held| {
            let count = held.query_row("SELECT batches FROM vault", [], |row| row.get::<_, i64>(0));
            count.map(|count| Some(count.unsigned_abs()))
        })
    }

    fn spaces(&self) -> Result<Vec<(String, String)>, ProtectError> {
        self.look("listing domains", |held| {
            let mut query = held.prepare("SELECT key, domain FROM space ORDER BY key, domain")?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        })
    }

    fn page(&self, space: &Space<'_>, after: &[u8]) -> Result<Vec<Kept>, ProtectError> {
        self.look("reading tokens", |held| {
            let Some(number) = number(held, space)? else {
                return Ok(Vec::new());
            };
            let mut query = held.prepare(
                "SELECT token, subject, sealed, created, expires FROM token \
                 WHERE space = ?1 AND token > ?2 AND (expires IS NULL OR expires > ?3) \
                 ORDER BY token LIMIT ?4",
            )?;
            let rows = query.query_map((number, after, space.now, PAGE as i64), |row| {
                Ok(Kept {
                    token: row.get(0)?,
                    subject: row.get(1)?,
                    sealed: row.get(2)?,
                    created: row.get(3)?,
                    expires: row.get(4)?,
                })
            })?;
            rows.collect()
        })
    }

    fn take_in(&self, space: &Space<'_>, kept: &[Kept]) -> Result<(), ProtectError> {
        self.within("taking tokens in", |held| {
            let names = (space.key, space.domain);
            held.execute(
                "INSERT INTO space (key, domain) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                names,
            )?;
            let number: i64 = held.query_row(SPACE, names, |row| row.get(0))?;
            let mut put = held.prepare(
                "INSERT INTO token (space, token, subject, sealed, created, expires) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            )?;
            for one in kept {
                put.execute((
                    number,
                    one.token,
                    one.subject,
                    &one.sealed,
                    one.created,
                    one.expires,
                ))?;
            }
            held.execute("UPDATE vault SET batches = batches + 1", [])?;
            Ok(())
        })
    }

    fn counts(&self, now: i64) -> Result<Vec<Counts>, ProtectError> {
        self.look("counting tokens", |held| {
            let mut query = held.prepare(
                "SELECT key, domain, \
                   count(*) FILTER (WHERE expires IS NULL OR expires > ?1), \
                   count(*) FILTER (WHERE expires > ?1 AND expires <= ?2), \
                   count(*) FILTER (WHERE expires <= ?1), \
                   min(created), min(expires) FILTER (WHERE expires > ?1) \
                 FROM token JOIN space ON space.id = token.space \
                 GROUP BY key, domain ORDER BY key, domain",
            )?;
            let rows = query.query_map((now, now.saturating_add(SOON)), |row| {
                let count = |at| row.get::<_, i64>(at).map(i64::unsigned_abs);
                Ok(Counts {
                    key: row.get(0)?,
                    domain: row.get(1)?,
                    alive: count(2)?,
                    ending: count(3)?,
                    expired: count(4)?,
                    oldest: row.get(5)?,
                    next_end: row.get(6)?,
                })
            })?;
            rows.collect()
        })
    }
}

/// Removes some expired tokens; a bounded part, so that no batch waits for all.
fn purge(held: &Transaction<'_>, now: i64) -> Result<usize, Error> {
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
fn step(_: &str, _: &str) {}

#[cfg(test)]
fn step(step: &str, place: &str) {
    super::tests::die_at(step, place);
}
