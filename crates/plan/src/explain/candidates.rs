//! Changes that settle a finding: each is put in place and proved before it is offered.
//!
//! Invariant: a candidate with a span was proved; what the policy says of its demands is asked by
//! the caller.

use std::sync::Arc;

use datafusion::logical_expr::LogicalPlan;
use sealine_label::Origin;
use sealine_spec::SqlText;

use super::evidence::{Again, Text, met};
use super::items::{Item, Place, select_lists, written_column};
use super::offers::offers;
use super::options::{Choice, Target, choices};
use crate::arrow_type;
use crate::candidate::Candidate;
use crate::check::{Trail, Trails};
use crate::finding::{Demand, DemandKind, Finding};
use crate::flow::Node;
use crate::plan::Plan;
use crate::prove::attempt;
use crate::request::Request;

/// Proofs tried for one finding at most.
const MOST_TRIES: usize = 64;
/// How often columns that leak only now are removed too.
const MOST_ROUNDS: usize = 4;

/// Changes that would settle a finding, best first.
pub(crate) fn candidates(
    plan: &Plan,
    what: &Finding,
    permits: &dyn Fn(&Demand) -> bool,
) -> Vec<Candidate> {
    let (Some((origin, trail)), Some(again)) = (met(plan, what), plan.evidence.again.as_ref())
    else {
        return Vec::new();
    };
    // A right to open is given or not; no change of a column stands for it.
    if let Finding::Demand(index) = *what
        && plan.demands.get(index).is_some_and(|demand| {
            matches!(
                demand.kind,
                DemandKind::Link | DemandKind::Reveal | DemandKind::Export | DemandKind::Waive
            )
        })
    {
        return Vec::new();
    }
    let mut all = Vec::new();
    if let (Some(node), Some(column)) = (plan.evidence.nodes.get(trail.output), trail.column) {
        let tries = Tries {
            plan,
            again,
            output: trail.output,
            permits,
            left: std::cell::Cell::new(MOST_TRIES),
        };
        match tries.beyond(node) {
            None => all.extend(tries.rewrites(node, column, origin)),
            // An edit that is known not to be enough is none; what would help is its owner's.
            Some(rest) => {
                let rows = Trail {
                    column: None,
                    ..trail
                };
                let asked = rest.iter().filter(|other| *other != origin);
                let asked = asked.flat_map(|other| offers(plan, again, other, rows));
                all.extend(offers(plan, again, origin, rows));
                all.extend(asked);
            }
        }
    }
    all.extend(offers(plan, again, origin, trail));
    let mut seen = Vec::new();
    all.retain(|one| {
        let new = !seen.contains(one);
        if new {
            seen.push(one.clone());
        }
        new
    });
    // What stands there already is no change.
    let there = |one: &Candidate| {
        one.span.is_some_and(|span| {
            again.files.text(span.file).get(span.range()) == Some(&one.replacement)
        })
    };
    all.retain(|one| !there(one));
    all
}

struct Tries<'t> {
    plan: &'t Plan,
    again: &'t Again,
    output: usize,
    permits: &'t dyn Fn(&Demand) -> bool,
    left: std::cell::Cell<usize>,
}

/// A replacement in the text of the last step.
struct Edit<'e> {
    step: &'e str,
    sql: &'e Arc<SqlText>,
    place: Place,
    replacement: String,
}

impl Tries<'_> {
    fn rewrites(&self, node: &Arc<Node>, column: usize, origin: &Origin) -> Vec<Candidate> {
        let Some(text) = self.text() else {
            return Vec::new();
        };
        if matches!(
            self.plan.request,
            Request::Read { .. } | Request::Reveal { .. } | Request::Preview { .. }
        ) {
            return Vec::new();
        }
        let lists = select_lists(&text.sql.text);
        let branch = if lists.len() > 1 {
            branch_of(node, column, self.plan, origin)
        } else {
            0
        };
        let Some(items) = lists.get(branch) else {
            return Vec::new();
        };
        let names: Vec<String> = node
            .plan
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        let stars = items.iter().filter(|item| item.star).count();
        if stars > 1 {
            return Vec::new();
        }
        // A star stands for the columns that no other item names.
        let width = (names.len() + stars).saturating_sub(items.len());
        let mut at = 0;
        for item in items {
            let here = if item.star { width } else { 1 };
            if (at..at + here).contains(&column) {
                let edit = |replacement| Edit {
                    step: &text.name,
                    sql: &text.sql,
                    place: item.place,
                    replacement,
                };
                if item.star {
                    return self.star(node, item, at..at + width, &names, &edit);
                }
                let name = names.get(column).map_or("", String::as_str);
                let mut found = self.one(node, item, column, name, origin, &edit);
                let settled = found.iter().any(|one| one.demands.iter().all(self.permits));
                if lists.len() > 1 && !settled {
                    found.extend(self.everywhere(node, &lists, column, name, origin, text));
                }
                return found;
            }
            at += here;
        }
        Vec::new()
    }

    /// What stays wrong with every column removed that leaks: no protection of columns settles
    /// that. None where nothing does, or where it cannot be tried.
    fn beyond(&self, node: &Node) -> Option<Vec<Origin>> {
        let text = self.text()?;
        let mut gone = self.leaking(&self.plan.evidence.trails, &self.plan.demands);
        for _ in 0..MOST_ROUNDS {
            // An order by a column that is left out clashes with another of its name.
            let again = ["", "#"].iter().find_map(|mark| {
                let text_without = without(&text.sql.text, node, &gone, mark)?;
                self.again(&text.name, &text.sql, text_without)
            })?;
            let trails = &again.evidence.trails;
            let more = self.leaking(trails, &again.demands);
            if more.iter().all(|column| gone.contains(column)) {
                let violated = trails.violations.iter().zip(&again.violations);
                // What can fail does so inside of `redact` too, and not where only the column is left.
                let violated = violated
                    .filter(|(trail, one)| trail.output == self.output && one.code != "SL3010");
                let mut rest: Vec<Origin> = violated.map(|(_, one)| one.origin.clone()).collect();
                rest.sort();
                rest.dedup();
                return (!rest.is_empty()).then_some(rest);
            }
            gone.extend(more);
        }
        None
    }

    /// The text of the step that the output is of.
    fn text(&self) -> Option<&Text> {
        let from = &self.plan.outputs.get(self.output)?.from;
        let mut texts = self.plan.evidence.texts.iter();
        texts.find(|text| text.name == *from && !text.sql.text.is_empty())
    }

    /// The proof with another text for a step.
    fn again(&self, step: &str, sql: &SqlText, text: String) -> Option<Plan> {
        let sql = Arc::new(SqlText::plain(text, sql.span));
        let Again {
            files,
            spec,
            computed,
            registry,
            live,
        } = self.again;
        attempt(
            files,
            spec,
            computed,
            registry,
            &self.plan.request,
            live,
            Some((step, sql)),
        )
        .ok()
    }

    /// Protects one item.
    fn one<'e>(
        &self,
        node: &Node,
        item: &Item,
        column: usize,
        name: &str,
        origin: &Origin,
        edit: &dyn Fn(String) -> Edit<'e>,
    ) -> Vec<Candidate> {
        let alias = item.alias.clone().unwrap_or_else(|| identifier(name));
        let mut found = Vec::new();
        for choice in self.choices(node, &item.expression, column, name, Some(origin)) {
            let replacement = format!("{} AS {alias}", choice.text);
            if let Some(demands) = self.proved(&edit(replacement.clone()), &[column], Some(origin))
            {
                found.push(self.candidate(
                    &edit(replacement),
                    choice.title,
                    choice.reveals,
                    demands,
                ));
            }
        }
        found
    }

    /// Protects the same column in every branch of a union, as one edit from the first to the last.
    fn everywhere(
        &self,
        node: &Node,
        lists: &[Vec<Item>],
        column: usize,
        name: &str,
        origin: &Origin,
        text: &Text,
    ) -> Vec<Candidate> {
        if lists.iter().flatten().any(|item| item.star) {
            return Vec::new();
        }
        let Some(items) = lists
            .iter()
            .map(|items| items.get(column))
            .collect::<Option<Vec<&Item>>>()
        else {
            return Vec::new();
        };
        let (Some(first), Some(last)) = (items.first(), items.last()) else {
            return Vec::new();
        };
        let place = first.place.until(last.place);
        let choices: Vec<Vec<Choice>> = items
            .iter()
            .map(|item| self.choices(node, &item.expression, column, name, Some(origin)))
            .collect();
        let mut found = Vec::new();
        for (index, choice) in choices.first().into_iter().flatten().enumerate() {
            let mut replacement = String::new();
            let mut from = place.bytes.0;
            for (item, choices) in items.iter().zip(&choices) {
                let Some(same) = choices.get(index) else {
                    return found;
                };
                let alias = item.alias.clone().unwrap_or_else(|| identifier(name));
                let between = text.sql.text.get(from..item.place.bytes.0);
                replacement.push_str(between.unwrap_or_default());
                replacement.push_str(&format!("{} AS {alias}", same.text));
                from = item.place.bytes.1;
            }
            let edit = Edit {
                step: &text.name,
                sql: &text.sql,
                place,
                replacement,
            };
            if let Some(demands) = self.proved(&edit, &[column], Some(origin)) {
                let title = format!("{} in every branch", choice.title);
                found.push(self.candidate(&edit, title, choice.reveals.clone(), demands));
            }
        }
        found
    }

    /// Spells a star out, with each column that leaks protected by its first permitted choice.
    fn star<'e>(
        &self,
        node: &Node,
        item: &Item,
        range: std::ops::Range<usize>,
        names: &[String],
        edit: &dyn Fn(String) -> Edit<'e>,
    ) -> Vec<Candidate> {
        let leaking = self.leaking(&self.plan.evidence.trails, &self.plan.demands);
        let owner = item
            .expression
            .rsplit_once('.')
            .map_or(String::new(), |(owner, _)| format!("{owner}."));
        let (from, until) = (range.start, range.end.min(names.len()));
        let written = |index: usize| {
            let name = names
                .get(index)
                .map_or_else(String::new, |name| identifier(name));
            format!("{owner}{name}")
        };
        let mut texts: Vec<String> = (from..until).map(written).collect();
        let mut protected = Vec::new();
        // First everything gone, so that each column can be tried while the others leak nothing.
        let spelled = |texts: &[String]| texts.join(", ");
        for (at, text) in texts.iter_mut().enumerate() {
            let index = from + at;
            if leaking.contains(&index) {
                protected.push((at, text.clone()));
                let name = names
                    .get(index)
                    .map_or_else(String::new, |name| identifier(name));
                *text = format!("redact({text}) AS {name}");
            }
        }
        let mut titles = Vec::new();
        for (at, written) in protected {
            let index = from + at;
            let name = names.get(index).map_or("", String::as_str);
            for choice in self.choices(node, &written, index, name, None) {
                let mut trial = texts.clone();
                if let Some(text) = trial.get_mut(at) {
                    *text = format!("{} AS {}", choice.text, identifier(name));
                }
                let Some(demands) = self.proved(&edit(spelled(&trial)), &[index], None) else {
                    continue;
                };
                if demands.iter().all(self.permits) {
                    texts = trial;
                    titles.push(choice.title);
                    break;
                }
            }
        }
        let edit = edit(spelled(&texts));
        match self.proved(&edit, &(from..until).collect::<Vec<_>>(), None) {
            Some(demands) => {
                let reveals = "of each protected column, what its protection leaves".to_owned();
                let title = format!("spell the star out: {}", titles.join(", "));
                vec![self.candidate(&edit, title, reveals, demands)]
            }
            None => Vec::new(),
        }
    }

    /// The columns of this output that something is wrong with.
    fn leaking(&self, trails: &Trails, demands: &[Demand]) -> Vec<usize> {
        let violated = trails.violations.iter();
        let denied = trails
            .demands
            .iter()
            .zip(demands)
            .filter(|(_, demand)| !(self.permits)(demand))
            .map(|(trail, _)| trail);
        let mut all: Vec<usize> = violated
            .chain(denied)
            .filter(|trail| trail.output == self.output)
            .filter_map(|trail| trail.column)
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn choices(
        &self,
        node: &Node,
        expression: &str,
        column: usize,
        name: &str,
        origin: Option<&Origin>,
    ) -> Vec<Choice> {
        let cell = node.relation.columns.get(column);
        let own = cell
            .and_then(|cell| cell.own.as_ref())
            .and_then(|own| own.columns.first().cloned());
        let (dataset, source) = match (&own, origin) {
            (Some((dataset, source, _)), _) => (dataset.to_string(), source.to_string()),
            (
                None,
                Some(Origin {
                    dataset,
                    column: Some(column),
                    ..
                }),
            ) => (dataset.to_string(), column.to_string()),
            _ => (String::new(), String::new()),
        };
        let known = self
            .again
            .spec
            .datasets
            .get(&dataset)
            .and_then(|dataset| dataset.column(&source));
        // A canonical column may have another name by now; it is protected as it is written.
        let written = match &own {
            Some(_) => Some(expression.to_owned()),
            None => written_column(expression, &source),
        };
        let target = Target {
            column: written.as_deref(),
            expression,
            tags: known.map_or_else(Vec::new, |column| {
                column.tags.iter().map(ToString::to_string).collect()
            }),
            column_type: known.map(|column| arrow_type(&column.ty)),
            name,
        };
        choices(&target, &self.again.spec, &self.again.registry)
    }

    /// The demands about some columns with an edit in place, if none of them is violated then.
    fn proved(
        &self,
        edit: &Edit<'_>,
        columns: &[usize],
        origin: Option<&Origin>,
    ) -> Option<Vec<Demand>> {
        let left = self.left.get().checked_sub(1)?;
        self.left.set(left);
        let (start, end) = edit.place.bytes;
        let text = format!(
            "{}{}{}",
            edit.sql.text.get(..start)?,
            edit.replacement,
            edit.sql.text.get(end..)?
        );
        let again = self.again(edit.step, edit.sql, text)?;
        let trails = &again.evidence.trails;
        let concerns = |trail: &Trail, of: &Origin| {
            trail.output == self.output
                && trail.column.is_some_and(|column| columns.contains(&column))
                && origin.is_none_or(|origin| {
                    (&origin.dataset, &origin.column) == (&of.dataset, &of.column)
                })
        };
        let before: Vec<_> = self
            .plan
            .violations
            .iter()
            .map(|v| (v.code, &v.origin, &v.column))
            .collect();
        let bad = trails
            .violations
            .iter()
            .zip(&again.violations)
            .any(|(trail, violation)| {
                let new = !before.contains(&(violation.code, &violation.origin, &violation.column));
                new || concerns(trail, &violation.origin)
            });
        let asked = trails.demands.iter().zip(&again.demands);
        (!bad).then(|| {
            let new = |demand: &Demand| {
                !self.plan.demands.iter().any(|known| {
                    Demand {
                        id: 0,
                        ..known.clone()
                    } == Demand {
                        id: 0,
                        ..demand.clone()
                    }
                })
            };
            asked
                .filter(|(trail, demand)| concerns(trail, &demand.origin) || new(demand))
                .map(|(_, demand)| demand.clone())
                .collect()
        })
    }

    fn candidate(
        &self,
        edit: &Edit<'_>,
        title: String,
        reveals: String,
        demands: Vec<Demand>,
    ) -> Candidate {
        let span = edit.sql.locate(edit.place.start, edit.place.end);
        // The lines of a block scalar are indented in the file, and not in its text.
        let indent = |text: &str, at: usize| {
            let line = text.get(..at).unwrap_or_default();
            let line = text.get(line.rfind('\n').map_or(0, |end| end + 1)..);
            line.map_or(0, |line| line.len() - line.trim_start_matches(' ').len())
        };
        let file = self.again.files.text(span.file);
        let deeper = indent(file, span.range().start)
            .saturating_sub(indent(&edit.sql.text, edit.place.bytes.0));
        Candidate {
            title,
            demands,
            span: Some(span),
            replacement: edit
                .replacement
                .replace('\n', &format!("\n{}", " ".repeat(deeper))),
            reveals,
        }
    }
}

/// A query with some of its columns redacted in every branch, a mark behind their names; none where
/// that cannot be written.
fn without(sql: &str, node: &Node, columns: &[usize], mark: &str) -> Option<String> {
    let fields = node.plan.schema().fields();
    let name = |index: usize, mark: &str| {
        let field = fields.get(index)?;
        Some(identifier(&format!("{}{mark}", field.name())))
    };
    let (mut done, mut from) = (String::new(), 0);
    for items in select_lists(sql) {
        let stars = items.iter().filter(|item| item.star).count();
        if stars > 1 {
            return None;
        }
        let width = (fields.len() + stars).checked_sub(items.len())?;
        let mut at = 0;
        for item in items {
            let here = if item.star { width } else { 1 };
            let range = at..at + here;
            at += here;
            if !columns.iter().any(|column| range.contains(column)) {
                continue;
            }
            let owner = match item.expression.rsplit_once('.') {
                Some((owner, _)) if item.star => format!("{owner}."),
                _ => String::new(),
            };
            let mut parts = Vec::new();
            for index in range {
                let written = match item.star {
                    true => format!("{owner}{}", name(index, "")?),
                    false => item.expression.clone(),
                };
                parts.push(match columns.contains(&index) {
                    true => format!("redact({written}) AS {}", name(index, mark)?),
                    false => written,
                });
            }
            done.push_str(sql.get(from..item.place.bytes.0)?);
            done.push_str(&parts.join(", "));
            from = item.place.bytes.1;
        }
    }
    done.push_str(sql.get(from..)?);
    Some(done)
}

/// The branch of a union that a column's value comes from.
fn branch_of(node: &Arc<Node>, column: usize, plan: &Plan, origin: &Origin) -> usize {
    let mut at = Arc::clone(node);
    loop {
        if matches!(*at.bound, LogicalPlan::Union(_)) {
            let carries = |input: &Arc<Node>| {
                input.relation.columns.get(column).is_some_and(|cell| {
                    let own = cell.own.as_ref().is_some_and(|own| {
                        own.columns.iter().any(|(d, c, _)| {
                            *d == origin.dataset && Some(c) == origin.column.as_ref()
                        })
                    });
                    own || plan
                        .evidence
                        .labels
                        .entries(cell.value)
                        .any(|(other, _, _)| other == origin)
                })
            };
            return at.inputs.iter().position(carries).unwrap_or(0);
        }
        match at.inputs.first().cloned() {
            Some(next) => at = next,
            None => return 0,
        }
    }
}

/// A name as it can be written.
fn identifier(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}
