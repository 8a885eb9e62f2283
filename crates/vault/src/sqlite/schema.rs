//! The tables of a vault.
//!
//! Invariant: the tables have no row numbers, and tokens are their key: the order of rows is that
//! of random numbers and does not show who came first. What is deleted is overwritten.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::id::VaultId;

/// Marks the file as a vault: "slnV".
const APPLICATION: i32 = 0x736c_6e56;
/// The version of the tables.
const VERSION: i32 = 3;
/// The version whose vaults had no id.
const WITHOUT_ID: i32 = 1;
/// The version whose vaults did not count their batches.
const WITHOUT_COUNT: i32 = 2;

/// How every connection behaves. WAL and FULL: a commit is on the disk when it returns, and a
/// crash at any moment leaves whole batches. The rest keeps what is deleted or sorted from lying
/// around, and a damaged file from being believed.
const BEHAVIOUR: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA foreign_keys = ON;
";

const TABLES: &str = "
    CREATE TABLE space (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        domain TEXT NOT NULL,
        UNIQUE (key, domain)
    ) STRICT;
    CREATE TABLE token (
        space INTEGER NOT NULL REFERENCES space (id),
        token BLOB NOT NULL CHECK (length(token) = 16),
        subject BLOB CHECK (length(subject) = 32),
        sealed BLOB NOT NULL,
        created INTEGER NOT NULL,
        expires INTEGER,
        PRIMARY KEY (space, token)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX token_of_subject ON token (space, subject) WHERE subject IS NOT NULL;
    CREATE INDEX token_by_end ON token (expires) WHERE expires IS NOT NULL;
";

const ID: &str = "
    CREATE TABLE vault (
        id BLOB NOT NULL CHECK (length(id) = 16)
    ) STRICT;
";

/// Batches of tokens that were ever kept: an older copy of the file has fewer.
const COUNT: &str = "ALTER TABLE vault ADD COLUMN batches INTEGER NOT NULL DEFAULT 0";

/// Why a file is no vault that this version can use.
pub(crate) enum Unfit {
    /// There is nothing in it, and there was.
    Lost,
    /// Something else, or another version.
    Other(&'static str),
    /// The database refused.
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for Unfit {
    fn from(error: rusqlite::Error) -> Unfit {
        Unfit::Failed(error)
    }
}

/// Makes the tables in an empty file, where `make` says so, and refuses what has others. What has no id yet gets
/// `fresh`.
pub(crate) fn settle(
    connection: &mut Connection,
    make: bool,
    fresh: VaultId,
) -> Result<VaultId, Unfit> {
    let number = |name: &str, connection: &Connection| {
        connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0))
    };
    let held = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let objects: i64 =
        held.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let id = match (
        number("application_id", &held)?,
        number("user_version", &held)?,
    ) {
        (APPLICATION, VERSION) => {
            VaultId(held.query_row("SELECT id FROM vault", [], |row| row.get(0))?)
        }
        (APPLICATION, WITHOUT_COUNT) => {
            count(&held)?;
            VaultId(held.query_row("SELECT id FROM vault", [], |row| row.get(0))?)
        }
        (APPLICATION, WITHOUT_ID) => put(&held, fresh)?,
        (APPLICATION, _) => {
            return Err(Unfit::Other(
                "another version of Sealine wrote it; use that version",
            ));
        }
        (0, 0) if objects == 0 => {
            if !make {
                return Err(Unfit::Lost);
            }
            held.execute_batch(TABLES)?;
            held.pragma_update(None, "application_id", APPLICATION)?;
            put(&held, fresh)?
        }
        _ => return Err(Unfit::Other("it is a database of something else")),
    };
    // A crash right here leaves an empty file or a whole vault.
    held.commit()?;
    connection.execute_batch(BEHAVIOUR)?;
    Ok(id)
}

/// Gives a vault its id, and with it the version.
fn put(held: &Transaction<'_>, id: VaultId) -> Result<VaultId, rusqlite::Error> {
    held.execute_batch(ID)?;
    held.execute("INSERT INTO vault (id) VALUES (?1)", (id.0,))?;
    count(held)?;
    Ok(id)
}

/// Lets a vault count its batches, and with it gives it the version.
fn count(held: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    held.execute_batch(COUNT)?;
    held.pragma_update(None, "user_version", VERSION)
}
