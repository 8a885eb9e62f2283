//! What the files say, checked: the values that every later stage reads.
//!
//! INVARIANT: a [`Spec`] is only built by [`crate::parse`], after every name in it was resolved.

mod case;
mod column;
mod dataset;
mod pipeline;
mod project;
mod whole;

pub use case::PolicyCase;
pub use column::{Bound, Column, ColumnType, Frequency, Kind, Rules, Select};
pub(crate) use dataset::is_pattern;
pub use dataset::{
    Anonymity, Compression, CsvOptions, Dataset, Diversity, Encrypt, Format, Formulas, Limit,
    Location,
};
pub use pipeline::{Input, Mode, OnError, Output, Pipeline, Step};
pub use project::{
    ClientProof, Connection, ConnectionKind, KeySpec, Limits, Owner, PolicyText, Project, Purpose,
    Role, SecretRef, Spec, TagFact, VaultServer, Waiver,
};
pub use whole::{Expectation, Freshness, RowCount};
