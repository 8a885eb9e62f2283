//! What a proof is asked about.
//!
//! Invariant: every way into the engine is one of these; there is no request without a proof.

/// What to prove.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// A pipeline of the project, as it runs.
    Pipeline(String),
    /// A dataset, shown on the operator's terminal.
    Read {
        /// The dataset's id.
        dataset: String,
        /// The columns wanted; all that may be shown if absent.
        columns: Option<Vec<String>>,
        /// The most rows shown; `usize::MAX` for all.
        limit: usize,
    },
    /// Protected values of a dataset that a pipeline wrote, opened for whoever asks.
    Reveal {
        /// The dataset's id.
        dataset: String,
        /// The protected columns to open.
        opened: Vec<Opened>,
        /// The columns wanted; all that may be shown if absent.
        columns: Option<Vec<String>>,
        /// The most rows opened; `usize::MAX` for all.
        limit: usize,
        /// Why, as the log will say.
        reason: String,
        /// Whether they go into a file, which is a right of its own, and not to the terminal.
        into_file: bool,
    },
    /// A step of a pipeline, shown on the operator's terminal.
    Preview {
        /// The pipeline.
        pipeline: String,
        /// The step; that of the first output, or the last step, if absent.
        step: Option<String>,
        /// The most rows shown.
        limit: usize,
    },
    /// One query over every dataset of the project, written to a dataset.
    Verdict {
        /// The query.
        sql: String,
        /// The destination's id.
        to: String,
        /// The step's `min_group`.
        min_group: Option<u32>,
    },
}

/// A protected column to open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// The column.
    pub column: String,
    /// The columns of the same dataset that the protection took beside the value, in its order.
    pub beside: Vec<String>,
}
