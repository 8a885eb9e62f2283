//! What `vault_token` is and leaks.

use sealine_label::declare::{
    Accepts, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Returns,
};

use super::kernel::REUSE;

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "vault_token",
    family: Family::Pseudonym,
    effect: Effect::Tokenize,
    summary: "puts a random token of 22 characters in place of every value and keeps the two together, the value \
              sealed, in the project's token vault",
    leaks: "which values are equal, how often each occurs, and which are null; with `never`, only which are null. A \
            token tells nothing of its value, not even to whoever tries guesses with the key, unless they have the \
            vault too. The vault shows how many tokens there are, when each was made, and the length of the \
            value behind it; where it is a server, that also sees which of them are used, and when",
    reversible: "by whoever holds the key and the vault, until the token expires or the vault is destroyed",
    keeps: &[Keeps::Equality, Keeps::Nulls],
    standard: "tokens of 128 random bits, base64url (RFC 4648); values sealed by AES-256-GCM-SIV (RFC 8452), which \
               authenticates domain and token; found again by HMAC-SHA-256 (RFC 2104); each under its own key by \
               HKDF-SHA-256 (RFC 5869)",
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
        Param {
            name: "ttl",
            kind: ParamKind::Text,
            required: false,
            doc: "how long a new token lives: `90d`, `12h`, or `0` for ever (the default); after that it opens \
                  nothing, and its value gets a new one",
        },
        Param {
            name: "reuse",
            kind: ParamKind::Choice(REUSE),
            required: false,
            doc: "`value`: the same value has the same token within the domain; `never`: a new token for every row \
                  of every run",
        },
    ],
    nulls: Nulls::Kept,
    opens: true,
    fails: Fails::Beyond(65_536),
    example: "vault_token(email, 'crm', 'pii.email', '90d')",
};
