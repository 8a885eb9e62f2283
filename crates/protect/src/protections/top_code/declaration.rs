//! What `top_code` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "top_code",
    family: Family::Generalize,
    effect: Effect::Part(Part {
        class: Class::Cut,
        nests: false,
    }),
    summary: "puts one value in place of all that are as great or greater; the others stay as they are",
    leaks: "every value below the bound in the clear, that the others are not below it, and which \
              values are null",
    reversible: "no, above the bound; below it nothing is hidden",
    keeps: &[Keeps::Order, Keeps::Nulls, Keeps::Type],
    standard: "top coding as in ISO/IEC 20889, 10.2; ages over 89 as one for 45 CFR 164.514(b)(2)(i)(C) \
              with a bound of 90",
    accepts: &[Accepts::Integer, Accepts::Float, Accepts::Decimal],
    returns: Returns::Same,
    params: &[Param {
        name: "most",
        kind: ParamKind::Number,
        required: true,
        doc: "the bound; whole in the units of the type",
    }],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "top_code(age, 90)",
};
