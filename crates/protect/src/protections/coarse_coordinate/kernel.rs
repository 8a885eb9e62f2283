//! The kernel of `coarse_coordinate`.
//!
//! Invariant: coordinates are taken to 10⁻⁹ of a degree first and then cut towards the south and
//! the west in whole numbers, so that more decimals tell the fewer, and 0.29 stays 0.29. What is
//! beyond ±360 degrees becomes a NaN.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, Float64Array},
    buffer::ScalarBuffer,
    compute::cast,
    datatypes::{DataType, Float64Type},
};

use crate::{
    Kernel, ProtectError,
    argument::Arguments,
    column::{fresh_nulls, is_valid, plain_type, refuse, unpack},
};

const NAME: &str = "coarse_coordinate";
/// Decimals that may show: a centimetre.
const MOST: usize = 7;
const FINEST: f64 = 1e9;

/// `coarse_coordinate`, bound.
#[derive(Debug)]
pub(crate) struct CoarseCoordinate {
    /// What one degree has.
    cells: i64,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<CoarseCoordinate, ProtectError> {
    let places = arguments.count_to(0, MOST)?;
    Ok(CoarseCoordinate {
        cells: (0..places).fold(1, |cells, _| cells * 10),
    })
}

impl Kernel for CoarseCoordinate {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        match plain_type(input) {
            DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => {
                Ok(DataType::Float64)
            }
            _ => Err(refuse(NAME, input)),
        }
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        self.returns(input.data_type())?;
        let failed = |step| {
            move |_| ProtectError::Arrow {
                protection: NAME,
                step,
            }
        };
        let plain = unpack(NAME, input)?;
        let wide = cast(&plain, &DataType::Float64).map_err(failed("widening of a column"))?;
        let nulls = fresh_nulls(&wide);
        let values = wide.as_primitive::<Float64Type>().values();
        let results: Vec<f64> = values
            .iter()
            .enumerate()
            .map(|(row, value)| match is_valid(nulls.as_ref(), row) {
                true => self.cut(*value),
                false => 0.0,
            })
            .collect();
        let column = Float64Array::try_new(ScalarBuffer::from(results), nulls);
        Ok(Arc::new(column.map_err(failed("building of a column"))?))
    }
}

impl CoarseCoordinate {
    fn cut(&self, degrees: f64) -> f64 {
        if degrees.is_nan() || degrees.abs() > 360.0 {
            return f64::NAN;
        }
        // All are below 2⁵³, so nothing is lost.
        #[allow(clippy::cast_possible_truncation)]
        let fine = (degrees * FINEST).round() as i64;
        let cell = fine.div_euclid(1_000_000_000 / self.cells);
        #[allow(clippy::cast_precision_loss)]
        let edge = cell as f64 / self.cells as f64;
        edge
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample {
        arguments: vec![crate::testing::whole(2)],
        values: Arc::new(Float64Array::from(vec![Some(57.64911), None])),
        beside: vec![],
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_and_others() {
        for (degrees, places, out) in [
            (57.64911, 2, 57.64),
            (-126.001, 2, -126.01),
            (-126.001, 0, -127.0),
            (0.29, 2, 0.29),
            (1.15, 2, 1.15),
            (-0.0, 3, 0.0),
            (179.999_999_9, 7, 179.999_999_9),
        ] {
            let cells = 10_i64.pow(places);
            assert_eq!(CoarseCoordinate { cells }.cut(degrees), out, "{degrees}");
        }
        for other in [f64::NAN, f64::INFINITY, 1e300, -361.0] {
            assert!(CoarseCoordinate { cells: 10 }.cut(other).is_nan());
        }
    }
}
