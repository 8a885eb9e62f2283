//! Text in, a checked [`Spec`](crate::Spec) out.
//!
//! Order: YAML to trees (`yaml`, `tree`), each tree by its own reader (`project`, `catalog`,
//! `column`, `pipeline`), then what several files say together (`together`, `places`). Findings
//! are collected all the way; only broken YAML ends a file early.

mod anonymity;
mod append;
mod bound;
mod cases;
mod catalog;
mod column;
mod findings;
mod loops;
mod name;
mod nearest;
mod partitions;
mod path;
mod people;
mod pipeline;
mod places;
mod project;
mod reader;
mod run;
mod scalar;
pub(crate) mod shape;
mod together;
mod tree;
mod vault;
mod waiver;
mod whole;
mod yaml;

pub use cases::policy_cases;
#[cfg(test)]
pub(crate) use column::TYPES;
pub use run::{CONNECTIONS, Parsed, parse};
