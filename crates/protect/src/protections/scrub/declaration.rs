//! What `scrub` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "scrub",
    family: Family::Text,
    effect: Effect::Part(Part {
        class: Class::Text,
        nests: false,
    }),
    summary: "finds personal data within running text and protects each finding by its kind: replaced by its name, \
              such as `[EMAIL_ADDRESS]`, unless the plan says otherwise",
    leaks: "everything that the detectors do not find, which is every name, place and organization and some of the \
            rest; where each finding stood and of what kind it was; what the protection of a kind leaks; and which \
            values are null",
    reversible: "no; what is tokenized, with the key, by trying guesses",
    keeps: &[Keeps::Length, Keeps::Nulls],
    standard: "the detectors of docs/reference/detection.md; kinds are named as Microsoft Presidio names them",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[
        Param {
            name: "plan",
            kind: ParamKind::LongText,
            required: false,
            doc: "a protection for each kind, such as `email=tokenize, card=mask(6, 4), url=keep, *=replace`; a kind \
                  that is not named is replaced",
        },
        Param {
            name: "key",
            kind: ParamKind::Key("token"),
            required: false,
            doc: "the name of a key of purpose `token`, where the plan has `tokenize`; the domain is the tag of the \
                  kind, so that an email in a text has the token it has in a column tagged `pii.email`",
        },
    ],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "scrub(comment, 'email=tokenize, card=mask(6, 4), *=replace', 'crm')",
};
