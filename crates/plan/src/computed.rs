//! Labels of written datasets, recorded by earlier runs.
//!
//! Invariant: joining only ever adds; a recorded label is never lowered. Levels are names, so
//! that a changed list of levels is noticed (an unknown name counts as the highest).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan};
use sealine_label::declare::{Argument, Call, Context, Declaration};
use sealine_label::{Aspect, LabelId, Layer, Origin, View};
use serde::{Deserialize, Serialize};

use crate::Registry;
use crate::flow::{Node, Prover};
use crate::job::Job;
use crate::plan::{PlannedOutput, Sink};
use crate::protection::Protection;

/// What is known about the datasets that pipelines wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Computed {
    /// By dataset id.
    #[serde(default)]
    pub(crate) datasets: BTreeMap<String, Written>,
    /// What stands in no file of the project, by the id of the dataset that was written with it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    kept: BTreeMap<String, Kept>,
}

/// The texts of a dataset that no file of the project has: those that the run was proved with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Where the dataset lies: relative to the project, or absolute.
    pub place: String,
    /// The pipeline that wrote it.
    pub pipeline: String,
    /// Path and text.
    pub texts: Vec<(String, String)>,
}

/// One written dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    /// Its columns, in order.
    pub(crate) columns: Vec<WrittenColumn>,
    /// What decided which rows it has.
    #[serde(default)]
    pub(crate) rows: BTreeSet<Record>,
}

impl Written {
    /// The datasets that anything in it was recorded to come from.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &str> {
        let columns = self.columns.iter();
        let cells = columns.flat_map(|column| column.value.iter().chain(&column.null));
        let passed = self
            .columns
            .iter()
            .flat_map(|column| column.passed.iter().flatten());
        cells
            .chain(&self.rows)
            .map(|record| record.dataset.as_str())
            .chain(passed.map(|(dataset, _, _)| dataset.as_str()))
    }
}

/// One column of a written dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WrittenColumn {
    pub(crate) name: String,
    /// The Arrow type, as text.
    pub(crate) data_type: String,
    /// What the cells carry.
    #[serde(default)]
    pub(crate) value: BTreeSet<Record>,
    /// What the nulls carry.
    #[serde(default)]
    pub(crate) null: BTreeSet<Record>,
    /// The protection whose result it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) made: Option<Made>,
    /// The catalogued columns (dataset, column, normalizers) that every cell passed through from;
    /// absent where it is anything else.
    #[serde(default)]
    pub(crate) passed: Option<BTreeSet<(String, String, u8)>>,
}

/// The call that protected a column, and the type that the values had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Made {
    name: String,
    arguments: Vec<Said>,
    dataset: String,
    column: String,
    /// The Arrow type, as text.
    pub(crate) data_type: String,
}

/// An argument, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Text(String),
    Integer(i64),
    Number(String),
    Column(usize),
    Absent,
}

impl Made {
    fn of(call: &Call, data_type: &DataType) -> Self {
        let arguments = call.arguments.iter().map(|argument| match argument {
            Argument::Text(text) => Said::Text(text.clone()),
            Argument::Integer(whole) => Said::Integer(*whole),
            Argument::Number(text) => Said::Number(text.clone()),
            Argument::Column(place) => Said::Column(*place),
            Argument::Absent => Said::Absent,
        });
        Self {
            name: call.name.to_owned(),
            arguments: arguments.collect(),
            dataset: call.context.dataset.clone(),
            column: call.context.column.clone(),
            data_type: data_type.to_string(),
        }
    }

    /// The call again, where the protection is still known.
    pub(crate) fn call(&self, registry: &Registry) -> Option<(Call, &'static Declaration)> {
        let declaration = registry.find(&self.name)?;
        let arguments = self.arguments.iter().map(|argument| match argument {
            Said::Text(text) => Argument::Text(text.clone()),
            Said::Integer(whole) => Argument::Integer(*whole),
            Said::Number(text) => Argument::Number(text.clone()),
            Said::Column(place) => Argument::Column(*place),
            Said::Absent => Argument::Absent,
        });
        let call = Call {
            name: declaration.name,
            arguments: arguments.collect(),
            context: Context {
                dataset: self.dataset.clone(),
                column: self.column.clone(),
            },
        };
        Some((call, declaration))
    }
}

/// One origin in one view.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) dataset: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<String>,
    pub(crate) aspect: String,
    /// The parts of the view, as text that [`sealine_label::View`] reads back.
    pub(crate) view: Vec<String>,
}

impl Computed {
    /// Whether labels are recorded for that dataset.
    #[must_use]
    pub fn knows(&self, dataset: &str) -> bool {
        self.datasets.contains_key(dataset)
    }

    /// The texts that a dataset was written with, where no file of the project has them.
    #[must_use]
    pub fn kept(&self, dataset: &str) -> Option<&Kept> {
        self.kept.get(dataset)
    }

    /// All datasets that were written with texts of no file, with these.
    pub fn all_kept(&self) -> impl Iterator<Item = (&str, &Kept)> {
        self.kept.iter().map(|(id, kept)| (id.as_str(), kept))
    }

    /// Keeps the texts that a dataset is written with, in place of earlier ones: its rows are
    /// replaced.
    pub fn keep(&mut self, dataset: &str, kept: Kept) {
        self.kept.insert(dataset.to_owned(), kept);
    }

    /// The columns that the last run wrote into that dataset: each by name and Arrow type, as text. None where
    /// nothing is recorded.
    pub fn columns(&self, dataset: &str) -> impl Iterator<Item = (&str, &str)> {
        let written = self.datasets.get(dataset).into_iter();
        written
            .flat_map(|written| &written.columns)
            .map(|column| (column.name.as_str(), column.data_type.as_str()))
    }

    /// Adds what another run recorded. Columns of the other replace those of the same name, with
    /// their labels joined.
    pub fn join(&mut self, other: &Computed) {
        for (id, written) in &other.datasets {
            let known = self.datasets.entry(id.clone()).or_default();
            known.rows.extend(written.rows.iter().cloned());
            let mut columns = written.columns.clone();
            for column in &mut columns {
                if let Some(before) = known.columns.iter().find(|c| c.name == column.name) {
                    column.value.extend(before.value.iter().cloned());
                    column.null.extend(before.null.iter().cloned());
                    // Rows of both may lie there: what opens some would not open the others.
                    if column.made != before.made {
                        column.made = None;
                    }
                    if column.passed != before.passed {
                        column.passed = None;
                    }
                }
            }
            known.columns = columns;
        }
    }
}

impl Record {
    /// The origin that the record names.
    pub(crate) fn origin(&self) -> Origin {
        let aspect = match self.aspect.as_str() {
            "null" => Aspect::Null,
            "length" => Aspect::Length,
            "rows" => Aspect::Rows,
            "order" => Aspect::Order,
            _ => Aspect::Value,
        };
        Origin {
            dataset: self.dataset.as_str().into(),
            column: self.column.as_deref().map(Into::into),
            aspect,
        }
    }

    /// The record of an origin in a view.
    pub(crate) fn of(origin: &Origin, view: &View) -> Self {
        Self {
            dataset: origin.dataset.to_string(),
            column: origin.column.as_ref().map(ToString::to_string),
            aspect: match origin.aspect {
                Aspect::Value => "value",
                Aspect::Null => "null",
                Aspect::Length => "length",
                Aspect::Rows => "rows",
                Aspect::Order => "order",
            }
            .to_owned(),
            view: view.layers().iter().map(Layer::record).collect(),
        }
    }
}

/// What a run of the job records about the datasets that it writes.
pub(crate) fn record(
    prover: &mut Prover<'_>,
    job: &Job,
    nodes: &[Arc<Node>],
    planned: &[PlannedOutput],
) -> Computed {
    let mut all = Computed::default();
    for ((output, node), planned) in job.outputs.iter().zip(nodes).zip(planned) {
        let Sink::Dataset(dataset) = &output.sink else {
            continue;
        };
        let mut written = Written::default();
        let calls = placed_calls(&planned.logical);
        for (field, cell) in node
            .plan
            .schema()
            .fields()
            .iter()
            .zip(&node.relation.columns)
        {
            let value = prover.value(cell);
            written.columns.push(WrittenColumn {
                name: field.name().clone(),
                data_type: field.data_type().to_string(),
                value: records(prover, value),
                null: records(prover, cell.null),
                made: match cell.slots.iter().collect::<Vec<_>>().as_slice() {
                    [slot] => calls.get(*slot).cloned(),
                    _ => None,
                },
                passed: cell.own.as_ref().filter(|own| !own.writable).map(|own| {
                    own.columns
                        .iter()
                        .map(|(d, c, normal)| (d.to_string(), c.to_string(), *normal))
                        .collect()
                }),
            });
        }
        let rows = prover.row(&node.relation);
        written.rows = records(prover, rows);
        all.datasets.insert(dataset.id.clone(), written);
    }
    all
}

/// The calls of a finished plan, by their slots.
fn placed_calls(plan: &LogicalPlan) -> HashMap<usize, Made> {
    let mut calls = HashMap::new();
    let _ = plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                if let Expr::ScalarFunction(function) = part
                    && let Some(protection) = function.func.inner().downcast_ref::<Protection>()
                {
                    let made = Made::of(protection.call(), protection.takes());
                    calls.insert(protection.slot(), made);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    calls
}

fn records(prover: &Prover<'_>, label: LabelId) -> BTreeSet<Record> {
    prover
        .labels
        .entries(label)
        .map(|(origin, view, _)| Record::of(origin, view))
        .collect()
}
