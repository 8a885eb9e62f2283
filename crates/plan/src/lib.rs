//! A spec bound and proved: SQL to labelled plan.
//!
//! Purpose: bind each step's SQL over the catalogue, propagate labels through every node and
//! every expression of the analysed plan, and say what could leak ([`Violation`]) and what a
//! policy has to permit ([`Demand`]). `docs/concepts/proof.md` is the specification.
//!
//! Invariant: a [`Plan`] is only built by [`prove`]; what no rule knows is refused or labelled
//! with everything in reach, never public. The verdict is a function of the files, the recorded
//! labels, the registry and the request.
//!
//! Must never: do input or output, read a clock, evaluate a protection, or plan a text twice.

mod assemble;
mod bind;
mod candidate;
mod check;
mod codes;
mod computed;
mod digest;
mod draw;
mod error;
mod expect;
mod explain;
mod expr;
mod finding;
mod flow;
mod functions;
mod job;
mod live;
mod plan;
mod protection;
mod prove;
mod registry;
mod request;
mod reveal;
mod source;
mod waive;
mod world;

pub use bind::engine_functions;
pub use candidate::Candidate;
pub use codes::CODES;
pub use computed::{Computed, Kept};
pub use draw::{Column as DrawnColumn, Drawing, Edge, Node, NodeKind};
pub use expect::Expectation;
pub use finding::{Demand, DemandKind, Finding, PathStep, Violation};
pub use functions::{Effect, Fails, FunctionFact, Kind, Nulls, function_facts};
pub use live::Live;
pub use plan::{Opening, Order, OutputColumn, Plan, PlannedInput, PlannedOutput, Sink};
pub use protection::{Digits, Protection};
pub use prove::{prove, prove_among};
pub use registry::Registry;
pub use request::{Opened, Request};
pub use source::{InputSource, arrow_type};
