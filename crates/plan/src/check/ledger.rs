//! What the live pipelines show together.
//!
//! The audience of an origin is everyone who is not cleared for it; the best cleared of them reads
//! every dataset that shows it below its own level, whichever pipeline writes it. Who may `read`
//! what is not asked: roles come and go with whoever signs in, and the proof is of the files.
//!
//! Invariant: of two pipelines that give more together, both are asked for it, so that neither runs
//! first. What a pipeline is refused for by itself is not held against another.

use std::sync::Arc;

use sealine_label::{Aspect, Channels, Layer, Level, Origin, View};

use super::judge::{Checking, tells_more};
use super::{Beside, Shown, Shows, Trail};
use crate::finding::Demand;

/// What a policy permits where several aggregates are over different populations.
const POPULATIONS: &str = "populations";

impl Checking<'_, '_> {
    /// Judges what is shown here beside what the others show.
    pub(super) fn beside(&mut self, others: &[Arc<Shows>]) {
        if others.is_empty() {
            return;
        }
        for (origin, own) in self.above() {
            self.views_beside(&origin, &own, others);
        }
        self.dictionaries_beside(others);
        self.known_beside(others);
    }

    /// The dataset of the other pipeline, where a finding is about two.
    pub(super) fn beside_dataset(&self, trail: Trail) -> Option<String> {
        let beside = self.trails.beside.get(trail.beside?)?;
        Some(beside.shows.to(beside.trail).0.to_owned())
    }

    /// The joined views of one origin: beside each other pipeline, and over all where cells add up.
    fn views_beside(&mut self, origin: &Origin, own: &[Shown], others: &[Arc<Shows>]) {
        let level = self.prover.world.level(origin);
        let ours = telling(own);
        // What gives the value away by itself is refused already.
        if ours.layers().is_empty() || ours.is_clear() {
            return;
        }
        let mut all = ours.clone();
        let mut known: Vec<Layer> = ours.layers().to_vec();
        let mut last = None;
        for other in others {
            let theirs = other.of(origin).filter(|one| {
                level > other.to(one.trail).1 && one.view.layers().iter().any(Layer::tells)
            });
            let theirs: Vec<Shown> = theirs.cloned().collect();
            let first = theirs.iter().max_by_key(|one| one.trail.column.is_some());
            let Some(first) = first.map(|one| one.trail) else {
                continue;
            };
            let view = telling(&theirs);
            let Some(mut one) = self.lowest(own, ours.join(&view)) else {
                continue;
            };
            one.trail = self.with(one.trail, other, first);
            self.pair(&one, level, [&ours, &view]);
            all = all.join(&view);
            known.extend(view.layers().iter().chain(one.view.layers()).cloned());
            last = Some(one.trail);
        }
        // Bands and selected cells of three pipelines may cut finer than those of any two.
        let cuts = |layer: &Layer| matches!(layer, Layer::Bucketed { .. } | Layer::Cell { .. });
        if let Some(trail) = last
            && ours.layers().iter().any(cuts)
            && let Some(one) = self.lowest(own, all.only(cuts))
        {
            let one = Shown { trail, ..one };
            self.finer(&one, level, &known);
            if let Some(more) = self.beyond_grant(&one) {
                self.push_violation(&one, level, "SL3013", more);
            }
        }
    }

    /// What two pipelines show of one origin.
    fn pair(&mut self, one: &Shown, level: Level, parts: [&View; 2]) {
        let summed = |layer: &Layer| matches!(layer, Layer::Aggregated { .. });
        let rest = one.view.only(|layer| !summed(layer));
        let several = one.view.only(summed).is_clear();
        if several {
            self.populations(one, level);
        }
        if rest.is_clear() {
            self.incomparable(&rest, one, level);
            return;
        }
        let whole = if several { rest } else { one.view.clone() };
        if !tells_more(&whole, &parts) {
            return;
        }
        let one = Shown {
            view: whole,
            ..one.clone()
        };
        for tag in self.tags(&one.origin) {
            self.mixed(&one, level, tag.as_ref(), Some("*"));
        }
        let known: Vec<Layer> = parts
            .iter()
            .flat_map(|view| view.layers())
            .cloned()
            .collect();
        self.finer(&one, level, &known);
    }

    /// Layers that none of the parts has, such as the bands that two kinds of bands cut out.
    fn finer(&mut self, one: &Shown, level: Level, known: &[Layer]) {
        let new = one
            .view
            .layers()
            .iter()
            .filter(|layer| !known.contains(layer));
        for layer in new.filter(|layer| !matches!(layer, Layer::Cell { .. })) {
            for tag in self.tags(&one.origin) {
                let demand = self.demand(one, level, tag, Some("*"), layer);
                self.push_demand(demand, one.trail);
            }
        }
    }

    /// Two ways of which neither holds the other, and nobody can say what they tell together: a
    /// policy has to name both as they are written.
    fn incomparable(&mut self, rest: &View, one: &Shown, level: Level) {
        let ways = rest.layers().iter();
        let names: Vec<&str> = ways.clone().filter_map(Layer::protection).collect();
        let forms: Vec<String> = ways.map(ToString::to_string).collect();
        for tag in self.tags(&one.origin) {
            let demand = self.demand(one, level, tag, Some("*"), &Layer::Clear);
            let demand = Demand {
                protection: names.join("+"),
                form: Some(forms.join(" + ")),
                ..demand
            };
            self.push_demand(demand, one.trail);
        }
    }

    /// Sums over two populations: whoever subtracts one from the other learns the sum over those
    /// who are in one only, be they ever so few. Nobody can count them before a run, so that a
    /// policy has to name the two datasets.
    fn populations(&mut self, one: &Shown, level: Level) {
        let smallest = one.view.layers().iter().filter_map(|layer| match layer {
            Layer::Aggregated { k, .. } => Some(i64::from(*k)),
            _ => None,
        });
        let smallest = smallest.min();
        let mut datasets = vec![self.dataset(one.trail)];
        datasets.extend(self.beside_dataset(one.trail));
        datasets.sort();
        for tag in self.tags(&one.origin) {
            let demand = self.demand(one, level, tag, Some("*"), &Layer::Clear);
            let demand = Demand {
                protection: POPULATIONS.to_owned(),
                min_group: smallest,
                form: Some(datasets.join(", ")),
                ..demand
            };
            self.push_demand(demand, one.trail);
        }
    }

    /// Values in one dataset and their stand-ins in another.
    fn dictionaries_beside(&mut self, others: &[Arc<Shows>]) {
        let highest = self.prover.world.spec.project.levels.highest();
        let value = |one: &&Shown| {
            one.origin.aspect == Aspect::Value && one.channels.contains(Channels::EXPLICIT)
        };
        for own in self.shown.clone().iter().filter(value) {
            let level = self.prover.world.level(&own.origin);
            let here = self.clearance(own.trail);
            // Whoever reads the tokens reads the values too; above the highest level is nobody.
            let pair = |read: &Shown, at: Level, token: &Shown, token_at: Level| {
                read.trail.column.is_some()
                    && level <= at
                    && at <= token_at
                    && token_at < highest
                    && read.view.is_dictionary_with(&token.view, true)
            };
            for other in others {
                let theirs = other.of(&own.origin).filter(value).find(|theirs| {
                    let there = other.to(theirs.trail).1;
                    pair(own, here, theirs, there) || pair(theirs, there, own, here)
                });
                let Some(theirs) = theirs.map(|theirs| theirs.trail) else {
                    continue;
                };
                let trail = self.with(own.trail, other, theirs);
                let one = Shown {
                    trail,
                    ..own.clone()
                };
                let reason = format!(
                    "{} show values of `{}` and their tokens: together they are a dictionary of the key",
                    self.both(&one),
                    own.origin
                );
                self.push_violation(&one, level, "SL3470", reason);
            }
        }
    }

    /// Values that can be read, in one dataset, and get the same stand-ins as those of another.
    fn known_beside(&mut self, others: &[Arc<Shows>]) {
        let own = self.shown.clone();
        for own in own.iter().filter(|one| !ways(one).is_empty()) {
            let level = self.prover.world.level(&own.origin);
            let here = self.clearance(own.trail);
            for other in others {
                let theirs = other.shown.iter().find(|theirs| {
                    let there = other.to(theirs.trail).1;
                    let given_away = |secret: &Shown, at: Level, known: &Shown, read_at: Level| {
                        self.prover.world.level(&secret.origin) > at
                            && self.is_known(known, at)
                            && read_at <= at
                    };
                    ways(theirs).iter().any(|way| ways(own).contains(way))
                        && (given_away(own, here, theirs, there)
                            || given_away(theirs, there, own, here))
                });
                let Some(theirs) = theirs else { continue };
                let trail = self.with(own.trail, other, theirs.trail);
                let one = Shown {
                    trail,
                    ..own.clone()
                };
                let reason = format!(
                    "{} show stand-ins of `{}` and `{}` that are alike for like values, and one of them can be read: together they give the other away; use another key, domain or parameters",
                    self.both(&one),
                    own.origin,
                    theirs.origin
                );
                self.push_violation(&one, level, "SL3470", reason);
            }
        }
    }

    /// The place here with the place there.
    fn with(&mut self, here: Trail, other: &Arc<Shows>, there: Trail) -> Trail {
        let known = self.trails.beside.iter().position(|known| {
            Arc::ptr_eq(&known.shows, other)
                && (known.trail.output, known.trail.column, known.trail.named)
                    == (there.output, there.column, there.named)
        });
        let beside = known.unwrap_or_else(|| {
            self.trails.beside.push(Beside {
                shows: Arc::clone(other),
                trail: there,
            });
            self.trails.beside.len() - 1
        });
        Trail {
            beside: Some(beside),
            ..here
        }
    }

    /// The two datasets, for people.
    fn both(&self, one: &Shown) -> String {
        let beside = one.trail.beside.and_then(|at| self.trails.beside.get(at));
        let (there, pipeline) = beside.map_or(("", ""), |beside| {
            (beside.shows.to(beside.trail).0, &*beside.shows.pipeline)
        });
        format!(
            "`{}` and `{there}`, which the pipeline `{pipeline}` writes,",
            self.dataset(one.trail)
        )
    }
}

/// The joined view, without what shows nothing.
fn telling(all: &[Shown]) -> View {
    let joined = all
        .iter()
        .fold(View::nothing(), |view, one| view.join(&one.view));
    joined.only(Layer::tells)
}

/// A way in which the values of several columns get stand-ins alike: the protection, its key, the
/// domain, and the other arguments.
type Way<'a> = (&'a str, &'a str, &'a str, &'a str);

/// The ways in which it shows under a key.
pub(super) fn ways(shown: &Shown) -> Vec<Way<'_>> {
    let way = |layer| match layer {
        &Layer::Part {
            ref by,
            ref form,
            key: Some(ref key),
            ..
        } => Some((&**by, &**key, "", &**form)),
        Layer::Token {
            by,
            key,
            domain,
            form,
            ..
        } if !domain.is_empty() => Some((&**by, &**key, &**domain, &**form)),
        _ => None,
    };
    match shown.origin.aspect {
        Aspect::Value => shown.view.layers().iter().filter_map(way).collect(),
        _ => Vec::new(),
    }
}
