//! Scalar functions: what the table says about each.

use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::expr::{HigherOrderFunction, ScalarFunction};
use datafusion::logical_expr::{Expr, ExprSchemable};

use super::cast::is_fixed_width;
use super::cell::{Cell, DIGITS, LOWER, TRIM};
use super::evaluate::Env;
use super::span::{is_literal, is_path, span_of};
use crate::bind::Division;
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
        let partial = fact.fails == Fails::Partial
            || (name == "date_part" && !(has_part(&args) && has_date(&args, env)));
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
