//! The plan of `scrub`: what is done with each kind.
//!
//! Grammar: entries between commas, each `kind=treatment`; a kind is a name (`email`) or Presidio's
//! (`EMAIL_ADDRESS`), or `*` for all that are not named; a treatment is `replace`, `keep`, or a
//! protection with its literal arguments between parentheses.
//!
//! Invariant: a kind that the plan does not name is replaced.

use sealine_label::declare::{Argument, Declaration, ParamKind};

use crate::{ProtectError, argument::Arguments, catalogue::catalogue, detect::Kind};

/// What is done with the findings of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Treatment {
    /// The name of the kind stands in place.
    Replace,
    /// They stay.
    Keep,
    /// A protection of the catalogue, with its arguments but for the key and the domain.
    Protect(&'static Declaration, Vec<Argument>),
}

/// One treatment for each kind, in the order of [`Kind::ALL`].
pub(super) type Plan = Vec<(Kind, Treatment)>;

/// Reads the plan.
///
/// # Errors
/// [`ProtectError::Argument`] that names the entry.
pub(super) fn parse(text: &str, of: &Arguments<'_>) -> Result<Plan, ProtectError> {
    let mut rest = Treatment::Replace;
    let mut star = false;
    let mut named: Vec<(Kind, Treatment)> = Vec::new();
    for entry in split(text).map(str::trim).filter(|entry| !entry.is_empty()) {
        let Some((kind, treatment)) = entry.split_once('=') else {
            return Err(of.wrong(format!("`{entry}` must be written as kind=protection")));
        };
        let (kind, treatment) = (kind.trim(), read(treatment.trim(), of)?);
        let mut again = false;
        if kind == "*" {
            rest = treatment;
            again = std::mem::replace(&mut star, true);
        } else {
            let mut of_name = Kind::ALL
                .into_iter()
                .filter(|one| one.is_named(kind))
                .peekable();
            if of_name.peek().is_none() {
                let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
                return Err(of.wrong(format!(
                    "`{kind}` is not a kind that is recognised; the kinds are * and {}",
                    known.join(", ")
                )));
            }
            for one in of_name {
                again |= named.iter().any(|(other, _)| *other == one);
                named.push((one, treatment.clone()));
            }
        }
        if again {
            return Err(of.wrong(format!("`{kind}` stands twice in the plan; name it once")));
        }
    }
    let treatment = |kind: Kind| {
        let own = named.iter().find(|(other, _)| *other == kind);
        own.map_or_else(|| rest.clone(), |(_, own)| own.clone())
    };
    Ok(Kind::ALL
        .into_iter()
        .map(|kind| (kind, treatment(kind)))
        .collect())
}

/// The entries between commas that stand outside parentheses.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |c| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    })
}

fn read(text: &str, of: &Arguments<'_>) -> Result<Treatment, ProtectError> {
    let (name, list) = match text.split_once('(') {
        None => (text, ""),
        Some((name, rest)) => {
            let Some(list) = rest.strip_suffix(')') else {
                return Err(of.wrong(format!("`{text}` lacks a parenthesis at its end")));
            };
            (name.trim(), list)
        }
    };
    match name {
        "replace" if list.is_empty() => return Ok(Treatment::Replace),
        "keep" if list.is_empty() => return Ok(Treatment::Keep),
        _ => {}
    }
    let declaration = catalogue()
        .iter()
        .find(|declaration| declaration.name == name && name != of.protection())
        .ok_or_else(|| {
            of.wrong(format!(
                "`{name}` is neither replace, keep nor a protection of the catalogue"
            ))
        })?;
    let mut given = list.split(',').map(str::trim).filter(|one| !one.is_empty());
    let mut arguments = Vec::new();
    for param in declaration.params {
        match param.kind {
            // The policy reads which key is used in the call, and would not find one in a text.
            ParamKind::Key(_) | ParamKind::Domain => {}
            ParamKind::Column => {
                return Err(of.wrong(format!(
                    "`{name}` takes another column and cannot be used in a plan"
                )));
            }
            ParamKind::Choice(_) => arguments.push(match given.next() {
                Some(written) => Argument::Text(unquoted(written).to_owned()),
                None => param.kind.absent(),
            }),
            _ => match given.next() {
                Some(written) => arguments.push(literal(written)),
                None if param.required => {
                    return Err(of.wrong(format!("`{name}` needs its parameter `{}`", param.name)));
                }
                None => arguments.push(param.kind.absent()),
            },
        }
    }
    if given.next().is_some() {
        return Err(of.wrong(format!(
            "`{text}` has too many arguments; a key is the last argument of `scrub` itself"
        )));
    }
    Ok(Treatment::Protect(declaration, arguments))
}

fn literal(written: &str) -> Argument {
    match written.parse() {
        Ok(whole) => Argument::Integer(whole),
        Err(_)
            if written
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b".-+".contains(&byte)) =>
        {
            Argument::Number(written.to_owned())
        }
        Err(_) => Argument::Text(unquoted(written).to_owned()),
    }
}

fn unquoted(written: &str) -> &str {
    let inner = written
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(written)
}
