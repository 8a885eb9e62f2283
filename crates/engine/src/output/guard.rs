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
use sealine_protect::detect::{self, Evidence, Finding};

use crate::error::EngineError;

/// Values looked at in one batch, and in one column of an output.
const SAMPLES_OF_BATCH: usize = 32;
const SAMPLES_OF_COLUMN: u64 = 4_096;

/// Watches one output.
pub(crate) struct Guard {
    columns: Vec<Watched>,
}

struct Watched {
    index: usize,
    name: String,
    tags: Vec<Tag>,
    sampled: u64,
    seen: detect::Guard,
}

/// Whether a share that chance or a stray word explains is exceeded. A URL or a date is no classified value.
fn confirmed(finding: &Finding) -> bool {
    let per_mille = finding.values.saturating_mul(1_000) / finding.sampled.max(1);
    match finding.kind.evidence() {
        Evidence::Strong => finding.values >= 3 || per_mille >= 5,
        Evidence::Shape => finding.values >= 3 && per_mille >= 100,
        Evidence::Weak => false,
    }
}

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
                    && matches!(
                        column.data_type,
                        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
                    )
            })
            .map(|(index, column)| Watched {
                index,
                name: column.name.clone(),
                tags: column
                    .tags
                    .iter()
                    .filter_map(|tag| Tag::parse(tag).ok())
                    .collect(),
                sampled: 0,
                seen: detect::Guard::new(),
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
            for finding in column.seen.findings() {
                let declared = Tag::parse(finding.kind.tag()).is_ok_and(|tag| {
                    column
                        .tags
                        .iter()
                        .any(|own| own.covers(&tag) || tag.covers(own))
                });
                if confirmed(&finding) && !declared {
                    return Err(EngineError::FoundInClear {
                        dataset: dataset.to_owned(),
                        column: column.name.clone(),
                        entity: finding.kind.entity(),
                        hits: finding.values,
                        sampled: finding.sampled,
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
            self.seen.look(value);
        }
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
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, StringArray};

    use super::*;

    fn verdict(tags: &[&str], values: &[&str]) -> Result<(), EngineError> {
        let mut guard = Guard {
            columns: vec![Watched {
                index: 0,
                name: "note".to_owned(),
                tags: tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect(),
                sampled: 0,
                seen: detect::Guard::new(),
            }],
        };
        let array: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        guard.look(&RecordBatch::try_from_iter([("note", array)]).unwrap());
        guard.verdict("lake.notes")
    }

    #[test]
    fn what_is_not_declared_is_found_and_not_repeated() {
        let values = [
            "fine",
            "ask ann@example.com",
            "bob@example.com",
            "x",
            "eve@example.com",
        ];
        let error = verdict(&[], &values).unwrap_err();
        assert_eq!(error.code(), "SL5028");
        let text = error.to_string();
        assert!(
            text.contains("`lake.notes.note`") && text.contains("3 of 5"),
            "{text}"
        );
        assert!(!text.contains("ann"));
        verdict(&["pii.email"], &values).unwrap();
        verdict(&["pii"], &values).unwrap();
        assert!(verdict(&["pii.phone"], &values).is_err());
    }

    #[test]
    fn addresses_of_pages_and_plain_words_pass() {
        verdict(
            &[],
            &[
                "https://example.com/a",
                "https://example.com/b",
                "https://example.com/c",
            ],
        )
        .unwrap();
        verdict(&[], &["4", "order 4711", "2026-11-22"]).unwrap();
    }
}
