//! The memory that operators share.
//!
//! Operators that can spill get equal shares; a quarter of the whole is left to what cannot, such as the merges of
//! the sorts' own runs. Of that quarter each merge has its part for itself: a merge takes as many runs at once as it
//! gets memory for, and would leave none to the next one, which needs two to go on at all.
//! INVARIANT: an error names the operator and nothing else.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::{
    MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};

/// A pool of fixed size.
#[derive(Debug)]
pub(super) struct Pool {
    size: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Operators that can spill, and what they hold together.
    spillers: usize,
    spillable: usize,
    /// What the others hold together, without the merges.
    fixed: usize,
    /// The merges of sorted runs by their consumer, and what each holds.
    merges: BTreeMap<usize, usize>,
}

/// How DataFusion names the consumer that merges the runs of a sort.
const MERGE: &str = "ExternalSorterMerge[";

fn merges(consumer: &MemoryConsumer) -> bool {
    !consumer.can_spill() && consumer.name().starts_with(MERGE)
}

impl Pool {
    pub(super) fn new(size: usize) -> Self {
        Self {
            size,
            state: Mutex::default(),
        }
    }

    /// A lock whose holder panicked still guards sums.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn of(&mut self, consumer: &MemoryConsumer) -> &mut usize {
        match (consumer.can_spill(), merges(consumer)) {
            (true, _) => &mut self.spillable,
            (false, true) => self.merges.entry(consumer.id()).or_default(),
            (false, false) => &mut self.fixed,
        }
    }

    /// What all together hold.
    fn held(&self) -> usize {
        self.merges
            .values()
            .fold(self.spillable.saturating_add(self.fixed), |sum, held| {
                sum.saturating_add(*held)
            })
    }

    /// The part of each merge in a quarter of `size`.
    fn part(&self, size: usize) -> usize {
        size / 4 / self.merges.len().max(1)
    }

    /// What is not for operators that can spill: what is held, or what merges may come to hold.
    fn kept(&self, size: usize) -> usize {
        let part = self.part(size);
        self.merges.values().fold(self.fixed, |sum, held| {
            sum.saturating_add((*held).max(part))
        })
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.name(), self.size)
    }
}

impl MemoryPool for Pool {
    fn name(&self) -> &str {
        "sealine"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        let mut state = self.state();
        state.spillers += usize::from(consumer.can_spill());
        if merges(consumer) {
            state.merges.insert(consumer.id(), 0);
        }
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        let mut state = self.state();
        state.spillers = state
            .spillers
            .saturating_sub(usize::from(consumer.can_spill()));
        state.merges.remove(&consumer.id());
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        let mut state = self.state();
        let held = state.of(reservation.consumer());
        *held = held.saturating_add(additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        let mut state = self.state();
        let held = state.of(reservation.consumer());
        *held = held.saturating_sub(shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let consumer = reservation.consumer();
        let mut state = self.state();
        let before = *state.of(consumer);
        *state.of(consumer) = before.saturating_add(additional);
        let kept = state.kept(self.size);
        let fits = match consumer.can_spill() {
            true => {
                let all = self.size.saturating_sub(kept.max(self.size / 4));
                let share = all / state.spillers.max(1);
                reservation.size().saturating_add(additional) <= share
            }
            // Some operators grow without asking: what they took beyond the size, no merge has to give up.
            false => {
                let own = merges(consumer) && *state.of(consumer) <= state.part(self.size);
                own || state.spillable.saturating_add(kept) <= self.size
            }
        };
        if fits {
            return Ok(());
        }
        *state.of(consumer) = before;
        Err(DataFusionError::ResourcesExhausted(
            consumer.name().to_owned(),
        ))
    }

    fn reserved(&self) -> usize {
        self.state().held()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.size)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_quarter_is_left_to_what_cannot_spill() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Pool::new(1000));
        let spiller = |name: &str| {
            MemoryConsumer::new(name)
                .with_can_spill(true)
                .register(&pool)
        };
        let (one, two) = (spiller("one"), spiller("two"));
        one.try_grow(375).unwrap();
        assert!(one.try_grow(1).is_err());
        two.try_grow(375).unwrap();
        let fixed = MemoryConsumer::new("merge").register(&pool);
        fixed.try_grow(250).unwrap();
        let error = fixed.try_grow(1).unwrap_err();
        assert!(matches!(error, DataFusionError::ResourcesExhausted(name) if name == "merge"));
        // What one gives back is there for what cannot spill, and then gone for the other.
        one.free();
        fixed.try_grow(300).unwrap();
        assert!(two.try_grow(1).is_err());
        assert_eq!(pool.reserved(), 925);
        two.free();
        drop(two);
        one.try_grow(450).unwrap();
        assert!(one.try_grow(1).is_err());
        drop((one, fixed));
        assert_eq!(pool.reserved(), 0);
    }

    #[test]
    fn a_merge_leaves_the_others_their_parts() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Pool::new(1000));
        let merge = |of: usize| MemoryConsumer::new(format!("{MERGE}{of}]")).register(&pool);
        let (greedy, late) = (merge(0), merge(1));
        let sort = MemoryConsumer::new("sort")
            .with_can_spill(true)
            .register(&pool);
        while greedy.try_grow(25).is_ok() {}
        assert_eq!(greedy.size(), 875);
        assert!(sort.try_grow(1).is_err());
        late.try_grow(125).unwrap();
        assert!(late.try_grow(1).is_err());
        // What the greedy one gives back is for all.
        greedy.free();
        sort.try_grow(750).unwrap();
        assert!(sort.try_grow(1).is_err());
        // What somebody took without asking changes nothing for them.
        let rude = MemoryConsumer::new("rude").register(&pool);
        rude.grow(100);
        greedy.try_grow(125).unwrap();
        assert!(
            greedy.try_grow(1).is_err() && late.try_grow(1).is_err() && rude.try_grow(1).is_err()
        );
        drop(rude);
        drop((greedy, late, sort));
        assert_eq!(pool.reserved(), 0);
    }
}
