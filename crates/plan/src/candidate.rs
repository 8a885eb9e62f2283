//! Changes that would make a refused pipeline pass.
//!
//! Invariant: a candidate with a span was proved: with its text in place, the finding is gone,
//! provided that its demands are permitted.

use sealine_spec::Span;

use crate::Demand;

/// A change to offer, ready to paste.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// What to do, in a few words.
    pub title: String,
    /// What the policy must permit for it, in this destination.
    pub demands: Vec<Demand>,
    /// What the text replaces; none for text that is new (a grant, a view).
    pub span: Option<Span>,
    /// The text.
    pub replacement: String,
    /// What the change would reveal, in one sentence.
    pub reveals: String,
}
