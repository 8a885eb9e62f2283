//! What the proof keeps for explanations.

use std::sync::Arc;

use sealine_label::{Interner, Origin};
use sealine_spec::{Files, Spec, SqlText};

use crate::check::{Trail, Trails};
use crate::finding::Finding;
use crate::flow::Node;
use crate::live::Live;
use crate::plan::Plan;
use crate::{Computed, Registry};

/// What the proof keeps for explanations.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) labels: Interner,
    /// One an output.
    pub(crate) nodes: Vec<Arc<Node>>,
    /// By the step index of a node.
    pub(crate) texts: Vec<Text>,
    pub(crate) trails: Trails,
    /// Absent where there is nothing to explain.
    pub(crate) again: Option<Again>,
}

/// A text that was bound.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) name: String,
    pub(crate) sql: Arc<SqlText>,
}

/// What a proof of a changed text needs.
#[derive(Debug)]
pub(crate) struct Again {
    pub(crate) files: Files,
    pub(crate) spec: Spec,
    pub(crate) computed: Computed,
    pub(crate) registry: Registry,
    pub(crate) live: Arc<Live>,
}

/// A finding with where it met its destination.
pub(crate) fn met<'p>(plan: &'p Plan, what: &Finding) -> Option<(&'p Origin, Trail)> {
    let trails = &plan.evidence.trails;
    match *what {
        Finding::Violation(index) => Some((
            &plan.violations.get(index)?.origin,
            *trails.violations.get(index)?,
        )),
        Finding::Demand(index) => Some((
            &plan.demands.get(index)?.origin,
            *trails.demands.get(index)?,
        )),
    }
}
