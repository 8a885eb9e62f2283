//! The labelled flow as nodes and edges, for text, JSON and pictures.
//!
//! Invariant: a projection of the plan; it holds names, types and levels, never a value.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::Fields;
use datafusion::logical_expr::LogicalPlan;
use sealine_label::{Aspect, Channels, LabelId, Layer, Level};
use serde::{Deserialize, Serialize};

use crate::flow::{self, Prover};
use crate::job::Job;
use crate::plan::{PlannedInput, PlannedOutput, Sink};
use crate::source::{BoundSource, InputSource};

/// The flow of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawing {
    /// Datasets, steps and outputs, sources first.
    pub nodes: Vec<Node>,
    /// From which node to which.
    pub edges: Vec<Edge>,
}

/// What a node stands for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A dataset that is read.
    Input,
    /// A step.
    Step,
    /// A dataset that is written, or the terminal.
    Output,
}

/// A dataset, a step or an output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Unique in the drawing: `input:crm.customers`, `step:safe`, `output:lake.customers`.
    pub id: String,
    /// What it stands for.
    pub kind: NodeKind,
    /// The dataset's id or the step's name.
    pub name: String,
    /// The clearance of an output, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clearance: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<Column>,
}

/// A column of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as text.
    pub r#type: String,
    /// The level that is left, by name.
    pub level: String,
    /// The tags of its origins.
    pub tags: Vec<String>,
    /// The protections on it, as text.
    pub protections: Vec<String>,
}

/// An edge between two nodes, by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The node that rows come from.
    pub from: String,
    /// The node that they go to.
    pub to: String,
}

/// A drawing in which what is said of the columns of steps stands once for all that are alike: whoever only asks
/// for a verdict never writes it out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sketch {
    /// All of it but the columns of steps.
    drawing: Drawing,
    steps: Vec<Step>,
    seen: Vec<Seen>,
}

/// The columns of a step.
#[derive(Clone, Debug)]
struct Step {
    /// Where it stands among the nodes.
    node: usize,
    fields: Fields,
    /// What is seen of each.
    seen: Vec<usize>,
}

impl Sketch {
    /// The drawing, written out.
    pub(crate) fn draw(&self) -> Drawing {
        let mut drawing = self.drawing.clone();
        let mut types = HashMap::new();
        for step in &self.steps {
            let columns = step.fields.iter().zip(&step.seen).map(|(field, seen)| {
                let data_type = types.entry(field.data_type().clone());
                let seen = self.seen.get(*seen).cloned().unwrap_or_default();
                Column {
                    name: field.name().clone(),
                    r#type: data_type.or_insert_with_key(ToString::to_string).clone(),
                    level: seen.level,
                    tags: seen.tags,
                    protections: seen.protections,
                }
            });
            let columns = columns.collect();
            if let Some(node) = drawing.nodes.get_mut(step.node) {
                node.columns = columns;
            }
        }
        drawing
    }
}

/// Draws a proved job.
pub(crate) fn sketch(
    prover: &mut Prover<'_>,
    job: &Job,
    inputs: &[PlannedInput],
    outputs: &[PlannedOutput],
) -> Sketch {
    let levels = &prover.world.spec.project.levels;
    let mut drawing = Drawing::default();
    for input in inputs {
        let columns = input.schema.fields().iter().map(|field| {
            let declared = input.dataset.column(field.name());
            Column {
                name: field.name().clone(),
                r#type: declared.map_or_else(
                    || field.data_type().to_string(),
                    |column| column.ty.to_string(),
                ),
                level: levels
                    .name(declared.map_or(levels.highest(), |column| column.level))
                    .to_owned(),
                tags: declared.map_or_else(Vec::new, |column| {
                    column.tags.iter().map(ToString::to_string).collect()
                }),
                protections: Vec::new(),
            }
        });
        drawing.nodes.push(Node {
            id: format!("input:{}", input.dataset.id),
            kind: NodeKind::Input,
            name: input.dataset.id.clone(),
            clearance: None,
            columns: columns.collect(),
        });
    }
    // Most columns of most steps are handed on: what is said of them is worked out once.
    let (mut known, mut all) = (HashMap::new(), Vec::new());
    let mut steps = Vec::new();
    for step in &job.steps {
        let Some(node) = prover.bound.get(&format!("step:{}", step.name)).cloned() else {
            continue;
        };
        let fields = node.plan.schema().fields().clone();
        let columns = node.relation.columns.iter().map(|cell| {
            let own = cell.own.as_ref().map(|own| Arc::as_ptr(&own.columns));
            *known
                .entry((own, cell.value, cell.null))
                .or_insert_with(|| {
                    let label = prover.seen(cell);
                    all.push(seen(prover, label));
                    all.len() - 1
                })
        });
        steps.push(Step {
            node: drawing.nodes.len(),
            fields,
            seen: columns.collect(),
        });
        let id = format!("step:{}", step.name);
        for from in sources(&node) {
            let edge = Edge {
                from,
                to: id.clone(),
            };
            if !drawing.edges.contains(&edge) {
                drawing.edges.push(edge);
            }
        }
        drawing.nodes.push(Node {
            id,
            kind: NodeKind::Step,
            name: step.name.clone(),
            clearance: None,
            columns: Vec::new(),
        });
    }
    for output in outputs {
        let name = match &output.sink {
            Sink::Dataset(dataset) => dataset.id.clone(),
            Sink::Terminal => "terminal".to_owned(),
        };
        let columns = output.columns.iter().map(|column| Column {
            name: column.name.clone(),
            r#type: column.data_type.to_string(),
            level: levels.name(column.level).to_owned(),
            tags: column.tags.clone(),
            protections: column.protections.clone(),
        });
        let id = format!("output:{name}");
        let step = job.steps.iter().any(|step| step.name == output.from);
        let from = if step {
            format!("step:{}", output.from)
        } else {
            format!("input:{}", output.from)
        };
        drawing.edges.push(Edge {
            from,
            to: id.clone(),
        });
        drawing.nodes.push(Node {
            id,
            kind: NodeKind::Output,
            name,
            clearance: Some(levels.name(output.clearance).to_owned()),
            columns: columns.collect(),
        });
    }
    Sketch {
        drawing,
        steps,
        seen: all,
    }
}

/// What is drawn of a label; many columns have the same.
#[derive(Clone, Debug, Default)]
struct Seen {
    level: String,
    tags: Vec<String>,
    protections: Vec<String>,
}

fn seen(prover: &Prover<'_>, label: LabelId) -> Seen {
    let world = prover.world;
    let (mut level, mut tags, mut protections) = (Level::bottom(), Vec::new(), Vec::new());
    for (origin, view, channels) in prover.labels.entries(label) {
        if view.is_clear() {
            level = level.max(world.level(origin));
        }
        if channels.contains(Channels::EXPLICIT) && origin.aspect == Aspect::Value {
            tags.extend(world.tags(origin).iter().map(ToString::to_string));
            protections.extend(
                view.layers()
                    .iter()
                    .filter(|layer| **layer != Layer::Clear)
                    .map(ToString::to_string),
            );
        }
    }
    for list in [&mut tags, &mut protections] {
        list.sort();
        list.dedup();
    }
    Seen {
        level: world.spec.project.levels.name(level).to_owned(),
        tags,
        protections,
    }
}

/// The drawn nodes that a node reads.
fn sources(node: &flow::Node) -> Vec<String> {
    let mut all = Vec::new();
    if let LogicalPlan::TableScan(scan) = node.bound.as_ref() {
        if let Some(source) = scan.source.downcast_ref::<InputSource>() {
            return vec![format!("input:{}", source.dataset())];
        }
        if let Some(source) = scan.source.downcast_ref::<BoundSource>()
            && source.name.starts_with("step:")
        {
            return vec![source.name.clone()];
        }
    }
    for input in &node.inputs {
        all.extend(sources(input));
    }
    all
}
