//! The proof, defended while rows are written: clear text columns below the highest level are sampled, and what
//! the detectors find must be declared.
//!
//! INVARIANT: samples live as long as the output is written and leave as counts only. The cost is bounded by the
//! number of samples, whatever the number of rows.

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::record_batch::RecordBatch;
use sealine_label::{Level, Tag};
use sealine_plan::PlannedOutput;
mod detect { pub(super) struct E { pub(super) entity: &'static str } pub(super) fn scan_text(_: &str) -> Vec<E> { Vec::new() } } // TEMP

use crate::error::EngineError;

/// Values looked at in one batch, and in one column of an output.
const SAMPLES_OF_BATCH: usize = 32;
const SAMPLES_OF_COLUMN: u64 = 4_096;
/// Longer values are looked at up to this many bytes.
const BYTES_OF_SAMPLE: usize = 1_024;

/// Watches one output.
pub(crate) struct Guard {
    columns: Vec<Watched>,
}

struct Watched {
    index: usize,
    name: String,
    tags: Vec<Tag>,
    sampled: u64,
    hits: Vec<(&'static str, u64)>,
}

/// What a detector may find, the tag that declares it, and how many in a thousand samples confirm it. One
/// random number in ten passes Luhn, so a share that chance explains never confirms.
const KINDS: &[(&str, &[&str], u64)] = &[
    ("EMAIL_ADDRESS", &["pii.email"], 20),
    ("CREDIT_CARD", &["pci.pan"], 250),
    ("IBAN_CODE", &["pii.iban", "fin.iban"], 20),
    ("US_SSN", &["pii.ssn"], 250),
    ("PHONE_NUMBER", &["pii.phone"], 500),
];
/// Fewer findings than this never confirm.
const HITS_MIN: u64 = 3;

impl Guard {
    /// Watches the columns of `output` that are written in clear below `highest`.
    pub(crate) fn new(output: &PlannedOutput, highest: Level) -> Self {
        let columns = output
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| {
                column.protections.is_empty()
                    && column.level < highest
                    && matches!(column.data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
            })
            .map(|(index, column)| Watched {
                index,
                name: column.name.clone(),
                tags: column.tags.iter().filter_map(|tag| Tag::parse(tag).ok()).collect(),
                sampled: 0,
                hits: Vec::new(),
            })
            .collect();
        Self { columns }
    }

    /// Looks at a few values of a batch.
    pub(crate) fn look(&mut self, batch: &RecordBatch) {
        for column in &mut self.columns {
            if column.sampled >= SAMPLES_OF_COLUMN {
                continue;
            }
            let Some(array) = batch.columns().get(column.index) else {
                continue;
            };
            match array.data_type() {
                DataType::Utf8 => column.sample(array.as_string::<i32>().iter(), array.len()),
                DataType::LargeUtf8 => column.sample(array.as_string::<i64>().iter(), array.len()),
                DataType::Utf8View => column.sample(array.as_string_view().iter(), array.len()),
                _ => {}
            }
        }
    }

    /// The first column that holds what it does not declare.
    pub(crate) fn verdict(&self, dataset: &str) -> Result<(), EngineError> {
        for column in &self.columns {
            for (entity, hits) in &column.hits {
                let Some((_, declared, per_mille)) = KINDS.iter().find(|(kind, ..)| kind == entity) else {
                    continue;
                };
                let confirmed = *hits >= HITS_MIN && *hits * 1_000 >= column.sampled * per_mille;
                let known = declared
                    .iter()
                    .filter_map(|tag| Tag::parse(tag).ok())
                    .any(|tag| column.tags.iter().any(|own| own.covers(&tag) || tag.covers(own)));
                if confirmed && !known {
                    return Err(EngineError::FoundInClear {
                        dataset: dataset.to_owned(),
                        column: column.name.clone(),
                        entity,
                        hits: *hits,
                        sampled: column.sampled,
                    });
                }
            }
        }
        Ok(())
    }
}

impl Watched {
    fn sample<'a>(&mut self, values: impl Iterator<Item = Option<&'a str>>, rows: usize) {
        // Spread over the batch, so that a sorted column is not judged by its beginning.
        let stride = (rows / SAMPLES_OF_BATCH).max(1);
        for value in values.step_by(stride).flatten() {
            if self.sampled >= SAMPLES_OF_COLUMN {
                return;
            }
            self.sampled += 1;
            let mut seen: Vec<&'static str> = Vec::new();
            for entity in detect::scan_text(clip(value)) {
                if !seen.contains(&entity.entity) {
                    seen.push(entity.entity);
                }
            }
            for entity in seen {
                match self.hits.iter_mut().find(|(known, _)| *known == entity) {
                    Some((_, hits)) => *hits += 1,
                    None => self.hits.push((entity, 1)),
                }
            }
        }
    }
}

fn clip(value: &str) -> &str {
    if value.len() <= BYTES_OF_SAMPLE {
        return value;
    }
    let mut end = BYTES_OF_SAMPLE;
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    value.get(..end).unwrap_or_default()
}
