//! What `date_shift` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "date_shift",
    family: Family::Generalize,
    effect: Effect::Part(Part {
        class: Class::Shift,
        nests: false,
    }),
    summary: "moves the dates of each subject by a number of days that only the key knows, from 1 to \
              the most in either direction; intervals between the dates of a subject stay",
    leaks: "intervals between the dates of one subject, the time of day, the day of the week up to \
              the shift, the true date within the most, and which values or subjects are null; one \
              known date of a subject gives all its dates, and one date beside several subjects is \
              given away",
    reversible: "by whoever holds the key and the subject",
    keeps: &[Keeps::Nulls, Keeps::Type],
    standard: "HMAC-SHA-256 (RFC 2104) under HKDF-SHA-256 (RFC 5869), first 128 bits modulo twice the \
              most; a value beyond one end of its type comes back in at the other, a null subject \
               gives a null",
    accepts: &[Accepts::Date, Accepts::Timestamp],
    returns: Returns::Same,
    params: &[
        Param {
            name: "key",
            kind: ParamKind::Key("token"),
            required: true,
            doc: "the name of a key of purpose `token`; one key, one distance for a subject in every table",
        },
        Param {
            name: "subject",
            kind: ParamKind::Column,
            required: true,
            doc: "the column that says whose date it is: text or whole numbers",
        },
        Param {
            name: "days",
            kind: ParamKind::Number,
            required: true,
            doc: "the most days, 1 to 3650; columns with other limits move by other distances",
        },
    ],
    nulls: Nulls::Kept,
    opens: true,
    fails: Fails::Never,
    example: "date_shift(admitted, 'crm', patient, 100)",
};
