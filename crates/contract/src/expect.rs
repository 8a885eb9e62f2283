//! Expectations: conditions across the columns of a row, computed by whoever has an engine for
//! expressions; this crate has none.
//!
//! INVARIANT: as in a CHECK of SQL, a row breaks an expectation where it is false, and null is no
//! violation; a row that it cannot be computed for breaks it too, and costs no other row its place.

use std::sync::Arc;

use arrow::array::BooleanArray;
use arrow::record_batch::RecordBatch;

/// Computes a condition for each row of a batch, whose columns are all declared ones, in order,
/// typed, and perhaps null where they may not be. `None` where it fails for any of the rows.
pub type Holds = Arc<dyn Fn(&RecordBatch) -> Option<BooleanArray> + Send + Sync>;

/// A condition of a dataset, ready to be computed.
#[derive(Clone)]
pub struct Expectation {
    /// Its name in the catalog.
    pub name: String,
    /// The condition.
    pub holds: Holds,
}

impl Expectation {
    /// Appends the rows that break it.
    pub(crate) fn failing(&self, rows: &RecordBatch, failed: &mut Vec<u32>) {
        self.part(rows, 0, failed);
    }

    /// Of a part of a batch that begins at row `first`: halved until a failure is one row's own.
    fn part(&self, rows: &RecordBatch, first: u32, failed: &mut Vec<u32>) {
        let count = rows.num_rows();
        match (self.holds)(rows) {
            Some(holds) if holds.len() == count => {
                let broken = (first..)
                    .zip(holds.iter())
                    .filter(|(_, holds)| *holds == Some(false));
                failed.extend(broken.map(|(row, _)| row));
            }
            _ if count <= 1 => failed.extend((first..).take(count)),
            _ => {
                let half = count / 2;
                let after = first.saturating_add(u32::try_from(half).unwrap_or(u32::MAX));
                self.part(&rows.slice(0, half), first, failed);
                self.part(&rows.slice(half, count - half), after, failed);
            }
        }
    }
}

impl std::fmt::Debug for Expectation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Expectation")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
