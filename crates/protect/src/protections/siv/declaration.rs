//! What `siv` is and leaks.

use sealine_label::declare::{
    Accepts, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "siv",
    family: Family::Pseudonym,
    effect: Effect::Tokenize,
    summary: "puts an authenticated ciphertext in place of every value, the same for the same value, key and domain",
    leaks: "which values are equal, how often each occurs, the length of text and bytes, and which values are null; \
            whoever can have values sealed can try guesses",
    reversible: "by whoever holds the key; a changed value does not open",
    keeps: &[Keeps::Equality, Keeps::Length, Keeps::Nulls],
    standard: "AES-256-SIV (RFC 5297) under HKDF-SHA-256 (RFC 5869)",
    accepts: &[
        Accepts::Text,
        Accepts::Binary,
        Accepts::Integer,
        Accepts::Date,
    ],
    returns: Returns::Binary,
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
            doc: "keeps ciphertexts of different kinds of values apart; the first tag of the column by default",
        },
    ],
    nulls: Nulls::Kept,
    opens: true,
    fails: Fails::Never,
    example: "siv(email, 'crm')",
};
