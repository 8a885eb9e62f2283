//! The kernel of `round_to`.
//!
//! Invariant: the result is the multiple of the step in whose cell, from half a step below to less
//! than half a step above, the value lies; halves go up. Beyond the ends of the type it is that end.

use arrow::{array::ArrayRef, datatypes::DataType};

use crate::{
    Kernel, ProtectError,
    argument::{Arguments, Number},
    column::refuse,
    grid::{self, Grid, Numbers, units},
};

const NAME: &str = "round_to";

/// `round_to`, bound.
#[derive(Debug)]
pub(crate) struct RoundTo {
    step: Number,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<RoundTo, ProtectError> {
    let step = arguments.number(0)?;
    if step.unscaled <= 0 {
        return Err(arguments.wrong("the step must be above zero"));
    }
    Ok(RoundTo { step })
}

impl Kernel for RoundTo {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        grid::returns(self, input)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        grid::apply(self, input)
    }
}

impl Numbers for RoundTo {
    const NAME: &'static str = NAME;

    fn whole(&self, plain: &DataType) -> Result<impl Fn(i128) -> Option<i128>, ProtectError> {
        let is_number = plain.is_integer() || matches!(plain, DataType::Decimal128(..));
        let units = units(plain).filter(|_| is_number);
        let step = units.ok_or_else(|| refuse(NAME, plain))?;
        let step = self
            .step
            .times(step)
            .ok_or_else(|| ProtectError::Argument {
                protection: NAME,
                reason: format!("the step must be whole in the units of `{plain}`"),
            })?;
        // The cells of whole numbers begin half a step below each multiple, rounded up.
        let half = step / 2;
        let grid = Grid::new(step, -half);
        Ok(move |value| grid.edge(value).map(|edge| edge + half))
    }

    fn float(&self) -> Option<impl Fn(f64) -> f64> {
        let step = self.step.to_f64();
        Some(move |value: f64| match value {
            value if value.is_nan() => f64::NAN,
            value if value.is_infinite() => value,
            // Adding zero turns -0.0 into 0.0.
            value => ((value / step + 0.5).floor() * step).clamp(f64::MIN, f64::MAX) + 0.0,
        })
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::numbers(vec![crate::testing::whole(5)])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::float_cmp)]
mod tests {
    use arrow::{
        array::{AsArray, Decimal128Array, Float64Array, Int8Array, Int64Array, UInt8Array},
        datatypes::{Decimal128Type, Float64Type, Int8Type, Int64Type, UInt8Type},
    };

    use super::*;

    fn apply(step: &str, input: impl arrow::array::Array + 'static) -> ArrayRef {
        let step = Number::parse(step).unwrap();
        let input: ArrayRef = std::sync::Arc::new(input);
        RoundTo { step }.apply(&input).unwrap()
    }

    #[test]
    fn whole_numbers_go_to_the_nearest_and_halves_up() {
        let out = apply("10", Int64Array::from(vec![14, 15, 16, -14, -15, -16, 0]));
        let out = out.as_primitive::<Int64Type>();
        assert_eq!(out.values(), &[10, 20, 20, -10, -10, -20, 0]);
        let out = apply("5", Int64Array::from(vec![2, 3, -2, -3, 7, 8]));
        let out = out.as_primitive::<Int64Type>();
        assert_eq!(out.values(), &[0, 5, 0, -5, 5, 10]);
        let out = apply("1", Int64Array::from(vec![i64::MIN, 7, i64::MAX]));
        let out = out.as_primitive::<Int64Type>();
        assert_eq!(out.values(), &[i64::MIN, 7, i64::MAX]);
    }

    #[test]
    fn beyond_the_type_is_its_end() {
        let out = apply("100", Int8Array::from(vec![-128, -120, 127, 51]));
        let out = out.as_primitive::<Int8Type>();
        assert_eq!(out.values(), &[-100, -100, 100, 100]);
        let out = apply("10", UInt8Array::from(vec![255, 254, 4]));
        assert_eq!(out.as_primitive::<UInt8Type>().values(), &[255, 250, 0]);
        let out = apply("10", Int8Array::from(vec![-128, 127]));
        assert_eq!(out.as_primitive::<Int8Type>().values(), &[-128, 127]);
    }

    #[test]
    fn decimals_and_floats() {
        let input = Decimal128Array::from(vec![12_325, -12_325, 99_999]);
        let input = input.with_precision_and_scale(5, 2).unwrap();
        let out = apply("0.5", input);
        let out = out.as_primitive::<Decimal128Type>();
        assert_eq!(out.values(), &[12_350, -12_300, 99_999]);
        let input = vec![0.26, 0.24, -0.26, -0.1, f64::NAN, f64::INFINITY, f64::MAX];
        let out = apply("0.5", Float64Array::from(input));
        let out = out.as_primitive::<Float64Type>().values();
        assert_eq!(out.get(..4).unwrap(), &[0.5, 0.0, -0.5, 0.0]);
        assert!(out.get(4).unwrap().is_nan() && out.get(5).unwrap().is_infinite());
        assert!(out.get(6).unwrap().is_finite());
        let step = RoundTo {
            step: Number::parse("0.5").unwrap(),
        };
        assert_eq!(step.returns(&DataType::Int64).unwrap_err().code(), "SL8011");
        assert_eq!(
            step.returns(&DataType::Date32).unwrap_err().code(),
            "SL8012"
        );
    }
}
