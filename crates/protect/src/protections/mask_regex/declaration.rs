//! What `mask_regex` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "mask_regex",
    family: Family::Mask,
    effect: Effect::Part(Part {
        class: Class::Mask,
        nests: false,
    }),
    summary: "hides what the groups of a regular expression match, wherever it matches, and keeps the \
              rest; where it does not match, or its groups hide nothing, it hides all as `***`",
    leaks: "everything outside the groups, the length where no text is put in place, whether the \
              pattern matches, and which values are null",
    reversible: "no, but what the pattern does not take for secret is in the clear",
    keeps: &[Keeps::Length, Keeps::Nulls],
    standard: "regular expressions of the Rust crate `regex`: no look-around and no back-references; \
              characters are extended grapheme clusters (UAX #29)",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[
        Param {
            name: "pattern",
            kind: ParamKind::Text,
            required: true,
            doc: "the regular expression, with at least one group in parentheses: what is hidden",
        },
        Param {
            name: "with",
            kind: ParamKind::Text,
            required: false,
            doc: "what stands for each hidden stretch; `*` for each of its characters by default",
        },
    ],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "mask_regex(email, '^(.+)@')",
};
