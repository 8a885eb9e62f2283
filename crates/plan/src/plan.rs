//! A proved plan: what will be read, computed and written, and what that needs.
//!
//! Invariant: built by [`crate::prove`] only; the logical plans in it are the analysed ones that
//! the labels were propagated over, and nothing plans the text again.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::logical_expr::LogicalPlan;
use sealine_label::Level;
use sealine_label::declare::Call;
use sealine_spec::{Dataset, Mode, Waiver};

use crate::candidate::Candidate;
use crate::draw::{Drawing, Sketch};
use crate::expect::Expectation;
use crate::explain::Evidence;
use crate::finding::{Demand, Finding, PathStep, Violation};
use crate::{Computed, Request};

/// A pipeline, or another request, bound and proved.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) pipeline: String,
    pub(crate) runs_as: String,
    pub(crate) request: Request,
    pub(crate) digest: [u8; 32],
    pub(crate) spec_digest: [u8; 32],
    pub(crate) inputs: Vec<PlannedInput>,
    pub(crate) outputs: Vec<PlannedOutput>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) demands: Vec<Demand>,
    pub(crate) withheld: Vec<(String, Level)>,
    pub(crate) computed: Computed,
    pub(crate) sketch: Sketch,
    pub(crate) evidence: Arc<Evidence>,
}

/// A dataset that the plan reads.
#[derive(Debug, Clone)]
pub struct PlannedInput {
    /// Its name in the SQL.
    pub alias: String,
    /// The dataset.
    pub dataset: Arc<Dataset>,
    /// The schema of its validated rows: all declared columns, in order.
    pub schema: SchemaRef,
    /// What every row must meet, across its columns.
    pub expectations: Vec<Expectation>,
}

/// Where rows go.
#[derive(Debug, Clone)]
pub enum Sink {
    /// A dataset of the catalogue.
    Dataset(Arc<Dataset>),
    /// The operator's terminal.
    Terminal,
}

/// In which order rows are written.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum Order {
    /// The plan ends in an order that only depends on what the output shows.
    Keep,
    /// The rows are a multiset: sort them by their own cells, all columns in order.
    SortOwnCells,
}

/// One output of the plan.
#[derive(Debug, Clone)]
pub struct PlannedOutput {
    /// Where the rows go.
    pub sink: Sink,
    /// The step, or dataset, that they come from.
    pub from: String,
    /// How they meet the rows that are there.
    pub mode: Mode,
    /// The clearance of the sink.
    pub clearance: Level,
    /// The analysed plan. Leaves are scans of [`crate::InputSource`], besides literals, series
    /// and work tables; protections are [`crate::Protection`]; both are replaced by the engine.
    pub logical: LogicalPlan,
    /// The columns, in order.
    pub columns: Vec<OutputColumn>,
    /// The order to write in.
    pub order: Order,
    /// The places of the columns whose values stand in the names of folders, outermost first.
    pub partition_by: Vec<usize>,
    /// Protected columns that are opened before they are shown.
    pub opened: Vec<Opening>,
    /// What the detectors may find in its columns. Whether their day has passed is for whoever has a clock.
    pub waivers: Vec<Waiver>,
}

/// A column of an output that is opened: what protected it, and what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Its place among the columns.
    pub column: usize,
    /// The places of the columns beside the value.
    pub beside: Vec<usize>,
    /// The call that protected it, as the run that wrote it recorded it.
    pub call: Call,
    /// The type that the value had.
    pub data_type: DataType,
}

/// A column of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// The level that is left, if every demand is permitted.
    pub level: Level,
    /// The tags of its origins.
    pub tags: Vec<String>,
    /// Its origins, as text.
    pub origins: Vec<String>,
    /// The protections on it, as text: `tokenize(crm)`.
    pub protections: Vec<String>,
    /// Those of its origins whose equal values are equal in it: it shows them as they are, or as a
    /// keyed stand-in.
    pub stands_for: Vec<String>,
    /// Those of its origins above the clearance for which stand-ins show that are the same for the
    /// same value: where few values are frequent, counting the stand-ins tells them.
    pub counted: Vec<String>,
}

impl Plan {
    /// The pipeline's name (`read`, `verdict` for requests without one).
    #[must_use]
    pub fn pipeline(&self) -> &str {
        &self.pipeline
    }

    /// The service identity that it runs as.
    #[must_use]
    pub fn runs_as(&self) -> &str {
        &self.runs_as
    }

    /// What was asked.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// SHA-256 over the files, the analysed logical plans, the recorded labels, the registry and
    /// the request.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// SHA-256 over the files.
    #[must_use]
    pub fn spec_digest(&self) -> [u8; 32] {
        self.spec_digest
    }

    /// The datasets read, each once, in the order of their ids.
    #[must_use]
    pub fn inputs(&self) -> &[PlannedInput] {
        &self.inputs
    }

    /// The outputs.
    #[must_use]
    pub fn outputs(&self) -> &[PlannedOutput] {
        &self.outputs
    }

    /// What no policy can permit. The plan must not run unless this is empty.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// What a policy must permit, all of it.
    #[must_use]
    pub fn demands(&self) -> &[Demand] {
        &self.demands
    }

    /// Columns that a terminal request does not show because of their level.
    #[must_use]
    pub fn withheld(&self) -> &[(String, Level)] {
        &self.withheld
    }

    /// The path that the value of a finding took, from the catalogue to the output.
    #[must_use]
    pub fn explain(&self, what: &Finding) -> Vec<PathStep> {
        crate::explain::explain(self, what)
    }

    /// Changes that would settle a finding, best first.
    #[must_use]
    pub fn candidates(&self, what: &Finding) -> Vec<Candidate> {
        crate::explain::candidates(self, what, &|_| true)
    }

    /// As [`Plan::candidates`], keeping those whose demands are all permitted. Where a change
    /// protects several columns at once, each gets its first protection that is permitted.
    #[must_use]
    pub fn candidates_permitted(
        &self,
        what: &Finding,
        permits: &dyn Fn(&Demand) -> bool,
    ) -> Vec<Candidate> {
        crate::explain::candidates(self, what, permits)
    }

    /// The recorded labels joined with those of the datasets that this plan writes.
    #[must_use]
    pub fn computed(&self) -> Computed {
        self.computed.clone()
    }

    /// The labelled flow as nodes and edges.
    #[must_use]
    pub fn draw(&self) -> Drawing {
        self.sketch.draw()
    }
}
