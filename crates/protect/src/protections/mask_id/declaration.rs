//! What `mask_id` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "mask_id",
    family: Family::Mask,
    effect: Effect::Part(Part {
        class: Class::Mask,
        nests: true,
    }),
    summary: "puts `*` in place of the letters and digits of an identity number but its last few; \
              separators stay",
    leaks: "the last characters, how many there are and how they are grouped, which may tell the \
              country, and which values are null; what is not of the kind becomes `***`, so that \
              whether it is shows",
    reversible: "no, but three to five hidden digits are few tries, and many numbers hold a birth date",
    keeps: &[Keeps::Length, Keeps::Nulls],
    standard: "none; 7 to 20 letters and digits with spaces, hyphens, points and slashes between",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[Param {
        name: "last",
        kind: ParamKind::Count,
        required: false,
        doc: "how many characters at the end stay, at most 4; none by default",
    }],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "mask_id(ssn, 4)",
};
