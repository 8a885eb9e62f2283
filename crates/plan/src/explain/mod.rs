//! Why a finding is one, and what would settle it.
//!
//! Invariant: computed on refusal only, from what the proof kept; it decides nothing.

mod candidates;
mod evidence;
mod items;
mod offers;
mod options;
mod path;

pub(crate) use candidates::candidates;
pub(crate) use evidence::{Again, Evidence, Text};
pub(crate) use path::explain;
