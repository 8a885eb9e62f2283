//! Findings for people (miette, on standard error), for programs (JSON) and for code scanning
//! (SARIF 2.1.0); rows for the terminal.

mod clip;
mod human;
mod machine;
mod rows;
mod sarif;
mod source;

pub(crate) use human::wrapped;
pub(crate) use machine::diagnostic as json;
pub(crate) use rows::{rejected, rows};

use crate::args::Format;
use crate::exit::Exit;
use crate::screen::{Paint, Screen};
use sealine_spec::{Diagnostic, Diagnostics, Files, Severity};

/// Prints findings in the form that was asked for; `exit` is how the process will end.
pub(crate) fn findings(screen: &Screen, files: &Files, diagnostics: &Diagnostics, exit: Exit) {
    match screen.format() {
        Format::Text => {
            people(screen, files, diagnostics);
            summary(screen, diagnostics, exit);
        }
        Format::Json => screen.json(&machine::report(files, diagnostics, exit)),
        Format::Sarif => screen.json(&sarif::report(files, diagnostics)),
    }
}

/// Prints findings for people, without a summary.
pub(crate) fn people(screen: &Screen, files: &Files, diagnostics: &Diagnostics) {
    let mut all: Vec<&Diagnostic> = diagnostics.iter().filter(|one| one.code != ASIDE).collect();
    // What stops the reader comes first; the order within a severity stays.
    all.sort_by_key(|one| match one.severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Note => 2,
    });
    for diagnostic in all {
        screen.error(&human::render(screen, files, diagnostic));
    }
}

/// A note that is true of every project today: one line at the end of `check`, nowhere else.
const ASIDE: &str = "SL1090";

/// Prints that note, where it was given.
pub(crate) fn aside(screen: &Screen, diagnostics: &Diagnostics) {
    if let Some(note) = diagnostics.iter().find(|one| one.code == ASIDE) {
        let text = format!("note[{ASIDE}]: {} (sealine explain {ASIDE})", note.message);
        screen.error(&Paint::Dim.on(screen.error_color(), &text));
    }
}

/// A number with its name.
pub(crate) fn count(number: u64, one: &str) -> String {
    let number_text = indicatif::HumanCount(number);
    format!("{number_text} {one}{}", if number == 1 { "" } else { "s" })
}

fn summary(screen: &Screen, diagnostics: &Diagnostics, exit: Exit) {
    let count = |severity| {
        diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if errors == 0 {
        return;
    }
    let word = |number: usize, name: &str| {
        format!("{number} {name}{}", if number == 1 { "" } else { "s" })
    };
    let what = match exit {
        Exit::Refused => format!(
            "refused: {}; nothing was read, nothing was written",
            word(errors, "finding")
        ),
        _ if warnings > 0 => format!(
            "{} and {}",
            word(errors, "error"),
            word(warnings, "warning")
        ),
        _ => word(errors, "error"),
    };
    let first = diagnostics
        .iter()
        .find(|diagnostic| diagnostic.severity == Severity::Error);
    screen.error(&Paint::Bad.on(screen.error_color(), &what));
    if let Some(first) = first {
        let more = format!("more: sealine explain {}", first.code);
        screen.error(&Paint::Dim.on(screen.error_color(), &more));
    }
}
