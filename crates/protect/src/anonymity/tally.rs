//! The accumulator: batches in, classes and histograms kept, nothing else.
//!
//! Invariant: all tables together stay within the bytes allowed, which is known before a batch is taken in, while a
//! table that grows stands beside its old self.

use std::collections::{HashMap, HashSet};

use arrow::{array::RecordBatch, datatypes::Schema};

use super::{
    Bounds, Counted, Distance, Diversity, Measured, Metric, Sensitive, Shortfall,
    cells::{Tuples, ordered, refused, scale},
    distance::Whole,
};
use crate::{ProtectError, crypto::TableKey};

/// Bytes that the tables may take where nothing else is said: enough for some millions of classes.
pub const MEMORY: usize = 512 << 20;

/// `exp` and `ln` are not exact: a class of n equally frequent values may come out a hair below n.
const HAIR: f64 = 1e-9;

/// Which columns are what, by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Roles {
    /// What an outsider may know of a person.
    pub quasi: Vec<String>,
    /// What an outsider must not learn.
    pub sensitive: Vec<String>,
    /// Whom a row is about, where one person may have several rows.
    pub subject: Option<String>,
}

/// Measures rows as they stream by.
pub struct Anonymity {
    key: TableKey,
    memory: usize,
    quasi: Option<Tuples>,
    subject: Option<Tuples>,
    columns: Vec<Histogram>,
    classes: HashMap<u128, u32, TableKey>,
    sizes: Vec<u64>,
    /// Class and subject together, so that each subject counts once in a class.
    subjects: HashSet<u128, TableKey>,
    rows: u64,
}

/// What is kept of one sensitive column.
struct Histogram {
    name: String,
    at: usize,
    tuples: Tuples,
    distance: Distance,
    values: HashMap<u128, u32, TableKey>,
    /// Class and value in one word, and how often they stand together.
    pairs: HashMap<u64, u64, TableKey>,
    /// Class, subject and value together.
    seen: HashSet<u128, TableKey>,
}

impl std::fmt::Debug for Anonymity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Anonymity")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Anonymity {
    /// Ready for batches of `schema`; the tables may take `memory` bytes. Without quasi-identifiers all rows are one
    /// class.
    ///
    /// # Errors
    /// `SL8072` for a name that is no column, `SL8071` for a type whose values cannot be compared.
    pub fn new(schema: &Schema, roles: &Roles, memory: usize) -> Result<Anonymity, ProtectError> {
        let key = TableKey::new()?;
        let find = |name: &String| match schema.column_with_name(name) {
            Some((at, field)) => Ok((at, field.name().as_str(), field.data_type())),
            None => Err(ProtectError::AnonymityColumn {
                column: name.clone(),
            }),
        };
        let quasi = roles
            .quasi
            .iter()
            .map(find)
            .collect::<Result<Vec<_>, _>>()?;
        let subject = roles.subject.as_ref().map(find).transpose()?;
        let columns = roles
            .sensitive
            .iter()
            .map(|name| {
                let column = find(name)?;
                Ok(Histogram {
                    name: name.clone(),
                    at: column.0,
                    tuples: Tuples::new(&[column])?,
                    distance: scale(column.2),
                    values: HashMap::with_hasher(key),
                    pairs: HashMap::with_hasher(key),
                    seen: HashSet::with_hasher(key),
                })
            })
            .collect::<Result<_, ProtectError>>()?;
        Ok(Anonymity {
            key,
            memory,
            quasi: (!quasi.is_empty())
                .then(|| Tuples::new(&quasi))
                .transpose()?,
            subject: subject.map(|column| Tuples::new(&[column])).transpose()?,
            columns,
            classes: HashMap::with_hasher(key),
            sizes: Vec::new(),
            subjects: HashSet::with_hasher(key),
            rows: 0,
        })
    }

    /// What k counts.
    #[must_use]
    pub fn counted(&self) -> Counted {
        match self.subject {
            Some(_) => Counted::Subjects,
            None => Counted::Rows,
        }
    }

    /// Takes in the rows of a batch.
    ///
    /// # Errors
    /// `SL8070` where the tables would pass their bytes. What was counted so far is of no use then.
    pub fn update(&mut self, batch: &RecordBatch) -> Result<(), ProtectError> {
        let rows = batch.num_rows();
        self.room(rows)?;
        self.rows = self.rows.saturating_add(rows as u64);
        let (mut words, mut subjects) = (Vec::with_capacity(rows), Vec::new());
        match &self.quasi {
            Some(quasi) => quasi.words(batch.columns(), self.key, &mut words)?,
            None => words.resize(rows, 0),
        }
        if let Some(subject) = &self.subject {
            subject.words(batch.columns(), self.key, &mut subjects)?;
        }
        let classes = self.classify(&words, &subjects)?;
        for column in &mut self.columns {
            column.update(batch, self.key, &classes, &subjects)?;
        }
        Ok(())
    }

    /// The class of each row; sizes are counted on the way.
    fn classify(&mut self, words: &[u128], subjects: &[u128]) -> Result<Vec<u32>, ProtectError> {
        let mut classes = Vec::with_capacity(words.len());
        for (row, word) in words.iter().enumerate() {
            let next = u32::try_from(self.sizes.len()).map_err(|_| too_much(self.memory))?;
            let class = *self.classes.entry(*word).or_insert(next);
            if class == next {
                self.sizes.push(0);
            }
            classes.push(class);
            let again = subjects.get(row).is_some_and(|subject| {
                !self
                    .subjects
                    .insert(together(self.key, &[u128::from(class), *subject]))
            });
            if !again && let Some(size) = self.sizes.get_mut(class as usize) {
                *size += 1;
            }
        }
        Ok(classes)
    }

    /// Whether every table has room for so many more entries within the bound.
    fn room(&self, rows: usize) -> Result<(), ProtectError> {
        let mut total = grown(self.classes.len(), self.classes.capacity(), 32, rows)
            .saturating_add(grown(self.sizes.len(), self.sizes.capacity(), 8, rows));
        if self.subject.is_some() {
            total = total.saturating_add(grown(
                self.subjects.len(),
                self.subjects.capacity(),
                16,
                rows,
            ));
        }
        for column in &self.columns {
            let (values, pairs) = (&column.values, &column.pairs);
            // The pairs stand once more in a sorted list at the end.
            total = total
                .saturating_add(grown(values.len(), values.capacity(), 32, rows))
                .saturating_add(grown(pairs.len(), pairs.capacity(), 16, rows))
                .saturating_add(pairs.len().saturating_mul(24));
            if self.subject.is_some() {
                let seen = &column.seen;
                total = total.saturating_add(grown(seen.len(), seen.capacity(), 16, rows));
            }
        }
        if total > self.memory {
            return Err(too_much(self.memory));
        }
        Ok(())
    }

    /// What was found, held against `bounds`.
    #[must_use]
    pub fn finish(self, bounds: &Bounds) -> Measured {
        let counted = self.counted();
        let mut measured = Measured {
            counted,
            rows: self.rows,
            sizes: std::collections::BTreeMap::new(),
            sensitive: Vec::with_capacity(self.columns.len()),
            shortfalls: Vec::new(),
        };
        for size in &self.sizes {
            *measured.sizes.entry(*size).or_default() += 1;
        }
        if let (Some(bound), Some(found)) = (bounds.k, measured.k())
            && found < bound
        {
            let (classes, members) = measured.below(bound);
            measured.shortfalls.push(Shortfall {
                metric: Metric::K,
                column: None,
                bound: bound as f64,
                found: found as f64,
                classes,
                members,
            });
        }
        for column in self.columns {
            let (sensitive, shortfalls) = column.finish(bounds, &self.sizes);
            measured.sensitive.extend(sensitive);
            measured.shortfalls.extend(shortfalls);
        }
        measured
    }
}

impl Histogram {
    fn update(
        &mut self,
        batch: &RecordBatch,
        key: TableKey,
        classes: &[u32],
        subjects: &[u128],
    ) -> Result<(), ProtectError> {
        let mut words = Vec::with_capacity(batch.num_rows());
        match self.distance {
            Distance::Equal => self.tuples.words(batch.columns(), key, &mut words)?,
            Distance::Ordered => {
                let array = batch.columns().get(self.at).ok_or(refused("columns"))?;
                ordered(array, &mut words)?;
            }
        }
        for (row, (class, word)) in classes.iter().zip(&words).enumerate() {
            let again = subjects.get(row).is_some_and(|subject| {
                !self
                    .seen
                    .insert(together(key, &[u128::from(*class), *subject, *word]))
            });
            if again {
                continue;
            }
            let next = u32::try_from(self.values.len()).map_err(|_| refused("values"))?;
            let value = *self.values.entry(*word).or_insert(next);
            *self
                .pairs
                .entry(u64::from(*class) << 32 | u64::from(value))
                .or_default() += 1;
        }
        Ok(())
    }

    /// `None` where there were no rows.
    fn finish(self, bounds: &Bounds, sizes: &[u64]) -> (Option<Sensitive>, Vec<Shortfall>) {
        let values = self.values.len() as u64;
        if values == 0 {
            return (None, Vec::new());
        }
        let (ranks, classes) = self.ranked();
        let mut worst = Worst::new(bounds);
        for class in classes.chunk_by(|one, next| one.0 == next.0) {
            let size = class
                .first()
                .and_then(|(class, _)| sizes.get(*class as usize))
                .copied()
                .unwrap_or_default();
            let class: Vec<(u32, u64)> = class.iter().map(|(_, cell)| *cell).collect();
            worst.meet(&class, size, ranks.of(self.distance, &class));
        }
        let sensitive = Sensitive {
            column: self.name.clone(),
            values,
            distinct_l: worst.distinct,
            entropy_l: worst.entropy,
            t: worst.t,
            distance: self.distance,
        };
        (Some(sensitive), worst.shortfalls(&self.name))
    }

    /// All rows by rank, and each class with the ranks and counts of its values, in order of class and rank.
    #[allow(clippy::type_complexity)] // a list of (class, (rank, count)), used once
    fn ranked(&self) -> (Whole, Vec<(u32, (u32, u64))>) {
        let mut order: Vec<(u128, u32)> = self
            .values
            .iter()
            .map(|(word, value)| (*word, *value))
            .collect();
        order.sort_unstable();
        let mut ranks = vec![0_u32; order.len()];
        for (rank, (_, value)) in (0_u32..).zip(&order) {
            if let Some(place) = ranks.get_mut(*value as usize) {
                *place = rank;
            }
        }
        let mut counts = vec![0_u64; order.len()];
        let mut classes = Vec::with_capacity(self.pairs.len());
        for (pair, count) in &self.pairs {
            let value = (pair & u64::from(u32::MAX)) as usize;
            let rank = ranks.get(value).copied().unwrap_or_default();
            if let Some(all) = counts.get_mut(rank as usize) {
                *all += count;
            }
            classes.push(((pair >> 32) as u32, (rank, *count)));
        }
        classes.sort_unstable();
        (Whole::new(counts), classes)
    }
}

/// The worst classes of a column so far, and how many do not meet a bound.
struct Worst {
    bounds: Bounds,
    distinct: u64,
    entropy: f64,
    t: f64,
    undiverse: (u64, u64),
    distant: (u64, u64),
}

impl Worst {
    fn new(bounds: &Bounds) -> Worst {
        Worst {
            bounds: *bounds,
            distinct: u64::MAX,
            entropy: f64::INFINITY,
            t: 0.0,
            undiverse: (0, 0),
            distant: (0, 0),
        }
    }

    fn meet(&mut self, class: &[(u32, u64)], size: u64, t: f64) {
        let (distinct, entropy) = (class.len() as u64, effective(class));
        self.distinct = self.distinct.min(distinct);
        self.entropy = self.entropy.min(entropy);
        self.t = self.t.max(t);
        let l = match self.bounds.diversity {
            Diversity::Distinct => distinct as f64,
            Diversity::Entropy => entropy,
        };
        if self.bounds.l.is_some_and(|bound| l < bound - HAIR) {
            self.undiverse = (self.undiverse.0 + 1, self.undiverse.1 + size);
        }
        if self.bounds.t.is_some_and(|bound| t > bound + HAIR) {
            self.distant = (self.distant.0 + 1, self.distant.1 + size);
        }
    }

    fn shortfalls(&self, column: &str) -> Vec<Shortfall> {
        let diversity = self.bounds.diversity;
        let l = match diversity {
            Diversity::Distinct => self.distinct as f64,
            Diversity::Entropy => self.entropy,
        };
        let all = [
            (Metric::L(diversity), self.bounds.l, l, self.undiverse),
            (Metric::T, self.bounds.t, self.t, self.distant),
        ];
        all.into_iter()
            .filter(|(_, _, _, (classes, _))| *classes > 0)
            .filter_map(|(metric, bound, found, (classes, members))| {
                Some(Shortfall {
                    metric,
                    column: Some(column.to_owned()),
                    bound: bound?,
                    found,
                    classes,
                    members,
                })
            })
            .collect()
    }
}

/// How many equally frequent values would be as uncertain: `exp(-Σ p ln p)`.
fn effective(class: &[(u32, u64)]) -> f64 {
    let total: u64 = class.iter().map(|(_, count)| count).sum();
    let total = total.max(1) as f64;
    let sum: f64 = class
        .iter()
        .map(|(_, count)| *count as f64)
        .map(|count| count * count.ln())
        .sum();
    (total.ln() - sum / total).exp().max(1.0)
}

/// One word for several.
fn together(key: TableKey, words: &[u128]) -> u128 {
    let mut bytes = [0_u8; 48];
    for (place, word) in bytes.as_chunks_mut::<16>().0.iter_mut().zip(words) {
        *place = word.to_le_bytes();
    }
    key.fingerprint(&bytes)
}

/// Bytes of a table once it has taken so many more entries; while it grows, the old one stands beside it.
fn grown(entries: usize, capacity: usize, entry: usize, more: usize) -> usize {
    let table = |slots: usize| slots.saturating_mul(entry + 1).saturating_mul(8) / 7;
    let wanted = entries.saturating_add(more);
    if wanted <= capacity {
        return table(capacity);
    }
    let larger = capacity.saturating_mul(2).max(wanted.saturating_mul(8) / 7);
    table(capacity).saturating_add(table(larger))
}

fn too_much(memory: usize) -> ProtectError {
    ProtectError::AnonymityMemory {
        limit_mib: memory >> 20,
    }
}
