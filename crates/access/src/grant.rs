//! Policy text to paste: the narrowest `permit` that would answer a denial.
//!
//! Invariant: what is written here parses and validates (a test feeds it back),
//! and permits exactly what was asked. Must never: suggest a statement without
//! the principal, the resource and the parameters.

use sealine_plan::{DemandKind, Plan};

use crate::action::{Action, Resource, cedar_text};
use crate::authorize::{Asking, action, questions, tag};
use crate::disclosure::Disclosure;
use crate::principal::Principal;

/// A permit of an action that has no context.
pub(crate) fn plain(principal: &Principal, action: Action, resource: &Resource) -> String {
    format!("{};\n", scope(principal, action, resource))
}

/// A permit of one disclosure: this pipeline, destination, level, protection
/// and parameters.
pub(crate) fn disclosure(
    principal: &Principal,
    action: Action,
    resource: &Resource,
    asked: &Disclosure,
) -> String {
    let mut conditions = Vec::new();
    for (name, value) in asked.texts() {
        let Some(value) = value else { continue };
        match name {
            // What is let through is a kind of value, wherever it comes from.
            "from_level" | "dataset" | "column" => continue,
            "key" | "form" => conditions.push(format!("context has {name}")),
            _ => {}
        }
        conditions.push(format!("context.{name} == {}", cedar_text(value)));
    }
    for (name, value) in asked.numbers() {
        let Some(value) = value else { continue };
        // The direction in which less is shown.
        let relation = match name {
            "first" | "last" => "<=",
            "width" | "min_group" => ">=",
            _ => "==",
        };
        conditions.push(format!("context has {name}"));
        conditions.push(format!("context.{name} {relation} {value}"));
    }
    format!(
        "{}\nwhen\n{{\n  {}\n}};\n",
        scope(principal, action, resource),
        conditions.join(" &&\n  ")
    )
}

/// A first policy for a project that has none: what this plan asks for.
pub(crate) fn first_policy(plan: &Plan, asking: &Asking<'_>) -> String {
    let mut statements: Vec<String> = questions(plan)
        .iter()
        .map(|(action, resource)| plain(asking.principal, *action, resource))
        .collect();
    for demand in plan.demands() {
        let text = disclosure(
            asking.principal,
            action(demand.kind),
            &tag(demand),
            &asking.disclosure(demand),
        );
        if !statements.contains(&text) {
            statements.push(text);
        }
    }
    statements.join("\n")
}

fn scope(principal: &Principal, action: Action, resource: &Resource) -> String {
    format!(
        "permit (\n  principal == {},\n  action == Sealine::Action::{},\n  resource == {}\n)",
        principal.to_cedar(),
        cedar_text(action.name()),
        resource.to_cedar(),
    )
}

/// What an observer of the destination learns from one permitted disclosure.
pub(crate) fn reveals(asked: &Disclosure, kind: DemandKind) -> String {
    let column = format!("`{}.{}`", asked.dataset, asked.column);
    if kind == DemandKind::Select {
        return format!("for each row, in which of the granted cells {column} lies");
    }
    match kind {
        DemandKind::Reveal => {
            return format!("{column} as it is, to who asks for it at the terminal");
        }
        DemandKind::Export => {
            return format!("{column} of all rows as it is, in a file that stays");
        }
        DemandKind::Waive => {
            return format!(
                "{column} as it is, whatever the detectors take it for, until {}",
                asked.form.as_deref().unwrap_or_default(),
            );
        }
        DemandKind::Link => {
            return format!(
                "which rows have the same {column} as one of `{}`, and so what is shown of either about both",
                asked.form.as_deref().unwrap_or_default(),
            );
        }
        DemandKind::Declassify | DemandKind::Select => {}
    }
    match asked.protection.as_str() {
        "mask" => format!(
            "the first {} and last {} characters of {column}",
            asked.first.unwrap_or_default(),
            asked.last.unwrap_or_default(),
        ),
        "bucket" => format!("{column} to within {}", asked.width.unwrap_or_default(),),
        "tokenize" | "siv" => format!(
            "which rows have the same {column}, here and wherever the key `{}` is used",
            asked.key.as_deref().unwrap_or_default(),
        ),
        "encrypt" => format!(
            "which rows have no {column}; the value itself only to who holds the key `{}`",
            asked.key.as_deref().unwrap_or_default(),
        ),
        "redact" | "nullify" => format!("nothing of {column}"),
        "populations" => format!(
            "sums of {column} over those who stand in one of {} and not in the other, be they ever so few",
            asked.form.as_deref().unwrap_or_default(),
        ),
        other => match asked.min_group {
            Some(k) => format!("{other} of {column} over at least {k} subjects"),
            None => format!("{other} of {column}"),
        },
    }
}
