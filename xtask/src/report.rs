//! What a task says: plain lines on standard output and standard error. A reader that has gone
//! away is not an error.

use std::io::Write as _;

/// Writes one line to standard output.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Writes one line to standard error.
pub(crate) fn error(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
