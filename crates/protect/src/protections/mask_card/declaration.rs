//! What `mask_card` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "mask_card",
    family: Family::Mask,
    effect: Effect::Part(Part {
        class: Class::Mask,
        nests: true,
    }),
    summary: "puts `*` in place of the digits of a card number but the last four and, where asked for, \
              its issuer; separators stay",
    leaks: "the last four digits, the issuer where asked for, how many digits there are, and which \
              values are null; the check digit tells one in ten of the hidden; what is not of the kind \
              becomes `***`, so that whether it is shows",
    reversible: "no, but six hidden digits are a hundred thousand tries, and four a thousand",
    keeps: &[Keeps::Length, Keeps::Nulls],
    standard: "PCI DSS 4.0.1, 3.4.1: at most the BIN and the last four; a BIN has eight digits in \
              numbers of 16 and more, else six; check digit of ISO/IEC 7812-1",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[Param {
        name: "show",
        kind: ParamKind::Choice(super::kernel::SHOW),
        required: false,
        doc: "what stays; where fewer than three digits would be hidden, the last four alone",
    }],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "mask_card(card, 'first-6-last-4')",
};
