//! The verdict: what every output shows, against the clearance of its destination.
//!
//! Invariant: each column is checked together with the rows; then each origin over everything
//! that is shown, here and by the other live pipelines. What is above the clearance is a demand if
//! protected, and a violation if not.
//! The names of a partitioned output's folders are for the lowest level, whatever its files are for.

mod columns;
mod dictionary;
mod judge;
mod ledger;

use std::collections::HashMap;
use std::sync::Arc;

use sealine_label::{Channels, LabelId, Level, Origin, View};

use crate::explain::Evidence;
use crate::finding::{Demand, Violation};
use crate::flow::{Node, Prover};
use crate::job::Job;
use crate::plan::{OutputColumn, Sink};
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
    /// What other pipelines show, for the findings that are about both.
    pub(crate) beside: Vec<Beside>,
}

/// Where another pipeline shows the same.
#[derive(Debug, Clone)]
pub(crate) struct Beside {
    pub(crate) shows: Arc<Shows>,
    pub(crate) trail: Trail,
}

/// The output and, unless the rows tell, the column of a finding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trail {
    pub(crate) output: usize,
    pub(crate) column: Option<usize>,
    /// An index into [`Trails::beside`], where another pipeline shows the rest.
    pub(crate) beside: Option<usize>,
    /// Whether it is the names of folders that show it, rather than the rows in the files.
    pub(crate) named: bool,
}

/// An origin as one column, or the rows, of an output show it.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) origin: Origin,
    view: View,
    channels: Channels,
    trail: Trail,
}

/// All that another live pipeline shows.
#[derive(Debug)]
pub(crate) struct Shows {
    pub(crate) pipeline: String,
    /// The dataset and clearance of each output.
    pub(crate) outputs: Vec<(String, Level)>,
    shown: Vec<Shown>,
    /// Indices into `shown`.
    of: HashMap<Origin, Vec<usize>>,
    pub(crate) evidence: Evidence,
}

impl Shows {
    pub(crate) fn new(job: &Job, shown: Vec<Shown>, evidence: Evidence) -> Self {
        let outputs = job.outputs.iter().map(|output| {
            let dataset = match &output.sink {
                Sink::Dataset(dataset) => dataset.id.clone(),
                Sink::Terminal => String::new(),
            };
            (dataset, output.clearance)
        });
        let mut of: HashMap<Origin, Vec<usize>> = HashMap::new();
        for (index, one) in shown.iter().enumerate() {
            of.entry(one.origin.clone()).or_default().push(index);
        }
        Self {
            pipeline: job.pipeline.clone(),
            outputs: outputs.collect(),
            shown,
            of,
            evidence,
        }
    }

    fn of(&self, origin: &Origin) -> impl Iterator<Item = &Shown> {
        let indices = self.of.get(origin).into_iter().flatten();
        indices.filter_map(|index| self.shown.get(*index))
    }

    /// The destination of what is shown there, and its clearance.
    fn to(&self, trail: Trail) -> (&str, Level) {
        let output = self.outputs.get(trail.output);
        output.map_or(("", Level::bottom()), |(id, clearance)| match trail.named {
            true => (id, Level::bottom()),
            false => (id, *clearance),
        })
    }
}

/// All that outputs show: each origin in each column and in the rows.
pub(crate) fn shown(prover: &mut Prover<'_>, job: &Job, nodes: &[Arc<Node>]) -> Vec<Shown> {
    let mut shown = Vec::new();
    for (index, (node, output)) in nodes.iter().zip(&job.outputs).enumerate() {
        let rows = prover.row(&node.relation);
        let fields = node.plan.schema().fields();
        let parting = |column: &usize| {
            let field = fields.get(*column);
            field.is_some_and(|field| output.partition_by().contains(field.name()))
        };
        for named in [false, true] {
            if named && output.partition_by().is_empty() {
                continue;
            }
            let trail = |column| Trail {
                output: index,
                column,
                beside: None,
                named,
            };
            for (column, cell) in node.relation.columns.iter().enumerate() {
                if !named || parting(&column) {
                    let label = prover.seen(cell);
                    collect(prover, label, trail(Some(column)), &mut shown);
                }
            }
            collect(prover, rows, trail(None), &mut shown);
        }
    }
    shown
}

/// Checks what all outputs show, by themselves and beside what others show.
pub(crate) fn check(
    prover: &mut Prover<'_>,
    job: &Job,
    nodes: &[Arc<Node>],
    shown: Vec<Shown>,
    others: &[Arc<Shows>],
) -> Checked {
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
    checking.beside(others);
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
