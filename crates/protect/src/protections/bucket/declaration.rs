//! What `bucket` is and leaks.

use sealine_label::declare::{
    Accepts, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "bucket",
    family: Family::Generalize,
    effect: Effect::Bucket,
    summary: "puts the lower edge of its bucket in place of every value: 37 in buckets of 10 is 30",
    leaks: "the bucket, the order of buckets, and which values are null; two bucketings with other edges show \
            more together than each alone",
    reversible: "no, within the width",
    keeps: &[Keeps::Order, Keeps::Nulls, Keeps::Type],
    standard: "floor division; generalization as in ISO/IEC 20889, 10.2",
    accepts: &[
        Accepts::Integer,
        Accepts::Float,
        Accepts::Decimal,
        Accepts::Date,
        Accepts::Timestamp,
    ],
    returns: Returns::Same,
    params: &[
        Param {
            name: "width",
            kind: ParamKind::Number,
            required: true,
            doc: "above zero; days for dates and timestamps",
        },
        Param {
            name: "offset",
            kind: ParamKind::Number,
            required: false,
            doc: "where one of the edges lies, 0 by default; days since 1970-01-01 for dates and timestamps",
        },
    ],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "bucket(age, 10)",
};
