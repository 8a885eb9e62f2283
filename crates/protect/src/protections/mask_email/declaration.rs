//! What `mask_email` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "mask_email",
    family: Family::Mask,
    effect: Effect::Part(Part {
        class: Class::Mask,
        nests: true,
    }),
    summary: "hides the person in an email address: `***@***.com`, `***@example.com` or \
              `a***@example.com`",
    leaks: "the domain or its last label, at most the first character of the person, and which values \
              are null; a rare domain is a person; what is not of the kind becomes `***`, so that \
              whether it is shows",
    reversible: "no, but who is known to be at the domain can be guessed",
    keeps: &[Keeps::Nulls],
    standard: "addresses of RFC 5321 with a dotted domain; quoted local parts and literal addresses are \
              not taken for one",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[Param {
        name: "show",
        kind: ParamKind::Choice(super::kernel::SHOW),
        required: false,
        doc: "what stays: the last label of the domain, the domain, or that and the first of at least \
              four characters",
    }],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "mask_email(email, 'domain')",
};
