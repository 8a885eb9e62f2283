//! The kernel of `coarse_time`.
//!
//! Invariant: the result is the first instant of the span that the value lies in, or the least of
//! the type where that span begins before it. Spans are those of UTC, whatever zone the column is
//! shown in, so that the result depends on the instant alone.

use arrow::{array::ArrayRef, datatypes::DataType};

use crate::{
    Kernel, ProtectError,
    argument::Arguments,
    calendar::{Unit, floor},
    column::refuse,
    grid::{self, Grid, Numbers, units},
};

const NAME: &str = "coarse_time";
/// From the coarsest to the finest: each is a union of the next.
pub(super) const UNITS: &[&str] = &[
    "year", "quarter", "month", "day", "hour", "minute", "second",
];

/// `coarse_time`, bound.
#[derive(Debug)]
pub(crate) struct CoarseTime {
    span: Span,
}

#[derive(Clone, Copy, Debug)]
enum Span {
    Days(Unit),
    /// A part of a day.
    Seconds(i128),
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<CoarseTime, ProtectError> {
    let span = match arguments.choice(0, UNITS)? {
        0 => Span::Days(Unit::Year),
        1 => Span::Days(Unit::Quarter),
        2 => Span::Days(Unit::Month),
        3 => Span::Days(Unit::Day),
        4 => Span::Seconds(3600),
        5 => Span::Seconds(60),
        _ => Span::Seconds(1),
    };
    Ok(CoarseTime { span })
}

impl Kernel for CoarseTime {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        grid::returns(self, input)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        grid::apply(self, input)
    }
}

impl Numbers for CoarseTime {
    const NAME: &'static str = NAME;

    fn whole(&self, plain: &DataType) -> Result<impl Fn(i128) -> Option<i128>, ProtectError> {
        let is_time = matches!(plain, DataType::Timestamp(..));
        let day = units(plain).filter(|_| is_time);
        let day = day.ok_or_else(|| refuse(NAME, plain))?;
        let span = self.span;
        let days = match span {
            Span::Days(unit) => floor(unit, day),
            Span::Seconds(_) => floor(Unit::Day, day),
        };
        let parts = match span {
            Span::Days(_) => Grid::new(1, 0),
            Span::Seconds(seconds) => Grid::new(day / 86_400 * seconds, 0),
        };
        Ok(move |value| match span {
            Span::Days(_) => days(value),
            Span::Seconds(_) => parts.edge(value),
        })
    }

    fn float(&self) -> Option<impl Fn(f64) -> f64> {
        None::<fn(f64) -> f64>
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use std::sync::Arc;

    use arrow::array::TimestampSecondArray;

    crate::testing::Sample {
        arguments: vec![crate::testing::said("hour")],
        values: Arc::new(TimestampSecondArray::from(vec![Some(951_827_696), None])),
        beside: vec![],
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use arrow::{
        array::{AsArray, TimestampNanosecondArray, TimestampSecondArray},
        datatypes::{TimestampNanosecondType, TimestampSecondType},
    };

    use super::*;
    use crate::{
        bind,
        testing::{Keys, call, said},
    };

    #[test]
    fn first_instants() {
        // 2000-02-29 12:34:56, and a second before 1970.
        let (then, day) = (951_827_696, 86_400);
        for (unit, first) in [
            ("year", [10_957 * day, -365 * day]),
            ("quarter", [10_957 * day, -92 * day]),
            ("month", [10_988 * day, -31 * day]),
            ("day", [11_016 * day, -day]),
            ("hour", [11_016 * day + 12 * 3600, -3600]),
            ("minute", [then - 56, -60]),
            ("second", [then, -1]),
        ] {
            let kernel = bind(&call(NAME, vec![said(unit)]), &Keys).unwrap();
            let input = TimestampSecondArray::from(vec![then, -1]).with_timezone("+02:00");
            let input: ArrayRef = std::sync::Arc::new(input);
            let out = kernel.apply(&input).unwrap();
            assert_eq!(out.data_type(), input.data_type());
            assert_eq!(
                out.as_primitive::<TimestampSecondType>().values(),
                &first,
                "{unit}"
            );
            let nanos = vec![then * 1_000_000_000 + 1, -1, i64::MIN];
            let input: ArrayRef = std::sync::Arc::new(TimestampNanosecondArray::from(nanos));
            let out = kernel.apply(&input).unwrap();
            let out = out
                .as_primitive::<TimestampNanosecondType>()
                .values()
                .to_vec();
            let expected = first.map(|seconds| seconds * 1_000_000_000);
            assert_eq!(out.get(..2).unwrap(), &expected, "{unit}");
            assert_eq!(*out.last().unwrap(), i64::MIN, "{unit}");
        }
        let dates = bind(&call(NAME, vec![said("day")]), &Keys).unwrap();
        assert_eq!(
            dates.returns(&DataType::Date32).unwrap_err().code(),
            "SL8012"
        );
    }
}
