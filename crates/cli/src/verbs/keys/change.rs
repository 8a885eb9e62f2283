//! `sealine keys new`, `rotate`, `disable`, `enable`, `destroy`, `cancel` and `limit`.

use super::list::as_json;
use super::stopped;
use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project;
use crate::screen::Screen;
use sealine_access::Action;
use sealine_engine::clock::{self, rfc3339};
use sealine_engine::{Session, Setup};
use sealine_keys::{Change, State};
use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::Path;

/// Makes a key that `sealine.yaml` declares.
pub(super) fn new(directory: &Path, name: &str, screen: &Screen) -> Result<Exit, Failure> {
    let opened = project::open(directory, screen)?;
    if !opened.project().state().exists() {
        // A session would make all declared keys before it asks.
        opened
            .permit_key(Action::Keys, name)
            .map_err(|error| stopped(&error))?;
    }
    let (mut session, user) = opened.session(Setup::Allowed, screen)?;
    session
        .new_key(name, &user)
        .map_err(|error| stopped(&error))?;
    tell(&session, name, &format!("made the key {name}"), screen);
    Ok(Exit::Done)
}

/// Changes a key.
pub(super) fn run(
    directory: &Path,
    arguments: &args::Keys,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let opened = project::open(directory, screen)?;
    let Some(change) = change(arguments, clock::now()) else {
        return Ok(Exit::Done);
    };
    if let args::Keys::Destroy { yes, .. } = arguments {
        confirm(change.name(), yes.as_deref(), screen)?;
    }
    let (mut session, user) = opened.session(Setup::Required, screen)?;
    let versions = session
        .change_key(&change, &user)
        .map_err(|error| stopped(&error))?;
    let text = done(&session, &change, &versions);
    tell(&session, change.name(), &text, screen);
    Ok(Exit::Done)
}

/// The change that was asked for.
fn change(arguments: &args::Keys, now: i64) -> Option<Change> {
    let change = match arguments.clone() {
        args::Keys::Rotate { name } => Change::Rotate { name },
        args::Keys::Disable { name, version } => Change::Disable { name, version },
        args::Keys::Enable { name, version } => Change::Enable { name, version },
        args::Keys::Cancel { name, version } => Change::Cancel { name, version },
        args::Keys::Destroy {
            name,
            version,
            after,
            ..
        } => Change::Destroy {
            name,
            version,
            due: now.saturating_add(after),
        },
        args::Keys::Limit { name, uses } => Change::Limit {
            name,
            max_uses: uses.0,
        },
        args::Keys::New { .. }
        | args::Keys::List
        | args::Keys::Show { .. }
        | args::Keys::Passphrase(_) => return None,
    };
    Some(change)
}

/// Whoever destroys a key says its name once more.
fn confirm(name: &str, yes: Option<&str>, screen: &Screen) -> Result<(), Failure> {
    let unconfirmed = || Failure::Unconfirmed {
        name: name.to_owned(),
    };
    let typed = match yes {
        Some(typed) => typed.to_owned(),
        None if io::stdin().is_terminal() && !screen.is_json() => {
            screen.error(&format!(
                "What only the key {name} opens will be gone for good, backups included.\n\
                 Type the name of the key to go on:"
            ));
            let mut line = String::new();
            let mut stdin = io::Read::take(io::stdin().lock(), 1024);
            stdin.read_line(&mut line).map_err(|_| unconfirmed())?;
            line.trim().to_owned()
        }
        None => return Err(unconfirmed()),
    };
    match typed == name {
        true => Ok(()),
        false => Err(unconfirmed()),
    }
}

/// What the change did, and what can be done next.
fn done(session: &Session, change: &Change, versions: &[u32]) -> String {
    let name = change.name();
    let numbers: Vec<String> = versions.iter().map(u32::to_string).collect();
    let these = match numbers.as_slice() {
        [one] => format!("version {one}"),
        all => format!("versions {}", all.join(", ")),
    };
    match change {
        Change::New { .. } => format!("made the key {name}"),
        Change::Rotate { .. } => {
            format!(
                "rotated {name}: {these} protects now; what older ones protected goes on opening"
            )
        }
        Change::Disable { .. } => format!(
            "disabled {these} of {name}: it opens, and protects nothing more; back: sealine keys enable {name}"
        ),
        Change::Enable { .. } => format!("enabled {these} of {name}"),
        Change::Cancel { .. } => format!(
            "kept {these} of {name}: it opens again; to let it protect: sealine keys enable {name}"
        ),
        Change::Limit {
            max_uses: Some(uses),
            ..
        } => format!("limited {name} to {uses} uses a version"),
        Change::Limit { max_uses: None, .. } => {
            format!("{name} has the limit of its cipher again")
        }
        Change::Destroy { due, .. } => {
            let key = session.keys().into_iter().find(|key| key.name == name);
            let gone = key.is_some_and(|key| {
                key.versions.iter().any(|version| {
                    versions.contains(&version.version) && version.state == State::Destroyed
                })
            });
            match gone {
                true => format!("destroyed {these} of {name}; the log keeps its tombstone"),
                false => format!(
                    "{these} of {name} does nothing any more, and is destroyed by the first command after {}; \
                     until then: sealine keys cancel {name}",
                    rfc3339(*due)
                ),
            }
        }
    }
}

fn tell(session: &Session, name: &str, text: &str, screen: &Screen) {
    match session.keys().into_iter().find(|key| key.name == name) {
        Some(key) if screen.is_json() => screen.json(&as_json(&key)),
        _ => screen.line(text),
    }
}
