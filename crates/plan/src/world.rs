//! The facts that the proof takes from the catalogue: levels, tags, domains, who writes what.
//!
//! Invariant: what the catalogue does not say is answered with the safe answer: the highest level,
//! the smallest domain, a dataset that anyone may write.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use sealine_label::{Aspect, Level, Origin, Tag};
use sealine_spec::{Column, Dataset, Pipeline, Spec};

use crate::computed::{Computed, Written};
use crate::{Registry, arrow_type};

/// Deterministic tokens of a column with fewer values than this can be told by counting.
pub(crate) const LEAST_DOMAIN: u64 = 1 << 20;

/// How many values columns with a well-known tag can take, at least. Names are left out on
/// purpose: there are many, but few are frequent, and counting tokens finds those.
const DOMAINS: &[(&str, u64)] = &[
    ("pii.email", 1 << 32),
    ("pii.phone", 1 << 30),
    ("pii.ssn", 1 << 29),
    ("pii.national_id", 1 << 24),
    ("pii.passport", 1 << 24),
    ("pii.iban", 1 << 40),
    ("pii.ip", 1 << 32),
    ("pii.device_id", 1 << 32),
    ("pci.pan", 1 << 40),
    ("fin.iban", 1 << 40),
    ("fin.account", 1 << 24),
    ("phi.mrn", 1 << 20),
];

/// Tags whose nulls count as their values do, whatever the project says.
const SPECIAL: &[&str] = &["phi"];

/// The catalogue, the recorded labels and the registry, as the proof asks them.
#[derive(Debug)]
pub(crate) struct World<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) computed: &'a Computed,
    pub(crate) registry: &'a Registry,
    written: BTreeSet<String>,
    schemas: std::cell::RefCell<BTreeMap<String, SchemaRef>>,
    /// Where the columns are declared, by name, of the datasets that were asked about.
    places: std::cell::RefCell<HashMap<String, HashMap<String, usize>>>,
}

impl<'a> World<'a> {
    pub(crate) fn new(spec: &'a Spec, computed: &'a Computed, registry: &'a Registry) -> Self {
        let written = spec
            .pipelines
            .values()
            .flat_map(|pipeline| {
                pipeline
                    .outputs
                    .iter()
                    .map(|output| output.to.value.clone())
            })
            .collect();
        Self {
            spec,
            computed,
            registry,
            written,
            schemas: std::cell::RefCell::default(),
            places: std::cell::RefCell::default(),
        }
    }

    pub(crate) fn dataset(&self, id: &str) -> Option<&'a Arc<Dataset>> {
        self.spec.datasets.get(id)
    }

    pub(crate) fn column(&self, dataset: &str, column: &str) -> Option<&'a Column> {
        let declared = &self.dataset(dataset)?.columns;
        let mut known = self.places.borrow_mut();
        let places = match known.get(dataset) {
            Some(places) => places,
            None => {
                let places = declared.iter().enumerate();
                // The first of a name counts.
                let places = places.rev().map(|(place, one)| (one.name.clone(), place));
                known.entry(dataset.to_owned()).or_insert(places.collect())
            }
        };
        declared.get(*places.get(column)?)
    }

    /// Whether a pipeline of this project writes the dataset, so that authors choose its cells.
    pub(crate) fn writable(&self, dataset: &str) -> bool {
        self.written.contains(dataset)
    }

    /// Every dataset that values in a pipeline can come from: its inputs, what owners' views of them
    /// are made of, and what was recorded about those that are written.
    pub(crate) fn sources(&self, pipeline: &'a Pipeline) -> BTreeSet<&'a str> {
        let mut all = BTreeSet::new();
        let inputs = pipeline.inputs.iter();
        let mut open: Vec<&'a str> = inputs.map(|input| input.dataset.value.as_str()).collect();
        while let Some(id) = open.pop() {
            if !all.insert(id) {
                continue;
            }
            if let Some(view) = self.dataset(id).and_then(|dataset| dataset.view.as_ref()) {
                let others = self.spec.datasets.keys();
                open.extend(
                    others
                        .filter(|other| mentions(&view.text, other))
                        .map(String::as_str),
                );
            }
            all.extend(self.recorded(id).into_iter().flat_map(Written::sources));
        }
        all
    }

    pub(crate) fn recorded(&self, dataset: &str) -> Option<&'a Written> {
        self.computed.datasets.get(dataset)
    }

    /// The schema of the validated rows of a dataset; none where nothing is known about it yet.
    pub(crate) fn schema(&self, dataset: &Dataset) -> Option<SchemaRef> {
        if let Some(known) = self.schemas.borrow().get(&dataset.id) {
            return Some(Arc::clone(known));
        }
        let fields: Vec<Field> = if dataset.declares_columns {
            dataset
                .columns
                .iter()
                .map(|column| {
                    Field::new(&column.name, arrow_type(&column.ty), !column.rules.required)
                })
                .collect()
        } else {
            self.recorded(&dataset.id)?
                .columns
                .iter()
                .map(|column| {
                    let data_type = column.data_type.parse::<DataType>().ok()?;
                    Some(Field::new(&column.name, data_type, true))
                })
                .collect::<Option<_>>()?
        };
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        self.schemas
            .borrow_mut()
            .insert(dataset.id.clone(), Arc::clone(&schema));
        Some(schema)
    }

    /// The level of an origin.
    pub(crate) fn level(&self, origin: &Origin) -> Level {
        let levels = &self.spec.project.levels;
        let Some(dataset) = self.dataset(&origin.dataset) else {
            return levels.highest();
        };
        let rows = self.rows_level(dataset);
        let column = origin
            .column
            .as_ref()
            .map(|name| self.column_level(dataset, name));
        match (origin.aspect, column) {
            (Aspect::Value, Some(level)) => level,
            (Aspect::Null, Some(level)) if self.is_special(origin) && !self.never_null(origin) => {
                level
            }
            (Aspect::Null | Aspect::Length, Some(level)) => level.min(rows),
            (Aspect::Rows | Aspect::Order, None) => rows,
            _ => levels.highest(),
        }
    }

    /// The level of which rows a dataset has: that of its primary key.
    fn rows_level(&self, dataset: &Dataset) -> Level {
        dataset
            .primary_key
            .iter()
            .map(|name| self.column_level(dataset, name))
            .max()
            .unwrap_or_else(|| match self.recorded(&dataset.id) {
                // The rows of a written dataset are what its row label says, which is kept apart.
                Some(_) => self.spec.project.levels.lowest(),
                None => self.spec.project.levels.highest(),
            })
    }

    fn column_level(&self, dataset: &Dataset, name: &str) -> Level {
        match self.column(&dataset.id, name) {
            // Without a record, what a pipeline wrote may be anything up to the clearance.
            Some(column) if self.writable(&dataset.id) && self.recorded(&dataset.id).is_none() => {
                column.level.max(dataset.clearance)
            }
            Some(column) => column.level,
            None if self
                .recorded(&dataset.id)
                .is_some_and(|w| w.columns.iter().any(|c| c.name == name)) =>
            {
                // An undeclared column of a written dataset is worth what was recorded for it.
                self.spec.project.levels.lowest()
            }
            None => self.spec.project.levels.highest(),
        }
    }

    /// Whether the contract of a dataset promises that no two rows agree in a column, nor lack it.
    pub(crate) fn is_key(&self, dataset: &str, column: &str) -> bool {
        self.dataset(dataset).is_some_and(|dataset| {
            dataset.primary_key == [column]
                || self
                    .column(&dataset.id, column)
                    .is_some_and(|column| column.rules.unique && column.rules.required)
        })
    }

    /// The tags of an origin.
    pub(crate) fn tags(&self, origin: &Origin) -> &'a [Tag] {
        let column = origin
            .column
            .as_ref()
            .and_then(|name| self.column(&origin.dataset, name));
        column.map_or(&[], |column| &column.tags)
    }

    /// Whether the nulls of a column tell as much as its values.
    fn is_special(&self, origin: &Origin) -> bool {
        self.tags(origin).iter().any(|tag| {
            let shipped = SPECIAL
                .iter()
                .any(|stem| Tag::parse(stem).is_ok_and(|known| known.covers(tag)));
            shipped
                || self.spec.project.tags.iter().any(|fact| {
                    fact.special
                        && (fact.pattern.covers(tag) || fact.pattern.stem() == tag.as_str())
                })
        })
    }

    /// Whether the contract lets no null of the column in: then there is nothing that its nulls
    /// could tell. What a pipeline of the project writes is not held to that when it is written.
    fn never_null(&self, origin: &Origin) -> bool {
        let column = origin
            .column
            .as_ref()
            .and_then(|name| self.column(&origin.dataset, name));
        column.is_some_and(|column| column.rules.required) && !self.writable(&origin.dataset)
    }

    /// How many values a column can take, at least: the smallest that is said about it, 0 if
    /// nothing is.
    pub(crate) fn domain_size(&self, dataset: &str, column: &str) -> u64 {
        let Some(column) = self.column(dataset, column) else {
            return 0;
        };
        if let Some(declared) = column.domain_size {
            return declared;
        }
        if let Some(values) = &column.rules.one_of {
            return values.len() as u64;
        }
        let said = column.tags.iter().filter_map(|tag| {
            let facts = self
                .spec
                .project
                .tags
                .iter()
                .filter(|fact| fact.pattern.covers(tag));
            let declared = facts.filter_map(|fact| fact.domain_size).min();
            declared.or_else(|| {
                DOMAINS
                    .iter()
                    .find(|(name, _)| Tag::parse(name).is_ok_and(|known| known.covers(tag)))
                    .map(|(_, size)| *size)
            })
        });
        said.max().unwrap_or(0)
    }
}

/// Whether a query may mean the dataset: its id stands in the text, in any case.
pub(crate) fn mentions(sql: &str, id: &str) -> bool {
    let text: String = sql
        .chars()
        .filter(|c| *c != '"' && !c.is_whitespace())
        .collect::<String>()
        .to_lowercase();
    text.contains(&id.to_lowercase())
}
