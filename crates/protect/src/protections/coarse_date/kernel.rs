//! The kernel of `coarse_date`.
//!
//! Invariant: the result is the first day of the span that the date lies in, or the least date of
//! the type where that span begins before it.

use arrow::{array::ArrayRef, datatypes::DataType};

use crate::{
    Kernel, ProtectError,
    argument::Arguments,
    calendar::Unit,
    column::refuse,
    grid::{self, Numbers, units},
};

const NAME: &str = "coarse_date";
/// From the coarsest to the finest: each is a union of the next.
pub(super) const UNITS: &[&str] = &["year", "quarter", "month", "day"];

/// `coarse_date`, bound.
#[derive(Debug)]
pub(crate) struct CoarseDate {
    unit: Unit,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<CoarseDate, ProtectError> {
    let unit = match arguments.choice(0, UNITS)? {
        0 => Unit::Year,
        1 => Unit::Quarter,
        2 => Unit::Month,
        _ => Unit::Day,
    };
    Ok(CoarseDate { unit })
}

impl Kernel for CoarseDate {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        grid::returns(self, input)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        grid::apply(self, input)
    }
}

impl Numbers for CoarseDate {
    const NAME: &'static str = NAME;

    fn whole(&self, plain: &DataType) -> Result<impl Fn(i128) -> Option<i128>, ProtectError> {
        let is_date = matches!(plain, DataType::Date32 | DataType::Date64);
        let day = units(plain).filter(|_| is_date);
        let day = day.ok_or_else(|| refuse(NAME, plain))?;
        Ok(crate::calendar::floor(self.unit, day))
    }

    fn float(&self) -> Option<impl Fn(f64) -> f64> {
        None::<fn(f64) -> f64>
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use std::sync::Arc;

    use arrow::array::Date32Array;

    crate::testing::Sample {
        arguments: vec![crate::testing::said("month")],
        values: Arc::new(Date32Array::from(vec![Some(11_016), None])),
        beside: vec![],
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use arrow::{
        array::{AsArray, Date32Array, Date64Array},
        datatypes::{Date32Type, Date64Type},
    };

    use super::*;
    use crate::{
        bind,
        testing::{Keys, call, said},
    };

    fn apply(unit: &str, input: impl arrow::array::Array + 'static) -> ArrayRef {
        let kernel = bind(&call(NAME, vec![said(unit)]), &Keys).unwrap();
        kernel
            .apply(&(std::sync::Arc::new(input) as ArrayRef))
            .unwrap()
    }

    #[test]
    fn first_days() {
        // 2000-02-29, 1969-12-31 and the least date there is.
        let days = vec![11_016, -1, i32::MIN];
        for (unit, first) in [
            ("year", [10_957, -365, i32::MIN]),
            ("quarter", [10_957, -92, i32::MIN]),
            ("month", [10_988, -31, i32::MIN]),
            ("day", [11_016, -1, i32::MIN]),
        ] {
            let out = apply(unit, Date32Array::from(days.clone()));
            assert_eq!(out.as_primitive::<Date32Type>().values(), &first, "{unit}");
        }
        let day = 86_400_000;
        let out = apply(
            "month",
            Date64Array::from(vec![11_016 * day + 5, -1, i64::MIN]),
        );
        let out = out.as_primitive::<Date64Type>();
        assert_eq!(out.values(), &[10_988 * day, -31 * day, i64::MIN]);
    }
}
