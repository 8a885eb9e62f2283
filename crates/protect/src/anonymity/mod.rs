//! Anonymity, measured: k-anonymity, ℓ-diversity and t-closeness of rows as they stream by.
//!
//! Purpose: the guard of a run and `sealine report anonymity` say how well people hide among each other in what is
//! about to be published. The measures are those of Sweeney, *k-Anonymity* (2002), Machanavajjhala et al.,
//! *ℓ-Diversity* (2007), and Li, Li and Venkatasubramanian, *t-Closeness* (2007).
//!
//! Invariant: exact within the memory that was allowed, refused beyond it; never an estimate. Values are held as
//! keyed fingerprints, or as their rank on an ordered scale, for as long as the measuring lasts.
//!
//! Must never: put a value into a result; be taken for a proof: the measures know nothing of what an attacker
//! knows besides, and nothing of other releases of the same people.

mod cells;
mod distance;
mod measured;
mod tally;

pub use distance::Distance;
pub use measured::{Bounds, Counted, Diversity, Measured, Metric, Sensitive, Shortfall};
pub use tally::{Anonymity, MEMORY, Roles};
