//! The distance between a class's distribution of a sensitive value and that of all rows: the earth mover's
//! distance of Li, Li and Venkatasubramanian, *t-Closeness* (ICDE 2007), section 4.
//!
//! Invariant: computed in whole numbers and divided once at the end, in time that grows with the values of the class
//! (times a logarithm), not with those of the table.

/// How far apart two values are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Distance {
    /// Any two different values are 1 apart: for texts, booleans and bytes.
    Equal,
    /// `|i - j| / (m - 1)` for the i-th and the j-th of the m values in order: for numbers, dates and times.
    Ordered,
}

impl Distance {
    /// As reports name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Distance::Equal => "equal",
            Distance::Ordered => "ordered",
        }
    }
}

/// The distribution over all rows: how often each value stands, in order.
pub(super) struct Whole {
    counts: Vec<u64>,
    /// How many rows have this value or a lower one.
    up_to: Vec<u64>,
    /// Sums of `up_to` before each place; one longer.
    area: Vec<u128>,
    total: u64,
}

impl Whole {
    pub(super) fn new(counts: Vec<u64>) -> Whole {
        let (mut total, mut sum) = (0_u64, 0_u128);
        let (mut up_to, mut area) = (Vec::with_capacity(counts.len()), vec![0]);
        for count in &counts {
            total = total.saturating_add(*count);
            up_to.push(total);
            sum = sum.saturating_add(u128::from(total));
            area.push(sum);
        }
        Whole {
            counts,
            up_to,
            area,
            total,
        }
    }

    /// The distance of a class whose values have these ranks, ascending, and counts. Between 0 and 1.
    pub(super) fn of(&self, distance: Distance, class: &[(u32, u64)]) -> f64 {
        let own: u64 = class.iter().map(|(_, count)| count).sum();
        if own == 0 || self.total == 0 {
            return 0.0;
        }
        let scale = u128::from(own).saturating_mul(u128::from(self.total));
        let (moved, scale) = match distance {
            Distance::Equal => (self.equal(class, own), scale.saturating_mul(2)),
            Distance::Ordered => {
                let steps = self.counts.len().saturating_sub(1).max(1) as u128;
                (self.ordered(class, own), scale.saturating_mul(steps))
            }
        };
        moved as f64 / scale as f64
    }

    /// Half of `Σ |p - q|`; the half is in the scale.
    fn equal(&self, class: &[(u32, u64)], own: u64) -> u128 {
        let (mut moved, mut met) = (0_u128, 0_u64);
        for (rank, count) in class {
            let all = self.counts.get(*rank as usize).copied().unwrap_or_default();
            met = met.saturating_add(all);
            moved = moved.saturating_add(self.p(*count).abs_diff(q(all, own)));
        }
        moved.saturating_add(q(self.total.saturating_sub(met), own))
    }

    /// `Σ over the ranks of |P - Q|`, the cumulated shares. Between two values of the class P stands still and Q
    /// grows, so each stretch is two areas.
    fn ordered(&self, class: &[(u32, u64)], own: u64) -> u128 {
        let ends = class
            .iter()
            .skip(1)
            .map(|(rank, _)| *rank as usize)
            .chain([self.counts.len()]);
        let first = class.first().map_or(0, |(rank, _)| *rank as usize);
        let mut moved = self.stretch(0, first, 0, own);
        let mut below = 0_u64;
        for ((rank, count), end) in class.iter().zip(ends) {
            below = below.saturating_add(*count);
            moved = moved.saturating_add(self.stretch(*rank as usize, end, below, own));
        }
        moved
    }

    fn stretch(&self, from: usize, to: usize, below: u64, own: u64) -> u128 {
        let level = self.p(below);
        let Some(part) = self.up_to.get(from..to) else {
            return 0;
        };
        let turn = from + part.partition_point(|all| q(*all, own) <= level);
        let area = |from: usize, to: usize| {
            let at = |place: usize| self.area.get(place).copied().unwrap_or_default();
            (at(to) - at(from)).saturating_mul(u128::from(own))
        };
        let flat = |from: usize, to: usize| level.saturating_mul((to - from) as u128);
        flat(from, turn)
            .saturating_sub(area(from, turn))
            .saturating_add(area(turn, to).saturating_sub(flat(turn, to)))
    }

    /// A count of the class on the common scale of both.
    fn p(&self, count: u64) -> u128 {
        u128::from(count).saturating_mul(u128::from(self.total))
    }
}

/// A count of all rows on the common scale of both.
fn q(count: u64, own: u64) -> u128 {
    u128::from(count).saturating_mul(u128::from(own))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    // Li et al. 2007, section 4.1: salaries of 3k to 11k, one row each; the classes {3k, 4k, 5k} and
    // {6k, 8k, 11k} have the distances 0.375 and 0.167.
    #[test]
    fn the_example_of_the_paper() {
        let salaries = Whole::new(vec![1; 9]);
        let of = |ranks: [u32; 3]| salaries.of(Distance::Ordered, &ranks.map(|rank| (rank, 1)));
        assert_eq!(of([0, 1, 2]), 0.375);
        assert!((of([3, 5, 8]) - 1.0 / 6.0).abs() < 1e-15);
        // The table's second example: {4k, 5k, 9k} is no further than {3k, 4k, 5k}.
        assert!(of([1, 2, 6]) < 0.375);
        assert!(
            (salaries.of(Distance::Equal, &[(0, 1), (1, 1), (2, 1)]) - 2.0 / 3.0).abs() < 1e-15
        );
    }

    #[test]
    fn the_ends() {
        let two = Whole::new(vec![1, 1]);
        for distance in [Distance::Equal, Distance::Ordered] {
            assert_eq!(two.of(distance, &[(0, 3), (1, 3)]), 0.0);
            assert_eq!(two.of(distance, &[(0, 1)]), 0.5);
            assert_eq!(two.of(distance, &[]), 0.0);
            assert_eq!(Whole::new(vec![7]).of(distance, &[(0, 2)]), 0.0);
        }
        // One row of very many, at the far end.
        let far = Whole::new(vec![u64::from(u32::MAX), 0, 0, 1]);
        assert!(far.of(Distance::Ordered, &[(3, 1)]) > 0.999_999);
        assert!(far.of(Distance::Equal, &[(3, 1)]) > 0.999_999);
    }
}
