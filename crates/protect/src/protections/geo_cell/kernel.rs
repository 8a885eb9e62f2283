//! The kernel of `geo_cell`.
//!
//! Invariant: the result depends on the geohash cell alone, and the cell of a longer geohash lies
//! within that of a shorter one. What is no place on Earth is hidden wholly.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray},
    buffer::NullBuffer,
    compute::cast,
    datatypes::{DataType, Float64Type},
};

use crate::{
    Kernel, ProtectError,
    argument::Arguments,
    characters::UNKNOWN,
    column::{fresh_nulls, gather, plain_type, refuse, unpack},
};

const NAME: &str = "geo_cell";
/// Characters of the longest geohash: 30 bits a coordinate, a few centimetres.
const MOST: usize = 12;
const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// `geo_cell`, bound.
#[derive(Debug)]
pub(crate) struct GeoCell {
    precision: usize,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<GeoCell, ProtectError> {
    arguments.column(0)?;
    let precision = arguments.count_to(1, MOST)?;
    Ok(GeoCell { precision })
}

impl Kernel for GeoCell {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        match plain_type(input) {
            DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) => Ok(DataType::Utf8),
            _ => Err(refuse(NAME, input)),
        }
    }

    fn apply(&self, _: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        Err(alone())
    }

    fn apply_beside(
        &self,
        input: &ArrayRef,
        beside: &[ArrayRef],
    ) -> Result<ArrayRef, ProtectError> {
        let [longitude] = beside else {
            return Err(alone());
        };
        if longitude.len() != input.len() {
            return Err(alone());
        }
        let (latitude, longitude) = (self.degrees(input)?, self.degrees(longitude)?);
        let nulls = NullBuffer::union(
            fresh_nulls(&latitude).as_ref(),
            fresh_nulls(&longitude).as_ref(),
        );
        let (latitudes, longitudes) = (
            latitude.as_primitive::<Float64Type>(),
            longitude.as_primitive::<Float64Type>(),
        );
        let column = gather(NAME, input.len(), nulls, |row, out| {
            let latitude = steps(latitudes.value(row), 90.0);
            match latitude.zip(steps(longitudes.value(row), 180.0)) {
                Some(place) => {
                    let start = out.len();
                    out.extend_from_slice(&geohash(place).to_le_bytes());
                    out.truncate(start + self.precision);
                }
                None => out.extend_from_slice(UNKNOWN),
            }
        })?;
        Ok(Arc::new(column))
    }
}

impl GeoCell {
    fn degrees(&self, column: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        self.returns(column.data_type())?;
        let failed = |_| ProtectError::Arrow {
            protection: NAME,
            step: "widening of a column",
        };
        cast(&unpack(NAME, column)?, &DataType::Float64).map_err(failed)
    }
}

fn alone() -> ProtectError {
    ProtectError::Argument {
        protection: NAME,
        reason: "takes the column of longitudes beside that of latitudes".to_owned(),
    }
}

/// How far `degrees` is from `-most` to `most`, in steps of 2⁻³⁰ of the way.
fn steps(degrees: f64, most: f64) -> Option<u32> {
    let steps = (degrees + most) / (2.0 * most) * 1_073_741_824.0;
    // The last meridian and the pole belong to the cells before them; the range is checked, and of
    // what is not below zero the cast takes the floor.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (degrees.abs() <= most).then(|| (steps as u32).min((1 << 30) - 1))
}

/// The characters of the geohash, the first in the lowest byte, and zeros: five bits each, of
/// longitude and latitude in turn.
fn geohash((latitude, longitude): (u32, u32)) -> u128 {
    let bits = spread(longitude) << 1 | spread(latitude);
    let pair = |at: u32| {
        let pair = PAIRS.get((bits >> (50 - 10 * at)) as usize & 0x3ff);
        u64::from(pair.map_or(0, |pair| u16::from_le_bytes(*pair)))
    };
    let low = pair(0) | pair(1) << 16 | pair(2) << 32 | pair(3) << 48;
    u128::from(pair(4) | pair(5) << 16) << 64 | u128::from(low)
}

/// What ten bits are in characters.
#[allow(clippy::indexing_slicing, reason = "done while compiling")]
static PAIRS: [[u8; 2]; 1024] = {
    let mut pairs = [[0; 2]; 1024];
    let mut at = 0;
    while at < pairs.len() {
        pairs[at] = [ALPHABET[at >> 5], ALPHABET[at & 31]];
        at += 1;
    }
    pairs
};

/// The bits of a number with a zero before each.
fn spread(number: u32) -> u64 {
    const STEPS: [(u32, u64); 5] = [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ];
    let spread = |bits: u64, (shift, mask): (u32, u64)| (bits | bits << shift) & mask;
    STEPS.into_iter().fold(u64::from(number), spread)
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use arrow::array::Float64Array;
    use sealine_label::declare::Argument;

    crate::testing::Sample {
        arguments: vec![Argument::Column(0), crate::testing::whole(5)],
        values: Arc::new(Float64Array::from(vec![Some(57.64911), Some(0.0), None])),
        beside: vec![Arc::new(Float64Array::from(vec![10.40744, 0.0, 1.0]))],
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use arrow::array::{Float32Array, Float64Array, StringArray};

    use super::*;

    fn cells(precision: usize, places: &[(f64, f64)]) -> Vec<String> {
        let latitudes: ArrayRef =
            Arc::new(places.iter().map(|at| Some(at.0)).collect::<Float64Array>());
        let longitudes: ArrayRef =
            Arc::new(places.iter().map(|at| Some(at.1)).collect::<Float64Array>());
        let out = GeoCell { precision }
            .apply_beside(&latitudes, &[longitudes])
            .unwrap();
        out.as_string::<i32>()
            .iter()
            .map(|cell| cell.unwrap().to_owned())
            .collect()
    }

    /// The examples of the geohash's inventor (geohash.org) and of `ST_GeoHash` in PostGIS.
    #[test]
    fn known_answers() {
        assert_eq!(cells(11, &[(57.64911, 10.40744)]), ["u4pruydqqvj"]);
        assert_eq!(cells(12, &[(48.0, -126.0)]), ["c0w3hf1s70w3"]);
        assert_eq!(cells(5, &[(42.6, -5.6)]), ["ezs42"]);
    }

    #[test]
    fn corners_and_places_beyond() {
        let places = [
            (90.0, 180.0),
            (-90.0, -180.0),
            (90.1, 0.0),
            (0.0, f64::NAN),
            (0.0, -180.5),
        ];
        assert_eq!(cells(3, &places), ["zzz", "000", "***", "***", "***"]);
        assert_eq!(cells(0, &[(1.0, 1.0)]), [""]);
    }

    #[test]
    fn a_place_needs_both() {
        let kernel = GeoCell { precision: 4 };
        let latitudes: ArrayRef = Arc::new(Float32Array::from(vec![Some(1.0), None, Some(1.0)]));
        let longitudes: ArrayRef = Arc::new(Float64Array::from(vec![None, Some(1.0), Some(1.0)]));
        let out = kernel.apply_beside(&latitudes, &[longitudes]).unwrap();
        assert!(out.is_null(0) && out.is_null(1) && out.is_valid(2));
        assert_eq!(kernel.apply(&latitudes).unwrap_err().code(), "SL8011");
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["1", "1", "1"]));
        let error = kernel.apply_beside(&latitudes, &[texts]).unwrap_err();
        assert_eq!(error.code(), "SL8012");
    }
}
