//! Why a finding is one, and what would settle it.

use crate::candidate::Candidate;
use crate::finding::{Demand, Finding, PathStep};
use crate::plan::Plan;

/// stub
#[derive(Debug)]
pub(crate) struct Evidence;

pub(crate) fn explain(_plan: &Plan, _what: &Finding) -> Vec<PathStep> {
    Vec::new()
}

pub(crate) fn candidates(_plan: &Plan, _what: &Finding, _permits: &dyn Fn(&Demand) -> bool) -> Vec<Candidate> {
    Vec::new()
}
