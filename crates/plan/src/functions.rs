//! The functions that SQL may use, each with its declared effect, and those that it may not, each
//! with the reason: one table, this file.
//!
//! Invariant: every function of the engine stands here exactly once, by its own name and kind (its
//! aliases follow it), and what is not allowed here does not exist for a pipeline. The tests
//! evaluate what is declared on extreme values (`tests/functions.rs`).

use std::collections::HashMap;
use std::sync::OnceLock;

/// Where a function stands in a query.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// In any expression.
    Scalar,
    /// Over the rows of a group.
    Aggregate,
    /// Over the rows around one (`OVER`).
    Window,
    /// As a table (`FROM`).
    Table,
}

/// Whether a function can fail on a value, and what else decides its result.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Fails {
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
pub enum Nulls {
    /// Null where an argument is null, and nowhere else.
    Strict,
    /// Null where there is no value, or (where the function says so) fewer than it needs.
    Empty,
    /// The values too.
    Any,
}

/// One function's declared effect.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) fails: Fails,
    pub(crate) nulls: Nulls,
    pub(crate) ordered: bool,
}

/// What the proof holds about a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// SQL may use it.
    Allowed {
        /// Whether it can fail.
        fails: Fails,
        /// What decides whether it is null.
        nulls: Nulls,
        /// Whether the result depends on the order of the rows.
        ordered: bool,
    },
    /// SQL may not, for this reason.
    Refused(&'static str),
}

/// One line of the reference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FunctionFact {
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub kind: Kind,
    /// The family that the reference shows it in.
    pub family: &'static str,
    /// What the proof holds about it.
    pub effect: Effect,
}

impl FunctionFact {
    /// Whether SQL may use it.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self.effect, Effect::Allowed { .. })
    }
}

/// Every function of the engine, allowed or refused.
#[must_use]
pub fn function_facts() -> Vec<FunctionFact> {
    let allowed = ALLOWED.iter().flat_map(|group| {
        group.facts().map(move |fact| FunctionFact {
            name: fact.name,
            kind: group.kind,
            family: group.family,
            effect: Effect::Allowed {
                fails: fact.fails,
                nulls: fact.nulls,
                ordered: fact.ordered,
            },
        })
    });
    let refused = REFUSED.iter().flat_map(|(kind, names, reason)| {
        names.split_whitespace().map(move |name| FunctionFact {
            name,
            kind: *kind,
            family: "refused",
            effect: Effect::Refused(reason),
        })
    });
    allowed.chain(refused).collect()
}

/// What is declared about a function, by its own name and kind.
pub(crate) fn fact(kind: Kind, name: &str) -> Option<Fact> {
    static INDEX: OnceLock<HashMap<(Kind, &'static str), Fact>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        ALLOWED
            .iter()
            .flat_map(|group| {
                group
                    .facts()
                    .map(move |fact| ((group.kind, fact.name), fact))
            })
            .collect()
    });
    index.get(&(kind, name)).copied()
}

/// Why a function is not for pipelines.
pub(crate) fn reason(kind: Kind, name: &str) -> Option<&'static str> {
    REFUSED
        .iter()
        .find(|(of, names, _)| *of == kind && names.split_whitespace().any(|one| one == name))
        .map(|(_, _, reason)| *reason)
}

/// Functions of one effect.
struct Group {
    kind: Kind,
    family: &'static str,
    fails: Fails,
    nulls: Nulls,
    ordered: bool,
    names: &'static str,
}

impl Group {
    fn facts(&'static self) -> impl Iterator<Item = Fact> {
        self.names.split_whitespace().map(move |name| Fact {
            name,
            fails: self.fails,
            nulls: self.nulls,
            ordered: self.ordered,
        })
    }
}

const fn scalar(family: &'static str, fails: Fails, nulls: Nulls, names: &'static str) -> Group {
    Group {
        kind: Kind::Scalar,
        family,
        fails,
        nulls,
        ordered: false,
        names,
    }
}

const fn aggregate(fails: Fails, nulls: Nulls, ordered: bool, names: &'static str) -> Group {
    Group {
        kind: Kind::Aggregate,
        family: "aggregates",
        fails,
        nulls,
        ordered,
        names,
    }
}

const fn window(fails: Fails, names: &'static str) -> Group {
    Group {
        kind: Kind::Window,
        family: "windows",
        fails,
        nulls: Nulls::Any,
        ordered: true,
        names,
    }
}

#[rustfmt::skip]
const ALLOWED: &[Group] = &[
    scalar("text", Fails::Total, Nulls::Strict, "ascii bit_length btrim character_length contains digits ends_with find_in_set initcap left lower ltrim octet_length reverse right rtrim starts_with strpos substr_index to_hex translate upper"),
    scalar("text", Fails::Total, Nulls::Any, "concat concat_ws string_to_array"),
    scalar("text", Fails::Partial, Nulls::Any, "array_to_string chr levenshtein lpad overlay repeat rpad split_part substr"),
    scalar("patterns", Fails::Partial, Nulls::Any, "regexp_count regexp_instr regexp_like regexp_match regexp_replace"),
    scalar("digests and encodings", Fails::Total, Nulls::Strict, "md5 sha224 sha256 sha384 sha512"),
    scalar("digests and encodings", Fails::Partial, Nulls::Any, "decode digest encode"),
    scalar("choice", Fails::Total, Nulls::Any, "coalesce greatest least nullif nvl nvl2"),
    scalar("numbers", Fails::Total, Nulls::Any, "acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh cot degrees exp floor isnan iszero ln log log10 log2 nanvl pi radians signum sin sinh tan tanh trunc"),
    scalar("numbers", Fails::Partial, Nulls::Any, "abs factorial gcd lcm power round sqrt"),
    scalar("dates and times", Fails::Total, Nulls::Any, "date_part"),
    scalar("dates and times", Fails::Partial, Nulls::Any, "date_bin date_trunc from_unixtime make_date make_time to_char to_date to_local_time to_time to_timestamp to_timestamp_micros to_timestamp_millis to_timestamp_nanos to_timestamp_seconds to_unixtime"),
    scalar("dates and times", Fails::Constant, Nulls::Any, "current_date current_time now"),
    scalar("types", Fails::Total, Nulls::Any, "arrow_typeof"),
    scalar("types", Fails::Partial, Nulls::Any, "arrow_cast arrow_try_cast"),
    scalar("lists, structs and maps", Fails::Total, Nulls::Any, "array_any_value array_append array_compact array_concat array_dims array_distinct array_except array_has array_has_all array_has_any array_intersect array_length array_max array_min array_ndims array_pop_back array_pop_front array_positions array_prepend array_remove array_remove_all array_replace array_replace_all array_reverse array_union cardinality empty flatten get_field make_array map_entries map_extract map_keys map_values named_struct struct"),
    scalar("lists, structs and maps", Fails::Partial, Nulls::Any, "array_add array_any_match array_avg array_distance array_element array_filter array_first array_normalize array_position array_product array_remove_n array_repeat array_replace_n array_resize array_scale array_slice array_sort array_subtract array_sum array_transform arrays_zip cosine_distance generate_series inner_product map range"),
    aggregate(Fails::Total, Nulls::Any, false, "bit_xor count grouping regr_count"),
    aggregate(Fails::Partial, Nulls::Any, false, "approx_distinct"),
    aggregate(Fails::Total, Nulls::Empty, false, "bit_and bit_or bool_and bool_or median"),
    aggregate(Fails::Total, Nulls::Empty, true, "avg max min string_agg sum"),
    aggregate(Fails::Total, Nulls::Any, true, "any_value approx_median approx_percentile_cont approx_percentile_cont_with_weight array_agg corr covar_pop covar_samp percentile_cont regr_avgx regr_avgy regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop var var_pop"),
    aggregate(Fails::First, Nulls::Any, true, "first_value last_value nth_value"),
    window(Fails::Total, "cume_dist dense_rank lag lead ntile percent_rank rank row_number"),
    window(Fails::First, "first_value last_value nth_value"),
    Group { kind: Kind::Table, family: "tables", fails: Fails::Constant, nulls: Nulls::Any, ordered: false, names: "generate_series range" },
];

#[rustfmt::skip]
const REFUSED: &[(Kind, &str, &str)] = &[
    (Kind::Scalar, "random uuid", "it is volatile: two runs over the same data would differ, and nobody could check one"),
    (Kind::Scalar, "file_row_index input_file_name", "it reads a hidden input: names of files and places in them, which can show values of columns"),
    (Kind::Scalar, "version", "it reads a hidden input: which engine runs"),
    (Kind::Scalar, "arrow_field arrow_metadata", "it reads a hidden input: the metadata of a schema"),
    (Kind::Scalar, "with_metadata", "it forges the metadata of a schema"),
    (Kind::Scalar, "replace", "the protection `replace` has its name; write `regexp_replace(x, 'a', 'b', 'g')`, or `translate(x, 'a', 'b')` for single letters"),
    (Kind::Scalar, "cast_to_type try_cast_to_type", "its type comes from a value; write `CAST` or `TRY_CAST`"),
    (Kind::Scalar, "union_extract union_tag", "it takes union types, which no dataset has"),
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
        let mut seen: Vec<(&str, String)> = function_facts()
            .iter()
            .map(|f| (f.name, format!("{:?}", f.kind)))
            .collect();
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), all);
    }

    #[test]
    fn what_is_volatile_or_hidden_is_refused_with_its_reason() {
        for name in [
            "random",
            "uuid",
            "input_file_name",
            "file_row_index",
            "version",
            "with_metadata",
        ] {
            assert!(fact(Kind::Scalar, name).is_none(), "{name}");
            assert!(reason(Kind::Scalar, name).is_some(), "{name}");
        }
    }
}
