//! What `encrypt` is and leaks.

use sealine_label::declare::{
    Accepts, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Returns,
};

/// The classes of length, in bytes; those of [`PADS`].
pub(super) const PAD: &[&str] = &[
    "none", "16", "32", "64", "128", "256", "512", "1024", "4096",
];
pub(super) const PADS: [usize; 9] = [0, 16, 32, 64, 128, 256, 512, 1024, 4096];
pub(super) const NULLS: &[&str] = &["kept", "sealed"];
pub(super) const CIPHER: &[&str] = &["gcm", "gcm-siv"];

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "encrypt",
    family: Family::Seal,
    effect: Effect::Encrypt,
    summary: "puts a randomized ciphertext in place of every value, bound to the dataset and column it is written to",
    leaks: "the length of text and bytes, or with `pad` which multiple of it they reach; which values are null, unless \
            they are sealed too; equal values do not look equal; whoever may write the dataset can exchange whole values \
            between rows of one column, unless they are bound to the key of their row, and can put old ones back",
    reversible: "by whoever holds the key",
    keeps: &[Keeps::Length, Keeps::Nulls],
    standard: "AES-256-GCM (NIST SP 800-38D) or AES-256-GCM-SIV (RFC 8452), data keys by HKDF-SHA-256 (RFC 5869)",
    accepts: &[Accepts::Any],
    returns: Returns::Binary,
    params: &[
        Param {
            name: "key",
            kind: ParamKind::Key("value"),
            required: true,
            doc: "the name of a key of purpose `value`",
        },
        Param {
            name: "pad",
            kind: ParamKind::Choice(PAD),
            required: false,
            doc: "fills what is sealed up to a multiple of so many bytes; values up to that length all look alike",
        },
        Param {
            name: "nulls",
            kind: ParamKind::Choice(NULLS),
            required: false,
            doc: "`sealed` makes a ciphertext of a null, as long as the shortest of its column; text and bytes need a `pad`",
        },
        Param {
            name: "cipher",
            kind: ParamKind::Choice(CIPHER),
            required: false,
            doc: "`gcm-siv` stays safe if a random nonce is ever repeated",
        },
        Param {
            name: "row_key",
            kind: ParamKind::Column,
            required: false,
            doc: "a column that tells the rows apart; a value moved to a row with another one does not open",
        },
    ],
    nulls: Nulls::Kept,
    opens: true,
    fails: Fails::NullBeside,
    example: "encrypt(comment, 'notes')",
};
