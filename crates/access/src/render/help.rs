//! What would make it pass, ready to paste.
//!
//! Invariant: a suggestion marked *permitted* has only demands that the policy
//! permits, so that pasting it does what it says. Must never: hide from its
//! reader what a suggestion would reveal.

use sealine_label::Origin;
use sealine_plan::{Candidate, Demand, Finding};
use sealine_spec::{Diagnostic, Fix, Span};

use super::Renderer;
use crate::refusal::{Place, Suggestion};

/// How many edits are shown that the policy permits.
const EDITS: usize = 3;
/// How many edits are shown that it does not, where it permits none.
const FORBIDDEN_EDITS: usize = 2;

/// Suggestions, best first, and where each goes.
pub(super) struct Help(Vec<(Suggestion, Option<Span>)>);

impl Help {
    /// Where the first edit goes: the place to look at.
    pub(super) fn place(&self) -> Option<Span> {
        self.0.iter().find_map(|(_, span)| *span)
    }

    /// Adds the suggestions to a diagnostic, and gives them as data.
    pub(super) fn attach(self, diagnostic: &mut Diagnostic) -> Vec<Suggestion> {
        if self.0.is_empty() {
            diagnostic.help.push(
                "no protection makes this pass: leave the value out, or ask its owner for a view or a lower level".to_owned(),
            );
        }
        for (suggestion, span) in &self.0 {
            let mut title = suggestion.title.clone();
            if !suggestion.reveals.is_empty() {
                title = format!("{title} (shows {})", suggestion.reveals);
            }
            if !suggestion.permitted && span.is_some() {
                title = format!("{title}; the policy does not permit this yet");
            }
            diagnostic.fixes.push(Fix {
                title,
                span: *span,
                replacement: suggestion.replacement.clone(),
            });
        }
        self.0
            .into_iter()
            .map(|(suggestion, _)| suggestion)
            .collect()
    }
}

impl Renderer<'_> {
    /// Edits that the policy permits; else edits to ask for; then what the owner of the data could
    /// do, in the order of the plan; then the permission itself, where one is missing.
    ///
    /// `edits` is false where no single edit settles the cause.
    pub(super) fn help(
        &self,
        what: &Finding,
        edits: bool,
        grant: Option<(String, String)>,
    ) -> Help {
        let permits = |demand: &Demand| self.asking.demand(demand).permitted();
        let candidates = self.plan.candidates_permitted(what, &permits);
        let (edits, asks): (Vec<Candidate>, Vec<Candidate>) = candidates
            .into_iter()
            .filter(|candidate| edits || candidate.span.is_none())
            .partition(|candidate| candidate.span.is_some());
        let (now, later): (Vec<Candidate>, Vec<Candidate>) = edits
            .into_iter()
            .partition(|edit| edit.demands.iter().all(permits));
        let forbidden = if now.is_empty() { FORBIDDEN_EDITS } else { 0 };
        let suggestion = |candidate: Candidate, permitted: bool| {
            let place = candidate.span.map(|span| Place::of(self.files, span));
            let suggestion = Suggestion {
                title: candidate.title,
                place,
                replacement: candidate.replacement,
                reveals: candidate.reveals,
                permitted,
            };
            (suggestion, candidate.span)
        };
        let mut all: Vec<_> = now
            .into_iter()
            .take(EDITS)
            .map(|candidate| suggestion(candidate, true))
            .collect();
        let later = later.into_iter().take(forbidden);
        all.extend(later.map(|candidate| suggestion(candidate, false)));
        // An owner can do something about a catalogued value only.
        let owned = self
            .origin(what)
            .is_some_and(|origin| self.catalogued(origin));
        let asks = asks.into_iter().filter(|_| owned);
        all.extend(asks.map(|ask| suggestion(ask, false)));
        if let Some((replacement, reveals)) = grant {
            let title = match all.is_empty() {
                true => "ask the owner of policy/ to permit it".to_owned(),
                false => "or ask the owner of policy/ to permit it as it is".to_owned(),
            };
            let permission = Suggestion {
                title,
                place: None,
                replacement,
                reveals,
                permitted: false,
            };
            all.push((permission, None));
        }
        Help(all)
    }

    fn origin(&self, what: &Finding) -> Option<&Origin> {
        match what {
            Finding::Violation(at) => self.plan.violations().get(*at).map(|found| &found.origin),
            Finding::Demand(at) => self.plan.demands().get(*at).map(|found| &found.origin),
        }
    }

    /// Whether the value comes from a dataset of the catalogue (a literal, say, does not).
    pub(super) fn catalogued(&self, origin: &Origin) -> bool {
        self.asking.spec.dataset(&origin.dataset).is_some()
    }
}
