//! `sealine kms`: keys of files for another program, over standard input and output.
//!
//! INVARIANT: standard output holds answers of the key service and nothing else; warnings are left
//! out and progress goes to standard error.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::project;
use crate::screen::{self, Screen};
use sealine_engine::{EngineError, KeyService, Setup};
use std::io::{BufRead as _, Read as _};
use std::path::Path;

/// Answers every line of standard input.
pub(crate) fn run(directory: &Path, screen: &Screen) -> Result<Exit, Failure> {
    let opened = project::open_quietly(directory)?;
    let (session, user) = opened.session(Setup::Required, screen)?;
    let mut service = KeyService::new(session, user);
    let answered = answer_all(&mut service);
    // What was given out stands in the log, however the service ended.
    service.end().map_err(|error| stopped(&error))?;
    answered.map(|()| Exit::Done)
}

fn answer_all(service: &mut KeyService) -> Result<(), Failure> {
    let mut input = std::io::stdin().lock();
    let mut number = 0;
    loop {
        number += 1;
        let mut line = zeroize::Zeroizing::new(Vec::new());
        let read = input
            .by_ref()
            .take(KeyService::LONGEST_REQUEST)
            .read_until(b'\n', &mut line)
            .map_err(|source| Failure::File {
                action: "read",
                path: "standard input".to_owned(),
                source,
            })?;
        if read == 0 {
            return Ok(());
        }
        if read as u64 == KeyService::LONGEST_REQUEST && !line.ends_with(b"\n") {
            return Err(Failure::NotJson { line: number });
        }
        screen::line(&service.answer(&line).map_err(|error| stopped(&error))?);
        if screen::lost().is_some() {
            return Ok(());
        }
    }
}

fn stopped(error: &EngineError) -> Failure {
    let exit = match error {
        EngineError::Access(_) => Exit::Refused,
        _ => Exit::Failed,
    };
    project::failed(error, exit)
}
