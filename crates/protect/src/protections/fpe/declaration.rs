//! What `fpe` and `fpe_card` are and leak.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

const KEY: Param = Param {
    name: "key",
    kind: ParamKind::Key("token"),
    required: true,
    doc: "the name of a key of purpose `token`",
};

const SHORT: Param = Param {
    name: "short",
    kind: ParamKind::Choice(&SHORT_WORDS),
    required: false,
    doc: "what becomes of a value with another form or with fewer than 1,000,000 possible values: `stop` ends \
          the run, `redact` puts `[redacted]` in its place, which cannot be undone",
};

const TWEAK: Param = Param {
    name: "tweak",
    kind: ParamKind::Column,
    required: false,
    doc: "a column of the row: equal values beside different ones of it look different; to undo, it has to be there",
};

/// The words of `short`.
pub(super) const SHORT_WORDS: [&str; 2] = ["stop", "redact"];

pub(crate) const FPE: Declaration = Declaration {
    name: "fpe",
    family: Family::Pseudonym,
    effect: Effect::Tokenize,
    summary: "puts a value of the same form and length in place of every value, the same for the same value, key, \
              form and tweak",
    leaks: "which values are equal, how often each occurs, their length and separators, and which are null; nothing \
            shows that a value was changed. Values of a small domain can be guessed by whoever can have values \
            enciphered. Prefer `siv` or `tokenize` where the form need not stay",
    reversible: "by whoever holds the key",
    keeps: &[Keeps::Equality, Keeps::Length, Keeps::Nulls],
    standard: "FF1 with AES-256 (NIST SP 800-38G), at least 1,000,000 possible values (revision 1), under \
               HKDF-SHA-256 (RFC 5869)",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[
        KEY,
        Param {
            name: "form",
            kind: ParamKind::Text,
            required: false,
            doc: "`digits` (the default), `lower`, `upper`, `alnum`, `hex`; `phone`, which keeps `+`, spaces and `-.()/`; \
                  `ssn`, nine digits that stay a well-formed US number; or the characters themselves, such as \
                  `ABCDEF-`: at least two of ASCII, each once",
        },
        SHORT,
        TWEAK,
    ],
    nulls: Nulls::Kept,
    opens: true,
    fails: Fails::Unless(2, "redact"),
    example: "fpe(account, 'crm', 'digits')",
};

pub(crate) const CARD: Declaration = Declaration {
    name: "fpe_card",
    family: Family::Pseudonym,
    effect: Effect::Part(Part {
        class: Class::Mask,
        nests: false,
    }),
    summary: "puts another valid card number in place of every card number, with the same first six and last four \
              digits; of 13 to 15 digits, the first three to five",
    leaks: "the first and the last digits; which values are equal, how often each occurs, and which are null; \
            nothing shows that a value was changed. With the check digit, 100,000 numbers of 16 digits have the \
            same first six and last four: whoever can have values enciphered can try them all. Prefer `siv` or \
            `tokenize` where the form need not stay",
    reversible: "by whoever holds the key",
    keeps: &[Keeps::Equality, Keeps::Length, Keeps::Nulls],
    standard: "FF1 with AES-256 (NIST SP 800-38G) over at least six hidden digits, tweaked with those that stay, \
               walked to the next number that passes Luhn (ISO/IEC 7812)",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[KEY, SHORT, TWEAK],
    nulls: Nulls::Kept,
    opens: true,
    fails: Fails::Unless(1, "redact"),
    example: "fpe_card(card, 'crm')",
};
