//! The outputs that the guide shows are what the protections give.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Float64Array, Int64Array, StringArray},
    compute::cast,
    datatypes::{DataType, TimeUnit},
    util::display::array_value_to_string,
};
use sealine_label::declare::{Argument, Call, Context, Param, ParamKind};
use sealine_protect::{
    KeySource, ProtectError, bind, catalogue,
    crypto::{TokenKey, ValueKey},
};

const GUIDE: &str = include_str!("../../../docs/guide/masking-and-generalizing.md");

/// None of the guide's examples has a key.
struct NoKeys;

impl KeySource for NoKeys {
    fn token_key(&self, _: &str) -> Result<TokenKey, ProtectError> {
        Err(ProtectError::Randomness)
    }

    fn value_key(&self, _: &str) -> Result<ValueKey, ProtectError> {
        Err(ProtectError::Randomness)
    }
}

#[test]
fn the_guide_shows_what_is() {
    let mut rows = 0;
    for line in GUIDE.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", call, value, output, ""] = cells[..] else {
            continue;
        };
        let code = |cell: &'static str| cell.strip_prefix('`')?.strip_suffix('`');
        let (Some(call), Some(value), Some(output)) = (code(call), code(value), code(output))
        else {
            continue;
        };
        rows += 1;
        assert_eq!(given(call, value), output, "{line}");
    }
    assert_eq!(rows, 42, "rows of the guide that were read");
}

/// What a call such as `mask(x, 1, 0)` gives for a literal.
fn given(call: &str, value: &str) -> String {
    let (name, arguments) = call.strip_suffix(')').unwrap().split_once('(').unwrap();
    let declaration = catalogue().iter().find(|one| one.name == name).unwrap();
    let written = arguments.strip_prefix('x').unwrap();
    let mut written = literals(written).into_iter();
    let params = declaration.params.iter();
    let arguments = params
        .map(|param| written.next().unwrap_or_else(|| absent(param)))
        .collect();
    let call = Call {
        name: declaration.name,
        arguments,
        context: Context {
            dataset: String::new(),
            column: String::new(),
        },
    };
    let input = column(value);
    let output = bind(&call, &NoKeys).unwrap().apply(&input).unwrap();
    array_value_to_string(&output, 0).unwrap()
}

/// `, 'a', 1`, of which quotes may hold commas.
fn literals(mut text: &str) -> Vec<Argument> {
    let mut all = Vec::new();
    while let Some(rest) = text.strip_prefix(", ") {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (word, after) = quoted.split_once('\'').unwrap();
            all.push(Argument::Text(word.to_owned()));
            text = after;
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            all.push(match number.parse() {
                Ok(whole) => Argument::Integer(whole),
                Err(_) => Argument::Number(number.to_owned()),
            });
            text = after;
        }
    }
    assert_eq!(text, "", "read to the end");
    all
}

/// As the plan fills it in.
fn absent(param: &Param) -> Argument {
    assert!(!param.required, "{}", param.name);
    match param.kind {
        ParamKind::Choice(words) => Argument::Text(words[0].to_owned()),
        ParamKind::Count | ParamKind::Number => Argument::Integer(0),
        _ => Argument::Text(String::new()),
    }
}

fn column(literal: &str) -> ArrayRef {
    let quoted = |text: &str| -> ArrayRef {
        let inner = text.strip_prefix('\'').unwrap().strip_suffix('\'').unwrap();
        Arc::new(StringArray::from(vec![inner]))
    };
    if let Some(date) = literal.strip_prefix("DATE ") {
        return cast(&quoted(date), &DataType::Date32).unwrap();
    }
    if let Some(instant) = literal.strip_prefix("TIMESTAMP ") {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
        return cast(&quoted(instant), &micros).unwrap();
    }
    if literal.starts_with('\'') {
        return quoted(literal);
    }
    match literal.parse::<i64>() {
        Ok(whole) => Arc::new(Int64Array::from(vec![whole])),
        Err(_) => Arc::new(Float64Array::from(vec![literal.parse::<f64>().unwrap()])),
    }
}
