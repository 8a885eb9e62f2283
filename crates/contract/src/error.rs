//! What stops a contract as a whole; a row that breaks a rule is no error.

/// Why rows could not be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// The schema given is not the one the dataset declares.
    #[error(
        "the schema given for `{dataset}` does not have its declared columns in order, at `{column}`; this is a defect: report it"
    )]
    Schema {
        /// The dataset.
        dataset: String,
        /// The first column that differs.
        column: String,
    },
    /// A rule that cannot be compiled.
    #[error("the rule `{rule}` of column `{column}` cannot be used: {reason}")]
    Rule {
        /// The column.
        column: String,
        /// The rule.
        rule: &'static str,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// The source stores a column as a type that its declared type cannot be read from.
    #[error(
        "column `{column}` is stored as {stored} and declared as {declared}; declare what it is, or cast it where the file is written"
    )]
    Type {
        /// The column.
        column: String,
        /// The type in the file.
        stored: String,
        /// The type declared.
        declared: String,
    },
    /// A batch without a declared column.
    #[error(
        "the rows read lack the declared column `{column}`; add it to the file or correct the catalog"
    )]
    Missing {
        /// The column.
        column: String,
    },
    /// More different values than uniqueness is kept for.
    #[error(
        "column `{column}` is `unique` and has more different values than fit into {limit} MiB; drop `unique` or split the dataset"
    )]
    TooManyUnique {
        /// The column.
        column: String,
        /// The bound.
        limit: usize,
    },
    /// No randomness for the tables.
    #[error("cannot make a key for the tables of unique values")]
    Connect(#[source] sealine_connect::ConnectError),
    /// Values that must stay unique could not be put on the disk.
    #[error(transparent)]
    Spill(sealine_connect::ConnectError),
    /// A step on whole columns failed.
    #[error("checking the rows failed at {step}; this is a defect: report it")]
    Kernel {
        /// Which step.
        step: &'static str,
    },
}

impl ContractError {
    /// The stable code that `sealine explain` expands.
    pub fn code(&self) -> &'static str {
        match self {
            ContractError::Schema { .. } => "SL9501",
            ContractError::Rule { .. } => "SL9502",
            ContractError::Type { .. } => "SL9503",
            ContractError::Missing { .. } => "SL9504",
            ContractError::TooManyUnique { .. } => "SL9505",
            ContractError::Connect(_) => "SL9506",
            ContractError::Kernel { .. } => "SL9507",
            ContractError::Spill(error) => error.code(),
        }
    }
}
