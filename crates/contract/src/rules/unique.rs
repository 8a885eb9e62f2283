//! `unique`: the first accepted row with a value keeps it, over the whole run, in file order.
//!
//! INVARIANT: only accepted rows count as seen, so a row that was rejected for something else
//! never costs a good one its place. Memory is bounded for all columns together; beyond the bound
//! the run ends with an error rather than with a guess.

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef, AsArray, downcast_primitive_array};
use arrow::datatypes::{ArrowNativeType, DataType, Decimal128Type, Float32Type, Float64Type};
use sealine_connect::TableKey;

use crate::ContractError;

/// Bytes that all tables of a contract may take.
const MEMORY_MAX: usize = 512 << 20;

/// The most runs of ascending words; keys with gaps everywhere are better off in the table.
const RUNS_MAX: usize = 1 << 20;

/// Words that were seen: those that came in ascending order as runs without gaps, which is how
/// most keys come, and the others in a table.
pub(crate) struct Words {
    /// First and last word of each run, ascending.
    runs: Vec<(u64, u64)>,
    others: HashSet<u64, TableKey>,
}

impl Words {
    fn contains(&self, word: &u64) -> bool {
        let above = self.runs.last().is_none_or(|(_, last)| last < word);
        if above && self.others.is_empty() {
            return false;
        }
        let after = self.runs.partition_point(|(first, _)| first <= word);
        let run = after.checked_sub(1).and_then(|at| self.runs.get(at));
        run.is_some_and(|(_, last)| word <= last) || self.others.contains(word)
    }

    /// `false` if it was known.
    fn insert(&mut self, word: u64) -> bool {
        let room = self.runs.len() < RUNS_MAX;
        match self.runs.last_mut() {
            // While runs may be begun, nothing in the table lies above the last one.
            Some((_, last)) if *last < word && room => {
                if last.checked_add(1) == Some(word) {
                    *last = word;
                } else {
                    self.runs.push((word, word));
                }
                true
            }
            None => {
                self.runs.push((word, word));
                true
            }
            _ => !self.contains(&word) && self.others.insert(word),
        }
    }
}

/// The values of one column that accepted rows have.
pub(crate) enum Seen {
    /// Of types that fit into a word, as they are.
    Narrow(Words, Vec<u64>),
    /// Decimals as they are; fingerprints of texts and bytes.
    Wide(HashSet<u128, TableKey>, Vec<u128>),
}

impl Seen {
    /// An empty table for a column of this type.
    pub(crate) fn new(of: &DataType, tables: TableKey) -> Seen {
        match of {
            DataType::Utf8 | DataType::Binary | DataType::Decimal128(_, _) => {
                Seen::Wide(HashSet::with_hasher(tables), Vec::new())
            }
            _ => {
                let words = Words {
                    runs: Vec::new(),
                    others: HashSet::with_hasher(tables),
                };
                Seen::Narrow(words, Vec::new())
            }
        }
    }

    /// Takes the values of a batch; rows are then asked for by their index.
    pub(crate) fn load(&mut self, array: &ArrayRef) -> Result<(), ContractError> {
        let defect = ContractError::Kernel { step: "unique" };
        match self {
            Seen::Narrow(_, words) => narrow(array, words).ok_or(defect),
            Seen::Wide(known, words) => wide(array, *known.hasher(), words).ok_or(defect),
        }
    }

    /// Whether an accepted row has the value of this row.
    pub(crate) fn has(&self, row: usize) -> bool {
        match self {
            Seen::Narrow(known, words) => words.get(row).is_some_and(|word| known.contains(word)),
            Seen::Wide(known, words) => words.get(row).is_some_and(|word| known.contains(word)),
        }
    }

    /// Notes the value of this row; `false` if it was known.
    pub(crate) fn insert(&mut self, row: usize) -> bool {
        match self {
            Seen::Narrow(known, words) => words.get(row).is_none_or(|word| known.insert(*word)),
            Seen::Wide(known, words) => words.get(row).is_none_or(|word| known.insert(*word)),
        }
    }

    /// Bytes that the table takes: its slots, a byte of control for each.
    fn memory(&self) -> usize {
        let (runs, slots, word) = match self {
            Seen::Narrow(known, _) => (known.runs.capacity(), known.others.capacity(), 8),
            Seen::Wide(known, _) => (0, known.capacity(), 16),
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
                others: HashSet::with_hasher(sealine_connect::table_key().unwrap()),
            };
            let mut model = HashSet::new();
            for word in order {
                assert_eq!(
                    words.contains(word),
                    model.contains(word),
                    "{word} of {order:?}"
                );
                assert_eq!(
                    words.insert(*word),
                    model.insert(*word),
                    "{word} of {order:?}"
                );
            }
            assert!(order.iter().all(|word| words.contains(word)));
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
            assert!((0..8192).all(|row| seen.insert(row)));
        }
        assert!(seen.memory() < 1024);
    }
}
