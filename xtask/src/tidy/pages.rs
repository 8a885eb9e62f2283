//! Pages that must exist, and links between pages that must lead somewhere. That the generated
//! ones are fresh is checked by the program that writes them (`sealine docs --check`), in the
//! tests of the crate `cli`.

use super::Findings;
use crate::workspace;
use std::fs;
use std::path::Path;

const PAGES: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "LICENSE",
    "deny.toml",
    "clippy.toml",
    "docs/guide/quickstart.md",
    "docs/guide/anonymity.md",
    "docs/guide/formats.md",
    "docs/guide/keys.md",
    "docs/guide/masking-and-generalizing.md",
    "docs/guide/protecting-files.md",
    "docs/guide/refusals.md",
    "docs/guide/revealing.md",
    "docs/concepts/glossary.md",
    "docs/concepts/commit.md",
    "docs/concepts/labels.md",
    "docs/concepts/evidence.md",
    "docs/concepts/keys.md",
    "docs/reference/cli.md",
    "docs/reference/codes.md",
    "docs/reference/detection.md",
    "docs/reference/files.md",
    "docs/reference/proof-speed.md",
    "docs/reference/protection-speed.md",
    "docs/reference/faults.md",
    "docs/reference/performance.md",
    "docs/reference/functions.md",
    "docs/reference/mutants.md",
    "docs/reference/precision.md",
    "docs/reference/twins.md",
    "docs/reference/protections.md",
];

pub(super) fn check(root: &Path, findings: &mut Findings) -> Result<(), String> {
    for page in PAGES {
        if !root.join(page).is_file() {
            findings.fault(format!("{page}: this page must exist"));
        }
    }
    for path in workspace::files(root)? {
        if path.extension().is_some_and(|extension| extension == "md") {
            links(root, &path, findings);
        }
    }
    decisions(root, findings)
}

/// Every relative link of a page leads to a file.
fn links(root: &Path, page: &Path, findings: &mut Findings) {
    let Ok(text) = fs::read_to_string(page) else {
        return;
    };
    let folder = page.parent().unwrap_or(root);
    for target in targets(&text) {
        let file = target.split('#').next().unwrap_or_default();
        if file.is_empty() || file.contains("://") || file.starts_with("mailto:") {
            continue;
        }
        if !folder.join(file).exists() {
            findings.fault(format!(
                "{}: the link `{target}` leads nowhere",
                workspace::shown(root, page)
            ));
        }
    }
}

/// The targets of `[text](target)`, outside code.
fn targets(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // Every second piece between backticks is code.
        for prose in line.split('`').step_by(2) {
            let mut rest = prose;
            while let Some((_, after)) = rest.split_once("](") {
                if let Some((target, left)) = after.split_once(')') {
                    found.push(target);
                    rest = left;
                } else {
                    break;
                }
            }
        }
    }
    found
}

/// Decisions are numbered without gaps and without doubles.
fn decisions(root: &Path, findings: &mut Findings) -> Result<(), String> {
    let folder = root.join("docs/decisions");
    if !folder.is_dir() {
        findings.fault("docs/decisions: the decisions must be recorded".to_owned());
        return Ok(());
    }
    let mut numbers = Vec::new();
    for path in workspace::files(&folder)? {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned();
        match name
            .split('-')
            .next()
            .and_then(|number| number.parse::<usize>().ok())
        {
            Some(number) => numbers.push((number, name)),
            None => findings.fault(format!(
                "docs/decisions/{name}: a decision is named `NNNN-title.md`"
            )),
        }
    }
    numbers.sort();
    for (place, (number, name)) in numbers.iter().enumerate() {
        if *number != place + 1 {
            findings.fault(format!(
                "docs/decisions/{name}: expected the number {:04}",
                place + 1
            ));
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
    fn links_are_found_outside_code() {
        let text =
            "see [a](a.md) and [`b`](b.md#part)\n```\n[c](c.md)\n```\n`[d](d.md)` and [e](e.md)";
        assert_eq!(targets(text), ["a.md", "b.md#part", "e.md"]);
    }
}
