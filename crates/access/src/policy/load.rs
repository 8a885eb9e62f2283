//! Reads every policy file, validates all of them, reports all errors at once.
//!
//! Invariant: [`Policy::load`] is the only source of a [`Policy`]; every
//! statement in it is static (no templates), validated strictly, and can apply.
//! Must never: hide a `forbid` that it could not use.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, PolicyId, PolicySet, ValidationMode, Validator};
use sealine_spec::{Diagnostic, Diagnostics, Files, PolicyText, Role, Span, Spec};

use super::{budget, names, schema};
use crate::owners::Vouched;
use crate::principal::{Principal, PrincipalKind};

/// The most statements in all files together.
pub const MAX_POLICIES: usize = 4096;

/// One `permit` or `forbid` of a policy file.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// Where it stands.
    pub(crate) span: Span,
    /// Permit or forbid.
    pub(crate) effect: Effect,
}

/// A project's policy: validated, and ready to be asked.
#[derive(Clone, Debug)]
pub struct Policy {
    set: PolicySet,
    statements: BTreeMap<String, Statement>,
    warnings: Diagnostics,
    digest: [u8; 32],
    vouched: Vouched,
    roles: BTreeMap<String, Role>,
}

impl Policy {
    /// Reads and validates the policy files of a project.
    ///
    /// No file at all is a policy too: it permits nothing.
    ///
    /// # Errors
    ///
    /// All that is wrong with the files, as diagnostics `SL40xx` with spans.
    pub fn load(files: &Files, spec: &Spec) -> Result<Self, Diagnostics> {
        let mut loader = Loader {
            files,
            found: Diagnostics::new(),
            set: PolicySet::new(),
            statements: BTreeMap::new(),
        };
        let total: usize = spec.policies.iter().map(|policy| policy.text.len()).sum();
        if total > budget::MAX_TOTAL_BYTES {
            loader.found.push(
                Diagnostic::error(
                    "SL4006",
                    format!("the policy files hold {total} bytes, more than {}", budget::MAX_TOTAL_BYTES),
                )
                .help("merge statements that differ in one name: roles and parents of dotted names let one `permit` cover many"),
            );
            return Err(loader.found);
        }
        for policy in &spec.policies {
            loader.read(policy);
        }
        if loader.statements.len() > MAX_POLICIES {
            loader.found.push(
                Diagnostic::error(
                    "SL4006",
                    format!("the policy holds {} statements, more than {MAX_POLICIES}", loader.statements.len()),
                )
                .help("merge statements that differ in one name: roles and parents of dotted names let one `permit` cover many"),
            );
            return Err(loader.found);
        }
        loader.validate();
        let Loader {
            mut found,
            set,
            statements,
            ..
        } = loader;
        if found.has_errors() {
            found.sort();
            return Err(found);
        }
        let mut warnings = names::check(files, spec, &set, &statements);
        warnings.sort();
        Ok(Self {
            digest: digest(spec),
            vouched: Vouched::unjudged(spec),
            roles: spec.project.roles.clone(),
            set,
            statements,
            warnings,
        })
    }

    /// SHA-256 over the schema, every policy file (path and text, each with its length), and who is in which role.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Whether there is no statement: nothing is permitted then.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// What is probably not meant: names that nothing in the project has.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// Where the statement with this id stands.
    pub fn span(&self, id: &str) -> Option<Span> {
        self.statements.get(id).map(|statement| statement.span)
    }

    /// Takes in who vouches for it. Until then a policy with owners permits nothing.
    pub fn vouch(&mut self, vouched: Vouched) {
        self.vouched = vouched;
    }

    /// Who vouches for it, or what stands against it.
    pub fn vouched(&self) -> &Vouched {
        &self.vouched
    }

    /// The roles that somebody is in: those that it came with, and those that the project gives.
    pub(crate) fn roles_of<'a>(&'a self, principal: &'a Principal) -> BTreeSet<&'a str> {
        let given = self.roles.iter().filter(|(_, role)| {
            let members = match principal.kind {
                PrincipalKind::User => &role.users,
                PrincipalKind::Service => &role.services,
            };
            members.contains(&principal.id)
        });
        let own = principal.roles.iter().map(String::as_str);
        own.chain(given.map(|(name, _)| name.as_str())).collect()
    }

    pub(crate) fn set(&self) -> &PolicySet {
        &self.set
    }
}

struct Loader<'a> {
    files: &'a Files,
    found: Diagnostics,
    set: PolicySet,
    statements: BTreeMap<String, Statement>,
}

impl Loader<'_> {
    fn read(&mut self, policy: &PolicyText) {
        let at = |start: usize, end: usize| Span::new(policy.file, clamp(start), clamp(end));
        if let Err(excess) = budget::check(&policy.text) {
            self.found.push(
                Diagnostic::error(
                    "SL4006",
                    format!(
                        "`{}` has more than {} {}",
                        policy.path, excess.limit, excess.what
                    ),
                )
                .mark(at(excess.at, excess.at + 1), "the limit is passed here")
                .help("split it: several short statements mean the same as one with `||`"),
            );
            return;
        }
        if let Some((start, mark)) = policy
            .text
            .char_indices()
            .find(|(_, c)| is_direction_mark(*c))
        {
            self.found.push(
                Diagnostic::error(
                    "SL4008",
                    format!(
                        "`{}` holds the invisible direction mark U+{:04X}",
                        policy.path,
                        u32::from(mark)
                    ),
                )
                .mark(at(start, start + mark.len_utf8()), "here")
                .help("remove it, so that the file reads as it works"),
            );
            return;
        }
        let set: PolicySet = match policy.text.parse() {
            Ok(set) => set,
            Err(errors) => {
                for error in errors.iter() {
                    let mut diagnostic = foreign("SL4002", error, Some(at(0, 1)));
                    if diagnostic.help.is_empty() {
                        diagnostic = diagnostic.help("a statement is `permit (principal, action, resource) when { … };`, with the semicolon (`sealine explain SL4002`)");
                    }
                    self.found.push(diagnostic);
                }
                return;
            }
        };
        for template in set.templates() {
            let template: &cedar_policy::Template = template;
            let span = template
                .as_ref()
                .loc()
                .map_or(at(0, 1), |loc| at(loc.start(), loc.end()));
            self.found.push(
                Diagnostic::error("SL4004", "a policy template is not read here")
                    .mark(span, "`?principal` or `?resource` makes this a template")
                    .help("name the principal and the resource, or a Role and a parent of dotted names"),
            );
        }
        let mut policies: Vec<(Span, &cedar_policy::Policy)> = set
            .policies()
            .map(|statement| {
                let span = statement
                    .as_ref()
                    .loc()
                    .map_or(at(0, 1), |loc| at(loc.start(), loc.end()));
                (span, statement)
            })
            .collect();
        policies.sort_by_key(|(span, _)| span.start);
        for (span, statement) in policies {
            self.add(policy, span, statement);
        }
    }

    fn add(&mut self, file: &PolicyText, span: Span, statement: &cedar_policy::Policy) {
        let id = match statement.annotation("id") {
            Some(id) if !id.is_empty() => id.to_owned(),
            _ => format!("{}:{}", file.path, self.files.line_column(span).0),
        };
        if let Some(first) = self.statements.get(&id) {
            self.found.push(
                Diagnostic::error("SL4005", format!("the policy id `{id}` is used twice"))
                    .mark(span, "used again here")
                    .mark(first.span, "first used here")
                    .help("receipts name a permission by its id: give each statement its own `@id(\"…\")`, and its own line where it has none"),
            );
            return;
        }
        if self.set.add(statement.new_id(PolicyId::new(&id))).is_err() {
            self.found.push(
                Diagnostic::error("SL4005", format!("the policy id `{id}` cannot be used"))
                    .mark(span, "here")
                    .help("give the statement another `@id(\"…\")`"),
            );
            return;
        }
        self.statements.insert(
            id,
            Statement {
                span,
                effect: statement.effect(),
            },
        );
    }

    fn validate(&mut self) {
        let Some(schema) = schema() else {
            self.found.push(
                Diagnostic::error(
                    "SL4010",
                    "the schema that ships with Sealine cannot be read",
                )
                .help("this is a defect of Sealine: please report it with the version"),
            );
            return;
        };
        let result = Validator::new(schema.clone()).validate(&self.set, ValidationMode::Strict);
        let place = |id: &PolicyId| {
            let id: &str = id.as_ref();
            self.statements.get(id).map(|statement| statement.span)
        };
        let mut found = Vec::new();
        // Statements that are already reported: what else is said of them follows from the first.
        let mut reported = BTreeSet::new();
        for error in result.validation_errors() {
            reported.insert(error.policy_id().clone());
            found.push(with_advice(foreign(
                "SL4003",
                error,
                place(error.policy_id()),
            )));
        }
        for warning in result.validation_warnings() {
            use cedar_policy::ValidationWarning as W;
            let dead = matches!(
                warning,
                W::ImpossiblePolicy(_) | W::InvalidActionApplication(_)
            );
            if dead && !reported.insert(warning.policy_id().clone()) {
                continue;
            }
            let code = if dead { "SL4007" } else { "SL4008" };
            let mut diagnostic = foreign(code, warning, place(warning.policy_id()));
            let help = if dead {
                "this statement can never apply".clone_into(&mut diagnostic.message);
                "see that the action goes with this kind of principal and resource, and that the conditions do not exclude each other (`sealine explain SL4003` lists what goes with what)"
            } else {
                "write it with plain letters, so that it reads as it works"
            };
            found.push(diagnostic.help(help));
        }
        self.found.extend(found);
    }
}

/// One of Cedar's errors as ours: the same words in the house style, our spans.
/// `home` is the statement, or the start of the file.
fn foreign<E: miette::Diagnostic>(code: &'static str, error: &E, home: Option<Span>) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(code, tidy(&error.to_string()));
    if let Some(home) = home {
        for label in error.labels().into_iter().flatten() {
            let span = Span::new(
                home.file,
                clamp(label.offset()),
                clamp(label.offset() + label.len()),
            );
            let text = label.label().map_or_else(|| "here".to_owned(), tidy);
            diagnostic = diagnostic.mark(span, text);
        }
        if diagnostic.labels.is_empty() {
            diagnostic = diagnostic.mark(home, "in this statement");
        }
    }
    match error.help() {
        Some(help) => diagnostic.help(tidy(&help.to_string())),
        None => diagnostic,
    }
}

/// What to do about the validation errors that newcomers meet.
fn with_advice(diagnostic: Diagnostic) -> Diagnostic {
    let message = diagnostic.message.as_str();
    let advice = if message.contains("unrecognized action") {
        let known: Vec<_> = crate::Action::ALL
            .iter()
            .map(|action| action.name())
            .collect();
        Some(format!("the actions are {}", known.join(", ")))
    } else if message.contains("unrecognized entity type") {
        Some(
            "the types are Sealine::Service, User, Role, Pipeline, Dataset, Key, Tag and Log"
                .to_owned(),
        )
    } else if message.contains("optional attribute") {
        Some(
            "not every protection has this parameter: ask `context has …` first, joined by `&&`"
                .to_owned(),
        )
    } else if message.contains("attribute") {
        Some("`sealine explain SL4003` lists what the context holds for each action".to_owned())
    } else {
        None
    };
    match advice {
        Some(advice) => diagnostic.help(advice),
        None if diagnostic.help.is_empty() => diagnostic
            .help("`sealine explain SL4003` lists the types of everything a policy can name"),
        None => diagnostic,
    }
}

/// Cedar's wording in the house style: no `for policy …` prefix, no full stop.
fn tidy(text: &str) -> String {
    let text = text
        .strip_prefix("for policy `")
        .and_then(|rest| rest.split_once("`, "))
        .map_or(text, |(_, rest)| rest);
    text.trim_end_matches('.').to_owned()
}

/// Marks that change the order in which text is shown, in comments too.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn digest(spec: &Spec) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let mut part = |text: &str| {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    };
    part("sealine policy v1");
    part(super::SCHEMA);
    for policy in &spec.policies {
        part(&policy.path);
        part(&policy.text);
    }
    // Who is in a role decides as much as what the role may.
    for (name, role) in &spec.project.roles {
        part("role");
        part(name);
        for (kind, members) in [("user", &role.users), ("service", &role.services)] {
            for member in members {
                part(kind);
                part(member);
            }
        }
    }
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    out
}
