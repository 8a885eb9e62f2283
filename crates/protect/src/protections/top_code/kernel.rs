//! The kernel of `top_code`.
//!
//! Invariant: all values of at least the bound become the bound; a NaN loses its payload.

use arrow::{array::ArrayRef, datatypes::DataType};

use crate::{
    Kernel, ProtectError,
    argument::{Arguments, Number},
    column::refuse,
    grid::{self, Numbers, units},
};

const NAME: &str = "top_code";

/// `top_code`, bound.
#[derive(Debug)]
pub(crate) struct TopCode {
    most: Number,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<TopCode, ProtectError> {
    let most = arguments.number(0)?;
    Ok(TopCode { most })
}

impl Kernel for TopCode {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        grid::returns(self, input)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        grid::apply(self, input)
    }
}

impl Numbers for TopCode {
    const NAME: &'static str = NAME;

    fn whole(&self, plain: &DataType) -> Result<impl Fn(i128) -> Option<i128>, ProtectError> {
        let is_number = plain.is_integer() || matches!(plain, DataType::Decimal128(..));
        let units = units(plain).filter(|_| is_number);
        let most = units.ok_or_else(|| refuse(NAME, plain))?;
        let most = self
            .most
            .times(most)
            .ok_or_else(|| ProtectError::Argument {
                protection: NAME,
                reason: format!("the bound must be whole in the units of `{plain}`"),
            })?;
        Ok(move |value: i128| Some(value.min(most)))
    }

    fn float(&self) -> Option<impl Fn(f64) -> f64> {
        let most = self.most.to_f64();
        // `min` alone would take a NaN for something great.
        Some(move |value: f64| match value.is_nan() {
            true => f64::NAN,
            false => value.min(most),
        })
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::numbers(vec![crate::testing::whole(40)])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::float_cmp)]
mod tests {
    use arrow::{
        array::{AsArray, Float64Array, UInt8Array},
        datatypes::{Float64Type, UInt8Type},
    };

    use super::*;

    #[test]
    fn the_great_are_one() {
        let most = |text| TopCode {
            most: Number::parse(text).unwrap(),
        };
        let ages: ArrayRef = std::sync::Arc::new(UInt8Array::from(vec![0, 89, 90, 91, 255]));
        let out = most("90").apply(&ages).unwrap();
        assert_eq!(
            out.as_primitive::<UInt8Type>().values(),
            &[0, 89, 90, 90, 90]
        );
        let floats = vec![1.5, 90.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        let floats: ArrayRef = std::sync::Arc::new(Float64Array::from(floats));
        let out = most("90").apply(&floats).unwrap();
        let out = out.as_primitive::<Float64Type>().values();
        assert_eq!(out.get(..4).unwrap(), &[1.5, 90.0, 90.0, f64::NEG_INFINITY]);
        assert!(out.get(4).unwrap().is_nan());
        assert_eq!(
            most("0.5").returns(&DataType::UInt8).unwrap_err().code(),
            "SL8011"
        );
    }
}
