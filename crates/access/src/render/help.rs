//! What would make it pass, ready to paste.
//!
//! Invariant: a suggestion marked *permitted* has only demands that the policy
//! permits, so that pasting it does what it says. Must never: hide from its
//! reader what a suggestion would reveal.

use sealine_plan::{Candidate, Demand, Finding};
use sealine_spec::{Diagnostic, Fix, Span};

use super::Renderer;
use crate::refusal::{Place, Suggestion};

/// How many suggestions are shown that the policy does not permit yet.
const OTHERS: usize = 4;

impl Renderer<'_> {
    /// Suggestions: those that the policy permits first, then those to ask for.
    pub(super) fn help(
        &self,
        diagnostic: &mut Diagnostic,
        what: &Finding,
        grant: Option<(String, String)>,
    ) -> Vec<Suggestion> {
        let permits = |demand: &Demand| self.asking.demand(demand).permitted();
        let now = self.plan.candidates_permitted(what, &permits);
        let later: Vec<Candidate> = self
            .plan
            .candidates(what)
            .into_iter()
            .filter(|other| {
                !now.iter()
                    .any(|one| one.span == other.span && one.replacement == other.replacement)
            })
            .collect();
        let mut all: Vec<(Suggestion, Option<Span>)> = Vec::new();
        for (candidate, permitted) in now.iter().map(|candidate| (candidate, true)).chain(
            later
                .iter()
                .take(OTHERS)
                .map(|candidate| (candidate, false)),
        ) {
            all.push((
                Suggestion {
                    title: candidate.title.clone(),
                    place: candidate.span.map(|span| Place::of(self.files, span)),
                    replacement: candidate.replacement.clone(),
                    reveals: candidate.reveals.clone(),
                    permitted,
                },
                candidate.span,
            ));
        }
        if let Some((text, reveals)) = grant {
            all.push((
                Suggestion {
                    title: "or ask the owner of policy/ to permit it as it is".to_owned(),
                    place: None,
                    replacement: text,
                    reveals,
                    permitted: false,
                },
                None,
            ));
        }
        for (suggestion, span) in &all {
            let mut title = suggestion.title.clone();
            if !suggestion.reveals.is_empty() {
                title = format!("{title} (shows: {})", suggestion.reveals);
            }
            if !suggestion.permitted && suggestion.place.is_some() {
                title = format!("{title}; the policy does not permit this yet");
            }
            diagnostic.fixes.push(Fix {
                title,
                span: *span,
                replacement: suggestion.replacement.clone(),
            });
        }
        if all.is_empty() {
            diagnostic.help.push(
                "no protection makes this pass: leave the value out, or ask its owner for a view or a lower level".to_owned(),
            );
        }
        all.into_iter().map(|(suggestion, _)| suggestion).collect()
    }
}
