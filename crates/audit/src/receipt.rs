//! What a run leaves behind: an in-toto statement over the files it published.
//!
//! INVARIANT: fields are ids, names from the project's files, digests and
//! counts; a digest of plaintext is a keyed commitment (HMAC), never a bare
//! hash. Must never hold a row value or key bytes.

use serde::{Deserialize, Serialize};

use crate::event::{Digests, KeyUse, OwnerKnown};
use crate::{Digest, Time};

/// `_type` of an in-toto statement, version 1.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// `predicateType` of a Sealine receipt, version 1.
pub const RECEIPT_TYPE: &str = "urn:sealine:receipt:v1";

/// An in-toto Statement v1 whose predicate is a [`Receipt`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Always [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// Every file that the run published, outputs and rejects.
    pub subject: Vec<Subject>,
    /// Always [`RECEIPT_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What happened.
    pub predicate: Receipt,
}

/// One file by name and digest, in in-toto's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The file's path, as in [`PublishedFile::path`].
    pub name: String,
    /// Its digest.
    pub digest: SubjectDigest,
}

/// in-toto's `DigestSet` with the one algorithm in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectDigest {
    /// SHA-256 over the stored (encrypted) bytes.
    pub sha256: Digest,
}

/// The predicate: one run, start to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Run id.
    pub run: String,
    /// Pipeline name.
    pub pipeline: String,
    /// When the run began.
    pub started: Time,
    /// When its outputs had been published.
    pub finished: Time,
    /// Spec, plan, policy and program.
    pub digests: Digests,
    /// Digest of the fixed list of optimizer rules, where the engine gives one.
    pub optimizer: Option<Digest>,
    /// What was proved, and what was let through by permission.
    pub verdict: Verdict,
    /// Who ran it.
    pub identities: Identities,
    /// Keys used, with versions, sorted.
    pub keys: Vec<KeyUse>,
    /// The keystore's epoch at the start.
    pub key_epoch: u64,
    /// What was read, one for each input dataset.
    pub inputs: Vec<InputRecord>,
    /// What was published: outputs and rejects, one for each written dataset.
    pub outputs: Vec<OutputRecord>,
    /// SHA-256 of the document of recorded labels (`labels.json`) as the run left it; absent where it recorded
    /// none, and in receipts of versions that did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Digest>,
    /// Who vouched for catalog and policy, by which signature; empty where the project has no owners.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<OwnerKnown>,
}

/// The verdict of the proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Output columns that were proved.
    pub columns: u64,
    /// Each value that passed a clearance below its level, and by whose leave.
    pub declassifications: Vec<Declassification>,
}

/// One permitted declassification or selection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declassification {
    /// The column it comes from, `dataset.column`.
    pub origin: String,
    /// The tag it was asked for, `untagged` where there is none.
    pub tag: String,
    /// The protection as written: `mask(6, 4)`, `tokenize`, ….
    pub protection: String,
    /// Key name, where the protection has one.
    pub key: Option<String>,
    /// Destination dataset.
    pub dataset: String,
    /// Destination column.
    pub column: String,
    /// Level before.
    pub from_level: String,
    /// Level after.
    pub to_level: String,
    /// Ids of the policies that permitted it.
    pub policies: Vec<String>,
}

/// Who ran it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identities {
    /// The principal that the policy decided on.
    pub principal: String,
    /// Its roles.
    pub roles: Vec<String>,
    /// Who started the run, where that is known and differs.
    pub operator: Option<String>,
}

/// One dataset that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRecord {
    /// Dataset id.
    pub dataset: String,
    /// Rows read.
    pub rows_in: u64,
    /// Rows that met the contract.
    pub rows_accepted: u64,
    /// Rows that broke a rule.
    pub rows_rejected: u64,
    /// Rejected rows by rule.
    pub rejected_by_rule: Vec<RuleCount>,
    /// Bytes read.
    pub bytes: u64,
    /// HMAC-SHA-256 over the content that was read, under the project's digest key.
    pub commitment: Option<Digest>,
}

/// Rejected rows of one rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleCount {
    /// The column whose rule it is; empty for rules about the whole row.
    pub column: String,
    /// The rule's name.
    pub rule: String,
    /// Rows that broke it.
    pub rows: u64,
}

/// One dataset that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputRecord {
    /// Dataset id.
    pub dataset: String,
    /// Output or quarantine.
    pub role: Role,
    /// Whether this generation takes the place of the last or adds to it.
    pub mode: Published,
    /// Where it lies: a directory, or a file, relative to the project with `/`,
    /// or absolute where the catalog says so.
    pub location: String,
    /// Rows written.
    pub rows_out: u64,
    /// Its files.
    pub files: Vec<PublishedFile>,
    /// HMAC-SHA-256 over the plaintext that was written, under the project's digest key.
    pub commitment: Option<Digest>,
    /// The anonymity of the rows, where the catalog asks for some: all of it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anonymity: Option<AnonymityRecord>,
    /// What the detectors found in its columns and an owner waived.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<WaivedRecord>,
}

/// What values of a column look like, and the waiver by which they were published in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaivedRecord {
    /// The column.
    pub column: String,
    /// What they look like, by the name that the detectors have for it.
    pub entity: String,
    /// The last day of the waiver, in UTC.
    pub until: String,
    /// Why, in the owner's words.
    pub because: String,
}

/// What was asked of the anonymity of a dataset, and what was found before it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnonymityRecord {
    /// The columns that an outsider may know.
    pub quasi: Vec<String>,
    /// The column that says whom a row is about, where there is one.
    pub subject: Option<String>,
    /// The bounds of the catalog.
    pub asked: AnonymityBounds,
    /// What was found; absent where its level is above what a receipt may show.
    pub found: Option<AnonymityFound>,
}

/// Bounds on anonymity; decimal texts, so that a receipt has one form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnonymityBounds {
    /// The smallest class allowed.
    pub k: Option<u64>,
    /// The least diversity allowed.
    pub l: Option<String>,
    /// How diversity is counted: `distinct` or `entropy`.
    pub l_kind: Option<String>,
    /// The largest distance allowed.
    pub t: Option<String>,
}

/// The anonymity of what was published: that of the worst class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnonymityFound {
    /// What a class has: `rows` or `subjects`.
    pub counted: String,
    /// Different combinations of quasi-identifiers.
    pub classes: u64,
    /// The smallest class; absent where there are no rows.
    pub k: Option<u64>,
    /// Each sensitive column.
    pub sensitive: Vec<SensitiveFound>,
}

/// How a sensitive column is spread over the classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SensitiveFound {
    /// Its name.
    pub column: String,
    /// Fewest different values in a class.
    pub distinct_l: u64,
    /// Least `exp` of the entropy of a class, to three digits.
    pub entropy_l: String,
    /// Largest distance of a class from all rows, to three digits.
    pub t: String,
    /// How the distance is measured: `equal` or `ordered`.
    pub distance: String,
}

/// What a written dataset is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// An output of the pipeline.
    Output,
    /// Rows that broke a rule, sealed.
    Rejects,
}

/// How a generation is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Published {
    /// The dataset now consists of these files alone.
    Replace,
    /// The files are added to those of earlier runs.
    Append,
}

/// A published file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedFile {
    /// Path relative to the project with `/`, or absolute where the location is.
    pub path: String,
    /// SHA-256 over the stored (encrypted) bytes.
    pub sha256: Digest,
    /// Size in bytes.
    pub bytes: u64,
    /// Rows in it.
    pub rows: u64,
}

impl Statement {
    /// A statement over every file of the receipt's outputs.
    #[must_use]
    pub fn new(receipt: Receipt) -> Self {
        let subject = subjects(&receipt);
        Self {
            kind: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: RECEIPT_TYPE.to_owned(),
            predicate: receipt,
        }
    }

    /// Why the statement does not hold together, or `None` where it does: types
    /// as expected, and the subjects are exactly the files of the outputs.
    #[must_use]
    pub fn flaw(&self) -> Option<&'static str> {
        if self.kind != STATEMENT_TYPE {
            return Some("its `_type` is not an in-toto statement, version 1");
        }
        if self.predicate_type != RECEIPT_TYPE {
            return Some("its `predicateType` is not a receipt that this build knows");
        }
        if self.subject != subjects(&self.predicate) {
            return Some("its subjects are not the files of its outputs");
        }
        None
    }
}

fn subjects(receipt: &Receipt) -> Vec<Subject> {
    let files = receipt.outputs.iter().flat_map(|output| &output.files);
    files
        .map(|file| Subject {
            name: file.path.clone(),
            digest: SubjectDigest {
                sha256: file.sha256,
            },
        })
        .collect()
}
