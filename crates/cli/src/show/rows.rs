//! Rows for the terminal: the only place where row values are printed.
//!
//! INVARIANT: what a terminal would obey (control characters, directions) is shown as an escape,
//! so that a value cannot act.

use super::count;
use crate::printable::printable as visible;
use crate::screen::{Paint, Screen};
use arrow::array::{Array, RecordBatch};
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use comfy_table::{Cell, ContentArrangement, Table, presets};
use sealine_engine::{RuleReport, Shown};
use serde_json::{Value, json};

/// Prints rows.
pub(crate) fn rows(screen: &Screen, shown: &Shown) {
    if screen.is_json() {
        screen.json(&as_json(shown));
        return;
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(screen.width()).unwrap_or(100));
    table.set_header(
        shown
            .schema
            .fields()
            .iter()
            .map(|field| Cell::new(visible(field.name()))),
    );
    for batch in &shown.batches {
        for row in 0..batch.num_rows() {
            table.add_row(cells(batch, row));
        }
    }
    screen.line(&table.to_string());
    screen.line(&screen.paint(Paint::Dim, &count(shown.rows as u64, "row")));
    for (dataset, rules) in &shown.rejected {
        let rows: u64 = rules.iter().map(|rule| rule.rows).sum();
        let text = format!(
            "{} of {dataset} among those read broke a rule and {} not shown",
            count(rows, "row"),
            if rows == 1 { "is" } else { "are" }
        );
        screen.line(&screen.paint(Paint::Dim, &text));
    }
    if !shown.withheld.is_empty() {
        let names: Vec<String> = shown
            .withheld
            .iter()
            .map(|(column, level)| format!("{} ({level})", visible(column)))
            .collect();
        let text = format!(
            "withheld, above what a terminal may show: {}",
            names.join(", ")
        );
        screen.line(&screen.paint(Paint::Dim, &text));
    }
}

fn cells(batch: &RecordBatch, row: usize) -> Vec<String> {
    batch
        .columns()
        .iter()
        .map(|column| {
            if column.is_null(row) {
                "∅".to_owned()
            } else {
                visible(&text(column, row))
            }
        })
        .collect()
}

fn text(column: &dyn Array, row: usize) -> String {
    let options = FormatOptions::default();
    match ArrayFormatter::try_new(column, &options) {
        Ok(formatter) => formatter
            .value(row)
            .try_to_string()
            .unwrap_or_else(|_| "?".to_owned()),
        Err(_) => "?".to_owned(),
    }
}

fn as_json(shown: &Shown) -> Value {
    let columns: Vec<Value> = shown
        .schema
        .fields()
        .iter()
        .map(|field| json!({ "name": field.name(), "type": field.data_type().to_string() }))
        .collect();
    let mut rows = Vec::new();
    for batch in &shown.batches {
        for row in 0..batch.num_rows() {
            rows.push(Value::Array(
                batch
                    .columns()
                    .iter()
                    .map(|column| value(column, row))
                    .collect(),
            ));
        }
    }
    let withheld: Vec<Value> = shown
        .withheld
        .iter()
        .map(|(name, level)| json!({ "column": name, "level": level }))
        .collect();
    json!({
        "ok": true,
        "exit": 0,
        "columns": columns,
        "rows": rows,
        "withheld": withheld,
        "rejected": rejected(&shown.rejected),
    })
}

/// How many rows of each dataset broke a rule.
pub(crate) fn rejected(rejected: &[(String, Vec<RuleReport>)]) -> Vec<Value> {
    let one = |(dataset, rules): &(String, Vec<RuleReport>)| {
        let rows: u64 = rules.iter().map(|rule| rule.rows).sum();
        json!({ "dataset": dataset, "rows": rows })
    };
    rejected.iter().map(one).collect()
}

fn value(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    let text = text(column, row);
    match column.data_type() {
        DataType::Boolean => Value::Bool(text == "true"),
        kind if kind.is_integer() || kind.is_floating() => {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        _ => Value::String(text),
    }
}
