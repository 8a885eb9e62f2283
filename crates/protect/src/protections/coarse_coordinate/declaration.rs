//! What `coarse_coordinate` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "coarse_coordinate",
    family: Family::Generalize,
    effect: Effect::Part(Part {
        class: Class::Cut,
        nests: true,
    }),
    summary: "keeps so many decimals of a latitude or longitude in degrees, cut towards the south or \
              the west",
    leaks: "the cell: one decimal is about 11 km, two 1.1 km, three 110 m of latitude; and which \
              values are null or not a coordinate",
    reversible: "no, within the cell; in the country a small cell may hold one house",
    keeps: &[Keeps::Order, Keeps::Nulls],
    standard: "none; taken to 10⁻⁹ of a degree first, so that 0.29 stays 0.29",
    accepts: &[Accepts::Float, Accepts::Decimal],
    returns: Returns::Float,
    params: &[Param {
        name: "places",
        kind: ParamKind::Count,
        required: true,
        doc: "how many decimals stay, at most 7",
    }],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "coarse_coordinate(latitude, 1)",
};
