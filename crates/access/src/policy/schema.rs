//! The schema that ships with the crate, parsed once.
//!
//! Invariant: its text is part of every policy digest.

use std::sync::LazyLock;

use cedar_policy::Schema;

/// The schema's text, in Cedar's schema syntax.
pub const SCHEMA: &str = include_str!("../schema.cedarschema");

static PARSED: LazyLock<Option<Schema>> = LazyLock::new(|| {
    Schema::from_cedarschema_str(SCHEMA)
        .ok()
        .map(|(schema, _warnings)| schema)
});

/// The parsed schema; `None` only if the shipped text is broken, which a test
/// rules out and which denies everything.
pub(crate) fn schema() -> Option<&'static Schema> {
    PARSED.as_ref()
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
    use crate::action::Action;
    use std::collections::BTreeSet;

    #[test]
    fn the_schema_parses_without_a_warning() {
        let (_, warnings) = Schema::from_cedarschema_str(SCHEMA).unwrap();
        assert_eq!(warnings.count(), 0);
        assert!(schema().is_some());
    }

    #[test]
    fn actions_are_those_of_the_schema() {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).unwrap();
        let declared: BTreeSet<String> = schema
            .actions()
            .map(|uid| uid.id().unescaped().to_owned())
            .collect();
        let known: BTreeSet<String> = Action::ALL.iter().map(|a| a.name().to_owned()).collect();
        assert_eq!(declared, known);
    }
}
