//! What the integration tests share: projects from folders and from texts.
//!
//! Must never: skip a file of a project silently.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::path::{Path, PathBuf};

use sealine_access::Policy;
use sealine_spec::{Files, Source, Spec};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The texts of a project folder, sorted by path.
pub(crate) fn sources(project: &str) -> Vec<Source> {
    let base = root().join(project);
    let mut found = Vec::new();
    walk(&base, &base, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "{project} holds no project");
    found
}

fn walk(base: &Path, at: &Path, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        let relative = path
            .strip_prefix(base)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        if path.is_dir() {
            let top = relative.split('/').next().unwrap();
            if ["catalog", "policy", "pipelines"].contains(&top) {
                walk(base, &path, found);
            }
        } else if relative == "sealine.yaml"
            || (relative.contains('/')
                && (relative.ends_with(".yaml") || relative.ends_with(".cedar")))
        {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push(Source {
                path: relative,
                text,
            });
        }
    }
}

/// Parses, and shows what is wrong if anything is.
pub(crate) fn parse(sources: Vec<Source>) -> (Files, Spec) {
    let parsed = sealine_spec::parse(sources);
    let Some(spec) = parsed.spec else {
        let text: Vec<_> = parsed
            .diagnostics
            .errors()
            .map(|found| {
                let place = found.span().map(|span| parsed.files.place(span));
                format!("{} {place:?} {}", found.code, found.message)
            })
            .collect();
        panic!("the project does not parse:\n{}", text.join("\n"));
    };
    (parsed.files, spec)
}

/// A project folder with its policy.
pub(crate) fn load(project: &str) -> (Files, Spec, Policy) {
    with_policy(sources(project))
}

/// Sources with their policy, which must be valid.
pub(crate) fn with_policy(sources: Vec<Source>) -> (Files, Spec, Policy) {
    let (files, spec) = parse(sources);
    let policy = Policy::load(&files, &spec).unwrap_or_else(|found| {
        let text: Vec<_> = found
            .iter()
            .map(|found| format!("{} {}", found.code, found.message))
            .collect();
        panic!("the policy is not valid:\n{}", text.join("\n"));
    });
    (files, spec, policy)
}

/// The sources with the policy text replaced.
pub(crate) fn replace_policy(mut sources: Vec<Source>, text: &str) -> Vec<Source> {
    sources.retain(|source| !source.path.starts_with("policy/"));
    sources.push(Source {
        path: "policy/test.cedar".to_owned(),
        text: text.to_owned(),
    });
    sources
}
