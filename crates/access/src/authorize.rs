//! From a plan to an authorized plan, or to a refusal that says how to pass.
//!
//! Invariant: every question is asked, all of them, before anything is
//! returned; one denial, one violation or one owner who has not signed refuses. Must never: touch data, read
//! a clock, or treat a question that could not be asked as permitted.

use std::collections::BTreeSet;

use sealine_plan::{Demand, DemandKind, Plan, Request, Sink};
use sealine_spec::{Files, Spec};

use crate::action::{Action, Resource};
use crate::authorized::{Authorized, Granted};
use crate::decide::{self, Decision};
use crate::disclosure::Disclosure;
use crate::policy::Policy;
use crate::principal::Principal;
use crate::refusal::Refusal;
use crate::render::Renderer;

/// Asks the policy everything that the plan needs, as `principal`.
///
/// `run` (or `preview`) on the pipeline, `read` on each input, `write` on each
/// output, and each demand of the proof. `now` is in Unix seconds; the result
/// ends [`crate::LIFETIME_SECONDS`] later. `key_epoch` is the keystore's.
///
/// # Errors
///
/// A [`Refusal`] with one diagnostic for each cause.
pub fn authorize(
    plan: Plan,
    files: &Files,
    spec: &Spec,
    policy: &Policy,
    principal: &Principal,
    now: i64,
    key_epoch: u64,
) -> Result<Authorized<Plan>, Refusal> {
    let asking = Asking {
        spec,
        policy,
        principal,
        pipeline: plan.pipeline(),
    };
    let denied: Vec<Denied> = questions(&plan)
        .into_iter()
        .filter_map(|(action, resource)| {
            let decision = decide::ask(policy, principal, action, &resource, None);
            (!decision.permitted()).then_some(Denied {
                action,
                resource,
                decision,
            })
        })
        .collect();
    let mut granted = Vec::new();
    let mut refused = Vec::new();
    for (index, demand) in plan.demands().iter().enumerate() {
        let decision = asking.demand(demand);
        if decision.permitted() {
            granted.push(Granted {
                demand: demand.clone(),
                by: decision.by().to_vec(),
            });
        } else {
            refused.push((index, decision));
        }
    }
    let vouched = policy.vouched();
    if vouched.is_sound() && denied.is_empty() && refused.is_empty() && plan.violations().is_empty()
    {
        return Ok(Authorized::new(
            plan,
            policy.digest(),
            key_epoch,
            now,
            Principal {
                roles: policy
                    .roles_of(principal)
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
                ..principal.clone()
            },
            granted,
            vouched.signers().to_vec(),
        ));
    }
    Err(Renderer {
        plan: &plan,
        files,
        asking,
    }
    .refusal(&denied, &refused))
}

/// A permission that is not about a value, and was denied.
pub(crate) struct Denied {
    pub(crate) action: Action,
    pub(crate) resource: Resource,
    pub(crate) decision: Decision,
}

/// Who asks which policy, for which pipeline.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) policy: &'a Policy,
    pub(crate) principal: &'a Principal,
    pub(crate) pipeline: &'a str,
}

impl Asking<'_> {
    pub(crate) fn demand(&self, demand: &Demand) -> Decision {
        decide::ask(
            self.policy,
            self.principal,
            action(demand.kind),
            &tag(demand),
            Some(&self.disclosure(demand)),
        )
    }

    pub(crate) fn disclosure(&self, demand: &Demand) -> Disclosure {
        Disclosure::of(demand, self.pipeline, &self.spec.project.levels)
    }
}

/// The action that a demand asks for.
pub(crate) fn action(kind: DemandKind) -> Action {
    match kind {
        DemandKind::Declassify => Action::Declassify,
        DemandKind::Select => Action::Select,
        DemandKind::Link => Action::Link,
        DemandKind::Reveal => Action::Reveal,
        DemandKind::Export => Action::Export,
        DemandKind::Waive => Action::Waive,
    }
}

/// The resource that a demand is about.
pub(crate) fn tag(demand: &Demand) -> Resource {
    demand.tag.as_ref().map_or_else(Resource::untagged, |tag| {
        Resource::Tag(tag.as_str().to_owned())
    })
}

/// What is asked before any value: start, read, write; each once.
pub(crate) fn questions(plan: &Plan) -> Vec<(Action, Resource)> {
    let mut all = Vec::new();
    match plan.request() {
        Request::Pipeline(_) | Request::Verdict { .. } => {
            all.push((Action::Run, Resource::Pipeline(plan.pipeline().to_owned())));
        }
        Request::Preview { pipeline, .. } => {
            all.push((Action::Preview, Resource::Pipeline(pipeline.clone())));
        }
        // Reading at a terminal is `read` on the dataset, below.
        Request::Read { .. } | Request::Reveal { .. } => {}
    }
    let reads: BTreeSet<&str> = plan
        .inputs()
        .iter()
        .map(|input| input.dataset.id.as_str())
        .chain(match plan.request() {
            Request::Read { dataset, .. } | Request::Reveal { dataset, .. } => {
                Some(dataset.as_str())
            }
            _ => None,
        })
        .collect();
    all.extend(
        reads
            .into_iter()
            .map(|id| (Action::Read, Resource::Dataset(id.to_owned()))),
    );
    let writes: BTreeSet<&str> = plan
        .outputs()
        .iter()
        .filter_map(|output| match &output.sink {
            Sink::Dataset(dataset) => Some(dataset.id.as_str()),
            Sink::Terminal => None,
        })
        .collect();
    all.extend(
        writes
            .into_iter()
            .map(|id| (Action::Write, Resource::Dataset(id.to_owned()))),
    );
    all
}
