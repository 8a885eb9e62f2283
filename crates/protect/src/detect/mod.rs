//! Detectors: what looks like personal data, in a text, in a column, or in a sample of rows.
//!
//! Purpose: `sealine init` proposes tags from them, `sealine conform detect` shows them, and the
//! run-time guard samples columns that were proved to be clear of personal data.
//!
//! Invariant: time is linear in the text (the patterns have no backtracking, and each candidate is
//! bounded), and a checksum that random digits pass once in ten never decides alone.
//!
//! Must never: keep a text that was looked at; be taken for a proof. What is not found is not
//! thereby clear: unknown columns stay at the highest level.

mod bitcoin;
pub(crate) mod checksum;
mod classify;
mod code;
mod context;
mod date;
mod guard;
mod identity;
mod kind;
mod national;
mod number;
mod scan;
mod web;

pub use checksum::iban;
pub use classify::{Classified, classify_column};
pub use guard::{Finding, Guard};
pub use kind::{Evidence, Kind};
pub use scan::{Entity, Found, Scanner, scan_text};
