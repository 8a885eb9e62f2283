//! `sealine`: the command line. One file per verb in `verbs/`; everything that reaches a person or
//! a program leaves through `screen` and `show/`.
//!
//! INVARIANT: no row value reaches standard output but through `read`, `reveal` and `preview`, and none
//! reaches standard error at all.

mod args;
mod draw;
mod exit;
mod failure;
mod functions;
mod passphrase;
mod printable;
mod progress;
mod project;
mod reference;
mod screen;
mod show;
mod signals;
mod usage;
mod verbs;

use exit::Exit;
use std::process::ExitCode;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| screen::panicked(panic.location())));
    let arguments = match usage::arguments() {
        Ok(arguments) => arguments,
        Err(exit) => return told(exit, false).code(),
    };
    let screen = screen::Screen::new(&arguments);
    passphrase::named(arguments.passphrase_file.clone());
    let commits = matches!(arguments.verb, args::Verb::Run(_) | args::Verb::Protect(_));
    let exit = match verbs::run(arguments, &screen) {
        Ok(exit) => exit,
        Err(failure) => failure.report(&screen),
    };
    told(exit, commits).code()
}

/// The end, unless what was to be said of it could not be written.
fn told(exit: Exit, commits: bool) -> Exit {
    let Some(source) = screen::lost() else {
        return exit;
    };
    let done = match (exit, commits) {
        (Exit::Done, true) => "; the commit stands, `sealine audit show` tells of it",
        _ => "",
    };
    screen::error(&format!(
        "error[SL0112]: cannot write to standard output: {source}{done}"
    ));
    match exit {
        Exit::Done => Exit::Failed,
        other => other,
    }
}
