//! What `zip_hipaa` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Part, Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "zip_hipaa",
    family: Family::Generalize,
    effect: Effect::Part(Part {
        class: Class::Cut,
        nests: false,
    }),
    summary: "keeps the first three digits of a US ZIP code, and puts `000` where so few people live \
              there that they may not show",
    leaks: "the three digits of areas of more than 20,000 people, and which values are null",
    reversible: "no, within the area",
    keeps: &[Keeps::Nulls],
    standard: "Safe Harbor, 45 CFR 164.514(b)(2)(i)(B), with the 17 restricted areas that the guidance \
              of the US Department of Health and Human Services of 26 November 2012 lists by the census \
              of 2000; a later census may have others",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "zip_hipaa(zip)",
};
