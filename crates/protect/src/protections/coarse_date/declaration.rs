//! What `coarse_date` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "coarse_date",
    family: Family::Generalize,
    effect: Effect::Part(Part {
        class: Class::Cut,
        nests: true,
    }),
    summary: "puts the first day of its year, quarter or month in place of every date",
    leaks: "the year, quarter or month, and which values are null",
    reversible: "no, within the span",
    keeps: &[Keeps::Order, Keeps::Nulls, Keeps::Type],
    standard: "proleptic Gregorian calendar (ISO 8601); years alone for 45 CFR 164.514(b)(2)(i)(C). For \
              weeks use `bucket(x, 7, 4)`: they begin on Mondays",
    accepts: &[Accepts::Date],
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
    example: "coarse_date(birthday, 'month')",
};
