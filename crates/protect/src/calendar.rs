//! Days and the years, quarters and months they lie in, in the proleptic Gregorian calendar.
//!
//! Invariant: days count from 1970-01-01; every unit is a union of whole units of the next finer.

/// A day as year, month (1 to 12) and day of the month, by eras of 400 years that begin on a first
/// of March; within an era as in Neri and Schneider, "Euclidean affine functions and their
/// application to calendar algorithms" (2022).
#[inline]
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    // From zero to below an era.
    let day_of_era = (shifted - era * 146_097) as u32;
    let century = (4 * day_of_era + 3) / 146_097;
    let day_of_century = day_of_era - 146_097 * century / 4;
    let years = u64::from(4 * day_of_century + 3) * 2_939_745;
    let year_of_century = (years >> 32) as u32;
    let day_of_year = years as u32 / 2_939_745 / 4;
    let months = 2_141 * day_of_year + 197_913;
    // January and February end the year that began in March.
    let next = u32::from(day_of_year >= 306);
    let month = (months >> 16) - 12 * next;
    let day = (months & 0xffff) / 2_141 + 1;
    let year = era * 400 + i64::from(100 * century + year_of_century + next);
    (year, i64::from(month), i64::from(day))
}

/// The first day of a month (1 to 12).
fn first_of(year: i64, month: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// A span of days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    Year,
    Quarter,
    Month,
    Day,
}

impl Unit {
    /// The first day of the span that a day lies in.
    pub(crate) fn first(self, days: i64) -> i64 {
        match self {
            Unit::Day => days,
            Unit::Month => days - civil(days).2 + 1,
            Unit::Quarter => {
                let (year, month, _) = civil(days);
                first_of(year, (month - 1) / 3 * 3 + 1)
            }
            Unit::Year => first_of(civil(days).0, 1),
        }
    }
}

/// The start of the span that an instant lies in, where `day` units of a type make a day; `None`
/// below the type.
pub(crate) fn floor(unit: Unit, day: i128) -> impl Fn(i128) -> Option<i128> {
    let narrow = i64::try_from(day).unwrap_or(1);
    move |value| {
        let value = i64::try_from(value).ok()?;
        let days = if narrow == 1 {
            value
        } else {
            value.div_euclid(narrow)
        };
        Some(i128::from(unit.first(days)) * day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn months_begin_where_they_say() {
        let mut random = Random::new(31);
        for _ in 0..20_000 {
            let days = random.below(4_000_000_000) as i64 - 2_000_000_000;
            let (year, month, day) = civil(days);
            assert_eq!(first_of(year, month) + day - 1, days);
            assert!((1..=31).contains(&day) && (1..=12).contains(&month));
            for unit in [Unit::Year, Unit::Quarter, Unit::Month, Unit::Day] {
                let first = unit.first(days);
                assert!(first <= days && unit.first(first) == first);
                let (y, m, d) = civil(first);
                assert!(y == year && (unit == Unit::Day || d == 1), "{unit:?}");
                assert!(unit != Unit::Quarter || (m - 1) / 3 == (month - 1) / 3);
            }
        }
        assert_eq!(
            Unit::Quarter.first(11_016),
            10_957,
            "2000-02-29 to 2000-01-01"
        );
    }
}
