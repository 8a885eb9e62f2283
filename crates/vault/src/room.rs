//! A vault as a key sees it at one time.
//!
//! Invariant: a token whose end has come is not found and not opened, and gives way to the next
//! one of its subject.

use std::sync::Arc;

use rusqlite::{Error, OptionalExtension, Transaction};
use sealine_protect::{Entry, ProtectError, Subject, Token, TokenVault};

use crate::vault::{self, Vault};

/// See [`Vault::at`].
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) vault: Arc<Vault>,
    pub(crate) key: String,
    pub(crate) now: i64,
}

/// The number of a key and domain, where there is one yet.
const SPACE: &str = "SELECT id FROM space WHERE key = ?1 AND domain = ?2";

impl Room {
    fn space(&self, held: &Transaction<'_>, domain: &str) -> Result<Option<i64>, Error> {
        let names = (&self.key, domain);
        held.query_row(SPACE, names, |row| row.get(0)).optional()
    }
}

impl TokenVault for Room {
    fn find(&self, domain: &str, subjects: &[Subject]) -> Result<Vec<Option<Token>>, ProtectError> {
        self.vault.look("finding tokens", |held| {
            let Some(space) = self.space(held, domain)? else {
                return Ok(vec![None; subjects.len()]);
            };
            let mut query = held.prepare(
                "SELECT token FROM token WHERE space = ?1 AND subject = ?2 \
                 AND (expires IS NULL OR expires > ?3)",
            )?;
            let mut found = Vec::with_capacity(subjects.len());
            for subject in subjects {
                let row = query.query_row((space, subject, self.now), |row| row.get(0));
                found.push(row.optional()?);
            }
            Ok(found)
        })
    }

    fn keep(
        &self,
        domain: &str,
        entries: &[Entry],
        ttl: Option<u64>,
    ) -> Result<Vec<Token>, ProtectError> {
        let expires = ttl.map(|seconds| {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            self.now.saturating_add(seconds)
        });
        self.vault.within("keeping tokens", |held| {
            vault::purge(held, self.now)?;
            held.execute(
                "INSERT INTO space (key, domain) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                (&self.key, domain),
            )?;
            let space: i64 = held.query_row(SPACE, (&self.key, domain), |row| row.get(0))?;
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
            for (number, entry) in entries.iter().enumerate() {
                let Entry {
                    subject,
                    token,
                    sealed,
                } = entry;
                let made = put.execute((space, token, subject, sealed, self.now, expires))?;
                kept.push(match made {
                    0 => stands.query_row((space, subject), |row| row.get(0))?,
                    _ => *token,
                });
                if number == entries.len() / 2 {
                    vault::step("keeping tokens", "within the batch");
                }
            }
            Ok(kept)
        })
    }

    fn sealed(&self, domain: &str, tokens: &[Token]) -> Result<Vec<Option<Vec<u8>>>, ProtectError> {
        self.vault.look("opening tokens", |held| {
            let Some(space) = self.space(held, domain)? else {
                return Ok(vec![None; tokens.len()]);
            };
            let mut query = held.prepare(
                "SELECT sealed FROM token WHERE space = ?1 AND token = ?2 \
                 AND (expires IS NULL OR expires > ?3)",
            )?;
            let mut found = Vec::with_capacity(tokens.len());
            for token in tokens {
                let row = query.query_row((space, token, self.now), |row| row.get(0));
                found.push(row.optional()?);
            }
            Ok(found)
        })
    }
}
