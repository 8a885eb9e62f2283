//! What a caller hears while a run goes on: phases, counts and rates, at most ten times a second.
//!
//! INVARIANT: an update holds names from the project's files and counts; never a row value.

use std::sync::Mutex;
use std::time::Duration;

use crate::clock::Stopwatch;

/// Hears about a run. Calls come from several threads and must return quickly.
pub trait Progress: Send + Sync {
    /// Something that a person may want to see.
    fn update(&self, update: Update);

    /// A durable step of the commit is done. For observers of crash safety; does nothing by default.
    fn step(&self, step: Step) {
        let _ = step;
    }
}

/// One piece of news.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Update {
    /// First run: the declared keys were made.
    KeysMade {
        /// Their names.
        names: Vec<String>,
    },
    /// Versions of keys were destroyed: their time had come, or a backup had brought them back.
    KeysDestroyed {
        /// Each by name and version.
        versions: Vec<(String, u32)>,
    },
    /// The version of a key that protects has used up four fifths of its limit.
    KeyNearLimit {
        /// The key.
        name: String,
        /// Its uses so far.
        uses: u64,
        /// The most.
        limit: u64,
    },
    /// A run that a crash had interrupted was finished or undone.
    Recovered {
        /// Its id.
        run: String,
        /// Whether its outputs are now in place.
        finished: bool,
    },
    /// The plan is proved and permitted.
    Proved {
        /// Output columns.
        columns: u64,
        /// Permitted declassifications.
        declassifications: u64,
    },
    /// Something about an input that stops nothing.
    Warning {
        /// The dataset.
        dataset: String,
        /// What.
        text: String,
    },
    /// An input is being read.
    Reading(Reading),
    /// An input was read to its end.
    Read(Reading),
    /// An output or a quarantine is complete beside its destination.
    Staged {
        /// The dataset.
        dataset: String,
        /// Rows in it.
        rows: u64,
        /// Bytes of its files.
        bytes: u64,
    },
    /// What was staged does not open without its key and holds no sampled value.
    Verified {
        /// Files looked at.
        files: u64,
    },
    /// The new generation is in place.
    Committed,
    /// Receipt and log entry are durable.
    Recorded {
        /// Index of the entry in the log.
        index: u64,
    },
}

/// How far an input is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The dataset.
    pub dataset: String,
    /// Rows so far, rejected ones included.
    pub rows: u64,
    /// Bytes so far.
    pub bytes: u64,
    /// Bytes in all, where known.
    pub total: Option<u64>,
    /// Time since reading began.
    pub elapsed: Duration,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Step; 16] = [
        Step::SetUpBegun,
        Step::KeysMade,
        Step::LogMade,
        Step::Logged,
        Step::Journalled,
        Step::PlaceStaged,
        Step::Staged,
        Step::Publishing,
        Step::LabelsRecorded,
        Step::PlacePublished,
        Step::Published,
        Step::ReceiptStored,
        Step::EntryAppended,
        Step::Recorded,
        Step::PlaceCleaned,
        Step::Ended,
    ];
}

/// The durable steps of a run, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Step {
    /// First run: the state directory is marked as being set up.
    SetUpBegun,
    /// First run: the declared keys are made.
    KeysMade,
    /// First run: the log has its first entry.
    LogMade,
    /// The event `run.started` is in the log.
    Logged,
    /// The journal names the places that will be staged.
    Journalled,
    /// One place is complete and durable beside its destination.
    PlaceStaged,
    /// All places are verified; the journal says so.
    Staged,
    /// The journal says that publishing begins.
    Publishing,
    /// The labels of what is written are recorded.
    LabelsRecorded,
    /// One place holds the new generation.
    PlacePublished,
    /// All places do; the journal says so.
    Published,
    /// The receipt is stored.
    ReceiptStored,
    /// The log has the entry.
    EntryAppended,
    /// The journal says that the run is recorded.
    Recorded,
    /// The old generations are removed.
    PlaceCleaned,
    /// The journal is removed.
    Ended,
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn update(&self, _: Update) {}
}

/// Lets one call in a tenth of a second through.
#[derive(Debug)]
pub(crate) struct Throttle(Mutex<Option<Stopwatch>>);

impl Throttle {
    const PERIOD: Duration = Duration::from_millis(100);

    pub(crate) fn new() -> Self {
        Self(Mutex::new(None))
    }

    pub(crate) fn ready(&self) -> bool {
        // A poisoned or contended throttle only means that this update is left out.
        let Ok(mut last) = self.0.try_lock() else {
            return false;
        };
        let due = last.is_none_or(|watch| watch.elapsed() >= Self::PERIOD);
        if due {
            *last = Some(Stopwatch::start());
        }
        due
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
    use super::*;

    #[test]
    fn updates_are_thinned() {
        let throttle = Throttle::new();
        assert!(throttle.ready());
        assert!(!throttle.ready());
        std::thread::sleep(Throttle::PERIOD);
        assert!(throttle.ready());
    }
}
