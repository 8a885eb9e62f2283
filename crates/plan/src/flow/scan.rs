//! Leaves: datasets, bound steps and views, work tables, series, literals.
//!
//! Invariant: an unknown leaf is refused.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use datafusion::catalog::cte_worktable::CteWorkTable;
use datafusion::common::DFSchema;
use datafusion::datasource::source_as_provider;
use datafusion::functions_table::generate_series::GenerateSeriesTable;
use datafusion::logical_expr::{EmptyRelation, LogicalPlan, TableScan, Values};
use sealine_label::{Aspect, Layer, Origin, View};
use sealine_spec::Dataset;

use super::node::{Node, Outcome};
use super::prover::Prover;
use super::relation::Relation;
use crate::computed::{Record, WrittenColumn};
use crate::error::Bound;
use crate::expr::{Cell, Env, Own};
use crate::source::{BoundSource, InputSource};

type Labelled = (Outcome, Vec<Arc<Node>>, Option<LogicalPlan>);

impl Prover<'_> {
    pub(crate) fn scan(&mut self, node: &TableScan) -> Bound<Labelled> {
        if !node.filters.is_empty() || node.fetch.is_some() {
            return Err(self.unsupported("a scan with pushed filters"));
        }
        let mut inputs = Vec::new();
        let whole = if let Some(source) = node.source.downcast_ref::<InputSource>() {
            match self.world.dataset(source.dataset()) {
                Some(dataset) => self.dataset(dataset, source),
                None => return Err(self.unsupported("a scan of an unknown dataset")),
            }
        } else if let Some(source) = node.source.downcast_ref::<BoundSource>() {
            match self.bound.get(&source.name) {
                Some(known) => {
                    inputs.push(Arc::clone(known));
                    // Read by several steps or scanned twice, it is the same rows.
                    known.relation.clone()
                }
                None => return Err(self.unsupported("a step that is not bound yet")),
            }
        } else {
            self.engine_table(node)?
        };
        let columns = self.read_again(whole.columns.clone());
        let whole = Relation { columns, ..whole };
        let relation = match &node.projection {
            None => whole,
            Some(indices) => {
                let columns: Option<Vec<Cell>> = indices
                    .iter()
                    .map(|i| whole.columns.get(*i).cloned())
                    .collect();
                match columns {
                    Some(columns) => whole.with_columns(columns, Vec::new()),
                    None => return Err(self.unsupported("a scan of unknown columns")),
                }
            }
        };
        Ok((relation.into(), inputs, None))
    }

    fn engine_table(&mut self, node: &TableScan) -> Bound<Relation> {
        if let Ok(provider) = source_as_provider(&node.source) {
            if let Some(table) = provider.downcast_ref::<CteWorkTable>() {
                let known = self
                    .work
                    .iter()
                    .rev()
                    .find(|(name, _)| name == table.name());
                if let Some((_, relation)) = known {
                    return Ok(relation.clone());
                }
            }
            if provider.downcast_ref::<GenerateSeriesTable>().is_some() {
                let columns = vec![self.constant(); node.source.schema().fields().len()];
                return Ok(Relation {
                    unique: vec![vec![0]],
                    ..self.literal_rows(columns)
                });
            }
        }
        Err(self.unsupported("a table that is no dataset"))
    }

    /// Rows that no data decided.
    pub(crate) fn literal_rows(&self, columns: Vec<Cell>) -> Relation {
        Relation {
            columns,
            selected: self.nothing(),
            correlated: self.nothing(),
            order: self.nothing(),
            total: false,
            unique: Vec::new(),
            rows_of: BTreeMap::new(),
            single: false,
        }
    }

    fn dataset(&mut self, dataset: &Dataset, source: &InputSource) -> Relation {
        let schema = source.input_schema();
        let written = self.world.recorded(&dataset.id);
        let before = written.into_iter().flat_map(|written| &written.columns);
        let before: HashMap<&str, &WrittenColumn> = before
            .map(|column| (column.name.as_str(), column))
            .collect();
        let columns = schema
            .fields()
            .iter()
            .map(|field| {
                let name = field.name().as_str();
                self.column(dataset, name, before.get(name).copied())
            })
            .collect();
        let mut correlated = self.one(Origin::rows(&dataset.id), View::clear());
        if let Some(written) = written {
            let recorded = self.recorded(written.rows.iter());
            correlated = self.join(correlated, recorded);
        }
        let order = self.one(Origin::order(&dataset.id), View::clear());
        let index = |name: &String| {
            schema
                .fields()
                .iter()
                .position(|field| field.name() == name)
        };
        // INVARIANT: only what the contract enforces: `unique` with `required`, and the primary key
        // where it is one declared column. A key of several columns is nobody's promise yet.
        let unique: Vec<Vec<usize>> = dataset
            .columns
            .iter()
            .filter(|column| {
                column.rules.unique && column.rules.required
                    || dataset.primary_key == [column.name.as_str()]
            })
            .filter_map(|column| Some(vec![index(&column.name)?]))
            .collect();
        Relation {
            selected: self.nothing(),
            correlated,
            order: self.join(order, correlated),
            unique,
            rows_of: BTreeMap::from([(Arc::from(dataset.id.as_str()), true)]),
            ..self.literal_rows(columns)
        }
    }

    fn column(&mut self, dataset: &Dataset, name: &str, before: Option<&WrittenColumn>) -> Cell {
        let here = (Arc::from(dataset.id.as_str()), Arc::from(name), 0);
        let mut own = Own {
            columns: Arc::new([here].into()),
            writable: self.world.writable(&dataset.id),
            // A pipeline that wrote it may have put columns beside each other that were not.
            reading: (!self.world.writable(&dataset.id)).then_some(0),
        };
        let mut null = self.one(
            Origin::column(&dataset.id, name, Aspect::Null),
            View::clear(),
        );
        let length = self.one(
            Origin::column(&dataset.id, name, Aspect::Length),
            View::clear(),
        );
        let mut value = self.nothing();
        if let Some(before) = before {
            let recorded_null = self.recorded(before.null.iter());
            null = self.join(null, recorded_null);
            let recorded = self.recorded(before.value.iter());
            match &before.passed {
                Some(passed) if !passed.is_empty() => {
                    own.writable = false;
                    let columns = Arc::make_mut(&mut own.columns);
                    for (from, column, normal) in passed {
                        columns.insert((
                            Arc::from(from.as_str()),
                            Arc::from(column.as_str()),
                            *normal,
                        ));
                    }
                    // What was passed through is known by `own`; the rest stays.
                    let columns = Arc::clone(&own.columns);
                    let rest = self.labels.filter(recorded, |origin, view| {
                        let passed = origin.aspect == Aspect::Value
                            && columns.iter().any(|(d, c, _)| {
                                *d == origin.dataset && Some(c) == origin.column.as_ref()
                            });
                        !(passed && *view == View::clear())
                    });
                    value = self.join(value, rest);
                }
                _ => value = self.join(value, recorded),
            }
        }
        let catalogued = !own.writable;
        Cell {
            own: Some(own),
            catalogued,
            ..Cell::computed(value, null, length)
        }
    }

    fn recorded<'r>(
        &mut self,
        records: impl Iterator<Item = &'r Record>,
    ) -> sealine_label::LabelId {
        let mut all = self.nothing();
        for record in records {
            let mut view = View::nothing();
            for layer in &record.view {
                view = view.join(&View::of(Layer::parse(layer)));
            }
            let one = self.one(record.origin(), view);
            all = self.join(all, one);
        }
        all
    }

    pub(crate) fn empty(&mut self, node: &EmptyRelation) -> Relation {
        let columns = vec![self.constant(); node.schema.fields().len()];
        Relation {
            single: true,
            total: true,
            ..self.literal_rows(columns)
        }
    }

    pub(crate) fn values(&mut self, node: &Values) -> Bound<Relation> {
        let nothing = Arc::new(DFSchema::empty());
        let env = Env {
            schema: &nothing,
            columns: &[],
            names: None,
        };
        let mut columns = vec![self.constant(); node.schema.fields().len()];
        for row in &node.values {
            for (cell, expr) in columns.iter_mut().zip(row) {
                let given = self.evaluate(expr, &env)?;
                let label = self.seen(&given);
                *cell = self.tainted_all(cell, label);
            }
        }
        Ok(Relation {
            single: node.values.len() < 2,
            ..self.literal_rows(columns)
        })
    }
}
