//! Secrets that others keep: references to them, resolved when they are needed and not before.
//!
//! Invariant: a secret lives in [`Secret`] from its first byte on. A file that everybody can read, or that others can
//! write, is none.
//!
//! Must never: print a secret or keep it anywhere; follow what a secret says.

use std::{
    env, fmt,
    fs::File,
    io::Read,
    os::unix::{ffi::OsStringExt, fs::MetadataExt},
    path::PathBuf,
};

use sealine_protect::{ProtectError, crypto::Secret};

/// Bytes of the longest secret: a chain of certificates with its key fits.
const LONGEST: usize = 64 << 10;

/// Where a secret is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reference {
    /// `${env:NAME}`: a variable of the environment.
    Env(String),
    /// `${file:PATH}`: a file, without one end of line at its end.
    File(PathBuf),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Env(name) => write!(f, "${{env:{name}}}"),
            Reference::File(path) => write!(f, "${{file:{}}}", path.display()),
        }
    }
}

impl Reference {
    /// Fetches the secret.
    ///
    /// # Errors
    /// [`ProtectError::NoSecret`] with the reference and what to do; never with a part of the secret.
    pub fn resolve(&self) -> Result<Secret, ProtectError> {
        let secret = match self {
            Reference::Env(name) => env::var_os(name)
                .map(|value| Secret::new(value.into_vec()))
                .ok_or("the variable is not set"),
            Reference::File(path) => from_file(path),
        };
        let refuse = |reason| ProtectError::NoSecret {
            reference: self.to_string(),
            reason,
        };
        match secret.map_err(refuse)? {
            empty if empty.is_empty() => Err(refuse("it is empty")),
            long if long.len() > LONGEST => Err(refuse("it is longer than 64 KiB")),
            secret => Ok(secret),
        }
    }
}

fn from_file(path: &PathBuf) -> Result<Secret, &'static str> {
    let file = File::open(path).map_err(|_| "its file cannot be opened")?;
    let status = file.metadata().map_err(|_| "its file cannot be examined")?;
    if status.is_dir() {
        return Err("its file is a folder");
    }
    // A pipe has no mode that means anything. A group may read, as a mounted secret is.
    if status.is_file() && status.mode() & 0o027 != 0 {
        return Err("others can read or write its file; set its mode to 0600");
    }
    // Room for all of it at once, so that growing leaves no copy behind.
    let most = LONGEST + 2;
    let mut bytes = Vec::with_capacity(most + 1);
    let read = file.take(most as u64).read_to_end(&mut bytes);
    for end in [b'\n', b'\r'] {
        if bytes.last() == Some(&end) {
            bytes.pop();
        }
    }
    let secret = Secret::new(bytes);
    read.map(|_| secret).map_err(|_| "its file cannot be read")
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn refused(reference: &Reference, about: &str) {
        let error = reference.resolve().unwrap_err();
        assert_eq!(error.code(), "SL8505");
        let text = error.to_string();
        assert!(text.contains(about) && !text.contains("hunter2"), "{text}");
    }

    #[test]
    fn a_file_gives_its_text_where_others_cannot_reach_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        let reference = Reference::File(path.clone());
        refused(&reference, "cannot be opened");
        for (text, expected) in [
            ("hunter2", "hunter2"),
            ("hunter2\r\n", "hunter2"),
            (" hunter2\n\n", " hunter2\n"),
        ] {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            assert_eq!(reference.resolve().unwrap().expose(), expected.as_bytes());
        }
        for (mode, fits) in [
            (0o400, true),
            (0o440, true),
            (0o640, true),
            (0o644, false),
            (0o660, false),
            (0o602, false),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(reference.resolve().is_ok(), fits, "{mode:o}");
        }
        refused(&reference, "0600");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "\n").unwrap();
        refused(&reference, "empty");
        fs::write(&path, vec![b'x'; LONGEST + 1]).unwrap();
        refused(&reference, "longer");
        refused(&Reference::File(dir.path().to_owned()), "folder");
    }

    #[test]
    fn a_variable_gives_its_value() {
        // One that cargo sets for every test.
        let name = "CARGO_MANIFEST_DIR".to_owned();
        let secret = Reference::Env(name.clone()).resolve().unwrap();
        assert_eq!(secret.expose(), env::var(&name).unwrap().as_bytes());
        refused(
            &Reference::Env("SEALINE_NO_SUCH_VARIABLE".to_owned()),
            "${env:SEALINE_NO_SUCH_VARIABLE}",
        );
    }
}
