//! What `sealine explain` says about each code of this crate.

/// Code and explanation in Markdown, in order.
pub const CODES: &[(&str, &str)] = &[
    (
        "SL9501",
        "# The contract and the plan disagree about a dataset\n\nThe columns that the plan works with are not those of the catalog, in its order. Users cannot cause this.\n\n**What to do**: report it with the two files.\n\n```\nsealine plan PIPELINE --as json\n```",
    ),
    (
        "SL9502",
        "# A rule cannot be used\n\nA rule of the catalog cannot be made ready: a pattern that is no regular expression or too large, a list of allowed values that are not of the column's type, a `format:` with an unknown letter.\n\n**What to do**: correct the rule.\n\n```yaml\nborn: { type: date, format: '%d.%m.%Y' }\n```",
    ),
    (
        "SL9503",
        "# A column is stored as another type\n\nA Parquet file says which type a column has. Some types can be read as the declared one when no value changes (an int32 as an int64, a float64 that is whole as an int64, any of them as a string); here none of that applies, or the column is `strict`.\n\n**What to do**: declare the type that it has, or cast it where it is written.\n\n```yaml\nborn: { type: timestamp }\n```",
    ),
    (
        "SL9504",
        "# A declared column is not there\n\nEvery declared column must be read, or its rules would silently not be checked.\n\n**What to do**: add it to the file, or correct the catalog.\n\n```csv\nid,email\n```",
    ),
    (
        "SL9505",
        "# Too many different values to keep unique\n\nTo find a repeated value exactly, all values of a `unique` column are remembered while the run lasts. A run moves them to sealed temporary files when they become too many; here they were checked without a place for such files, and 512 MiB are kept for all columns of a dataset then, some 20 million values.\n\n**What to do**: run them through a pipeline, drop `unique:` where it is not needed, or split the dataset.\n\n```yaml\nid: { type: int64, required: true }\n```",
    ),
    (
        "SL9506",
        "# No randomness\n\nThe tables of unique values are keyed with random numbers, so that no file can be made to slow them down, and the system gave none.\n\n**What to do**: check the sandbox or container: `getrandom` must be allowed.\n\n```\nstrace -e getrandom sealine run\n```",
    ),
    (
        "SL9507",
        "# Checking failed inside\n\nAn operation on whole columns failed that cannot fail on valid columns. No row is lost: the run stopped before the commit.\n\n**What to do**: report it with the step that is named.\n\n```\nsealine run --format json\n```",
    ),
];

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;
    use crate::ContractError;

    #[test]
    fn every_error_has_an_explained_code_and_a_plain_message() {
        let text = || "x".to_owned();
        let errors = [
            ContractError::Schema {
                dataset: text(),
                column: text(),
            },
            ContractError::Rule {
                column: text(),
                rule: "min",
                reason: "r",
            },
            ContractError::Type {
                column: text(),
                stored: text(),
                declared: text(),
            },
            ContractError::Missing { column: text() },
            ContractError::TooManyUnique {
                column: text(),
                limit: 512,
            },
            ContractError::Connect(sealine_connect::ConnectError::Random),
            ContractError::Kernel { step: "x" },
        ];
        for (error, (code, explanation)) in errors.iter().zip(CODES) {
            assert_eq!(error.code(), *code);
            assert!(explanation.contains("**What to do**") && explanation.contains("```"));
            assert!(!error.to_string().ends_with('.'));
        }
        assert_eq!(errors.len(), CODES.len());
    }
}
