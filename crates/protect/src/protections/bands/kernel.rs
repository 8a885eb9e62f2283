//! The kernel of `bands`.
//!
//! Invariant: the label is a function of the band alone; an edge belongs to the band above it.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Float64Type},
};

use crate::{
    Kernel, ProtectError,
    argument::{Arguments, Number},
    column::{fresh_nulls, gather, plain_type, refuse, unpack},
    grid::{units, whole_numbers},
};

const NAME: &str = "bands";

/// `bands`, bound.
#[derive(Debug)]
pub(crate) struct Bands {
    edges: Vec<Number>,
    /// One more than edges.
    labels: Vec<String>,
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<Bands, ProtectError> {
    let texts: Vec<&str> = arguments.text(0)?.split(',').map(str::trim).collect();
    let edges = texts.iter().map(|text| Number::parse(text));
    let Some(edges) = edges.collect::<Option<Vec<Number>>>() else {
        return Err(
            arguments.wrong("the edges must be numbers with commas between, such as '18, 65'")
        );
    };
    let mut pairs = edges.iter().zip(edges.iter().skip(1));
    if !pairs.all(|(below, above)| below.is_below(*above)) {
        return Err(arguments.wrong("each edge must be greater than the one before it"));
    }
    let (first, last) = (texts.first(), texts.last());
    let below = first.map(|edge| format!("< {edge}"));
    let between = texts.iter().zip(texts.iter().skip(1));
    let between = between.map(|(from, to)| format!("[{from}, {to})"));
    let above = last.map(|edge| format!(">= {edge}"));
    let labels = below.into_iter().chain(between).chain(above).collect();
    Ok(Bands { edges, labels })
}

impl Kernel for Bands {
    fn returns(&self, input: &DataType) -> Result<DataType, ProtectError> {
        let plain = plain_type(input);
        let takes =
            plain.is_integer() || is_float(plain) || matches!(plain, DataType::Decimal128(..));
        if takes && (is_float(plain) || units(plain).is_some()) {
            Ok(DataType::Utf8)
        } else {
            Err(refuse(NAME, input))
        }
    }

    fn apply(&self, input: &ArrayRef) -> Result<ArrayRef, ProtectError> {
        self.returns(input.data_type())?;
        let plain = unpack(NAME, input)?;
        if is_float(plain.data_type()) {
            let failed = |_| ProtectError::Arrow {
                protection: NAME,
                step: "widening of a column",
            };
            let wide = cast(&plain, &DataType::Float64).map_err(failed)?;
            let edges: Vec<f64> = self.edges.iter().map(|edge| edge.to_f64()).collect();
            let values = wide.as_primitive::<Float64Type>().values();
            return self.column(&plain, |row| {
                let value = values.get(row).filter(|value| !value.is_nan())?;
                Some(edges.partition_point(|edge| edge <= value))
            });
        }
        let units = units(plain.data_type()).ok_or_else(|| refuse(NAME, plain.data_type()))?;
        // An edge beyond what can be counted in these units is above or below every value.
        let beyond = |edge: &Number| {
            if edge.unscaled < 0 {
                i128::MIN
            } else {
                i128::MAX
            }
        };
        let edges = self.edges.iter();
        let edges = edges.map(|edge| edge.times_up(units).unwrap_or_else(|| beyond(edge)));
        let edges: Vec<i128> = edges.collect();
        let values = whole_numbers(NAME, &plain)?;
        self.column(&plain, |row| {
            let value = values.get(row)?;
            Some(edges.partition_point(|edge| edge <= value))
        })
    }
}

fn is_float(plain: &DataType) -> bool {
    matches!(plain, DataType::Float32 | DataType::Float64)
}

impl Bands {
    fn column(
        &self,
        plain: &ArrayRef,
        band: impl Fn(usize) -> Option<usize>,
    ) -> Result<ArrayRef, ProtectError> {
        let column = gather(NAME, plain.len(), fresh_nulls(plain), |row, out| {
            let label = band(row).and_then(|band| self.labels.get(band));
            out.extend_from_slice(label.map_or("not a number", String::as_str).as_bytes());
        })?;
        Ok(Arc::new(column))
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    crate::testing::Sample::numbers(vec![crate::testing::said("18, 65")])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use arrow::array::{Decimal128Array, Float32Array, Float64Array, Int8Array, UInt64Array};

    use super::*;
    use crate::{
        bind,
        testing::{Keys, call, said},
    };

    fn apply(edges: &str, input: impl Array + 'static) -> Vec<String> {
        let kernel = bind(&call(NAME, vec![said(edges)]), &Keys).unwrap();
        let out = kernel.apply(&(Arc::new(input) as ArrayRef)).unwrap();
        let texts = out.as_string::<i32>().iter();
        texts
            .map(|text| text.unwrap_or("null").to_owned())
            .collect()
    }

    #[test]
    fn an_edge_begins_its_band() {
        let ages = Int8Array::from(vec![
            Some(17),
            Some(18),
            Some(64),
            Some(65),
            None,
            Some(-128),
        ]);
        assert_eq!(
            apply("18,65", ages),
            ["< 18", "[18, 65)", "[18, 65)", ">= 65", "null", "< 18"]
        );
        assert_eq!(
            apply("0.5", Int8Array::from(vec![0, 1])),
            ["< 0.5", ">= 0.5"]
        );
        assert_eq!(
            apply("-0.5", Int8Array::from(vec![-1, 0])),
            ["< -0.5", ">= -0.5"]
        );
        let far = "-999999999999999999999999999999999999, 999999999999999999999999999999999999";
        let all = "[-999999999999999999999999999999999999, 999999999999999999999999999999999999)";
        assert_eq!(apply(far, UInt64Array::from(vec![u64::MAX])), [all]);
        let money = Decimal128Array::from(vec![49, 50, -1]).with_precision_and_scale(38, 2);
        assert_eq!(
            apply("0, 0.5", money.unwrap()),
            ["[0, 0.5)", ">= 0.5", "< 0"]
        );
        let money = Decimal128Array::from(vec![i128::MAX / 10]).with_precision_and_scale(38, 30);
        assert_eq!(
            apply("999999999999999", money.unwrap()),
            ["< 999999999999999"]
        );
        assert_eq!(
            apply(
                "0.1",
                Float64Array::from(vec![0.1, -0.0, f64::NAN, f64::INFINITY])
            ),
            [">= 0.1", "< 0.1", "not a number", ">= 0.1"]
        );
        assert_eq!(
            apply("2", Float32Array::from(vec![1.5, 2.0])),
            ["< 2", ">= 2"]
        );
    }

    #[test]
    fn edges_that_are_refused() {
        for edges in ["", "18, 18", "65, 18", "a", "1,,2", "1e3", "1.0, 1.00"] {
            let error = bind(&call(NAME, vec![said(edges)]), &Keys).unwrap_err();
            assert_eq!(error.code(), "SL8011", "{edges}");
        }
    }
}
