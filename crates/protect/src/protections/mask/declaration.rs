//! What `mask` is and leaks.

use sealine_label::declare::{
    Accepts, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "mask",
    family: Family::Mask,
    effect: Effect::Mask,
    summary: "puts `*` in place of every character but the first and last few; where fewer than three \
              would stay hidden, it hides all",
    leaks: "the characters that are kept, the length in characters, and which values are null; two masks of \
            one value with other counts show more together than each alone",
    reversible: "no, but a short hidden part can be guessed: six digits are a million tries",
    keeps: &[Keeps::Length, Keeps::Nulls],
    standard: "counts follow PCI DSS 4.0, 3.4.1 for cards: at most the first six and last four; \
               characters are extended grapheme clusters (UAX #29) of at most four scalar values",
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
    example: "mask(card, 6, 4)",
};
