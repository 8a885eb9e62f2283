//! The state of one proof, and the small operations that all rules share.
//!
//! Invariant: labels only grow while a proof runs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::common::DFSchemaRef;
use sealine_label::{Aspect, Channels, Interner, LabelId, Layer, Level, Origin, View};
use sealine_spec::{Span, SqlText};

use super::node::Node;
use super::relation::Relation;
use crate::expr::{Cell, Own};
use crate::world::World;

/// What the rules need to know about the step that they are in.
#[derive(Debug, Clone)]
pub(crate) struct StepFacts {
    /// Its index among the texts of the proof.
    pub(crate) index: usize,
    pub(crate) sql: Arc<SqlText>,
    pub(crate) min_group: Option<u32>,
    /// Whether the selection is an owner's, and so endorsed.
    pub(crate) endorsed: bool,
}

/// Why a protection or an aggregate was worth nothing.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) code: &'static str,
    pub(crate) origin: Origin,
    pub(crate) reason: String,
    pub(crate) span: Span,
    pub(crate) step: usize,
}

/// A flow that is wrong wherever it ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) code: &'static str,
    pub(crate) origin: Origin,
    pub(crate) level: Level,
    pub(crate) reason: String,
    pub(crate) span: Span,
    pub(crate) step: usize,
}

/// An expression that can fail on some values.
#[derive(Debug, Clone, PartialEq)]
struct Partial {
    what: String,
    span: Span,
    step: usize,
}

/// A scope that a correlated subquery sees from inside.
#[derive(Debug, Clone)]
pub(crate) struct Outer {
    pub(crate) schema: DFSchemaRef,
    pub(crate) columns: Vec<Cell>,
}

/// The state of a proof.
#[derive(Debug)]
pub(crate) struct Prover<'a> {
    pub(crate) world: &'a World<'a>,
    pub(crate) labels: Interner,
    pub(crate) step: StepFacts,
    /// Errors are seen by whoever is cleared for this.
    pub(crate) threshold: Level,
    /// Steps and views that are bound already, by their scan's name.
    pub(crate) bound: BTreeMap<String, Arc<Node>>,
    pub(crate) outer: Vec<Outer>,
    pub(crate) work: Vec<(String, Relation)>,
    pub(crate) lambdas: Vec<(String, Cell)>,
    /// How many subqueries deep: aggregates there are over populations that rows choose.
    pub(crate) nested: usize,
    /// Whether only the first of the rows at hand are kept.
    pub(crate) cut: bool,
    /// The inputs and steps up to the one at hand, as a number: equal ones compute the same.
    pub(crate) made_of: u64,
    /// How many populations were summed over so far.
    pub(crate) populations: u64,
    /// What decided that the expression at hand is evaluated at all.
    pub(crate) reached: LabelId,
    /// Everything that can fail, and what of it is in the node at hand, as indices.
    pub(crate) partials: Partials,
    pub(crate) partial: BTreeSet<usize>,
    pub(crate) notes: Vec<Note>,
    pub(crate) found: Vec<Found>,
    /// How many readings of datasets there are so far, and those that unions made of two.
    pub(crate) readings: u64,
    pub(crate) united: BTreeMap<(u64, u64), u64>,
    /// The default domain of tokens, by slot.
    pub(crate) domains: HashMap<usize, String>,
    /// Nodes of subqueries met in the expressions of the node at hand.
    pub(crate) met: Vec<Arc<Node>>,
}

/// Each expression that can fail, once.
#[derive(Debug, Default)]
pub(crate) struct Partials(Vec<Partial>);

impl Partials {
    fn index_of(&mut self, partial: Partial) -> usize {
        let known = self.0.iter().position(|known| *known == partial);
        known.unwrap_or_else(|| {
            self.0.push(partial);
            self.0.len() - 1
        })
    }

    fn of(&self, indices: &BTreeSet<usize>) -> Vec<Partial> {
        let all = indices.iter();
        all.filter_map(|index| self.0.get(*index).cloned())
            .collect()
    }
}

impl Prover<'_> {
    pub(crate) fn nothing(&self) -> LabelId {
        self.labels.empty()
    }

    pub(crate) fn join(&mut self, a: LabelId, b: LabelId) -> LabelId {
        self.labels.join(a, b)
    }

    /// A result that no data reached.
    pub(crate) fn constant(&self) -> Cell {
        Cell::computed(self.nothing(), self.nothing(), self.nothing())
    }

    /// A result that all of a label reached, in every aspect.
    pub(crate) fn all_of(&self, label: LabelId) -> Cell {
        Cell::computed(label, label, label)
    }

    /// One origin in one view, explicitly.
    pub(crate) fn one(&mut self, origin: Origin, view: View) -> LabelId {
        self.labels.single(origin, view, Channels::EXPLICIT)
    }

    /// The columns of `own`, seen as `layer`.
    pub(crate) fn own_as(&mut self, own: &Own, layer: &Layer) -> LabelId {
        let mut all = self.nothing();
        for (dataset, column, normalized) in own.columns.iter() {
            let mut layer = layer.clone();
            // Branches of a union may be normalized differently: each token is of its own text.
            if let Layer::Token { normal, .. } | Layer::Part { normal, .. } = &mut layer {
                *normal = *normalized;
            }
            let one = self.one(
                Origin::column(dataset, column, Aspect::Value),
                View::of(layer),
            );
            all = self.join(all, one);
        }
        all
    }

    /// The columns of a relation read once more: its rows need not meet themselves in a join.
    pub(crate) fn read_again(&mut self, mut columns: Vec<Cell>) -> Vec<Cell> {
        let mut numbers = BTreeMap::new();
        for own in columns.iter_mut().filter_map(|cell| cell.own.as_mut()) {
            if let Some(before) = own.reading {
                own.reading = Some(*numbers.entry(before).or_insert_with(|| {
                    self.readings += 1;
                    self.readings
                }));
            }
        }
        columns
    }

    /// The reading that is one of two, the same for the same two.
    pub(crate) fn either_reading(&mut self, a: Option<u64>, b: Option<u64>) -> Option<u64> {
        let both = (a?, b?);
        let next = self.readings + 1;
        let number = *self.united.entry(both).or_insert(next);
        self.readings = self.readings.max(number);
        Some(number)
    }

    /// What the value of a cell carries.
    pub(crate) fn value(&mut self, cell: &Cell) -> LabelId {
        match &cell.own {
            None => cell.value,
            Some(own) => {
                let clear = self.own_as(own, &Layer::Clear);
                self.join(cell.value, clear)
            }
        }
    }

    /// What whoever sees a cell learns from it.
    pub(crate) fn seen(&mut self, cell: &Cell) -> LabelId {
        let value = self.value(cell);
        self.join(value, cell.null)
    }

    /// What several cells carry together.
    pub(crate) fn seen_all<'c>(&mut self, cells: impl IntoIterator<Item = &'c Cell>) -> LabelId {
        let mut all = self.nothing();
        for cell in cells {
            let one = self.seen(cell);
            all = self.join(all, one);
        }
        all
    }

    /// What decides that rows differ in these cells. A key among them determines the columns of its
    /// own row, from the same reading of its dataset: those decide nothing more.
    pub(crate) fn deciding(&mut self, cells: &[Cell]) -> LabelId {
        let world = self.world;
        let keys: Vec<(&Own, &Arc<str>)> = cells
            .iter()
            .filter_map(|cell| {
                let own = cell.own.as_ref()?;
                let (dataset, column) = own.only()?;
                world.is_key(dataset, column).then_some((own, dataset))
            })
            .collect();
        let determined = |own: &Own| {
            let only = own.columns.len() == 1;
            let dataset = own.columns.first().map(|(dataset, _, _)| dataset);
            only && keys.iter().any(|(key, of)| {
                Some(*of) == dataset && key.same_row(own) && key.columns != own.columns
            })
        };
        let mut all = self.nothing();
        for cell in cells {
            let one = if cell.own.as_ref().is_some_and(&determined) {
                cell.value
            } else {
                self.seen(cell)
            };
            all = self.join(all, one);
        }
        all
    }

    /// What decided which rows a relation has.
    pub(crate) fn row(&mut self, relation: &Relation) -> LabelId {
        self.join(relation.selected, relation.correlated)
    }

    /// The cell, reached by more in its value only.
    pub(crate) fn tainted(&mut self, cell: &Cell, label: LabelId) -> Cell {
        Cell {
            value: self.join(cell.value, label),
            ..cell.clone()
        }
    }

    /// The cell, reached by more in every aspect.
    pub(crate) fn tainted_all(&mut self, cell: &Cell, label: LabelId) -> Cell {
        Cell {
            value: self.join(cell.value, label),
            null: self.join(cell.null, label),
            length: self.join(cell.length, label),
            catalogued: false,
            ..cell.clone()
        }
    }

    /// Records that an expression can fail on what the label says, or where it is evaluated, if
    /// failing would tell.
    pub(crate) fn may_fail(&mut self, label: LabelId, what: &str, span: Span) {
        let label = self.join(label, self.reached);
        let step = self.step.index;
        let what = what.to_owned();
        let index = self.partials.index_of(Partial { what, span, step });
        self.partial.insert(index);
        self.failing(label, &BTreeSet::from([index]));
    }

    /// A column that an expression below computes, used here: the engine merges the two, so that it
    /// is evaluated where it is used.
    pub(crate) fn used(&mut self, cell: &Cell) {
        if !cell.fails.is_empty() {
            self.partial.extend(&cell.fails);
            self.failing(self.reached, &cell.fails);
        }
    }

    /// Evaluates what more had to be so to be reached.
    pub(crate) fn reached_by<T>(&mut self, label: LabelId, then: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.reached;
        self.reached = self.join(before, label);
        let done = then(self);
        self.reached = before;
        done
    }

    /// Reports what fails where the label decides whether it is evaluated.
    pub(crate) fn failing(&mut self, label: LabelId, partial: &BTreeSet<usize>) {
        if partial.is_empty() {
            return;
        }
        let threshold = self.threshold;
        let world = self.world;
        let secret = self
            .labels
            .entries(label)
            .map(|(origin, view, _)| (origin.clone(), world.level(origin), view.clone()))
            .find(|(_, level, view)| *level > threshold && !harmless(view));
        let Some((origin, level, _)) = secret else {
            return;
        };
        for Partial { what, span, step } in self.partials.of(partial) {
            self.report(Found {
                code: "SL3010",
                reason: format!(
                    "{what} can fail, and that the run failed would tell something about `{origin}` to whoever sees the run"
                ),
                origin: origin.clone(),
                level,
                span,
                step,
            });
        }
    }

    pub(crate) fn report(&mut self, found: Found) {
        if !self.found.contains(&found) {
            self.found.push(found);
        }
    }

    pub(crate) fn note(&mut self, code: &'static str, origin: Origin, reason: String, span: Span) {
        let step = self.step.index;
        self.notes.push(Note {
            code,
            origin,
            reason,
            span,
            step,
        });
    }
}

/// Whether nothing of the origin shows.
fn harmless(view: &View) -> bool {
    view.layers()
        .iter()
        .all(|layer| matches!(layer, Layer::Removed { .. }))
}
