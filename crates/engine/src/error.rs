//! What can go wrong while a project is opened or a plan is run.
//!
//! INVARIANT: a message holds names from the project's files, paths, codes, counts and texts of the operating
//! system; never a row value, a secret, or the text of an Arrow, Parquet, CSV or DataFusion error.

use std::path::{Path, PathBuf};

use crate::clock;

/// Why a project could not be opened, or a run did not commit.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The directory holds no `sealine.yaml`.
    #[error("`{}` is not a Sealine project: it has no `sealine.yaml`; run `sealine init` to start one", path.display())]
    NotAProject {
        /// The directory that was named.
        path: PathBuf,
    },
    /// A file of the project cannot be taken in.
    #[error("`{path}` cannot be read as a project file: {reason}")]
    ProjectFile {
        /// Path relative to the project.
        path: String,
        /// What is wrong with it and what to do.
        reason: String,
    },
    /// The project has more files or bytes than the reader takes.
    #[error("the project is too large: {reason}")]
    ProjectTooLarge {
        /// Which bound was met.
        reason: String,
    },
    /// A connection's folder cannot be used.
    #[error("the root of connection `{connection}` cannot be used: {reason}")]
    Root {
        /// The connection.
        connection: String,
        /// Why.
        reason: String,
    },
    /// A dataset's path cannot be used.
    #[error("the location of dataset `{dataset}` cannot be used: {reason}")]
    Location {
        /// The dataset.
        dataset: String,
        /// Why.
        reason: String,
    },
    /// Another process runs on the same state directory.
    #[error("another run holds the state directory: process {pid}, since {}; wait for it to end and try again", since_text(*since))]
    Locked {
        /// Its process id, 0 where unknown.
        pid: u32,
        /// Since when, Unix seconds, 0 where unknown.
        since: i64,
    },
    /// A file of the state directory cannot be read or written.
    #[error("the state file `{}` cannot be used: {source}; repair the cause, then run again: what was begun is finished or rolled back", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// Others can reach into the state directory.
    #[error("the state directory `{}` is not safe: {reason}", path.display())]
    StateUnsafe {
        /// The directory.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The recorded labels of written datasets cannot be read.
    #[error("the recorded labels `{}` cannot be read; restore the file from a backup", path.display())]
    Labels {
        /// The file.
        path: PathBuf,
    },
    /// A key that the project declares is not in the keystore.
    #[error(
        "the key `{name}` is declared but not in the keystore; make it with `sealine keys new {name}`"
    )]
    KeyMissing {
        /// The key.
        name: String,
    },
    /// A key in the keystore has another purpose than the declared one.
    #[error(
        "the key `{name}` in the keystore has the purpose `{found}`, `sealine.yaml` says `{declared}`; declare a new key under another name"
    )]
    KeyPurpose {
        /// The key.
        name: String,
        /// As in the keystore.
        found: String,
        /// As in `sealine.yaml`.
        declared: String,
    },
    /// A key to be made is not declared.
    #[error(
        "the key `{name}` is not declared; name it with its purpose under `keys:` in `sealine.yaml` first"
    )]
    KeyUndeclared {
        /// The key.
        name: String,
    },
    /// A request to `sealine kms` that is none.
    #[error("the request is not understood: {reason}")]
    KeyRequest {
        /// Why.
        reason: &'static str,
    },
    /// There is no keystore yet.
    #[error(
        "this project has no keys yet; `sealine run` makes the declared ones, or `sealine keys new NAME`"
    )]
    NoKeys,
    /// A part of the state is gone.
    #[error("the state directory `{}` has lost its {what}; nothing runs without it: restore it from a backup", path.display())]
    StateLost {
        /// The directory.
        path: PathBuf,
        /// `keystore` or `audit log`.
        what: &'static str,
    },
    /// The plan is of another kind than the call.
    #[error("this plan cannot be {verb}: {reason}")]
    WrongPlan {
        /// `run` or `shown`.
        verb: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// An input changed between its first and its last byte.
    #[error("the input `{dataset}` changed while it was read (`{}`); nothing was published; run again when it is at rest", path.display())]
    InputChanged {
        /// The dataset.
        dataset: String,
        /// The file.
        path: PathBuf,
    },
    /// An input's files cannot be found or opened.
    #[error("the input `{dataset}` cannot be read at `{}`: {reason}", path.display())]
    Input {
        /// The dataset.
        dataset: String,
        /// Where it was looked for.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// More rows broke a rule than the contract accepts.
    #[error("{rejected} of {read} rows of `{dataset}` broke a rule, the limit is {limit}; nothing was published{}", kept_text(kept.as_deref()))]
    TooManyRejects {
        /// The dataset.
        dataset: String,
        /// Rows that broke a rule.
        rejected: u64,
        /// Rows that were read.
        read: u64,
        /// The limit as the catalog has it.
        limit: String,
        /// The quarantine that keeps them.
        kept: Option<String>,
    },
    /// Rows broke a rule and the dataset has nowhere to keep them.
    #[error(
        "{rejected} rows of `{dataset}` broke a rule and it has no `rejects:`; nothing was published; name a quarantine, or accept the loss with `max_rejects:`"
    )]
    NoQuarantine {
        /// The dataset.
        dataset: String,
        /// Rows that broke a rule.
        rejected: u64,
    },
    /// There are fewer or more rows than the catalog asks for.
    #[error("`{dataset}` has {found}, and its `rows:` asks for {asked}; nothing was published{}", kept_text(kept.as_deref()))]
    RowCount {
        /// The dataset, read or written.
        dataset: String,
        /// How many, where that may be shown; else that there are fewer or more.
        found: String,
        /// The bound as the catalog has it.
        asked: String,
        /// The quarantine that keeps rejected rows.
        kept: Option<String>,
    },
    /// The newest row is older than the catalog asks for.
    #[error("no row of `{dataset}` has a `{column}` within the last {within}, which its `freshness:` asks for; nothing was published; find out why new rows do not arrive{}", kept_text(kept.as_deref()))]
    NotFresh {
        /// The dataset.
        dataset: String,
        /// The column that says how new a row is.
        column: String,
        /// The bound as the catalog has it.
        within: String,
        /// The quarantine that keeps rejected rows.
        kept: Option<String>,
    },
    /// Two writers of one run would share a place.
    #[error(
        "`{first}` and `{second}` would be written to one place; give each its own path in the catalog"
    )]
    SharedPlace {
        /// One dataset.
        first: String,
        /// The other.
        second: String,
    },
    /// The memory pool is used up.
    #[error(
        "{operator} of the pipeline needs more memory than the {limit_mib} MiB there are and cannot go on on the disk; raise `limits: {{ memory: … }}` in `sealine.yaml`, or filter or aggregate earlier"
    )]
    Memory {
        /// The limit.
        limit_mib: u64,
        /// What needed it, from a fixed list.
        operator: &'static str,
    },
    /// A step failed while it computed; the engine's own text stays inside, since it may quote values.
    #[error(
        "output `{output}` failed while it was computed ({kind}); no value is shown here; `sealine explain SL5025` says what to look for"
    )]
    Compute {
        /// The output dataset, or `terminal`.
        output: String,
        /// Which kind of failure, from a fixed list.
        kind: &'static str,
    },
    /// The caller asked to stop.
    #[error("stopped on request; nothing was published; the same command begins anew")]
    Cancelled,
    /// What the planner made is not what was proved.
    #[error(
        "the physical plan of `{output}` is not the one that was proved: {reason}; this is a bug in Sealine, nothing was read"
    )]
    NotAsProved {
        /// The output dataset.
        output: String,
        /// What differs, by operator or protection name.
        reason: String,
    },
    /// The detectors found classified values in a column that does not declare them.
    #[error(
        "column `{dataset}.{column}` was to be published in clear, and {hits} of {sampled} sampled values look like `{entity}`, which its tags do not declare{}; nothing was published; label the source column or protect it",
        .ended.as_ref().map(|day| format!(" (its waiver ended with {day})")).unwrap_or_default()
    )]
    FoundInClear {
        /// Output dataset.
        dataset: String,
        /// Output column.
        column: String,
        /// What the detectors saw.
        entity: &'static str,
        /// How many samples.
        hits: u64,
        /// Of how many.
        sampled: u64,
        /// The last day of a waiver that is over.
        ended: Option<String>,
    },
    /// A reader thread ended without saying how.
    #[error(
        "the reader of `{dataset}` stopped without finishing; nothing was published; this is a bug in Sealine"
    )]
    ReaderLost {
        /// The dataset.
        dataset: String,
    },
    /// A written dataset has no encryption, and its clearance does not allow clear files.
    #[error(
        "dataset `{dataset}` may not be written in clear; write `format: parquet` and name a key with the purpose `file` in `encrypt:`"
    )]
    NotEncrypted {
        /// The dataset.
        dataset: String,
    },
    /// A place cannot be staged.
    #[error("`{}` cannot be staged: {source}; nothing was published", path.display())]
    Stage {
        /// The staging path.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// A place cannot be swapped.
    #[error("`{}` cannot be published: {source}; run again to finish", path.display())]
    Publish {
        /// The destination.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// The file system has no atomic exchange.
    #[error("`{}` cannot be swapped in one step: its file system cannot exchange two generations, or it is a mount point; nothing was published; use a local file system such as ext4, xfs or btrfs, and a folder inside the mount", path.display())]
    NoSwap {
        /// The destination.
        path: PathBuf,
    },
    /// A journal cannot be understood.
    #[error("the run journal `{}` is damaged; an earlier run did not end and cannot be finished automatically", path.display())]
    JournalBroken {
        /// The journal.
        path: PathBuf,
    },
    /// Neither generation of an interrupted run is where the journal says.
    #[error("an interrupted run had begun to publish `{dataset}`, and the new files are neither at `{}` nor beside it; they were changed by hand", path.display())]
    Unrecoverable {
        /// The dataset.
        dataset: String,
        /// Its place.
        path: PathBuf,
    },
    /// Published, but not yet recorded.
    #[error(
        "the outputs are published, but the run could not be recorded: {source}; run again to finish the record"
    )]
    NotRecorded {
        /// What failed.
        #[source]
        source: Box<EngineError>,
    },
    /// The recorded labels are not those that a run recorded.
    #[error("the recorded labels `{}` {reason}; nothing runs without them: restore the file from a backup, and run `sealine audit verify`", path.display())]
    LabelsChanged {
        /// Where they lie.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
    /// A destination holds what Sealine did not write.
    #[error("`{}` holds files that Sealine did not write: {count}, the first is `{first}`; nothing was published; move them away or name an empty folder", path.display())]
    Foreign {
        /// The destination.
        path: PathBuf,
        /// The first foreign entry by name, escaped.
        first: String,
        /// How many there are.
        count: u64,
    },
    /// Committed and recorded, but the old generation is still there.
    #[error("the run was committed, but the old files at `{}` cannot be removed: {source}; repair the cause, then run again to remove them", path.display())]
    NotCleaned {
        /// Where the old generation lies.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// What a catalog asks of the anonymity of a dataset cannot be measured.
    #[error("the anonymity of `{dataset}` cannot be measured: {reason}; nothing was read")]
    Unmeasurable {
        /// The dataset.
        dataset: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The rows are not as anonymous as the catalog asks.
    #[error(
        "`{dataset}` is not as anonymous as the catalog asks: {found}; nothing was published; make the quasi-identifiers `{quasi}` coarser (a wider `bucket`), or leave out the rows that stand out"
    )]
    NotAnonymous {
        /// The dataset.
        dataset: String,
        /// The quasi-identifiers.
        quasi: String,
        /// Which bounds are not met, and by how much where that may be shown.
        found: String,
    },
    /// Stand-ins that can be told by counting them.
    #[error(
        "`{dataset}.{column}` holds stand-ins of `{origin}` that can be told by counting: {found}; nothing was published; seal the column with `encrypt`, or let its owner write `frequency:` into the catalog"
    )]
    Countable {
        /// The dataset.
        dataset: String,
        /// The column.
        column: String,
        /// What it stands for.
        origin: String,
        /// Which bound is not met.
        found: String,
    },
    /// Nothing that was asked for may be shown.
    #[error(
        "nothing of it may be shown here: {columns}, more than a terminal may show; `sealine reveal` opens protected values where the policy permits it"
    )]
    NothingShown {
        /// The columns with their levels.
        columns: String,
    },
    /// Opened values would lie in clear that may not.
    #[error(
        "`{}` would hold `{column}` in clear, which is {level}; give the file a name that ends in `.parquet`, and it is sealed; nothing was read", path.display()
    )]
    ExportInClear {
        /// The file.
        path: PathBuf,
        /// The column of the highest level.
        column: String,
        /// Its level.
        level: String,
    },
    /// Something is in the place of a file of opened values.
    #[error("`{}` is there already, and nothing is overwritten; name another file, or remove it", path.display())]
    ExportExists {
        /// The file.
        path: PathBuf,
    },
    /// The place of a file of opened values cannot be used.
    #[error("opened values cannot be written to `{}`: {reason}", path.display())]
    ExportPlace {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// What is recorded of a dataset of no file is not what was just read.
    #[error(
        "what is recorded of `{dataset}` is not what was read a moment ago; run the command again, and `sealine audit verify` if it says so again"
    )]
    KeptChanged {
        /// The dataset.
        dataset: String,
    },
    /// A run id that is already another run's.
    #[error(
        "the run `{run}` is committed, {differs}; its outputs stand and nothing was done; give this run an id of its own"
    )]
    RunIdTaken {
        /// The id.
        run: String,
        /// What differs: names from the project's files.
        differs: String,
    },
    /// A dataset whose folder is not what its runs left.
    #[error("`{dataset}` cannot be appended to: {reason}; nothing was read")]
    NotAppendable {
        /// The dataset.
        dataset: String,
        /// Why, and what to do.
        reason: String,
    },
    /// A text that is no run id.
    #[error(
        "a run id is 1 to 128 letters, digits and `._:+@=~-`, and begins with a letter or a digit"
    )]
    NotARunId,
    /// The columns to append are not those that lie there.
    #[error(
        "`{dataset}` has other columns than its rows of earlier runs: {differs}; nothing was read; append to another dataset, or write it anew with `mode: replace`"
    )]
    ColumnsDiffer {
        /// The dataset.
        dataset: String,
        /// The first difference, by names and types.
        differs: String,
    },
    /// A value that cannot name a folder.
    #[error(
        "a value of `{column}`, by which `{dataset}` is partitioned, {reason}; destinations are as before"
    )]
    PartitionValue {
        /// The dataset.
        dataset: String,
        /// The partition column.
        column: String,
        /// Why it cannot: never the value.
        reason: &'static str,
    },
    /// More partitions than a run may write.
    #[error(
        "`{dataset}` would have more than {limit} partitions of this run; partition by fewer values, or raise `limits: {{ folders: }}`; destinations are as before"
    )]
    TooManyPartitions {
        /// The dataset.
        dataset: String,
        /// The bound.
        limit: usize,
    },
    /// A fault of the keystore.
    #[error(transparent)]
    Keys(#[from] sealine_keys::KeyError),
    /// A fault of a protection.
    #[error(transparent)]
    Protect(#[from] sealine_protect::ProtectError),
    /// A fault of a reader or writer.
    #[error(transparent)]
    Connect(#[from] sealine_connect::ConnectError),
    /// A fault of a contract.
    #[error(transparent)]
    Contract(#[from] sealine_contract::ContractError),
    /// The authorization does not hold any more.
    #[error(transparent)]
    Access(#[from] sealine_access::AccessError),
    /// A fault of the log or a receipt.
    #[error(transparent)]
    Audit(#[from] sealine_audit::AuditError),
    /// No twins can be made of a pipeline.
    #[error("no twins can be made of it: {reason}")]
    NoTwins {
        /// Why, and what to do.
        reason: String,
    },
    /// The folder of the twins cannot be used.
    #[error("`{}` cannot be used for twins: {source}; it is a copy and may be removed", path.display())]
    TwinPlace {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
}

fn since_text(since: i64) -> String {
    if since == 0 {
        "an unknown time".to_owned()
    } else {
        clock::rfc3339(since)
    }
}

fn kept_text(kept: Option<&str>) -> String {
    kept.map_or_else(String::new, |kept| {
        format!("; the rejected rows are kept, sealed, in `{kept}`")
    })
}

impl EngineError {
    pub(crate) fn state(path: &Path, source: std::io::Error) -> Self {
        Self::State {
            path: path.to_path_buf(),
            source,
        }
    }

    /// Whether a place can never be swapped as it is, so that the whole run goes back instead of forward.
    pub(crate) fn retreats(&self) -> bool {
        matches!(self, Self::NoSwap { .. } | Self::Foreign { .. })
    }

    /// The stable code that `sealine explain` expands.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAProject { .. } => "SL5001",
            Self::ProjectFile { .. } => "SL5002",
            Self::ProjectTooLarge { .. } => "SL5003",
            Self::Root { .. } => "SL5004",
            Self::Location { .. } => "SL5005",
            Self::Locked { .. } => "SL5010",
            Self::State { .. } => "SL5011",
            Self::StateUnsafe { .. } => "SL5012",
            Self::Labels { .. } => "SL5013",
            Self::KeyMissing { .. } => "SL5014",
            Self::KeyPurpose { .. } => "SL5015",
            Self::NoKeys => "SL5016",
            Self::StateLost { .. } => "SL5017",
            Self::WrongPlan { .. } => "SL5018",
            Self::KeyUndeclared { .. } => "SL5019",
            Self::InputChanged { .. } => "SL5020",
            Self::Input { .. } => "SL5021",
            Self::TooManyRejects { .. } => "SL5022",
            Self::NoQuarantine { .. } => "SL5023",
            Self::RowCount { .. } => "SL5470",
            Self::NotFresh { .. } => "SL5471",
            Self::Memory { .. } => "SL5024",
            Self::Compute { .. } => "SL5025",
            Self::Cancelled => "SL5026",
            Self::NotAsProved { .. } => "SL5027",
            Self::FoundInClear { .. } => "SL5028",
            Self::ReaderLost { .. } => "SL5029",
            Self::NotEncrypted { .. } => "SL5030",
            Self::SharedPlace { .. } => "SL5031",
            Self::Stage { .. } => "SL5032",
            Self::Publish { .. } => "SL5033",
            Self::NoSwap { .. } => "SL5034",
            Self::JournalBroken { .. } => "SL5035",
            Self::Unrecoverable { .. } => "SL5036",
            Self::NotRecorded { .. } => "SL5037",
            Self::LabelsChanged { .. } => "SL5040",
            Self::Foreign { .. } => "SL5039",
            Self::NotCleaned { .. } => "SL5038",
            Self::Unmeasurable { .. } => "SL5041",
            Self::NotAnonymous { .. } => "SL5042",
            Self::Countable { .. } => "SL5450",
            Self::KeyRequest { .. } => "SL5060",
            Self::ExportInClear { .. } => "SL5400",
            Self::ExportExists { .. } => "SL5401",
            Self::ExportPlace { .. } => "SL5402",
            Self::KeptChanged { .. } => "SL5403",
            Self::NothingShown { .. } => "SL5404",
            Self::RunIdTaken { .. } => "SL5420",
            Self::NotAppendable { .. } => "SL5421",
            Self::NotARunId => "SL5422",
            Self::ColumnsDiffer { .. } => "SL5423",
            Self::PartitionValue { .. } => "SL5472",
            Self::TooManyPartitions { .. } => "SL5473",
            Self::NoTwins { .. } => "SL5460",
            Self::TwinPlace { .. } => "SL5461",
            Self::Keys(error) => error.code(),
            Self::Protect(error) => error.code(),
            Self::Connect(error) => error.code(),
            Self::Contract(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Audit(error) => error.code(),
        }
    }
}
