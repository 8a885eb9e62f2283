//! What `tink_aead` is and leaks.

use sealine_label::declare::{
    Accepts, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "tink_aead",
    family: Family::Seal,
    effect: Effect::Encrypt,
    summary: "puts a Tink AEAD ciphertext in place of every value, for programs that use Tink; for all else use `encrypt`",
    leaks: "the length of text and bytes, and which values are null; equal values do not look equal; only `context` is \
            bound, so a value opens in any dataset, column and row it is moved to; one key serves all runs, so rotate it \
            before it has sealed 2^32 values",
    reversible: "by whoever holds the key, or the Tink keyset made from it for a partner",
    keeps: &[Keeps::Length, Keeps::Nulls],
    standard: "Tink AEAD: AES-256-GCM (NIST SP 800-38D) with the prefix `TINK`, under HKDF-SHA-256 (RFC 5869)",
    accepts: &[Accepts::Text, Accepts::Binary],
    returns: Returns::Binary,
    params: &[
        Param {
            name: "key",
            kind: ParamKind::Key("value"),
            required: true,
            doc: "the name of a key of purpose `value`",
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
    example: "tink_aead(comment, 'partner', 'crm/notes')",
};
