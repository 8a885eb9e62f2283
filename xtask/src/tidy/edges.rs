//! Which crate may use which. The list is the architecture: a new edge is a decision, so it is
//! made here, in view, and never by adding a line to a manifest alone.

use super::Findings;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// `crate: the crates of this repository that it may use`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("label", &[]),
    ("spec", &["label"]),
    ("plan", &["label", "spec"]),
    ("access", &["label", "spec", "plan"]),
    ("protect", &["label"]),
    ("keys", &["protect"]),
    ("vault", &["protect"]),
    ("connect", &["label", "keys", "protect"]),
    ("contract", &["spec", "connect"]),
    ("audit", &["protect"]),
    (
        "engine",
        &[
            "label", "spec", "plan", "access", "keys", "protect", "connect", "contract", "audit",
            "vault",
        ],
    ),
    (
        "cli",
        &[
            "label", "spec", "plan", "access", "keys", "protect", "connect", "contract", "audit",
            "engine",
        ],
    ),
    ("xtask", &[]),
];

/// Crates that must do no input or output, and the words that would betray it.
const PURE: &[&str] = &["label", "spec", "plan"];
const EFFECTS: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process::Command",
    "tokio::fs",
    "File::open",
    "std::env::var",
    "TcpStream",
];

pub(super) fn check(root: &Path, findings: &mut Findings) -> Result<(), String> {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut folders = vec![("xtask".to_owned(), root.join("xtask"))];
    let crates = fs::read_dir(root.join("crates"))
        .map_err(|error| format!("cannot read `crates`: {error}"))?;
    for entry in crates {
        let entry = entry.map_err(|error| error.to_string())?;
        folders.push((
            entry.file_name().to_string_lossy().into_owned(),
            entry.path(),
        ));
    }
    folders.sort();
    for (name, folder) in &folders {
        let Some(may) = allowed.get(name.as_str()) else {
            findings
                .fault(format!("crates/{name}: unknown crate; add it to the edges in xtask/src/tidy/edges.rs, with a decision"));
            continue;
        };
        let path = folder.join("Cargo.toml");
        let manifest = fs::read_to_string(&path)
            .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
        for used in uses(&manifest) {
            if !may.contains(&used.as_str()) {
                findings.fault(format!(
                    "{name} → {used}: this edge is not allowed (ARCHITECTURE.md, code map)"
                ));
            }
        }
        if !manifest.contains("[lints]\nworkspace = true") {
            findings.fault(format!(
                "{name}: the manifest must say `[lints]` `workspace = true`"
            ));
        }
        for line in versions(&manifest) {
            findings.fault(format!(
                "{name}: `{line}` names a version; versions stand in the root manifest alone"
            ));
        }
    }
    for name in PURE {
        purity(root, name, findings)?;
    }
    Ok(())
}

/// The crates of this repository that a manifest's `[dependencies]` names. What only tests use is
/// no edge: the proof's tests run over the real catalogue of `protect`, which `plan` must not know.
fn uses(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = matches!(line.trim(), "[dependencies]" | "[build-dependencies]");
        } else if inside && let Some(rest) = line.strip_prefix("sealine-") {
            found.push(
                rest.chars()
                    .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                    .collect(),
            );
        }
    }
    found
}

/// Dependency lines that do not take the workspace's version.
fn versions(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.contains("dependencies");
        } else if inside
            && !line.trim().is_empty()
            && !line.starts_with('#')
            && !line.contains("workspace = true")
        {
            found.push(line.trim().to_owned());
        }
    }
    found
}

fn purity(root: &Path, name: &str, findings: &mut Findings) -> Result<(), String> {
    let folder = root.join("crates").join(name).join("src");
    for path in crate::workspace::files(&folder)? {
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let line = line.trim_start();
            if line.starts_with("//") {
                continue;
            }
            for effect in EFFECTS {
                if line.contains(effect) {
                    let shown = crate::workspace::shown(root, &path);
                    findings.fault(format!(
                        "{shown}:{}: `{effect}`: the crate `{name}` does no input or output",
                        number + 1
                    ));
                }
            }
        }
    }
    Ok(())
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

    #[test]
    fn edges_are_read_from_dependencies_only() {
        let manifest = "[package]\nname = \"sealine-x\"\n[dependencies]\nsealine-label.workspace = true\nserde.workspace = true\n\
                        [dev-dependencies]\nsealine-plan.workspace = true\n";
        assert_eq!(uses(manifest), ["label"]);
    }

    #[test]
    fn a_version_in_a_crate_is_found() {
        let manifest =
            "[dependencies]\nserde = \"1\"\nhex.workspace = true\nsaphyr = { workspace = true }\n";
        assert_eq!(versions(manifest), ["serde = \"1\""]);
    }

    #[test]
    fn the_edges_have_no_cycle() {
        // Kahn: take away crates that use nothing left, until nothing is left.
        let mut left: BTreeMap<&str, Vec<&str>> = ALLOWED
            .iter()
            .map(|(name, may)| (*name, may.to_vec()))
            .collect();
        while !left.is_empty() {
            let free: Vec<&str> = left
                .iter()
                .filter(|(_, may)| may.is_empty())
                .map(|(name, _)| *name)
                .collect();
            assert!(!free.is_empty(), "a cycle among {:?}", left.keys());
            for name in free {
                left.remove(name);
                left.values_mut()
                    .for_each(|may| may.retain(|used| *used != name));
            }
        }
    }
}
