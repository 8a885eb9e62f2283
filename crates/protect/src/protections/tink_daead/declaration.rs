//! What `tink_daead` is and leaks.

use sealine_label::declare::{
    Accepts, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "tink_daead",
    family: Family::Pseudonym,
    effect: Effect::Tokenize,
    summary: "puts a deterministic Tink ciphertext in place of every value, for programs that use Tink; for all else use `siv`",
    leaks: "which values are equal, how often each occurs, the length of text and bytes, and which values are null; \
            whoever can have values sealed can try guesses; only `context` is bound, so a value opens in any dataset, \
            column and row it is moved to",
    reversible: "by whoever holds the key, or the Tink keyset made from it for a partner",
    keeps: &[Keeps::Equality, Keeps::Length, Keeps::Nulls],
    standard: "Tink deterministic AEAD: AES-256-SIV (RFC 5297) with the prefix `TINK`, under HKDF-SHA-256 (RFC 5869)",
    accepts: &[Accepts::Text, Accepts::Binary],
    returns: Returns::Binary,
    params: &[
        Param {
            name: "key",
            kind: ParamKind::Key("token"),
            required: true,
            doc: "the name of a key of purpose `token`",
        },
        Param {
            name: "context",
            kind: ParamKind::Text,
            required: false,
            doc: "the associated data that the other program gives too; empty by default",
        },
    ],
    nulls: Nulls::Kept,
    opens: true,
    fails: Fails::Never,
    example: "tink_daead(email, 'partner')",
};
