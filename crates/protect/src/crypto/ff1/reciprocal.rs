//! Division by a number known in advance, in constant time.
//!
//! Invariant: with m >= 2 and r = floor(2^128 / m), the product of x and r, cut by 128 bits, is
//! the quotient of x and m or one less: x/m - x*r/2^128 < x/2^128 < 1.

/// A divisor of at least 2 and its reciprocal.
#[derive(Clone, Copy)]
pub(super) struct Divisor {
    pub(super) value: u128,
    reciprocal: u128,
    /// Of 64 bits, for dividends and divisors that have no more.
    small: u64,
}

impl Divisor {
    /// `value` is from 2 to 2^96.
    pub(super) fn new(value: u128) -> Divisor {
        let value = value.max(2);
        // floor(2^n / v) from floor((2^n - 1) / v), which differs where v divides 2^n.
        let exact = u128::from(value.is_power_of_two());
        Divisor {
            value,
            reciprocal: u128::MAX / value + exact,
            small: u64::try_from(u128::from(u64::MAX) / value + exact).unwrap_or(0),
        }
    }

    /// Quotient and remainder.
    #[inline(always)]
    pub(super) fn divide(&self, dividend: u128) -> (u128, u128) {
        let quotient = high(dividend, self.reciprocal);
        let rest = dividend.wrapping_sub(quotient.wrapping_mul(self.value));
        let more = u128::from(rest >= self.value);
        (
            quotient.wrapping_add(more),
            rest.wrapping_sub(mask(more) & self.value),
        )
    }

    /// Quotient and remainder by a divisor below 2^64.
    #[inline(always)]
    pub(super) fn divide_small(&self, dividend: u64) -> (u64, u64) {
        let value = self.value as u64;
        let quotient = ((u128::from(dividend) * u128::from(self.small)) >> 64) as u64;
        let rest = dividend.wrapping_sub(quotient.wrapping_mul(value));
        let more = u64::from(rest >= value);
        (
            quotient.wrapping_add(more),
            rest.wrapping_sub(0_u64.wrapping_sub(more) & value),
        )
    }

    /// The sum of two numbers below the divisor, modulo it.
    #[inline(always)]
    pub(super) fn add(&self, one: u128, other: u128) -> u128 {
        let sum = one.wrapping_add(other);
        sum.wrapping_sub(mask(u128::from(sum >= self.value)) & self.value)
    }

    /// The difference of two numbers below the divisor, modulo it.
    #[inline(always)]
    pub(super) fn subtract(&self, one: u128, other: u128) -> u128 {
        let difference = one.wrapping_sub(other);
        difference.wrapping_add(mask(u128::from(one < other)) & self.value)
    }
}

/// All ones for 1, and zero for 0.
#[inline(always)]
fn mask(bit: u128) -> u128 {
    0_u128.wrapping_sub(bit)
}

/// The upper half of the product.
#[inline(always)]
fn high(one: u128, other: u128) -> u128 {
    let half = |number: u128| (number as u64 as u128, number >> 64);
    let ((a, b), (c, d)) = (half(one), half(other));
    let (low, cross, other_cross) = (a * c, a * d, b * c);
    let middle = (low >> 64) + (cross as u64 as u128) + (other_cross as u64 as u128);
    b * d + (cross >> 64) + (other_cross >> 64) + (middle >> 64)
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
    use crate::testing::Random;

    #[test]
    fn quotients_are_those_of_the_machine() {
        let mut random = Random::new(81);
        let mut wide = || u128::from(random.next()) << 64 | u128::from(random.next());
        let mut divisors: Vec<u128> = vec![
            2,
            3,
            10,
            62,
            65_536,
            1 << 32,
            1 << 64,
            1 << 96,
            (1 << 96) - 1,
        ];
        divisors.extend((0..28).map(|power| 10_u128.pow(power)).filter(|v| *v > 1));
        divisors.extend((0..100).map(|at| 2 + (wide() >> (33 + at % 90))));
        for value in divisors {
            let divisor = Divisor::new(value);
            let mut edges = vec![0, 1, value - 1, value, value + 1, u128::MAX, u128::MAX - 1];
            edges.push(u128::MAX / value * value);
            edges.push(u128::MAX / value * value - 1);
            edges.extend((0..200).map(|at| wide() >> (at % 127)));
            for dividend in edges {
                assert_eq!(
                    divisor.divide(dividend),
                    (dividend / value, dividend % value)
                );
                let small = dividend as u64;
                if let Ok(value) = u64::try_from(value) {
                    assert_eq!(
                        divisor.divide_small(small),
                        (small / value, small % value),
                        "{small} {value}"
                    );
                }
                let (one, other) = (dividend % value, (dividend >> 5) % value);
                assert_eq!(divisor.add(one, other), (one + other) % value);
                assert_eq!(divisor.subtract(one, other), (one + value - other) % value);
            }
        }
    }
}
