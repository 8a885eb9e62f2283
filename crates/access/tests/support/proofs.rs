//! Proving a project's requests with the first set of protections, as declared in DESIGN section 4.
//!
//! The real catalogue lives in `sealine_protect`, which this crate may not use.
#![allow(dead_code, clippy::panic)]

use sealine_access::{Authorized, Policy, Principal, Refusal, authorize};
use sealine_label::declare::{
    Accepts, Declaration, Effect, Family, Keeps, Nulls, Param, ParamKind, Returns,
};
use sealine_plan::{Computed, Plan, Registry, Request, prove};
use sealine_spec::{Files, Spec};

const fn param(name: &'static str, kind: ParamKind, required: bool) -> Param {
    Param {
        name,
        kind,
        required,
        doc: "a parameter",
    }
}

// The fields of a declaration, in its order.
#[allow(clippy::too_many_arguments)]
const fn declaration(
    name: &'static str,
    family: Family,
    effect: Effect,
    accepts: &'static [Accepts],
    returns: Returns,
    params: &'static [Param],
    nulls: Nulls,
    keeps: &'static [Keeps],
) -> Declaration {
    Declaration {
        name,
        family,
        effect,
        summary: "a protection",
        leaks: "what it says",
        reversible: "no",
        keeps,
        standard: "none",
        accepts,
        returns,
        params,
        nulls,
        opens: false,
        example: "",
    }
}

static DECLARATIONS: [Declaration; 6] = [
    declaration(
        "redact",
        Family::Remove,
        Effect::Redact,
        &[Accepts::Any],
        Returns::Text,
        &[],
        Nulls::Hidden,
        &[],
    ),
    declaration(
        "nullify",
        Family::Remove,
        Effect::Nullify,
        &[Accepts::Any],
        Returns::Same,
        &[],
        Nulls::Hidden,
        &[Keeps::Type],
    ),
    declaration(
        "mask",
        Family::Mask,
        Effect::Mask,
        &[Accepts::Text],
        Returns::Text,
        &[
            param("first", ParamKind::Count, true),
            param("last", ParamKind::Count, true),
        ],
        Nulls::Kept,
        &[Keeps::Length, Keeps::Nulls],
    ),
    declaration(
        "bucket",
        Family::Generalize,
        Effect::Bucket,
        &[
            Accepts::Integer,
            Accepts::Float,
            Accepts::Decimal,
            Accepts::Date,
            Accepts::Timestamp,
        ],
        Returns::Same,
        &[
            param("width", ParamKind::Number, true),
            param("offset", ParamKind::Number, false),
        ],
        Nulls::Kept,
        &[Keeps::Order, Keeps::Nulls, Keeps::Type],
    ),
    declaration(
        "tokenize",
        Family::Pseudonym,
        Effect::Tokenize,
        &[Accepts::Text, Accepts::Integer, Accepts::Date],
        Returns::Text,
        &[
            param("key", ParamKind::Key("token"), true),
            param("domain", ParamKind::Domain, false),
        ],
        Nulls::Kept,
        &[Keeps::Equality, Keeps::Nulls],
    ),
    declaration(
        "encrypt",
        Family::Seal,
        Effect::Encrypt,
        &[Accepts::Any],
        Returns::Binary,
        &[param("key", ParamKind::Key("value"), true)],
        Nulls::Kept,
        &[Keeps::Length, Keeps::Nulls],
    ),
];

/// The plan of a request, which must bind.
pub(crate) fn plan(files: &Files, spec: &Spec, request: &Request) -> Plan {
    bind(files, spec, request).unwrap_or_else(|found| panic!("{request:?} does not bind:\n{found}"))
}

/// The plan of a request, or what is broken.
pub(crate) fn bind(files: &Files, spec: &Spec, request: &Request) -> Result<Plan, String> {
    bind_after(&Computed::default(), files, spec, request)
}

/// As [`bind`], with the labels that earlier runs recorded.
pub(crate) fn bind_after(
    computed: &Computed,
    files: &Files,
    spec: &Spec,
    request: &Request,
) -> Result<Plan, String> {
    let registry = Registry::new(&DECLARATIONS);
    prove(files, spec, computed, &registry, request).map_err(|found| {
        let text: Vec<_> = found
            .iter()
            .map(|found| format!("{} {}", found.code, found.message))
            .collect();
        text.join("\n")
    })
}

/// A moment, in Unix seconds.
pub(crate) const NOW: i64 = 1_790_000_000;

/// Decides a pipeline of the project as the service it runs as.
pub(crate) fn decide(
    files: &Files,
    spec: &Spec,
    policy: &Policy,
    pipeline: &str,
) -> Result<Authorized<Plan>, Refusal> {
    let plan = plan(files, spec, &Request::Pipeline(pipeline.to_owned()));
    let principal = Principal::service(plan.runs_as());
    authorize(plan, files, spec, policy, &principal, NOW, 7)
}
