//! What can go wrong while protecting a value, with the text that `sealine explain` prints.
//!
//! Invariant: every variant has a code, and every code stands in [`CODES`].
//!
//! Must never: hold a row value, a key, or the text of a foreign error, which may quote either.

use thiserror::Error;

/// An error of a protection or of the cryptography below it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProtectError {
    /// An algorithm or parameter that is not offered.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// A key of the wrong length.
    #[error("{algorithm} takes {expected} bytes of key, not {found}")]
    KeyLength {
        /// For what the key was meant.
        algorithm: &'static str,
        /// Bytes that it takes.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
    /// A tag or signature that does not hold.
    #[error("authentication failed: the bytes were changed, moved, or made with another key")]
    NotAuthentic,
    /// The cryptographic library refused without saying why.
    #[error("the cryptographic library failed at {0}")]
    Primitive(&'static str),
    /// The system gave no randomness.
    #[error("the system gave no randomness; nothing was protected")]
    Randomness,
    /// A key that has sealed as much as it may.
    #[error("the data key has sealed 2^32 - 1 values, its limit; start a new run")]
    KeyExhausted,
    /// Numerals that FF1 was not set for.
    #[error(
        "a value has a numeral that is not below the radix {radix}, or another length than was said"
    )]
    Numerals {
        /// How many numerals there are.
        radix: u32,
    },
    /// A name that is not in the catalogue.
    #[error("`{0}` is not a protection; `sealine protections` lists them")]
    UnknownProtection(String),
    /// Arguments that do not fit the declaration.
    #[error("`{protection}`: {reason}")]
    Argument {
        /// The protection.
        protection: &'static str,
        /// What is wrong with the argument, and what to write.
        reason: String,
    },
    /// A column type that the protection does not take.
    #[error(
        "`{protection}` does not take a column of type `{data_type}`; cast it in an earlier step or choose another protection"
    )]
    InputType {
        /// The protection.
        protection: &'static str,
        /// The Arrow type.
        data_type: String,
    },
    /// A batch whose result would not fit one array.
    #[error(
        "`{protection}` of {rows} rows would pass 2 GiB in one batch; use a smaller batch size"
    )]
    TooLarge {
        /// The protection.
        protection: &'static str,
        /// Rows of the batch.
        rows: usize,
    },
    /// Arrow refused an operation; its own text may quote values and is dropped.
    #[error("`{protection}`: arrow refused the {step}")]
    Arrow {
        /// The protection.
        protection: &'static str,
        /// The step that was refused.
        step: &'static str,
    },
    /// A key that the keystore does not have.
    #[error("there is no key `{key}`; make it with `sealine keys new {key} --purpose {purpose}`")]
    UnknownKey {
        /// The name of the key.
        key: String,
        /// The purpose that is needed.
        purpose: &'static str,
    },
    /// A key that was made for something else.
    #[error("the key `{key}` is for {found}, not for {needed}; one key has one purpose")]
    KeyPurpose {
        /// The name of the key.
        key: String,
        /// Its purpose.
        found: &'static str,
        /// The purpose that is needed.
        needed: &'static str,
    },
    /// A version of a key that cannot be used.
    #[error("version {version} of the key `{key}` is {state}")]
    KeyVersion {
        /// The name of the key.
        key: String,
        /// The version.
        version: u32,
        /// Why it cannot be used: `unknown`, `destroyed` and so on.
        state: &'static str,
    },
    /// A sealed value that does not have the format.
    #[error("row {row} does not hold a sealed value of this protection")]
    NotSealed {
        /// The row in the batch, from 0.
        row: usize,
    },
    /// A sealed value that does not open here.
    #[error(
        "row {row} does not open: it was sealed for another dataset, column or domain, or changed"
    )]
    DoesNotOpen {
        /// The row in the batch, from 0.
        row: usize,
    },
    /// A value that opened and is not of the expected type.
    #[error(
        "row {row} opened, and is not of type `{data_type}`; name the type it had when it was sealed"
    )]
    OpenedType {
        /// The row in the batch, from 0.
        row: usize,
        /// The Arrow type that was asked for.
        data_type: String,
    },
    /// A protection that nothing undoes.
    #[error("`{protection}` cannot be undone; `sealine protections` says which can")]
    NotReversible {
        /// The protection.
        protection: &'static str,
    },
    /// A value that the protection cannot take; it is neither dropped nor let through.
    #[error("`{protection}`: the value in row {row} of the batch {reason}")]
    Value {
        /// The protection.
        protection: &'static str,
        /// The row within the batch, from 0.
        row: usize,
        /// Why, and what to do; says nothing of the value.
        reason: &'static str,
    },
    /// A sealed value whose binding to its row is not what the caller asked for.
    #[error("row {row} was sealed {how}")]
    RowBinding {
        /// The row in the batch, from 0.
        row: usize,
        /// How it was sealed, and how to open it.
        how: &'static str,
    },
    /// A keyset of Tink that cannot be used.
    #[error("the keyset cannot be used: {reason}")]
    Keyset {
        /// What is wrong with it, and what would do.
        reason: &'static str,
    },
    /// A signed object, or the key that it is checked with, that is refused before its signature.
    #[error("the signature cannot be checked: {reason}")]
    Jose {
        /// What is wrong with it, and what would do.
        reason: &'static str,
    },
    /// A Fernet token that is authentic and outside its time.
    #[error("the token was made too long ago, or in the future")]
    Expired,
    /// A format that carries the time, and no time to give it.
    #[error(
        "`{protection}` puts the time into what it makes, and the keys were opened without one"
    )]
    NoTime {
        /// The protection.
        protection: &'static str,
    },
    /// Random tokens where nothing keeps them.
    #[error("there is no token vault for the key `{key}` here; use `tokenize`, which needs none")]
    NoVault {
        /// The name of the key.
        key: String,
    },
    /// A cell that holds no token that is alive.
    #[error("row {row} holds no token of this vault, key and domain, or one that has expired")]
    NoToken {
        /// The row in the batch, from 0.
        row: usize,
    },
    /// A vault that failed under way; the database's own text is dropped.
    #[error("the token vault failed at {step}: {reason}")]
    Vault {
        /// The step that failed.
        step: &'static str,
        /// Why, as far as it is known.
        reason: &'static str,
    },
    /// The file of a vault that cannot be used.
    #[error("the token vault `{path}` cannot be used: {reason}")]
    VaultFile {
        /// Where it is.
        path: String,
        /// What is wrong with it, and what to do.
        reason: &'static str,
    },
    /// A database server that cannot be used as a vault; its own text is dropped.
    #[error("the token vault at `{server}` {fault}: {reason}")]
    VaultServer {
        /// Host, port and database.
        server: String,
        /// What was tried.
        fault: VaultFault,
        /// What is wrong with it, and what to do.
        reason: &'static str,
    },
    /// A vault that is gone, or another one than before.
    #[error("the token vault `{place}` {reason}")]
    VaultLost {
        /// The file, or host, port and database.
        place: String,
        /// What is wrong, and what to do.
        reason: &'static str,
    },
    /// A vault that has kept fewer batches than it had: an older copy of itself.
    #[error(
        "the token vault `{place}` is an older copy of itself: it has kept {found} batches of tokens, and this project has met {known}; restore the newest, or take this one on purpose with `sealine vault accept`"
    )]
    VaultOlder {
        /// The file, or host, port and database.
        place: String,
        /// Batches that it has kept.
        found: u64,
        /// Batches that it had kept when it was last used.
        known: u64,
    },
    /// Two vaults that are to be the same and are not.
    #[error(
        "the vault to move into is not the same afterwards: under the key `{key}`, domain `{domain}`, it has other tokens; move into an empty one"
    )]
    VaultDiffers {
        /// The name of the key.
        key: String,
        /// The domain.
        domain: String,
    },
    /// A reference to a secret that leads to none.
    #[error("the secret `{reference}` cannot be had: {reason}")]
    NoSecret {
        /// As it was written.
        reference: String,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// More classes and values than anonymity is measured for.
    #[error(
        "the anonymity of these rows takes more than {limit_mib} MiB to measure; generalize the quasi-identifiers, or name fewer columns"
    )]
    AnonymityMemory {
        /// The bound.
        limit_mib: usize,
    },
    /// A column whose values cannot be compared.
    #[error("the anonymity of column `{column}` cannot be measured: its type is `{data_type}`")]
    AnonymityType {
        /// The column.
        column: String,
        /// The Arrow type.
        data_type: String,
    },
    /// A column that the rows do not have.
    #[error("there is no column `{column}` to measure the anonymity of")]
    AnonymityColumn {
        /// The column.
        column: String,
    },
}

/// At which door a database server stays closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VaultFault {
    /// Nobody answers, or not in time.
    Unreachable,
    /// Whoever answers is not proved to be the server that was named.
    Unproven,
    /// The server does not accept who we are.
    Refused,
    /// The database holds no vault that can be used.
    Unfit,
}

impl std::fmt::Display for VaultFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            VaultFault::Unreachable => "cannot be reached",
            VaultFault::Unproven => "is not proved to be the right server",
            VaultFault::Refused => "does not let us in",
            VaultFault::Unfit => "cannot be used",
        })
    }
}

impl ProtectError {
    pub(crate) fn unsupported(what: &'static str) -> ProtectError {
        ProtectError::Unsupported(what)
    }

    /// The stable code, as `sealine explain` takes it.
    pub fn code(&self) -> &'static str {
        match self {
            ProtectError::Unsupported(_) => "SL8001",
            ProtectError::KeyLength { .. } => "SL8002",
            ProtectError::NotAuthentic => "SL8003",
            ProtectError::Primitive(_) => "SL8004",
            ProtectError::Randomness => "SL8005",
            ProtectError::KeyExhausted => "SL8006",
            ProtectError::Numerals { .. } => "SL8007",
            ProtectError::UnknownProtection(_) => "SL8010",
            ProtectError::Argument { .. } => "SL8011",
            ProtectError::InputType { .. } => "SL8012",
            ProtectError::TooLarge { .. } => "SL8013",
            ProtectError::Arrow { .. } => "SL8014",
            ProtectError::UnknownKey { .. } => "SL8020",
            ProtectError::KeyPurpose { .. } => "SL8021",
            ProtectError::KeyVersion { .. } => "SL8022",
            ProtectError::NotSealed { .. } => "SL8030",
            ProtectError::DoesNotOpen { .. } => "SL8031",
            ProtectError::OpenedType { .. } => "SL8032",
            ProtectError::NotReversible { .. } => "SL8033",
            ProtectError::Value { .. } => "SL8034",
            ProtectError::RowBinding { .. } => "SL8040",
            ProtectError::Keyset { .. } => "SL8041",
            ProtectError::Jose { .. } => "SL8042",
            ProtectError::Expired => "SL8043",
            ProtectError::NoTime { .. } => "SL8044",
            ProtectError::NoVault { .. } => "SL8060",
            ProtectError::NoToken { .. } => "SL8061",
            ProtectError::Vault { .. } => "SL8062",
            ProtectError::VaultFile { .. } => "SL8063",
            ProtectError::VaultServer { fault, .. } => match fault {
                VaultFault::Unreachable => "SL8500",
                VaultFault::Unproven => "SL8501",
                VaultFault::Refused => "SL8502",
                VaultFault::Unfit => "SL8503",
            },
            ProtectError::VaultLost { .. } => "SL8504",
            ProtectError::VaultOlder { .. } => "SL8506",
            ProtectError::VaultDiffers { .. } => "SL8507",
            ProtectError::NoSecret { .. } => "SL8505",
            ProtectError::AnonymityMemory { .. } => "SL8070",
            ProtectError::AnonymityType { .. } => "SL8071",
            ProtectError::AnonymityColumn { .. } => "SL8072",
        }
    }

    /// Whether a parameter is outside what is offered, rather than an answer being negative:
    /// `sealine conform` answers these with `unsupported`.
    pub fn is_unsupported(&self) -> bool {
        matches!(
            self,
            ProtectError::Unsupported(_) | ProtectError::KeyLength { .. }
        )
    }
}

/// Every code of this crate with its explanation in Markdown.
pub const CODES: &[(&str, &str)] = &[
    (
        "SL8001",
        "**Not supported.** An algorithm or a parameter was asked for that Sealine does not offer, such as a GCM \
         IV that is not 96 bits. It refuses rather than guess. Use a listed algorithm.\n\nExample: `AES-256-CBC`.",
    ),
    (
        "SL8002",
        "**A key of the wrong length.** Each algorithm takes one length: AES-256 and Ed25519 seeds 32 bytes, \
         AES-128 16 bytes. Keys that `sealine keys new` makes always fit, so this comes from outside data.",
    ),
    (
        "SL8003",
        "**Authentication failed.** A tag or a signature does not hold: the bytes were changed, cut, moved to \
         another place, or made with another key. Nothing of the content is handed out. Restore the original \
         bytes, or use the key they were made with.",
    ),
    (
        "SL8004",
        "**The cryptographic library failed.** AWS-LC refused an operation on valid input; it does not say why. \
         Run again; if it stays, report it with the operation that the message names.",
    ),
    (
        "SL8005",
        "**No randomness.** The system's generator gave nothing, so no key, salt or nonce can be made, and \
         nothing was protected. Check that `getrandom` is allowed in the sandbox or container.",
    ),
    (
        "SL8006",
        "**A data key reached its limit.** With random nonces, AES-GCM is safe for fewer than 2^32 messages a \
         key (NIST SP 800-38D). `encrypt` takes a new data key by itself before that; this error means that one \
         batch alone would pass the limit. Use a smaller batch size.",
    ),
    (
        "SL8007",
        "**Not numerals of this radix.** FF1 enciphers strings of numerals from 0 to the radix minus 1, of one \
         length. What came has another numeral or another length, and nothing was enciphered. Protections check \
         their alphabet before, so this comes from outside data.",
    ),
    (
        "SL8010",
        "**Not a protection.** The plan names a protection that this build does not have. The catalogue is \
         what `sealine protections` lists.",
    ),
    (
        "SL8011",
        "**An argument does not fit.** Arguments are literals, in the order and of the kind that the reference \
         gives: `mask(card, 6, 4)`, `bucket(age, 10)`, `tokenize(email, 'crm')`, `encrypt(note, 'lake-values')`. \
         The message says which one and what to write.",
    ),
    (
        "SL8012",
        "**A type that the protection does not take.** `mask` takes text; `bucket` numbers, dates and timestamps; \
         `tokenize` text, whole numbers and dates; `redact`, `nullify` and `encrypt` take every scalar type. Change the \
         column's type in the catalog or choose another protection.\n\nExample: `mask(age, 1, 1)` with an \
         integer `age`; `bucket(age, 10)` is what was meant.",
    ),
    (
        "SL8013",
        "**A batch too large.** One Arrow array of text or bytes holds 2 GiB. The batch would pass that once \
         protected. Use a smaller batch size.",
    ),
    (
        "SL8014",
        "**Arrow refused a step.** An array could not be unpacked or built; Arrow's own message may quote \
         values and is not shown. This is a bug in Sealine or a damaged input file; please report the step.",
    ),
    (
        "SL8020",
        "**No such key.** The protection names a key that the keystore does not have. Declare it under `keys:` \
         in `sealine.yaml` and make it with `sealine keys new`.",
    ),
    (
        "SL8021",
        "**A key of another purpose.** One key has one purpose: `token` for `tokenize`, `value` for `encrypt`, \
         `file` for encrypted datasets. Make a key of the purpose that is needed; a key used for two things \
         weakens both.",
    ),
    (
        "SL8022",
        "**A version of a key cannot be used.** It was destroyed, or this keystore never had it. What only that \
         version could open is gone for good, which is what destroying a key is for. If the keystore was \
         restored from an old backup, restore a newer one.",
    ),
    (
        "SL8030",
        "**Not a sealed value.** A value to be opened does not have the format of its protection: \
         `encrypt` writes format byte 1, key version, salt, nonce, ciphertext, tag; `siv` format byte 2, synthetic \
         IV, ciphertext. The column is not one that the protection wrote, or was cut.",
    ),
    (
        "SL8031",
        "**A sealed value does not open.** With `encrypt` it authenticates its dataset, column and key version, with \
         `siv` its domain; this one was sealed for another, with another key, or was changed. Open it under the \
         dataset, column or domain that it was sealed for.",
    ),
    (
        "SL8032",
        "**Opened, and of another type.** A sealed value has the type of the column it was made from, and was \
         asked for as another one. Name the original type.",
    ),
    (
        "SL8033",
        "**Cannot be undone.** Only protections that keep the value under a key can be opened again: \
         `sealine protections` says of each whether and by whom. The original is where the protected column \
         was made from.",
    ),
    (
        "SL8034",
        "**A value that the protection cannot take.** Some protections are safe or defined for some values only: \
         format-preserving encryption needs at least 1,000,000 possible values of the same form. The run stops \
         rather than drop the value or let it through. Add a rule to the catalog that sends such rows to the \
         quarantine, or use another protection.",
    ),
    (
        "SL8040",
        "**Bound to a row, or not.** `encrypt` with a `row_key` makes values that open only beside the same row \
         key. This one was sealed the other way than it was asked for. Name the row key's column for values that \
         are bound to it, and none for those that are not: to accept both would let a value be moved.",
    ),
    (
        "SL8041",
        "**A Tink keyset that cannot be used.** It is read as Tink's JSON in clear text and needs an enabled \
         primary key of type `AesGcmKey` (16 or 32 bytes) or `AesSivKey` (64 bytes), with the prefix `TINK` or \
         `RAW`; all keys of one kind. Encrypted keysets have to be opened with their KMS first.",
    ),
    (
        "SL8042",
        "**A signature that cannot be checked.** A JWS is taken in compact form, with an algorithm that its key \
         is for; never `none`, never with `crit`, never with a member given twice or text that is not canonical \
         base64url. RSA keys need 2048 to 8192 bits, and HMAC keys at least the length of their hash. The message \
         names what was wrong; whoever made the token or the key has to mend it.",
    ),
    (
        "SL8043",
        "**Outside its time.** A Fernet token says when it was made. This one is authentic, and older than the \
         time to live that was asked for, or more than 60 seconds from the future. Ask for a new one, or check \
         the clocks.",
    ),
    (
        "SL8044",
        "**No time.** A Fernet token carries the time it was made, in clear. The keys that this protection was \
         bound with give none, so it refuses rather than write a false one. A pipeline's run gives its start.",
    ),
    (
        "SL8060",
        "**No token vault.** `vault_token` keeps its random tokens in the token vault of the project's state \
         directory, and what was called has none. Run it in a project, or use `tokenize`, whose tokens are computed \
         and kept nowhere.",
    ),
    (
        "SL8061",
        "**Not a token that is alive.** A cell to be opened is not a token of this vault, key and domain: it was made \
         elsewhere, its time to live has ended, or the column was not written by `vault_token`. An expired token \
         opens nothing ever again, which is what its `ttl` is for. Nothing of the batch is handed out.",
    ),
    (
        "SL8062",
        "**The token vault failed.** The database below it refused a step, and the batch was not kept: a full disk, \
         another process that holds it for too long, a damaged file. Nothing is tried again on the same vault: free \
         the cause and run again. Tokens of batches before this one stay, and serve the next run.",
    ),
    (
        "SL8063",
        "**A token vault that cannot be used.** Its file must be a regular one that belongs to the user who runs, \
         closed to all others (`chmod 600`), and written by a version of Sealine that this one can read. If it is \
         damaged, restore it from a backup: tokens that are lost cannot be opened again.",
    ),
    (
        "SL8070",
        "**Too much to measure.** Each combination of quasi-identifiers, and each sensitive value within one, is \
         counted in memory, exactly or not at all. Millions of combinations mean that almost every row is alone with \
         its own: k is near 1. Generalize the quasi-identifiers (`bucket` of a greater width), or name fewer of \
         them.\n\nExample: a timestamp to the second among the quasi-identifiers.",
    ),
    (
        "SL8071",
        "**A type that cannot be measured.** Classes are made of equal values, so the type must have an equality: \
         numbers, texts, bytes, dates and lists of them do, maps do not. Write the parts of it that matter as \
         columns of their own.",
    ),
    (
        "SL8072",
        "**No such column.** A quasi-identifier, a sensitive column or the subject is named that the rows do not \
         have, so nothing can be said of them. Name columns as the output has them, not as its source does: `age_band` \
         where the step says `bucket(age, 10) AS age_band`.",
    ),
    (
        "SL8500",
        "**The vault's server cannot be reached.** Nothing answers at the host and port of `vault:` in `sealine.yaml`, \
         or not within ten seconds, or it is starting up, shutting down or full. Nothing was written. Look whether the \
         database runs and whether a firewall lets this machine through, then run again.",
    ),
    (
        "SL8501",
        "**The vault's server is not proved.** Sealine speaks to a database over TLS alone, and only after its \
         certificate was proved: issued by an authority of `ca:` (or one that the system trusts), for the host of \
         `vault:`, and not expired. There is no way to turn this off. Ask the database's owner for the certificate of \
         its authority, or have the certificate renewed; connect by a name that stands in it.\n\nExample: `host: \
         10.0.0.7` where the certificate names `db.example.com`. No password was sent.",
    ),
    (
        "SL8502",
        "**The vault's server does not let us in.** It was proved, and refused the role, its password, its client \
         certificate or the database. Passwords are proved by SCRAM-SHA-256 bound to the TLS connection, and never \
         sent: a server that asks for one in clear or as MD5 is refused as well. Look at the role's password and at \
         `pg_hba.conf`, whose line should be `hostssl … scram-sha-256`.",
    ),
    (
        "SL8503",
        "**The database holds no vault that can be used.** Its tables are made once by the database's owner, with the \
         SQL that `sealine vault sql` prints, which also grants the role of `vault:` no more than it needs. Here they \
         are missing, of another version, not granted, or read-only (a standby: name the primary).",
    ),
    (
        "SL8504",
        "**A vault that is lost.** The audit log knows which token vault this project has used, by a random number in \
         the vault itself. What is there now is nothing, or another vault: every token made so far would be \
         impossible to open, and the same value would get a new one. Restore the vault from a backup. If it is gone \
         for good, `sealine vault forget --reason …` says so in the log; the next run then begins with the vault that \
         is there, or a new one.",
    ),
    (
        "SL8505",
        "**A secret that cannot be had.** `sealine.yaml` holds references to secrets: `${env:NAME}`, a variable of the \
         environment, or `${file:PATH}`, a file that others cannot read (mode 0600, or 0640 for a group). The variable \
         is not set, or the file is missing, empty, too long, or open to others. The secret itself is never printed.",
    ),
    (
        "SL8506",
        "**An older copy of the vault.** A vault counts the batches of tokens that it has kept, and the audit log \
         remembers the count of the last run. This vault has kept fewer: a backup was restored, and the tokens made \
         since are not in it. They could never be opened again, and their values would get other tokens, which match no \
         older ones. Restore the newest copy. If there is none, `sealine vault accept --reason …` takes this one and \
         says so in the log.",
    ),
    (
        "SL8507",
        "**The vault to move into has other tokens.** `sealine vault migrate` carries every token over as it is, and \
         compares both vaults token by token. The database has tokens that the file has not, or others for the same \
         values: some worker has used it already. Nothing was taken out of the file, and the project goes on using it \
         where `vault:` is left out of `sealine.yaml`. Move into an empty vault: have the owner of the database drop the \
         schema `sealine_vault` and run what `sealine vault sql` prints.",
    ),
];

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    fn one_of_each() -> Vec<ProtectError> {
        let key = || "crm".to_owned();
        let server = |fault| ProtectError::VaultServer {
            server: key(),
            fault,
            reason: "it does not answer",
        };
        vec![
            ProtectError::Unsupported("x"),
            ProtectError::KeyLength {
                algorithm: "x",
                expected: 1,
                found: 2,
            },
            ProtectError::NotAuthentic,
            ProtectError::Primitive("x"),
            ProtectError::Randomness,
            ProtectError::KeyExhausted,
            ProtectError::Numerals { radix: 10 },
            ProtectError::UnknownProtection(key()),
            ProtectError::Argument {
                protection: "mask",
                reason: key(),
            },
            ProtectError::InputType {
                protection: "mask",
                data_type: key(),
            },
            ProtectError::TooLarge {
                protection: "mask",
                rows: 1,
            },
            ProtectError::Arrow {
                protection: "mask",
                step: "cast",
            },
            ProtectError::UnknownKey {
                key: key(),
                purpose: "token",
            },
            ProtectError::KeyPurpose {
                key: key(),
                found: "file",
                needed: "token",
            },
            ProtectError::KeyVersion {
                key: key(),
                version: 1,
                state: "destroyed",
            },
            ProtectError::NotSealed { row: 0 },
            ProtectError::DoesNotOpen { row: 0 },
            ProtectError::OpenedType {
                row: 0,
                data_type: key(),
            },
            ProtectError::NotReversible { protection: "mask" },
            ProtectError::Value {
                protection: "mask",
                row: 0,
                reason: "is too short",
            },
            ProtectError::RowBinding {
                row: 0,
                how: "with a row key",
            },
            ProtectError::Keyset {
                reason: "it is empty",
            },
            ProtectError::Jose {
                reason: "it is empty",
            },
            ProtectError::Expired,
            ProtectError::NoTime {
                protection: "fernet",
            },
            ProtectError::NoVault { key: key() },
            ProtectError::NoToken { row: 0 },
            ProtectError::Vault {
                step: "keeping tokens",
                reason: "the disk is full",
            },
            ProtectError::VaultFile {
                path: key(),
                reason: "it is a link",
            },
            server(VaultFault::Unreachable),
            server(VaultFault::Unproven),
            server(VaultFault::Refused),
            server(VaultFault::Unfit),
            ProtectError::VaultLost {
                place: key(),
                reason: "is gone",
            },
            ProtectError::VaultOlder {
                place: key(),
                found: 1,
                known: 2,
            },
            ProtectError::VaultDiffers {
                key: key(),
                domain: key(),
            },
            ProtectError::NoSecret {
                reference: key(),
                reason: "it is not set",
            },
            ProtectError::AnonymityMemory { limit_mib: 1 },
            ProtectError::AnonymityType {
                column: key(),
                data_type: key(),
            },
            ProtectError::AnonymityColumn { column: key() },
        ]
    }

    #[test]
    fn every_code_is_explained_once_and_every_explanation_is_used() {
        let used: Vec<_> = one_of_each().iter().map(ProtectError::code).collect();
        for code in &used {
            assert_eq!(
                CODES.iter().filter(|(listed, _)| listed == code).count(),
                1,
                "{code}"
            );
        }
        for (listed, text) in CODES {
            assert!(
                used.contains(listed),
                "{listed} is explained and never returned"
            );
            assert!(listed.starts_with("SL8") && text.len() > 60, "{listed}");
        }
        assert_eq!(used.len(), CODES.len());
    }

    #[test]
    fn messages_are_lower_case_and_without_a_full_stop() {
        for error in one_of_each() {
            let text = error.to_string();
            assert!(
                !text.ends_with('.') && !text.starts_with(|c: char| c.is_uppercase()),
                "{text}"
            );
        }
    }
}
