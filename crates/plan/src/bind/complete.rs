//! From protections as written to complete calls, and to the place where each will stand.
//!
//! Invariant: after [`complete`] no [`Stub`] is left; parameters were literals, in bounds, and
//! their keys are declared with the right purpose. After [`placed`] every default is filled in.

use std::collections::HashMap;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};
use sealine_label::declare::{
    Argument, Call, Context, Declaration, Effect, Param, ParamKind, Returns,
};
use sealine_spec::{Diagnostic, SqlText};

use crate::error::{Bound, planning, refuse};
use crate::expr::{Said, span_of};
use crate::protection::{Protection, Stub};
use crate::registry::{accepts, returns};
use crate::world::World;

/// Replaces every stub by a protection with its call; `slots` numbers them through the proof.
pub(crate) fn complete(
    plan: LogicalPlan,
    sql: &SqlText,
    world: &World<'_>,
    slots: &mut usize,
) -> Bound<LogicalPlan> {
    let mut refused: Option<Box<Diagnostic>> = None;
    let done = plan.transform_up_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            if !expr.exists(|part| Ok(stub(part).is_some()))? {
                return Ok(Transformed::no(expr));
            }
            // The name of a window, or of an ordered or filtered aggregate, shows the arguments.
            let name = names.save(&expr);
            let done = expr.transform_up(|expr| match stub(&expr) {
                None => Ok(Transformed::no(expr)),
                Some(declaration) => {
                    match protection(declaration, &expr, &schema, sql, world, *slots) {
                        Ok(done) => {
                            *slots += 1;
                            Ok(Transformed::yes(done))
                        }
                        Err(why) => {
                            refused.get_or_insert(why);
                            Err(DataFusionError::Plan(String::new()))
                        }
                    }
                }
            })?;
            Ok(done.update_data(|expr| name.restore(expr)))
        })
    });
    match (done, refused) {
        (Ok(done), None) => Ok(done.data),
        (_, Some(why)) => Err(why),
        (Err(error), None) => Err(planning(&error, sql)),
    }
}

fn stub(expr: &Expr) -> Option<&'static Declaration> {
    match expr {
        Expr::ScalarFunction(function) => function
            .func
            .inner()
            .downcast_ref::<Stub>()
            .map(Stub::declaration),
        _ => None,
    }
}

fn protection(
    declaration: &'static Declaration,
    expr: &Expr,
    schema: &DFSchema,
    sql: &SqlText,
    world: &World<'_>,
    slot: usize,
) -> Bound<Expr> {
    let span = span_of(expr, sql);
    let fail = |text: String| refuse("SL2010", text, span, "this protection");
    let Expr::ScalarFunction(function) = expr else {
        return Err(fail(
            "a protection has to be called as a function".to_owned(),
        ));
    };
    let mut given = function.args.iter();
    let Some(value) = given.next() else {
        return Err(fail(format!("`{}` takes a value", declaration.name)));
    };
    let data_type = value
        .get_type(schema)
        .map_err(|error| planning(&error, sql))?;
    if !accepts(declaration, &data_type) {
        return Err(fail(format!(
            "`{}` does not take values of type {data_type}; cast the value first or use another protection",
            declaration.name
        )));
    }
    let mut arguments = Vec::new();
    let mut operands = vec![value.clone()];
    for param in declaration.params {
        arguments.push(match given.next() {
            Some(column) if param.kind == ParamKind::Column => {
                operands.push(column.clone());
                Argument::Column(operands.len() - 2)
            }
            Some(written) => argument(declaration, param, written, world).map_err(&fail)?,
            None if param.required => {
                return Err(fail(format!(
                    "`{}` needs its parameter `{}`: {}",
                    declaration.name, param.name, param.doc
                )));
            }
            None => param.kind.absent(),
        });
    }
    if declaration.effect == Effect::Bucket && !arguments.first().is_some_and(above_zero) {
        return Err(fail(
            "the width of a `bucket` has to be above zero".to_owned(),
        ));
    }
    let context = Context {
        dataset: String::new(),
        column: String::new(),
    };
    let call = Call {
        name: declaration.name,
        arguments,
        context,
    };
    let shown = expr.schema_name().to_string();
    let chosen = match declaration.returns {
        Returns::Chosen(param, _) => Said {
            declaration,
            call: &call,
        }
        .at(param),
        _ => String::new(),
    };
    let given = returns(declaration, &chosen, &data_type);
    let done = Protection::new(declaration, call, (data_type, given), shown, slot);
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(
        done.udf(),
        operands,
    )))
}

fn above_zero(argument: &Argument) -> bool {
    match argument {
        Argument::Integer(value) => *value > 0,
        Argument::Number(text) => text.parse::<f64>().is_ok_and(|value| value > 0.0),
        Argument::Text(_) | Argument::Column(_) | Argument::Absent => false,
    }
}

fn argument(
    declaration: &Declaration,
    param: &Param,
    written: &Expr,
    world: &World<'_>,
) -> std::result::Result<Argument, String> {
    let (name, of) = (param.name, declaration.name);
    let Some(literal) = literal(written) else {
        return Err(format!(
            "the parameter `{name}` of `{of}` has to be a literal, so that the proof knows it"
        ));
    };
    match param.kind {
        ParamKind::Key(purpose) => {
            let Some(key) = text(&literal) else {
                return Err(format!(
                    "the parameter `{name}` of `{of}` is the name of a key, in quotes"
                ));
            };
            match world.spec.project.keys.get(&key) {
                Some(known) if known.purpose.name() == purpose => Ok(Argument::Text(key)),
                Some(known) => Err(format!(
                    "the key `{key}` has the purpose `{}`, and `{of}` needs one of purpose `{purpose}`",
                    known.purpose.name()
                )),
                None => Err(format!(
                    "no key is named `{key}`; declare it in `sealine.yaml` with the purpose `{purpose}`"
                )),
            }
        }
        ParamKind::Count => match integer(&literal) {
            Some(count @ 0..=64) => Ok(Argument::Integer(count)),
            _ => Err(format!(
                "the parameter `{name}` of `{of}` is a count from 0 to 64"
            )),
        },
        ParamKind::Number => match (&literal, integer(&literal)) {
            (_, Some(number)) => Ok(Argument::Integer(number)),
            (ScalarValue::Float64(Some(number)), None) if number.is_finite() => {
                Ok(Argument::Number(number.to_string()))
            }
            _ => Err(format!("the parameter `{name}` of `{of}` is a number")),
        },
        ParamKind::Choice(words) => match text(&literal) {
            Some(word) if words.contains(&word.as_str()) => Ok(Argument::Text(word)),
            _ => Err(format!(
                "the parameter `{name}` of `{of}` is one of '{}'",
                words.join("', '")
            )),
        },
        ParamKind::Column => Err(format!("the parameter `{name}` of `{of}` is a column")),
        ParamKind::Text | ParamKind::LongText | ParamKind::Domain => {
            let most = if param.kind == ParamKind::LongText {
                65_536
            } else {
                128
            };
            match text(&literal) {
                Some(text) if !text.is_empty() && text.len() <= most => Ok(Argument::Text(text)),
                _ => Err(format!(
                    "the parameter `{name}` of `{of}` is a text of 1 to {most} bytes, in quotes"
                )),
            }
        }
    }
}

fn literal(expr: &Expr) -> Option<ScalarValue> {
    match expr {
        Expr::Literal(value, _) => Some(value.clone()),
        Expr::Negative(inner) => literal(inner)?.arithmetic_negate().ok(),
        _ => None,
    }
}

fn text(value: &ScalarValue) -> Option<String> {
    value.try_as_str().flatten().map(str::to_owned)
}

fn integer(value: &ScalarValue) -> Option<i64> {
    match value {
        ScalarValue::Int64(number) => *number,
        ScalarValue::UInt64(number) => i64::try_from((*number)?).ok(),
        ScalarValue::Int32(number) => number.map(i64::from),
        _ => None,
    }
}

/// Fills in what only the whole proof knows: where each protected value stands, and the default
/// domain of its tokens.
pub(crate) fn placed(
    plan: LogicalPlan,
    dataset: &str,
    columns: &HashMap<usize, String>,
    domains: &HashMap<usize, String>,
) -> Result<LogicalPlan> {
    let done = plan.transform_up_with_subqueries(|node| {
        node.map_expressions(|expr| {
            expr.transform_up(|expr| {
                let Expr::ScalarFunction(function) = &expr else {
                    return Ok(Transformed::no(expr));
                };
                let Some(protection) = function.func.inner().downcast_ref::<Protection>() else {
                    return Ok(Transformed::no(expr));
                };
                let slot = protection.slot();
                let mut call = protection.call().clone();
                call.context.dataset = dataset.to_owned();
                if let Some(column) = columns.get(&slot) {
                    call.context.column.clone_from(column);
                }
                if let (Some(domain), Some(Argument::Text(written))) = (
                    domains.get(&slot),
                    protection
                        .domain()
                        .and_then(|place| call.arguments.get_mut(place)),
                ) && written.is_empty()
                {
                    written.clone_from(domain);
                }
                let done = protection.with(call);
                Ok(Transformed::yes(Expr::ScalarFunction(
                    ScalarFunction::new_udf(done.udf(), function.args.clone()),
                )))
            })
        })
    })?;
    Ok(done.data)
}

/// Every call of a plan as text, in the order of the plan.
pub(crate) fn calls(plan: &LogicalPlan) -> Vec<String> {
    let mut all = Vec::new();
    let _ = plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                if let Expr::ScalarFunction(function) = part
                    && let Some(protection) = function.func.inner().downcast_ref::<Protection>()
                {
                    all.push(format!("{:?}", protection.call()));
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    all
}
