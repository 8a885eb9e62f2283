//! What `surrogate` is and leaks.

use sealine_label::declare::{
    Accepts, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Returns,
};

use super::kind::{RETURNS, WORDS};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "surrogate",
    family: Family::Pseudonym,
    effect: Effect::Tokenize,
    summary: "puts a realistic stand-in of the kind that is asked for in place of every value, the same for the same \
              value, key, domain and kind, for test data that fits together across tables. `name`, `first_name`, \
              `last_name` and `email` of one value belong to one invented person; `street`, `city`, `postcode` and \
              `address` to one invented place",
    leaks: "which values are equal, mostly, and how often each occurs, and which are null; whoever holds the key, or \
            can have values replaced, can try guesses. Two values may share a surrogate, so that it is no key to join \
            on: there are 118,000 names, 56,700 telephone numbers and 17,000 British ones; of 1,000,000 values about \
            five pairs share a card, about 10,000 an ssn; emails, ibans, uuids and integers collide with a chance \
            below 1e-5",
    reversible: "no; with the key, by trying guesses",
    keeps: &[Keeps::Equality, Keeps::Nulls],
    standard: "HMAC-SHA-256 (RFC 2104) under HKDF-SHA-256 (RFC 5869) chooses. Nothing that it gives was issued: email \
               at example.com, .net and .org (RFC 2606); phone +1 with 555-0100 to 555-0199, kept for fiction in the \
               geographic area codes of the North American Numbering Plan; phone_uk in Ofcom's ranges for drama; card \
               of 16 digits with a valid Luhn digit beginning 9999 (ISO/IEC 7812: 9 and a country code, 999, that ISO \
               3166 leaves to users), so that no card scheme claims it; iban DE with valid check digits (ISO 13616) \
               and a bank code beginning with 0, where the Bundesbank has no clearing area; ssn beginning with 9, \
               never issued, in groups that ITIN and ATIN do not use; postcode 00000 to 00199, assigned neither in \
               the USA nor in Germany; uuid of version 8 (RFC 9562); streets and towns put together from parts, which \
               may exist by chance",
    accepts: &[Accepts::Text, Accepts::Integer, Accepts::Date],
    returns: Returns::Chosen(0, RETURNS),
    params: &[
        Param {
            name: "kind",
            kind: ParamKind::Choice(WORDS),
            required: true,
            doc: "what the stand-in looks like; `integer` is a whole number below 10^18, all others are text",
        },
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
            doc: "keeps stand-ins of different kinds of values apart; the first tag of the column by default",
        },
    ],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "surrogate(name, 'name', 'crm')",
};
