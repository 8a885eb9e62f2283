//! The kernel of `bucket`.
//!
//! Invariant: the result is a function of the bucket alone, so two values of one bucket cannot be
//! told apart. An edge below the least value of the type is that least value; a NaN loses its
//! payload, and infinities stay.

use arrow::{array::ArrayRef, datatypes::DataType};

use crate::{
    Kernel, ProtectError,
    argument::{Arguments, Number},
    column::refuse,
    grid::{self, Grid, Numbers, units},
};

const NAME: &str = "bucket";

/// `bucket`, bound.
#[derive(Debug)]
pub(crate) struct Bucket {
    width: Number,
    offset: Number,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<Bucket, ProtectError> {
    let (width, offset) = (arguments.number(0)?, arguments.number(1)?);
    if width.unscaled <= 0 {
        return Err(arguments.wrong("the width must be above zero"));
    }
    Ok(Bucket { width, offset })
}

impl Kernel for Bucket {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        grid::returns(self, input)
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        grid::apply(self, input)
    }
}

impl Numbers for Bucket {
    const NAME: &'static str = NAME;

    fn whole(&self, plain: &DataType) -> Result<impl Fn(i128) -> Option<i128>, ProtectError> {
        let units = units(plain).ok_or_else(|| refuse(NAME, plain))?;
        match (self.width.times(units), self.offset.times(units)) {
            (Some(width), Some(offset)) => {
                let grid = Grid::new(width, offset);
                Ok(move |value| grid.edge(value))
            }
            _ => Err(ProtectError::Argument {
                protection: NAME,
                reason: format!("width and offset must be whole in the units of `{plain}`"),
            }),
        }
    }

    fn float(&self) -> Option<impl Fn(f64) -> f64> {
        let grid = (self.width.to_f64(), self.offset.to_f64());
        Some(move |value| float_edge(value, grid))
    }
}

fn float_edge(value: f64, (width, offset): (f64, f64)) -> f64 {
    if value.is_nan() {
        return f64::NAN;
    }
    if value.is_infinite() {
        return value;
    }
    let at = |step: f64| step * width + offset;
    let step = ((value - offset) / width).floor();
    // The division may round up to the next edge.
    let edge = if at(step) > value {
        at(step - 1.0)
    } else {
        at(step)
    };
    // Adding zero turns -0.0 into 0.0.
    edge.clamp(f64::MIN, f64::MAX) + 0.0
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use arrow::array::Int64Array;
    use sealine_label::declare::Argument;

    crate::testing::Sample {
        arguments: vec![Argument::Integer(10), Argument::Integer(0)],
        values: std::sync::Arc::new(Int64Array::from(vec![Some(42), None])),
        beside: vec![],
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp
)]
mod tests {
    use std::sync::Arc;

    use arrow::{
        array::{
            Array, AsArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array,
            Float64Array, Int8Array, Int32Array, Int64Array, TimestampMicrosecondArray, UInt8Array,
            UInt64Array,
        },
        datatypes::{
            Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int32Type, Int64Type,
            TimeUnit, TimestampMicrosecondType, UInt8Type, UInt64Type,
        },
    };

    use super::*;
    use crate::{
        column::unpack,
        testing::{Random, assert_own_buffers, bytes_of},
    };

    fn bucket(width: &str, offset: &str) -> Bucket {
        Bucket {
            width: Number::parse(width).unwrap(),
            offset: Number::parse(offset).unwrap(),
        }
    }

    fn apply(width: &str, offset: &str, input: impl Array + 'static) -> ArrayRef {
        bucket(width, offset)
            .apply(&(Arc::new(input) as ArrayRef))
            .unwrap()
    }

    #[test]
    fn integers_floor_also_below_zero() {
        let out = apply(
            "10",
            "0",
            Int32Array::from(vec![Some(37), Some(30), None, Some(-1), Some(-10), Some(0)]),
        );
        let out: Vec<_> = out.as_primitive::<Int32Type>().iter().collect();
        assert_eq!(
            out,
            [Some(30), Some(30), None, Some(-10), Some(-10), Some(0)]
        );
        let out = apply("10", "5", Int32Array::from(vec![4, 5, 14, 15, -6]));
        assert_eq!(
            out.as_primitive::<Int32Type>().values(),
            &[-5, 5, 5, 15, -15]
        );
    }

    #[test]
    fn edges_below_the_type_are_its_least_value() {
        let out = apply(
            "100",
            "0",
            Int8Array::from(vec![i8::MIN, -101, -100, -1, i8::MAX]),
        );
        assert_eq!(
            out.as_primitive::<Int8Type>().values(),
            &[i8::MIN, i8::MIN, -100, -100, 100]
        );
        let out = apply("100", "50", UInt8Array::from(vec![0, 49, 50, 255]));
        assert_eq!(out.as_primitive::<UInt8Type>().values(), &[0, 0, 50, 250]);
        let out = apply("1000", "0", Int64Array::from(vec![i64::MIN, i64::MAX]));
        assert_eq!(
            out.as_primitive::<Int64Type>().values(),
            &[i64::MIN, i64::MAX / 1000 * 1000]
        );
        let out = apply("1000", "-7", UInt64Array::from(vec![u64::MAX]));
        assert_eq!(out.as_primitive::<UInt64Type>().value(0) % 1000, 993);
    }

    #[test]
    fn integers_agree_with_the_definition() {
        let mut random = Random::new(5);
        for _ in 0..2000 {
            let (value, width) = (random.next() as i64, 1 + random.below(1 << 40) as i64);
            let offset = random.next() as i64;
            let out = apply(
                &width.to_string(),
                &offset.to_string(),
                Int64Array::from(vec![value]),
            );
            let (value, width, offset) = (i128::from(value), i128::from(width), i128::from(offset));
            let exact = (value - offset).div_euclid(width) * width + offset;
            let expected = exact.max(i128::from(i64::MIN));
            assert_eq!(
                i128::from(out.as_primitive::<Int64Type>().value(0)),
                expected
            );
        }
    }

    #[test]
    fn floats_floor_and_lose_the_payload_of_nan() {
        let odd = f64::from_bits(0x7ff8_dead_beef_0001);
        let input = vec![
            37.5,
            -0.1,
            0.0,
            -0.0,
            odd,
            f64::INFINITY,
            f64::MIN,
            f64::MAX,
        ];
        let out = apply("10", "0", Float64Array::from(input));
        let out = out.as_primitive::<Float64Type>().values().to_vec();
        assert_eq!(out[..4], [30.0, -10.0, 0.0, 0.0]);
        assert_eq!(out[3].to_bits(), 0);
        assert_eq!(out[4].to_bits(), f64::NAN.to_bits());
        assert_eq!(out[5], f64::INFINITY);
        assert!(out[6].is_finite() && out[7].is_finite());
        let out = apply(
            "999999999999999999999999999999999999",
            "0",
            Float64Array::from(vec![f64::MIN]),
        );
        assert!(out.as_primitive::<Float64Type>().value(0).is_finite());
        let out = apply("0.1", "0", Float32Array::from(vec![0.35]));
        assert_eq!(out.as_primitive::<Float32Type>().value(0), 0.3);
    }

    #[test]
    fn float_edges_lie_at_or_below_and_keep_the_order() {
        let mut random = Random::new(6);
        for width in ["0.1", "0.3", "7", "1e0".strip_suffix("e0").unwrap()] {
            let mut values: Vec<f64> = (0..500)
                .map(|_| (random.next() as i32) as f64 / 1000.0)
                .collect();
            values.sort_by(f64::total_cmp);
            let out = apply(width, "0.05", Float64Array::from(values.clone()));
            let out = out.as_primitive::<Float64Type>().values().to_vec();
            let width: f64 = width.parse().unwrap();
            for (edge, value) in out.iter().zip(&values) {
                assert!(
                    edge <= value && value - edge <= width * 1.000_001,
                    "{edge} {value} {width}"
                );
            }
            assert!(out.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }

    #[test]
    fn decimals_dates_and_timestamps() {
        let input = Decimal128Array::from(vec![12_345, -1])
            .with_precision_and_scale(5, 2)
            .unwrap();
        let out = apply("0.5", "0", input);
        assert_eq!(
            out.as_primitive::<Decimal128Type>().values(),
            &[12_300, -50]
        );
        assert_eq!(out.data_type(), &DataType::Decimal128(5, 2));
        let out = apply(
            "1000",
            "0",
            Decimal128Array::from(vec![-99_999])
                .with_precision_and_scale(5, 2)
                .unwrap(),
        );
        assert_eq!(
            out.as_primitive::<Decimal128Type>().values(),
            &[-99_999],
            "the least of decimal(5, 2)"
        );
        let out = apply("7", "4", Date32Array::from(vec![3, 4, 10, 11, -4]));
        assert_eq!(
            out.as_primitive::<Date32Type>().values(),
            &[-3, 4, 4, 11, -10]
        );
        let day = 86_400_000_000_i64;
        let input = TimestampMicrosecondArray::from(vec![day + 5, -1]).with_timezone("UTC");
        let out = apply("0.5", "0", input);
        assert_eq!(
            out.as_primitive::<TimestampMicrosecondType>().values(),
            &[day, -day / 2]
        );
        assert_eq!(
            out.data_type(),
            &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
        );
    }

    #[test]
    fn wrong_types_and_fractions_are_refused() {
        let refused = |width: &str, data_type: DataType| {
            bucket(width, "0").returns(&data_type).unwrap_err().code()
        };
        assert_eq!(refused("0.5", DataType::Int32), "SL8011");
        assert_eq!(refused("0.001", DataType::Decimal128(9, 2)), "SL8011");
        assert_eq!(refused("10", DataType::Utf8), "SL8012");
        assert_eq!(refused("10", DataType::Float16), "SL8012");
        assert_eq!(
            refused("10", DataType::Time64(TimeUnit::Microsecond)),
            "SL8012"
        );
        assert_eq!(refused("10", DataType::Decimal128(9, -2)), "SL8012");
    }

    #[test]
    fn slices_nulls_and_dictionaries_leave_nothing_behind() {
        let secret = 0x5EC4_E7C4_7A11_1111_i64;
        let nulls = Some(vec![true, true, false, true].into());
        let input = Int64Array::new(vec![secret, 17, secret, 23].into(), nulls);
        let sliced: ArrayRef = Arc::new(input.slice(1, 3));
        let out = bucket("10", "0").apply(&sliced).unwrap();
        assert_eq!(
            out.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
            [Some(10), None, Some(20)]
        );
        assert_own_buffers(&sliced, &out);
        assert!(
            !bytes_of(&out)
                .windows(8)
                .any(|window| window == secret.to_le_bytes())
        );

        let values: ArrayRef = Arc::new(Int64Array::from(vec![secret, 17, 23]));
        let keys = arrow::array::Int32Array::from(vec![Some(1), None, Some(2)]);
        let dictionary: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::new(keys, values));
        let out = bucket("1000", "0").apply(&dictionary).unwrap();
        assert_eq!(out.data_type(), dictionary.data_type());
        let edge = (secret / 1000 * 1000).to_le_bytes();
        assert!(
            !bytes_of(&out).windows(8).any(|window| window == edge),
            "an unused value must not leave its bucket"
        );
        let plain = unpack(NAME, &out).unwrap();
        assert_eq!(
            plain.as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
            [Some(0), None, Some(0)]
        );
    }
}
