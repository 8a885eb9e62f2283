//! Judging what is shown: demands where it is protected, violations where it is not.
//!
//! Invariant: nothing above a clearance is passed over.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealine_label::{Aspect, Channels, Layer, Level, Origin, Tag, View};

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
    pub(super) trails: Trails,
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
        let output = self.job.outputs.get(trail.output);
        output.map_or(Level::bottom(), |output| match trail.named {
            true => output.lowest(),
            false => output.clearance,
        })
    }

    pub(super) fn dataset(&self, trail: Trail) -> String {
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
                beside: None,
                named: false,
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
                named: false,
            });
        }
    }

    /// Each origin in each column and in the rows.
    pub(super) fn each(&mut self) {
        let shown = self.shown.clone();
        for one in &shown {
            let level = self.prover.world.level(&one.origin);
            if level <= self.clearance(one.trail) {
                continue;
            }
            // The rows tell no more than a column of the same output does.
            let covered = one.trail.column.is_none()
                && shown.iter().any(|other| {
                    other.trail.output == one.trail.output
                        && other.trail.named == one.trail.named
                        && other.trail.column.is_some()
                        && other.origin == one.origin
                        && one.view.flows_to(&other.view)
                });
            if !covered {
                self.judge(one, level, None);
            }
        }
    }

    /// Each origin over everything that shows it.
    pub(super) fn together(&mut self) {
        for (origin, all) in self.above() {
            let view = all
                .iter()
                .fold(View::nothing(), |view, one| view.join(&one.view));
            let parts: Vec<&View> = all.iter().map(|one| &one.view).collect();
            if !tells_more(&view, &parts) {
                continue;
            }
            let level = self.prover.world.level(&origin);
            if let Some(shown) = self.lowest(&all, view) {
                self.judge(&shown, level, Some("*"));
            }
        }
    }

    /// All that is shown below its own level, by origin.
    pub(super) fn above(&self) -> BTreeMap<Origin, Vec<Shown>> {
        let mut joined: BTreeMap<Origin, Vec<Shown>> = BTreeMap::new();
        for one in &self.shown {
            if self.prover.world.level(&one.origin) > self.clearance(one.trail) {
                joined
                    .entry(one.origin.clone())
                    .or_default()
                    .push(one.clone());
            }
        }
        joined
    }

    /// The one with the lowest clearance, a column if any, with another view.
    pub(super) fn lowest(&self, all: &[Shown], view: View) -> Option<Shown> {
        let lowest = all.iter().max_by_key(|one| {
            (
                std::cmp::Reverse(self.clearance(one.trail)),
                one.trail.column.is_some(),
            )
        })?;
        Some(Shown {
            view,
            ..lowest.clone()
        })
    }

    pub(super) fn judge(&mut self, one: &Shown, level: Level, column: Option<&str>) {
        let view = &one.view;
        if view.is_clear() {
            self.violate(one, level);
            return;
        }
        if let Some(more) = self.beyond_grant(one) {
            self.push_violation(one, level, "SL3013", more);
            return;
        }
        if let Some(known) = self.known_by_link(one, level) {
            self.push_violation(one, level, "SL3472", known);
            return;
        }
        for tag in self.tags(&one.origin) {
            self.mixed(one, level, tag.as_ref(), column);
            for layer in view.layers() {
                let demand = self.demand(one, level, tag.clone(), column, layer);
                self.push_demand(demand, one.trail);
            }
        }
    }

    /// What is asked about: each tag, or that there is none.
    pub(super) fn tags(&self, origin: &Origin) -> Vec<Option<Tag>> {
        match self.prover.world.tags(origin) {
            [] => vec![None],
            tags => tags.iter().cloned().map(Some).collect(),
        }
    }

    /// Several families of views are permitted by a policy that names them all.
    pub(super) fn mixed(
        &mut self,
        one: &Shown,
        level: Level,
        tag: Option<&Tag>,
        column: Option<&str>,
    ) {
        if !one.view.mixes_families() {
            return;
        }
        let telling = one.view.layers().iter().filter(|layer| layer.tells());
        let mut names: Vec<&str> = telling.filter_map(Layer::protection).collect();
        names.dedup();
        let demand = self.demand(one, level, tag.cloned(), column, &Layer::Clear);
        let demand = Demand {
            protection: names.join("+"),
            ..demand
        };
        self.push_demand(demand, one.trail);
    }

    pub(super) fn demand(
        &self,
        one: &Shown,
        level: Level,
        tag: Option<Tag>,
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
            Layer::Linked { dataset, column } => form = Some(format!("{dataset}.{column}")),
            Layer::Clear | Layer::Removed { .. } | Layer::Cell { .. } => {}
        }
        // One fact of the rows, in whatever column it is met.
        let linked = matches!(layer, Layer::Linked { .. });
        let column = if linked { Some("#rows") } else { column };
        Demand {
            id: 0,
            kind: match layer {
                Layer::Cell { .. } => DemandKind::Select,
                Layer::Linked { .. } => DemandKind::Link,
                _ => DemandKind::Declassify,
            },
            origin: one.origin.clone(),
            tag,
            dataset: self.dataset(one.trail),
            beside: self.beside_dataset(one.trail),
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

    pub(super) fn push_demand(&mut self, mut demand: Demand, trail: Trail) {
        let mut known = self.demands.iter();
        let same = known.any(|known| {
            demand.id = known.id;
            *known == demand
        });
        if !same {
            demand.id = self.demands.len();
            self.demands.push(demand);
            self.trails.demands.push(trail);
        }
    }

    /// Why a link gives the value away: what it is equal to can be read by who is not cleared for it.
    fn known_by_link(&self, one: &Shown, level: Level) -> Option<String> {
        let mut linked = one.view.layers().iter().filter_map(|layer| match layer {
            Layer::Linked { dataset, column } => {
                Some(Origin::column(dataset, column, Aspect::Value))
            }
            _ => None,
        });
        let known = linked.find(|other| self.prover.world.level(other) < level)?;
        Some(format!(
            "rows are joined where `{}` is equal to `{known}`, which is of a lower level: who reads both learns the former",
            one.origin
        ))
    }

    /// Why a selection is not the one that the owner grants.
    pub(super) fn beyond_grant(&self, one: &Shown) -> Option<String> {
        let cell = |layer: &&Layer| matches!(layer, Layer::Cell { .. });
        if !one.view.layers().iter().any(|layer| cell(&layer)) {
            return None;
        }
        let level = self.prover.world.level(&one.origin);
        let cells = self
            .shown
            .iter()
            .filter(|other| other.origin == one.origin && self.clearance(other.trail) < level)
            .chain([one])
            .flat_map(|other| other.view.layers())
            .filter(cell);
        let mut cells: Vec<&Layer> = cells.collect();
        cells.sort();
        cells.dedup();
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
        let mut reason = reason.replace("#null", "").replace("#length", "");
        if one.trail.named {
            reason =
                format!("in the names of folders, which everyone sees who can list them: {reason}");
        }
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
                named: trail.named,
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
            named: one.trail.named,
        };
        if !self.violations.contains(&violation) {
            self.trails.violations.push(one.trail);
            self.violations.push(violation);
        }
    }
}

/// Whether a view tells more than any of the views that it is joined of.
pub(super) fn tells_more(whole: &View, parts: &[&View]) -> bool {
    let any = |holds: &dyn Fn(&View) -> bool| parts.iter().any(|part| holds(part));
    if any(&|part| part == whole || (part.is_clear() && whole.is_clear())) {
        return false;
    }
    let mut layers = whole.layers().iter();
    whole.is_clear()
        || whole.mixes_families()
        || layers.any(|layer| !any(&|part| part.layers().contains(layer)))
}
