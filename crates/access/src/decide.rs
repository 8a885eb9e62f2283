//! One question to the policy, and its answer.
//!
//! Invariant: the answer is *permitted* only where Cedar allows and no statement
//! failed to evaluate. Cedar itself skips a statement that fails, which for a
//! `forbid` would open what it closes: so any failure denies.
//! Must never: ask without the schema.

use std::collections::HashSet;

use cedar_policy::{
    ActionConstraint, Authorizer, Context, Effect, Entities, Entity, EntityId, EntityTypeName,
    EntityUid, PrincipalConstraint, Request, ResourceConstraint, RestrictedExpression,
};

use crate::action::{Action, Resource, dotted_parents};
use crate::disclosure::Disclosure;
use crate::policy::{Policy, schema};
use crate::principal::Principal;

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    permitted: bool,
    by: Vec<String>,
    failed: Option<&'static str>,
}

impl Decision {
    /// Whether it is permitted.
    pub fn permitted(&self) -> bool {
        self.permitted
    }

    /// The ids of the statements that decided: the permits of a permission, the
    /// forbids of a denial (none where nothing covered the request), sorted.
    pub fn by(&self) -> &[String] {
        &self.by
    }

    /// Why the question could not be decided, where it could not: it is denied then.
    pub fn failed(&self) -> Option<&'static str> {
        self.failed
    }

    fn broken(why: &'static str) -> Self {
        Self {
            permitted: false,
            by: Vec::new(),
            failed: Some(why),
        }
    }
}

/// Asks the policy. `disclosure` is the context of `declassify`, `select`,
/// `link` and `reveal`, and must be `None` for every other action.
///
/// What the schema does not know (an action on the wrong kind of resource, a
/// missing or superfluous context) is denied, and [`Decision::failed`] says so; so is everything
/// while something stands against who vouches for the policy.
pub fn permitted(
    policy: &Policy,
    principal: &Principal,
    action: Action,
    resource: &Resource,
    disclosure: Option<&Disclosure>,
) -> Decision {
    if !policy.vouched().is_sound() {
        return Decision::broken("the owners have not signed the project as it is");
    }
    ask(policy, principal, action, resource, disclosure)
}

/// What the text of the policy says, whoever vouches for it. Only for whoever refuses for the owners' sake itself.
pub(crate) fn ask(
    policy: &Policy,
    principal: &Principal,
    action: Action,
    resource: &Resource,
    disclosure: Option<&Disclosure>,
) -> Decision {
    let Some(schema) = schema() else {
        return Decision::broken("the schema that ships with Sealine cannot be read");
    };
    let Some(question) = Question::new(policy, principal, action, resource) else {
        return Decision::broken("a name of the schema cannot be read");
    };
    let Some(context) = context(disclosure) else {
        return Decision::broken("the context cannot be written");
    };
    let Some(entities) = question.entities() else {
        return Decision::broken("the entities do not fit the schema");
    };
    let Ok(request) = Request::new(
        question.principal.clone(),
        question.action.clone(),
        question.resource.clone(),
        context,
        Some(schema),
    ) else {
        return Decision::broken("the schema does not know this action for this resource");
    };
    let response = Authorizer::new().is_authorized(&request, policy.set(), &entities);
    let mut by: Vec<String> = response
        .diagnostics()
        .reason()
        .map(|id| AsRef::<str>::as_ref(id).to_owned())
        .collect();
    by.sort();
    if response.diagnostics().errors().next().is_some() {
        return Decision::broken("a statement of the policy failed to evaluate");
    }
    Decision {
        permitted: response.decision() == cedar_policy::Decision::Allow,
        by,
        failed: None,
    }
}

/// The ids of the permits whose scope covers the question, whatever their
/// conditions: after a denial, the ones whose conditions did not hold. Where some
/// name the resource, or what is above it, only those.
pub(crate) fn covering(
    policy: &Policy,
    principal: &Principal,
    action: Action,
    resource: &Resource,
) -> Vec<String> {
    let Some(question) = Question::new(policy, principal, action, resource) else {
        return Vec::new();
    };
    let Some(entities) = question.entities() else {
        return Vec::new();
    };
    let within = |uid: &EntityUid, of: &EntityUid| uid == of || entities.is_ancestor_of(of, uid);
    let covering: Vec<&cedar_policy::Policy> = policy
        .set()
        .policies()
        .filter(|statement| statement.effect() == Effect::Permit)
        .filter(|statement| match statement.principal_constraint() {
            PrincipalConstraint::Any => true,
            PrincipalConstraint::In(of) => within(&question.principal, &of),
            PrincipalConstraint::Eq(uid) => uid == question.principal,
            PrincipalConstraint::Is(kind) => &kind == question.principal.type_name(),
            PrincipalConstraint::IsIn(kind, of) => {
                &kind == question.principal.type_name() && within(&question.principal, &of)
            }
        })
        .filter(|statement| match statement.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::In(actions) => actions.contains(&question.action),
            ActionConstraint::Eq(uid) => uid == question.action,
        })
        .filter(|statement| match statement.resource_constraint() {
            ResourceConstraint::Any => true,
            ResourceConstraint::In(of) => within(&question.resource, &of),
            ResourceConstraint::Eq(uid) => uid == question.resource,
            ResourceConstraint::Is(kind) => &kind == question.resource.type_name(),
            ResourceConstraint::IsIn(kind, of) => {
                &kind == question.resource.type_name() && within(&question.resource, &of)
            }
        })
        .collect();
    let names_it = |statement: &&&cedar_policy::Policy| {
        matches!(
            statement.resource_constraint(),
            ResourceConstraint::Eq(_) | ResourceConstraint::In(_) | ResourceConstraint::IsIn(_, _)
        )
    };
    let any = covering.iter().any(|statement| names_it(&statement));
    let mut ids: Vec<String> = covering
        .iter()
        .filter(|statement| !any || names_it(statement))
        .map(|statement| AsRef::<str>::as_ref(statement.id()).to_owned())
        .collect();
    ids.sort();
    ids
}

struct Question {
    principal: EntityUid,
    action: EntityUid,
    resource: EntityUid,
    roles: HashSet<EntityUid>,
    /// The parents of the resource, nearest first.
    above: Vec<EntityUid>,
}

impl Question {
    fn new(
        policy: &Policy,
        principal: &Principal,
        action: Action,
        resource: &Resource,
    ) -> Option<Self> {
        let above = match resource {
            Resource::Log => Vec::new(),
            dotted => dotted_parents(dotted.id())
                .map(|id| uid(dotted.type_name(), id))
                .collect::<Option<_>>()?,
        };
        Some(Self {
            principal: uid(principal.kind.type_name(), &principal.id)?,
            action: uid("Action", action.name())?,
            resource: uid(resource.type_name(), resource.id())?,
            roles: policy
                .roles_of(principal)
                .into_iter()
                .map(|role| uid("Role", role))
                .collect::<Option<_>>()?,
            above,
        })
    }

    /// The principal in its roles, and the resource below its dotted parents.
    fn entities(&self) -> Option<Entities> {
        let mut all: Vec<Entity> = self
            .roles
            .iter()
            .map(|role| Entity::new_no_attrs(role.clone(), HashSet::new()))
            .collect();
        all.push(Entity::new_no_attrs(
            self.principal.clone(),
            self.roles.clone(),
        ));
        let chain: Vec<&EntityUid> = std::iter::once(&self.resource).chain(&self.above).collect();
        for (at, uid) in chain.iter().enumerate() {
            let parent = chain.get(at + 1).map(|uid| (*uid).clone());
            all.push(Entity::new_no_attrs(
                (*uid).clone(),
                parent.into_iter().collect(),
            ));
        }
        Entities::from_entities(all, schema()).ok()
    }
}

fn uid(type_name: &str, id: &str) -> Option<EntityUid> {
    let name: EntityTypeName = format!("Sealine::{type_name}").parse().ok()?;
    Some(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
}

fn context(disclosure: Option<&Disclosure>) -> Option<Context> {
    let Some(disclosure) = disclosure else {
        return Some(Context::empty());
    };
    let texts = disclosure.texts().into_iter().filter_map(|(name, value)| {
        let value = RestrictedExpression::new_string(value?.to_owned());
        Some((name.to_owned(), value))
    });
    let numbers = disclosure
        .numbers()
        .into_iter()
        .filter_map(|(name, value)| {
            Some((name.to_owned(), RestrictedExpression::new_long(value?)))
        });
    Context::from_pairs(texts.chain(numbers)).ok()
}
