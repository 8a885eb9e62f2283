//! What makes several findings one cause.
//!
//! Invariant: findings are merged only where they are about one origin column
//! and one output column, or where one expression lets them all through; the
//! value aspect speaks for null and length.
//! Must never: drop the only finding of a cause.

use sealine_label::{Aspect, Origin};
use sealine_plan::{Demand, Plan, Violation};

use crate::authorize::Asking;
use crate::decide::Decision;
use crate::disclosure::origin_column;

/// Codes of the plan that say *that* something shows; the others say by which construct.
const GENERAL: [&str; 4] = ["SL3001", "SL3002", "SL3003", "SL3004"];
/// The code of the plan for what the rows tell: one filter, and every column stands in its rows.
const ROWS: &str = "SL3002";

/// The column of a demand about what several columns give together.
const TOGETHER: &str = "*";

/// One cause of a leak.
pub(super) struct Cause<'p> {
    /// The violation that speaks for it, and its index in the plan.
    pub(super) main: (usize, &'p Violation),
    /// The columns that it reaches; none where only the rows tell.
    pub(super) columns: Vec<&'p str>,
    /// What else is wrong with the same value in the same column.
    pub(super) also: Vec<&'p Violation>,
}

impl Cause<'_> {
    /// Whether an edit of one column can settle it: not where a filter lets the rows of several
    /// tell, since each of them tells as much.
    pub(super) fn edits_settle(&self) -> bool {
        self.main.1.code != ROWS || self.columns.len() < 2
    }
}

/// Violations by cause: those of one origin in one column, and those columns together that one
/// expression, or one filter, reaches. In the order of the plan, those of columns first.
pub(super) fn violations(plan: &Plan) -> Vec<Cause<'_>> {
    let cells = grouped(plan.violations().iter().enumerate(), |(_, violation)| {
        (
            cause(&violation.origin),
            violation.dataset.as_str(),
            violation.column.as_deref(),
        )
    });
    let mut causes: Vec<Cause<'_>> = Vec::new();
    for mut cell in cells {
        cell.sort_by_key(|(_, violation)| {
            let general = GENERAL.contains(&violation.code);
            (violation.origin.aspect != Aspect::Value, general)
        });
        let mut cell = cell.into_iter();
        let Some(main) = cell.next() else { continue };
        let also: Vec<&Violation> = cell
            .map(|(_, violation)| violation)
            .filter(|violation| violation.code != main.1.code)
            .collect();
        let column = main.1.column.as_deref();
        match causes
            .iter_mut()
            .find(|known| one_change(known.main.1, main.1))
        {
            Some(known) => {
                known.columns.extend(column);
                for violation in also {
                    if !known.also.iter().any(|other| other.code == violation.code) {
                        known.also.push(violation);
                    }
                }
            }
            None => causes.push(Cause {
                main,
                columns: column.into_iter().collect(),
                also,
            }),
        }
    }
    // What arrives in a column is plainer than what a construct lets the rows tell.
    causes.sort_by_key(|cause| cause.columns.is_empty());
    causes
}

/// Whether one change settles both: the same value through the same expression, or the same rows.
fn one_change(a: &Violation, b: &Violation) -> bool {
    a.code == b.code
        && a.named == b.named
        && a.dataset == b.dataset
        && cause(&a.origin) == cause(&b.origin)
        && (a.code == ROWS || (a.span.is_some() && a.span == b.span))
}

/// Denied demands by cause: the tags and aspects of one origin column in one
/// output column, under one protection.
pub(super) fn denied_demands<'p, 'd>(
    plan: &'p Plan,
    asking: &Asking<'_>,
    refused: &'d [(usize, Decision)],
) -> Vec<Vec<(usize, &'p Demand, &'d Decision)>> {
    let denied: Vec<(usize, &Demand, &Decision)> = refused
        .iter()
        .filter_map(|(at, decision)| Some((*at, plan.demands().get(*at)?, decision)))
        .collect();
    // What several columns give together is said only where no column of them is denied the same.
    let alone = |together: &Demand| {
        denied.iter().any(|(_, demand, _)| {
            demand.column != TOGETHER
                && demand.dataset == together.dataset
                && cause(&demand.origin) == cause(&together.origin)
                && asking.disclosure(demand).protection_text()
                    == asking.disclosure(together).protection_text()
        })
    };
    // What another pipeline adds is said once this one may show its own part.
    let first = |beside: &Demand| {
        denied.iter().any(|(_, demand, _)| {
            demand.beside.is_none() && cause(&demand.origin) == cause(&beside.origin)
        })
    };
    let denied: Vec<_> = denied
        .iter()
        .filter(|(_, demand, _)| match demand.beside {
            Some(_) => !first(demand),
            None => demand.column != TOGETHER || !alone(demand),
        })
        .copied()
        .collect();
    grouped(denied.into_iter(), |(_, demand, _)| {
        (
            cause(&demand.origin),
            demand.dataset.as_str(),
            (demand.column.as_str(), demand.beside.as_deref()),
            asking.disclosure(demand).protection_text(),
        )
    })
}

fn grouped<T, K: PartialEq>(items: impl Iterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<Vec<T>> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for item in items {
        let of = key(&item);
        match groups.iter_mut().find(|(known, _)| *known == of) {
            Some((_, group)) => group.push(item),
            None => groups.push((of, vec![item])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The column, whatever the aspect.
fn cause(origin: &Origin) -> (String, String) {
    (origin.dataset.to_string(), origin_column(origin).to_owned())
}

/// Where a value arrives, for people.
pub(super) fn destination(dataset: &str, columns: &[&str]) -> String {
    let place = if dataset.is_empty() {
        "the terminal".to_owned()
    } else {
        format!("`{dataset}`")
    };
    match columns {
        [] | ["#rows"] => format!("the rows of {place}"),
        [TOGETHER] => format!("several columns of {place} together"),
        [column] if dataset.is_empty() => format!("`{column}` on the terminal"),
        [column] => format!("`{dataset}.{column}`"),
        several => {
            let names: Vec<String> = several.iter().map(|name| format!("`{name}`")).collect();
            format!("{} of {place}", names.join(", "))
        }
    }
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
    fn aspects_of_a_column_are_one_cause_and_rows_are_another() {
        let value = cause(&Origin::column("d", "c", Aspect::Value));
        assert_eq!(value, cause(&Origin::column("d", "c", Aspect::Null)));
        assert_ne!(value, cause(&Origin::column("d", "other", Aspect::Value)));
        assert_ne!(cause(&Origin::rows("d")), cause(&Origin::order("d")));
    }

    #[test]
    fn groups_keep_the_order_of_the_first() {
        let groups = grouped([3, 10, 13, 20].into_iter(), |n| n % 10);
        assert_eq!(groups, [vec![3, 13], vec![10, 20]]);
    }

    #[test]
    fn destinations_are_named_for_people() {
        assert_eq!(destination("lake.out", &["a"]), "`lake.out.a`");
        assert_eq!(
            destination("lake.out", &["a", "b"]),
            "`a`, `b` of `lake.out`"
        );
        assert_eq!(destination("lake.out", &[]), "the rows of `lake.out`");
        assert_eq!(
            destination("lake.out", &["#rows"]),
            "the rows of `lake.out`"
        );
        assert_eq!(destination("", &["a"]), "`a` on the terminal");
        assert_eq!(destination("", &[]), "the rows of the terminal");
    }
}
