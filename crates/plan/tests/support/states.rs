//! Two states of the tables that agree on everything internal and on what permitted protections show.
//!
//! Invariant: the nulls and lengths of a restricted column agree, except the nulls of special ones;
//! a value that a permitted protection shows in part is only exchanged for one that shows the same part;
//! what a contract holds to be unique stays so, and linked keys are renamed alike wherever they stand.
#![allow(unreachable_pub)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array};
use datafusion::arrow::compute::take_record_batch;
use datafusion::arrow::datatypes::{DataType, Schema, TimeUnit};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::common::ScalarValue;
use sealine_plan::arrow_type;
use sealine_spec::Spec;

use super::oracle::{Part, Shown};
use super::random_sql::Seeded;

/// The tables of one state, by dataset.
pub type Tables = BTreeMap<String, RecordBatch>;

/// One of two states.
#[derive(Clone, Debug)]
pub struct State {
    pub tables: Arc<Tables>,
    /// Back from a renamed value to the one that both states have in common.
    pub back: Arc<HashMap<String, String>>,
    /// How the dates of a subject moved, by the form of the protections that move them on; nothing in
    /// the first state.
    pub moved: Arc<HashMap<String, u64>>,
}

/// How the second state differs.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum Change {
    /// Every restricted cell is drawn anew.
    Anew,
    /// One cell.
    OneCell,
    /// The values of a column change places.
    Places,
    /// Numbers and dates by one.
    ByOne,
    /// What makes functions fail: 0, the least number, NaN, no text, half a pattern.
    Triggers,
    /// Nulls of special columns.
    Nulls,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Anew => "every cell drawn anew",
            Self::OneCell => "one cell",
            Self::Places => "values in other places",
            Self::ByOne => "numbers and dates by one",
            Self::Triggers => "values on which functions fail",
            Self::Nulls => "nulls of special columns",
        })
    }
}

pub const CHANGES: &[Change] = &[
    Change::Anew,
    Change::OneCell,
    Change::Places,
    Change::ByOne,
    Change::Triggers,
    Change::Nulls,
];

/// Values that tokens rename among each other: alike in length, in what their normalizers keep and
/// in what keeps the form of a card.
const RENAMED: &[&[&str]] = &[
    &["u1@x.y", "u2@x.y", "u3@x.y", "u4@x.y"],
    &["P1001", "P1002", "P1003"],
    &["100200300", "100200301", "100200302"],
    &["4111111111111111", "4111112222221111", "4111113333331111"],
];

type Columns = Vec<Vec<ScalarValue>>;

fn texts(name: &str) -> &'static [&'static str] {
    match name {
        "country" | "nationality" => &["DE", "FR", "IT", "US", ""],
        "email" => &[
            "u1@x.y", "u2@x.y", "u3@x.y", "u4@x.y", "a@x.y", "A@X.Y", " a@xy", "",
        ],
        "login" => &["a@x.y", "A@X.Y", "b@x.y", "9@xyz.y"],
        "name" => &["Ann Lee", "Bob Ray", "Cy Dole", "Al", "Bo", ""],
        "card" => &[
            "4111111111111111",
            "4111112222221111",
            "4111113333331111",
            "4111110000009999",
            "5500005555555559",
            "5500001111115559",
            "12",
            "x(",
        ],
        "diag" => &["hiv", "flu", "no!", "x(y", "flux", "pain"],
        "notes" => &["12345", "a@x.y", "1,2,3", "hello", "x(y]z", "9"],
        "plan" => &["basic", "plus", "", "7"],
        "patient" | "mrn" => &["P1001", "P1002", "P1003", "Q7"],
        "mood" => &["low", "mid", "sad", "joy", "bad"],
        "zip" => &["10115", "10117", "10999", "80331", "99999", ""],
        "ip" => &["10.0.0.1", "10.0.9.9", "10.9.9.9", "::1"],
        "account" => &["100200300", "100200301", "100200302", "99", "12345"],
        "teller" => &["500600700", "500600701", "12345"],
        "comment" => &[
            "mail bob@x.yz now",
            "mail ann@x.yz now",
            "born on 1.2.1990.",
            "call 030 1234567.",
            "fine",
        ],
        "region" => &["N", "S", "E", "W", "?"],
        "code" => &["A1", "B2", "C3", "x(", "LONGCODE"],
        _ => &["one", "two", "six", "four", "x(", ""],
    }
}

/// How many numbers of people there are: more than rows.
const NUMBERS: usize = 48;

fn pool(name: &str, of: &DataType) -> Vec<ScalarValue> {
    if matches!(name, "ssn" | "spare") {
        let number = |n| ScalarValue::from(format!("{:09}", 100_200_300 + 7 * n));
        return (0..NUMBERS).map(number).collect();
    }
    let whole = [0_i64, 1, 10, 17, 20, 30, 52, 64, -1];
    match of {
        DataType::Utf8 => texts(name).iter().map(|t| ScalarValue::from(*t)).collect(),
        DataType::Int64 if name == "person_id" => {
            (0..6).map(|n| ScalarValue::Int64(Some(n))).collect()
        }
        DataType::Int64 => whole
            .into_iter()
            .chain([i64::MIN, i64::MAX])
            .map(|n| ScalarValue::Int64(Some(n)))
            .collect(),
        DataType::Int32 => whole
            .into_iter()
            .chain([i64::from(i32::MIN)])
            .map(|n| ScalarValue::Int32(i32::try_from(n).ok()))
            .collect(),
        DataType::Float64 if name == "lat" || name == "lon" => {
            [52.5, 52.500_1, 52.51, 48.1, -10.0, 0.0]
                .map(|n| ScalarValue::Float64(Some(n)))
                .to_vec()
        }
        DataType::Float64 => [0.0, -0.0, 1.5, 1e300, f64::NAN, f64::INFINITY]
            .map(|n| ScalarValue::Float64(Some(n)))
            .to_vec(),
        DataType::Date32 => [7_000, 7_001, 7_015, 7_400, 9_000, 0, 11_016]
            .map(|n| ScalarValue::Date32(Some(n)))
            .to_vec(),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            [0_i64, 86_400_000_000, 1, 1_000_000_000_000_000]
                .map(|n| ScalarValue::TimestampMicrosecond(Some(n), zone.clone()))
                .to_vec()
        }
        DataType::Decimal128(precision, scale) => [0_i128, 1, -1, 999_999_999, 1_234]
            .map(|n| ScalarValue::Decimal128(Some(n), *precision, *scale))
            .to_vec(),
        other => vec![ScalarValue::try_from(other).unwrap()],
    }
}

fn triggers(of: &DataType) -> Vec<ScalarValue> {
    match of {
        DataType::Utf8 => ["", "x(", "x(y", "x(y]z", "9", "12"]
            .map(ScalarValue::from)
            .to_vec(),
        DataType::Int64 => [0, i64::MIN, i64::MAX, -1]
            .map(|n| ScalarValue::Int64(Some(n)))
            .to_vec(),
        DataType::Int32 => [0, i32::MIN, i32::MAX, -1]
            .map(|n| ScalarValue::Int32(Some(n)))
            .to_vec(),
        DataType::Float64 => [0.0, f64::NAN, f64::NEG_INFINITY]
            .map(|n| ScalarValue::Float64(Some(n)))
            .to_vec(),
        _ => Vec::new(),
    }
}

fn length(value: &ScalarValue) -> usize {
    value.try_as_str().flatten().map_or(0, str::len)
}

/// A column as the catalogue has it.
#[derive(Clone)]
struct Field {
    name: String,
    data_type: DataType,
    secret: bool,
    special: bool,
    required: bool,
    unique: bool,
    /// Whether the query at hand names it.
    named: bool,
}

/// The datasets that rows are made for.
pub struct World {
    datasets: Vec<(String, bool, Vec<Field>)>,
}

/// What a query reads: its datasets, and the columns that stand in it by name.
#[derive(Default)]
pub struct Reads {
    pub datasets: BTreeSet<String>,
    pub columns: BTreeSet<String>,
}

impl World {
    pub fn new(spec: &Spec) -> Self {
        let internal = spec.project.operator_clearance;
        let datasets = spec
            .datasets
            .iter()
            .filter(|(_, dataset)| dataset.view.is_none() && dataset.declares_columns)
            .map(|(id, dataset)| {
                let fields = dataset
                    .columns
                    .iter()
                    .map(|column| Field {
                        name: column.name.clone(),
                        data_type: arrow_type(&column.ty),
                        secret: column.level > internal,
                        special: column
                            .tags
                            .iter()
                            .any(|tag| tag.as_str().starts_with("phi.")),
                        required: column.rules.required
                            || dataset.primary_key.contains(&column.name),
                        unique: column.rules.unique,
                        named: true,
                    })
                    .collect();
                (id.clone(), dataset.primary_key.is_empty(), fields)
            })
            .collect();
        Self { datasets }
    }

    /// Only what a query reads.
    pub fn of(&self, reads: &Reads) -> Self {
        let read = self.datasets.iter();
        let read = read.filter(|(id, _, _)| reads.datasets.contains(id));
        let datasets = read.map(|(id, keyless, fields)| {
            let mut fields = fields.clone();
            for field in &mut fields {
                field.named = reads.columns.contains(&field.name);
            }
            (id.clone(), *keyless, fields)
        });
        Self {
            datasets: datasets.collect(),
        }
    }

    /// Whether two states differ in a column that the query names, or in which rows there are.
    pub fn differ(&self, first: &State, second: &State) -> bool {
        self.datasets.iter().any(|(id, _, fields)| {
            let (one, two) = (&first.tables[id], &second.tables[id]);
            let mut named = fields.iter().enumerate().filter(|(_, field)| field.named);
            one.num_rows() != two.num_rows()
                || named.any(|(at, _)| one.column(at) != two.column(at))
        })
    }

    /// The first state of a seed.
    pub fn first(&self, seed: u64) -> State {
        let mut tables = Tables::new();
        for (id, keyless, fields) in &self.datasets {
            let mut r = Seeded(seed ^ salt(id));
            let rows = r.pick(&[0, 1, 2, 3, 3, 5, 5, 8, 8, 13, 40]);
            let rows = if *keyless { rows.min(3) } else { rows };
            let mut columns: Columns = Vec::new();
            for field in fields {
                let mut pool = pool(&field.name, &field.data_type);
                if field.unique {
                    shuffle(&mut pool, &mut r);
                }
                let cells = (0..rows).map(|row| {
                    if field.name == "id" {
                        return ScalarValue::Int64(Some(row + 1));
                    }
                    if !field.required && r.below(100) < 15 {
                        return ScalarValue::try_from(&field.data_type).unwrap();
                    }
                    match field.unique {
                        true => pool[row as usize % pool.len()].clone(),
                        false => pool[r.below(pool.len() as u64) as usize].clone(),
                    }
                });
                columns.push(cells.collect());
            }
            tables.insert(id.clone(), batch(fields, columns));
        }
        State {
            tables: Arc::new(tables),
            back: Arc::default(),
            moved: Arc::default(),
        }
    }

    /// The same rows, lying the other way round.
    pub fn turned(&self, state: &State) -> State {
        let turned = state.tables.iter().map(|(id, table)| {
            let rows: UInt32Array = (0..table.num_rows() as u32).rev().collect();
            (id.clone(), take_record_batch(table, &rows).unwrap())
        });
        State {
            tables: Arc::new(turned.collect()),
            ..state.clone()
        }
    }

    /// A state that whoever is cleared for what is internal, and sees what is `shown`, cannot tell
    /// from `first`.
    pub fn second(&self, first: &State, shown: &Shown, change: Change, seed: u64) -> State {
        let mut r = Seeded(seed);
        let turn = 1 + r.below(3) as usize;
        let (renaming, back) = renaming(turn);
        let moved: HashMap<String, u64> = shown
            .shifted
            .values()
            .map(|form| (form.clone(), r.next()))
            .collect();
        let only = self.one_cell(first, &mut r);
        let mut tables = Tables::new();
        for (id, keyless, fields) in &self.datasets {
            let before = columns(&first.tables[id]);
            let mut after = before.clone();
            for (at, field) in fields.iter().enumerate() {
                if !field.secret || shown.fixed.contains(&(id.clone(), field.name.clone())) {
                    continue;
                }
                let key = (id.clone(), field.name.clone());
                let column = &mut after[at];
                if shown.renamed.contains(&key) {
                    for cell in column.iter_mut() {
                        let new = cell.try_as_str().flatten().and_then(|t| renaming.get(t));
                        if let Some(new) = new {
                            *cell = ScalarValue::from(*new);
                        }
                    }
                } else if shown.linked.contains(&key) {
                    turned(column, &pool(&field.name, &field.data_type), turn);
                } else if let Some(form) = shown.shifted.get(&key) {
                    let ids = &before[fields.iter().position(|f| f.name == "id").unwrap()];
                    for (cell, id) in column.iter_mut().zip(ids) {
                        *cell = later(cell, distance(id, moved[form]));
                    }
                } else {
                    self.changed(column, field, change, &mut r, |row| {
                        only == (id.clone(), at, row)
                    });
                }
                if change == Change::Nulls || (change == Change::Anew && r.once_in(2)) {
                    nulls(column, field, &mut r);
                }
                for (new, old) in column.iter_mut().zip(&before[at]) {
                    let alike = new.is_null() == old.is_null() && length(new) == length(old);
                    let either = new.is_null() || old.is_null();
                    let special = field.special && !field.required && either;
                    let cells = shown.cells.get(&key);
                    let told = |value: &ScalarValue| {
                        cells.is_some_and(|cells| {
                            value
                                .try_as_str()
                                .flatten()
                                .is_some_and(|t| cells.iter().any(|c| c == t))
                        })
                    };
                    if !(alike || special) || (told(new) || told(old)) && new != old {
                        *new = old.clone();
                    }
                }
            }
            for part in shown.parts.iter().filter(|part| part.dataset == *id) {
                keep_part(part, fields, &before, &mut after);
            }
            if *keyless && change == Change::Anew {
                after = columns(&self.first(seed ^ 77).tables[id]);
            }
            tables.insert(id.clone(), batch(fields, after));
        }
        State {
            tables: Arc::new(tables),
            back: Arc::new(back),
            moved: Arc::new(moved),
        }
    }

    fn one_cell(&self, first: &State, r: &mut Seeded) -> (String, usize, usize) {
        let all: Vec<(String, usize, usize)> = self
            .datasets
            .iter()
            .flat_map(|(id, _, fields)| {
                let rows = first.tables[id].num_rows();
                fields
                    .iter()
                    .enumerate()
                    .filter(|(_, field)| field.secret && field.named)
                    .flat_map(move |(at, _)| (0..rows).map(move |row| (id.clone(), at, row)))
            })
            .collect();
        match all.len() {
            0 => (String::new(), 0, 0),
            n => all[r.below(n as u64) as usize].clone(),
        }
    }

    fn changed(
        &self,
        column: &mut [ScalarValue],
        field: &Field,
        change: Change,
        r: &mut Seeded,
        only: impl Fn(usize) -> bool,
    ) {
        let mut pool = pool(&field.name, &field.data_type);
        if field.unique {
            match change {
                Change::Anew => {
                    shuffle(&mut pool, r);
                    for (cell, new) in column.iter_mut().zip(&pool) {
                        if !cell.is_null() {
                            *cell = new.clone();
                        }
                    }
                    return;
                }
                Change::OneCell => pool.retain(|new| !column.contains(new)),
                Change::ByOne => return turned(column, &pool, 1),
                Change::Places | Change::Triggers | Change::Nulls => {}
            }
        }
        let near = |cell: &ScalarValue, r: &mut Seeded, pool: &[ScalarValue]| {
            let alike: Vec<&ScalarValue> = pool
                .iter()
                .filter(|new| length(new) == length(cell))
                .collect();
            match (cell.is_null(), alike.len()) {
                (true, _) | (_, 0) => cell.clone(),
                (_, n) => alike[r.below(n as u64) as usize].clone(),
            }
        };
        match change {
            Change::Anew => {
                for cell in column {
                    *cell = near(cell, r, &pool);
                }
            }
            Change::OneCell => {
                for (row, cell) in column.iter_mut().enumerate() {
                    if only(row) {
                        *cell = near(cell, r, &pool);
                    }
                }
            }
            Change::Places if column.len() > 1 => {
                for _ in 0..column.len() {
                    let n = column.len() as u64;
                    let (a, b) = (r.below(n) as usize, r.below(n) as usize);
                    if column[a].is_null() == column[b].is_null()
                        && length(&column[a]) == length(&column[b])
                    {
                        column.swap(a, b);
                    }
                }
            }
            Change::ByOne => {
                for cell in column {
                    if r.once_in(2) {
                        *cell = later(cell, 1);
                    }
                }
            }
            Change::Triggers => {
                let pool = triggers(&field.data_type);
                for cell in column {
                    if r.once_in(3) {
                        *cell = near(cell, r, &pool);
                    }
                }
            }
            Change::Places | Change::Nulls => {}
        }
    }
}

fn shuffle(values: &mut [ScalarValue], r: &mut Seeded) {
    for at in (1..values.len()).rev() {
        values.swap(at, r.below(at as u64 + 1) as usize);
    }
}

/// Every value becomes the one so many places further on in the pool.
fn turned(column: &mut [ScalarValue], pool: &[ScalarValue], turn: usize) {
    for cell in column {
        if let Some(at) = pool.iter().position(|value| value == cell) {
            *cell = pool[(at + turn) % pool.len()].clone();
        }
    }
}

/// Toggles the nulls of a special column.
fn nulls(column: &mut [ScalarValue], field: &Field, r: &mut Seeded) {
    if !field.special || field.required {
        return;
    }
    let pool = pool(&field.name, &field.data_type);
    for cell in column {
        if r.once_in(3) {
            *cell = if cell.is_null() {
                pool[r.below(pool.len() as u64) as usize].clone()
            } else {
                ScalarValue::try_from(&field.data_type).unwrap()
            };
        }
    }
}

/// Takes back every cell of which a permitted part would show the change.
fn keep_part(part: &Part, fields: &[Field], before: &Columns, after: &mut Columns) {
    let at = fields.iter().position(|f| f.name == part.column).unwrap();
    let rows = before[at].len();
    if rows == 0 {
        return;
    }
    let seen = |columns: &Columns| {
        part.seen(&ScalarValue::iter_to_array(columns[at].iter().cloned()).unwrap())
    };
    let (old, new) = (seen(before), seen(after));
    for row in 0..rows {
        if old
            .iter()
            .zip(&new)
            .any(|(a, b)| text(a, row) != text(b, row))
        {
            after[at][row] = before[at][row].clone();
        }
    }
}

fn text(array: &ArrayRef, row: usize) -> Option<String> {
    (!array.is_null(row)).then(|| array_value_to_string(array, row).unwrap())
}

/// A number or date, later by so much; a text as it is.
fn later(value: &ScalarValue, by: i32) -> ScalarValue {
    match value {
        ScalarValue::Int64(Some(n)) => ScalarValue::Int64(Some(n.wrapping_add(by.into()))),
        ScalarValue::Int32(Some(n)) => ScalarValue::Int32(Some(n.wrapping_add(by))),
        ScalarValue::Date32(Some(n)) => ScalarValue::Date32(Some(n.wrapping_add(by))),
        ScalarValue::TimestampMicrosecond(Some(n), zone) => ScalarValue::TimestampMicrosecond(
            Some(n.wrapping_add(i64::from(by) * 86_400_000_000)),
            zone.clone(),
        ),
        other => other.clone(),
    }
}

/// By how many days the dates of a subject move.
pub fn distance(subject: &ScalarValue, moved: u64) -> i32 {
    let mut r = Seeded(moved ^ salt(&subject.to_string()));
    r.below(41) as i32 - 20
}

/// Moves a date back by what its subject moved.
pub fn moved_back(value: &ScalarValue, subject: &ScalarValue, moved: u64) -> ScalarValue {
    later(value, -distance(subject, moved))
}

/// The renaming, and the way back for a value as it is and behind every normalizer.
fn renaming(turn: usize) -> (HashMap<&'static str, &'static str>, HashMap<String, String>) {
    let (mut there, mut back) = (HashMap::new(), HashMap::new());
    for group in RENAMED {
        for (at, from) in group.iter().enumerate() {
            let to = group[(at + turn) % group.len()];
            there.insert(*from, to);
            for normal in [
                |t: &str| t.to_owned(),
                |t: &str| t.to_lowercase(),
                |t: &str| t.chars().filter(char::is_ascii_digit).collect(),
            ] {
                back.insert(normal(to), normal(from));
            }
        }
    }
    (there, back)
}

fn salt(text: &str) -> u64 {
    text.bytes()
        .fold(7, |all: u64, b| all.wrapping_mul(31).wrapping_add(b.into()))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn columns(batch: &RecordBatch) -> Columns {
    batch
        .columns()
        .iter()
        .map(|column| {
            (0..column.len())
                .map(|row| ScalarValue::try_from_array(column, row).unwrap())
                .collect()
        })
        .collect()
}

fn batch(fields: &[Field], columns: Columns) -> RecordBatch {
    let schema = Schema::new(
        fields
            .iter()
            .map(|f| datafusion::arrow::datatypes::Field::new(&f.name, f.data_type.clone(), true))
            .collect::<Vec<_>>(),
    );
    let arrays: Vec<ArrayRef> = fields
        .iter()
        .zip(columns)
        .map(|(field, cells)| match cells.is_empty() {
            true => datafusion::arrow::array::new_empty_array(&field.data_type),
            false => ScalarValue::iter_to_array(cells).unwrap(),
        })
        .collect();
    RecordBatch::try_new(Arc::new(schema), arrays).unwrap()
}
