//! Twin runs of a user's own pipeline: the same run over inputs that agree on all that a level may see.
//!
//! The real inputs are sampled, their twin is drawn from a seed, and both are run by the same engine, in a scratch
//! copy of the project with keys and a log of its own. INVARIANT: nothing here is on the way of a run, the project's
//! lake, state, keys and log are not touched, and no value of a row is in a report: a difference is told by the
//! names of what differs.

mod compare;
mod draw;
mod random;
mod sample;
mod scratch;
mod seen;
mod shown;
mod twins;

pub use draw::Change;
pub use twins::{TwinAsked, TwinDifference, TwinLevel, TwinReport, twins};
