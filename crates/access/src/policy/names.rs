//! Names in a policy that nothing in the project has: probably a slip.
//!
//! Invariant: warnings only; a policy may be ahead of the project it serves.
//! Must never: judge users and audit logs, which the files do not list, nor roles where they list none.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, PolicySet};
use sealine_spec::{Diagnostic, Diagnostics, Files, Span, Spec};

use super::Statement;
use crate::action::{Resource, cedar_text, dotted_parents};

/// The pipeline that `conform verdict` asks for; it stands in no file.
const SYNTHETIC: &str = "verdict";

/// What `sealine protect` asks for: its pipeline, and the parents of its datasets. They stand in no file either.
const PROTECT: &str = "protect";
const PROTECT_DATASETS: [&str; 2] = ["adhoc", "protected"];

pub(crate) fn check(
    files: &Files,
    spec: &Spec,
    set: &PolicySet,
    statements: &BTreeMap<String, Statement>,
) -> Diagnostics {
    let known = Known::of(spec);
    let mut found = Vec::new();
    for policy in set.policies() {
        let id: &str = policy.id().as_ref();
        let Some(statement) = statements.get(id) else {
            continue;
        };
        let mut seen = BTreeSet::new();
        for literal in policy.entity_literals() {
            let (kind, name) = (
                literal.type_name().basename().to_owned(),
                literal.id().unescaped().to_owned(),
            );
            let Some(names) = known.of_kind(&kind) else {
                continue;
            };
            if names.contains(&name)
                || adhoc(&kind, &name)
                || !seen.insert((kind.clone(), name.clone()))
            {
                continue;
            }
            let span = place(files, statement.span, &name);
            let what = kind.to_lowercase();
            let consequence = match statement.effect {
                Effect::Permit => "so this permits nothing yet",
                Effect::Forbid => "so this forbids nothing yet",
            };
            let mut diagnostic = Diagnostic::warning(
                "SL4009",
                format!("the policy names the {what} `{name}`, which this project does not have"),
            )
            .mark(span, consequence);
            if let Some(near) = nearest(&name, names) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            } else {
                diagnostic = diagnostic.help(match kind.as_str() {
                    "Tag" => "give a column this tag in catalog/, or remove the statement",
                    "Role" => {
                        "say who is in it under `roles:` of sealine.yaml, or remove the statement"
                    }
                    "Service" => "write it as `runs_as:` of a pipeline, or remove the statement",
                    _ => "declare it, or remove the statement",
                });
            }
            found.push(diagnostic);
        }
    }
    found.into()
}

/// A dataset of `sealine protect`, whatever the file.
fn adhoc(kind: &str, name: &str) -> bool {
    kind == "Dataset" && PROTECT_DATASETS.contains(&name.split('.').next().unwrap_or_default())
}

struct Known {
    pipelines: BTreeSet<String>,
    services: BTreeSet<String>,
    datasets: BTreeSet<String>,
    keys: BTreeSet<String>,
    tags: BTreeSet<String>,
    /// Empty where somebody else says who is in which role.
    roles: BTreeSet<String>,
}

impl Known {
    fn of(spec: &Spec) -> Self {
        let mut tags: BTreeSet<String> = BTreeSet::from([Resource::UNTAGGED.to_owned()]);
        let columns = spec.datasets.values().flat_map(|dataset| &dataset.columns);
        for tag in columns.flat_map(|column| &column.tags) {
            tags.insert(tag.as_str().to_owned());
        }
        for fact in &spec.project.tags {
            tags.insert(fact.pattern.stem().to_owned());
        }
        let with_parents = |names: BTreeSet<String>| -> BTreeSet<String> {
            let mut all = names.clone();
            for name in &names {
                all.extend(dotted_parents(name).map(str::to_owned));
            }
            all
        };
        let mut services: BTreeSet<String> = spec
            .pipelines
            .values()
            .map(|pipeline| pipeline.runs_as.clone())
            .collect();
        services.insert(format!("svc/{SYNTHETIC}"));
        let mut pipelines: BTreeSet<String> = spec.pipelines.keys().cloned().collect();
        pipelines.insert(SYNTHETIC.to_owned());
        pipelines.insert(PROTECT.to_owned());
        Self {
            pipelines: with_parents(pipelines),
            services,
            datasets: with_parents(spec.datasets.keys().cloned().collect()),
            keys: with_parents(spec.project.keys.keys().cloned().collect()),
            tags: with_parents(tags),
            roles: spec.project.roles.keys().cloned().collect(),
        }
    }

    fn of_kind(&self, kind: &str) -> Option<&BTreeSet<String>> {
        match kind {
            "Pipeline" => Some(&self.pipelines),
            "Service" => Some(&self.services),
            "Dataset" => Some(&self.datasets),
            "Key" => Some(&self.keys),
            "Tag" => Some(&self.tags),
            "Role" if !self.roles.is_empty() => Some(&self.roles),
            _ => None,
        }
    }
}

/// Where the name stands inside the statement, quotes included.
fn place(files: &Files, statement: Span, name: &str) -> Span {
    let quoted = cedar_text(name);
    let text = files.slice(statement);
    let Some(at) = text.find(&quoted).and_then(|at| u32::try_from(at).ok()) else {
        return statement;
    };
    let start = statement.start.saturating_add(at);
    let length = u32::try_from(quoted.len()).unwrap_or(0);
    Span::new(statement.file, start, start.saturating_add(length))
}

/// The known name that is at most a third of its letters away.
fn nearest<'a>(name: &str, known: &'a BTreeSet<String>) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (distance(name, candidate), candidate.as_str()))
        .min()
        .filter(|(far, candidate)| *far * 3 <= candidate.chars().count().max(3))
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace) between two short texts.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(128).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(128).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let up = *cell;
            let cost = diagonal + usize::from(x != *y);
            left = cost.min(up + 1).min(left + 1);
            diagonal = up;
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("pii.emial", "pii.email"), 2);
        assert_eq!(distance("same", "same"), 0);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn far_names_are_not_suggested() {
        let known = BTreeSet::from(["pii.email".to_owned()]);
        assert_eq!(nearest("pii.emial", &known), Some("pii.email"));
        assert_eq!(nearest("fin.salary", &known), None);
    }
}
