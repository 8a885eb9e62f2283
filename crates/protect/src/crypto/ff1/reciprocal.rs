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
        let less = rest.wrapping_sub(self.value);
        let below = sign(less);
        (
            quotient.wrapping_add(1).wrapping_add(below),
            less.wrapping_add(below & self.value),
        )
    }

    /// Quotient and remainder by a divisor below 2^63.
    #[inline(always)]
    pub(super) fn divide_small(&self, dividend: u64) -> (u64, u64) {
        let value = self.value as u64;
        let quotient = ((u128::from(dividend) * u128::from(self.small)) >> 64) as u64;
        let less = dividend
            .wrapping_sub(quotient.wrapping_mul(value))
            .wrapping_sub(value);
        let below = sign_small(less);
        (
            quotient.wrapping_add(1).wrapping_add(below),
            less.wrapping_add(below & value),
        )
    }

    /// The sum of two numbers below the divisor, modulo it.
    #[inline(always)]
    pub(super) fn add(&self, one: u128, other: u128) -> u128 {
        let less = one.wrapping_add(other).wrapping_sub(self.value);
        less.wrapping_add(sign(less) & self.value)
    }

    /// The difference of two numbers below the divisor, modulo it.
    #[inline(always)]
    pub(super) fn subtract(&self, one: u128, other: u128) -> u128 {
        let difference = one.wrapping_sub(other);
        difference.wrapping_add(sign(difference) & self.value)
    }

    /// As [`Divisor::add`], for a divisor below 2^62.
    #[inline(always)]
    pub(super) fn add_small(&self, one: u64, other: u64) -> u64 {
        let value = self.value as u64;
        let less = one.wrapping_add(other).wrapping_sub(value);
        less.wrapping_add(sign_small(less) & value)
    }

    /// As [`Divisor::subtract`], for a divisor below 2^63.
    #[inline(always)]
    pub(super) fn subtract_small(&self, one: u64, other: u64) -> u64 {
        let difference = one.wrapping_sub(other);
        difference.wrapping_add(sign_small(difference) & self.value as u64)
    }
}

/// All ones where the highest bit is one, and else zero. From a comparison the compiler makes a
/// branch, which tells the time of a numeral and is guessed wrong every second time.
#[inline(always)]
fn sign(number: u128) -> u128 {
    (number as i128 >> 127) as u128
}

#[inline(always)]
fn sign_small(number: u64) -> u64 {
    (number as i64 >> 63) as u64
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
                let (one, other) = (dividend % value, (dividend >> 5) % value);
                if let Some(value) = u64::try_from(value).ok().filter(|value| *value < 1 << 62) {
                    assert_eq!(
                        divisor.divide_small(small),
                        (small / value, small % value),
                        "{small} {value}"
                    );
                    let (one, other) = (one as u64, other as u64);
                    assert_eq!(divisor.add_small(one, other), (one + other) % value);
                    assert_eq!(
                        divisor.subtract_small(one, other),
                        (one + value - other) % value
                    );
                }
                assert_eq!(divisor.add(one, other), (one + other) % value);
                assert_eq!(divisor.subtract(one, other), (one + value - other) % value);
            }
        }
    }
}
