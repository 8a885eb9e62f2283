//! `sealine`: the command line. One file per verb in `verbs/`; everything that reaches a person or
//! a program leaves through `screen` and `show/`.
//!
//! INVARIANT: no row value reaches standard output but through `read` and `preview`, and none
//! reaches standard error at all.

mod args;
mod draw;
mod exit;
mod failure;
mod progress;
mod project;
mod reference;
mod screen;
mod show;
mod verbs;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| screen::panicked(panic.location())));
    let arguments = args::Arguments::parse();
    let screen = screen::Screen::new(&arguments);
    let exit = match verbs::run(arguments, &screen) {
        Ok(exit) => exit,
        Err(failure) => failure.report(&screen),
    };
    exit.code()
}
