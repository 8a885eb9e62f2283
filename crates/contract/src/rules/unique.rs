//! `unique`: the first accepted row with a value keeps it, over the whole run, in file order.
//!
//! INVARIANT: only accepted rows count as seen, so a row that was rejected for something else
//! never costs a good one its place. Memory is bounded for all columns together; beyond the bound
//! values go to sealed temporary files, and where there are none to go to the run ends with an
//! error rather than with a guess.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, downcast_primitive_array};
use arrow::datatypes::{ArrowNativeType, DataType, Decimal128Type, Float32Type, Float64Type};
use sealine_connect::TableKey;
use sealine_connect::scratch::Scratch;

use super::spilled::Spilled;
use crate::ContractError;

/// Bytes that all tables of a contract may take where nothing can be spilled.
const MEMORY_MAX: usize = 512 << 20;

/// Bytes of memory for a word that is not on the disk: its slot, at the usual filling, and its
/// place in the run that is made of them.
const BYTES_OF_A_WORD: usize = 48;

/// The most runs of ascending words; keys with gaps everywhere are better off in the table.
const RUNS_MAX: usize = 1 << 20;

/// Where the words of one column go that do not fit.
pub(crate) struct Overflow {
    scratch: Arc<Scratch>,
    /// Words in memory.
    words: usize,
    /// Bytes of the filter.
    filter: usize,
}

impl Overflow {
    /// Of `memory` bytes half are for words, half for the filter before those on the disk.
    pub(crate) fn new(scratch: Arc<Scratch>, memory: usize) -> Overflow {
        Overflow {
            scratch,
            words: (memory / 2 / BYTES_OF_A_WORD).max(1),
            filter: memory / 2,
        }
    }
}

/// A set of words: those that came last in memory, the others on the disk.
pub(crate) struct Table<W> {
    words: HashSet<W, TableKey>,
    spilled: Option<Spilled>,
    overflow: Option<Overflow>,
}

impl<W: Copy + Eq + Hash + Into<u128>> Table<W> {
    fn new(key: TableKey) -> Table<W> {
        Table {
            words: HashSet::with_hasher(key),
            spilled: None,
            overflow: None,
        }
    }

    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.spilled.is_none()
    }

    fn contains(&self, word: W) -> Result<bool, ContractError> {
        Ok(self.words.contains(&word) || self.is_spilled(word)?)
    }

    fn is_spilled(&self, word: W) -> Result<bool, ContractError> {
        let spilled = self.spilled.as_ref();
        spilled.map_or(Ok(false), |spilled| spilled.contains(word.into()))
    }

    /// `false` if it was known.
    fn insert(&mut self, word: W) -> Result<bool, ContractError> {
        Ok(!self.is_spilled(word)? && self.words.insert(word))
    }

    /// Moves what is in memory to the disk where it is too much.
    fn settle(&mut self) -> Result<(), ContractError> {
        let Some(overflow) = &self.overflow else {
            return Ok(());
        };
        if self.words.len() < overflow.words {
            return Ok(());
        }
        // The slots are kept: what comes next takes the same memory.
        let key = *self.words.hasher();
        let mut words: Vec<u128> = self.words.drain().map(Into::into).collect();
        let scratch = &overflow.scratch;
        let new = || Spilled::new(Arc::clone(scratch), overflow.filter, key);
        self.spilled.get_or_insert_with(new).add(&mut words)
    }
}

/// Words that were seen: those that came in ascending order as runs without gaps, which is how
/// most keys come, and the others in a table.
pub(crate) struct Words {
    /// First and last word of each run, ascending.
    runs: Vec<(u64, u64)>,
    others: Table<u64>,
}

impl Words {
    fn contains(&self, word: u64) -> Result<bool, ContractError> {
        let above = self.runs.last().is_none_or(|(_, last)| *last < word);
        if above && self.others.is_empty() {
            return Ok(false);
        }
        let after = self.runs.partition_point(|(first, _)| *first <= word);
        let run = after.checked_sub(1).and_then(|at| self.runs.get(at));
        if run.is_some_and(|(_, last)| word <= *last) {
            return Ok(true);
        }
        self.others.contains(word)
    }

    /// `false` if it was known.
    fn insert(&mut self, word: u64) -> Result<bool, ContractError> {
        let room = self.runs.len() < RUNS_MAX;
        match self.runs.last_mut() {
            // While runs may be begun, nothing in the table lies above the last one.
            Some((_, last)) if *last < word && room => {
                if last.checked_add(1) == Some(word) {
                    *last = word;
                } else {
                    self.runs.push((word, word));
                }
                Ok(true)
            }
            None => {
                self.runs.push((word, word));
                Ok(true)
            }
            _ => Ok(!self.contains(word)? && self.others.words.insert(word)),
        }
    }
}

/// The values of one column that accepted rows have.
pub(crate) enum Seen {
    /// Of types that fit into a word, as they are.
    Narrow(Words, Vec<u64>),
    /// Decimals as they are; fingerprints of texts and bytes.
    Wide(Table<u128>, Vec<u128>),
}

impl Seen {
    /// An empty table for a column of this type.
    pub(crate) fn new(of: &DataType, tables: TableKey) -> Seen {
        match of {
            DataType::Utf8 | DataType::Binary | DataType::Decimal128(_, _) => {
                Seen::Wide(Table::new(tables), Vec::new())
            }
            _ => {
                let words = Words {
                    runs: Vec::new(),
                    others: Table::new(tables),
                };
                Seen::Narrow(words, Vec::new())
            }
        }
    }

    /// Says where words go that do not fit.
    pub(crate) fn spill(&mut self, overflow: Overflow) {
        match self {
            Seen::Narrow(known, _) => known.others.overflow = Some(overflow),
            Seen::Wide(known, _) => known.overflow = Some(overflow),
        }
    }

    /// Takes the values of a batch; rows are then asked for by their index.
    pub(crate) fn load(&mut self, array: &ArrayRef) -> Result<(), ContractError> {
        let defect = ContractError::Kernel { step: "unique" };
        match self {
            Seen::Narrow(_, words) => narrow(array, words).ok_or(defect),
            Seen::Wide(known, words) => wide(array, *known.words.hasher(), words).ok_or(defect),
        }
    }

    /// Whether an accepted row has the value of this row.
    pub(crate) fn has(&self, row: usize) -> Result<bool, ContractError> {
        match self {
            Seen::Narrow(known, words) => words
                .get(row)
                .map_or(Ok(false), |word| known.contains(*word)),
            Seen::Wide(known, words) => words
                .get(row)
                .map_or(Ok(false), |word| known.contains(*word)),
        }
    }

    /// Notes the value of this row; `false` if it was known.
    pub(crate) fn insert(&mut self, row: usize) -> Result<bool, ContractError> {
        match self {
            Seen::Narrow(known, words) => {
                words.get(row).map_or(Ok(true), |word| known.insert(*word))
            }
            Seen::Wide(known, words) => words.get(row).map_or(Ok(true), |word| known.insert(*word)),
        }
    }

    /// Between two batches: moves what is too much to the disk.
    pub(crate) fn settle(&mut self) -> Result<(), ContractError> {
        match self {
            Seen::Narrow(known, _) => known.others.settle(),
            Seen::Wide(known, _) => known.settle(),
        }
    }

    /// Bytes that the table takes: its slots, a byte of control for each.
    fn memory(&self) -> usize {
        let (runs, slots, word) = match self {
            Seen::Narrow(known, _) => (known.runs.capacity(), known.others.words.capacity(), 8),
            Seen::Wide(known, _) => (0, known.words.capacity(), 16),
        };
        let table = slots.saturating_mul(word + 1).saturating_mul(8) / 7;
        table.saturating_add(runs.saturating_mul(16))
    }

    /// Whether all tables together stay within the bound.
    pub(crate) fn bounded<'a>(all: impl Iterator<Item = &'a Seen>) -> Result<(), usize> {
        let total: usize = all.map(Seen::memory).sum();
        if total <= MEMORY_MAX {
            Ok(())
        } else {
            Err(MEMORY_MAX >> 20)
        }
    }
}

fn narrow(array: &ArrayRef, words: &mut Vec<u64>) -> Option<()> {
    words.clear();
    let array = array.as_ref();
    // Equal floats have one word: both zeros, and all NaNs.
    let bits = |value: f64| {
        if value.is_nan() {
            u64::MAX
        } else {
            (value + 0.0).to_bits()
        }
    };
    match array.data_type() {
        DataType::Boolean => words.extend(array.as_boolean().values().iter().map(u64::from)),
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>().values();
            words.extend(values.iter().map(|value| bits(f64::from(*value))));
        }
        DataType::Float64 => {
            words.extend(
                array
                    .as_primitive::<Float64Type>()
                    .values()
                    .iter()
                    .map(|v| bits(*v)),
            );
        }
        _ => downcast_primitive_array! {
            array => words.extend(array.values().iter().map(|value| value.to_i64().unwrap_or_default().cast_unsigned())),
            _ => return None,
        },
    }
    Some(())
}

fn wide(array: &ArrayRef, key: TableKey, words: &mut Vec<u128>) -> Option<()> {
    words.clear();
    let print = |text: &[u8]| key.fingerprint(text);
    match array.data_type() {
        DataType::Utf8 => {
            let texts = array.as_string::<i32>().iter();
            words.extend(texts.map(|text| print(text.unwrap_or_default().as_bytes())));
        }
        DataType::Binary => {
            let values = array.as_binary::<i32>().iter();
            words.extend(values.map(|value| print(value.unwrap_or_default())));
        }
        DataType::Decimal128(_, _) => {
            let values = array.as_primitive::<Decimal128Type>().values();
            words.extend(values.iter().map(|value| value.cast_unsigned()));
        }
        _ => return None,
    }
    Some(())
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
    fn words_are_a_set_whatever_their_order() {
        let orders: [&[u64]; 5] = [
            &[1, 2, 3, 3, 2, 1, 4, 9, 8, 9, 10, 0, 0, 4],
            &[5, 4, 3, 2, 1, 1, 2, 3, 4, 5, 6, 6],
            &[u64::MAX, 0, u64::MAX, u64::MAX - 1, 0],
            &[7, 7, 9, 8, 8, 10, 9, 11, 3],
            &[],
        ];
        for order in orders {
            let mut words = Words {
                runs: Vec::new(),
                others: Table::new(sealine_connect::table_key().unwrap()),
            };
            let mut model = HashSet::new();
            for word in order {
                assert_eq!(
                    words.contains(*word).unwrap(),
                    model.contains(word),
                    "{word} of {order:?}"
                );
                assert_eq!(
                    words.insert(*word).unwrap(),
                    model.insert(*word),
                    "{word} of {order:?}"
                );
            }
            assert!(order.iter().all(|word| words.contains(*word).unwrap()));
        }
    }

    #[test]
    fn keys_without_gaps_take_no_memory() {
        let mut seen = Seen::new(&DataType::Int64, sealine_connect::table_key().unwrap());
        for from in (0..1_000_000).step_by(8192) {
            let batch: ArrayRef = std::sync::Arc::new(arrow::array::Int64Array::from_iter_values(
                from..from + 8192,
            ));
            seen.load(&batch).unwrap();
            assert!((0..8192).all(|row| seen.insert(row).unwrap()));
        }
        assert!(seen.memory() < 1024);
    }

    #[test]
    fn words_beyond_memory_are_the_same_set() {
        let dir = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(dir.path().join("spill"), u64::MAX).unwrap();
        for (of, memory) in [
            (DataType::Int64, 8 << 10),
            (DataType::Decimal128(38, 0), 1 << 10),
        ] {
            let mut seen = Seen::new(&of, sealine_connect::table_key().unwrap());
            seen.spill(Overflow::new(Arc::clone(&scratch), memory));
            let mut model = HashSet::new();
            // A full period of a generator, three times: every value comes early and late.
            let mut state: u64 = 7;
            for _ in 0..300 {
                let values: Vec<u64> = std::iter::repeat_with(|| {
                    state = (state * 1_021 + 25_673) % 16_384;
                    state
                })
                .take(160)
                .collect();
                let array: ArrayRef = match of {
                    DataType::Int64 => Arc::new(arrow::array::Int64Array::from_iter_values(
                        values.iter().map(|value| value.cast_signed()),
                    )),
                    _ => Arc::new(
                        arrow::array::Decimal128Array::from_iter_values(
                            values.iter().map(|value| i128::from(*value)),
                        )
                        .with_precision_and_scale(38, 0)
                        .unwrap(),
                    ),
                };
                seen.load(&array).unwrap();
                for (row, value) in values.iter().enumerate() {
                    assert_eq!(seen.has(row).unwrap(), model.contains(value), "{value}");
                    assert_eq!(seen.insert(row).unwrap(), model.insert(*value), "{value}");
                }
                seen.settle().unwrap();
                assert!(seen.memory() < 64 << 10);
            }
            assert!(model.len() > 10_000, "{}", model.len());
            assert!(scratch.used() > 100_000, "{}", scratch.used());
        }
    }
}
