//! The files that users write: read with spans and budgets, checked, with diagnostics.
//!
//! Text in, [`Spec`] and [`Diagnostics`] out; this crate does no input or output. YAML is read
//! into a spanned tree of our own ([`parse`]), the whole tree is checked, and every finding
//! carries a code of [`CODES`], the place in the file and what to do.
//!
//! INVARIANT: [`Parsed::spec`] is `Some` only if no diagnostic is an error.

mod codes;
mod diagnostic;
mod model;
mod parse;
mod schema;
mod source;
mod sql;

pub use codes::CODES;
pub use diagnostic::{Diagnostic, Diagnostics, Fix, Mark, Severity};
pub use model::{
    Anonymity, Bound, ClientProof, Column, ColumnType, Compression, Connection, ConnectionKind,
    CsvOptions, Dataset, Diversity, Encrypt, Expectation, Format, Formulas, Frequency, Freshness,
    Input, KeySpec, Kind, Limit, Limits, Location, Mode, OnError, Output, Owner, Pipeline,
    PolicyCase, PolicyText, Project, Purpose, Role, RowCount, Rules, SecretRef, Select, Spec, Step,
    TagFact, VaultServer, Waiver,
};
pub use parse::{CONNECTIONS, Parsed, parse, policy_cases};
pub use schema::{MakeSchema, schemas};
pub use source::{FileId, Files, Source, Span, Spanned};
pub use sql::{Piece, SqlText};
