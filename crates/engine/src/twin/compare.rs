//! What an observer sees differ between two runs.
//!
//! INVARIANT: a difference is named, never shown: an output, a column, a field of a receipt, a code.

use std::collections::{BTreeSet, HashMap};

use sealine_label::Level;
use serde_json::Value;

use super::seen::{Output, Seen};
use super::shown::Key;

/// What differs from run to run of the same inputs, and so tells nothing of them.
#[derive(Default)]
pub(super) struct Noise {
    pub(super) fields: BTreeSet<String>,
    pub(super) columns: BTreeSet<Key>,
    names: BTreeSet<String>,
    /// Outputs whose rows lie in another order each time, as partitions happen to be ready.
    pub(super) orders: BTreeSet<String>,
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
            if one.cells != two.cells {
                noise.orders.insert(one.dataset.clone());
            }
            if one.names != two.names {
                noise.names.insert(one.dataset.clone());
            }
        }
        noise.told = one.told != two.told;
        noise
    }

    /// Learns more of it.
    pub(super) fn learn(&mut self, more: Self) {
        self.fields.extend(more.fields);
        self.columns.extend(more.columns);
        self.names.extend(more.names);
        self.orders.extend(more.orders);
        self.told |= more.told;
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
        let mut columns = one
            .columns
            .iter()
            .map(|column| (one.dataset.clone(), column.clone()));
        if self.noise.orders.contains(&one.dataset) || columns.any(|key| moved(&key)) {
            return Vec::new();
        }
        vec![format!("the order of the rows of `{}`", one.dataset)]
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

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use sealine_label::Levels;
    use serde_json::json;

    use super::*;

    fn seen(rows: &[[&str; 2]], run: Value) -> Seen {
        let column = |at: usize| rows.iter().map(|row| Some(row[at].to_owned())).collect();
        Seen {
            runs: vec![Ok(run)],
            told: vec!["staged".to_owned()],
            outputs: vec![Output {
                dataset: "lake.out".to_owned(),
                clearance: Levels::default().lowest(),
                names: vec!["part-0.parquet".to_owned()],
                columns: vec!["a".to_owned(), "b".to_owned()],
                cells: vec![column(0), column(1)],
            }],
        }
    }

    /// What differs between two runs, for whoever sees everything.
    fn told(
        one: &Seen,
        two: &Seen,
        noise: &Noise,
        tokens: &[&str],
        back: &[(&str, &str)],
    ) -> Vec<String> {
        let key = |name: &&str| ("lake.out".to_owned(), (*name).to_owned());
        let view = View {
            level: Levels::default().highest(),
            operator: Levels::default().lowest(),
            noise,
            tokens: &tokens.iter().map(key).collect(),
            back: &back
                .iter()
                .map(|(to, from)| ((*to).to_owned(), (*from).to_owned()))
                .collect(),
        };
        view.differences(one, two)
    }

    #[test]
    fn every_kind_of_difference_is_named_and_no_value_is() {
        let first = || {
            seen(
                &[["1", "x"], ["2", "y"]],
                json!({ "report": { "rows": 2, "bytes": 7 } }),
            )
        };
        let none = Noise::default();
        let told = |two: Seen| told(&first(), &two, &none, &[], &[]);
        assert!(told(first()).is_empty());
        let run = || json!({ "report": { "rows": 2, "bytes": 9 } });
        assert!(told(seen(&[["1", "x"], ["2", "y"]], run())).is_empty());
        assert_eq!(
            told(seen(&[["1", "x"], ["2", "z"]], run())),
            ["the column `b` of `lake.out`"]
        );
        assert_eq!(
            told(seen(&[["1", "x"]], run())),
            ["how many rows `lake.out` has"]
        );
        assert_eq!(
            told(seen(&[["1", "y"], ["2", "x"]], run())),
            ["which values of `lake.out` stand in one row"]
        );
        assert_eq!(
            told(seen(&[["2", "y"], ["1", "x"]], run())),
            ["the order of the rows of `lake.out`"]
        );
        let more = json!({ "report": { "rows": 3, "bytes": 7 } });
        assert_eq!(
            told(seen(&[["1", "x"], ["2", "y"]], more)),
            ["the field `/report/rows`"]
        );
        let mut other = first();
        other.runs = vec![Err(("SL5025", "words".to_owned()))];
        assert_eq!(told(other), ["that it fails: SL5025"]);
        let mut other = first();
        other.outputs[0].names.push("part-1.parquet".to_owned());
        assert_eq!(told(other), ["the names of the files of `lake.out`"]);
        let mut other = first();
        other.told.clear();
        assert_eq!(told(other), ["what is told while it runs"]);
    }

    #[test]
    fn tokens_are_compared_up_to_renaming_and_noise_by_length() {
        let run = || json!({});
        let first = seen(&[["t1", "c-ab"], ["t2", "c-cd"]], run());
        let second = seen(&[["t2", "c-ef"], ["t9", "c-gh"]], run());
        let noise = Noise {
            columns: [("lake.out".to_owned(), "b".to_owned())].into(),
            ..Noise::default()
        };
        let back = [("t2", "t1"), ("t9", "t2")];
        assert!(told(&first, &second, &noise, &["a"], &back).is_empty());
        assert_eq!(
            told(&first, &second, &noise, &["a"], &[]),
            ["the column `a` of `lake.out`"]
        );
        let longer = seen(&[["t1", "c-abc"], ["t2", "c-cd"]], run());
        assert_eq!(
            told(&first, &longer, &noise, &[], &[]),
            ["the column `b` of `lake.out`"]
        );
    }

    #[test]
    fn what_changes_by_itself_is_noise() {
        let one = seen(&[["1", "x"], ["2", "y"]], json!({ "run": "a", "rows": 2 }));
        let two = seen(&[["2", "y"], ["1", "x"]], json!({ "run": "b", "rows": 2 }));
        let noise = Noise::of(&one, &two, &BTreeSet::new());
        assert!(told(&one, &two, &noise, &[], &[]).is_empty());
        let three = seen(&[["2", "y"], ["1", "x"]], json!({ "run": "c", "rows": 3 }));
        assert_eq!(told(&one, &three, &noise, &[], &[]), ["the field `/rows`"]);
    }
}
