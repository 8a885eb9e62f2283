//! What `zip_prefix` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "zip_prefix",
    family: Family::Generalize,
    effect: Effect::Part(Part {
        class: Class::Cut,
        nests: true,
    }),
    summary: "keeps the first letters and digits of a postal code, without spaces and hyphens",
    leaks: "the prefix, which is all of a code that has no more, and which values are null; what is \
              not of the kind becomes `***`, so that whether it is shows",
    reversible: "no, within the area; a small area may hold one person",
    keeps: &[Keeps::Nulls],
    standard: "none; 3 to 10 letters and digits, one of them a digit. For US health data use `zip_hipaa`",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[Param {
        name: "digits",
        kind: ParamKind::Count,
        required: true,
        doc: "how many letters and digits at the start stay, at most 10",
    }],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "zip_prefix(postcode, 2)",
};
