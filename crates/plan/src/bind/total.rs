//! Expressions that can fail on a value made total: casts give null, and so do division by zero and
//! the parts of times beyond the calendar.
//!
//! Invariant: names and order of every schema stay; only nullability may change.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use datafusion::arrow::compute::kernels::{cmp, nullif::nullif, numeric};
use datafusion::arrow::datatypes::{self as arrow_types, DataType};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue, exec_err};
use datafusion::logical_expr::expr::{Cast, ScalarFunction, TryCast};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::truncate::truncation;
use crate::expr::cast_never_fails;

/// Makes the casts, divisions and parts of times of a plan total.
pub(crate) fn total(plan: LogicalPlan) -> Result<LogicalPlan> {
    let done = plan.transform_up_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        let names = NamePreserver::new(&node);
        let changed = node.map_expressions(|expr| {
            let name = names.save(&expr);
            let changed = expr.transform_up(|expr| rewrite(expr, &schema))?;
            Ok(changed.update_data(|expr| name.restore(expr)))
        })?;
        if changed.transformed {
            changed.map_data(LogicalPlan::recompute_schema)
        } else {
            Ok(changed)
        }
    })?;
    if done.transformed {
        done.data.recompute_schema()
    } else {
        Ok(done.data)
    }
}

fn rewrite(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    match expr {
        Expr::Cast(Cast { expr, field }) => {
            let from = expr.get_type(schema)?;
            if cast_never_fails(&from, field.data_type()) {
                return Ok(Transformed::no(Expr::Cast(Cast { expr, field })));
            }
            Ok(Transformed::yes(Expr::TryCast(TryCast { expr, field })))
        }
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: op @ (Operator::Divide | Operator::Modulo | Operator::IntegerDivide),
            right,
        }) => {
            let back = |left, right| Expr::BinaryExpr(BinaryExpr { left, op, right });
            let by = right.get_type(schema)?;
            let (integer, decimal) = (by.is_integer(), matches!(by, DataType::Decimal128(_, _)));
            if left.get_type(schema)? != by && integer
                || !(integer || decimal)
                || safe_divisor(&right)
            {
                return Ok(Transformed::no(back(left, right)));
            }
            let returns = back(left.clone(), right.clone()).get_type(schema)?;
            let modulo = op == Operator::Modulo;
            let function = Division {
                modulo,
                returns,
                signature: Signature::any(2, Volatility::Immutable),
            };
            let function = Arc::new(ScalarUDF::new_from_impl(function));
            Ok(Transformed::yes(Expr::ScalarFunction(
                ScalarFunction::new_udf(function, vec![*left, *right]),
            )))
        }
        Expr::ScalarFunction(function) => Ok(match truncation(&function, schema) {
            Some(total) => Transformed::yes(total),
            None => Transformed::no(Expr::ScalarFunction(function)),
        }),
        other => Ok(Transformed::no(other)),
    }
}

/// A literal that is neither zero (no result) nor minus one (the least number overflows).
pub(crate) fn safe_divisor(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(ScalarValue::Int64(Some(n)), _) => !matches!(n, 0 | -1),
        Expr::Literal(ScalarValue::Int32(Some(n)), _) => !matches!(n, 0 | -1),
        Expr::Cast(cast) => safe_divisor(&cast.expr),
        Expr::TryCast(cast) => safe_divisor(&cast.expr),
        _ => false,
    }
}

/// Division (or its remainder) that is null where there is no result.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Division {
    modulo: bool,
    returns: DataType,
    signature: Signature,
}

impl ScalarUDFImpl for Division {
    fn name(&self) -> &str {
        if self.modulo {
            "remainder_or_null"
        } else {
            "divide_or_null"
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [left, right] = arrays.as_slice() else {
            return exec_err!("a division takes two numbers");
        };
        macro_rules! by_type {
            ($($variant:ident => $native:ident),*) => {
                match right.data_type() {
                    $(DataType::$variant => divide::<arrow_types::$native>(left, right, |l, r| {
                        if self.modulo { l.checked_rem(r) } else { l.checked_div(r) }
                    }),)*
                    DataType::Decimal128(_, _) => self.decimal(left, right)?,
                    _ => return exec_err!("a division takes whole numbers or decimals"),
                }
            };
        }
        let result = by_type!(
            Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type,
            UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type
        );
        Ok(ColumnarValue::Array(result))
    }
}

impl Division {
    fn decimal(&self, left: &ArrayRef, right: &ArrayRef) -> Result<ArrayRef> {
        let DataType::Decimal128(precision, scale) = right.data_type() else {
            return exec_err!("a division takes decimals");
        };
        let zero =
            ScalarValue::Decimal128(Some(0), *precision, *scale).to_array_of_size(right.len())?;
        let divisor = nullif(right, &cmp::eq(right, &zero)?)?;
        Ok(if self.modulo {
            numeric::rem(left, &divisor)?
        } else {
            numeric::div(left, &divisor)?
        })
    }
}

fn divide<T: ArrowPrimitiveType>(
    left: &ArrayRef,
    right: &ArrayRef,
    apply: impl Fn(T::Native, T::Native) -> Option<T::Native>,
) -> ArrayRef {
    let pairs = left
        .as_primitive::<T>()
        .iter()
        .zip(right.as_primitive::<T>().iter());
    let result: PrimitiveArray<T> = pairs.map(|(l, r)| apply(l?, r?)).collect();
    Arc::new(result)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use datafusion::arrow::array::Int32Array;

    use super::*;

    #[test]
    fn there_is_always_a_result() {
        let left: ArrayRef = Arc::new(Int32Array::from(vec![
            Some(7),
            Some(7),
            Some(i32::MIN),
            None,
        ]));
        let right: ArrayRef = Arc::new(Int32Array::from(vec![2, 0, -1, 1]));
        let result = divide::<arrow_types::Int32Type>(&left, &right, i32::checked_div);
        let result: Vec<Option<i32>> = result
            .as_primitive::<arrow_types::Int32Type>()
            .iter()
            .collect();
        assert_eq!(result, [Some(3), None, None, None]);
    }
}
