//! Checking batches: read every column, apply every rule, keep what passes.
//!
//! The fast path, a batch in which nothing fails, makes no table of verdicts, copies no column
//! and filters nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatchOptions};
use arrow::buffer::BooleanBuffer;
use arrow::compute::FilterBuilder;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use sealine_connect::RawBatch;
use sealine_connect::scratch::Scratch;
use sealine_spec::Dataset;

use crate::column::Column;
use crate::rejects::{self, Broken, rejects_schema};
use crate::rules::{Overflow, Seen, names};
use crate::{ContractError, Expectation, Tally, compile, read};

/// The rules of one dataset, over one run: `unique` and the tally reach from batch to batch, so
/// the batches must come in the order of the input.
pub struct Contract {
    schema: SchemaRef,
    rejects: SchemaRef,
    columns: Vec<Column>,
    /// The columns before `required` has been asked of them.
    nullable: SchemaRef,
    expectations: Vec<Expectation>,
    tally: Tally,
}

/// A batch after the check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The rows that meet every rule: typed, all declared columns in order.
    pub accepted: RecordBatch,
    /// The rows that do not, as [`rejects_schema`] says.
    pub rejected: RecordBatch,
}

/// Which rule each row broke first, in column order and the expectations behind the columns; no
/// table while nothing fails.
struct Verdicts {
    first: Vec<Option<(usize, &'static str)>>,
    rows: usize,
}

impl Verdicts {
    fn mark(&mut self, failed: &mut Vec<u32>, column: usize, rule: &'static str) {
        for row in failed.drain(..) {
            self.first.resize(self.rows, None);
            if let Some(verdict) = self.first.get_mut(row as usize) {
                verdict.get_or_insert((column, rule));
            }
        }
    }

    fn set(&mut self, row: usize, column: usize, rule: &'static str) {
        self.first.resize(self.rows, None);
        if let Some(verdict) = self.first.get_mut(row) {
            *verdict = Some((column, rule));
        }
    }

    /// The column of the rule that the row broke first.
    fn column(&self, row: usize) -> Option<usize> {
        self.first
            .get(row)
            .copied()
            .flatten()
            .map(|(column, _)| column)
    }
}

impl Contract {
    /// The contract of `dataset`. `schema` has all of its declared columns, in order, with the
    /// types that the rows are to be read as; `expectations` are the dataset's, in order.
    pub fn compile(
        dataset: &Dataset,
        schema: SchemaRef,
        expectations: Vec<Expectation>,
    ) -> Result<Contract, ContractError> {
        let columns = compile::columns(dataset, &schema)?;
        compile::same_expectations(dataset, &expectations)?;
        let fields = schema.fields().iter();
        let nullable: Vec<Field> = fields
            .map(|field| field.as_ref().clone().with_nullable(true))
            .collect();
        let rejects = rejects_schema(dataset);
        Ok(Contract {
            schema,
            rejects,
            columns,
            nullable: Arc::new(Schema::new(nullable)),
            expectations,
            tally: Tally::default(),
        })
    }

    /// Keeps at most about `memory` bytes of what `unique` has to remember, and the rest in sealed
    /// temporary files.
    pub fn spill(mut self, scratch: &Arc<Scratch>, memory: usize) -> Contract {
        let tables: Vec<&mut Seen> = self
            .columns
            .iter_mut()
            .filter_map(|c| c.seen.as_mut())
            .collect();
        let share = memory / tables.len().max(1);
        for seen in tables {
            seen.spill(Overflow::new(Arc::clone(scratch), share));
        }
        self
    }

    /// The schema of accepted rows: typed, all declared columns in order.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The schema of rejected rows.
    pub fn rejects_schema(&self) -> SchemaRef {
        Arc::clone(&self.rejects)
    }

    /// The names of the columns to read, in order: all that are declared.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// What was counted so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Checks the next batch of the input.
    pub fn check(&mut self, raw: RawBatch) -> Result<Checked, ContractError> {
        let rows = raw.batch.num_rows();
        let mut verdicts = Verdicts {
            first: Vec::new(),
            rows,
        };
        let mut failed = Vec::new();
        let mut typed: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for (index, column) in self.columns.iter().enumerate() {
            let stored =
                raw.batch
                    .column_by_name(&column.name)
                    .ok_or_else(|| ContractError::Missing {
                        column: column.name.clone(),
                    })?;
            let array = read::from_typed(&column.name, stored, &column.reader, &mut failed)?;
            verdicts.mark(&mut failed, index, names::TYPE);
            for check in &column.checks {
                check.failing(&array, &mut failed)?;
                verdicts.mark(&mut failed, index, check.name());
            }
            typed.push(array);
        }
        self.expected(&typed, &mut verdicts)?;
        self.unique(&typed, &mut verdicts)?;
        self.part(&raw, typed, &verdicts)
    }

    /// Asks the expectations of all rows at once: which rows are broken already changes nothing.
    fn expected(&self, typed: &[ArrayRef], verdicts: &mut Verdicts) -> Result<(), ContractError> {
        if self.expectations.is_empty() {
            return Ok(());
        }
        let options = RecordBatchOptions::new().with_row_count(Some(verdicts.rows));
        let schema = Arc::clone(&self.nullable);
        let rows = RecordBatch::try_new_with_options(schema, typed.to_vec(), &options)
            .map_err(|_| ContractError::Kernel { step: "expect" })?;
        let mut failed = Vec::new();
        for (at, expectation) in self.expectations.iter().enumerate() {
            expectation.failing(&rows, &mut failed);
            verdicts.mark(&mut failed, self.columns.len() + at, names::EXPECT);
        }
        Ok(())
    }

    /// Finds repeated values, row by row in order, since each accepted row changes what the next
    /// may have.
    fn unique(&mut self, typed: &[ArrayRef], verdicts: &mut Verdicts) -> Result<(), ContractError> {
        let mut tables: Vec<(usize, &ArrayRef, &mut Seen)> = Vec::new();
        for ((index, column), array) in self.columns.iter_mut().enumerate().zip(typed) {
            if let Some(seen) = &mut column.seen {
                seen.load(array)?;
                tables.push((index, array, seen));
            }
        }
        for row in 0..verdicts.rows {
            let broken = verdicts.column(row);
            if let ([(index, array, seen)], None) = (tables.as_mut_slice(), broken) {
                if array.is_valid(row) && !seen.insert(row)? {
                    verdicts.set(row, *index, names::UNIQUE);
                }
                continue;
            }
            let mut repeated = None;
            for (index, array, seen) in &tables {
                if broken.is_some_and(|first| *index >= first) {
                    break;
                }
                if array.is_valid(row) && seen.has(row)? {
                    repeated = Some(*index);
                    break;
                }
            }
            if let Some(index) = repeated {
                verdicts.set(row, index, names::UNIQUE);
            } else if broken.is_none() {
                for (_, array, seen) in &mut tables {
                    if array.is_valid(row) {
                        seen.insert(row)?;
                    }
                }
            }
        }
        for (_, _, seen) in &mut tables {
            seen.settle()?;
        }
        let first = tables.first().map(|(index, _, _)| *index);
        if let (Err(limit), Some(index)) = (
            Seen::bounded(tables.iter().map(|(_, _, seen)| &**seen)),
            first,
        ) {
            let column = self
                .columns
                .get(index)
                .map(|c| c.name.clone())
                .unwrap_or_default();
            return Err(ContractError::TooManyUnique { column, limit });
        }
        Ok(())
    }

    /// Parts the rows into accepted and rejected and counts both.
    fn part(
        &mut self,
        raw: &RawBatch,
        typed: Vec<ArrayRef>,
        verdicts: &Verdicts,
    ) -> Result<Checked, ContractError> {
        // A verdict's number is a column's, or behind the columns an expectation's.
        let named: Vec<&str> = self
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .chain(self.expectations.iter().map(|one| one.name.as_str()))
            .collect();
        let broken: Vec<Broken<'_>> = verdicts
            .first
            .iter()
            .enumerate()
            .filter_map(|(index, verdict)| {
                let (column, rule) = (*verdict)?;
                let column = named.get(column).copied()?;
                Some(Broken {
                    index,
                    rule,
                    column,
                })
            })
            .collect();
        let names = named.get(..self.columns.len()).unwrap_or_default();
        let rejected = rejects::table(&self.rejects, names, raw, &broken)?;
        let kept = verdicts.rows - broken.len();
        let arrays = if broken.is_empty() {
            typed
        } else {
            let keep =
                BooleanBuffer::collect_bool(verdicts.rows, |row| verdicts.column(row).is_none());
            let filter = FilterBuilder::new(&BooleanArray::new(keep, None))
                .optimize()
                .build();
            let filtered: Result<Vec<_>, _> = typed.iter().map(|a| filter.filter(a)).collect();
            filtered.map_err(|_| ContractError::Kernel { step: "filter" })?
        };
        let options = RecordBatchOptions::new().with_row_count(Some(kept));
        let accepted =
            RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
                .map_err(|_| ContractError::Kernel { step: "accepted" })?;
        let mut counts: BTreeMap<(&str, &'static str), u64> = BTreeMap::new();
        for one in &broken {
            *counts.entry((one.column, one.rule)).or_insert(0) += 1;
        }
        for one in &raw.malformed {
            *counts.entry(("", one.rule)).or_insert(0) += 1;
        }
        for ((column, rule), count) in counts {
            self.tally.reject(column, rule, count);
        }
        self.tally.read += (verdicts.rows + raw.malformed.len()) as u64;
        self.tally.accepted += kept as u64;
        Ok(Checked { accepted, rejected })
    }
}

impl std::fmt::Debug for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contract")
            .field("tally", &self.tally)
            .finish_non_exhaustive()
    }
}
