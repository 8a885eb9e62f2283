//! Paths: a location stays inside the root of its connection, whatever is written.

use super::reader::Reader;
use super::scalar::quote;
use crate::source::Spanned;

/// The folder that holds a project's state; no dataset may lie in it.
const STATE: &str = ".sealine";

impl Reader<'_> {
    /// A path inside a root: relative, normalised, not the root itself; a `/` at the end is kept.
    pub(crate) fn inner_path(&mut self, path: &Spanned<String>) -> Option<String> {
        if path.starts_with('/') {
            let help = "write it relative to the `root` of the connection";
            return self.unsafe_path(path, "is absolute", help);
        }
        let parts = self.parts(path)?;
        if parts.is_empty() {
            return self.unsafe_path(
                path,
                "names the root itself",
                "name a file or a folder below it",
            );
        }
        let end = if path.ends_with('/') { "/" } else { "" };
        Some(parts.join("/") + end)
    }

    /// A root: absolute, or relative to the project; normalised, `.` for the project itself.
    pub(crate) fn root_path(&mut self, path: &Spanned<String>) -> Option<String> {
        let parts = self.parts(path)?;
        if path.starts_with('/') {
            if parts.is_empty() {
                return self.unsafe_path(path, "is the whole machine", "name a folder");
            }
            return Some(format!("/{}", parts.join("/")));
        }
        Some(if parts.is_empty() {
            ".".to_owned()
        } else {
            parts.join("/")
        })
    }

    /// A path for the state: as a root, but it may name the state folder itself.
    pub(crate) fn state_path(&mut self, path: &Spanned<String>) -> Option<String> {
        let trimmed = path.trim_end_matches('/');
        if trimmed == STATE {
            return Some(trimmed.to_owned());
        }
        match trimmed
            .strip_suffix(STATE)
            .and_then(|above| above.strip_suffix('/'))
        {
            Some(above) => {
                let above = if above.is_empty() { "/" } else { above };
                let slash = if above.starts_with('/') { "/" } else { "" };
                let above = Spanned::new(above.to_owned(), path.span);
                let mut parts = self.parts(&above)?;
                parts.push(STATE);
                Some(format!("{slash}{}", parts.join("/")))
            }
            None => {
                let root = self.root_path(path)?;
                if root == "." {
                    return self.unsafe_path(
                        path,
                        "is the project itself",
                        "name a folder of its own",
                    );
                }
                Some(root)
            }
        }
    }

    /// The parts of a path, without empty ones and `.`.
    fn parts<'p>(&mut self, path: &'p Spanned<String>) -> Option<Vec<&'p str>> {
        let problem = if path.is_empty() {
            ("is empty", "name a folder or a file")
        } else if path.len() > 1024 {
            ("is too long", "use at most 1024 bytes")
        } else if path.chars().any(char::is_control) {
            ("holds a control character", "remove it")
        } else if path.contains('\\') {
            (
                "holds a backslash",
                "write `/` between the parts, on every system",
            )
        } else if path.contains("${") {
            (
                "holds a reference",
                "write it out; references are not available here",
            )
        } else if path.starts_with('~') {
            (
                "begins with `~`",
                "write the folder out; `~` is not expanded",
            )
        } else if path.split('/').any(|part| part == "..") {
            (
                "climbs with `..`",
                "name the folder directly; a location stays inside the root of its connection",
            )
        } else if path.split('/').any(|part| part.eq_ignore_ascii_case(STATE)) {
            (
                "lies in the state of the project",
                "data may not stand beside keys and log; choose another folder",
            )
        } else {
            return Some(
                path.value
                    .split('/')
                    .filter(|part| !part.is_empty() && *part != ".")
                    .collect(),
            );
        };
        self.unsafe_path(path, problem.0, problem.1)
    }

    fn unsafe_path<T>(&mut self, path: &Spanned<String>, what: &str, help: &str) -> Option<T> {
        self.error(
            "SL1041",
            path.span,
            format!("the path {} {what}", quote(path)),
            "not a safe path",
            help,
        );
        None
    }
}
