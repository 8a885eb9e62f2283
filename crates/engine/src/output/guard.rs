//! The proof, defended while rows are written: clear columns of texts and whole numbers below the highest level are
//! sampled, and what the detectors find must be declared, or waived by an owner until a day that has not passed.
//!
//! INVARIANT: samples live as long as the output is written and leave as counts only. The cost is bounded by the
//! number of samples, whatever the number of rows.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::record_batch::RecordBatch;
use sealine_audit::WaivedRecord;
use sealine_label::{Level, Tag};
use sealine_plan::PlannedOutput;
use sealine_protect::detect::{self, Evidence, Finding};
use sealine_spec::Waiver;

use crate::error::EngineError;

/// Values looked at in one batch, and in one column of an output.
const SAMPLES_OF_BATCH: usize = 32;
const SAMPLES_OF_COLUMN: u64 = 4_096;

/// Watches one output.
pub(crate) struct Guard {
    columns: Vec<Watched>,
    /// Days since 1970-01-01, in UTC.
    today: i32,
}

struct Watched {
    index: usize,
    name: String,
    tags: Vec<Tag>,
    waivers: Vec<Waiver>,
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

/// What the samples of a column are read from; others hold nothing that the detectors know.
fn watched(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Int64
            | DataType::UInt64
            | DataType::Decimal128(_, 0)
    )
}

impl Guard {
    /// Watches the columns of `output` that are written in clear below `highest`; `today` is in days since
    /// 1970-01-01.
    pub(crate) fn new(output: &PlannedOutput, highest: Level, today: i32) -> Self {
        let columns = output
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| {
                column.protections.is_empty()
                    && column.level < highest
                    && watched(&column.data_type)
            })
            .map(|(index, column)| Watched {
                index,
                name: column.name.clone(),
                tags: column
                    .tags
                    .iter()
                    .filter_map(|tag| Tag::parse(tag).ok())
                    .collect(),
                waivers: output
                    .waivers
                    .iter()
                    .filter(|waiver| waiver.column == column.name)
                    .cloned()
                    .collect(),
                sampled: 0,
                seen: detect::Guard::new(),
            })
            .collect();
        Self { columns, today }
    }

    /// Looks at a few values of a batch.
    pub(crate) fn look(&mut self, batch: &RecordBatch) {
        for column in &mut self.columns {
            if column.sampled >= SAMPLES_OF_COLUMN {
                continue;
            }
            if let Some(array) = batch.columns().get(column.index) {
                column.sample(array);
            }
        }
    }

    /// What was found and is waived; the first column that holds what is neither declared nor waived is an error.
    pub(crate) fn verdict(&self, dataset: &str) -> Result<Vec<WaivedRecord>, EngineError> {
        let mut waived = Vec::new();
        for column in &self.columns {
            for finding in column.seen.findings() {
                let tag = Tag::parse(finding.kind.tag()).ok();
                let declared = tag.as_ref().is_some_and(|tag| {
                    let mut own = column.tags.iter();
                    own.any(|own| own.covers(tag) || tag.covers(own))
                });
                if declared || !confirmed(&finding) {
                    continue;
                }
                // One that was renewed stands beside the one that is over: the last day counts.
                let waivers = column.waivers.iter();
                let waiver = waivers
                    .filter(|waiver| tag.as_ref().is_some_and(|tag| waiver.tag.covers(tag)))
                    .max_by_key(|waiver| waiver.until_day)
                    .map(|waiver| (waiver, waiver.until_day >= self.today));
                if let Some((waiver, true)) = waiver {
                    waived.push(WaivedRecord {
                        column: column.name.clone(),
                        entity: finding.kind.entity().to_owned(),
                        until: waiver.until.clone(),
                        because: waiver.because.clone(),
                    });
                    continue;
                }
                return Err(EngineError::FoundInClear {
                    dataset: dataset.to_owned(),
                    column: column.name.clone(),
                    entity: finding.kind.entity(),
                    hits: finding.values,
                    sampled: finding.sampled,
                    ended: waiver.map(|(waiver, _)| waiver.until.clone()),
                });
            }
        }
        Ok(waived)
    }
}

impl Watched {
    fn sample(&mut self, array: &ArrayRef) {
        // Spread over the batch, so that a sorted column is not judged by its beginning.
        let stride = (array.len() / SAMPLES_OF_BATCH).max(1);
        match array.data_type() {
            DataType::Utf8 => self.look(array.as_string::<i32>().iter().step_by(stride)),
            DataType::LargeUtf8 => self.look(array.as_string::<i64>().iter().step_by(stride)),
            DataType::Utf8View => self.look(array.as_string_view().iter().step_by(stride)),
            _ => {
                let rows = u32::try_from(array.len()).unwrap_or(u32::MAX);
                let places = UInt32Array::from_iter_values((0..rows).step_by(stride));
                let texts = take(array, &places, None).and_then(|few| cast(&few, &DataType::Utf8));
                if let Ok(texts) = texts {
                    self.look(texts.as_string::<i32>().iter());
                }
            }
        }
    }

    fn look<'a>(&mut self, values: impl Iterator<Item = Option<&'a str>>) {
        for value in values.flatten() {
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

    use datafusion::arrow::array::{Decimal128Array, Int64Array, StringArray};
    use sealine_spec::{Files, Span, Spanned};

    use super::*;

    /// 2026-11-22.
    const TODAY: i32 = 20_779;

    fn look(tags: &[&str], waivers: Vec<Waiver>, array: ArrayRef) -> Guard {
        let mut guard = Guard {
            columns: vec![Watched {
                index: 0,
                name: "note".to_owned(),
                tags: tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect(),
                waivers,
                sampled: 0,
                seen: detect::Guard::new(),
            }],
            today: TODAY,
        };
        guard.look(&RecordBatch::try_from_iter([("note", array)]).unwrap());
        guard
    }

    fn verdict(tags: &[&str], values: &[&str]) -> Result<Vec<WaivedRecord>, EngineError> {
        let array = StringArray::from(values.to_vec());
        look(tags, Vec::new(), Arc::new(array)).verdict("lake.notes")
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

    const CARDS: [i64; 4] = [
        4_111_111_111_111_111,
        5_555_555_555_554_444,
        378_282_246_310_005,
        7,
    ];

    #[test]
    fn card_numbers_in_a_column_of_numbers_are_found() {
        let numbers = |array: ArrayRef| look(&[], Vec::new(), array).verdict("lake.notes");
        let error = numbers(Arc::new(Int64Array::from(CARDS.to_vec()))).unwrap_err();
        assert_eq!(error.code(), "SL5028");
        assert!(!error.to_string().contains("4111"));
        let wide = CARDS.map(i128::from).to_vec();
        let wide = Decimal128Array::from(wide).with_precision_and_scale(20, 0);
        assert!(numbers(Arc::new(wide.unwrap())).is_err());
        let ids = (0..5_000).map(|row| 4_000_000_000_000_000 + row * 7_919);
        assert_eq!(numbers(Arc::new(ids.collect::<Int64Array>())).unwrap(), []);
    }

    #[test]
    fn a_waiver_holds_for_its_tag_until_its_day() {
        let nowhere = Files::default().insert("sealine.yaml", "");
        let waiver = |tag: &str, until_day| Waiver {
            dataset: Spanned::new("lake.notes".to_owned(), Span::new(nowhere, 0, 0)),
            column: "note".to_owned(),
            tag: Tag::parse(tag).unwrap(),
            until: "the day".to_owned(),
            until_day,
            because: "order numbers".to_owned(),
        };
        let under = |waivers| {
            let array = Arc::new(Int64Array::from(CARDS.to_vec()));
            look(&[], waivers, array).verdict("lake.notes")
        };
        let numbers = |waiver| under(vec![waiver]);
        let waived = numbers(waiver("pci.pan", TODAY)).unwrap();
        assert_eq!(
            (waived[0].entity.as_str(), waived[0].because.as_str()),
            ("CREDIT_CARD", "order numbers")
        );
        assert_eq!(numbers(waiver("pci", TODAY)).unwrap(), waived);
        let ended = numbers(waiver("pci.pan", TODAY - 1)).unwrap_err();
        assert!(ended.to_string().contains("ended with the day"), "{ended}");
        let renewed = vec![waiver("pci.pan", TODAY - 1), waiver("pci.pan", TODAY)];
        assert_eq!(under(renewed).unwrap(), waived);
        let other = numbers(waiver("pii.email", TODAY)).unwrap_err();
        assert!(!other.to_string().contains("ended"), "{other}");
    }
}
