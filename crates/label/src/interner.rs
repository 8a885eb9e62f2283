//! Interned labels: sorted slices behind a number, with memoized joins.
//!
//! Invariant: equal labels have equal ids, so that comparing is comparing numbers; an id is only
//! meaningful with the interner that gave it.

use std::collections::HashMap;

use crate::{Channels, Label, Origin, View};

/// A label of an [`Interner`].
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LabelId(u32);

/// One origin of an interned label.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Entry {
    origin: u32,
    view: u32,
    channels: Channels,
}

/// Labels, origins and views, each kept once.
#[derive(Debug, Default)]
pub struct Interner {
    origins: Table<Origin>,
    views: Table<View>,
    labels: Table<Box<[Entry]>>,
    joins: HashMap<(u32, u32), u32>,
    view_joins: HashMap<(u32, u32), u32>,
}

#[derive(Debug)]
struct Table<T> {
    items: Vec<T>,
    ids: HashMap<T, u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            ids: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Table<T> {
    fn id(&mut self, item: T) -> u32 {
        if let Some(id) = self.ids.get(&item) {
            return *id;
        }
        let id = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        self.items.push(item.clone());
        self.ids.insert(item, id);
        id
    }

    fn item(&self, id: u32) -> Option<&T> {
        self.items.get(usize::try_from(id).unwrap_or(usize::MAX))
    }
}

impl Interner {
    /// An interner without labels.
    #[must_use]
    pub fn new() -> Self {
        let mut new = Self::default();
        new.labels.id(Box::new([]));
        new
    }

    /// The label of what nothing reached.
    #[must_use]
    pub fn empty(&self) -> LabelId {
        LabelId(0)
    }

    /// The label of one origin.
    pub fn single(&mut self, origin: Origin, view: View, channels: Channels) -> LabelId {
        let entry = Entry {
            origin: self.origins.id(origin),
            view: self.views.id(view),
            channels,
        };
        LabelId(self.labels.id(Box::new([entry])))
    }

    /// The label with these entries.
    pub fn intern(&mut self, label: &Label) -> LabelId {
        let mut id = self.empty();
        for (origin, trace) in label.iter() {
            let one = self.single(origin.clone(), trace.view.clone(), trace.channels);
            id = self.join(id, one);
        }
        id
    }

    /// What an observer of both learns.
    pub fn join(&mut self, a: LabelId, b: LabelId) -> LabelId {
        if a == b || b.0 == 0 {
            return a;
        }
        if a.0 == 0 {
            return b;
        }
        let pair = (a.0.min(b.0), a.0.max(b.0));
        if let Some(known) = self.joins.get(&pair) {
            return LabelId(*known);
        }
        let left: Vec<Entry> = self.slice(a).to_vec();
        let right: Vec<Entry> = self.slice(b).to_vec();
        let mut merged = Vec::with_capacity(left.len() + right.len());
        let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
        loop {
            match (left.peek().copied(), right.peek().copied()) {
                (Some(l), Some(r)) if l.origin == r.origin => {
                    let view = self.join_views(l.view, r.view);
                    merged.push(Entry {
                        origin: l.origin,
                        view,
                        channels: l.channels.union(r.channels),
                    });
                    left.next();
                    right.next();
                }
                (Some(l), Some(r)) if l.origin < r.origin => {
                    merged.push(l);
                    left.next();
                }
                (_, Some(r)) => {
                    merged.push(r);
                    right.next();
                }
                (Some(l), None) => {
                    merged.push(l);
                    left.next();
                }
                (None, None) => break,
            }
        }
        let id = self.labels.id(merged.into_boxed_slice());
        self.joins.insert(pair, id);
        LabelId(id)
    }

    /// The join of many.
    pub fn join_all(&mut self, labels: impl IntoIterator<Item = LabelId>) -> LabelId {
        let mut all = self.empty();
        for label in labels {
            all = self.join(all, label);
        }
        all
    }

    /// The same origins, reached through these channels only: what was computed from before
    /// decides something now.
    pub fn through(&mut self, label: LabelId, channels: Channels) -> LabelId {
        let entries: Box<[Entry]> = self
            .slice(label)
            .iter()
            .map(|entry| Entry { channels, ..*entry })
            .collect();
        LabelId(self.labels.id(entries))
    }

    /// The same origins, each seen as `view` says of its origin and view.
    pub fn map(&mut self, label: LabelId, mut view: impl FnMut(&Origin, &View) -> View) -> LabelId {
        let entries: Vec<Entry> = self.slice(label).to_vec();
        let mut mapped = Vec::with_capacity(entries.len());
        for entry in entries {
            let (Some(origin), Some(seen)) =
                (self.origins.item(entry.origin), self.views.item(entry.view))
            else {
                continue;
            };
            let view = view(origin, seen);
            mapped.push(Entry {
                view: self.views.id(view),
                ..entry
            });
        }
        LabelId(self.labels.id(mapped.into_boxed_slice()))
    }

    /// The entries for which `keep` holds.
    pub fn filter(
        &mut self,
        label: LabelId,
        mut keep: impl FnMut(&Origin, &View) -> bool,
    ) -> LabelId {
        let entries: Box<[Entry]> = self
            .slice(label)
            .iter()
            .filter(
                |entry| match (self.origins.item(entry.origin), self.views.item(entry.view)) {
                    (Some(origin), Some(view)) => keep(origin, view),
                    _ => true,
                },
            )
            .copied()
            .collect();
        LabelId(self.labels.id(entries))
    }

    /// Whether a value with label `a` may take the place of one with label `b`.
    pub fn flows_to(&mut self, a: LabelId, b: LabelId) -> bool {
        self.join(a, b) == b
    }

    /// The origins of a label with their views and channels.
    pub fn entries(&self, label: LabelId) -> impl Iterator<Item = (&Origin, &View, Channels)> {
        self.slice(label).iter().filter_map(|entry| {
            Some((
                self.origins.item(entry.origin)?,
                self.views.item(entry.view)?,
                entry.channels,
            ))
        })
    }

    /// How many labels there are; a measure of cost.
    #[must_use]
    pub fn size(&self) -> usize {
        self.labels.items.len()
    }

    fn join_views(&mut self, a: u32, b: u32) -> u32 {
        if a == b {
            return a;
        }
        let pair = (a.min(b), a.max(b));
        if let Some(known) = self.view_joins.get(&pair) {
            return *known;
        }
        let (Some(left), Some(right)) = (self.views.item(a), self.views.item(b)) else {
            return self.views.id(View::clear());
        };
        let joined = left.join(right);
        let id = self.views.id(joined);
        self.view_joins.insert(pair, id);
        id
    }

    fn slice(&self, label: LabelId) -> &[Entry] {
        self.labels.item(label.0).map_or(&[], |entries| entries)
    }
}
