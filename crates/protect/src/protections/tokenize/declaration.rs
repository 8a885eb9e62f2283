//! What `tokenize` is and leaks.

use super::form::OUTPUTS;
use sealine_label::declare::{
    Accepts, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "tokenize",
    family: Family::Pseudonym,
    effect: Effect::Tokenize,
    summary: "puts a token in place of every value, the same for the same value, key and domain: 22 characters unless \
              another form is asked for",
    leaks: "which values are equal, how often each occurs, and which are null; whoever holds the key, or can have \
            values tokenized, can try guesses",
    reversible: "no; with the key, by trying guesses",
    keeps: &[Keeps::Equality, Keeps::Nulls],
    standard: "HMAC-SHA-256 (RFC 2104) under HKDF-SHA-256 (RFC 5869), cut to 128 bits, base64url (RFC 4648), by default. \
               Two of n values collide with a chance of n²/2N: below 2^-49 for 2^40 values at N = 2^128; a length is \
               refused where the chance is above 1e-6 for 1,000,000 values: 11 characters, 8 bytes (N = 2^64: 3e-8) and \
               18 digits (N = 10^18: 5e-7) are the least",
    accepts: &[Accepts::Text, Accepts::Integer, Accepts::Date],
    returns: Returns::Chosen(2, &[Returns::Text, Returns::Binary, Returns::Integer]),
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
        Param {
            name: "output",
            kind: ParamKind::Choice(OUTPUTS),
            required: false,
            doc: "base64url, bytes, or a whole number of 64 bits that is not negative",
        },
        Param {
            name: "length",
            kind: ParamKind::Count,
            required: false,
            doc: "text: 11 to 43 characters, but for 13, 17 and every fourth, which base64 does not have (22 by \
                  default); binary: 8 to 32 bytes (16 by default); integer: 18 decimal digits",
        },
    ],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "tokenize(email, 'crm')",
};
