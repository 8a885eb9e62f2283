//! What `nullify` is and leaks.

use sealine_label::declare::{Accepts, Declaration, Effect, Fails, Family, Keeps, Nulls, Returns};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "nullify",
    family: Family::Remove,
    effect: Effect::Nullify,
    summary: "puts null in place of every value and keeps the type",
    leaks: "only how many rows there are",
    reversible: "no",
    keeps: &[Keeps::Type],
    standard: "none needed: the output does not depend on the input",
    accepts: &[Accepts::Any],
    returns: Returns::Same,
    params: &[],
    nulls: Nulls::Hidden,
    opens: false,
    fails: Fails::Never,
    example: "nullify(comment)",
};
