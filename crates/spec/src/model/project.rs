//! The whole project: `sealine.yaml`, and what the other folders add.
//!
//! Names are kept as written; a location or key named elsewhere is known to exist here.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealine_label::{Level, Levels, Tag};

use super::{Dataset, Pipeline};
use crate::source::{FileId, Span, Spanned};

/// Everything that the files of a project say.
#[derive(Clone, Debug)]
pub struct Spec {
    /// `sealine.yaml`.
    pub project: Project,
    /// `catalog/`, by dataset id.
    pub datasets: BTreeMap<String, Arc<Dataset>>,
    /// `pipelines/`, by pipeline name.
    pub pipelines: BTreeMap<String, Arc<Pipeline>>,
    /// `policy/`, as text, sorted by path.
    pub policies: Vec<PolicyText>,
}

impl Spec {
    /// The dataset with this id.
    #[must_use]
    pub fn dataset(&self, id: &str) -> Option<&Arc<Dataset>> {
        self.datasets.get(id)
    }

    /// The pipeline with this name.
    #[must_use]
    pub fn pipeline(&self, name: &str) -> Option<&Arc<Pipeline>> {
        self.pipelines.get(name)
    }

    /// The pipelines that write the dataset, by name. Rejects are not counted: nothing but the
    /// run writes those.
    pub fn writers<'a>(&'a self, dataset: &'a str) -> impl Iterator<Item = &'a Arc<Pipeline>> {
        self.pipelines.values().filter(move |pipeline| {
            pipeline
                .outputs
                .iter()
                .any(|output| output.to.value == dataset)
        })
    }
}

/// `sealine.yaml`.
#[derive(Clone, Debug)]
pub struct Project {
    /// The levels, lowest first.
    pub levels: Levels,
    /// What the terminal, the log and the receipt may show at most; the lowest level if absent.
    pub operator_clearance: Level,
    /// Facts about tags that the proof needs.
    pub tags: Vec<TagFact>,
    /// Where datasets live, by name.
    pub connections: BTreeMap<String, Connection>,
    /// The keys that the project uses, by name.
    pub keys: BTreeMap<String, KeySpec>,
    /// The database that keeps random tokens; a file in the state directory if absent.
    pub vault: Option<VaultServer>,
    /// Where the state directory lies, relative to the project or absolute; `.sealine` if absent.
    pub state: Option<String>,
    /// What a run may take of the machine.
    pub limits: Limits,
    /// What the detectors may find in clear, and until when.
    pub waivers: Vec<Waiver>,
    /// Who vouches for the files, by name; nobody if empty.
    pub owners: BTreeMap<String, Owner>,
    /// Who is in which role, by the name of the role.
    pub roles: BTreeMap<String, Role>,
}

/// The owner's word that what the detectors take for a kind of data in a written column is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiver {
    /// The written dataset.
    pub dataset: Spanned<String>,
    /// Its column.
    pub column: String,
    /// The tag of what seems to be found, and all below it.
    pub tag: Tag,
    /// The last day that it holds, in UTC: `2027-03-31`.
    pub until: String,
    /// The same, in days since 1970-01-01.
    pub until_day: i32,
    /// Why, for whoever reads the receipt.
    pub because: String,
}

/// Somebody who vouches for files of the project by a signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner {
    /// Its name, which is also the name in its key.
    pub name: String,
    /// The public key as it was written, `name+hash+base64`; here only its shape was looked at.
    pub key: String,
    /// The folders whose files it signs, each with a `/` at its end; `sealine.yaml` it always signs.
    pub signs: Vec<String>,
    /// Where it was written.
    pub span: Span,
}

impl Owner {
    /// Whether it signs the file with this path.
    #[must_use]
    pub fn signs(&self, path: &str) -> bool {
        path == "sealine.yaml" || self.signs.iter().any(|folder| path.starts_with(folder))
    }
}

/// A named set of identities.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Role {
    /// The people in it.
    pub users: Vec<String>,
    /// The services in it, as `runs_as:` names them.
    pub services: Vec<String>,
}

/// What a run may take of the machine; whoever runs it has defaults for what is absent.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub struct Limits {
    /// Bytes of memory that sorts, joins and aggregates may hold together.
    pub memory: Option<u64>,
    /// Bytes that sealed temporary files may take.
    pub spill: Option<u64>,
    /// Parts that a step is computed in, side by side.
    pub partitions: Option<u32>,
    /// Partitions that a run may write of one output, each a folder.
    pub folders: Option<u32>,
}

/// A fact about a tag and all below it.
#[derive(Clone, Debug)]
pub struct TagFact {
    /// The tag; a pattern such as `phi.*` stands for all below `phi`.
    pub pattern: Tag,
    /// Whether the null of such a column counts as its value does.
    pub special: bool,
    /// How many values such a column can take, at least.
    pub domain_size: Option<u64>,
    /// Where it was written.
    pub span: Span,
}

/// Where datasets live.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connection {
    /// Its name.
    pub name: String,
    /// What it reaches.
    pub kind: ConnectionKind,
    /// Where it was written.
    pub span: Span,
}

/// What a connection reaches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConnectionKind {
    /// A folder of this machine.
    Local {
        /// The folder, relative to the project or absolute; every dataset of the connection lies
        /// inside. Normalised: no `.` or `..` part, no `/` at the end; `.` is the project itself.
        root: String,
    },
}

/// A database of PostgreSQL that keeps random tokens. It is spoken to over TLS alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VaultServer {
    /// A name, or an address that stands in the server's certificate.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The role.
    pub user: String,
    /// Where its password is.
    pub password: Option<SecretRef>,
    /// A PEM file of the authorities that may have issued the server's certificate, relative to the project or
    /// absolute; those that the system trusts if absent.
    pub ca: Option<String>,
    /// What this client is proved by.
    pub client: Option<ClientProof>,
    /// Where it was written.
    pub span: Span,
}

/// A certificate for this client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientProof {
    /// A PEM file of the certificate, relative to the project or absolute.
    pub certificate: String,
    /// Where its private key is.
    pub key: SecretRef,
}

/// Where a secret is. The files of a project hold references alone, and no secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecretRef {
    /// In a variable of the environment.
    Env(String),
    /// In a file, relative to the project or absolute.
    File(String),
}

impl std::fmt::Display for SecretRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SecretRef::Env(name) => write!(f, "${{env:{name}}}"),
            SecretRef::File(path) => write!(f, "${{file:{path}}}"),
        }
    }
}

/// A key that the project uses. One key, one purpose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeySpec {
    /// Its name.
    pub name: String,
    /// What it may be used for.
    pub purpose: Purpose,
    /// Where it was written.
    pub span: Span,
}

/// What a key may be used for.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Purpose {
    /// `tokenize`.
    Token,
    /// The `encrypt:` of a dataset.
    File,
    /// The function `encrypt`.
    Value,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Purpose; 3] = [Purpose::Token, Purpose::File, Purpose::Value];

    /// As written in `sealine.yaml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Token => "token",
            Purpose::File => "file",
            Purpose::Value => "value",
        }
    }
}

/// A policy file, as text: `access` reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyText {
    /// Path relative to the project.
    pub path: String,
    /// The file, for spans.
    pub file: FileId,
    /// The Cedar text.
    pub text: String,
}
