//! What `lookup` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "lookup",
    family: Family::Generalize,
    effect: Effect::Part(Part {
        class: Class::Cut,
        nests: false,
    }),
    summary: "puts the group that a dictionary names in place of every text, and one other word in \
              place of all it does not name",
    leaks: "the group, and which values are null; a group of one value is that value",
    reversible: "no, within the group",
    keeps: &[Keeps::Nulls],
    standard: "generalization by a hierarchy as in ISO/IEC 20889, 10.2; words are compared byte by byte",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[
        Param {
            name: "dictionary",
            kind: ParamKind::LongText,
            required: true,
            doc: "pairs `word=group` with commas or line ends between; in double quotes where a word holds \
              `,`, `=` or `\"`, or is empty",
        },
        Param {
            name: "other",
            kind: ParamKind::Text,
            required: true,
            doc: "what stands for every other text",
        },
    ],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "lookup(country, 'DE=EU, FR=EU, US=NA', 'other')",
};
