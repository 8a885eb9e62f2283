//! The path of a value: a backward slice over the labelled plan, from the output to the catalogue.
//!
//! Invariant: each step back goes to something that carries the origin, so that the path ends at
//! the column that the finding names.

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};
use sealine_label::{Aspect, LabelId, Origin};
use sealine_spec::Span;

use super::evidence::{Evidence, met};
use crate::check::{Beside, Trail};
use crate::expr::{Cell, shown, span_of};
use crate::finding::{Finding, PathStep};
use crate::flow::Node;
use crate::plan::{Plan, Sink};
use crate::request::Request;

/// More steps than this are not followed.
const MOST_STEPS: usize = 64;

/// The path of a finding.
pub(crate) fn explain(plan: &Plan, what: &Finding) -> Vec<PathStep> {
    let Some((origin, trail)) = met(plan, what) else {
        return Vec::new();
    };
    let evidence = &plan.evidence;
    let mut walk = Walk {
        evidence,
        origin,
        steps: Vec::new(),
    };
    if let Some(node) = evidence.nodes.get(trail.output) {
        match trail.column {
            Some(column) => walk.column(node, column),
            None => walk.found(node, plan, what),
        }
    }
    let mut steps = walk.steps;
    if let Some(source) = source(plan, origin) {
        steps.push(source);
    }
    steps.reverse();
    steps.dedup();
    steps.extend(sink(plan, trail));
    let beside = trail.beside.and_then(|at| evidence.trails.beside.get(at));
    steps.extend(
        beside
            .into_iter()
            .flat_map(|beside| elsewhere(plan, beside, origin)),
    );
    steps
}

/// The path through another pipeline that shows the same.
fn elsewhere(plan: &Plan, beside: &Beside, origin: &Origin) -> Vec<PathStep> {
    let (shows, trail) = (&beside.shows, beside.trail);
    let mut walk = Walk {
        evidence: &shows.evidence,
        origin,
        steps: Vec::new(),
    };
    let node = shows.evidence.nodes.get(trail.output);
    match (node, trail.column) {
        (Some(node), Some(column)) => walk.column(node, column),
        (Some(node), None) => walk.rows(node),
        (None, _) => {}
    }
    let mut steps = walk.steps;
    steps.reverse();
    steps.dedup();
    for step in &mut steps {
        step.text = format!("in `{}`: {}", shows.pipeline, step.text);
    }
    let to = shows.outputs.get(trail.output);
    steps.extend(
        to.zip(plan.evidence.again.as_ref())
            .map(|((id, clearance), again)| {
                let name = node
                    .zip(trail.column)
                    .and_then(|(node, index)| node.plan.schema().fields().get(index));
                let what = name.map_or_else(
                    || "the rows go".to_owned(),
                    |field| format!("`{}` goes", field.name()),
                );
                let pipeline = again.spec.pipelines.get(&shows.pipeline);
                let output = pipeline.and_then(|pipeline| pipeline.outputs.get(trail.output));
                PathStep {
                    span: output.map(|output| output.span),
                    text: format!(
                        "in `{}`: {what} to `{id}`, which is cleared for {}",
                        shows.pipeline,
                        again.spec.project.levels.name(*clearance)
                    ),
                }
            }),
    );
    steps
}

/// Where the catalogue says what the origin is.
fn source(plan: &Plan, origin: &Origin) -> Option<PathStep> {
    let again = plan.evidence.again.as_ref()?;
    let dataset = again.spec.datasets.get(&*origin.dataset)?;
    let levels = &again.spec.project.levels;
    let what = match origin.aspect {
        Aspect::Value => "",
        Aspect::Null => "whether it is null, in ",
        Aspect::Length => "the length of ",
        Aspect::Rows => "which rows there are in ",
        Aspect::Order => "the order of the rows of ",
    };
    let Some(column) = origin.column.as_ref().and_then(|name| dataset.column(name)) else {
        let text = match dataset.primary_key.is_empty() {
            true => format!(
                "{what}`{}`: no primary key is declared, so this is at the highest level",
                dataset.id
            ),
            false => format!("{what}`{}`: the level of its primary key", dataset.id),
        };
        return Some(PathStep {
            span: Some(dataset.span),
            text,
        });
    };
    let tags: Vec<String> = column.tags.iter().map(|tag| format!("`{tag}`")).collect();
    let tags = if tags.is_empty() {
        String::new()
    } else {
        format!(", {}", tags.join(", "))
    };
    let level = levels.name(column.level);
    let text = format!("{what}`{}.{}` is {level}{tags}", dataset.id, column.name);
    Some(PathStep {
        span: Some(column.span),
        text,
    })
}

fn sink(plan: &Plan, trail: Trail) -> Option<PathStep> {
    let Trail {
        output,
        column,
        named,
        beside: _,
    } = trail;
    let planned = plan.outputs.get(output)?;
    let again = plan.evidence.again.as_ref()?;
    let clearance = again.spec.project.levels.name(planned.clearance);
    let to = match &planned.sink {
        Sink::Dataset(dataset) => format!("`{}`", dataset.id),
        Sink::Terminal => match plan.request {
            Request::Reveal {
                into_file: true, ..
            } => "a file".to_owned(),
            _ => "the terminal".to_owned(),
        },
    };
    let node = plan.evidence.nodes.get(output)?;
    let name = column
        .and_then(|index| node.plan.schema().fields().get(index))
        .map(|field| field.name().as_str());
    let what = name.map_or_else(|| "the rows".to_owned(), |name| format!("`{name}`"));
    let span = again
        .spec
        .pipelines
        .get(&plan.pipeline)
        .and_then(|pipeline| {
            let id = match &planned.sink {
                Sink::Dataset(dataset) => &dataset.id,
                Sink::Terminal => return None,
            };
            pipeline
                .outputs
                .iter()
                .find(|o| o.to.value == *id)
                .map(|o| o.span)
        });
    Some(PathStep {
        span,
        text: match (name, &plan.request) {
            (Some(_), _) if named => format!(
                "{what} goes into the names of the folders of {to}, which everyone sees who can list them"
            ),
            (None, _) if named => format!(
                "{what} decide which folders {to} has, which everyone sees who can list them"
            ),
            // What is opened is above the clearance: that is the point of it.
            (Some(_), Request::Reveal { .. }) => format!("{what} is opened into {to}"),
            (Some(_), _) => format!("{what} goes to {to}, which is cleared for {clearance}"),
            (None, _) => format!("{what} go to {to}, which is cleared for {clearance}"),
        },
    })
}

struct Walk<'p> {
    evidence: &'p Evidence,
    origin: &'p Origin,
    steps: Vec<PathStep>,
}

impl Walk<'_> {
    fn carries(&self, label: LabelId) -> bool {
        self.evidence
            .labels
            .entries(label)
            .any(|(origin, _, _)| origin == self.origin)
    }

    fn cell_carries(&self, cell: &Cell) -> bool {
        let own = cell.own.as_ref().is_some_and(|own| {
            self.origin.aspect == Aspect::Value
                && own.columns.iter().any(|(d, c, _)| {
                    *d == self.origin.dataset && Some(c) == self.origin.column.as_ref()
                })
        });
        own || [cell.value, cell.null, cell.length]
            .into_iter()
            .any(|label| self.carries(label))
    }

    fn rows_carry(&self, node: &Node) -> bool {
        self.carries(node.relation.selected) || self.carries(node.relation.correlated)
    }

    fn full(&self) -> bool {
        self.steps.len() >= MOST_STEPS
    }

    fn say(&mut self, span: Option<Span>, text: String) {
        let step = PathStep { span, text };
        if self.steps.last() != Some(&step) {
            self.steps.push(step);
        }
    }

    fn name(&self, node: &Node) -> String {
        self.evidence
            .texts
            .get(node.step)
            .map_or_else(String::new, |text| text.name.clone())
    }

    fn place(&self, node: &Node, expr: &Expr) -> Option<Span> {
        self.evidence
            .texts
            .get(node.step)
            .map(|text| span_of(expr, &text.sql))
    }

    /// A finding about the rows, or about a place in a step.
    fn found(&mut self, node: &Arc<Node>, plan: &Plan, what: &Finding) {
        if let Finding::Violation(index) = what
            && let Some(violation) = plan.violations.get(*index)
            && violation.span.is_some()
        {
            self.say(violation.span, "here".to_owned());
            return;
        }
        self.rows(node);
    }

    /// Back from one column of a node.
    fn column(&mut self, node: &Arc<Node>, index: usize) {
        if self.full() {
            return;
        }
        let name = node
            .bound
            .schema()
            .fields()
            .get(index)
            .map_or("", |field| field.name().as_str())
            .to_owned();
        match node.bound.as_ref() {
            LogicalPlan::TableScan(_) => {
                if let Some(inner) = node.inputs.first() {
                    let text = format!("`{name}` comes from `{}`", self.name(inner));
                    self.say(None, text);
                    self.column(inner, index);
                }
            }
            LogicalPlan::Projection(projection) => {
                if let Some(expr) = projection.expr.get(index) {
                    self.expression(node, expr, &name);
                }
            }
            LogicalPlan::Aggregate(aggregate) => {
                let groups = node
                    .bound
                    .schema()
                    .fields()
                    .len()
                    .saturating_sub(aggregate.aggr_expr.len());
                let expr = match index.checked_sub(groups) {
                    Some(at) => aggregate.aggr_expr.get(at),
                    None => aggregate.group_expr.get(index),
                };
                match expr {
                    Some(expr) => self.expression(node, &expr.clone(), &name),
                    None => self.rows(node),
                }
            }
            LogicalPlan::Window(window) => {
                let before = node
                    .inputs
                    .first()
                    .map_or(0, |input| input.relation.columns.len());
                match index
                    .checked_sub(before)
                    .and_then(|at| window.window_expr.get(at))
                {
                    Some(expr) => self.expression(node, &expr.clone(), &name),
                    None => self.same(node, index),
                }
            }
            LogicalPlan::Join(_) => self.joined(node, index),
            LogicalPlan::Union(_) => {
                let inputs = node.inputs.clone();
                let carrying = |input: &&Arc<Node>| {
                    input
                        .relation
                        .columns
                        .get(index)
                        .is_some_and(|cell| self.cell_carries(cell))
                };
                match inputs.iter().find(carrying) {
                    Some(input) => self.column(input, index),
                    None => self.rows(node),
                }
            }
            LogicalPlan::Unnest(unnest) => {
                let from = unnest.dependency_indices.get(index).copied();
                match (from, node.inputs.first().cloned()) {
                    (Some(from), Some(input))
                        if input
                            .relation
                            .columns
                            .get(from)
                            .is_some_and(|c| self.cell_carries(c)) =>
                    {
                        self.say(None, format!("unnested to `{name}`"));
                        self.column(&input, from);
                    }
                    _ => self.rows(node),
                }
            }
            _ => self.same(node, index),
        }
    }

    /// A node whose columns are those of its input.
    fn same(&mut self, node: &Arc<Node>, index: usize) {
        match node.inputs.first().cloned() {
            Some(input)
                if input
                    .relation
                    .columns
                    .get(index)
                    .is_some_and(|cell| self.cell_carries(cell)) =>
            {
                self.column(&input, index);
            }
            _ => self.rows(node),
        }
    }

    fn joined(&mut self, node: &Arc<Node>, index: usize) {
        let (Some(left), Some(right)) = (node.inputs.first().cloned(), node.inputs.get(1).cloned())
        else {
            return;
        };
        let width = left.relation.columns.len();
        let (side, at) = if index < width {
            (left, index)
        } else {
            (right, index - width)
        };
        if side
            .relation
            .columns
            .get(at)
            .is_some_and(|cell| self.cell_carries(cell))
        {
            self.column(&side, at);
        } else {
            self.rows(node);
        }
    }

    /// Back from the result of an expression.
    fn expression(&mut self, node: &Arc<Node>, expr: &Expr, name: &str) {
        let inner = match expr {
            Expr::Alias(alias) => &alias.expr,
            other => other,
        };
        let plain = matches!(inner, Expr::Column(column) if column.name == name);
        if !plain {
            let span = self.place(node, expr);
            self.say(span, format!("`{}` gives `{name}`", shown(inner)));
        } else if let Some(span) = self.place(node, expr) {
            self.say(Some(span), format!("`{name}` in `{}`", self.name(node)));
        }
        if !self.columns_of(node, inner) {
            self.beneath(node);
        }
    }

    /// Follows the first column of an expression that carries the origin.
    fn columns_of(&mut self, node: &Arc<Node>, expr: &Expr) -> bool {
        let mut target = None;
        for input in &node.inputs {
            let schema = input.plan.schema();
            let _ = expr.apply(|part| {
                if let Expr::Column(column) = part
                    && target.is_none()
                    && let Some(index) = schema.maybe_index_of_column(column)
                    && input
                        .relation
                        .columns
                        .get(index)
                        .is_some_and(|cell| self.cell_carries(cell))
                {
                    target = Some((Arc::clone(input), index));
                }
                Ok(TreeNodeRecursion::Continue)
            });
        }
        match target {
            Some((input, index)) => {
                self.column(&input, index);
                true
            }
            None => false,
        }
    }

    /// What carries the origin below a node, whatever it is: rows, or a subquery.
    fn beneath(&mut self, node: &Arc<Node>) {
        for input in node.inputs.clone() {
            if self.rows_carry(&input) {
                self.rows(&input);
                return;
            }
            if let Some(index) = input
                .relation
                .columns
                .iter()
                .position(|cell| self.cell_carries(cell))
            {
                self.column(&input, index);
                return;
            }
        }
    }

    /// Back from what decided the rows of a node.
    fn rows(&mut self, node: &Arc<Node>) {
        if self.full() {
            return;
        }
        let exprs: Vec<(Expr, &str)> = match node.bound.as_ref() {
            LogicalPlan::Filter(filter) => vec![(filter.predicate.clone(), "only rows with")],
            LogicalPlan::Join(_) => node
                .bound
                .expressions()
                .into_iter()
                .map(|e| (e, "rows joined on"))
                .collect(),
            LogicalPlan::Aggregate(aggregate) => aggregate
                .group_expr
                .iter()
                .map(|e| (e.clone(), "one row for each"))
                .collect(),
            LogicalPlan::Sort(sort) => sort
                .expr
                .iter()
                .map(|key| (key.expr.clone(), "ordered by"))
                .collect(),
            LogicalPlan::Distinct(_) => node
                .bound
                .expressions()
                .into_iter()
                .map(|e| (e, "distinct"))
                .collect(),
            _ => Vec::new(),
        };
        for (expr, what) in exprs {
            let before = self.steps.len();
            let span = self.place(node, &expr);
            self.say(span, format!("{what} `{}`", shown(&expr)));
            if self.columns_of(node, &expr) {
                return;
            }
            let through = node
                .inputs
                .iter()
                .skip(1)
                .find(|input| self.rows_carry(input))
                .cloned();
            if let (Some(inner), true) = (through, matches!(*node.bound, LogicalPlan::Filter(_))) {
                self.rows(&inner);
                return;
            }
            self.steps.truncate(before);
        }
        self.beneath(node);
    }
}
