//! The context of `declassify`, `select`, `link` and `reveal`, as a type.
//!
//! Invariant: its fields are those of the schema's `Disclosure`. Must never:
//! hold a row value; it names columns, levels and parameters only.

use sealine_label::Levels;
use sealine_plan::{Demand, DemandKind};
use serde::Serialize;

/// One disclosure that a policy is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Disclosure {
    /// The pipeline that asks.
    pub pipeline: String,
    /// The dataset that the value comes from.
    pub dataset: String,
    /// The column that the value comes from; `#rows` or `#order` for the rows themselves.
    pub column: String,
    /// The dataset that the value goes to; [`Disclosure::TERMINAL`] for the screen,
    /// [`Disclosure::FILE`] for a file of its own.
    pub to: String,
    /// The level of the value, by name.
    pub from_level: String,
    /// The level it would be shown at, by name.
    pub to_level: String,
    /// The protection, by name.
    pub protection: String,
    /// The key of the protection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Characters shown at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<i64>,
    /// Characters shown at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<i64>,
    /// Width of a bucket, in the column's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<i64>,
    /// Where buckets start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// The fewest distinct subjects that a group may stand for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_group: Option<i64>,
    /// The other arguments that decide how much shows: `month`, `email, 1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
}

impl Disclosure {
    /// What stands for the operator's terminal in `to`; no dataset can be named so.
    pub const TERMINAL: &'static str = "#terminal";

    /// What stands for a file that opened values go into.
    pub const FILE: &'static str = "#file";

    /// What a demand of a plan asks a policy.
    pub fn of(demand: &Demand, pipeline: &str, levels: &Levels) -> Self {
        Self {
            pipeline: pipeline.to_owned(),
            dataset: demand.origin.dataset.to_string(),
            column: origin_column(&demand.origin).to_owned(),
            to: match (demand.kind, demand.dataset.as_str()) {
                (DemandKind::Export, _) => Self::FILE.to_owned(),
                (_, "") => Self::TERMINAL.to_owned(),
                (_, dataset) => dataset.to_owned(),
            },
            from_level: levels.name(demand.from_level).to_owned(),
            to_level: levels.name(demand.to_level).to_owned(),
            protection: demand.protection.clone(),
            key: demand.key.clone(),
            first: demand.first,
            last: demand.last,
            width: demand.width,
            offset: demand.offset,
            min_group: demand.min_group,
            form: demand.form.clone(),
        }
    }

    /// Sets an attribute by its name in the schema; false where there is none of that name and type.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> bool {
        let text = match name {
            "pipeline" => &mut self.pipeline,
            "dataset" => &mut self.dataset,
            "column" => &mut self.column,
            "to" => &mut self.to,
            "from_level" => &mut self.from_level,
            "to_level" => &mut self.to_level,
            "protection" => &mut self.protection,
            "key" => self.key.get_or_insert_default(),
            "form" => self.form.get_or_insert_default(),
            _ => return self.set_number(name, value),
        };
        value.clone_into(text);
        true
    }

    fn set_number(&mut self, name: &str, value: &str) -> bool {
        let number = match name {
            "first" => &mut self.first,
            "last" => &mut self.last,
            "width" => &mut self.width,
            "offset" => &mut self.offset,
            "min_group" => &mut self.min_group,
            _ => return false,
        };
        *number = value.parse().ok();
        number.is_some()
    }

    /// The text attributes, in the order of the schema.
    pub(crate) fn texts(&self) -> [(&'static str, Option<&str>); 9] {
        [
            ("pipeline", Some(&self.pipeline)),
            ("dataset", Some(&self.dataset)),
            ("column", Some(&self.column)),
            ("to", Some(&self.to)),
            ("from_level", Some(&self.from_level)),
            ("to_level", Some(&self.to_level)),
            ("protection", Some(&self.protection)),
            ("key", self.key.as_deref()),
            ("form", self.form.as_deref()),
        ]
    }

    /// The whole-number attributes, in the order of the schema.
    pub(crate) fn numbers(&self) -> [(&'static str, Option<i64>); 5] {
        [
            ("first", self.first),
            ("last", self.last),
            ("width", self.width),
            ("offset", self.offset),
            ("min_group", self.min_group),
        ]
    }

    /// The protection with its parameters, for people: `mask (first 6, last 4)`.
    pub fn protection_text(&self) -> String {
        let mut parts = Vec::new();
        if let Some(key) = &self.key {
            parts.push(format!("key `{key}`"));
        }
        if let Some(form) = &self.form {
            parts.push(format!("`{form}`"));
        }
        for (name, value) in self.numbers() {
            if let Some(value) = value {
                parts.push(format!("{name} {value}"));
            }
        }
        if parts.is_empty() {
            format!("`{}`", self.protection)
        } else {
            format!("`{}` ({})", self.protection, parts.join(", "))
        }
    }
}

/// The column of an origin, or what stands for its rows or their order.
pub(crate) fn origin_column(origin: &sealine_label::Origin) -> &str {
    match (&origin.column, origin.aspect) {
        (Some(column), _) => column,
        (None, sealine_label::Aspect::Order) => "#order",
        (None, _) => "#rows",
    }
}
