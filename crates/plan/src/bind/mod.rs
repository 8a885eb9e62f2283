//! From SQL text to an analysed logical plan over the catalogue.
//!
//! Invariant: one query statement a step; every function is in the table, every leaf is known,
//! every protection is complete, and (unless the step says `on_error: fail`) casts and divisions
//! are total. The optimizer does not run here.

mod catalog;
mod complete;
mod engine;
mod narrow;
mod parse;
mod step;
mod total;

pub(crate) use catalog::Scope;
pub(crate) use complete::{calls, placed};
pub use engine::engine_functions;
pub(crate) use step::{Query, bind};
pub(crate) use total::{Division, safe_divisor};
