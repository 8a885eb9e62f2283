//! From what the SQL planner says to diagnostics with places.
//!
//! Invariant: the texts quote the pipeline's own SQL at most; no data has been read when they are
//! made.

use datafusion::common::{DataFusionError, SchemaError, Span as SqlSpan};
use sealine_spec::{Diagnostic, Span, SqlText};

/// One finding that ends binding.
pub(crate) type Refused = Box<Diagnostic>;

/// The result of binding and proving.
pub(crate) type Bound<T> = Result<T, Refused>;

/// A refusal at a place.
pub(crate) fn refuse(
    code: &'static str,
    message: impl Into<String>,
    span: Span,
    mark: &str,
) -> Refused {
    Box::new(Diagnostic::error(code, message).mark(span, mark))
}

/// The place in the file of a place in the SQL.
pub(crate) fn place(sql: &SqlText, span: SqlSpan) -> Span {
    sql.locate(
        (span.start.line, span.start.column),
        (span.end.line, span.end.column),
    )
}

/// A planner's error as a diagnostic.
pub(crate) fn planning(error: &DataFusionError, sql: &SqlText) -> Refused {
    let span = error
        .diagnostic()
        .and_then(|said| said.span)
        .map_or(sql.span, |span| place(sql, span));
    match error.find_root() {
        DataFusionError::SchemaError(schema, _) => unknown_column(schema, span),
        DataFusionError::SQL(parse, _) => syntax(&parse.to_string(), sql),
        other => {
            let text = other.strip_backtrace();
            let first = text.lines().next().unwrap_or_default();
            let first = first.split_once(": ").map_or(first, |(_, rest)| rest);
            let mut shown: String = first.chars().take(300).collect();
            shown = shown.trim_end_matches('.').to_owned();
            let code = if shown.contains("nvalid function") {
                "SL2006"
            } else if shown.contains("able") && shown.contains("not found") {
                "SL2004"
            } else if matches!(other, DataFusionError::NotImplemented(_)) {
                "SL2008"
            } else {
                "SL2009"
            };
            refuse(
                code,
                format!("this query cannot be planned: {}", lower_first(&shown)),
                span,
                "here",
            )
        }
    }
}

fn unknown_column(error: &SchemaError, span: Span) -> Refused {
    match error {
        SchemaError::FieldNotFound {
            field,
            valid_fields,
        } => {
            let mut known: Vec<String> = valid_fields
                .iter()
                .map(|column| column.name.clone())
                .collect();
            known.sort();
            known.dedup();
            let mut refused = refuse(
                "SL2005",
                format!("no column is named `{}` here", field.flat_name()),
                span,
                "unknown",
            );
            if let Some(near) = nearest(&field.name, &known) {
                *refused = (*refused).help(format!("did you mean `{near}`?"));
            } else if !known.is_empty() {
                let some: Vec<String> = known
                    .iter()
                    .take(20)
                    .map(|name| format!("`{name}`"))
                    .collect();
                *refused = (*refused).help(format!("the columns are {}", some.join(", ")));
            }
            refused
        }
        SchemaError::AmbiguousReference { field } => refuse(
            "SL2005",
            format!(
                "several columns are named `{}`; say of which table",
                field.name
            ),
            span,
            "ambiguous",
        ),
        SchemaError::DuplicateQualifiedField { name, .. }
        | SchemaError::DuplicateUnqualifiedField { name } => refuse(
            "SL2011",
            format!("two columns are named `{name}`; give one of them another name with AS"),
            span,
            "here",
        ),
    }
}

/// A parser's error, which ends in `at Line: 1, Column: 8`.
pub(crate) fn syntax(text: &str, sql: &SqlText) -> Refused {
    let at = text.rfind("at Line: ");
    let span = at
        .and_then(|at| text.get(at + 9..))
        .and_then(|rest| {
            let (line, column) = rest.split_once(", Column: ")?;
            let digits: String = column.chars().take_while(char::is_ascii_digit).collect();
            let place = (line.trim().parse().ok()?, digits.parse().ok()?);
            Some(sql.locate(place, place))
        })
        .unwrap_or(sql.span);
    let said = at.and_then(|at| text.get(..at)).unwrap_or(text);
    let said = said
        .trim()
        .trim_start_matches("sql parser error: ")
        .trim_start_matches("ParserError(\"");
    let shown: String = said.chars().take(300).collect();
    refuse(
        "SL2001",
        format!(
            "this SQL cannot be read: {}",
            lower_first(shown.trim_end_matches(['.', '"', ')']))
        ),
        span,
        "here",
    )
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// The known name that differs in the fewest letters, if it is at most a third of them.
pub(crate) fn nearest<'n>(name: &str, known: &'n [String]) -> Option<&'n str> {
    let wanted: Vec<char> = name.to_lowercase().chars().take(64).collect();
    known
        .iter()
        .map(|other| {
            (
                distance(
                    &wanted,
                    &other.to_lowercase().chars().take(64).collect::<Vec<_>>(),
                ),
                other,
            )
        })
        .min()
        .filter(|(distance, _)| *distance <= wanted.len().div_ceil(3))
        .map(|(_, other)| other.as_str())
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let best = (corner + usize::from(x != y)).min(left + 1).min(*cell + 1);
            corner = *cell;
            *cell = best;
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["email".to_owned(), "country".to_owned()];
        assert_eq!(nearest("emial", &known), Some("email"));
        assert_eq!(nearest("salary", &known), None);
    }
}
