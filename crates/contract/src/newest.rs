//! `freshness`: how old the newest accepted row is.
//!
//! INVARIANT: the answer is fresh or not; the value itself never leaves. A value far in the future
//! makes nothing fresh, or one wrong row would do so for ever.

use arrow::array::{Array, AsArray};
use arrow::compute::max;
use arrow::datatypes::{DataType, Date32Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use sealine_spec::Dataset;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// How far ahead of the run a value may lie and count: zones and wrong clocks, not more.
const AHEAD: i64 = DAY;

/// Watches the column of a dataset that says how new its rows are. All in microseconds since
/// 1970-01-01, UTC.
#[derive(Clone, Debug)]
pub struct Newest {
    column: String,
    /// The oldest value that is fresh.
    from: i64,
    /// The latest value that counts.
    to: i64,
    fresh: bool,
}

impl Newest {
    /// What `freshness:` of the dataset asks for in a run that began at `now`; `None` where it asks
    /// for nothing.
    #[must_use]
    pub fn of(dataset: &Dataset, now: i64) -> Option<Newest> {
        let asked = dataset.freshness.as_ref()?;
        Some(Newest {
            column: asked.column.value.clone(),
            from: now.saturating_sub(asked.within.saturating_mul(SECOND)),
            to: now.saturating_add(AHEAD),
            fresh: false,
        })
    }

    /// Looks at accepted rows.
    pub fn look(&mut self, rows: &RecordBatch) {
        let Some(array) = rows.column_by_name(&self.column).filter(|_| !self.fresh) else {
            return;
        };
        let (from, to) = (self.from, self.to);
        self.fresh = match array.data_type() {
            DataType::Timestamp(_, _) => array
                .as_primitive_opt::<TimestampMicrosecondType>()
                .is_some_and(|moments| {
                    // The largest decides nearly always; one in the far future hides the others.
                    let fresh = |moment| from <= moment && moment <= to;
                    max(moments).is_some_and(|last| last >= from)
                        && moments.iter().flatten().any(fresh)
                }),
            // A day lasts until its end, and has begun for some when it begins for the first.
            DataType::Date32 => array.as_primitive_opt::<Date32Type>().is_some_and(|days| {
                days.iter().flatten().map(i64::from).any(|day| {
                    let begin = day.saturating_mul(DAY);
                    begin.saturating_add(DAY) >= from && begin <= to
                })
            }),
            _ => false,
        };
    }

    /// Whether a row that counts is new enough. Without rows nothing is.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }
}
