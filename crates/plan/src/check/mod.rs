//! The verdict: what every output shows, against the clearance of its destination.
//!
//! Invariant: each column is checked together with the rows; then each origin over everything
//! that is shown. What is above the clearance is a demand if protected, and a violation if not.

mod columns;
mod dictionary;
mod judge;

use std::sync::Arc;

use sealine_label::{Channels, LabelId, Origin, View};

use crate::finding::{Demand, Violation};
use crate::flow::{Node, Prover};
use crate::job::Job;
use crate::plan::OutputColumn;
use columns::described;
use judge::Checking;

/// What the check found.
pub(crate) struct Checked {
    pub(crate) violations: Vec<Violation>,
    pub(crate) demands: Vec<Demand>,
    pub(crate) columns: Vec<Vec<OutputColumn>>,
    pub(crate) trails: Trails,
}

/// Where each finding met its destination, for explanations.
#[derive(Debug, Default)]
pub(crate) struct Trails {
    pub(crate) violations: Vec<Trail>,
    pub(crate) demands: Vec<Trail>,
}

/// The output and, unless the rows tell, the column of a finding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trail {
    pub(crate) output: usize,
    pub(crate) column: Option<usize>,
}

/// An origin as one column, or the rows, of an output show it.
#[derive(Debug, Clone)]
struct Shown {
    origin: Origin,
    view: View,
    channels: Channels,
    trail: Trail,
}

/// Checks all outputs.
pub(crate) fn check(prover: &mut Prover<'_>, job: &Job, nodes: &[Arc<Node>]) -> Checked {
    let mut shown = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        for (column, cell) in node.relation.columns.iter().enumerate() {
            let label = prover.seen(cell);
            collect(
                prover,
                label,
                Trail {
                    output: index,
                    column: Some(column),
                },
                &mut shown,
            );
        }
        let rows = prover.row(&node.relation);
        collect(
            prover,
            rows,
            Trail {
                output: index,
                column: None,
            },
            &mut shown,
        );
    }
    let columns = nodes
        .iter()
        .zip(&job.outputs)
        .map(|(node, output)| described(prover, node, output))
        .collect();
    let mut checking = Checking::new(prover, job, nodes, shown);
    checking.found_before();
    checking.each();
    checking.together();
    checking.dictionaries();
    checking.checked(columns)
}

fn collect(prover: &Prover<'_>, label: LabelId, trail: Trail, shown: &mut Vec<Shown>) {
    for (origin, view, channels) in prover.labels.entries(label) {
        if !view.layers().is_empty() {
            shown.push(Shown {
                origin: origin.clone(),
                view: view.clone(),
                channels,
                trail,
            });
        }
    }
}

/// Whether a node stands on anything of a step.
pub(crate) fn reached(node: &Arc<Node>, step: usize) -> bool {
    let mut seen = std::collections::HashSet::new();
    let mut open = vec![Arc::clone(node)];
    while let Some(node) = open.pop() {
        if node.step == step {
            return true;
        }
        if seen.insert(Arc::as_ptr(&node)) {
            open.extend(node.inputs.iter().cloned());
        }
    }
    false
}
