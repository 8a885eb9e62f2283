//! The functions that SQL may use, each with its declared effect: one table, this file.
//!
//! Invariant: a function that is not in the table does not exist for a pipeline. Left out on
//! purpose: what is volatile (`random`, `uuid`), what reads hidden inputs (`input_file_name`,
//! `file_row_index`, `version`), and what forges metadata (`with_metadata`).

use std::collections::HashMap;
use std::sync::OnceLock;

/// Where a function stands in a query.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    Scalar,
    Aggregate,
    Window,
}

/// Whether a function can fail on a value.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fails {
    /// It gives a result for every value.
    Total,
    /// Some values make it fail: not on what is above the clearance of whoever sees the run.
    Partial,
    /// It hands out one row by position: the order must be total.
    First,
    /// It does not depend on data: one value for the whole run.
    Constant,
}

/// What decides whether the result is null.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Nulls {
    /// Null where an argument is null, and nowhere else.
    Strict,
    /// The values too.
    Any,
}

/// One function's declared effect.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) fails: Fails,
    pub(crate) nulls: Nulls,
}

/// One line of the reference: what the proof holds about a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionFact {
    /// Its name.
    pub name: &'static str,
    /// `scalar`, `aggregate` or `window`.
    pub kind: &'static str,
    /// What it does on values it cannot take.
    pub failure: &'static str,
}

/// Every function that SQL may use, for the reference.
#[must_use]
pub fn function_facts() -> Vec<FunctionFact> {
    FACTS
        .iter()
        .map(|fact| FunctionFact {
            name: fact.name,
            kind: match fact.kind {
                Kind::Scalar => "scalar",
                Kind::Aggregate => "aggregate",
                Kind::Window => "window",
            },
            failure: match fact.fails {
                Fails::Total => "total",
                Fails::Partial => {
                    "can fail: not on values above the clearance of whoever sees the run"
                }
                Fails::First => "hands out a row by position: the order must be total",
                Fails::Constant => "one value for the whole run",
            },
        })
        .collect()
}

/// What is declared about a function, by its name and kind.
pub(crate) fn fact(kind: Kind, name: &str) -> Option<&'static Fact> {
    static INDEX: OnceLock<HashMap<(Kind, &'static str), &'static Fact>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        FACTS
            .iter()
            .map(|fact| ((fact.kind, fact.name), fact))
            .collect()
    });
    index.get(&(kind, name)).copied()
}

const fn row(name: &'static str, kind: Kind, fails: Fails, nulls: Nulls) -> Fact {
    Fact {
        name,
        kind,
        fails,
        nulls,
    }
}

#[rustfmt::skip]
const FACTS: &[Fact] = &[
    row("lower", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("btrim", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("trim", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("digits", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("upper", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("initcap", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("reverse", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("ltrim", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("rtrim", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("ascii", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("bit_length", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("octet_length", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("character_length", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("char_length", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("length", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("md5", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("sha224", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("sha256", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("sha384", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("sha512", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("starts_with", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("ends_with", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("contains", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("strpos", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("instr", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("position", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("replace", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("translate", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("levenshtein", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("find_in_set", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("to_hex", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("left", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("right", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("split_part", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("substr_index", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("substring_index", Kind::Scalar, Fails::Total, Nulls::Strict),
    row("concat", Kind::Scalar, Fails::Total, Nulls::Any),
    row("concat_ws", Kind::Scalar, Fails::Total, Nulls::Any),
    row("coalesce", Kind::Scalar, Fails::Total, Nulls::Any),
    row("nullif", Kind::Scalar, Fails::Total, Nulls::Any),
    row("nvl", Kind::Scalar, Fails::Total, Nulls::Any),
    row("ifnull", Kind::Scalar, Fails::Total, Nulls::Any),
    row("nvl2", Kind::Scalar, Fails::Total, Nulls::Any),
    row("greatest", Kind::Scalar, Fails::Total, Nulls::Any),
    row("least", Kind::Scalar, Fails::Total, Nulls::Any),
    row("abs", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("ceil", Kind::Scalar, Fails::Total, Nulls::Any),
    row("floor", Kind::Scalar, Fails::Total, Nulls::Any),
    row("round", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("trunc", Kind::Scalar, Fails::Total, Nulls::Any),
    row("signum", Kind::Scalar, Fails::Total, Nulls::Any),
    row("sqrt", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("cbrt", Kind::Scalar, Fails::Total, Nulls::Any),
    row("exp", Kind::Scalar, Fails::Total, Nulls::Any),
    row("ln", Kind::Scalar, Fails::Total, Nulls::Any),
    row("log", Kind::Scalar, Fails::Total, Nulls::Any),
    row("log2", Kind::Scalar, Fails::Total, Nulls::Any),
    row("log10", Kind::Scalar, Fails::Total, Nulls::Any),
    row("power", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("pow", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("sin", Kind::Scalar, Fails::Total, Nulls::Any),
    row("cos", Kind::Scalar, Fails::Total, Nulls::Any),
    row("tan", Kind::Scalar, Fails::Total, Nulls::Any),
    row("cot", Kind::Scalar, Fails::Total, Nulls::Any),
    row("asin", Kind::Scalar, Fails::Total, Nulls::Any),
    row("acos", Kind::Scalar, Fails::Total, Nulls::Any),
    row("atan", Kind::Scalar, Fails::Total, Nulls::Any),
    row("atan2", Kind::Scalar, Fails::Total, Nulls::Any),
    row("sinh", Kind::Scalar, Fails::Total, Nulls::Any),
    row("cosh", Kind::Scalar, Fails::Total, Nulls::Any),
    row("tanh", Kind::Scalar, Fails::Total, Nulls::Any),
    row("asinh", Kind::Scalar, Fails::Total, Nulls::Any),
    row("acosh", Kind::Scalar, Fails::Total, Nulls::Any),
    row("atanh", Kind::Scalar, Fails::Total, Nulls::Any),
    row("degrees", Kind::Scalar, Fails::Total, Nulls::Any),
    row("radians", Kind::Scalar, Fails::Total, Nulls::Any),
    row("pi", Kind::Scalar, Fails::Total, Nulls::Any),
    row("isnan", Kind::Scalar, Fails::Total, Nulls::Any),
    row("iszero", Kind::Scalar, Fails::Total, Nulls::Any),
    row("nanvl", Kind::Scalar, Fails::Total, Nulls::Any),
    row("date_part", Kind::Scalar, Fails::Total, Nulls::Any),
    row("datepart", Kind::Scalar, Fails::Total, Nulls::Any),
    row("date_trunc", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("datetrunc", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("date_bin", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("to_unixtime", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_length", Kind::Scalar, Fails::Total, Nulls::Any),
    row("cardinality", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_length", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_has", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_contains", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_has", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_contains", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_has_all", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_has_all", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_has_any", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_has_any", Kind::Scalar, Fails::Total, Nulls::Any),
    row("arrays_overlap", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_ndims", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_ndims", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_dims", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_dims", Kind::Scalar, Fails::Total, Nulls::Any),
    row("empty", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_empty", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_empty", Kind::Scalar, Fails::Total, Nulls::Any),
    row("make_array", Kind::Scalar, Fails::Total, Nulls::Any),
    row("make_list", Kind::Scalar, Fails::Total, Nulls::Any),
    row("struct", Kind::Scalar, Fails::Total, Nulls::Any),
    row("row", Kind::Scalar, Fails::Total, Nulls::Any),
    row("named_struct", Kind::Scalar, Fails::Total, Nulls::Any),
    row("get_field", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_distinct", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_distinct", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_reverse", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_reverse", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_sort", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_sort", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_max", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_max", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_min", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_concat", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_concat", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_cat", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_cat", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_append", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_append", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_push_back", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_push_back", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_prepend", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_prepend", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_push_front", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_push_front", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_union", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_union", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_intersect", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_intersect", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_except", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_except", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_remove", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_remove", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_remove_all", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_remove_all", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_replace", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_replace", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_replace_all", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_replace_all", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_position", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_position", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_indexof", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_indexof", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_positions", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_positions", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_pop_back", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_pop_back", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_pop_front", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_pop_front", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_any_value", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_any_value", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_to_string", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_to_string", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_join", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_join", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("string_to_array", Kind::Scalar, Fails::Total, Nulls::Any),
    row("string_to_list", Kind::Scalar, Fails::Total, Nulls::Any),
    row("flatten", Kind::Scalar, Fails::Total, Nulls::Any),
    row("array_element", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_extract", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_element", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_extract", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_slice", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_slice", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_compact", Kind::Scalar, Fails::Total, Nulls::Any),
    row("list_compact", Kind::Scalar, Fails::Total, Nulls::Any),
    row("map", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("map_keys", Kind::Scalar, Fails::Total, Nulls::Any),
    row("map_values", Kind::Scalar, Fails::Total, Nulls::Any),
    row("map_entries", Kind::Scalar, Fails::Total, Nulls::Any),
    row("map_extract", Kind::Scalar, Fails::Total, Nulls::Any),
    row("element_at", Kind::Scalar, Fails::Total, Nulls::Any),
    row("arrow_typeof", Kind::Scalar, Fails::Total, Nulls::Any),
    row("now", Kind::Scalar, Fails::Constant, Nulls::Any),
    row("current_timestamp", Kind::Scalar, Fails::Constant, Nulls::Any),
    row("current_date", Kind::Scalar, Fails::Constant, Nulls::Any),
    row("today", Kind::Scalar, Fails::Constant, Nulls::Any),
    row("current_time", Kind::Scalar, Fails::Constant, Nulls::Any),
    row("substr", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("substring", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("overlay", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("repeat", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("lpad", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("rpad", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("chr", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("factorial", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("gcd", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("lcm", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("regexp_like", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("regexp_match", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("regexp_replace", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("regexp_count", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("regexp_instr", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("encode", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("decode", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("digest", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("to_char", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("date_format", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("to_date", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("to_timestamp", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("to_timestamp_seconds", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("to_timestamp_millis", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("to_timestamp_micros", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("to_timestamp_nanos", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("to_local_time", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("to_time", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("from_unixtime", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("make_date", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("make_time", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("arrow_cast", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("arrow_try_cast", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("range", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("generate_series", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_repeat", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_repeat", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_resize", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_resize", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_remove_n", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_remove_n", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_replace_n", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_replace_n", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_distance", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_distance", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("arrays_zip", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_zip", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_transform", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_transform", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_filter", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_filter", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("array_any_match", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("list_any_match", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("any_match", Kind::Scalar, Fails::Partial, Nulls::Any),
    row("count", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("sum", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("avg", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("mean", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("stddev", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("stddev_samp", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("stddev_pop", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("var", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("var_sample", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("var_samp", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("var_pop", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("var_population", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("min", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("max", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("median", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("bool_and", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("bool_or", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("bit_and", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("bit_or", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("bit_xor", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("corr", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("covar", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("covar_samp", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("covar_pop", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("regr_slope", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("regr_intercept", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("regr_count", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("regr_r2", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("regr_avgx", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("regr_avgy", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("regr_sxx", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("regr_syy", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("regr_sxy", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("approx_distinct", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("approx_median", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("approx_percentile_cont", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("approx_percentile_cont_with_weight", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("percentile_cont", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("quantile_cont", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("array_agg", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("string_agg", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("grouping", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("any_value", Kind::Aggregate, Fails::Total, Nulls::Any),
    row("first_value", Kind::Aggregate, Fails::First, Nulls::Any),
    row("last_value", Kind::Aggregate, Fails::First, Nulls::Any),
    row("nth_value", Kind::Aggregate, Fails::First, Nulls::Any),
    row("row_number", Kind::Window, Fails::Total, Nulls::Any),
    row("rank", Kind::Window, Fails::Total, Nulls::Any),
    row("dense_rank", Kind::Window, Fails::Total, Nulls::Any),
    row("percent_rank", Kind::Window, Fails::Total, Nulls::Any),
    row("cume_dist", Kind::Window, Fails::Total, Nulls::Any),
    row("ntile", Kind::Window, Fails::Total, Nulls::Any),
    row("lag", Kind::Window, Fails::Total, Nulls::Any),
    row("lead", Kind::Window, Fails::Total, Nulls::Any),
    row("first_value", Kind::Window, Fails::First, Nulls::Any),
    row("last_value", Kind::Window, Fails::First, Nulls::Any),
    row("nth_value", Kind::Window, Fails::First, Nulls::Any),
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

    #[test]
    fn every_function_stands_once() {
        let mut seen: Vec<(&str, &str)> =
            function_facts().iter().map(|f| (f.name, f.kind)).collect();
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), all);
    }

    #[test]
    fn what_is_volatile_or_hidden_is_not_there() {
        for name in [
            "random",
            "uuid",
            "input_file_name",
            "file_row_index",
            "version",
            "with_metadata",
        ] {
            assert!(fact(Kind::Scalar, name).is_none(), "{name}");
        }
    }
}
