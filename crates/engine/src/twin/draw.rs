//! The second state: restricted cells that differ, and nothing that the audience may see of them.
//!
//! INVARIANT: both states have the same accepted rows and, where their level does not hide it, the same rows; nulls
//! and byte lengths agree, except the nulls of special columns.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use datafusion::arrow::array::ArrayRef;
use sealine_label::Level;
use sealine_spec::{Column, ColumnType, Spec};
use serde::Serialize;

use super::random::Seeded;
use super::sample::{Columns, Source};
use super::shown::{Key, Shown, renaming};
use crate::error::EngineError;

/// How the twin differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Every cell is drawn anew from its column.
    Anew,
    /// One cell.
    OneCell,
    /// The values of a column change places.
    Places,
    /// The last digit of values goes up by one.
    ByOne,
    /// Values on which functions fail.
    Triggers,
    /// Nulls of special columns.
    Nulls,
    /// Rows that are not there, where which rows there are is restricted.
    Rows,
}

impl Change {
    pub(super) const ALL: [Change; 7] = [
        Change::Anew,
        Change::Places,
        Change::OneCell,
        Change::ByOne,
        Change::Triggers,
        Change::Nulls,
        Change::Rows,
    ];
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Anew => "cells drawn anew",
            Self::OneCell => "one cell",
            Self::Places => "values in other places",
            Self::ByOne => "last digits by one",
            Self::Triggers => "values on which functions fail",
            Self::Nulls => "nulls of special columns",
            Self::Rows => "rows left out",
        })
    }
}

/// Values on which functions fail; texts are filled up to the length that they replace.
const NUMBERS: [&str; 6] = [
    "0",
    "-1",
    "1",
    "9223372036854775807",
    "-9223372036854775808",
    "2147483647",
];
const TEXTS: [&str; 4] = ["x(", "0", "\\", "%_"];
/// So often rows whose acceptance changed are taken back, before the whole twin is.
const ROUNDS: usize = 4;

/// A twin.
pub(super) struct Twin {
    /// One for each source.
    pub(super) rows: Vec<Columns>,
    /// Renamed values, by their first.
    pub(super) renamed: HashMap<String, String>,
    /// Columns in which it differs.
    pub(super) varied: BTreeSet<Key>,
}

/// The columns that may differ for an audience cleared for `level`.
pub(super) fn hidden(source: &Source, level: Level) -> impl Iterator<Item = (usize, &Column)> {
    let columns = source.input.dataset.columns.iter().enumerate();
    columns.filter(move |(_, column)| column.level > level)
}

/// Draws a twin; `None` where nothing came to differ.
pub(super) fn twin(
    sources: &[Source],
    shown: &Shown,
    spec: &Spec,
    level: Level,
    change: Change,
    random: &mut Seeded,
) -> Result<Option<Twin>, EngineError> {
    let mut values: BTreeSet<&str> = BTreeSet::new();
    for source in sources {
        for (at, column) in hidden(source, level) {
            if shown.renamed.contains(&key(source, column)) {
                let cells = source.first.get(at).into_iter().flatten();
                values.extend(cells.filter_map(Option::as_deref));
            }
        }
    }
    let renamed = match change {
        Change::Rows => HashMap::new(),
        _ => renaming(&values, shown.digits, random),
    };
    let one = one_cell(sources, shown, level, random);
    let mut twin = Twin {
        rows: Vec::new(),
        renamed,
        varied: BTreeSet::new(),
    };
    for (index, source) in sources.iter().enumerate() {
        let drawn = Draw {
            source,
            shown,
            spec,
            level,
            change,
            one: one
                .filter(|(at, _, _)| *at == index)
                .map(|(_, column, row)| (column, row)),
        };
        let Some(rows) = drawn.rows(&twin.renamed, random)? else {
            return Ok(None);
        };
        let same = rows.first().map(Vec::len) == source.first.first().map(Vec::len);
        for (at, column) in source.input.dataset.columns.iter().enumerate() {
            if !same || rows.get(at) != source.first.get(at) {
                twin.varied.insert(key(source, column));
            }
        }
        twin.rows.push(rows);
    }
    Ok((!twin.varied.is_empty()).then_some(twin))
}

fn key(source: &Source, column: &Column) -> Key {
    (source.input.dataset.id.clone(), column.name.clone())
}

fn one_cell(
    sources: &[Source],
    shown: &Shown,
    level: Level,
    random: &mut Seeded,
) -> Option<(usize, usize, usize)> {
    let mut columns = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let free = hidden(source, level)
            .filter(|(_, column)| !shown.still.contains_key(&key(source, column)));
        columns.extend(free.map(|(at, _)| (index, at, source.rows())));
    }
    let (index, at, rows) = columns.get(random.below(columns.len())).copied()?;
    Some((index, at, random.below(rows)))
}

struct Draw<'a> {
    source: &'a Source,
    shown: &'a Shown,
    spec: &'a Spec,
    level: Level,
    change: Change,
    one: Option<(usize, usize)>,
}

impl Draw<'_> {
    fn rows(
        &self,
        renamed: &HashMap<String, String>,
        random: &mut Seeded,
    ) -> Result<Option<Columns>, EngineError> {
        let first = &self.source.first;
        if self.change == Change::Rows {
            return Ok(Some(self.fewer(random)));
        }
        let before = self.source.judge(first)?;
        let mut rows = first.clone();
        for (at, column) in hidden(self.source, self.level) {
            let key = key(self.source, column);
            let Some(cells) = rows.get_mut(at) else {
                continue;
            };
            if self.shown.still.contains_key(&key) {
                continue;
            }
            if self.shown.renamed.contains(&key) {
                for cell in cells.iter_mut().flatten() {
                    if let Some(new) = renamed.get(cell) {
                        cell.clone_from(new);
                    }
                }
                continue;
            }
            self.changed(at, column, cells, &before.accepted, random);
            self.kept(column, first.get(at), cells);
        }
        // What the contract says of a row was endorsed by the owner of the catalogue, and is the same in both.
        for _ in 0..ROUNDS {
            let after = self.source.judge(&rows)?;
            let mut back: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            if after.accepted == before.accepted {
                let places: Vec<usize> = (0..before.accepted.len())
                    .filter(|row| before.accepted.get(*row) == Some(&true))
                    .collect();
                for (at, column) in hidden(self.source, self.level) {
                    let (old, new): (&ArrayRef, &ArrayRef) = match (
                        before.typed.columns().get(at),
                        after.typed.columns().get(at),
                    ) {
                        (Some(old), Some(new)) => (old, new),
                        _ => continue,
                    };
                    let told = self.shown.told(&key(self.source, column), old, new);
                    if !told.is_empty() {
                        back.insert(
                            at,
                            told.iter()
                                .filter_map(|row| places.get(*row).copied())
                                .collect(),
                        );
                    }
                }
                if back.is_empty() {
                    return Ok(Some(rows));
                }
            } else {
                let changed = before.accepted.iter().zip(&after.accepted).enumerate();
                let changed: Vec<usize> = changed
                    .filter(|(_, (one, two))| one != two)
                    .map(|(row, _)| row)
                    .collect();
                for (at, column) in hidden(self.source, self.level) {
                    if !self.shown.renamed.contains(&key(self.source, column)) {
                        // A unique value that goes back would stand there twice.
                        let all = (0..before.accepted.len()).collect();
                        back.insert(
                            at,
                            if column.rules.unique {
                                all
                            } else {
                                changed.clone()
                            },
                        );
                    }
                }
            }
            for (at, places) in back {
                let unique = self
                    .source
                    .input
                    .dataset
                    .columns
                    .get(at)
                    .is_some_and(|column| column.rules.unique);
                let (Some(cells), Some(old)) = (rows.get_mut(at), first.get(at)) else {
                    continue;
                };
                if unique {
                    cells.clone_from(old);
                    continue;
                }
                for row in places {
                    if let (Some(cell), Some(old)) = (cells.get_mut(row), old.get(row)) {
                        cell.clone_from(old);
                    }
                }
            }
        }
        // Its tokens cannot be taken back one by one.
        Ok(None)
    }

    /// Leaves rows out, where which rows there are is above the level.
    fn fewer(&self, random: &mut Seeded) -> Columns {
        let dataset = &self.source.input.dataset;
        let levels = dataset
            .primary_key
            .iter()
            .filter_map(|name| dataset.column(name))
            .map(|column| column.level);
        let hides = levels.max().is_none_or(|level| level > self.level);
        let rows = self.source.rows();
        let stays: Vec<bool> = (0..rows).map(|_| !hides || !random.once_in(8)).collect();
        let kept = |cells: &Vec<Option<String>>| {
            let both = cells.iter().zip(&stays);
            both.filter(|(_, stays)| **stays)
                .map(|(cell, _)| cell.clone())
                .collect()
        };
        self.source.first.iter().map(kept).collect()
    }

    fn changed(
        &self,
        at: usize,
        column: &Column,
        cells: &mut [Option<String>],
        accepted: &[bool],
        random: &mut Seeded,
    ) {
        let mut open: Vec<usize> = (0..cells.len())
            .filter(|row| accepted.get(*row) == Some(&true))
            .collect();
        let mut by_length: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        let length = |cell: &Option<String>| {
            cell.as_ref().map(|text| {
                if column.ty == ColumnType::String {
                    text.len()
                } else {
                    0
                }
            })
        };
        for row in &open {
            by_length
                .entry(cells.get(*row).and_then(length))
                .or_default()
                .push(*row);
        }
        by_length.remove(&None);
        let old = cells.to_vec();
        let mut put = |row: usize, value: Option<String>| {
            if let Some(cell) = cells.get_mut(row) {
                *cell = value;
            }
        };
        let get = |row: usize| old.get(row).cloned().flatten();
        let shuffled = matches!(self.change, Change::Places)
            || (self.change == Change::Anew && column.rules.unique);
        match self.change {
            Change::Anew | Change::Places => {
                for rows in by_length.values() {
                    let mut from = rows.clone();
                    random.shuffle(&mut from);
                    for (row, other) in rows.iter().zip(&from) {
                        let other = if shuffled {
                            *other
                        } else {
                            rows.get(random.below(rows.len()))
                                .copied()
                                .unwrap_or(*other)
                        };
                        put(*row, get(other));
                    }
                }
            }
            Change::OneCell => {
                let Some((_, row)) = self.one.filter(|(one, _)| *one == at) else {
                    return;
                };
                let Some(rows) = by_length.values().find(|rows| rows.contains(&row)) else {
                    return;
                };
                let others: Vec<usize> = rows
                    .iter()
                    .copied()
                    .filter(|other| get(*other) != get(row))
                    .collect();
                if let Some(other) = others.get(random.below(others.len())) {
                    put(row, get(*other));
                    if column.rules.unique {
                        put(*other, get(row));
                    }
                }
            }
            Change::ByOne if !column.rules.unique => {
                for row in open.drain(..) {
                    if let Some(text) = get(row)
                        && random.once_in(2)
                    {
                        put(row, Some(by_one(&text)));
                    }
                }
            }
            Change::Triggers if !column.rules.unique => {
                for row in open.drain(..) {
                    let Some(text) = get(row).filter(|_| random.once_in(3)) else {
                        continue;
                    };
                    let new = match column.ty {
                        ColumnType::String => {
                            let start = TEXTS
                                .get(random.below(TEXTS.len()))
                                .copied()
                                .unwrap_or_default();
                            start.chars().cycle().take(text.len()).collect()
                        }
                        _ => NUMBERS
                            .get(random.below(NUMBERS.len()))
                            .copied()
                            .unwrap_or_default()
                            .to_owned(),
                    };
                    put(row, Some(new));
                }
            }
            Change::Nulls if self.special(column) && !column.rules.required => {
                let values: Vec<String> = open.iter().filter_map(|row| get(*row)).collect();
                for row in open.drain(..) {
                    if random.once_in(3) {
                        let value = values.get(random.below(values.len())).cloned();
                        put(row, if get(row).is_some() { None } else { value });
                    }
                }
            }
            Change::ByOne | Change::Triggers | Change::Nulls | Change::Rows => {}
        }
    }

    /// Takes back what a select grant would tell.
    fn kept(
        &self,
        column: &Column,
        old: Option<&Vec<Option<String>>>,
        cells: &mut [Option<String>],
    ) {
        let Some(granted) = self.shown.cells.get(&key(self.source, column)) else {
            return;
        };
        let told = |cell: &Option<String>| cell.as_ref().is_some_and(|text| granted.contains(text));
        for (new, old) in cells.iter_mut().zip(old.into_iter().flatten()) {
            if new != old && (told(new) || told(old)) {
                new.clone_from(old);
            }
        }
    }

    fn special(&self, column: &Column) -> bool {
        // Fewer than the proof knows: those that the project names itself.
        let facts = || self.spec.project.tags.iter().filter(|fact| fact.special);
        column
            .tags
            .iter()
            .any(|tag| facts().any(|fact| fact.pattern.covers(tag)))
    }
}

/// The last digit goes up by one; from 9 to 0.
fn by_one(text: &str) -> String {
    let Some(at) = text.rfind(|c: char| c.is_ascii_digit()) else {
        return text.to_owned();
    };
    let (before, rest) = text.split_at(at);
    let digit = rest
        .chars()
        .next()
        .and_then(|c| c.to_digit(10))
        .unwrap_or_default();
    let after: String = rest.chars().skip(1).collect();
    format!("{before}{}{after}", (digit + 1) % 10)
}
