//! What `mask_url` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Part, Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "mask_url",
    family: Family::Mask,
    effect: Effect::Part(Part {
        class: Class::Mask,
        nests: false,
    }),
    summary: "keeps scheme and host of a URL and hides user, password, port, path, query and fragment: \
              `https://example.com/***`",
    leaks: "the scheme and the host, which may name a person, and which values are null; what is not \
              of the kind becomes `***`, so that whether it is shows",
    reversible: "no, but a known site has few paths",
    keeps: &[Keeps::Nulls],
    standard: "RFC 3986",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "mask_url(url)",
};
