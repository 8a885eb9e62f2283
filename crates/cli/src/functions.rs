//! The page of the functions that SQL may use, from the table that the proof works with.
//!
//! Invariant: a function of the engine that is not on the page is not there for a pipeline either.

use sealine_plan::{Effect, Fails, FunctionFact, Kind, Nulls};
use std::collections::HashMap;
use std::fmt::Write as _;

/// The page, without the line that says that it is generated.
pub(crate) fn page() -> String {
    let facts = sealine_plan::function_facts();
    let mut aliases: HashMap<(Kind, String), Vec<String>> = HashMap::new();
    for (kind, name, also) in sealine_plan::engine_functions() {
        aliases.insert((kind, name), also);
    }
    let also = |fact: &FunctionFact| {
        let names = aliases.get(&(fact.kind, fact.name.to_owned()));
        let names = names.into_iter().flatten();
        let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    let mut out = String::from(
        "# Functions\n\nThe functions that SQL may use, with what the proof holds about each, and those that it may \
         not. Besides these there are the [protections](protections.md) and `CAST`, `TRY_CAST`, `CASE`, `LIKE`, \
         `EXTRACT`, `SUBSTRING`, `POSITION` and the operators.\n\n\
         - **total**: gives a result for every value. **can fail**: some values make it fail, and then it cannot \
         be used on what is above the clearance of whoever sees the run (`date_part` cannot fail for a part \
         that is a literal, nor `round` of a float to places that are one; unless the \
         step says `on_error: fail`, `date_trunc` of a time without a zone or in UTC is as far as the calendar \
         reaches, and null beyond it). **by position**: hands out one row by \
         its place. **constant**: one value for the whole run.\n\
         - **nulls**: *as the arguments*: null where an argument is null and nowhere else; *of nothing*: null \
         where there is no value; otherwise nulls tell as much as the result does.\n\
         - **order**: whether the result depends on the order of the rows, and carries what decided it.\n\n\
         No function has a hidden input: the same arguments give the same result in every run, but for the \
         constants, which give the time of the run.\n",
    );
    let mut families: Vec<&str> = Vec::new();
    for fact in &facts {
        if fact.is_allowed() && !families.contains(&fact.family) {
            families.push(fact.family);
        }
    }
    for family in families {
        let _ = write!(
            out,
            "\n## {}\n\n| function | also | fails | nulls | order |\n|---|---|---|---|---|\n",
            capital(family)
        );
        let mut rows: Vec<&FunctionFact> = facts.iter().filter(|f| f.family == family).collect();
        rows.sort_by_key(|fact| fact.name);
        for fact in rows {
            let Effect::Allowed {
                fails,
                nulls,
                ordered,
            } = fact.effect
            else {
                continue;
            };
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} | {} |",
                fact.name,
                also(fact),
                failing(fails),
                null(nulls),
                if ordered { "yes" } else { "" }
            );
        }
    }
    out.push_str("\n## Refused\n\n| function | also | kind | reason |\n|---|---|---|---|\n");
    for fact in &facts {
        if let Effect::Refused(reason) = fact.effect {
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {reason} |",
                fact.name,
                also(fact),
                kind(fact.kind)
            );
        }
    }
    out
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).collect()
}

fn failing(fails: Fails) -> &'static str {
    match fails {
        Fails::Total => "total",
        Fails::Partial => "can fail",
        Fails::First => "by position",
        Fails::Constant => "constant",
    }
}

fn null(nulls: Nulls) -> &'static str {
    match nulls {
        Nulls::Strict => "as the arguments",
        Nulls::Empty => "of nothing",
        Nulls::Any => "",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Scalar => "scalar",
        Kind::Aggregate => "aggregate",
        Kind::Window => "window",
        Kind::Table => "table",
    }
}
