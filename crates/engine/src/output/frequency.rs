//! The spread of stand-ins, watched while rows are written: what counting could tell stops the commit.
//!
//! A stand-in that is the same for the same value earns its level by a domain of 2^20 values, which the catalog
//! declares. Nobody can see in a file whether the values are spread over it; here the rows show whether they are.
//!
//! INVARIANT: memory is bounded, whatever the rows: values fall by their hash to 1,024 shares, each of which has four
//! counters (Misra and Gries, "Finding repeated elements", 1982). Up to four values of a share are counted exactly;
//! of more, the counters miss at most one row in five, and are read as if they missed them all: never too low.
//! Different values are counted exactly, up to the bound. Only hashes of stand-ins are kept.
//!
//! Must never: say which value, or how often.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use datafusion::arrow::array::Array;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::hash_utils::{RandomState, create_hashes};
use sealine_plan::PlannedOutput;
use sealine_spec::{Frequency, Spec};

use crate::error::EngineError;

/// Fewer values than this say nothing about their spread.
const LEAST_VALUES: u64 = 1_000;
/// The largest share of one value, where the catalog says nothing.
const MAX_SHARE: f64 = 0.05;
/// The fewest different values, where the catalog says nothing.
const MIN_DISTINCT: u64 = 100;
const SHARES: usize = 1_024;
const COUNTERS: usize = 4;

/// Watches one output.
pub(crate) struct Spread {
    columns: Vec<Watched>,
    hashes: Vec<u64>,
}

struct Watched {
    index: usize,
    name: String,
    origin: String,
    max_share: f64,
    min_distinct: u64,
    seen: Counters,
}

impl Spread {
    /// Watches the columns of `output` whose stand-ins can be counted.
    pub(crate) fn new(spec: &Spec, output: &PlannedOutput) -> Self {
        let columns = output.columns.iter().enumerate();
        let columns = columns.filter_map(|(index, column)| {
            let origin = column.counted.first()?.clone();
            // Of several origins the strictest holds.
            let words = column.counted.iter().map(|origin| word(spec, origin));
            let (max_share, min_distinct) = words.fold((1.0_f64, 1), |(share, distinct), word| {
                (
                    share.min(word.max_share.unwrap_or(MAX_SHARE)),
                    distinct.max(word.min_distinct.unwrap_or(MIN_DISTINCT)),
                )
            });
            Some(Watched {
                index,
                name: column.name.clone(),
                origin,
                max_share,
                min_distinct,
                seen: Counters::default(),
            })
        });
        Self {
            columns: columns.collect(),
            hashes: Vec::new(),
        }
    }

    /// Counts the values of a batch.
    pub(crate) fn look(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        for column in &mut self.columns {
            let Some(array) = batch.columns().get(column.index) else {
                continue;
            };
            self.hashes.clear();
            self.hashes.resize(array.len(), 0);
            create_hashes([array], &RandomState::with_seed(0), &mut self.hashes).map_err(|_| {
                EngineError::NotAsProved {
                    output: String::new(),
                    reason: "a column of stand-ins has a type that cannot be counted".to_owned(),
                }
            })?;
            let nulls = array.logical_nulls();
            let valid = |at: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(at));
            let hashes = self.hashes.iter().enumerate();
            let values = hashes.filter(|(at, _)| valid(*at)).map(|(_, hash)| *hash);
            column.seen.take(values, column.min_distinct);
        }
        Ok(())
    }

    /// The first column whose stand-ins can be told by counting.
    pub(crate) fn verdict(&self, dataset: &str) -> Result<(), EngineError> {
        for column in &self.columns {
            let seen = &column.seen;
            if seen.values < LEAST_VALUES {
                continue;
            }
            let different = seen.distinct.len() as u64;
            let found = if different < column.min_distinct {
                format!("there are fewer than {} of them", column.min_distinct)
            } else if seen.most() as f64 > column.max_share * seen.values as f64 {
                format!(
                    "one of them stands in more than {} % of the rows",
                    column.max_share * 100.0
                )
            } else {
                continue;
            };
            return Err(EngineError::Countable {
                dataset: dataset.to_owned(),
                column: column.name.clone(),
                origin: column.origin.clone(),
                found,
            });
        }
        Ok(())
    }
}

/// What the catalog says about the spread of an origin.
fn word(spec: &Spec, origin: &str) -> Frequency {
    let column = origin
        .rsplit_once('.')
        .and_then(|(dataset, column)| spec.datasets.get(dataset)?.column(column));
    column.map(|column| column.frequency).unwrap_or_default()
}

struct Counters {
    values: u64,
    shares: Vec<Share>,
    distinct: HashSet<u64, Hashed>,
}

/// The values of one share.
#[derive(Clone, Default)]
struct Share {
    /// A value and its count; a count of zero is free.
    counted: [(u64, u64); COUNTERS],
    /// How often every counter was lowered by one: by how much each may be too low.
    missed: u64,
}

impl Share {
    fn take(&mut self, value: u64) {
        let known = |(at, count): &&mut (u64, u64)| *at == value && *count > 0;
        if let Some((_, count)) = self.counted.iter_mut().find(known) {
            *count += 1;
        } else if let Some(free) = self.counted.iter_mut().find(|(_, count)| *count == 0) {
            *free = (value, 1);
        } else {
            self.missed += 1;
            self.counted.iter_mut().for_each(|(_, count)| *count -= 1);
        }
    }

    /// No value of the share stands more often than this.
    fn most(&self) -> u64 {
        let counts = self.counted.iter().map(|(_, count)| *count);
        counts.max().unwrap_or(0) + self.missed
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            values: 0,
            shares: vec![Share::default(); SHARES],
            distinct: HashSet::default(),
        }
    }
}

/// The values counted are hashes: they need no other.
type Hashed = BuildHasherDefault<Itself>;

#[derive(Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Counters {
    fn take(&mut self, values: impl Iterator<Item = u64>, wanted: u64) {
        for value in values {
            self.values += 1;
            if (self.distinct.len() as u64) < wanted {
                self.distinct.insert(value);
            }
            if let Some(share) = self.shares.get_mut(value as usize % SHARES) {
                share.take(value);
            }
        }
    }

    /// No value stands more often than this.
    fn most(&self) -> u64 {
        self.shares.iter().map(Share::most).max().unwrap_or(0)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;

    use datafusion::arrow::array::{
        ArrayRef, DictionaryArray, Int64Array, StringArray, StringViewArray,
    };
    use datafusion::arrow::datatypes::Int32Type;

    use super::*;

    fn watched(max_share: f64, min_distinct: u64) -> Spread {
        Spread {
            columns: vec![Watched {
                index: 0,
                name: "email".to_owned(),
                origin: "crm.people.email".to_owned(),
                max_share,
                min_distinct,
                seen: Counters::default(),
            }],
            hashes: Vec::new(),
        }
    }

    fn verdict(mut spread: Spread, arrays: Vec<ArrayRef>) -> Result<(), EngineError> {
        for array in arrays {
            let batch = RecordBatch::try_from_iter_with_nullable([("email", array, true)]).unwrap();
            spread.look(&batch).unwrap();
        }
        spread.verdict("lake.out")
    }

    /// `often` rows of one value among `rows`, the others all different, spread over batches.
    fn numbers(rows: i64, often: i64) -> Vec<ArrayRef> {
        let all: Vec<i64> = (0..rows)
            .map(|row| {
                if row * often / rows != (row + 1) * often / rows {
                    -1
                } else {
                    row
                }
            })
            .collect();
        all.chunks(700)
            .map(|part| Arc::new(Int64Array::from(part.to_vec())) as ArrayRef)
            .collect()
    }

    #[test]
    fn a_frequent_value_is_found_and_not_told() {
        verdict(watched(0.05, 100), numbers(20_000, 950)).unwrap();
        let error = verdict(watched(0.05, 100), numbers(20_000, 1_001)).unwrap_err();
        assert_eq!(error.code(), "SL5450");
        let text = error.to_string();
        assert!(
            text.contains("`lake.out.email`") && text.contains("5 %"),
            "{text}"
        );
        assert!(!text.contains("1001") && !text.contains("20000"), "{text}");
        verdict(watched(0.2, 100), numbers(20_000, 3_900)).unwrap();
        verdict(watched(0.2, 100), numbers(20_000, 4_001)).unwrap_err();
    }

    #[test]
    fn the_counters_stay_few_and_never_count_too_low() {
        let mut seen = Counters::default();
        seen.take(
            (0..300_000).map(|at| if at % 11 == 0 { u64::MAX } else { at }),
            10,
        );
        let exact = 300_000_u64.div_ceil(11);
        assert!(seen.shares.len() == SHARES && seen.distinct.len() == 10);
        assert!(seen.most() >= exact && seen.most() <= exact + 300_000 / SHARES as u64);
    }

    /// Whatever the order, and where more values fall to a share than it has counters.
    #[test]
    fn no_value_is_counted_too_low_and_few_are_counted_exactly() {
        let mut random = 1_u64;
        for kinds in [2, 4, 5, 9] {
            for _ in 0..100 {
                let mut seen = Counters::default();
                let mut exact: HashMap<u64, u64> = HashMap::new();
                for _ in 0..600 {
                    random = random
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    let (draw, often) = (random >> 40, random >> 37 & 1);
                    // Values of one share, the first of them far more often than others.
                    let value = (draw % kinds * often) * SHARES as u64;
                    *exact.entry(value).or_default() += 1;
                    seen.take(std::iter::once(value), 10);
                }
                let most = exact.values().max().copied().unwrap();
                let found = seen.most();
                assert!(found >= most && found <= most + 600 / 5, "{found} {most}");
                assert!(kinds > 4 || found == most, "{found} {most}");
            }
        }
    }

    #[test]
    fn few_values_are_found_whatever_their_type() {
        let texts: Vec<Option<String>> = (0..4_000)
            .map(|row| (row % 5 != 0).then(|| format!("token {}", row % 99)))
            .collect();
        let plain: ArrayRef = Arc::new(StringArray::from(texts.clone()));
        let view: ArrayRef = Arc::new(StringViewArray::from_iter(texts.clone()));
        let dictionary: DictionaryArray<Int32Type> = texts.iter().map(Option::as_deref).collect();
        for array in [plain, view, Arc::new(dictionary)] {
            verdict(watched(0.05, 100), vec![array.slice(7, 3_900)]).unwrap_err();
            verdict(watched(0.05, 99), vec![array.slice(7, 3_900)]).unwrap();
        }
    }

    #[test]
    fn few_rows_and_nulls_say_nothing() {
        verdict(watched(0.05, 100), numbers(999, 900)).unwrap();
        let nulls: Vec<Option<i64>> = (0..5_000).map(|row| (row < 900).then_some(1)).collect();
        verdict(watched(0.05, 100), vec![Arc::new(Int64Array::from(nulls))]).unwrap();
        let columns = Spread {
            columns: Vec::new(),
            hashes: Vec::new(),
        };
        verdict(columns, numbers(5_000, 4_000)).unwrap();
    }
}
