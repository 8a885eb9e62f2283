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

use crate::functions::{Kind, fact};
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
    /// Names that exist in the engine, so that a refusal can say that it knows them.
    pub(crate) left_out: Vec<String>,
}

/// The shared tables.
pub(crate) fn functions() -> &'static Functions {
    static BUILT: OnceLock<Functions> = OnceLock::new();
    BUILT.get_or_init(build)
}

fn build() -> Functions {
    let mut left_out = Vec::new();
    let mut scalar = HashMap::new();
    let digits = Arc::new(ScalarUDF::new_from_impl(Digits::default()));
    for function in SessionStateDefaults::default_scalar_functions()
        .into_iter()
        .chain([digits])
    {
        for name in names(function.name(), function.aliases()) {
            keep(Kind::Scalar, name, &function, &mut scalar, &mut left_out);
        }
    }
    let mut higher = HashMap::new();
    for function in SessionStateDefaults::default_higher_order_functions() {
        for name in names(function.name(), function.aliases()) {
            keep(Kind::Scalar, name, &function, &mut higher, &mut left_out);
        }
    }
    let mut aggregate = HashMap::new();
    for function in SessionStateDefaults::default_aggregate_functions() {
        for name in names(function.name(), function.aliases()) {
            keep(
                Kind::Aggregate,
                name,
                &function,
                &mut aggregate,
                &mut left_out,
            );
        }
    }
    let mut window = HashMap::new();
    for function in SessionStateDefaults::default_window_functions() {
        for name in names(function.name(), function.aliases()) {
            keep(Kind::Window, name, &function, &mut window, &mut left_out);
        }
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

fn names<'n>(name: &'n str, aliases: &'n [String]) -> impl Iterator<Item = &'n str> {
    std::iter::once(name).chain(aliases.iter().map(String::as_str))
}

fn keep<F: Clone>(
    kind: Kind,
    name: &str,
    function: &F,
    table: &mut HashMap<String, F>,
    left_out: &mut Vec<String>,
) {
    if fact(kind, name).is_some() {
        table.insert(name.to_owned(), function.clone());
    } else {
        left_out.push(name.to_owned());
    }
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
    fn every_function_of_the_table_exists_in_the_engine() {
        let built = functions();
        let mut missing = Vec::new();
        for fact in crate::functions::function_facts() {
            let there = match fact.kind {
                "scalar" => {
                    built.scalar.contains_key(fact.name) || built.higher.contains_key(fact.name)
                }
                "aggregate" => built.aggregate.contains_key(fact.name),
                _ => built.window.contains_key(fact.name),
            };
            if !there {
                missing.push(fact.name);
            }
        }
        assert!(missing.is_empty(), "{missing:?}");
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
        assert!(functions().left_out.iter().any(|name| name == "random"));
    }
}
