//! A pipeline: inputs, steps, outputs.
//!
//! Steps keep the order of the file; each sees the inputs and the steps before it.

use crate::source::{Span, Spanned};
use crate::sql::SqlText;

/// A pipeline.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Its name.
    pub name: String,
    /// The service identity that it runs as; `svc/<name>` if absent.
    pub runs_as: String,
    /// What it reads, in the order of the file.
    pub inputs: Vec<Input>,
    /// What it computes, in the order of the file.
    pub steps: Vec<Step>,
    /// What it writes, in the order of the file.
    pub outputs: Vec<Output>,
    /// Where it was written: its name.
    pub span: Span,
}

impl Pipeline {
    /// The step with this name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }
}

/// A dataset under the name that the steps use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// The name in SQL.
    pub alias: String,
    /// The dataset id.
    pub dataset: Spanned<String>,
}

/// One query.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name, under which later steps and outputs use it.
    pub name: String,
    /// The query.
    pub sql: SqlText,
    /// Aggregates of this step are over at least this many subjects.
    pub min_group: Option<u32>,
    /// What a failing expression does.
    pub on_error: OnError,
    /// Where it was written: its name.
    pub span: Span,
}

/// What an expression that can fail (a cast, a division) does with a value that it cannot take.
#[derive(Copy, Clone, Default, PartialEq, Eq, Hash, Debug)]
pub enum OnError {
    /// The result is null: every expression is total.
    #[default]
    Total,
    /// The run stops. That it stopped is then seen by whoever sees the run, and the proof counts
    /// it.
    Fail,
}

impl OnError {
    /// Every choice.
    pub const ALL: [OnError; 2] = [OnError::Total, OnError::Fail];

    /// As written in a pipeline file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            OnError::Total => "total",
            OnError::Fail => "fail",
        }
    }
}

/// A step's rows, written to a dataset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    /// Name of the step.
    pub from: Spanned<String>,
    /// The dataset id.
    pub to: Spanned<String>,
    /// How the rows meet those that are there.
    pub mode: Mode,
    /// Where it was written.
    pub span: Span,
}

/// How written rows meet those that are there.
#[derive(Copy, Clone, Default, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// The dataset is what this run writes.
    #[default]
    Replace,
    /// The run adds a file to those of earlier runs.
    Append,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 2] = [Mode::Replace, Mode::Append];

    /// As written in a pipeline file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Replace => "replace",
            Mode::Append => "append",
        }
    }
}
