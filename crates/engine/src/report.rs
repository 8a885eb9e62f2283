//! What a run reports when it is done: names, counts and digests, for people and for `--format json`.
//!
//! INVARIANT: everything here is in the receipt too, or follows from it; never a row value.

use sealine_audit::{AnonymityRecord, Published, WaivedRecord};
pub use sealine_audit::{Declassification as DeclassificationReport, RuleCount as RuleReport};
use serde::Serialize;

/// A finished run.
#[derive(Clone, Debug, Serialize)]
pub struct RunReport {
    /// Run id.
    pub run: String,
    /// Pipeline name.
    pub pipeline: String,
    /// Whether it was committed before, under the same id, and nothing was done now.
    pub already: bool,
    /// As whom it ran.
    pub runs_as: String,
    /// Output columns that were proved.
    pub columns_proved: u64,
    /// What the policy let below its level, by name.
    pub declassifications: Vec<DeclassificationReport>,
    /// One for each input dataset.
    pub inputs: Vec<InputReport>,
    /// One for each output dataset.
    pub outputs: Vec<OutputReport>,
    /// One for each quarantine.
    pub rejects: Vec<OutputReport>,
    /// Where the evidence lies.
    pub receipt: ReceiptReport,
    /// How long it took.
    pub duration_ms: u64,
    /// The next command to try.
    pub next: String,
}

/// An input that was read.
#[derive(Clone, Debug, Serialize)]
pub struct InputReport {
    /// Dataset id.
    pub dataset: String,
    /// Rows read.
    pub rows_in: u64,
    /// Rows that met the contract.
    pub accepted: u64,
    /// Rows that broke a rule.
    pub rejected: u64,
    /// Rejected rows by rule.
    pub rejected_by_rule: Vec<RuleReport>,
    /// Bytes read.
    pub bytes: u64,
}

/// A dataset that was written.
#[derive(Clone, Debug, Serialize)]
pub struct OutputReport {
    /// Dataset id.
    pub dataset: String,
    /// Whether the files are all of it, or were added to those of earlier runs.
    pub mode: Published,
    /// Where it lies, relative to the project where it lies below it.
    pub location: String,
    /// Rows written.
    pub rows: u64,
    /// Names of its columns.
    pub columns: Vec<String>,
    /// Files written.
    pub files: u64,
    /// Whether they are sealed, or in clear.
    pub sealed: bool,
    /// Their size.
    pub bytes: u64,
    /// Its anonymity, where the catalog asks for some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymity: Option<AnonymityRecord>,
    /// What the detectors found in it and an owner waived.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<WaivedRecord>,
}

/// Where the evidence lies.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiptReport {
    /// The receipt's file, relative to the project where it lies below it.
    pub path: String,
    /// SHA-256 of that file.
    pub sha256: String,
    /// Index of the run's entry in the log.
    pub log_index: u64,
    /// Entries in the log.
    pub log_size: u64,
}
