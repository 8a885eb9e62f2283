//! One diagnostic and one finding for each cause of a refusal.
//!
//! Invariant: owners who have not signed come first, then the proof's findings, then denied
//! disclosures, then denied permissions; none is left out. Must never: evaluate a value.

use sealine_plan::{Demand, DemandKind, Finding, Plan};
use sealine_spec::{Diagnostic, Diagnostics, Files};

use super::cause::{Cause, denied_demands, destination, violations};
use crate::action::{Action, Resource};
use crate::authorize::{Asking, Denied, action, tag};
use crate::decide::Decision;
use crate::grant;
use crate::refusal::{Refusal, RefusedFinding, Suggestion};

pub(crate) struct Renderer<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) files: &'a Files,
    pub(crate) asking: Asking<'a>,
}

/// A finding under construction: the diagnostic and its data side.
struct Built {
    diagnostic: Diagnostic,
    finding: RefusedFinding,
}

impl Renderer<'_> {
    /// Every cause. Who has not signed comes first, since all else may be other than meant; then the
    /// proof's: a leak matters more than a permission.
    pub(crate) fn refusal(&self, denied: &[Denied], refused: &[(usize, Decision)]) -> Refusal {
        let mut built = self.unvouched();
        for cause in violations(self.plan) {
            built.push(self.violation(&cause));
        }
        if self.asking.policy.is_empty() {
            built.push(self.no_policy());
        } else {
            for group in denied_demands(self.plan, &self.asking, refused) {
                built.extend(self.demand(&group));
            }
            built.extend(denied.iter().map(|denied| self.denied(denied)));
        }
        let mut diagnostics = Vec::with_capacity(built.len());
        let mut findings = Vec::with_capacity(built.len());
        for Built {
            diagnostic,
            finding,
        } in built
        {
            diagnostics.push(diagnostic);
            findings.push(finding);
        }
        Refusal {
            diagnostics: Diagnostics::from(diagnostics),
            findings,
        }
    }

    /// What stands against who vouches for the project.
    fn unvouched(&self) -> Vec<Built> {
        let faults = self.asking.policy.vouched().faults().iter();
        faults
            .map(|fault| Built {
                diagnostic: fault.clone(),
                finding: RefusedFinding {
                    code: fault.code,
                    message: fault.message.clone(),
                    dataset: None,
                    columns: Vec::new(),
                    origin: None,
                    level: None,
                    clearance: None,
                    reveals: None,
                    path: Vec::new(),
                    help: Vec::new(),
                },
            })
            .collect()
    }

    fn violation(&self, cause: &Cause<'_>) -> Built {
        let (at, violation) = cause.main;
        let levels = &self.asking.spec.project.levels;
        let origin = violation.origin.to_string();
        let (level, clearance) = (
            levels.name(violation.level),
            levels.name(violation.clearance),
        );
        let mut place = destination(&violation.dataset, &cause.columns);
        if violation.named {
            place = format!("the names of the folders of `{}`", violation.dataset);
        }
        // Some rules refuse a construct whatever the levels, or a value that no dataset holds;
        // their own sentence says it best.
        let own = violation.level <= violation.clearance || !self.catalogued(&violation.origin);
        let message = if own {
            format!("{place}: {}", violation.reason)
        } else {
            format!("`{origin}` ({level}) reaches {place}, whose clearance is `{clearance}`")
        };
        let what = Finding::Violation(at);
        let help = self.help(&what, cause.edits_settle(), None);
        let mut diagnostic = Diagnostic::error(violation.code, message.clone());
        let near = violation.span.or(help.place());
        let path = self.path(&mut diagnostic, &self.plan.explain(&what), near);
        if !own {
            diagnostic = diagnostic.note(format!(
                "what an observer would learn: {}",
                violation.reason
            ));
        }
        for also in &cause.also {
            diagnostic = diagnostic.note(format!("{} too: {}", also.code, also.reason));
        }
        let help = help.attach(&mut diagnostic);
        if violation.named {
            diagnostic = diagnostic.help(
                "or leave `partition_by` out: a partition column, and which rows there are, are seen by everyone who can list the folders",
            );
        }
        Built {
            diagnostic,
            finding: RefusedFinding {
                code: violation.code,
                message,
                dataset: Some(violation.dataset.clone()),
                columns: cause.columns.iter().map(|&name| name.to_owned()).collect(),
                origin: Some(origin),
                level: Some(level.to_owned()),
                clearance: Some(clearance.to_owned()),
                reveals: Some(violation.reason.clone()),
                path,
                help,
            },
        }
    }

    fn demand(&self, group: &[(usize, &Demand, &Decision)]) -> Option<Built> {
        let (at, demand, _) = *group.first()?;
        let disclosure = self.asking.disclosure(demand);
        let origin = demand.origin.to_string();
        let tags: Vec<String> = group
            .iter()
            .map(|(_, demand, _)| format!("`{}`", tag(demand).id()))
            .collect();
        let (code, verb) = match demand.kind {
            DemandKind::Declassify if demand.beside.is_some() => ("SL4431", "show"),
            DemandKind::Declassify => ("SL4110", "show"),
            DemandKind::Select => ("SL4111", "filter on"),
            DemandKind::Link => ("SL4430", "join rows by"),
            DemandKind::Reveal | DemandKind::Export => ("SL4112", "open"),
            DemandKind::Waive => ("SL4113", "publish"),
        };
        let preposition = match demand.kind {
            DemandKind::Reveal | DemandKind::Export => "protected by",
            DemandKind::Declassify | DemandKind::Select | DemandKind::Link | DemandKind::Waive => {
                "as"
            }
        };
        let place = match demand.kind {
            DemandKind::Export => "a file".to_owned(),
            _ => match &demand.beside {
                Some(other) => format!("`{}` and `{other}` together", demand.dataset),
                None => destination(&demand.dataset, &[&demand.column]),
            },
        };
        let message = format!(
            "`{}` may not {verb} `{origin}` (tag {}, level `{}`) {preposition} {} in {place}{}",
            self.asking.principal.id,
            tags.join(", "),
            disclosure.from_level,
            disclosure.protection_text(),
            match demand.kind {
                // It is shown at its own level.
                DemandKind::Reveal | DemandKind::Export => String::new(),
                DemandKind::Declassify
                | DemandKind::Select
                | DemandKind::Link
                | DemandKind::Waive => {
                    format!(", at level `{}`", disclosure.to_level)
                }
            },
        );
        let what = Finding::Demand(at);
        let mut diagnostic = Diagnostic::error(code, message.clone());
        let reveals = grant::reveals(&disclosure, demand.kind);
        let grants: Vec<String> = group
            .iter()
            .map(|(_, demand, _)| {
                let action = action(demand.kind);
                grant::disclosure(self.asking.principal, action, &tag(demand), &disclosure)
            })
            .collect();
        // What is forbidden is not permitted by one more `permit`.
        let forbidden = group
            .iter()
            .any(|(_, _, decision)| !decision.by().is_empty());
        let grant = (!forbidden).then(|| (grants.join("\n"), reveals.clone()));
        let help = self.help(&what, true, grant);
        let mut path = self.path(&mut diagnostic, &self.plan.explain(&what), help.place());
        for (_, demand, decision) in group {
            path.extend(self.why_denied(
                &mut diagnostic,
                action(demand.kind),
                &tag(demand),
                decision,
                Some(&disclosure),
            ));
        }
        diagnostic = diagnostic.note(format!("what an observer would learn: {reveals}"));
        let help = help.attach(&mut diagnostic);
        Some(Built {
            diagnostic,
            finding: RefusedFinding {
                code,
                message,
                dataset: Some(demand.dataset.clone()),
                columns: vec![demand.column.clone()],
                origin: Some(origin),
                level: Some(disclosure.from_level.clone()),
                clearance: Some(disclosure.to_level.clone()),
                reveals: Some(reveals),
                path,
                help,
            },
        })
    }

    /// A denial of `run`, `preview`, `read` or `write`.
    fn denied(&self, denied: &Denied) -> Built {
        let Denied {
            action,
            resource,
            decision,
        } = denied;
        let code = match action {
            Action::Read => "SL4102",
            Action::Write => "SL4103",
            Action::Preview => "SL4104",
            _ => "SL4101",
        };
        let message = format!(
            "`{}` may not {action} the {} `{}`",
            self.asking.principal.id,
            resource.type_name().to_lowercase(),
            resource.id(),
        );
        let mut diagnostic = Diagnostic::error(code, message.clone());
        let mut path = Vec::new();
        if let Some(span) = self.place(*action, resource) {
            let text = "asked for here".to_owned();
            diagnostic = diagnostic.mark(span, text.clone());
            path.push(self.step(Some(span), text));
        }
        path.extend(self.why_denied(&mut diagnostic, *action, resource, decision, None));
        let mut help = Vec::new();
        if decision.by().is_empty() && decision.failed().is_none() {
            let text = grant::plain(self.asking.principal, *action, resource);
            let title = "ask the owner of policy/ to permit it".to_owned();
            diagnostic = diagnostic.fix(title.clone(), None, text.clone());
            help.push(Suggestion {
                title,
                place: None,
                replacement: text,
                reveals: String::new(),
                permitted: false,
            });
        }
        Built {
            diagnostic,
            finding: RefusedFinding {
                code,
                message,
                dataset: matches!(resource, Resource::Dataset(_)).then(|| resource.id().to_owned()),
                columns: Vec::new(),
                origin: None,
                level: None,
                clearance: None,
                reveals: None,
                path,
                help,
            },
        }
    }

    fn no_policy(&self) -> Built {
        let message = "this project has no policy, so nothing is permitted".to_owned();
        let text = grant::first_policy(self.plan, &self.asking);
        let title =
            "write policy/main.cedar; this permits what the pipeline asks for, and nothing else"
                .to_owned();
        let diagnostic = Diagnostic::error("SL4001", message.clone())
            .help("a policy says who may run, read, write and declassify; what it does not permit is denied")
            .fix(title.clone(), None, text.clone());
        Built {
            diagnostic,
            finding: RefusedFinding {
                code: "SL4001",
                message,
                dataset: None,
                columns: Vec::new(),
                origin: None,
                level: None,
                clearance: None,
                reveals: None,
                path: Vec::new(),
                help: vec![Suggestion {
                    title,
                    place: None,
                    replacement: text,
                    reveals: String::new(),
                    permitted: false,
                }],
            },
        }
    }
}
