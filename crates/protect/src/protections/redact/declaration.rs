//! What `redact` is and leaks.

use sealine_label::declare::{Accepts, Declaration, Effect, Fails, Family, Nulls, Returns};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "redact",
    family: Family::Remove,
    effect: Effect::Redact,
    summary: "puts the text `[redacted]` in place of every value, nulls included",
    leaks: "only how many rows there are",
    reversible: "no",
    keeps: &[],
    standard: "none needed: the output does not depend on the input",
    accepts: &[Accepts::Any],
    returns: Returns::Text,
    params: &[],
    nulls: Nulls::Hidden,
    opens: false,
    fails: Fails::Never,
    example: "redact(comment)",
};
