//! `sealine protections`: the catalogue, with what each protection leaks; or all about one.

use crate::args;
use crate::exit::Exit;
use crate::failure::{Failure, suggestion};
use crate::reference;
use crate::screen::{Paint, Screen};
use crate::show::wrapped;
use sealine_label::declare::{Declaration, Family};
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

/// Families in the order in which they are explained.
const FAMILIES: [Family; 6] = [
    Family::Remove,
    Family::Mask,
    Family::Generalize,
    Family::Pseudonym,
    Family::Seal,
    Family::Text,
];

fn list(screen: &Screen, all: &[Declaration]) {
    for family in FAMILIES {
        let members: Vec<&Declaration> = all.iter().filter(|one| one.family == family).collect();
        if members.is_empty() {
            continue;
        }
        screen.line(&screen.paint(Paint::Strong, reference::family(family)));
        for one in members {
            screen.line(&format!(
                "  {}",
                screen.paint(Paint::Name, &reference::call(one))
            ));
            prose(screen, one.summary);
            prose(screen, &format!("leaks: {}", one.leaks));
            if one.opens {
                prose(screen, &format!("opens: {}", one.reversible));
            }
        }
        screen.line("");
    }
    screen.line("All about one: sealine protections NAME");
}

fn prose(screen: &Screen, text: &str) {
    for line in wrapped(text, screen.width().saturating_sub(6)) {
        screen.line(&format!("      {line}"));
    }
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
