//! What `tokenize` is and leaks.

use sealine_label::declare::{
    Accepts, Declaration, Effect, Family, Keeps, Nulls, Param, ParamKind, Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "tokenize",
    family: Family::Pseudonym,
    effect: Effect::Tokenize,
    summary: "puts a token of 22 characters in place of every value, the same for the same value, key and domain",
    leaks: "which values are equal, how often each occurs, and which are null; whoever holds the key, or can have \
            values tokenized, can try guesses",
    reversible: "no; with the key, by trying guesses",
    keeps: &[Keeps::Equality, Keeps::Nulls],
    standard: "HMAC-SHA-256 (RFC 2104) under HKDF-SHA-256 (RFC 5869), cut to 128 bits, base64url (RFC 4648)",
    accepts: &[Accepts::Text, Accepts::Integer, Accepts::Date],
    returns: Returns::Text,
    params: &[
        Param {
            name: "key",
            kind: ParamKind::Key("token"),
            required: true,
            doc: "the name of a key of purpose `token`",
        },
        Param {
            name: "domain",
            kind: ParamKind::Domain,
            required: false,
            doc: "keeps tokens of different kinds of values apart; the first tag of the column by default",
        },
    ],
    nulls: Nulls::Kept,
    opens: false,
    example: "tokenize(email, 'crm')",
};
