//! The function tables and options of the planner, built once.
//!
//! Invariant: only functions of the table are offered; the options do not depend on the
//! environment.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use datafusion::config::ConfigOptions;
use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::planner::ExprPlanner;
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, WindowUDF};
use datafusion::optimizer::Analyzer;
use datafusion::sql::planner::{NullOrdering, ParserOptions};

use crate::functions::{Kind, fact, reason};
use crate::protection::Digits;

/// What every bind shares.
pub(crate) struct Functions {
    pub(crate) scalar: HashMap<String, Arc<ScalarUDF>>,
    pub(crate) aggregate: HashMap<String, Arc<AggregateUDF>>,
    pub(crate) window: HashMap<String, Arc<WindowUDF>>,
    pub(crate) higher: HashMap<String, Arc<HigherOrderUDF>>,
    pub(crate) planners: Vec<Arc<dyn ExprPlanner>>,
    pub(crate) options: ConfigOptions,
    pub(crate) analyzer: Analyzer,
    /// Names that exist in the engine and not for a pipeline, each with the reason.
    pub(crate) left_out: Vec<(String, &'static str)>,
}

/// The shared tables.
pub(crate) fn functions() -> &'static Functions {
    static BUILT: OnceLock<Functions> = OnceLock::new();
    BUILT.get_or_init(build)
}

fn build() -> Functions {
    let mut left_out = Vec::new();
    let mut scalar = HashMap::new();
    for function in scalars() {
        let names = names(function.name(), function.aliases());
        keep(Kind::Scalar, names, &function, &mut scalar, &mut left_out);
    }
    let mut higher = HashMap::new();
    for function in SessionStateDefaults::default_higher_order_functions() {
        let names = names(function.name(), function.aliases());
        keep(Kind::Scalar, names, &function, &mut higher, &mut left_out);
    }
    let mut aggregate = HashMap::new();
    for function in SessionStateDefaults::default_aggregate_functions() {
        let names = names(function.name(), function.aliases());
        keep(
            Kind::Aggregate,
            names,
            &function,
            &mut aggregate,
            &mut left_out,
        );
    }
    let mut window = HashMap::new();
    for function in SessionStateDefaults::default_window_functions() {
        let names = names(function.name(), function.aliases());
        keep(Kind::Window, names, &function, &mut window, &mut left_out);
    }
    Functions {
        scalar,
        aggregate,
        window,
        higher,
        planners: SessionStateDefaults::default_expr_planners(),
        options: ConfigOptions::new(),
        analyzer: Analyzer::new(),
        left_out,
    }
}

/// The engine's scalar functions, and ours.
fn scalars() -> impl Iterator<Item = Arc<ScalarUDF>> {
    let digits = Arc::new(ScalarUDF::new_from_impl(Digits::default()));
    SessionStateDefaults::default_scalar_functions()
        .into_iter()
        .chain([digits])
}

/// A function's own name, then its aliases.
fn names(name: &str, aliases: &[String]) -> Vec<String> {
    let mut all = vec![name.to_owned()];
    all.extend_from_slice(aliases);
    all
}

/// What the table says of a function holds for its aliases too: they are the same function.
fn keep<F: Clone>(
    kind: Kind,
    names: Vec<String>,
    function: &F,
    table: &mut HashMap<String, F>,
    left_out: &mut Vec<(String, &'static str)>,
) {
    let Some(own) = names.first() else { return };
    if fact(kind, own).is_some() {
        table.extend(names.into_iter().map(|name| (name, function.clone())));
    } else {
        let reason = reason(kind, own).unwrap_or("the proof has no rule for it");
        left_out.extend(names.into_iter().map(|name| (name, reason)));
    }
}

/// Every function of the engine by its own name, with its kind and aliases.
#[must_use]
pub fn engine_functions() -> Vec<(Kind, String, Vec<String>)> {
    let one = |kind, name: &str, aliases: &[String]| (kind, name.to_owned(), aliases.to_vec());
    let scalar = scalars().map(|f| one(Kind::Scalar, f.name(), f.aliases()));
    let higher = SessionStateDefaults::default_higher_order_functions();
    let higher = higher
        .iter()
        .map(|f| one(Kind::Scalar, f.name(), f.aliases()));
    let aggregate = SessionStateDefaults::default_aggregate_functions();
    let aggregate = aggregate
        .iter()
        .map(|f| one(Kind::Aggregate, f.name(), f.aliases()));
    let window = SessionStateDefaults::default_window_functions();
    let window = window
        .iter()
        .map(|f| one(Kind::Window, f.name(), f.aliases()));
    let table = SessionStateDefaults::default_table_functions();
    let table = table.iter().map(|f| one(Kind::Table, f.name(), &[]));
    scalar
        .chain(higher)
        .chain(aggregate)
        .chain(window)
        .chain(table)
        .collect()
}

/// How SQL is read: as the engine does, with places.
pub(crate) fn reading() -> ParserOptions {
    ParserOptions {
        parse_float_as_decimal: false,
        enable_ident_normalization: true,
        support_varchar_with_length: true,
        enable_options_value_normalization: false,
        collect_spans: true,
        map_string_types_to_utf8view: false,
        default_null_ordering: NullOrdering::NullsMax,
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
    fn the_table_and_the_engine_have_the_same_functions() {
        let mut engine: Vec<String> = engine_functions()
            .iter()
            .map(|(kind, name, _)| format!("{kind:?} {name}"))
            .collect();
        let mut table: Vec<String> = crate::functions::function_facts()
            .iter()
            .map(|fact| format!("{:?} {}", fact.kind, fact.name))
            .collect();
        engine.sort();
        table.sort();
        let only = |a: &[String], b: &[String]| -> Vec<String> {
            a.iter().filter(|one| !b.contains(one)).cloned().collect()
        };
        let (unclassified, gone) = (only(&engine, &table), only(&table, &engine));
        assert!(
            unclassified.is_empty() && gone.is_empty(),
            "the engine has functions that `functions.rs` does not classify: {unclassified:?}; \
             and it has no longer: {gone:?}"
        );
    }

    #[test]
    fn what_is_volatile_is_left_out() {
        use datafusion::logical_expr::Volatility;
        for (name, function) in &functions().scalar {
            assert!(
                function.signature().volatility != Volatility::Volatile,
                "{name}"
            );
        }
        assert!(
            functions()
                .left_out
                .iter()
                .any(|(name, _)| name == "random")
        );
    }
}
