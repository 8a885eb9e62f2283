//! `sealine keys list` and `show`: what may be known of keys. No session is taken, so neither waits
//! for a run, and neither counts as a use.

use super::stopped;
use crate::exit::Exit;
use crate::failure::{Failure, suggestion};
use crate::project::{self, Opened};
use crate::screen::{Paint, Screen};
use sealine_access::Action;
use sealine_engine::clock::rfc3339;
use sealine_keys::{KeyInfo, State, VersionInfo};
use serde_json::{Value, json};
use std::path::Path;

/// All keys that the policy lets this user list.
pub(super) fn all(directory: &Path, screen: &Screen) -> Result<Exit, Failure> {
    let mut opened = project::open(directory, screen)?;
    let made = made(&mut opened)?;
    let (shown, withheld): (Vec<&KeyInfo>, Vec<&KeyInfo>) = made
        .iter()
        .partition(|key| opened.permit_key(Action::Keys, &key.name).is_ok());
    let declared = &opened.project().spec().project.keys;
    let missing: Vec<_> = declared
        .values()
        .filter(|key| !made.iter().any(|made| made.name == key.name))
        .collect();
    if screen.is_json() {
        let all: Vec<Value> = shown.into_iter().map(as_json).collect();
        let missing: Vec<&str> = missing.iter().map(|key| key.name.as_str()).collect();
        screen.json(
            &json!({ "ok": true, "exit": 0, "keys": all, "declared_not_made": missing, "withheld": withheld.len() }),
        );
        return Ok(Exit::Done);
    }
    let names = shown.iter().map(|key| key.name.len());
    let width = names.chain(declared.keys().map(String::len)).max();
    let width = width.unwrap_or(4).max(4);
    screen.line(&screen.paint(
        Paint::Strong,
        &format!(
            "{:<width$}  {:<7}  {:<10}  {:<10}  {:>10}  versions",
            "name", "purpose", "made", "rotated", "uses"
        ),
    ));
    for key in shown {
        let line = format!(
            "{:<width$}  {:<7}  {:<10}  {:<10}  {:>10}  {}",
            key.name,
            key.purpose.as_str(),
            day(key.created()),
            key.rotated().map_or_else(|| "-".to_owned(), day),
            uses(key),
            versions(key),
        );
        match key.protects() {
            true => screen.line(&line),
            false => screen.line(&screen.paint(Paint::Warn, &line)),
        }
        if key.is_near_limit() {
            screen.line(&screen.paint(Paint::Warn, &near_limit(key)));
        }
    }
    for key in missing {
        let line = format!(
            "{:<width$}  {:<7}  not made yet: `sealine run` or `sealine keys new {}`",
            key.name,
            key.purpose.name(),
            key.name,
        );
        screen.line(&screen.paint(Paint::Warn, &line));
    }
    if !withheld.is_empty() {
        let keys = crate::show::count(withheld.len() as u64, "key");
        let line = format!("{keys} withheld: the policy does not permit `keys` on them");
        screen.line(&screen.paint(Paint::Dim, &line));
    }
    Ok(Exit::Done)
}

/// One key with all its versions.
pub(super) fn one(directory: &Path, name: &str, screen: &Screen) -> Result<Exit, Failure> {
    let mut opened = project::open(directory, screen)?;
    opened
        .permit_key(Action::Keys, name)
        .map_err(|error| stopped(&error))?;
    let made = made(&mut opened)?;
    let Some(key) = made.iter().find(|key| key.name == name) else {
        return Err(Failure::Unknown {
            what: "key",
            name: name.to_owned(),
            suggestion: suggestion(name, made.iter().map(|key| key.name.as_str())),
        });
    };
    if screen.is_json() {
        screen.json(&as_json(key));
        return Ok(Exit::Done);
    }
    let protects = match key.protects() {
        true => format!("version {} protects", key.primary),
        false => "protects nothing now".to_owned(),
    };
    screen.line(&screen.paint(
        Paint::Strong,
        &format!("{} (for {}): {protects}", key.name, key.purpose),
    ));
    if let Some(limit) = key.limit {
        screen.line(&format!("  limit      {limit} uses a version"));
    }
    for version in &key.versions {
        screen.line(&format!(
            "  version {:<3}{}",
            version.version,
            told(version)
        ));
    }
    if key.is_near_limit() {
        screen.line(&screen.paint(Paint::Warn, &near_limit(key)));
    }
    Ok(Exit::Done)
}

/// The keys as they stand on disk; none where there is no keystore.
fn made(opened: &mut Opened) -> Result<Vec<KeyInfo>, Failure> {
    let store = opened.keystore()?;
    Ok(store.map(|store| store.list()).unwrap_or_default())
}

fn told(version: &VersionInfo) -> String {
    let mut told = format!(
        "{}, made {}",
        version.state.as_str(),
        rfc3339(version.created)
    );
    if let Some(due) = version.due {
        told.push_str(&format!(", due {}", rfc3339(due)));
    }
    if let Some(destroyed) = version.destroyed {
        told.push_str(&format!(", destroyed {}", rfc3339(destroyed)));
    }
    if let Some(uses) = version.uses {
        told.push_str(&format!(", {}", crate::show::count(uses, "use")));
    }
    told
}

fn versions(key: &KeyInfo) -> String {
    let version = |version: &VersionInfo| {
        let primary = match version.version == key.primary {
            true => " primary",
            false => "",
        };
        let due = version
            .due
            .map_or_else(String::new, |due| format!(" (due {})", day(due)));
        format!("{} {}{primary}{due}", version.version, version.state)
    };
    let all: Vec<String> = key.versions.iter().map(version).collect();
    all.join(", ")
}

fn uses(key: &KeyInfo) -> String {
    let primary = key.versions.iter().find(|one| one.version == key.primary);
    let uses = primary.and_then(|primary| primary.uses);
    uses.map_or_else(|| "-".to_owned(), |uses| uses.to_string())
}

/// What to say of a key that is soon used up.
pub(super) fn near_limit(key: &KeyInfo) -> String {
    format!(
        "  {} has {} of {} uses: rotate it soon with `sealine keys rotate {}`",
        key.name,
        uses(key),
        key.limit.unwrap_or_default(),
        key.name
    )
}

fn day(seconds: i64) -> String {
    rfc3339(seconds).chars().take(10).collect()
}

/// A key as programs read it; times are Unix seconds.
pub(super) fn as_json(key: &KeyInfo) -> Value {
    let version = |version: &VersionInfo| {
        let mut value = json!({
            "version": version.version,
            "state": version.state.as_str(),
            "created": version.created,
        });
        if let Some(fields) = value.as_object_mut() {
            let times = [("due", version.due), ("destroyed", version.destroyed)];
            for (name, time) in times {
                if let Some(time) = time {
                    fields.insert(name.to_owned(), time.into());
                }
            }
            if let Some(uses) = version.uses {
                fields.insert("uses".to_owned(), uses.into());
            }
        }
        value
    };
    json!({
        "name": key.name,
        "purpose": key.purpose.as_str(),
        "primary": key.primary,
        "protects": key.protects(),
        "created": key.created(),
        "rotated": key.rotated(),
        "limit": key.limit,
        "near_limit": key.is_near_limit(),
        "destroyed": key.versions.iter().all(|one| one.state == State::Destroyed),
        "versions": key.versions.iter().map(version).collect::<Vec<_>>(),
    })
}
