//! Running an authorized logical plan on DataFusion: scans and protections swapped in, a fixed list of
//! optimizer rules, the physical plan checked before a byte is read.
//!
//! INVARIANT: text is never planned here, and no error text of the query engine leaves this module.

mod expect;
mod feed;
mod memory;
mod metered;
mod pool;
mod protection;
mod rewrite;
mod rules;
mod scan;
mod source;
mod sources;
mod spill;
mod stream;
mod walk;

pub(crate) use expect::expectations;
pub(crate) use feed::{Account, Feed, Hub, HubOptions};
pub use memory::Limits;
pub(crate) use rules::digest as rules_digest;
pub(crate) use source::{InputFiles, open};
pub(crate) use sources::Sources;
pub(crate) use stream::{Computation, prepare};
