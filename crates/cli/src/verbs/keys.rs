//! `sealine keys`: make and list keys. Key bytes are never printed.

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project;
use crate::screen::{Paint, Screen};
use sealine_engine::{EngineError, Setup};
use sealine_keys::{KeyInfo, Keystore};
use serde_json::{Value, json};
use std::path::Path;

/// Makes or lists keys.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Keys,
    screen: &Screen,
) -> Result<Exit, Failure> {
    match arguments {
        args::Keys::New { name } => new(directory, name, screen),
        args::Keys::List => list(directory, screen),
    }
}

fn new(directory: &Path, name: &str, screen: &Screen) -> Result<Exit, Failure> {
    let opened = project::open(directory, screen)?;
    let (mut session, user) = opened.session(Setup::Allowed)?;
    session.new_key(name, &user).map_err(|error| {
        // A name that sealine.yaml does not have is wrong usage; all else began and failed.
        let exit = match error {
            EngineError::KeyUndeclared { .. } => Exit::Broken,
            _ => Exit::Failed,
        };
        project::failed(&error, exit)
    })?;
    let made = session.keys().into_iter().find(|key| key.name == name);
    match made {
        Some(key) if screen.is_json() => screen.json(&as_json(&key)),
        _ => screen.line(&format!("made the key {name}")),
    }
    Ok(Exit::Done)
}

fn list(directory: &Path, screen: &Screen) -> Result<Exit, Failure> {
    let opened = project::open(directory, screen)?;
    let path = opened.project().state().keys();
    let store = Keystore::open(&path).map_err(|error| Failure::Crate {
        code: error.code(),
        message: error.to_string(),
        exit: Exit::Failed,
    })?;
    let made = store.map(|store| store.list()).unwrap_or_default();
    let declared = &opened.project().spec().project.keys;
    if screen.is_json() {
        let all: Vec<Value> = made.iter().map(as_json).collect();
        let missing: Vec<&String> = declared
            .keys()
            .filter(|name| !made.iter().any(|key| key.name == **name))
            .collect();
        screen.json(&json!({ "keys": all, "declared_not_made": missing }));
        return Ok(Exit::Done);
    }
    let width = made
        .iter()
        .map(|key| key.name.len())
        .chain(declared.keys().map(String::len))
        .max()
        .unwrap_or(4);
    screen.line(&screen.paint(
        Paint::Strong,
        &format!("{:<width$}  {:<8}  versions", "name", "purpose"),
    ));
    for key in &made {
        let versions: Vec<String> = key
            .versions
            .iter()
            .map(|version| {
                let primary = if version.version == key.primary {
                    " primary"
                } else {
                    ""
                };
                format!("{} {}{primary}", version.version, version.state.as_str())
            })
            .collect();
        screen.line(&format!(
            "{:<width$}  {:<8}  {}",
            key.name,
            key.purpose.as_str(),
            versions.join(", ")
        ));
    }
    for (name, key) in declared {
        if !made.iter().any(|made| made.name == *name) {
            let line = format!(
                "{name:<width$}  {:<8}  not made yet: `sealine run` or `sealine keys new {name}`",
                key.purpose.name()
            );
            screen.line(&screen.paint(Paint::Warn, &line));
        }
    }
    Ok(Exit::Done)
}

fn as_json(key: &KeyInfo) -> Value {
    let versions: Vec<Value> = key
        .versions
        .iter()
        .map(|version| json!({ "version": version.version, "state": version.state.as_str(), "created": version.created }))
        .collect();
    json!({ "name": key.name, "purpose": key.purpose.as_str(), "primary": key.primary, "versions": versions })
}
