//! `sealine protections`: the catalogue, with what each protection leaks; or all about one.

use crate::args;
use crate::exit::Exit;
use crate::failure::{Failure, suggestion};
use crate::reference;
use crate::screen::{Paint, Screen};
use sealine_label::declare::Declaration;
use serde_json::{Value, json};

/// Lists all, or shows one.
pub(crate) fn run(arguments: &args::Protections, screen: &Screen) -> Result<Exit, Failure> {
    let all = sealine_protect::catalogue();
    let Some(name) = &arguments.name else {
        if screen.is_json() {
            screen.json(&json!(all.iter().map(object).collect::<Vec<_>>()));
        } else {
            list(screen, all);
        }
        return Ok(Exit::Done);
    };
    let wanted = name.to_ascii_lowercase();
    let Some(one) = all.iter().find(|one| one.name == wanted) else {
        return Err(Failure::Unknown {
            what: "protection",
            name: name.clone(),
            suggestion: suggestion(&wanted, all.iter().map(|one| one.name)),
        });
    };
    if screen.is_json() {
        screen.json(&object(one));
    } else {
        screen.line(reference::protection(one).trim());
    }
    Ok(Exit::Done)
}

fn list(screen: &Screen, all: &[Declaration]) {
    let mut family = None;
    for one in all {
        if family != Some(one.family) {
            let heading = screen.paint(Paint::Strong, reference::family(one.family));
            screen.line(&format!(
                "{}{heading}",
                if family.is_some() { "\n" } else { "" }
            ));
            family = Some(one.family);
        }
        screen.line(&format!(
            "  {}  {}",
            screen.paint(Paint::Name, &reference::call(one)),
            one.summary
        ));
        screen.line(&format!("      leaks: {}", one.leaks));
        if one.opens {
            screen.line(&format!("      opened by: {}", one.reversible));
        }
    }
    screen.line("\nAll about one: sealine protections NAME");
}

fn object(one: &Declaration) -> Value {
    json!({
        "name": one.name,
        "call": reference::call(one),
        "family": reference::family(one.family),
        "summary": one.summary,
        "leaks": one.leaks,
        "reversible": one.reversible,
        "opens": one.opens,
        "keeps": reference::kept(one.keeps),
        "nulls": reference::nulls(one.nulls),
        "takes": reference::accepts(one.accepts),
        "returns": reference::returns(one),
        "standard": one.standard,
        "example": one.example,
        "parameters": one.params.iter().map(|param| json!({
            "name": param.name,
            "is": reference::kind(param.kind),
            "required": param.required,
            "doc": param.doc,
        })).collect::<Vec<_>>(),
    })
}
