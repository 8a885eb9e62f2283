//! What `mask_phone` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "mask_phone",
    family: Family::Mask,
    effect: Effect::Part(Part {
        class: Class::Mask,
        nests: true,
    }),
    summary: "puts `*` in place of the digits of a phone number but its last few and the country code \
              behind a `+`; separators stay",
    leaks: "the country where it is written, the last digits, how many digits there are and how they \
              are grouped, and which values are null; what is not of the kind becomes `***`, so that \
              whether it is shows",
    reversible: "no, but seven hidden digits are ten million tries, and three a thousand",
    keeps: &[Keeps::Length, Keeps::Nulls],
    standard: "ITU-T E.164: country codes, at most 15 digits; at least seven after the country code",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[Param {
        name: "last",
        kind: ParamKind::Count,
        required: false,
        doc: "how many digits at the end stay, at most 4; none by default",
    }],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "mask_phone(phone, 2)",
};
