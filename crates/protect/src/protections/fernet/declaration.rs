//! What `fernet` is and leaks.

use sealine_label::declare::{
    Accepts, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "fernet",
    family: Family::Seal,
    effect: Effect::Encrypt,
    summary: "puts a Fernet token in place of every value, for programs that read that format; for all else use `encrypt`",
    leaks: "the length up to 16 bytes, when the run was, and which values are null; equal values do not look equal; \
            nothing is bound, so a token opens in any dataset, column and row it is moved to",
    reversible: "by whoever holds the key, or the Fernet key made from it for a partner",
    keeps: &[Keeps::Length, Keeps::Nulls],
    standard: "Fernet (github.com/fernet/spec): AES-128-CBC and HMAC-SHA-256, under HKDF-SHA-256 (RFC 5869)",
    accepts: &[Accepts::Text, Accepts::Binary],
    returns: Returns::Text,
    params: &[Param {
        name: "key",
        kind: ParamKind::Key("value"),
        required: true,
        doc: "the name of a key of purpose `value`",
    }],
    nulls: Nulls::Kept,
    opens: true,
    fails: Fails::Never,
    example: "fernet(comment, 'partner')",
};
