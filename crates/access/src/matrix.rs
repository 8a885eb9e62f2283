//! Who may what, all of it: the questions of a project, asked for everybody that its files know.
//!
//! Invariant: a function of the files; the text of the policy answers, signed or not. A change of who may do what
//! is a change of its text, so that a committed copy shows it in review. Must never: authorize anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cedar_policy::EntityUid;
use sealine_plan::Plan;
use sealine_spec::Spec;

use crate::action::{Action, Resource};
use crate::authorize::{action, tag};
use crate::decide;
use crate::disclosure::Disclosure;
use crate::policy::Policy;
use crate::principal::{Principal, PrincipalKind};

/// Stands for somebody whom no file of the project names.
const NOBODY: &str = "(anybody else)";

/// One question, and to whom the policy permits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// For what.
    pub action: Action,
    /// About what.
    pub resource: Resource,
    /// What is disclosed, where the action discloses.
    pub disclosure: Option<Disclosure>,
    /// Who may, and by which statements.
    pub permitted: Vec<(String, Vec<String>)>,
}

/// Every question, in the order of actions, resources and disclosures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    principals: Vec<String>,
    unplanned: Vec<String>,
    rows: Vec<Row>,
}

impl Matrix {
    /// Asks for every service and user that the files name, one of each that they do not, and one user in each
    /// role. Disclosures are those that the plans ask for, whoever runs them.
    #[must_use]
    pub fn of(spec: &Spec, policy: &Policy, plans: &[Plan]) -> Self {
        let principals = principals(spec, policy);
        let rows = questions(spec, plans)
            .into_iter()
            .map(|((action, resource), disclosure)| {
                let permitted = principals
                    .iter()
                    .filter_map(|(name, principal)| {
                        let decision =
                            decide::ask(policy, principal, action, &resource, disclosure.as_ref());
                        let by = decision.by().to_vec();
                        decision.permitted().then(|| (name.clone(), by))
                    })
                    .collect();
                Row {
                    action,
                    resource,
                    disclosure,
                    permitted,
                }
            })
            .collect();
        let planned: BTreeSet<&str> = plans.iter().map(Plan::pipeline).collect();
        let names = spec.pipelines.keys();
        Self {
            principals: principals.into_keys().collect(),
            unplanned: names
                .filter(|name| !planned.contains(name.as_str()))
                .cloned()
                .collect(),
            rows,
        }
    }

    /// For whom it was asked, as the rows name them.
    pub fn principals(&self) -> &[String] {
        &self.principals
    }

    /// Pipelines without a plan: what they disclose is not asked. They read what another one has yet to write.
    pub fn unplanned(&self) -> &[String] {
        &self.unplanned
    }

    /// The questions.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// As it is committed: a question a line, and below it who may, with the statements that permit it.
impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# Who may what, and by which statements: `sealine policy matrix`."
        )?;
        writeln!(f, "# Asked for: {}", self.principals.join(", "))?;
        if !self.unplanned.is_empty() {
            let names = self.unplanned.join(", ");
            writeln!(
                f,
                "# Not asked what these disclose, since others have yet to write what they read: {names}"
            )?;
        }
        for row in &self.rows {
            let kind = row.resource.type_name();
            write!(f, "\n{} {kind} {}", row.action, row.resource.id())?;
            if let Some(one) = &row.disclosure {
                let form = one.protection_text().replace('`', "");
                write!(
                    f,
                    ": {form}, {}.{} {} to {} {}, by {}",
                    one.dataset, one.column, one.from_level, one.to, one.to_level, one.pipeline
                )?;
            }
            writeln!(f)?;
            if row.permitted.is_empty() {
                writeln!(f, "    nobody")?;
            }
            for (name, by) in &row.permitted {
                writeln!(f, "    {name}  by {}", by.join(", "))?;
            }
        }
        Ok(())
    }
}

fn principals(spec: &Spec, policy: &Policy) -> BTreeMap<String, Principal> {
    let mut all = BTreeMap::new();
    let mut add = |principal: Principal| {
        let kind = principal.kind.type_name();
        let name = match principal.roles.first() {
            Some(role) => format!("{kind} {} in {role}", principal.id),
            None => format!("{kind} {}", principal.id),
        };
        all.insert(name, principal);
    };
    add(Principal::service(NOBODY));
    add(Principal::user(NOBODY));
    for pipeline in spec.pipelines.values() {
        add(Principal::service(&pipeline.runs_as));
    }
    let mut roles: BTreeSet<String> = spec.project.roles.keys().cloned().collect();
    for role in spec.project.roles.values() {
        role.users.iter().for_each(|id| add(Principal::user(id)));
        role.services
            .iter()
            .for_each(|id| add(Principal::service(id)));
    }
    let named = policy.set().policies();
    for uid in named.flat_map(cedar_policy::Policy::entity_literals) {
        let id = EntityUid::id(&uid).unescaped().to_owned();
        match uid.type_name().basename() {
            "User" => add(Principal::user(id)),
            "Service" => add(Principal::service(id)),
            "Role" => {
                roles.insert(id);
            }
            _ => {}
        }
    }
    for role in roles {
        add(Principal {
            kind: PrincipalKind::User,
            id: NOBODY.to_owned(),
            roles: vec![role],
        });
    }
    all
}

type Question = ((Action, Resource), Option<Disclosure>);

fn questions(spec: &Spec, plans: &[Plan]) -> Vec<Question> {
    let plain = |resource: Resource| move |action| ((action, resource.clone()), None);
    let mut all: Vec<Question> = Vec::new();
    let mut ask = |actions: &[Action], resource: Resource| {
        all.extend(actions.iter().copied().map(plain(resource)));
    };
    for name in spec.pipelines.keys() {
        ask(
            &[Action::Run, Action::Preview],
            Resource::Pipeline(name.clone()),
        );
    }
    for id in spec.datasets.keys() {
        ask(
            &[Action::Read, Action::Write],
            Resource::Dataset(id.clone()),
        );
    }
    let of_keys = [
        Action::Keys,
        Action::Administer,
        Action::Wrap,
        Action::Unwrap,
    ];
    for name in spec.project.keys.keys() {
        ask(&of_keys, Resource::Key(name.clone()));
    }
    ask(&[Action::Audit], Resource::Log);
    let levels = &spec.project.levels;
    for plan in plans {
        for demand in plan.demands() {
            let disclosure = Disclosure::of(demand, plan.pipeline(), levels);
            all.push(((action(demand.kind), tag(demand)), Some(disclosure)));
        }
    }
    let order = |(question, disclosure): &Question| {
        let text = disclosure.as_ref().map(|one| format!("{one:?}"));
        (question.clone(), text)
    };
    all.sort_by_cached_key(order);
    all.dedup();
    all
}
