//! The rule of each node of a logical plan.
//!
//! Invariant: the match is exhaustive, so that a new kind of node does not compile until it has a
//! rule. Nodes that write, describe or run anything are refused.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::DFSchemaRef;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::prover::Prover;
use super::relation::Relation;
use crate::error::{Bound, planning, refuse};
use crate::expr::{Cell, Env};

/// A node of a plan with what is known about its rows.
#[derive(Debug)]
pub(crate) struct Node {
    /// The plan, with the rewrites that the rules ask for.
    pub(crate) plan: Arc<LogicalPlan>,
    /// The plan as it was bound, for explanations; mostly the same.
    pub(crate) bound: Arc<LogicalPlan>,
    pub(crate) relation: Relation,
    /// The nodes below, then those of subqueries in its expressions.
    pub(crate) inputs: Vec<Arc<Node>>,
    /// What can fail in it and below.
    fails: BTreeSet<usize>,
    /// The text that it was written in.
    pub(crate) step: usize,
    /// Whether the plan is not the one that was bound.
    changed: bool,
}

/// What a rule gives back: the relation, and the plan where it was rewritten.
pub(crate) struct Outcome {
    pub(crate) relation: Relation,
    pub(crate) rewritten: Option<LogicalPlan>,
}

impl From<Relation> for Outcome {
    fn from(relation: Relation) -> Self {
        Self {
            relation,
            rewritten: None,
        }
    }
}

impl Prover<'_> {
    /// Labels a plan, from its leaves up.
    pub(crate) fn node(&mut self, plan: &Arc<LogicalPlan>) -> Bound<Arc<Node>> {
        let endorsed = self.step.endorsed;
        if !passes_rows_on(plan) {
            self.step.endorsed = false;
        }
        let before = std::mem::take(&mut self.met);
        let done = self.labelled(plan, endorsed);
        let mut met = std::mem::replace(&mut self.met, before);
        self.step.endorsed = endorsed;
        let (outcome, mut inputs, rebuilt, fails) = done?;
        let changed = outcome.rewritten.is_some() || rebuilt.is_some();
        let bound = Arc::clone(plan);
        let plan = outcome
            .rewritten
            .or(rebuilt)
            .map_or_else(|| Arc::clone(&bound), Arc::new);
        if plan.schema().fields().len() != outcome.relation.columns.len() {
            return Err(self.unsupported("a node whose columns the proof cannot follow"));
        }
        inputs.append(&mut met);
        Ok(Arc::new(Node {
            plan,
            bound,
            relation: outcome.relation,
            inputs,
            fails,
            step: self.step.index,
            changed,
        }))
    }

    #[allow(clippy::type_complexity)]
    fn labelled(
        &mut self,
        plan: &LogicalPlan,
        endorsed: bool,
    ) -> Bound<(
        Outcome,
        Vec<Arc<Node>>,
        Option<LogicalPlan>,
        BTreeSet<usize>,
    )> {
        let inputs = self.inputs_of(plan)?;
        let before = (self.reached, std::mem::take(&mut self.partial));
        for input in &inputs {
            let rows = self.row(&input.relation);
            self.reached = self.join(self.reached, rows);
        }
        let done = self.outcome(plan, &inputs, endorsed);
        let mut fails = std::mem::replace(&mut self.partial, before.1);
        self.reached = before.0;
        let (outcome, more) = done?;
        let (inputs, rebuilt) = match more {
            Some(seen_to) => seen_to,
            None => {
                let rebuilt = self.rebuilt(plan, &inputs)?;
                (inputs, rebuilt)
            }
        };
        for below in inputs.iter().chain(&self.met) {
            fails.extend(&below.fails);
        }
        // Conjuncts are tried in any order, each on the rows that others left; they move below what
        // the node stands on, and of a join whose one side is empty the other is never read.
        if matches!(plan, LogicalPlan::Filter(_) | LogicalPlan::Join(_)) {
            let rows = self.row(&outcome.relation);
            self.failing(rows, &fails);
        }
        Ok((outcome, inputs, rebuilt, fails))
    }

    /// The rule of a node; with its inputs where it has seen to them itself.
    #[allow(clippy::type_complexity)]
    fn outcome(
        &mut self,
        plan: &LogicalPlan,
        inputs: &[Arc<Node>],
        endorsed: bool,
    ) -> Bound<(Outcome, Option<(Vec<Arc<Node>>, Option<LogicalPlan>)>)> {
        let outcome: Outcome = match plan {
            LogicalPlan::Projection(node) => self.projection(node, first(inputs)?)?.into(),
            LogicalPlan::Filter(node) => self.filter(node, first(inputs)?, endorsed)?.into(),
            LogicalPlan::Window(node) => self.window(node, first(inputs)?)?.into(),
            LogicalPlan::Aggregate(node) => self.aggregate(node, first(inputs)?)?,
            LogicalPlan::Sort(node) => self.sort(node, first(inputs)?)?,
            LogicalPlan::Join(node) => self
                .join_node(node, first(inputs)?, second(inputs)?)?
                .into(),
            LogicalPlan::Repartition(node) => self.repartition(node, first(inputs)?)?.into(),
            LogicalPlan::Union(_) => self.union(inputs)?.into(),
            LogicalPlan::TableScan(node) => {
                let (outcome, inputs, rebuilt) = self.scan(node)?;
                return Ok((outcome, Some((inputs, rebuilt))));
            }
            LogicalPlan::EmptyRelation(node) => self.empty(node).into(),
            // An order below a name is not one that the engine has to keep.
            LogicalPlan::Subquery(_) | LogicalPlan::SubqueryAlias(_) => Relation {
                total: false,
                ..first(inputs)?.relation.clone()
            }
            .into(),
            LogicalPlan::Limit(node) => self.limit(node, first(inputs)?)?,
            LogicalPlan::Values(node) => self.values(node)?.into(),
            LogicalPlan::Distinct(node) => self.distinct(node, first(inputs)?)?,
            LogicalPlan::Unnest(node) => self.unnest(node, first(inputs)?)?.into(),
            LogicalPlan::RecursiveQuery(node) => {
                let (outcome, inputs, rebuilt) = self.recursive(node)?;
                return Ok((outcome, Some((inputs, rebuilt))));
            }
            LogicalPlan::Statement(_) => return Err(self.unsupported("a statement")),
            LogicalPlan::Explain(_) => return Err(self.unsupported("EXPLAIN")),
            LogicalPlan::Analyze(_) => return Err(self.unsupported("EXPLAIN ANALYZE")),
            LogicalPlan::Extension(_) => return Err(self.unsupported("an extension")),
            LogicalPlan::Dml(_) => return Err(self.unsupported("a change of data")),
            LogicalPlan::Ddl(_) => return Err(self.unsupported("a definition")),
            LogicalPlan::Copy(_) => return Err(self.unsupported("COPY")),
            LogicalPlan::DescribeTable(_) => return Err(self.unsupported("DESCRIBE")),
        };
        Ok((outcome, None))
    }

    /// Labels the inputs of a node; the right side of a join may refer to the left.
    fn inputs_of(&mut self, plan: &LogicalPlan) -> Bound<Vec<Arc<Node>>> {
        let here = self.cut;
        self.cut = match plan {
            LogicalPlan::Limit(_) => true,
            LogicalPlan::Projection(_) => here,
            _ => false,
        };
        let inputs = self.labelled_inputs(plan);
        self.cut = here;
        inputs
    }

    fn labelled_inputs(&mut self, plan: &LogicalPlan) -> Bound<Vec<Arc<Node>>> {
        match plan {
            LogicalPlan::TableScan(_) | LogicalPlan::RecursiveQuery(_) => Ok(Vec::new()),
            LogicalPlan::Join(join) => {
                let left = self.node(&join.left)?;
                self.enter(left.plan.schema(), &left.relation.columns);
                let right = self.node(&join.right);
                self.outer.pop();
                Ok(vec![left, right?])
            }
            LogicalPlan::Subquery(node) => {
                self.nested += 1;
                let inner = self.node(&node.subquery);
                self.nested -= 1;
                Ok(vec![inner?])
            }
            LogicalPlan::Projection(node) => Ok(vec![self.node(&node.input)?]),
            LogicalPlan::Filter(node) => Ok(vec![self.node(&node.input)?]),
            LogicalPlan::SubqueryAlias(node) => Ok(vec![self.node(&node.input)?]),
            other => other
                .inputs()
                .into_iter()
                .map(|input| self.node(&Arc::new(input.clone())))
                .collect(),
        }
    }

    /// The node over its inputs as rewritten, where any was.
    fn rebuilt(&mut self, plan: &LogicalPlan, inputs: &[Arc<Node>]) -> Bound<Option<LogicalPlan>> {
        if plan.inputs().len() != inputs.len() || !inputs.iter().any(|input| input.changed) {
            return Ok(None);
        }
        let new = inputs.iter().map(|node| (*node.plan).clone()).collect();
        plan.with_new_exprs(plan.expressions(), new)
            .map(Some)
            .map_err(|error| planning(&error, &self.step.sql))
    }

    /// Opens a scope for what refers outwards.
    pub(crate) fn enter(&mut self, schema: &DFSchemaRef, columns: &[Cell]) {
        self.outer.push(super::prover::Outer {
            schema: Arc::clone(schema),
            columns: columns.to_vec(),
        });
    }

    pub(crate) fn unsupported(&self, what: &str) -> crate::error::Refused {
        refuse(
            "SL2008",
            format!("{what} has no rule in the proof and cannot stand in a step"),
            self.step.sql.span,
            "in this step",
        )
    }

    /// Evaluates expressions over a node.
    pub(crate) fn cells_over(&mut self, exprs: &[Expr], input: &Node) -> Bound<Vec<Cell>> {
        let env = Env::of(input);
        exprs.iter().map(|expr| self.evaluate(expr, &env)).collect()
    }
}

/// Whether an owner's endorsement of the selection reaches through the node.
fn passes_rows_on(plan: &LogicalPlan) -> bool {
    matches!(
        plan,
        LogicalPlan::Projection(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Sort(_)
    )
}

fn first(inputs: &[Arc<Node>]) -> Bound<&Node> {
    nth(inputs, 0)
}

fn second(inputs: &[Arc<Node>]) -> Bound<&Node> {
    nth(inputs, 1)
}

fn nth(inputs: &[Arc<Node>], index: usize) -> Bound<&Node> {
    inputs.get(index).map(AsRef::as_ref).ok_or_else(|| {
        Box::new(sealine_spec::Diagnostic::error(
            "SL2008",
            "a node of the plan has no input; this construct has no rule",
        ))
    })
}
