//! Labels of written datasets, recorded by earlier runs.
//!
//! Invariant: joining only ever adds; a recorded label is never lowered. Levels are names, so
//! that a changed list of levels is noticed (an unknown name counts as the highest).

use std::collections::{BTreeMap, BTreeSet};

use sealine_label::{Aspect, Layer, Origin, View};
use serde::{Deserialize, Serialize};

/// What is known about the datasets that pipelines wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Computed {
    /// By dataset id.
    #[serde(default)]
    pub(crate) datasets: BTreeMap<String, Written>,
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
    /// The catalogued columns (dataset, column, normalizers) that every cell passed through from;
    /// absent where it is anything else.
    #[serde(default)]
    pub(crate) passed: Option<BTreeSet<(String, String, u8)>>,
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
        Origin { dataset: self.dataset.as_str().into(), column: self.column.as_deref().map(Into::into), aspect }
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
