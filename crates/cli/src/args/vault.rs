//! The arguments of `sealine vault`, and the help that teaches them.

use super::reason;
use clap::Subcommand;

/// Arguments of `vault`.
#[derive(Clone, Subcommand)]
pub(crate) enum Vault {
    /// Count the tokens of each key and domain; waits for no run
    Show,
    /// Remove the tokens that have expired
    #[command(after_help = "\
An expired token opens nothing whether it is removed or not. Runs remove some by themselves; this
removes the rest, and is written to the audit log.")]
    Purge,
    /// Give up a vault that is gone for good
    #[command(after_help = "\
Examples:
  sealine vault forget --reason 'disk lost, no backup: incident 4711'

First try to restore it from a backup. Without it no token that it made can be opened, and the same
value gets a new token, so that joins with older data fail. What was given up and why stays in the
audit log; the next run begins with the vault that is there then, or makes one. Nothing is deleted.")]
    Forget {
        /// Why; the audit log keeps it beside your name
        #[arg(long, value_name = "TEXT", value_parser = reason)]
        reason: String,
    },
    /// Take an older copy of the vault on purpose, where there is no newer one
    #[command(after_help = "\
Examples:
  sealine vault accept --reason 'restored the backup of Sunday: incident 4711'

A vault counts the batches of tokens that it has kept, and the audit log remembers the count of the last
run. One that has kept fewer is a backup: the tokens made since are not in it, can never be opened, and
their values get other ones. Every run that needs it stops (SL8506) until the newest copy is restored,
or this is said.")]
    Accept {
        /// Why; the audit log keeps it beside your name
        #[arg(long, value_name = "TEXT", value_parser = reason)]
        reason: String,
    },
    /// Carry the tokens of the vault file over to the database that `vault:` names
    #[command(after_help = "\
Examples:
  sealine vault sql | psql -v ON_ERROR_STOP=1 -d tokens
  sealine vault migrate

Every living token is carried over as it is, then both vaults are compared, token by token; only then
does the audit log name the database, and runs use it. Interrupted, it goes on when it is asked again.
The file stays as it is: remove it when its last backup goes. A database that has other tokens already is
refused (SL8507). Several projects with one vault each need a database each.")]
    Migrate,
    /// Print the SQL that makes a vault in PostgreSQL, for the owner of the database to run once
    #[command(after_help = "\
Examples:
  sealine vault sql | psql -v ON_ERROR_STOP=1 'host=db.example.com dbname=tokens sslmode=verify-full'

It makes three tables in a schema of their own, and lets the role of `vault:` in sealine.yaml use
them, and neither change nor drop them. Sealine itself never makes tables in a database.")]
    Sql,
}
