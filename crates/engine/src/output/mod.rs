//! What a run writes: generations beside their destinations, and a last look at what is in clear and at how
//! anonymous it is.
//!
//! INVARIANT: rows leave the engine through the writers of `sealine_connect` alone, compacted first, and in
//! clear only with its `PlainAllowed`.

mod anonymity;
mod generation;
mod guard;

pub(crate) use anonymity::{Demand, Watch, bounds, roles, schema};
pub(crate) use generation::{Form, Generation, Part, Staging};
pub(crate) use guard::Guard;

/// The generation that takes rejected rows.
pub(crate) type Quarantine = Generation;
