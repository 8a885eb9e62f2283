//! The labelled flow as nodes and edges, for text, JSON and pictures.
//!
//! Invariant: a projection of the plan; it holds names, types and levels, never a value.

use serde::{Deserialize, Serialize};

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
