//! `date_trunc` made total: as far as the calendar reaches, and null beyond it.
//!
//! The engine counts in nanoseconds, so that a time before 1677 or after 2262 stops the run.
//!
//! Invariant: where the engine has a result, this is it.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrowPrimitiveType, AsArray, Date32Array, Int64Array, PrimitiveArray,
};
use datafusion::arrow::compute::{DatePart, binary, cast, date_part};
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type, TimeUnit};
use datafusion::common::{DFSchema, Result, exec_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

/// A part of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    /// So many of them are a day.
    Daily(i64),
    Week,
    Month,
    Quarter,
    Year,
}

impl Part {
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_lowercase().as_str() {
            "microsecond" => Self::Daily(86_400_000_000),
            "millisecond" => Self::Daily(86_400_000),
            "second" => Self::Daily(86_400),
            "minute" => Self::Daily(1440),
            "hour" => Self::Daily(24),
            "day" => Self::Daily(1),
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }
}

/// The total call for one of `date_trunc`, where its part is a literal that there is, and its time
/// has no zone or UTC.
pub(super) fn truncation(function: &ScalarFunction, schema: &DFSchema) -> Option<Expr> {
    let [Expr::Literal(part, _), value] = function.args.as_slice() else {
        return None;
    };
    if function.func.name() != "date_trunc" {
        return None;
    }
    let part = Part::named(part.try_as_str().flatten()?)?;
    match value.get_type(schema).ok()? {
        DataType::Timestamp(_, zone) if zone.as_deref().is_none_or(|zone| zone == "UTC") => {}
        _ => return None,
    }
    let total = Truncation {
        part,
        signature: Signature::any(1, Volatility::Immutable),
    };
    let total = Arc::new(ScalarUDF::new_from_impl(total));
    Some(Expr::ScalarFunction(ScalarFunction::new_udf(
        total,
        vec![value.clone()],
    )))
}

/// The start of the part of time that a time is in.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Truncation {
    part: Part,
    signature: Signature,
}

impl ScalarUDFImpl for Truncation {
    fn name(&self) -> &'static str {
        "truncate_or_null"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        match arg_types {
            [of @ DataType::Timestamp(_, _)] => Ok(of.clone()),
            _ => exec_err!("only a time is in a part of time"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [times] = arrays.as_slice() else {
            return exec_err!("a time is truncated alone");
        };
        let DataType::Timestamp(unit, _) = times.data_type() else {
            return exec_err!("only a time is in a part of time");
        };
        let day = 86_400
            * match unit {
                TimeUnit::Second => 1,
                TimeUnit::Millisecond => 1_000,
                TimeUnit::Microsecond => 1_000_000,
                TimeUnit::Nanosecond => 1_000_000_000,
            };
        let counts = cast(times, &DataType::Int64)?;
        let counts = counts.as_primitive::<Int64Type>();
        let starts: Int64Array = match self.part {
            // A part that is finer than the unit changes nothing.
            Part::Daily(parts) if parts >= day => counts.clone(),
            Part::Daily(parts) => {
                let step = day / parts;
                each(counts, |count| count.checked_sub(count.rem_euclid(step)))
            }
            part => {
                let days: Date32Array =
                    each(counts, |count| i32::try_from(count.div_euclid(day)).ok());
                each(&first_days(part, &days)?, |first| {
                    i64::from(first).checked_mul(day)
                })
            }
        };
        Ok(ColumnarValue::Array(cast(&starts, times.data_type())?))
    }
}

/// The first day of the week, month, quarter or year of each day, counted from 1970.
fn first_days(part: Part, days: &Date32Array) -> Result<Date32Array> {
    Ok(match part {
        Part::Daily(_) => days.clone(),
        // The first of January 1970 was a Thursday.
        Part::Week => each(days, |day| {
            day.checked_sub(day.checked_add(3)?.rem_euclid(7))
        }),
        Part::Month => back(days, DatePart::Day)?,
        Part::Year => back(days, DatePart::DayOfYear)?,
        Part::Quarter => {
            let firsts = back(days, DatePart::Day)?;
            let months = date_part(&firsts, DatePart::Month)?;
            // From the first of a month, 28 days back are in the month before, and 56 in the one
            // before that. What stands where there is null may wrap.
            let month_one = |first: i32, month: i32| first.wrapping_sub(28 * ((month - 1) % 3));
            let within = binary(&firsts, months.as_primitive::<Int32Type>(), month_one)?;
            back(&within, DatePart::Day)?
        }
    })
}

/// Each day less the days before it in its month or year; null where there is no calendar.
fn back(days: &Date32Array, within: DatePart) -> Result<Date32Array> {
    let places = date_part(days, within)?;
    let first = |day: i32, place: i32| day.wrapping_sub(place - 1);
    Ok(binary(days, places.as_primitive::<Int32Type>(), first)?)
}

fn each<F: ArrowPrimitiveType, T: ArrowPrimitiveType>(
    values: &PrimitiveArray<F>,
    apply: impl Fn(F::Native) -> Option<T::Native>,
) -> PrimitiveArray<T> {
    values.iter().map(|value| apply(value?)).collect()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use datafusion::arrow::array::{ArrayRef, RecordBatch};
    use datafusion::arrow::util::display::array_value_to_string;
    use datafusion::functions::datetime::expr_fn::date_trunc;
    use datafusion::logical_expr::{col, lit};
    use datafusion::prelude::SessionContext;

    use super::*;

    const PARTS: [&str; 10] = [
        "microsecond",
        "millisecond",
        "second",
        "minute",
        "hour",
        "day",
        "week",
        "month",
        "quarter",
        "year",
    ];

    /// One of the functions over these counts.
    fn computed(
        counts: &[Option<i64>],
        of: &DataType,
        part: &str,
        total: bool,
    ) -> Result<ArrayRef> {
        let times = cast(&Int64Array::from(counts.to_vec()), of).unwrap();
        let batch = RecordBatch::try_from_iter_with_nullable([("a", times, true)]).unwrap();
        let schema = DFSchema::try_from(batch.schema()).unwrap();
        let mut call = date_trunc(lit(part), col("a"));
        if let Expr::ScalarFunction(function) = &call
            && total
        {
            call = truncation(function, &schema).unwrap();
        }
        let expr = SessionContext::new().create_physical_expr(call, &schema)?;
        expr.evaluate(&batch)?.into_array(counts.len())
    }

    fn units() -> Vec<(DataType, i64)> {
        let zones = [None, Some("UTC".into())];
        let units = [
            (TimeUnit::Second, 1),
            (TimeUnit::Millisecond, 1_000),
            (TimeUnit::Microsecond, 1_000_000),
            (TimeUnit::Nanosecond, 1_000_000_000),
        ];
        let all = zones.into_iter().flat_map(|zone: Option<Arc<str>>| {
            units.map(|(unit, second)| (DataType::Timestamp(unit, zone.clone()), second))
        });
        all.collect()
    }

    #[test]
    fn where_the_engine_has_a_result_this_is_it() {
        // Days from 1700 to 2240, each at another time of the day, and both sides of midnight.
        for (of, second) in units() {
            let mut counts = vec![None];
            for day in (-98_600..98_600_i64).step_by(13) {
                let midnight = day * 86_400 * second;
                let later = (day.rem_euclid(86_400) * 7919 % 86_400) * second;
                counts.extend([midnight - 1, midnight, midnight + later + second / 3].map(Some));
            }
            for part in PARTS {
                let [engine, ours] =
                    [false, true].map(|total| computed(&counts, &of, part, total).unwrap());
                assert_eq!(&engine, &ours, "{part} of {of}");
            }
        }
    }

    #[test]
    fn there_is_always_a_result_or_null() {
        let counts = [
            i64::MIN,
            i64::MIN + 1,
            -1,
            0,
            1,
            i64::from(i32::MAX) * 86_400,
            i64::MAX - 1,
            i64::MAX,
        ];
        let (mut starts, mut nulls) = (0, 0);
        for (of, _) in units() {
            for part in PARTS {
                let ours = computed(&counts.map(Some), &of, part, true).unwrap();
                assert_eq!(ours.data_type(), &of);
                let ours = cast(&ours, &DataType::Int64).unwrap();
                for (start, count) in ours.as_primitive::<Int64Type>().iter().zip(counts) {
                    assert!(start.is_none_or(|start| start <= count), "{part} of {of}");
                    starts += usize::from(start.is_some());
                    nulls += usize::from(start.is_none());
                }
            }
        }
        assert!(starts > 400 && nulls > 100, "{starts} {nulls}");
    }

    #[test]
    fn the_year_9999_has_quarters() {
        let of = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let last = [Some(253_402_300_799_000_000)];
        assert!(computed(&last, &of, "quarter", false).is_err());
        let ours = computed(&last, &of, "quarter", true).unwrap();
        assert_eq!(
            array_value_to_string(&ours, 0).unwrap(),
            "9999-10-01T00:00:00Z"
        );
    }
}
