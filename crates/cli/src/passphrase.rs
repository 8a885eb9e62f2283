//! Where a passphrase comes from: a file (or a descriptor, as `/dev/fd/3`), or the terminal without
//! echo.
//!
//! It must never come from an argument or the value of a variable, which others can read, nor be
//! printed.

use crate::failure::Failure;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use sealine_keys::LONGEST_PASSPHRASE;
use sealine_protect::crypto::Secret;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The variable that holds the path of a file, never the passphrase itself.
const VARIABLE: &str = "SEALINE_PASSPHRASE_FILE";
/// Ctrl-C, which ends the line while the terminal does not make a signal of it.
const INTERRUPT: u8 = 3;

static NAMED: OnceLock<PathBuf> = OnceLock::new();

/// Takes in the file that the command line named.
pub(crate) fn named(file: Option<PathBuf>) {
    if let Some(file) = file {
        let _ = NAMED.set(file);
    }
}

/// The passphrase of the keystore; `None` where no file was named and nobody can be asked.
pub(crate) fn current() -> Result<Option<Secret>, Failure> {
    let variable = std::env::var_os(VARIABLE).filter(|path| !path.is_empty());
    match NAMED.get().cloned().or(variable.map(PathBuf::from)) {
        Some(path) => from_file(&path).map(Some),
        None => Terminal::open()
            .map(|mut terminal| terminal.ask("passphrase: "))
            .transpose(),
    }
}

/// A new passphrase: from the file, or typed twice.
pub(crate) fn new(file: Option<&Path>) -> Result<Secret, Failure> {
    if let Some(path) = file {
        return from_file(path);
    }
    let Some(mut terminal) = Terminal::open() else {
        return Err(unusable("none was named: give `--new-passphrase-file`"));
    };
    let first = terminal.ask("new passphrase: ")?;
    let second = terminal.ask("once more: ")?;
    match first.equals(&second) {
        true => Ok(first),
        false => Err(unusable(
            "the two that were typed differ; nothing was changed",
        )),
    }
}

fn from_file(path: &Path) -> Result<Secret, Failure> {
    let failed = |source| Failure::File {
        action: "read",
        path: path.display().to_string(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let status = file.metadata().map_err(failed)?;
    // A pipe has no mode that means anything. A group may read, as a mounted secret is.
    if status.is_file() && status.mode() & 0o027 != 0 {
        return Err(unusable(
            "others can read or write its file; set its mode to 0600",
        ));
    }
    line(file).map_err(failed)
}

/// The bytes up to their end, without one end of line; never copied by growing.
fn line(from: impl io::Read) -> io::Result<Secret> {
    let most = LONGEST_PASSPHRASE + 2;
    let mut bytes = Vec::with_capacity(most + 1);
    let read = from.take(most as u64 + 1).read_to_end(&mut bytes);
    for end in [b'\n', b'\r'] {
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
    }
    let secret = Secret::new(bytes);
    read.map(|_| secret)
}

fn unusable(reason: &'static str) -> Failure {
    Failure::Passphrase { reason }
}

/// The terminal, silent until this drops.
struct Terminal {
    file: File,
    before: Termios,
}

impl Terminal {
    /// `None` where nobody sits at standard input, or it is not a terminal that can be silenced.
    fn open() -> Option<Terminal> {
        if !io::stdin().is_terminal() {
            return None;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .ok()?;
        let before = tcgetattr(&file).ok()?;
        let mut silent = before.clone();
        // Ctrl-C would leave the terminal without echo: it ends the line instead, and is seen.
        silent.local_modes &= !(LocalModes::ECHO | LocalModes::ISIG);
        silent.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(&file, OptionalActions::Flush, &silent).ok()?;
        Some(Terminal { file, before })
    }

    fn ask(&mut self, question: &str) -> Result<Secret, Failure> {
        let failed = |source| Failure::File {
            action: "read",
            path: "/dev/tty".to_owned(),
            source,
        };
        self.file.write_all(question.as_bytes()).map_err(failed)?;
        let mut bytes = Vec::with_capacity(LONGEST_PASSPHRASE + 1);
        let mut byte = [0];
        let interrupted = loop {
            let read = self.file.read(&mut byte).map_err(failed)?;
            match byte.first().copied() {
                _ if read == 0 => break false,
                Some(b'\n') => break false,
                Some(INTERRUPT) => break true,
                Some(typed) if bytes.len() <= LONGEST_PASSPHRASE => bytes.push(typed),
                _ => {}
            }
        };
        let secret = Secret::new(bytes);
        self.file.write_all(b"\n").map_err(failed)?;
        match interrupted {
            true => Err(unusable("it was not typed to its end")),
            false => Ok(secret),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Whoever sits there can type `reset` where this fails.
        let _ = tcsetattr(&self.file, OptionalActions::Flush, &self.before);
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn one_end_of_line_is_left_out_and_nothing_else() {
        for (text, expected) in [
            ("correct horse", "correct horse"),
            ("correct horse\n", "correct horse"),
            ("correct horse\r\n", "correct horse"),
            ("correct horse\n\n", "correct horse\n"),
            (" correct\thorse \n", " correct\thorse "),
            ("\n", ""),
        ] {
            let read = line(text.as_bytes()).unwrap();
            assert_eq!(read.expose(), expected.as_bytes(), "{text:?}");
        }
        let long = vec![b'l'; LONGEST_PASSPHRASE * 3];
        assert!(line(&*long).unwrap().len() > LONGEST_PASSPHRASE);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("passphrase");
        std::fs::write(&path, "correct horse\n").unwrap();
        for (mode, fits) in [
            (0o600, true),
            (0o440, true),
            (0o644, false),
            (0o620, false),
            (0o604, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(from_file(&path).is_ok(), fits, "{mode:o}");
        }
    }
}
