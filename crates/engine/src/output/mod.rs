//! What a run writes: generations beside their destinations, and a last look at what is in clear, at what can be
//! counted and at how anonymous it is.
//!
//! INVARIANT: rows leave the engine through the writers of `sealine_connect` alone, compacted first, and in
//! clear only with its `PlainAllowed`.

mod anonymity;
mod frequency;
mod generation;
mod guard;
mod partitions;

pub(crate) use anonymity::{Demand, Watch, bounds, nameable, roles, schema};
pub(crate) use frequency::Spread;
pub(crate) use generation::{Form, Generation, Part, Staging};
pub(crate) use guard::Guard;

/// The generation that takes rejected rows.
pub(crate) type Quarantine = Generation;
