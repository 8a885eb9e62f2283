//! `sealine keys`: make, list and change keys. Key bytes are never printed.
//!
//! INVARIANT: what is shown and what is changed is asked of the policy first; a change goes through
//! a session, which logs it before it takes effect.

mod change;
mod list;
mod passphrase;

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::project;
use crate::screen::Screen;
use sealine_engine::EngineError;
use std::path::Path;

/// Makes, lists or changes keys.
pub(crate) fn run(
    directory: &Path,
    arguments: &args::Keys,
    screen: &Screen,
) -> Result<Exit, Failure> {
    match arguments {
        args::Keys::List => list::all(directory, screen),
        args::Keys::Show { name } => list::one(directory, name, screen),
        args::Keys::New { name } => change::new(directory, name, screen),
        args::Keys::Passphrase(verb) => passphrase::run(directory, verb, screen),
        args::Keys::Rotate { .. }
        | args::Keys::Disable { .. }
        | args::Keys::Enable { .. }
        | args::Keys::Destroy { .. }
        | args::Keys::Cancel { .. }
        | args::Keys::Limit { .. } => change::run(directory, arguments, screen),
    }
}

/// The end of a verb that the engine stopped: a denial is a refusal, an undeclared key wrong usage,
/// all else began and failed.
fn stopped(error: &EngineError) -> Failure {
    let exit = match error {
        EngineError::KeyUndeclared { .. } => Exit::Broken,
        EngineError::Access(_) => Exit::Refused,
        _ => Exit::Failed,
    };
    project::failed(error, exit)
}
