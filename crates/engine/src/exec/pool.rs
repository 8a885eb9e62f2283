//! The memory that operators share.
//!
//! Operators that can spill get equal shares; a quarter of the whole is left to what cannot, such as the merge of
//! a sort's own runs. Without that quarter several sorts at once fill the pool, and none of them can end.
//! INVARIANT: an error names the operator and nothing else.

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
    /// What the others hold together.
    fixed: usize,
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
    fn of(&mut self, reservation: &MemoryReservation) -> &mut usize {
        match reservation.consumer().can_spill() {
            true => &mut self.spillable,
            false => &mut self.fixed,
        }
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
        self.state().spillers += usize::from(consumer.can_spill());
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        let mut state = self.state();
        state.spillers = state
            .spillers
            .saturating_sub(usize::from(consumer.can_spill()));
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        let mut state = self.state();
        let held = state.of(reservation);
        *held = held.saturating_add(additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        let mut state = self.state();
        let held = state.of(reservation);
        *held = held.saturating_sub(shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut state = self.state();
        let (wanted, most) = match reservation.consumer().can_spill() {
            true => {
                let all = self.size.saturating_sub(state.fixed.max(self.size / 4));
                (reservation.size(), all / state.spillers.max(1))
            }
            false => (state.fixed, self.size.saturating_sub(state.spillable)),
        };
        if wanted.saturating_add(additional) > most {
            let name = reservation.consumer().name().to_owned();
            return Err(DataFusionError::ResourcesExhausted(name));
        }
        *state.of(reservation) += additional;
        Ok(())
    }

    fn reserved(&self) -> usize {
        let state = self.state();
        state.spillable.saturating_add(state.fixed)
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
}
