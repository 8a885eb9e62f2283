//! What `round_to` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "round_to",
    family: Family::Generalize,
    effect: Effect::Part(Part {
        class: Class::Cut,
        nests: false,
    }),
    summary: "puts the nearest multiple of a step in place of every number; halves go up: 37 to fives \
              is 35",
    leaks: "the multiple, the order of multiples, and which values are null; two uses with other \
              parameters show more together than each alone",
    reversible: "no, within half a step",
    keeps: &[Keeps::Order, Keeps::Nulls, Keeps::Type],
    standard: "rounding half up; generalization as in ISO/IEC 20889, 10.2",
    accepts: &[Accepts::Integer, Accepts::Float, Accepts::Decimal],
    returns: Returns::Same,
    params: &[Param {
        name: "step",
        kind: ParamKind::Number,
        required: true,
        doc: "above zero; whole in the units of the type",
    }],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "round_to(salary, 5000)",
};
