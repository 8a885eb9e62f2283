//! What an observer sees differ between two runs.
//!
//! INVARIANT: a difference is named, never shown: an output, a column, a field of a receipt, a code.

use std::collections::{BTreeSet, HashMap};

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use sealine_label::Level;
use serde_json::Value;

use super::seen::{Output, Seen};
use super::shown::Key;

/// A cell as text; `None` for null.
pub(super) fn text(array: &ArrayRef, row: usize) -> Option<String> {
    let formatter = ArrayFormatter::try_new(array.as_ref(), &FormatOptions::new()).ok()?;
    (!array.is_null(row)).then(|| formatter.value(row).to_string())
}

/// All cells of a column as text.
pub(super) fn texts(array: &ArrayRef) -> Vec<Option<String>> {
    let Ok(formatter) = ArrayFormatter::try_new(array.as_ref(), &FormatOptions::new()) else {
        return vec![None; array.len()];
    };
    let cell = |row| (!array.is_null(row)).then(|| formatter.value(row).to_string());
    (0..array.len()).map(cell).collect()
}

/// What differs from run to run of the same inputs, and so tells nothing of them.
#[derive(Default)]
pub(super) struct Noise {
    pub(super) fields: BTreeSet<String>,
    pub(super) columns: BTreeSet<Key>,
    names: BTreeSet<String>,
    told: bool,
}

impl Noise {
    /// Learns it from two runs; `random` are the columns that are made anew in every run anyway.
    pub(super) fn of(one: &Seen, two: &Seen, random: &BTreeSet<Key>) -> Self {
        let mut noise = Self {
            columns: random.clone(),
            ..Self::default()
        };
        for (one, two) in one.runs.iter().zip(&two.runs) {
            if let (Ok(one), Ok(two)) = (one, two) {
                differing(one, two, String::new(), &mut noise.fields);
            }
        }
        for (one, two) in one.outputs.iter().zip(&two.outputs) {
            for (at, column) in one.columns.iter().enumerate() {
                if sorted(one.cells.get(at)) != sorted(two.cells.get(at)) {
                    noise.columns.insert((one.dataset.clone(), column.clone()));
                }
            }
            if one.names != two.names {
                noise.names.insert(one.dataset.clone());
            }
        }
        noise.told = one.told != two.told;
        noise
    }
}

fn sorted(cells: Option<&Vec<Option<String>>>) -> Option<Vec<Option<String>>> {
    cells.map(|cells| {
        let mut cells = cells.clone();
        cells.sort();
        cells
    })
}

/// Sizes follow what is in a file, and are left out of the comparison as memory and time are.
fn is_size(field: &str) -> bool {
    field.contains("bytes") || field.contains("size")
}

fn differing(one: &Value, two: &Value, at: String, found: &mut BTreeSet<String>) {
    match (one, two) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let null = Value::Null;
                let (a, b) = (a.get(name).unwrap_or(&null), b.get(name).unwrap_or(&null));
                differing(a, b, format!("{at}/{name}"), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (a, b) in a.iter().zip(b) {
                differing(a, b, format!("{at}/*"), found);
            }
        }
        _ if one != two => drop(found.insert(at)),
        _ => {}
    }
}

/// How an observer looks.
pub(super) struct View<'a> {
    pub(super) level: Level,
    /// Who reads terminal, log and receipts.
    pub(super) operator: Level,
    pub(super) noise: &'a Noise,
    pub(super) tokens: &'a BTreeSet<Key>,
    /// The tokens of the twin, by those of the first.
    pub(super) back: &'a HashMap<String, String>,
}

impl View<'_> {
    /// What somebody cleared for the level sees differ.
    pub(super) fn differences(&self, one: &Seen, two: &Seen) -> Vec<String> {
        let mut found = Vec::new();
        for (a, b) in one.runs.iter().zip(&two.runs) {
            match (a, b) {
                (Ok(a), Ok(b)) => {
                    let mut fields = BTreeSet::new();
                    differing(a, b, String::new(), &mut fields);
                    let told = fields
                        .difference(&self.noise.fields)
                        .filter(|field| !is_size(field));
                    if self.level >= self.operator {
                        found.extend(told.map(|field| format!("the field `{field}`")));
                    }
                }
                (Err((a, _)), Err((b, _))) if a != b => {
                    found.push(format!("the error: {a}, or {b}"))
                }
                (Err((code, a)), Err((_, b))) if a != b => {
                    found.push(format!("the words of the error {code}"))
                }
                (Err(_), Err(_)) => {}
                (Ok(_), Err((code, _))) | (Err((code, _)), Ok(_)) => {
                    found.push(format!("that it fails: {code}"))
                }
            }
        }
        if one.runs.len() != two.runs.len() && found.is_empty() {
            found.push("how many pipelines ran".to_owned());
        }
        if self.level >= self.operator && !self.noise.told && one.told != two.told {
            found.push("what is told while it runs".to_owned());
        }
        let seen = one.outputs.iter().zip(&two.outputs);
        for (one, two) in seen {
            // Names are for everyone.
            if one.names != two.names && !self.noise.names.contains(&one.dataset) {
                found.push(format!("the names of the files of `{}`", one.dataset));
            }
            if one.clearance <= self.level {
                found.extend(self.rows(one, two));
            }
        }
        found
    }

    fn rows(&self, one: &Output, two: &Output) -> Vec<String> {
        let (a, b) = (self.cells(one, false), self.cells(two, true));
        let rows = |cells: &[Vec<Option<String>>]| cells.first().map_or(0, Vec::len);
        if rows(&a) != rows(&b) {
            return vec![format!("how many rows `{}` has", one.dataset)];
        }
        let mut found = Vec::new();
        for (at, column) in one.columns.iter().enumerate() {
            if sorted(a.get(at)) != sorted(b.get(at)) {
                found.push(format!("the column `{column}` of `{}`", one.dataset));
            }
        }
        if !found.is_empty() || a == b {
            return found;
        }
        let (mut x, mut y) = (by_row(&a), by_row(&b));
        x.sort();
        y.sort();
        if x != y {
            return vec![format!(
                "which values of `{}` stand in one row",
                one.dataset
            )];
        }
        // Rows are sorted by all of their cells: what is renamed, or random, moves them.
        let moved = |key: &Key| self.tokens.contains(key) || self.noise.columns.contains(key);
        let moves = one
            .columns
            .iter()
            .any(|column| moved(&(one.dataset.clone(), column.clone())));
        match moves {
            true => Vec::new(),
            false => vec![format!("the order of the rows of `{}`", one.dataset)],
        }
    }

    /// The cells as they are compared: tokens by their first names, ciphertexts by their lengths.
    fn cells(&self, of: &Output, twin: bool) -> Vec<Vec<Option<String>>> {
        let columns = of.columns.iter().zip(&of.cells);
        let column = |(name, cells): (&String, &Vec<Option<String>>)| {
            let key = (of.dataset.clone(), name.clone());
            let cell = |cell: &Option<String>| {
                let text = cell.as_ref()?;
                Some(if self.noise.columns.contains(&key) {
                    format!("#{}", text.len())
                } else if twin && self.tokens.contains(&key) {
                    self.back.get(text).unwrap_or(text).clone()
                } else {
                    text.clone()
                })
            };
            cells.iter().map(cell).collect()
        };
        columns.map(column).collect()
    }
}

fn by_row(cells: &[Vec<Option<String>>]) -> Vec<Vec<Option<&str>>> {
    let rows = cells.first().map_or(0, Vec::len);
    let row = |row| {
        cells
            .iter()
            .map(|column| column.get(row).and_then(Option::as_deref))
            .collect()
    };
    (0..rows).map(row).collect()
}
