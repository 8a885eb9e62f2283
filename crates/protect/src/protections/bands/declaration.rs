//! What `bands` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "bands",
    family: Family::Generalize,
    effect: Effect::Part(Part {
        class: Class::Cut,
        nests: false,
    }),
    summary: "puts the band between two edges in place of every number, as text: `< 18`, `[18, 65)`, \
              `>= 65`; an edge belongs to the band above it",
    leaks: "the band, and which values are null or not numbers; two uses with other parameters show \
              more together than each alone",
    reversible: "no, within the band",
    keeps: &[Keeps::Nulls],
    standard: "generalization as in ISO/IEC 20889, 10.2",
    accepts: &[Accepts::Integer, Accepts::Float, Accepts::Decimal],
    returns: Returns::Text,
    params: &[Param {
        name: "edges",
        kind: ParamKind::Text,
        required: true,
        doc: "numbers with commas between, each greater than the one before it",
    }],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "bands(age, '18, 40, 65')",
};
