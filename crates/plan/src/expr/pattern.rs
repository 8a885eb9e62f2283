//! Patterns of `LIKE` and of regular expressions.
//!
//! Invariant: a pattern that the engine cannot compile, or whose text comes from data, is a partial
//! function: the engine compiles it where it is evaluated, and only there.

use datafusion::arrow::array::StringArray;
use datafusion::arrow::compute::kernels::comparison::{ilike, like, regexp_is_match_scalar};
use datafusion::logical_expr::Expr;
use sealine_label::LabelId;

use super::predicate::literal_text;
use super::span::span_of;
use crate::flow::Prover;

/// How a pattern is read.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    /// `LIKE` and `ILIKE`.
    Like,
    /// `~`, `SIMILAR TO` and their kin.
    Regex,
}

impl Prover<'_> {
    /// Records that a match can fail, unless its pattern is a text that the engine compiles.
    pub(crate) fn pattern(&mut self, of: Dialect, pattern: &Expr, seen: LabelId, expr: &Expr) {
        let known = match pattern {
            Expr::Literal(value, _) if value.is_null() => true,
            _ => literal_text(pattern).is_some_and(|text| of.compiles(&text)),
        };
        if !known {
            self.may_fail(seen, "this pattern", span_of(expr, &self.step.sql));
        }
    }
}

impl Dialect {
    /// Whether the engine's kernels take a pattern: it may be no regular expression, or too large.
    fn compiles(self, pattern: &str) -> bool {
        let text = StringArray::from(vec!["x"]);
        match self {
            Self::Like => {
                let pattern = StringArray::new_scalar(pattern);
                like(&text, &pattern).is_ok() && ilike(&text, &pattern).is_ok()
            }
            Self::Regex => [None, Some("i")]
                .into_iter()
                .all(|flag| regexp_is_match_scalar(&text, pattern, flag).is_ok()),
        }
    }
}
