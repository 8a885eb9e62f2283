//! What the log records: one typed event an entry.
//!
//! INVARIANT: a field is an id, a name from the project's files, a digest, a
//! count or a code. Must never hold a row value, a secret, or text of an error
//! that another library wrote.

use serde::{Deserialize, Serialize};

use crate::{AuditError, Digest, Time};

/// The version of the event format that this build writes.
pub const EVENT_VERSION: u32 = 1;

/// The largest entry that the tile format can hold, in bytes.
pub const MAX_ENTRY: usize = 65_535;

/// One entry of the log, as JSON: `{"v":1,"time":…,"actor":…,"outcome":…,"action":…,"detail":{…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Format version, `EVENT_VERSION` when written by this build.
    pub v: u32,
    /// When it happened, by the engine's clock.
    pub time: Time,
    /// Who acted: the principal as the policy names it, for instance `Service::"svc/daily"`.
    pub actor: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What happened.
    #[serde(flatten)]
    pub action: Action,
}

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was tried and failed.
    Failure,
    /// Proof or policy refused it.
    Refused,
}

/// What happened, with the ids, digests and counts that an auditor needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", content = "detail")]
pub enum Action {
    /// The log was begun.
    #[serde(rename = "init")]
    Init {
        /// The name under which the log signs.
        origin: String,
    },
    /// Keys were made.
    #[serde(rename = "keys.created")]
    KeysCreated {
        /// The keys, with their first version.
        keys: Vec<KeyUse>,
        /// The keystore's epoch afterwards.
        epoch: u64,
    },
    /// A permitted run begins to read.
    #[serde(rename = "run.started")]
    RunStarted {
        /// Run id.
        run: String,
        /// Pipeline name.
        pipeline: String,
        /// What the run rests on.
        digests: Digests,
    },
    /// A run's outputs are published and its receipt is stored.
    #[serde(rename = "run.committed")]
    RunCommitted {
        /// Run id.
        run: String,
        /// Pipeline name.
        pipeline: String,
        /// SHA-256 of the receipt file `receipts/<sha256>.dsse.json`.
        receipt: Digest,
        /// Rows that were read over all inputs.
        rows_in: u64,
        /// Rows that were written over all outputs.
        rows_out: u64,
        /// Rows that broke a rule.
        rows_rejected: u64,
        /// Batches that the token vault had kept by then; absent where the run opened none, and in
        /// entries of versions that did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        vault_batches: Option<u64>,
    },
    /// A run stopped before its commit.
    #[serde(rename = "run.failed")]
    RunFailed {
        /// Run id.
        run: String,
        /// Pipeline name.
        pipeline: String,
        /// The stable code of the error.
        code: String,
        /// Rows that were read over all inputs before the stop.
        rows_in: u64,
        /// Rows that broke a rule before the stop.
        rows_rejected: u64,
    },
    /// Proof or policy refused a run.
    #[serde(rename = "run.refused")]
    RunRefused {
        /// Pipeline name.
        pipeline: String,
        /// Plan digest, where a plan could be made.
        plan: Option<Digest>,
        /// Policy digest, where a policy could be read.
        policy: Option<Digest>,
        /// The stable codes of the refusals, sorted, once each.
        codes: Vec<String>,
        /// How many findings there were.
        findings: u64,
    },
    /// A run that a crash interrupted was finished or undone.
    #[serde(rename = "run.recovered")]
    RunRecovered {
        /// Run id.
        run: String,
        /// Pipeline name.
        pipeline: String,
        /// Which of the two.
        resolution: Resolution,
    },
    /// A dataset was read to the terminal.
    #[serde(rename = "read")]
    Read {
        /// Dataset id.
        dataset: String,
        /// The columns shown.
        columns: Vec<String>,
        /// Rows shown at most (the limit asked for).
        limit: u64,
        /// Plan digest of the read.
        plan: Digest,
        /// Policy ids that permitted it.
        policies: Vec<String>,
    },
    /// Protected values of a dataset were opened on the terminal.
    #[serde(rename = "reveal")]
    Reveal {
        /// Dataset id.
        dataset: String,
        /// The columns opened, each with the protection that was undone: `note: encrypt`.
        opened: Vec<String>,
        /// Why, in the words of who asked.
        reason: String,
        /// Rows shown at most (the limit asked for).
        limit: u64,
        /// Plan digest.
        plan: Digest,
        /// Policy ids that permitted it.
        policies: Vec<String>,
    },
    /// Protected values of a dataset are about to be opened into a file.
    #[serde(rename = "export.started")]
    ExportStarted {
        /// Dataset id.
        dataset: String,
        /// The columns opened, each with the protection that is undone: `note: encrypt`.
        opened: Vec<String>,
        /// Why, in the words of who asked.
        reason: String,
        /// Where the file will lie.
        path: String,
        /// Plan digest.
        plan: Digest,
        /// Policy ids that permitted it.
        policies: Vec<String>,
    },
    /// The file is whole, and about to be given its name.
    #[serde(rename = "export.committed")]
    ExportCommitted {
        /// Dataset id.
        dataset: String,
        /// Where the file lies.
        path: String,
        /// `parquet under the key lake`, or the format that it is written in, in clear.
        form: String,
        /// Rows in it.
        rows: u64,
        /// SHA-256 of its bytes as they lie on disk.
        sha256: Digest,
    },
    /// The file was given up: nothing of it is left.
    #[serde(rename = "export.failed")]
    ExportFailed {
        /// Dataset id.
        dataset: String,
        /// Where it would have been.
        path: String,
        /// The stable code of the error.
        code: String,
    },
    /// A step of a pipeline was shown on the terminal.
    #[serde(rename = "preview")]
    Preview {
        /// Pipeline name.
        pipeline: String,
        /// Step name; the last one where absent.
        step: Option<String>,
        /// Rows shown at most (the limit asked for).
        limit: u64,
        /// Plan digest of the preview.
        plan: Digest,
        /// Policy ids that permitted it.
        policies: Vec<String>,
    },
    /// A read or preview was refused.
    #[serde(rename = "access.refused")]
    AccessRefused {
        /// The verb that was refused: `read`, `preview`, `keys`, ….
        verb: String,
        /// Dataset, pipeline or key that was asked for.
        resource: String,
        /// The stable codes of the refusals, sorted, once each.
        codes: Vec<String>,
    },
    /// A key is about to be changed. Where the change then fails, an entry with
    /// the outcome `failure` follows.
    #[serde(rename = "keys.changed")]
    KeysChanged {
        /// What becomes of it.
        change: KeyChange,
        /// Key name.
        key: String,
        /// The versions that the change touches.
        versions: Vec<u32>,
        /// When they may be destroyed; only for a scheduled destruction.
        due: Option<Time>,
        /// The lower limit of uses; only for `limited`.
        max_uses: Option<u64>,
        /// The keystore's epoch afterwards.
        epoch: u64,
    },
    /// The tombstone of a version of a key: its bytes are removed right after,
    /// and refused for ever, wherever a backup brings them back.
    #[serde(rename = "keys.destroyed")]
    KeyDestroyed {
        /// Key name.
        key: String,
        /// Key version.
        version: u32,
        /// What recognises its bytes, and tells nothing of them.
        fingerprint: Digest,
    },
    /// A program is about to be given keys of files by `sealine kms`: the first time that it asks
    /// for this with this key. Whoever has the key of a file can read the file.
    #[serde(rename = "keys.granted")]
    KeyGranted {
        /// Key name.
        key: String,
        /// `wrap` or `unwrap`.
        operation: String,
    },
    /// A `sealine kms` ended: how often it wrapped and unwrapped.
    #[serde(rename = "keys.served")]
    KeysServed {
        /// What was given out, for each key; answers with an error are not counted.
        keys: Vec<KeyCount>,
    },
    /// The keystore is about to be put under another passphrase, or none.
    #[serde(rename = "keys.passphrase")]
    PassphraseChanged {
        /// Which of the three.
        change: PassphraseChange,
    },
    /// The first use of a token vault: from here on no other is taken for it.
    #[serde(rename = "vault.known")]
    VaultKnown {
        /// The id that the vault holds.
        vault: String,
        /// Where it is; no role, and nothing secret.
        place: String,
    },
    /// The vault that was known is given up: its tokens can be opened no more, and the next run may
    /// begin with another.
    #[serde(rename = "vault.forgotten")]
    VaultForgotten {
        /// The id that it held.
        vault: String,
        /// Why, in the words of who asked.
        reason: String,
    },
    /// Expired tokens are about to be removed from the vault.
    #[serde(rename = "vault.purged")]
    VaultPurged {
        /// The id that the vault holds.
        vault: String,
        /// How many had expired.
        tokens: u64,
    },
    /// Every token was carried over to another vault, which is the one from here on.
    #[serde(rename = "vault.moved")]
    VaultMoved {
        /// The id of the vault that was left; its file lies where it lay.
        from: String,
        /// The id of the vault that is used now.
        to: String,
        /// Where it is; no role, and nothing secret.
        place: String,
        /// How many tokens both had.
        tokens: u64,
    },
    /// An older copy of the vault is taken on purpose: the tokens made since can be opened no more.
    #[serde(rename = "vault.accepted")]
    VaultAccepted {
        /// The id of the vault.
        vault: String,
        /// Batches that it has kept.
        batches: u64,
        /// Why, in the words of who asked.
        reason: String,
    },
    /// Who vouches for the files, by which key and signature: from here on no older signature counts, and
    /// only these say who comes after them.
    #[serde(rename = "owners.known")]
    OwnersKnown {
        /// Each owner, sorted by name; empty where the owners gave it up.
        owners: Vec<OwnerKnown>,
    },
}

/// An owner, and the newest signature of it that was met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwnerKnown {
    /// Its name.
    pub owner: String,
    /// Its public key, `name+hash+base64`.
    pub key: String,
    /// The number of the signature.
    pub sequence: u64,
    /// SHA-256 of the file of the signature.
    pub signature: Digest,
}

/// How often keys of files were wrapped and unwrapped under a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCount {
    /// Key name.
    pub key: String,
    /// Keys wrapped.
    pub wrapped: u64,
    /// Keys unwrapped.
    pub unwrapped: u64,
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyChange {
    /// A new version protects.
    Rotated,
    /// Versions open and protect nothing more.
    Disabled,
    /// Versions may protect again.
    Enabled,
    /// Versions do nothing, and are destroyed when they are due.
    DestructionScheduled,
    /// Versions that were to be destroyed are kept.
    DestructionCancelled,
    /// Another limit of uses.
    Limited,
}

/// What becomes of the keystore's passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PassphraseChange {
    /// There was none.
    Set,
    /// There was another one.
    Changed,
    /// There is none any more.
    Removed,
}

/// Whether recovery went forward or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    /// The publication had begun: it was completed.
    RolledForward,
    /// Nothing was published: what was staged was removed.
    RolledBack,
}

/// The texts and the program that a run rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// The project's files.
    pub spec: Digest,
    /// The proved plan.
    pub plan: Digest,
    /// The policy that permitted it.
    pub policy: Digest,
    /// The program that ran it.
    pub binary: Digest,
}

/// A key that was made or used, never its bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyUse {
    /// Key name.
    pub name: String,
    /// Key purpose: `token`, `file`, `value`, ….
    pub purpose: String,
    /// Key version.
    pub version: u32,
}

impl Event {
    /// An event of the current version.
    #[must_use]
    pub fn new(time: Time, actor: impl Into<String>, outcome: Outcome, action: Action) -> Self {
        Self {
            v: EVENT_VERSION,
            time,
            actor: actor.into(),
            outcome,
            action,
        }
    }

    /// The entry's bytes: JSON on one line, at most [`MAX_ENTRY`].
    ///
    /// # Errors
    /// `EntryTooLarge` where it would not fit.
    pub fn encode(&self) -> Result<Vec<u8>, AuditError> {
        let bytes = serde_json::to_vec(self).map_err(|_| AuditError::Encode { what: "event" })?;
        if bytes.len() > MAX_ENTRY {
            return Err(AuditError::EntryTooLarge { bytes: bytes.len() });
        }
        Ok(bytes)
    }

    /// Reads an entry back; `None` where a later version wrote something this
    /// build does not know.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let event: Self = serde_json::from_slice(bytes).ok()?;
        (event.v <= EVENT_VERSION).then_some(event)
    }
}

impl Action {
    /// The action's name, as it stands in the entry.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Init { .. } => "init",
            Self::KeysCreated { .. } => "keys.created",
            Self::RunStarted { .. } => "run.started",
            Self::RunCommitted { .. } => "run.committed",
            Self::RunFailed { .. } => "run.failed",
            Self::RunRefused { .. } => "run.refused",
            Self::RunRecovered { .. } => "run.recovered",
            Self::Read { .. } => "read",
            Self::Reveal { .. } => "reveal",
            Self::ExportStarted { .. } => "export.started",
            Self::ExportCommitted { .. } => "export.committed",
            Self::ExportFailed { .. } => "export.failed",
            Self::Preview { .. } => "preview",
            Self::AccessRefused { .. } => "access.refused",
            Self::KeysChanged { .. } => "keys.changed",
            Self::KeyDestroyed { .. } => "keys.destroyed",
            Self::KeyGranted { .. } => "keys.granted",
            Self::KeysServed { .. } => "keys.served",
            Self::PassphraseChanged { .. } => "keys.passphrase",
            Self::VaultKnown { .. } => "vault.known",
            Self::VaultForgotten { .. } => "vault.forgotten",
            Self::VaultPurged { .. } => "vault.purged",
            Self::VaultMoved { .. } => "vault.moved",
            Self::VaultAccepted { .. } => "vault.accepted",
            Self::OwnersKnown { .. } => "owners.known",
        }
    }

    /// The run that the action belongs to.
    #[must_use]
    pub fn run(&self) -> Option<&str> {
        match self {
            Self::RunStarted { run, .. }
            | Self::RunCommitted { run, .. }
            | Self::RunFailed { run, .. }
            | Self::RunRecovered { run, .. } => Some(run),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    fn all() -> Vec<Action> {
        let digest = Digest::new([7; 32]);
        let (run, pipeline) = ("r1".to_owned(), "daily".to_owned());
        vec![
            Action::Init { origin: "o".into() },
            Action::KeysCreated {
                keys: vec![KeyUse {
                    name: "crm".into(),
                    purpose: "token".into(),
                    version: 1,
                }],
                epoch: 3,
            },
            Action::RunStarted {
                run: run.clone(),
                pipeline: pipeline.clone(),
                digests: Digests {
                    spec: digest,
                    plan: digest,
                    policy: digest,
                    binary: digest,
                },
            },
            Action::RunCommitted {
                run: run.clone(),
                pipeline: pipeline.clone(),
                receipt: digest,
                rows_in: 10,
                rows_out: 9,
                rows_rejected: 1,
                vault_batches: None,
            },
            Action::RunFailed {
                run: run.clone(),
                pipeline: pipeline.clone(),
                code: "SL5001".into(),
                rows_in: 3,
                rows_rejected: 0,
            },
            Action::RunRefused {
                pipeline: pipeline.clone(),
                plan: Some(digest),
                policy: None,
                codes: vec!["SL3001".into()],
                findings: 2,
            },
            Action::RunRecovered {
                run,
                pipeline: pipeline.clone(),
                resolution: Resolution::RolledForward,
            },
            Action::Read {
                dataset: "lake.customers".into(),
                columns: vec!["id".into()],
                limit: 5,
                plan: digest,
                policies: vec!["p".into()],
            },
            Action::Reveal {
                dataset: "lake.customers".into(),
                opened: vec!["note: encrypt".into()],
                reason: "ticket 12".into(),
                limit: 5,
                plan: digest,
                policies: vec!["p".into()],
            },
            Action::ExportStarted {
                dataset: "lake.customers".into(),
                opened: vec!["note: encrypt".into()],
                reason: "ticket 12".into(),
                path: "out/notes.parquet".into(),
                plan: digest,
                policies: vec!["p".into()],
            },
            Action::ExportCommitted {
                dataset: "lake.customers".into(),
                path: "out/notes.parquet".into(),
                form: "parquet under the key lake".into(),
                rows: 3,
                sha256: digest,
            },
            Action::ExportFailed {
                dataset: "lake.customers".into(),
                path: "out/notes.parquet".into(),
                code: "SL5026".into(),
            },
            Action::Preview {
                pipeline,
                step: None,
                limit: 5,
                plan: digest,
                policies: vec![],
            },
            Action::AccessRefused {
                verb: "read".into(),
                resource: "d".into(),
                codes: vec![],
            },
            Action::KeysChanged {
                change: KeyChange::DestructionScheduled,
                key: "lake".into(),
                versions: vec![1, 2],
                due: Some(Time::from_micros(7)),
                max_uses: None,
                epoch: 4,
            },
            Action::KeyDestroyed {
                key: "lake".into(),
                version: 1,
                fingerprint: digest,
            },
            Action::KeyGranted {
                key: "lake".into(),
                operation: "unwrap".into(),
            },
            Action::KeysServed {
                keys: vec![KeyCount {
                    key: "lake".into(),
                    wrapped: 0,
                    unwrapped: 3,
                }],
            },
            Action::PassphraseChanged {
                change: PassphraseChange::Set,
            },
            Action::VaultKnown {
                vault: "00ff".into(),
                place: ".sealine/vault.db".into(),
            },
            Action::VaultForgotten {
                vault: "00ff".into(),
                reason: "the disk is gone".into(),
            },
            Action::VaultPurged {
                vault: "00ff".into(),
                tokens: 7,
            },
            Action::VaultMoved {
                from: "00ff".into(),
                to: "11ff".into(),
                place: "postgres://db:5432/tokens".into(),
                tokens: 7,
            },
            Action::VaultAccepted {
                vault: "00ff".into(),
                batches: 7,
                reason: "the disk is gone".into(),
            },
            Action::OwnersKnown {
                owners: vec![OwnerKnown {
                    owner: "privacy".into(),
                    key: "privacy+530d903a+A".into(),
                    sequence: 7,
                    signature: Digest::of(b"s"),
                }],
            },
        ]
    }

    #[test]
    fn every_action_round_trips_under_its_name() {
        for action in all() {
            let event = Event::new(
                Time::from_micros(5),
                "User::\"ann\"",
                Outcome::Success,
                action,
            );
            let bytes = event.encode().unwrap();
            let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(json["action"], event.action.name());
            assert_eq!(json["time"], "1970-01-01T00:00:00.000005Z");
            assert_eq!(Event::decode(&bytes), Some(event));
        }
    }

    #[test]
    fn the_limit_is_exact() {
        let event = |n: usize| {
            let action = Action::Init {
                origin: "o".repeat(n),
            };
            Event::new(Time::from_micros(0), "a", Outcome::Success, action)
        };
        let overhead = event(0).encode().unwrap().len();
        assert_eq!(
            event(MAX_ENTRY - overhead).encode().unwrap().len(),
            MAX_ENTRY
        );
        let error = event(MAX_ENTRY - overhead + 1).encode().unwrap_err();
        assert!(
            matches!(error, AuditError::EntryTooLarge { bytes: 65_536 }),
            "{error}"
        );
    }

    #[test]
    fn a_later_version_is_not_misread() {
        let mut event = Event::new(
            Time::from_micros(0),
            "a",
            Outcome::Success,
            Action::Init { origin: "o".into() },
        );
        event.v = EVENT_VERSION + 1;
        assert_eq!(Event::decode(&serde_json::to_vec(&event).unwrap()), None);
        assert_eq!(Event::decode(b"\xff{"), None);
        assert_eq!(Event::decode(br#"{"v":1}"#), None);
    }
}
