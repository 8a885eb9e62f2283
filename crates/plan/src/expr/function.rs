//! Scalar functions: what the table says about each.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{HigherOrderFunction, ScalarFunction};
use datafusion::logical_expr::{Expr, ExprSchemable};

use super::cast::is_fixed_width;
use super::cell::{Cell, DIGITS, LOWER, TRIM};
use super::evaluate::Env;
use super::span::{is_literal, is_path, span_of};
use crate::bind::{Division, Truncation};
use crate::error::{Bound, refuse};
use crate::flow::Prover;
use crate::functions::{Fact, Fails, Kind, Nulls, fact};
use crate::protection::Protection;

/// Functions that hand on decimals without arithmetic.
const HANDING_ON: &[&str] = &[
    "coalesce",
    "nullif",
    "nvl",
    "ifnull",
    "nvl2",
    "greatest",
    "least",
    "get_field",
];

/// The parts of a date, and of a time where the value has one.
const PARTS: &[&str] = &[
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "doy",
    "dow",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "nanosecond",
    "epoch",
];

impl Prover<'_> {
    pub(crate) fn scalar_function(
        &mut self,
        function: &ScalarFunction,
        expr: &Expr,
        env: &Env<'_>,
    ) -> Bound<Cell> {
        let args: Vec<&Expr> = function.args.iter().collect();
        if let Some(protection) = function.func.inner().downcast_ref::<Protection>() {
            let Some((value, beside)) = args.split_first() else {
                return Err(self.no_rule(expr, "a protection without a value"));
            };
            return self.protect(protection, value, beside, expr, env);
        }
        if function.func.inner().downcast_ref::<Division>().is_some() {
            let (seen, _) = self.together(&args, env)?;
            if self.gives_decimal(expr, env.schema) {
                self.may_fail(seen, "this division", span_of(expr, &self.step.sql));
            }
            return Ok(self.all_of(seen));
        }
        if function.func.inner().downcast_ref::<Truncation>().is_some() {
            let (seen, _) = self.together(&args, env)?;
            return Ok(self.all_of(seen));
        }
        let name = function.func.name();
        let span = span_of(expr, &self.step.sql);
        let Some(fact) = fact(Kind::Scalar, name) else {
            return Err(refuse(
                "SL2007",
                format!("the function `{name}` is not available in a pipeline"),
                span,
                "here",
            ));
        };
        if let (Some(bit), [only]) = (normalizer(name), args.as_slice()) {
            let cell = self.evaluate(only, env)?;
            if let Some(own) = &cell.own {
                let own = Some(own.normalized(bit));
                return Ok(Cell {
                    own,
                    slots: std::collections::BTreeSet::new(),
                    ..cell
                });
            }
        }
        let cells = if HANDING_ON.contains(&name) {
            self.in_turn(&args, env)?
        } else {
            let cells = args.iter().map(|arg| self.evaluate(arg, env));
            cells.collect::<Bound<Vec<Cell>>>()?
        };
        let seen = self.seen_all(&cells);
        let decimal = !HANDING_ON.contains(&name) && self.gives_decimal(expr, env.schema);
        let partial = match name {
            "date_part" => !(has_part(&args) && has_date(&args, env)),
            "round" => !rounds_float(&args, env),
            _ => fact.fails == Fails::Partial,
        };
        if partial || decimal {
            self.may_fail(seen, &format!("`{name}`"), span);
        }
        Ok(self.result(&fact, &cells, seen, expr, env))
    }

    fn result(
        &mut self,
        fact: &Fact,
        cells: &[Cell],
        seen: sealine_label::LabelId,
        expr: &Expr,
        env: &Env<'_>,
    ) -> Cell {
        let wide = |expr: &Expr| {
            let known = expr.get_type(env.schema);
            known.is_ok_and(|ty| !ty.is_nested() && !is_fixed_width(&ty))
        };
        let text = fact.name == "concat" && wide(expr);
        // Of lists it is another function, which gives nulls, and a list may stand inside of a cast.
        let parts = match expr {
            Expr::ScalarFunction(function) => function.args.as_slice(),
            _ => &[],
        };
        let plain = |part: &Expr| (is_path(part) || is_literal(part)) && wide(part);
        let never_null = text && parts.iter().all(plain);
        let null = match fact.nulls {
            // A null adds nothing to the text, which is there in any case.
            _ if never_null => self.nothing(),
            Nulls::Strict => cells
                .iter()
                .fold(self.nothing(), |all, cell| self.labels.join(all, cell.null)),
            Nulls::Any | Nulls::Empty => seen,
        };
        let length = match fact.name {
            // So the nulls show in the length.
            "concat" if text => cells.iter().fold(self.nothing(), |all, cell| {
                let both = self.labels.join(cell.length, cell.null);
                self.labels.join(all, both)
            }),
            "reverse" => cells.iter().fold(self.nothing(), |all, cell| {
                self.labels.join(all, cell.length)
            }),
            "md5" | "sha224" | "sha256" | "sha384" | "sha512" => self.nothing(),
            _ => seen,
        };
        Cell::computed(seen, null, length)
    }

    /// A function with lambdas: the body joins into the result, and its variables carry the lists.
    pub(crate) fn higher_order(
        &mut self,
        function: &HigherOrderFunction,
        env: &Env<'_>,
    ) -> Bound<Cell> {
        let name = function.name();
        if fact(Kind::Scalar, name).is_none() {
            return Err(self.unsupported(&format!("the function `{name}`")));
        }
        let (lambdas, lists): (Vec<&Expr>, Vec<&Expr>) = function
            .args
            .iter()
            .partition(|arg| matches!(arg, Expr::Lambda(_)));
        let (mut all, _) = self.together(&lists, env)?;
        let variable = self.all_of(all);
        for lambda in lambdas {
            let Expr::Lambda(lambda) = lambda else {
                continue;
            };
            let depth = self.lambdas.len();
            self.lambdas.extend(
                lambda
                    .params
                    .iter()
                    .map(|name| (name.clone(), variable.clone())),
            );
            let body = self.evaluate(&lambda.body, env);
            self.lambdas.truncate(depth);
            let body = body?;
            let seen = self.seen(&body);
            all = self.join(all, seen);
        }
        self.may_fail(all, &format!("`{name}`"), self.step.sql.span);
        Ok(self.all_of(all))
    }
}

/// The named normalizers, behind which a column stays canonical.
fn normalizer(name: &str) -> Option<u8> {
    match name {
        "btrim" | "trim" => Some(TRIM),
        "lower" => Some(LOWER),
        "digits" => Some(DIGITS),
        _ => None,
    }
}

/// Whether `date_part` is asked of what has a date: a time of day has no year, and an interval no
/// day of the week.
fn has_date(args: &[&Expr], env: &Env<'_>) -> bool {
    let of = args.get(1).and_then(|of| of.get_type(env.schema).ok());
    of.is_some_and(|of| {
        matches!(
            of,
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, _)
        )
    })
}

/// Whether `date_part` is asked for a part that it knows: any other word fails where it is reached.
fn has_part(args: &[&Expr]) -> bool {
    let Some(Expr::Literal(part, _)) = args.first() else {
        return false;
    };
    let part = part.try_as_str().flatten().map(str::to_lowercase);
    part.is_some_and(|part| PARTS.contains(&part.as_str()))
}

/// Whether `round` is asked of a float, to places that are a literal: whole numbers and decimals
/// overflow. Of floats, DataFusion 55 (`datafusion-functions`, `math/round.rs`) multiplies, rounds
/// and divides by a power of ten, which for any `i32` is a float: what is too large is infinite.
fn rounds_float(args: &[&Expr], env: &Env<'_>) -> bool {
    let (of, places) = match args {
        [of] => (of, None),
        [of, places] => (of, Some(places)),
        _ => return false,
    };
    let fits = |places: &Expr| {
        literal(places).is_some_and(|places| places.cast_to(&DataType::Int32).is_ok())
    };
    let float = of.get_type(env.schema).is_ok_and(|of| of.is_floating());
    float && places.is_none_or(|places| fits(places))
}

/// The value of a literal behind casts, where they do not fail.
fn literal(expr: &Expr) -> Option<ScalarValue> {
    match expr {
        Expr::Literal(value, _) => Some(value.clone()),
        Expr::Cast(cast) => literal(&cast.expr)?.cast_to(cast.field.data_type()).ok(),
        Expr::TryCast(cast) => literal(&cast.expr)?.cast_to(cast.field.data_type()).ok(),
        _ => None,
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch};
    use datafusion::common::DFSchema;
    use datafusion::functions::math::expr_fn::round;
    use datafusion::logical_expr::{cast, col, lit};
    use datafusion::prelude::SessionContext;

    use super::*;

    /// How often `round` fails over these values, to many places and to none, of arrays and of
    /// literals.
    fn failures(values: &ArrayRef) -> usize {
        let batch = RecordBatch::try_from_iter([("a", Arc::clone(values))]).unwrap();
        let schema = DFSchema::try_from(batch.schema()).unwrap();
        let context = SessionContext::new();
        let mut failures = 0;
        let mut called = |args: Vec<Expr>| {
            let call = context.create_physical_expr(round(args), &schema).unwrap();
            failures += usize::from(call.evaluate(&batch).is_err());
        };
        let one = ScalarValue::try_from_array(values, 0).unwrap();
        called(vec![col("a")]);
        for places in [i32::MIN, -400, -19, -1, 0, 1, 38, 39, 308, 309, i32::MAX] {
            called(vec![col("a"), lit(places)]);
            called(vec![
                col("a"),
                cast(lit(i64::from(places)), DataType::Int32),
            ]);
            called(vec![lit(one.clone()), lit(places)]);
        }
        failures
    }

    #[test]
    fn floats_are_rounded_whatever_they_are() {
        let wide = [
            f64::MAX,
            f64::MIN,
            f64::MIN_POSITIVE / 2.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            -0.0,
            2.5,
        ];
        let narrow = [f32::MAX, f32::MIN, f32::NAN, f32::INFINITY, -0.0, 2.5];
        assert_eq!(
            failures(&(Arc::new(Float64Array::from(wide.to_vec())) as _)),
            0
        );
        assert_eq!(
            failures(&(Arc::new(Float32Array::from(narrow.to_vec())) as _)),
            0
        );
        assert!(failures(&(Arc::new(Int64Array::from(vec![i64::MAX])) as _)) > 0);
    }
}
