//! What `coarse_time` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "coarse_time",
    family: Family::Generalize,
    effect: Effect::Part(Part {
        class: Class::Cut,
        nests: true,
    }),
    summary: "puts the first instant of its year, quarter, month, day, hour, minute or second in place \
              of every instant, in UTC",
    leaks: "the span, and which values are null",
    reversible: "no, within the span",
    keeps: &[Keeps::Order, Keeps::Nulls, Keeps::Type],
    standard: "proleptic Gregorian calendar (ISO 8601), UTC whatever zone the column is shown in",
    accepts: &[Accepts::Timestamp],
    returns: Returns::Same,
    params: &[Param {
        name: "unit",
        kind: ParamKind::Choice(super::kernel::UNITS),
        required: true,
        doc: "the span",
    }],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "coarse_time(seen_at, 'hour')",
};
