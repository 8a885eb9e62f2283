//! Judging what is shown: demands where it is protected, violations where it is not.
//!
//! Invariant: nothing above a clearance is passed over.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealine_label::{Aspect, Channels, Layer, Level, Origin, View};

use super::{Checked, Shown, Trail, Trails, reached};
use crate::finding::{Demand, DemandKind, Violation};
use crate::flow::{Node, Prover};
use crate::job::Job;
use crate::plan::{OutputColumn, Sink};

pub(super) struct Checking<'c, 'a> {
    pub(super) prover: &'c mut Prover<'a>,
    job: &'c Job,
    nodes: &'c [Arc<Node>],
    pub(super) shown: Vec<Shown>,
    violations: Vec<Violation>,
    demands: Vec<Demand>,
    trails: Trails,
}

impl<'c, 'a> Checking<'c, 'a> {
    pub(super) fn new(
        prover: &'c mut Prover<'a>,
        job: &'c Job,
        nodes: &'c [Arc<Node>],
        shown: Vec<Shown>,
    ) -> Self {
        Self {
            prover,
            job,
            nodes,
            shown,
            violations: Vec::new(),
            demands: Vec::new(),
            trails: Trails::default(),
        }
    }

    pub(super) fn checked(self, columns: Vec<Vec<OutputColumn>>) -> Checked {
        Checked {
            violations: self.violations,
            demands: self.demands,
            columns,
            trails: self.trails,
        }
    }
}

impl Checking<'_, '_> {
    pub(super) fn clearance(&self, trail: Trail) -> Level {
        self.job
            .outputs
            .get(trail.output)
            .map_or(Level::bottom(), |output| output.clearance)
    }

    fn dataset(&self, trail: Trail) -> String {
        match self
            .job
            .outputs
            .get(trail.output)
            .map(|output| &output.sink)
        {
            Some(Sink::Dataset(dataset)) => dataset.id.clone(),
            _ => String::new(),
        }
    }

    fn column(&self, trail: Trail) -> Option<String> {
        let node = self.nodes.get(trail.output)?;
        let schema = node.plan.schema();
        trail
            .column
            .and_then(|index| schema.fields().get(index))
            .map(|field| field.name().clone())
    }

    /// What was wrong wherever it ends, for the first output that reaches it.
    pub(super) fn found_before(&mut self) {
        for found in std::mem::take(&mut self.prover.found) {
            let reaches = |node: &Arc<Node>| reached(node, found.step);
            let output = self.nodes.iter().position(reaches);
            let Some(output) = output else { continue };
            let trail = Trail {
                output,
                column: None,
            };
            self.trails.violations.push(trail);
            self.violations.push(Violation {
                code: found.code,
                dataset: self.dataset(trail),
                column: None,
                clearance: self.prover.threshold,
                level: found.level,
                reason: found.reason,
                span: Some(found.span),
                origin: found.origin,
            });
        }
    }

    /// Each origin in each column and in the rows.
    pub(super) fn each(&mut self) {
        let shown = std::mem::take(&mut self.shown);
        for one in &shown {
            let level = self.prover.world.level(&one.origin);
            if level <= self.clearance(one.trail) {
                continue;
            }
            // The rows tell no more than a column of the same output does.
            let covered = one.trail.column.is_none()
                && shown.iter().any(|other| {
                    other.trail.output == one.trail.output
                        && other.trail.column.is_some()
                        && other.origin == one.origin
                        && one.view.flows_to(&other.view)
                });
            if !covered {
                self.judge(one, level, None);
            }
        }
        self.shown = shown;
    }

    /// Each origin over everything that shows it.
    pub(super) fn together(&mut self) {
        let mut joined: BTreeMap<Origin, Vec<&Shown>> = BTreeMap::new();
        let shown = self.shown.clone();
        for one in &shown {
            if self.prover.world.level(&one.origin) > self.clearance(one.trail) {
                joined.entry(one.origin.clone()).or_default().push(one);
            }
        }
        for (origin, all) in joined {
            let view = all
                .iter()
                .fold(View::nothing(), |view, one| view.join(&one.view));
            let alone = all
                .iter()
                .any(|one| one.view == view || (one.view.is_clear() && view.is_clear()));
            let new: Vec<&Layer> = view
                .layers()
                .iter()
                .filter(|l| !all.iter().any(|one| one.view.layers().contains(l)))
                .collect();
            let more = (view.is_clear() && !all.iter().any(|one| one.view.is_clear()))
                || (view.mixes_families() && !view.is_clear())
                || !new.is_empty();
            if alone || !more {
                continue;
            }
            let Some(last) = all.iter().max_by_key(|one| {
                (
                    std::cmp::Reverse(self.clearance(one.trail)),
                    one.trail.column.is_some(),
                )
            }) else {
                continue;
            };
            let level = self.prover.world.level(&origin);
            let shown = Shown {
                view: view.clone(),
                ..(*last).clone()
            };
            self.judge(&shown, level, Some("*"));
        }
    }

    fn judge(&mut self, one: &Shown, level: Level, column: Option<&str>) {
        let view = &one.view;
        if view.is_clear() {
            self.violate(one, level);
            return;
        }
        if let Some(more) = self.beyond_grant(one) {
            self.push_violation(one, level, "SL3013", more);
            return;
        }
        let tags = self.prover.world.tags(&one.origin);
        let tags: Vec<_> = if tags.is_empty() {
            vec![None]
        } else {
            tags.iter().cloned().map(Some).collect()
        };
        for tag in tags {
            if view.mixes_families() {
                let telling = view.layers().iter().filter(|layer| layer.tells());
                let mut names: Vec<&str> = telling.filter_map(Layer::protection).collect();
                names.dedup();
                let demand = self.demand(one, level, tag.clone(), column, &Layer::Clear);
                self.push_demand(
                    Demand {
                        protection: names.join("+"),
                        ..demand
                    },
                    one.trail,
                );
            }
            for layer in view.layers() {
                let demand = self.demand(one, level, tag.clone(), column, layer);
                self.push_demand(demand, one.trail);
            }
        }
    }

    fn demand(
        &self,
        one: &Shown,
        level: Level,
        tag: Option<sealine_label::Tag>,
        column: Option<&str>,
        layer: &Layer,
    ) -> Demand {
        let (mut key, mut first, mut last, mut width, mut offset, mut min_group) =
            (None, None, None, None, None, None);
        let mut form = None;
        let told = |text: &Arc<str>| (!text.is_empty()).then(|| text.to_string());
        match layer {
            Layer::Sealed { key: name, .. } => key = Some(name.to_string()),
            Layer::Token {
                key: name, form: f, ..
            } => (key, form) = (Some(name.to_string()), told(f)),
            Layer::Part {
                key: name, form: f, ..
            } => (key, form) = (name.as_ref().map(ToString::to_string), told(f)),
            Layer::Masked {
                first: f, last: l, ..
            } => (first, last) = (Some(i64::from(*f)), Some(i64::from(*l))),
            Layer::Bucketed { .. } => {
                let units = layer.bucket_units();
                (width, offset) = (units.map(|(w, _)| w), units.map(|(_, o)| o));
            }
            Layer::Aggregated { k, .. } => min_group = Some(i64::from(*k)),
            Layer::Clear | Layer::Removed { .. } | Layer::Cell { .. } => {}
        }
        Demand {
            id: 0,
            kind: if matches!(layer, Layer::Cell { .. }) {
                DemandKind::Select
            } else {
                DemandKind::Declassify
            },
            origin: one.origin.clone(),
            tag,
            dataset: self.dataset(one.trail),
            column: column
                .map(str::to_owned)
                .or_else(|| self.column(one.trail))
                .unwrap_or_else(|| "#rows".to_owned()),
            from_level: level,
            to_level: self.clearance(one.trail),
            protection: layer.protection().unwrap_or("none").to_owned(),
            key,
            first,
            last,
            width,
            offset,
            min_group,
            form,
            span: self
                .job
                .outputs
                .get(one.trail.output)
                .and_then(|output| output.span),
        }
    }

    fn push_demand(&mut self, mut demand: Demand, trail: Trail) {
        let same = |known: &Demand| {
            Demand {
                id: 0,
                ..known.clone()
            } == demand
        };
        if !self.demands.iter().any(same) {
            demand.id = self.demands.len();
            self.demands.push(demand);
            self.trails.demands.push(trail);
        }
    }

    /// Why a selection is not the one that the owner grants.
    fn beyond_grant(&self, one: &Shown) -> Option<String> {
        let cells = self
            .shown
            .iter()
            .chain([one])
            .filter(|other| other.origin == one.origin)
            .flat_map(|other| other.view.layers())
            .filter(|layer| matches!(layer, Layer::Cell { .. }));
        let mut cells: Vec<&Layer> = cells.collect();
        cells.sort();
        cells.dedup();
        if !one
            .view
            .layers()
            .iter()
            .any(|layer| matches!(layer, Layer::Cell { .. }))
        {
            return None;
        }
        let column = one.origin.column.as_deref().unwrap_or_default();
        let select = self
            .prover
            .world
            .column(&one.origin.dataset, column)?
            .select
            .as_ref()?;
        if select.to > self.clearance(one.trail) {
            return Some(format!(
                "the grant on `{}` is for a higher clearance than this destination has",
                one.origin
            ));
        }
        // One cell more: everything else.
        let told_apart = cells.len() + 1;
        (told_apart > select.max_cells as usize).then(|| {
            format!(
                "these filters tell {told_apart} groups of `{}` apart, and its owner grants {}",
                one.origin, select.max_cells
            )
        })
    }

    fn violate(&mut self, one: &Shown, level: Level) {
        let note = self.prover.notes.iter().rev().find(|note| {
            note.origin.dataset == one.origin.dataset
                && note.origin.column == one.origin.column
                && self
                    .nodes
                    .get(one.trail.output)
                    .is_some_and(|node| reached(node, note.step))
        });
        let origin = &one.origin;
        let column = self.column(one.trail);
        let (code, reason) = match (note, &column) {
            _ if !one.view.has_clear() => (
                "SL3012",
                format!(
                    "what several protections leave of `{origin}` gives more together than each alone"
                ),
            ),
            (Some(note), _) if origin.aspect == Aspect::Value && one.trail.column.is_some() => {
                (note.code, note.reason.clone())
            }
            (_, None) => (
                "SL3002",
                format!("which rows there are tells something about `{origin}`"),
            ),
            (_, Some(column)) if origin.aspect == Aspect::Null => (
                "SL3003",
                format!("the nulls of `{column}` tell which values of `{origin}` are missing"),
            ),
            (_, Some(column)) if origin.aspect == Aspect::Length => (
                "SL3004",
                format!("the lengths in `{column}` tell those of `{origin}`"),
            ),
            (_, Some(column)) if one.channels.contains(Channels::EXPLICIT) => (
                "SL3001",
                format!(
                    "whoever reads `{column}` learns values of `{origin}`, or something computed from them"
                ),
            ),
            (_, Some(column)) => (
                "SL3002",
                format!("which rows `{column}` stands in tells something about `{origin}`"),
            ),
        };
        let reason = reason.replace("#null", "").replace("#length", "");
        let span = note.filter(|_| code != "SL3002").map(|note| note.span);
        let trail = one.trail;
        let same = |known: &Violation| {
            known.code == code
                && known.origin == *origin
                && known.column == column
                && known.dataset == self.dataset(trail)
        };
        if !self.violations.iter().any(same) {
            self.trails.violations.push(trail);
            let (dataset, clearance) = (self.dataset(trail), self.clearance(trail));
            let origin = origin.clone();
            self.violations.push(Violation {
                code,
                origin,
                dataset,
                column,
                level,
                clearance,
                reason,
                span,
            });
        }
    }

    pub(super) fn push_violation(
        &mut self,
        one: &Shown,
        level: Level,
        code: &'static str,
        reason: String,
    ) {
        let violation = Violation {
            code,
            origin: one.origin.clone(),
            dataset: self.dataset(one.trail),
            column: self.column(one.trail),
            level,
            clearance: self.clearance(one.trail),
            reason,
            span: None,
        };
        if !self.violations.contains(&violation) {
            self.trails.violations.push(one.trail);
            self.violations.push(violation);
        }
    }
}
