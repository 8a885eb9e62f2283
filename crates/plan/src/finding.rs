//! What the proof found: demands that a policy must permit, violations that none can.
//!
//! Invariant: a demand is complete; whoever decides it needs nothing but the demand.
//!
//! Must never: hold a row value.

use sealine_label::{Level, Origin, Tag};
use sealine_spec::Span;

/// What kind of permission a demand needs.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DemandKind {
    /// A protected value gets past a clearance below its level.
    Declassify,
    /// A filter on a column whose owner grants these cells.
    Select,
    /// Rows of two datasets are joined by a key above the clearance.
    Link,
    /// A protected value is opened at the terminal.
    Reveal,
    /// A protected value is opened into a file.
    Export,
    /// What the detectors take for classified data is published in clear.
    Waive,
}

/// One permission that the plan needs; every one must be given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Demand {
    /// Its index in [`crate::Plan::demands`].
    pub id: usize,
    /// The kind of permission.
    pub kind: DemandKind,
    /// Where the value comes from.
    pub origin: Origin,
    /// The tag asked about; none for a column without tags.
    pub tag: Option<Tag>,
    /// The id of the destination dataset; empty for the terminal.
    pub dataset: String,
    /// The dataset of another pipeline that shows the rest of what is asked about; none where this
    /// pipeline shows it all.
    pub beside: Option<String>,
    /// The destination column; `#rows` where the value decides which rows there are, `*` for
    /// the view that several columns give together.
    pub column: String,
    /// The level of the origin.
    pub from_level: Level,
    /// The level that it gets to: the clearance of the destination.
    pub to_level: Level,
    /// The protection: a function's name, `select`, `link`, or several joined by `+`.
    pub protection: String,
    /// The name of its key.
    pub key: Option<String>,
    /// How many characters a mask leaves at the start.
    pub first: Option<i64>,
    /// How many characters a mask leaves at the end.
    pub last: Option<i64>,
    /// The width of a bucket, rounded down.
    pub width: Option<i64>,
    /// Where buckets start, in `0..width`, rounded away from zero.
    pub offset: Option<i64>,
    /// The fewest subjects that an aggregate is over.
    pub min_group: Option<i64>,
    /// The other arguments of the protection that decide how much shows, as text.
    pub form: Option<String>,
    /// Where the value leaves the pipeline, or the expression that decides.
    pub span: Option<Span>,
}

/// A flow that nothing can permit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The stable code of the rule.
    pub code: &'static str,
    /// Where the value comes from.
    pub origin: Origin,
    /// The id of the destination dataset; empty for the terminal.
    pub dataset: String,
    /// The destination column; none where the rows themselves tell.
    pub column: Option<String>,
    /// The level of the origin.
    pub level: Level,
    /// The clearance that it met.
    pub clearance: Level,
    /// What an observer would learn, in one plain sentence.
    pub reason: String,
    /// The expression that lets it through.
    pub span: Option<Span>,
    /// Whether it meets the names of folders, which are for the lowest level, and not the rows in
    /// the files.
    pub named: bool,
}

/// A demand or a violation of a plan, by index.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Finding {
    /// An index into [`crate::Plan::violations`].
    Violation(usize),
    /// An index into [`crate::Plan::demands`].
    Demand(usize),
}

/// One step of the path that a value took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PathStep {
    /// Where it is written.
    pub span: Option<Span>,
    /// What happens there.
    pub text: String,
}
