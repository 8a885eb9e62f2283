//! Labels: from which origins information came, in which view, through which channels.
//!
//! Invariant: join is pointwise; an origin that is absent did not reach the value at all.

use std::collections::BTreeMap;

use crate::{Level, Origin, View};

/// The channels through which an origin reached a value, as a set.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Channels(u8);

impl Channels {
    /// The value was computed from it.
    pub const EXPLICIT: Self = Self(1);
    /// A predicate over it decided which rows there are, and which belong together.
    pub const CORRELATED: Self = Self(2);
    /// A comparison of a column with literals decided which rows there are.
    pub const SELECTED: Self = Self(4);
    /// It decided an order.
    pub const ORDER: Self = Self(8);
    /// It decided whether the run ends well.
    pub const TERMINATION: Self = Self(16);

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of the other set is in this one.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// How one origin reached a value.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Trace {
    /// How much of it shows.
    pub view: View,
    /// How it got there.
    pub channels: Channels,
}

/// A map from origins to how they show.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Label {
    entries: BTreeMap<Origin, Trace>,
}

impl Label {
    /// Nothing reached the value.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// One origin reached the value.
    #[must_use]
    pub fn of(origin: Origin, view: View, channels: Channels) -> Self {
        Self {
            entries: BTreeMap::from([(origin, Trace { view, channels })]),
        }
    }

    /// What an observer of both learns.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        let mut entries = self.entries.clone();
        for (origin, trace) in &other.entries {
            let known = entries.entry(origin.clone()).or_default();
            known.view = known.view.join(&trace.view);
            known.channels = known.channels.union(trace.channels);
        }
        Self { entries }
    }

    /// Whether a value with this label may take the place of one with the other.
    #[must_use]
    pub fn flows_to(&self, other: &Self) -> bool {
        self.join(other) == *other
    }

    /// The origins, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Origin, &Trace)> {
        self.entries.iter()
    }

    /// The highest level that is left: that of every origin which is clear, and at most
    /// `permitted` for those that a protection covers.
    #[must_use]
    pub fn residual(&self, level: impl Fn(&Origin) -> Level, permitted: Level) -> Level {
        self.entries
            .iter()
            .map(|(origin, trace)| {
                let own = level(origin);
                if trace.view.is_clear() {
                    own
                } else {
                    own.min(permitted)
                }
            })
            .max()
            .unwrap_or(Level::bottom())
    }
}
