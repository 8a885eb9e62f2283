//! `sealine keys passphrase`: put the keystore under a passphrase, another one, or none.

use super::stopped;
use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::passphrase;
use crate::project;
use crate::screen::Screen;
use sealine_audit::PassphraseChange;
use sealine_engine::Setup;
use serde_json::json;
use std::path::Path;

/// Sets, changes or removes the passphrase.
pub(super) fn run(
    directory: &Path,
    verb: &args::Passphrase,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let opened = project::open(directory, screen)?;
    // The keystore is opened with the old one before the new one is asked for.
    let (mut session, user) = opened.session(Setup::Required, screen)?;
    let (change, new, text) = match verb {
        args::Passphrase::Set {
            new_passphrase_file,
        } => (
            PassphraseChange::Set,
            Some(passphrase::new(new_passphrase_file.as_deref())?),
            "the keystore is under a passphrase now; without it nothing opens, so keep it apart from the backup",
        ),
        args::Passphrase::Change {
            new_passphrase_file,
        } => (
            PassphraseChange::Changed,
            Some(passphrase::new(new_passphrase_file.as_deref())?),
            "the keystore is under another passphrase now; an old copy of root.key still opens with the old one",
        ),
        args::Passphrase::Remove => (
            PassphraseChange::Removed,
            None,
            "the keystore is under no passphrase any more; whoever can read .sealine/keys can open everything",
        ),
    };
    let sealed = new.is_some();
    session
        .change_passphrase(change, new, &user)
        .map_err(|error| stopped(&error))?;
    match screen.is_json() {
        true => screen.json(&json!({ "ok": true, "passphrase": sealed })),
        false => screen.line(text),
    }
    Ok(Exit::Done)
}
