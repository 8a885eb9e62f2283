//! What `mask_ip` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "mask_ip",
    family: Family::Mask,
    effect: Effect::Part(Part {
        class: Class::Mask,
        nests: true,
    }),
    summary: "puts `x` in place of all but the first parts of an IP address: octets of IPv4, groups of \
              16 bits of IPv6",
    leaks: "the first parts, which version it is, and which values are null; what is not of the kind \
              becomes `***`, so that whether it is shows",
    reversible: "no, but the last octet is 256 tries",
    keeps: &[Keeps::Nulls],
    standard: "RFC 4291 and RFC 5952; with three parts an IPv4 /24 or an IPv6 /48 shows, one site; IPv4 \
              within IPv6 counts as IPv4",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[Param {
        name: "parts",
        kind: ParamKind::Count,
        required: false,
        doc: "how many parts at the start stay, at most 3; none by default",
    }],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "mask_ip(ip, 2)",
};
