//! From SQL text to an analysed logical plan over the catalogue.
//!
//! Invariant: one query statement a step; every function is in the table, every leaf is known,
//! every protection is complete, and (unless the step says `on_error: fail`) casts, divisions
//! and parts of times are total. The optimizer does not run here.

mod ahead;
mod alias;
mod catalog;
mod complete;
mod engine;
mod narrow;
mod parse;
mod step;
mod total;
mod truncate;

pub(crate) use ahead::ahead;
pub(crate) use catalog::Scope;
pub(crate) use complete::{calls, placed};
pub use engine::engine_functions;
pub(crate) use parse::STACK;
pub(crate) use step::{Query, bind, read};
pub(crate) use total::{Division, safe_divisor};
pub(crate) use truncate::Truncation;
