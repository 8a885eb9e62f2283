//! Proving a project's requests with the real catalogue of protections.
#![allow(dead_code, clippy::panic)]

use sealine_access::{Authorized, Policy, Principal, Refusal, authorize};
use sealine_plan::{Computed, Plan, Registry, Request, prove};
use sealine_protect::catalogue;
use sealine_spec::{Files, Spec};

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
    let registry = Registry::new(catalogue());
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
