//! The path of a value and the statements that denied it, as marks and as data.
//!
//! Invariant: a step without a place becomes a note, so that none is lost.
//! Must never: reorder the data side; it runs from the origin to the output.

use sealine_plan::PathStep;
use sealine_spec::{Diagnostic, Mark, Span};

use super::Renderer;
use crate::action::{Action, Resource};
use crate::decide::{Decision, covering};
use crate::disclosure::Disclosure;
use crate::refusal::{Place, RefusedStep};

impl Renderer<'_> {
    /// Marks the path. The main mark is where the engineer can change something: the step at
    /// `near` (the expression at fault, or the first edit), else the first step in the SQL.
    pub(super) fn path(
        &self,
        diagnostic: &mut Diagnostic,
        steps: &[PathStep],
        near: Option<Span>,
    ) -> Vec<RefusedStep> {
        let find =
            |fits: &dyn Fn(Span) -> bool| steps.iter().position(|step| step.span.is_some_and(fits));
        let main = near
            .and_then(|near| {
                find(&|span| span == near).or_else(|| find(&|span| inside(span, near)))
            })
            .or_else(|| find(&|span| self.in_a_step(span)))
            .or_else(|| find(&|_| true));
        if main.is_none()
            && let Some(span) = near
        {
            diagnostic.labels.push(Mark {
                span,
                text: "here".to_owned(),
            });
        }
        let number = |at: usize, step: &PathStep| {
            if steps.len() > 1 {
                format!("{}. {}", at + 1, step.text)
            } else {
                step.text.clone()
            }
        };
        let mut marks: Vec<(Span, String)> = Vec::new();
        let order = main
            .into_iter()
            .chain((0..steps.len()).filter(|at| Some(*at) != main));
        for at in order {
            let Some(step) = steps.get(at) else { continue };
            let text = number(at, step);
            match step.span {
                // Two steps at one place share a mark.
                Some(span) => match marks.iter_mut().find(|(other, _)| *other == span) {
                    Some((_, first)) => *first = join_numbered(first, &text),
                    None => marks.push((span, text)),
                },
                None => diagnostic.notes.push(text),
            }
        }
        for (span, text) in marks {
            diagnostic.labels.push(Mark { span, text });
        }
        steps
            .iter()
            .map(|step| self.step(step.span, step.text.clone()))
            .collect()
    }

    /// The statements that forbid it, that failed, or whose conditions did not hold.
    pub(super) fn why_denied(
        &self,
        diagnostic: &mut Diagnostic,
        action: Action,
        resource: &Resource,
        decision: &Decision,
        disclosure: Option<&Disclosure>,
    ) -> Vec<RefusedStep> {
        let policy = self.asking.policy;
        if let Some(why) = decision.failed() {
            diagnostic.notes.push(format!("denied, because {why}"));
            return Vec::new();
        }
        let asked = disclosure.map(Disclosure::protection_text);
        let (ids, forbidden) = if decision.by().is_empty() {
            (
                covering(policy, self.asking.principal, action, resource),
                false,
            )
        } else {
            (decision.by().to_vec(), true)
        };
        if ids.is_empty() {
            diagnostic.notes.push(format!(
                "no `permit` covers `{action}` on {} for {}",
                resource.to_cedar(),
                self.asking.principal.to_cedar(),
            ));
        }
        let mut steps = Vec::new();
        for id in ids {
            let Some(span) = policy.span(&id).map(|span| self.first_line(span)) else {
                continue;
            };
            let text = match (&asked, forbidden) {
                (_, true) => format!("`{id}` forbids it"),
                (Some(asked), false) => {
                    format!("`{id}` covers this, but its conditions do not hold for {asked}")
                }
                (None, false) => format!("`{id}` covers this, but its conditions do not hold"),
            };
            diagnostic.labels.push(Mark {
                span,
                text: text.clone(),
            });
            steps.push(self.step(Some(span), text));
        }
        steps
    }

    pub(super) fn step(&self, span: Option<Span>, text: String) -> RefusedStep {
        RefusedStep {
            text,
            place: span.map(|span| Place::of(self.files, span)),
        }
    }

    /// Where the pipeline's file asks for it.
    pub(super) fn place(&self, action: Action, resource: &Resource) -> Option<Span> {
        let pipeline = self.asking.spec.pipeline(self.asking.pipeline)?;
        match (action, resource) {
            (Action::Read, Resource::Dataset(id)) => pipeline
                .inputs
                .iter()
                .find(|input| input.dataset.value == *id)
                .map(|input| input.dataset.span),
            (Action::Write, Resource::Dataset(id)) => pipeline
                .outputs
                .iter()
                .find(|output| output.to.value == *id)
                .map(|output| output.to.span),
            _ => Some(pipeline.span),
        }
    }

    /// Whether the span lies in the SQL of a step.
    fn in_a_step(&self, span: Span) -> bool {
        let pipeline = self.asking.spec.pipeline(self.asking.pipeline);
        let mut steps = pipeline.into_iter().flat_map(|pipeline| &pipeline.steps);
        steps.any(|step| inside(span, step.sql.span))
    }

    fn first_line(&self, span: Span) -> Span {
        let text = self.files.slice(span);
        let line = text.lines().next().map_or(text.len(), str::len);
        let end = span.start.saturating_add(u32::try_from(line).unwrap_or(0));
        Span::new(span.file, span.start, end)
    }
}

/// `2. a` and `1. b` → `1. b; 2. a`: in the order of the path.
fn join_numbered(first: &str, second: &str) -> String {
    let number = |text: &str| {
        text.split_once('.')
            .and_then(|(digits, _)| digits.parse::<usize>().ok())
            .unwrap_or(usize::MAX)
    };
    if number(second) < number(first) {
        format!("{second}; {first}")
    } else {
        format!("{first}; {second}")
    }
}

/// Whether the first span lies in the second.
fn inside(span: Span, of: Span) -> bool {
    span.file == of.file && of.start <= span.start && span.end <= of.end
}
