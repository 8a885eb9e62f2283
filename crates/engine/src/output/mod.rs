//! What a run writes: sealed generations beside their destinations, and a last look at what is in clear.
//!
//! INVARIANT: rows leave the engine through `sealine_connect::EncryptedWriter` alone, compacted first.

mod generation;
mod guard;

pub(crate) use generation::{Generation, Staging};
pub(crate) use guard::Guard;

/// The generation that takes rejected rows.
pub(crate) type Quarantine = Generation;
