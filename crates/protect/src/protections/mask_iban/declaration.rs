//! What `mask_iban` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "mask_iban",
    family: Family::Mask,
    effect: Effect::Part(Part {
        class: Class::Mask,
        nests: true,
    }),
    summary: "puts `*` in place of the characters of an account number but its country and its last \
              few; spaces stay",
    leaks: "the country, which says how long the number is, the last characters, and which values are \
              null; what is not of the kind becomes `***`, so that whether it is shows",
    reversible: "no, but where a bank has few accounts they can be guessed",
    keeps: &[Keeps::Length, Keeps::Nulls],
    standard: "ISO 13616-1, with its check digits verified and hidden",
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
    example: "mask_iban(iban, 4)",
};
