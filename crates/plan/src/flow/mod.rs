//! Labels through the nodes of a plan: one file a family of rules.
//!
//! Invariant: the match over nodes is exhaustive without a wildcard; a node whose rule is not
//! precise gives everything in reach, explicitly and in clear, or is refused.

mod aggregate;
mod filter;
mod group;
mod join;
mod node;
mod order;
mod project;
mod prover;
mod recursive;
mod relation;
mod scan;
mod sort;
mod union;
mod unnest;
mod window;

pub(crate) use node::Node;
pub(crate) use prover::{Found, Partials, Prover, StepFacts};
