//! The policy of a project: read, validated against the schema, ready to be asked.
//!
//! Invariant: a [`Policy`] holds only statements that the schema's strict
//! validation accepts. Must never: drop a statement it could not read.

mod budget;
mod load;
mod names;
mod schema;

pub use budget::{MAX_FILE_BYTES, MAX_TOTAL_BYTES};
pub(crate) use load::Statement;
pub use load::{MAX_POLICIES, Policy};
pub use schema::SCHEMA;
pub(crate) use schema::schema;
