//! A database with tokens of any keys and domains.
//!
//! Invariant: subjects are written in their own order, by every session: of two that want the same ones, one waits for
//! the other and never both. It is an order of HMACs, which tells nothing of values or of time.

use std::{collections::HashMap, sync::Arc};

use sealine_protect::{Entry, ProtectError, Subject, Token, VaultFault};
use tokio_postgres::{Client, Error, Row, types::Type};

use super::{fault, session::Session};
use crate::{
    id::VaultId,
    place::Server,
    vault::{Counts, Kept, PAGE, PURGED_AT_ONCE, SOON, Space, Store},
};

/// The version of the tables.
const VERSION: i32 = 2;
/// The version that does not count its batches; it is used as it is, since only its owner could change it.
const WITHOUT_COUNT: i32 = 1;
/// Bytes of sealed values in one statement; a message of PostgreSQL ends at a gigabyte.
const PART: usize = 16 << 20;

const FIND: &str = "
    SELECT asked.at, token.token
    FROM unnest($3::bytea[]) WITH ORDINALITY AS asked (subject, at)
    JOIN sealine_vault.space ON space.key = $1 AND space.domain = $2
    JOIN sealine_vault.token ON token.space = space.id AND token.subject = asked.subject
    WHERE token.subject IS NOT NULL AND (token.expires IS NULL OR token.expires > $4)";

const SEALED: &str = "
    SELECT asked.at, token.sealed
    FROM unnest($3::bytea[]) WITH ORDINALITY AS asked (token, at)
    JOIN sealine_vault.space ON space.key = $1 AND space.domain = $2
    JOIN sealine_vault.token ON token.space = space.id AND token.token = asked.token
    WHERE token.expires IS NULL OR token.expires > $4";

const SPACE: &str = "SELECT id FROM sealine_vault.space WHERE key = $1 AND domain = $2";

const MAKE_SPACE: &str = "
    INSERT INTO sealine_vault.space (key, domain) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// Whoever was faster keeps the subject's place, unless that token has ended. Either way its row is locked until the
/// end of the transaction.
const PUT: &str = "
    INSERT INTO sealine_vault.token AS standing (space, token, subject, sealed, created, expires)
    SELECT $1, token, subject, sealed, $5, $6
    FROM unnest($2::bytea[], $3::bytea[], $4::bytea[]) AS made (token, subject, sealed)
    ON CONFLICT (space, subject) WHERE subject IS NOT NULL DO UPDATE SET
        token = excluded.token, sealed = excluded.sealed,
        created = excluded.created, expires = excluded.expires
    WHERE standing.expires <= excluded.created";

const STANDING: &str = "
    SELECT subject, token FROM sealine_vault.token
    WHERE space = $1 AND subject IS NOT NULL AND subject = ANY ($2::bytea[])";

/// Never taken back, whatever becomes of the batch: it may count too many, and never too few.
const COUNT: &str = "SELECT nextval('sealine_vault.batches')";

const BATCHES: &str = "SELECT last_value FROM sealine_vault.batches";

const SPACES: &str = "
    SELECT key, domain FROM sealine_vault.space ORDER BY key COLLATE \"C\", domain COLLATE \"C\"";

const READ: &str = "
    SELECT token.token, subject, sealed, created, expires
    FROM sealine_vault.token JOIN sealine_vault.space ON space.id = token.space
    WHERE space.key = $1 AND space.domain = $2 AND token.token > $3
        AND (expires IS NULL OR expires > $4)
    ORDER BY token.token LIMIT $5";

const TAKE_IN: &str = "
    INSERT INTO sealine_vault.token (space, token, subject, sealed, created, expires)
    SELECT $1, token, subject, sealed, created, expires
    FROM unnest($2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[])
        AS made (token, subject, sealed, created, expires)
    ON CONFLICT DO NOTHING";

/// What another session holds is left to it.
const PURGE: &str = "
    DELETE FROM sealine_vault.token WHERE (space, token) IN (
        SELECT space, token FROM sealine_vault.token
        WHERE expires IS NOT NULL AND expires <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)";

const COUNTS: &str = "
    SELECT space.key, space.domain,
        count(*) FILTER (WHERE expires IS NULL OR expires > $1),
        count(*) FILTER (WHERE expires > $1 AND expires <= $2),
        count(*) FILTER (WHERE expires <= $1),
        min(created), min(expires) FILTER (WHERE expires > $1)
    FROM sealine_vault.token JOIN sealine_vault.space ON space.id = token.space
    GROUP BY space.key, space.domain ORDER BY space.key COLLATE \"C\", space.domain COLLATE \"C\"";

/// A token vault in a database.
#[derive(Debug)]
pub(crate) struct Database {
    id: VaultId,
    /// Whether it counts its batches.
    counts: bool,
    session: Session,
}

impl Database {
    /// Opens the vault that the owner of the database has made.
    pub(crate) fn open(server: &Arc<Server>) -> Result<Database, ProtectError> {
        let session = Session::open(server)?;
        let unfit = |reason| ProtectError::VaultServer {
            server: server.to_string(),
            fault: VaultFault::Unfit,
            reason,
        };
        let row = session
            .attempt("opening", async |client: &Client| {
                client
                    .query_typed("SELECT version, id FROM sealine_vault.vault", &[])
                    .await
            })?
            .map_err(|error| unfit(fault::reading(&error)))?
            .pop();
        let row = row.ok_or_else(|| unfit("its table `sealine_vault.vault` is empty"))?;
        let counts = match row.try_get::<_, i32>(0) {
            Ok(VERSION) => true,
            Ok(WITHOUT_COUNT) => false,
            _ => {
                return Err(unfit(
                    "another version of Sealine made it; use that version",
                ));
            }
        };
        let id = bytes(&row, 1).ok().flatten().map(VaultId);
        Ok(Database {
            id: id.ok_or_else(|| unfit("its id is not one"))?,
            counts,
            session,
        })
    }

    /// Everything that was asked for, in its order.
    fn ask<T: Clone>(
        &self,
        step: &'static str,
        statement: &'static str,
        space: &Space<'_>,
        asked: &[&[u8]],
        read: impl Fn(&Row) -> Result<Option<T>, Error>,
    ) -> Result<Vec<Option<T>>, ProtectError> {
        let rows = self.session.within(step, async |client: &Client| {
            client
                .query_typed(
                    statement,
                    &[
                        (&space.key, Type::TEXT),
                        (&space.domain, Type::TEXT),
                        (&asked, Type::BYTEA_ARRAY),
                        (&space.now, Type::INT8),
                    ],
                )
                .await?
                .iter()
                .map(|row| Ok((row.try_get::<_, i64>(0)?, read(row)?)))
                .collect::<Result<Vec<_>, Error>>()
        })?;
        let mut found = vec![None; asked.len()];
        for (at, value) in rows {
            let place = usize::try_from(at - 1)
                .ok()
                .and_then(|at| found.get_mut(at));
            match (place, value) {
                (Some(place), Some(value)) => *place = Some(value),
                _ => return Err(answer(step)),
            }
        }
        Ok(found)
    }
}

impl Store for Database {
    fn id(&self) -> VaultId {
        self.id
    }

    fn find(
        &self,
        space: &Space<'_>,
        subjects: &[Subject],
    ) -> Result<Vec<Option<Token>>, ProtectError> {
        let asked: Vec<&[u8]> = subjects.iter().map(|one| one.as_slice()).collect();
        self.ask("finding tokens", FIND, space, &asked, |row| bytes(row, 1))
    }

    fn keep(
        &self,
        space: &Space<'_>,
        entries: &[Entry],
        expires: Option<i64>,
    ) -> Result<Vec<Token>, ProtectError> {
        const STEP: &str = "keeping tokens";
        // Beside the batch: what it locks would be locked in another order.
        self.purge(space.now)?;
        let mut ordered: Vec<&Entry> = entries.iter().collect();
        ordered.sort_unstable_by_key(|entry| (entry.subject, entry.token));
        let standing = self.session.within(STEP, async |client: &Client| {
            let number = number(client, space).await?;
            let mut standing = HashMap::new();
            client.batch_execute("BEGIN").await?;
            for part in parts(&ordered) {
                put(client, number, part, space.now, expires, &mut standing).await?;
            }
            if self.counts {
                client.query_typed(COUNT, &[]).await?;
            }
            // Lost right here, the connection leaves a batch that is whole or not there, and was told to nobody.
            client.batch_execute("COMMIT").await?;
            Ok(standing)
        })?;
        entries
            .iter()
            .map(
                |entry| match entry.subject.map(|subject| standing.get(&subject)) {
                    None => Ok(entry.token),
                    Some(Some(token)) => Ok(*token),
                    Some(None) => Err(answer(STEP)),
                },
            )
            .collect()
    }

    fn sealed(
        &self,
        space: &Space<'_>,
        tokens: &[Token],
    ) -> Result<Vec<Option<Vec<u8>>>, ProtectError> {
        let asked: Vec<&[u8]> = tokens.iter().map(|one| one.as_slice()).collect();
        self.ask("opening tokens", SEALED, space, &asked, |row| {
            row.try_get(1).map(Some)
        })
    }

    fn purge(&self, now: i64) -> Result<usize, ProtectError> {
        let most = PURGED_AT_ONCE as i64;
        let removed = self
            .session
            .within("removing expired tokens", async |client: &Client| {
                client
                    .execute_typed(PURGE, &[(&now, Type::INT8), (&most, Type::INT8)])
                    .await
            })?;
        Ok(usize::try_from(removed).unwrap_or(PURGED_AT_ONCE))
    }

    fn batches(&self) -> Result<Option<u64>, ProtectError> {
        if !self.counts {
            return Ok(None);
        }
        let count = self
            .session
            .within("counting batches", async |client: &Client| {
                client
                    .query_typed_one(BATCHES, &[])
                    .await?
                    .try_get::<_, i64>(0)
            })?;
        Ok(Some(count.unsigned_abs()))
    }

    fn spaces(&self) -> Result<Vec<(String, String)>, ProtectError> {
        self.session
            .within("listing domains", async |client: &Client| {
                let rows = client.query_typed(SPACES, &[]).await?;
                rows.iter()
                    .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
                    .collect()
            })
    }

    fn page(&self, space: &Space<'_>, after: &[u8]) -> Result<Vec<Kept>, ProtectError> {
        const STEP: &str = "reading tokens";
        let rows = self.session.within(STEP, async |client: &Client| {
            client
                .query_typed(
                    READ,
                    &[
                        (&space.key, Type::TEXT),
                        (&space.domain, Type::TEXT),
                        (&after, Type::BYTEA),
                        (&space.now, Type::INT8),
                        (&(PAGE as i64), Type::INT8),
                    ],
                )
                .await?
                .iter()
                .map(|row| {
                    let subject: Option<&[u8]> = row.try_get(1)?;
                    let subject = subject.map(Subject::try_from).transpose().ok();
                    Ok(match (bytes(row, 0)?, subject) {
                        (Some(token), Some(subject)) => Some(Kept {
                            token,
                            subject,
                            sealed: row.try_get(2)?,
                            created: row.try_get(3)?,
                            expires: row.try_get(4)?,
                        }),
                        _ => None,
                    })
                })
                .collect::<Result<Vec<_>, Error>>()
        })?;
        let whole: Option<Vec<Kept>> = rows.into_iter().collect();
        whole.ok_or_else(|| answer(STEP))
    }

    fn take_in(&self, space: &Space<'_>, kept: &[Kept]) -> Result<(), ProtectError> {
        let tokens: Vec<&[u8]> = kept.iter().map(|one| one.token.as_slice()).collect();
        let subjects: Vec<Option<&[u8]>> = kept
            .iter()
            .map(|one| one.subject.as_ref().map(|subject| subject.as_slice()))
            .collect();
        let sealed: Vec<&[u8]> = kept.iter().map(|one| one.sealed.as_slice()).collect();
        let created: Vec<i64> = kept.iter().map(|one| one.created).collect();
        let expires: Vec<Option<i64>> = kept.iter().map(|one| one.expires).collect();
        self.session
            .within("taking tokens in", async |client: &Client| {
                let number = number(client, space).await?;
                let made = [
                    (
                        &number as &(dyn tokio_postgres::types::ToSql + Sync),
                        Type::INT8,
                    ),
                    (&tokens, Type::BYTEA_ARRAY),
                    (&subjects, Type::BYTEA_ARRAY),
                    (&sealed, Type::BYTEA_ARRAY),
                    (&created, Type::INT8_ARRAY),
                    (&expires, Type::INT8_ARRAY),
                ];
                client.execute_typed(TAKE_IN, &made).await?;
                if self.counts {
                    client.query_typed(COUNT, &[]).await?;
                }
                Ok(())
            })
    }

    fn counts(&self, now: i64) -> Result<Vec<Counts>, ProtectError> {
        let soon = now.saturating_add(SOON);
        self.session
            .within("counting tokens", async |client: &Client| {
                let times = [
                    (
                        &now as &(dyn tokio_postgres::types::ToSql + Sync),
                        Type::INT8,
                    ),
                    (&soon, Type::INT8),
                ];
                client
                    .query_typed(COUNTS, &times)
                    .await?
                    .iter()
                    .map(|row| {
                        let count = |at| row.try_get::<_, i64>(at).map(i64::unsigned_abs);
                        Ok(Counts {
                            key: row.try_get(0)?,
                            domain: row.try_get(1)?,
                            alive: count(2)?,
                            ending: count(3)?,
                            expired: count(4)?,
                            oldest: row.try_get(5)?,
                            next_end: row.try_get(6)?,
                        })
                    })
                    .collect()
            })
    }
}

/// The number of a key and domain, made where there is none yet.
async fn number(client: &Client, space: &Space<'_>) -> Result<i64, Error> {
    let names = [
        (
            &space.key as &(dyn tokio_postgres::types::ToSql + Sync),
            Type::TEXT,
        ),
        (&space.domain, Type::TEXT),
    ];
    if let Some(row) = client.query_typed_opt(SPACE, &names).await? {
        return row.try_get(0);
    }
    client.execute_typed(MAKE_SPACE, &names).await?;
    client.query_typed_one(SPACE, &names).await?.try_get(0)
}

/// Puts entries, and notes which token stands for each subject then.
async fn put(
    client: &Client,
    space: i64,
    entries: &[&Entry],
    now: i64,
    expires: Option<i64>,
    standing: &mut HashMap<Subject, Token>,
) -> Result<(), Error> {
    let tokens: Vec<&[u8]> = entries.iter().map(|one| one.token.as_slice()).collect();
    let subjects: Vec<Option<&[u8]>> = entries
        .iter()
        .map(|one| one.subject.as_ref().map(|subject| subject.as_slice()))
        .collect();
    let sealed: Vec<&[u8]> = entries.iter().map(|one| one.sealed.as_slice()).collect();
    let made = client
        .execute_typed(
            PUT,
            &[
                (&space, Type::INT8),
                (&tokens, Type::BYTEA_ARRAY),
                (&subjects, Type::BYTEA_ARRAY),
                (&sealed, Type::BYTEA_ARRAY),
                (&now, Type::INT8),
                (&expires, Type::INT8),
            ],
        )
        .await?;
    let own = entries
        .iter()
        .filter_map(|one| Some((one.subject?, one.token)));
    standing.extend(own);
    if made == entries.len() as u64 {
        return Ok(());
    }
    let known: Vec<&[u8]> = subjects.into_iter().flatten().collect();
    let rows = client
        .query_typed(
            STANDING,
            &[(&space, Type::INT8), (&known, Type::BYTEA_ARRAY)],
        )
        .await?;
    for row in &rows {
        if let (Some(subject), Some(token)) = (bytes(row, 0)?, bytes(row, 1)?) {
            standing.insert(subject, token);
        }
    }
    Ok(())
}

/// Entries in parts of a bounded size.
fn parts<'e>(entries: &'e [&'e Entry]) -> impl Iterator<Item = &'e [&'e Entry]> {
    let mut rest = entries;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|entry| {
            bytes += entry.sealed.len();
            bytes <= PART
        });
        let (part, after) = rest.split_at_checked(fits.count().max(1))?;
        rest = after;
        Some(part)
    })
}

/// A column of fixed length; `None` where it has another.
fn bytes<const N: usize>(row: &Row, at: usize) -> Result<Option<[u8; N]>, Error> {
    let bytes: &[u8] = row.try_get(at)?;
    Ok(bytes.try_into().ok())
}

/// A database that answers what was not asked.
fn answer(step: &'static str) -> ProtectError {
    ProtectError::Vault {
        step,
        reason: "the server's answer does not fit what was asked",
    }
}
