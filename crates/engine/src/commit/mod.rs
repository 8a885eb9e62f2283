//! The commit: write aside, make durable, verify, publish atomically, record, acknowledge.
//!
//! INVARIANT: a crash at any instruction leaves the old state or the new one; the next run finishes or
//! rolls back what the journal names. Nothing here reads a row.

mod foreign;
mod journal;
mod publish;
mod recover;
mod tree;

pub(crate) use foreign::{only_ours, part_number};
pub(crate) use journal::{FileRecord, Journal, JournalFile, Outcome, Phase, Place, Role, Target};
pub(crate) use publish::{holds, publish};
pub(crate) use recover::{Recovered, clean, pending, retreat, roll_back, settle};
pub(crate) use tree::leaves;
