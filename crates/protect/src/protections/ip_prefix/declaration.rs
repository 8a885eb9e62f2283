//! What `ip_prefix` is and leaks.

use sealine_label::declare::{
    Accepts, Class, Declaration, Effect, Fails, Family, Keeps, Nulls, Param, ParamKind, Part,
    Returns,
};

pub(crate) const DECLARATION: Declaration = Declaration {
    name: "ip_prefix",
    family: Family::Generalize,
    effect: Effect::Part(Part {
        class: Class::Cut,
        nests: false,
    }),
    summary: "puts its network in place of every IP address: `192.168.0.0/16`",
    leaks: "the network, which version the address is, and which values are null; what is not of the \
              kind becomes `***`, so that whether it is shows",
    reversible: "no, within the network",
    keeps: &[Keeps::Nulls],
    standard: "CIDR (RFC 4632, RFC 4291), written as in RFC 5952; IPv4 within IPv6 counts as IPv4",
    accepts: &[Accepts::Text],
    returns: Returns::Text,
    params: &[
        Param {
            name: "v4",
            kind: ParamKind::Count,
            required: true,
            doc: "bits of an IPv4 address that stay, at most 32",
        },
        Param {
            name: "v6",
            kind: ParamKind::Count,
            required: false,
            doc: "bits of an IPv6 address that stay, at most 64; none by default",
        },
    ],
    nulls: Nulls::Kept,
    opens: false,
    fails: Fails::Never,
    example: "ip_prefix(ip, 24, 48)",
};
