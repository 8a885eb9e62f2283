//! Who may what, as an owner expects it, asked of the policy.
//!
//! Invariant: what cannot be asked is an error, never a denial that happens to be expected. The text of the policy
//! answers, signed or not: an owner tests before signing. Must never: authorize anything.

use sealine_spec::{Diagnostic, Diagnostics, PolicyCase, Span, Spanned};

use crate::action::{Action, Resource};
use crate::decide::{self, Decision};
use crate::disclosure::Disclosure;
use crate::policy::Policy;
use crate::principal::{Principal, PrincipalKind};

/// A question of `policy/tests/`, and what the policy answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it is about, in the words of whoever wrote it.
    pub name: Option<String>,
    /// Who asks.
    pub principal: Principal,
    /// For what.
    pub action: Action,
    /// About what.
    pub resource: Resource,
    /// What is disclosed, where the action discloses.
    pub disclosure: Option<Disclosure>,
    /// Whether it is to be permitted.
    pub allow: bool,
    /// What the policy says.
    pub decision: Decision,
    /// Where the expectation is written.
    pub span: Span,
}

impl Answer {
    /// Whether the answer is the one that was expected.
    pub fn passed(&self) -> bool {
        self.decision.permitted() == self.allow
    }

    /// What is wrong, with the statements that decided; `None` where it passed.
    pub fn finding(&self, policy: &Policy) -> Option<Diagnostic> {
        if self.passed() {
            return None;
        }
        let (expected, found, by) = match self.allow {
            true => ("allow", "denied", "forbidden by this"),
            false => ("deny", "permitted", "permitted by this"),
        };
        let message = format!(
            "{} `{}` on the {} `{}` is {found}",
            self.principal.to_cedar(),
            self.action,
            self.resource.type_name().to_lowercase(),
            self.resource.id(),
        );
        let mut finding = Diagnostic::error("SL4463", message)
            .mark(self.span, format!("`{expected}` is expected here"));
        for id in self.decision.by() {
            if let Some(span) = policy.span(id) {
                finding = finding.mark(span, by);
            }
        }
        if self.decision.by().is_empty() {
            finding = finding.note("no statement covers it: what is not permitted is denied");
        }
        Some(finding.help("change the policy, or what is expected of it"))
    }
}

/// Asks every question.
///
/// # Errors
/// Those that the schema does not know, `SL4460` to `SL4462`, with their places.
pub fn answer(policy: &Policy, cases: &[PolicyCase]) -> Result<Vec<Answer>, Diagnostics> {
    let mut found = Vec::new();
    let mut answers = Vec::with_capacity(cases.len());
    for case in cases {
        match ask(policy, case) {
            Ok(answer) => answers.push(answer),
            // A test with lists makes the same mistake in each combination.
            Err(fault) if found.contains(&*fault) => {}
            Err(fault) => found.push(*fault),
        }
    }
    if found.is_empty() {
        Ok(answers)
    } else {
        Err(found.into())
    }
}

type Fault = Box<Diagnostic>;

fn ask(policy: &Policy, case: &PolicyCase) -> Result<Answer, Fault> {
    let action = action(&case.action)?;
    let resource = resource(&case.kind, &case.resource)?;
    let disclosure = disclosure(action, case)?;
    let principal = Principal {
        kind: match case.service {
            true => PrincipalKind::Service,
            false => PrincipalKind::User,
        },
        id: case.principal.clone(),
        roles: case.roles.clone(),
    };
    let decision = decide::ask(policy, &principal, action, &resource, disclosure.as_ref());
    if let Some(why) = decision.failed() {
        let message = format!("`{action}` on a {} cannot be asked: {why}", case.kind.value);
        let fault = Diagnostic::error("SL4461", message)
            .mark(case.kind.span, "does not go with the action")
            .help("`sealine explain SL4003` lists what goes with what");
        return Err(Box::new(fault));
    }
    Ok(Answer {
        name: case.name.clone(),
        principal,
        action,
        resource,
        disclosure,
        allow: case.allow,
        decision,
        span: case.span,
    })
}

fn action(text: &Spanned<String>) -> Result<Action, Fault> {
    let mut all = Action::ALL.into_iter();
    all.find(|action| action.name() == text.value)
        .ok_or_else(|| {
            let known = Action::ALL.map(Action::name).join("`, `");
            let message = format!("there is no action `{}`", text.value);
            let fault = Diagnostic::error("SL4460", message).mark(text.span, "unknown");
            Box::new(fault.help(format!("the actions are `{known}`")))
        })
}

fn resource(kind: &Spanned<String>, id: &Spanned<String>) -> Result<Resource, Fault> {
    let name = id.value.clone();
    match kind.value.as_str() {
        "pipeline" => Ok(Resource::Pipeline(name)),
        "dataset" => Ok(Resource::Dataset(name)),
        "key" => Ok(Resource::Key(name)),
        "tag" => Ok(Resource::Tag(name)),
        "log" if name == Resource::Log.id() => Ok(Resource::Log),
        "log" => {
            let fault = Diagnostic::error("SL4461", "there is one log, `audit`");
            Err(Box::new(
                fault
                    .mark(id.span, "unknown")
                    .help("write `{ log: audit }`"),
            ))
        }
        other => {
            let message = format!("there is no kind of resource `{other}`");
            let fault = Diagnostic::error("SL4461", message).mark(kind.span, "unknown");
            Err(Box::new(fault.help(
                "the kinds are `pipeline`, `dataset`, `key`, `tag` and `log`",
            )))
        }
    }
}

/// What the context says, complete and of the schema's types.
fn disclosure(action: Action, case: &PolicyCase) -> Result<Option<Disclosure>, Fault> {
    if !action.discloses() {
        // A context that all tests share is for those that disclose.
        return Ok(None);
    }
    let mut all = Disclosure::default();
    for (name, value) in &case.context {
        if !all.set(name, &value.value) {
            let message = format!("the context cannot have `{name}: {}`", value.value);
            let fault = Diagnostic::error("SL4462", message)
                .mark(value.span, "unknown, or not of this type")
                .help("`sealine explain SL4003` lists the fields; `first`, `last`, `width`, `offset` and `min_group` are whole numbers");
            return Err(Box::new(fault));
        }
    }
    let missing: Vec<&str> = (all.texts().into_iter())
        .filter(|(_, text)| *text == Some(""))
        .map(|(name, _)| name)
        .collect();
    if missing.is_empty() {
        return Ok(Some(all));
    }
    let message = format!(
        "`{action}` discloses, and its context lacks `{}`",
        missing.join("`, `")
    );
    let fault = Diagnostic::error("SL4462", message)
        .mark(case.span, "of this test")
        .help("a test that leaves something out could pass for that reason; `context:` at the top of the file is shared by all tests");
    Err(Box::new(fault))
}
