//! What `encrypt` is and leaks.

use sealine_label::declare::{
    Accepts, Declaration, Effect, Family, Keeps, Nulls, Param, ParamKind, Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "encrypt",
    family: Family::Seal,
    effect: Effect::Encrypt,
    summary: "puts a randomized ciphertext in place of every value, bound to the dataset and column it is written to",
    leaks: "the length of text and bytes, and which values are null; equal values do not look equal; whoever may \
            write the dataset can exchange whole values between rows of one column",
    reversible: "by whoever holds the key",
    keeps: &[Keeps::Length, Keeps::Nulls],
    standard: "AES-256-GCM (NIST SP 800-38D), data keys by HKDF-SHA-256 (RFC 5869)",
    accepts: &[Accepts::Any],
    returns: Returns::Binary,
    params: &[Param {
        name: "key",
        kind: ParamKind::Key("value"),
        required: true,
        doc: "the name of a key of purpose `value`",
    }],
    nulls: Nulls::Kept,
    opens: true,
    example: "encrypt(comment, 'notes')",
};
