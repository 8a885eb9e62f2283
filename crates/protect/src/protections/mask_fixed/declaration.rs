//! What `mask_fixed` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "mask_fixed",
    family: Family::Mask,
    effect: Effect::Part(Part {
        class: Class::Mask,
        nests: false,
    }),
    summary: "puts eight `*` in place of every character but the first and last few; where fewer than \
              three would stay hidden, it hides all",
    leaks: "the characters that are kept, whether the text is longer than those and two more, and \
              which values are null; with other masks of one value more than each alone",
    reversible: "no, but a short hidden part can be guessed",
    keeps: &[Keeps::Nulls],
    standard: "none; characters are extended grapheme clusters (UAX #29) of at most four scalar values",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[
        Param {
            name: "first",
            kind: ParamKind::Count,
            required: true,
            doc: "how many characters at the start stay",
        },
        Param {
            name: "last",
            kind: ParamKind::Count,
            required: true,
            doc: "how many characters at the end stay",
        },
    ],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "mask_fixed(name, 1, 0)",
};
