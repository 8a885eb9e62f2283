//! What makes several findings one cause.
//!
//! Invariant: findings are merged only where origin column, destination column
//! and code (or protection) agree; the value aspect speaks for null and length.
//! Must never: drop the only finding of a cause.

use sealine_label::{Aspect, Origin};
use sealine_plan::{Demand, Plan, Violation};

use crate::authorize::Asking;
use crate::decide::Decision;
use crate::disclosure::origin_column;

/// Violations by cause, in the order of the plan.
pub(super) fn violations(plan: &Plan) -> Vec<Vec<(usize, &Violation)>> {
    let mut groups = grouped(plan.violations().iter().enumerate(), |(_, violation)| {
        (
            violation.code,
            cause(&violation.origin),
            violation.dataset.as_str(),
            violation.column.as_deref(),
        )
    });
    for group in &mut groups {
        group.sort_by_key(|(_, violation)| violation.origin.aspect != Aspect::Value);
    }
    groups
}

/// Denied demands by cause: the tags and aspects of one origin column in one
/// output column, under one protection.
pub(super) fn denied_demands<'p, 'd>(
    plan: &'p Plan,
    asking: &Asking<'_>,
    refused: &'d [(usize, Decision)],
) -> Vec<Vec<(usize, &'p Demand, &'d Decision)>> {
    let denied = refused.iter().filter_map(|(at, decision)| {
        let demand = plan.demands().get(*at)?;
        Some((*at, demand, decision))
    });
    grouped(denied, |(_, demand, _)| {
        (
            cause(&demand.origin),
            demand.dataset.as_str(),
            demand.column.as_str(),
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
pub(super) fn destination(dataset: &str, column: Option<&str>) -> String {
    let place = if dataset.is_empty() {
        "the terminal".to_owned()
    } else {
        format!("`{dataset}`")
    };
    match column {
        None | Some("#rows") => format!("the rows of {place}"),
        Some("*") => format!("several columns of {place} together"),
        Some(column) if dataset.is_empty() => format!("`{column}` on the terminal"),
        Some(column) => format!("`{dataset}.{column}`"),
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
        assert_eq!(destination("lake.out", Some("a")), "`lake.out.a`");
        assert_eq!(destination("lake.out", None), "the rows of `lake.out`");
        assert_eq!(
            destination("lake.out", Some("#rows")),
            "the rows of `lake.out`"
        );
        assert_eq!(destination("", Some("a")), "`a` on the terminal");
        assert_eq!(destination("", None), "the rows of the terminal");
    }
}
