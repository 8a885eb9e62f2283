//! Standard output and standard error: one place that knows whether a person or a program reads,
//! whether colours are wanted, and that a reader may go away.
//!
//! It must never end the process: a closed pipe only makes the rest silent, so that the exit code
//! still tells what happened.

use crate::args::{Arguments, Colors, Format};
use crate::printable::painted;
use std::io::{self, IsTerminal as _, Write as _};
use std::panic::Location;
use std::sync::OnceLock;

/// The first failure of standard output that is not a reader who went away.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Why standard output did not take everything, where it did not.
pub(crate) fn lost() -> Option<&'static io::Error> {
    LOST.get()
}

/// Where a verb writes.
#[derive(Clone, Copy)]
pub(crate) struct Screen {
    format: Format,
    color: bool,
    error_color: bool,
    terminal: bool,
    error_terminal: bool,
}

/// A colour or weight of the terminal, by what it says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// A heading.
    Strong,
    /// What matters less.
    Dim,
    /// Good.
    Good,
    /// Take care.
    Warn,
    /// Bad.
    Bad,
    /// A name or a command.
    Name,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Paint::Strong => "1",
            Paint::Dim => "2",
            Paint::Good => "32",
            Paint::Warn => "33",
            Paint::Bad => "31",
            Paint::Name => "36",
        }
    }

    /// The text between the codes, or as it is.
    pub(crate) fn on(self, color: bool, text: &str) -> String {
        match color && !text.is_empty() {
            true => format!("\u{1b}[{}m{text}\u{1b}[0m", self.code()),
            false => text.to_owned(),
        }
    }
}

impl Screen {
    /// From the arguments and what the standard streams are.
    pub(crate) fn new(arguments: &Arguments) -> Screen {
        let wanted = |terminal: bool| match arguments.color {
            Colors::Always => true,
            Colors::Never => false,
            Colors::Auto => {
                terminal
                    && !set("NO_COLOR")
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        };
        let terminal = io::stdout().is_terminal();
        let error_terminal = io::stderr().is_terminal();
        Screen {
            format: arguments.format,
            color: wanted(terminal),
            error_color: wanted(error_terminal),
            terminal,
            error_terminal,
        }
    }

    /// The form that was asked for.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Whether a program reads.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether standard error shows colours.
    pub(crate) fn error_color(&self) -> bool {
        self.error_color
    }

    /// Whether standard error is a terminal, where a bar can move.
    pub(crate) fn can_animate(&self) -> bool {
        self.error_terminal
            && self.format == Format::Text
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// Columns of the terminal, or what fits most places.
    pub(crate) fn width(&self) -> usize {
        let known = comfy_table::Table::new().width().map(usize::from);
        match self.terminal || self.error_terminal {
            true => known.unwrap_or(100).clamp(40, 160),
            false => 100,
        }
    }

    /// The text in a colour of standard output.
    pub(crate) fn paint(&self, paint: Paint, text: &str) -> String {
        paint.on(self.color, text)
    }

    /// One line on standard output.
    pub(crate) fn line(&self, text: &str) {
        line(&painted(text, self.color));
    }

    /// Lines for a person only: nothing where a program reads.
    pub(crate) fn say(&self, text: &str) {
        if self.format == Format::Text {
            self.line(text);
        }
    }

    /// A JSON value on one line of standard output.
    pub(crate) fn json(&self, value: &serde_json::Value) {
        json(value);
    }

    /// One line on standard error.
    pub(crate) fn error(&self, text: &str) {
        error(&painted(text, self.error_color));
    }
}

/// A JSON value on one line of standard output, for those who have no screen yet.
pub(crate) fn json(value: &serde_json::Value) {
    line(&value.to_string());
}

/// One line on standard output, as it is.
pub(crate) fn line(text: &str) {
    let mut out = io::stdout().lock();
    let written = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
    match written {
        // A reader that has gone away has read what it wanted.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = LOST.set(error);
        }
        _ => {}
    }
}

fn set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// One line on standard error, as it is.
pub(crate) fn error(text: &str) {
    let mut out = io::stderr().lock();
    let _ = out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"));
}

/// What is said of a panic: the place in the program, never its message, which may hold a value.
pub(crate) fn panicked(place: Option<&Location<'_>>) {
    let place = place.map_or_else(String::new, |place| {
        format!(" at {}:{}", place.file(), place.line())
    });
    error(&format!(
        "SL0001: a defect in sealine{place}; nothing was committed by this step, and a rerun is safe. Please report it \
         with this line; the message is withheld, since it could hold a value"
    ));
}
