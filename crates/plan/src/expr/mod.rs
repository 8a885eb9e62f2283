//! What is known about the result of an expression.
//!
//! Invariant: the match over expressions is exhaustive without a wildcard; a result never knows
//! less than its arguments.

mod cast;
mod cell;
mod evaluate;
mod function;
mod names;
mod operator;
mod pattern;
mod predicate;
mod protect;
mod said;
mod span;
mod subquery;

pub(crate) use cast::{cast_is_lossless, cast_never_fails};
pub(crate) use cell::{Cell, Own};
pub(crate) use evaluate::Env;
pub(crate) use names::Names;
pub(crate) use predicate::literal_text;
pub(crate) use said::Said;
pub(crate) use span::{is_literal, is_path, shown, span_of};
