//! Binary operators.

use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator};
use sealine_label::LabelId;

use super::cell::Cell;
use super::evaluate::Env;
use super::pattern::Dialect;
use super::span::span_of;
use crate::error::{Bound, planning};
use crate::flow::Prover;

impl Prover<'_> {
    pub(crate) fn binary(
        &mut self,
        binary: &BinaryExpr,
        expr: &Expr,
        env: &Env<'_>,
    ) -> Bound<Cell> {
        let (left, right): (&Expr, &Expr) = (&binary.left, &binary.right);
        match binary.op {
            Operator::StringConcat => {
                let (a, b) = (self.evaluate(left, env)?, self.evaluate(right, env)?);
                let value = self.seen_all([&a, &b]);
                let null = self.join(a.null, b.null);
                let text = right.get_type(env.schema).is_ok_and(|ty| !ty.is_nested());
                let length = if text {
                    self.join(a.length, b.length)
                } else {
                    value
                };
                let length = self.join(length, null);
                Ok(Cell::computed(value, null, length))
            }
            Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
            | Operator::BitwiseAnd
            | Operator::BitwiseOr
            | Operator::BitwiseXor
            | Operator::BitwiseShiftRight
            | Operator::BitwiseShiftLeft => self.strict(&[left, right], env),
            Operator::LikeMatch
            | Operator::ILikeMatch
            | Operator::NotLikeMatch
            | Operator::NotILikeMatch => {
                let cell = self.strict(&[left, right], env)?;
                self.pattern(Dialect::Like, right, cell.value, expr);
                Ok(cell)
            }
            Operator::Plus | Operator::Minus | Operator::Multiply => {
                let cell = self.strict(&[left, right], env)?;
                self.arithmetic(expr, right, cell.value, env)?;
                Ok(cell)
            }
            Operator::Divide | Operator::Modulo | Operator::IntegerDivide => {
                let (seen, nulls) = self.together(&[left, right], env)?;
                let by = right
                    .get_type(env.schema)
                    .map_err(|error| planning(&error, &self.step.sql))?;
                if !by.is_floating() && !crate::bind::safe_divisor(right) {
                    self.may_fail(seen, "this division", span_of(expr, &self.step.sql));
                }
                self.arithmetic(expr, right, seen, env)?;
                Ok(Cell::computed(seen, nulls, seen))
            }
            Operator::IsDistinctFrom | Operator::IsNotDistinctFrom => {
                let (seen, _) = self.together(&[left, right], env)?;
                Ok(Cell::computed(seen, self.nothing(), self.nothing()))
            }
            Operator::RegexMatch
            | Operator::RegexIMatch
            | Operator::RegexNotMatch
            | Operator::RegexNotIMatch => {
                let (seen, _) = self.together(&[left, right], env)?;
                self.pattern(Dialect::Regex, right, seen, expr);
                Ok(self.all_of(seen))
            }
            Operator::And
            | Operator::Or
            | Operator::AtArrow
            | Operator::ArrowAt
            | Operator::Arrow
            | Operator::LongArrow
            | Operator::HashArrow
            | Operator::HashLongArrow
            | Operator::AtAt
            | Operator::HashMinus
            | Operator::AtQuestion
            | Operator::Question
            | Operator::QuestionAnd
            | Operator::QuestionPipe
            | Operator::Colon => {
                let cells = self.in_turn(&[left, right], env)?;
                let seen = self.seen_all(&cells);
                Ok(self.all_of(seen))
            }
        }
    }

    /// Integers wrap and floats go to infinity, and the days between two dates always fit;
    /// decimals, moved dates and times can overflow.
    ///
    /// After coercion the operands of numeric arithmetic have one type, so that the right one
    /// tells (asking for the type of the whole would read long chains again and again).
    pub(crate) fn arithmetic(
        &mut self,
        expr: &Expr,
        right: &Expr,
        seen: LabelId,
        env: &Env<'_>,
    ) -> Bound<()> {
        let of = right
            .get_type(env.schema)
            .map_err(|error| planning(&error, &self.step.sql))?;
        if !of.is_integer() && !of.is_floating() && !between_dates(expr, &of, env) {
            self.may_fail(seen, "this arithmetic", span_of(expr, &self.step.sql));
        }
        Ok(())
    }
}

fn between_dates(expr: &Expr, right: &DataType, env: &Env<'_>) -> bool {
    matches!(right, DataType::Date32)
        && matches!(expr, Expr::BinaryExpr(BinaryExpr { left, op: Operator::Minus, .. })
            if left.get_type(env.schema).is_ok_and(|left| left == DataType::Date32))
}
