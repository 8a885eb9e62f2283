//! What `replace` is and leaks.

use sealine_label::declare::{
    Accepts, Declaration, Effect, Fails, Family, Nulls, Param, ParamKind, Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "replace",
    family: Family::Remove,
    effect: Effect::Redact,
    summary: "puts the given word between brackets in place of every value, nulls included: `[EMAIL]`",
    leaks: "only how many rows there are, and the word",
    reversible: "no",
    keeps: &[],
    standard: "none needed: the output does not depend on the input",
    accepts: &[Accepts::Any],
    returns: Returns::Text,
    params: &[Param {
        name: "kind",
        kind: ParamKind::Text,
        required: true,
        doc: "what stood there, such as EMAIL",
    }],
    nulls: Nulls::Hidden,
    opens: false,
    fails: Fails::Never,
    example: "replace(email, 'EMAIL')",
};
