//! The list of mutants, `corpus/proof/mutants.jsonl`: one a line.

use std::fs;
use std::path::Path;

use serde::Deserialize;

/// Where the list is.
pub(super) const LIST: &str = "corpus/proof/mutants.jsonl";

/// A checker with one rule removed.
#[derive(Deserialize)]
pub(super) struct Mutant {
    /// The rule of the proof; 0 for what owners endorse, 30 for grants.
    pub(super) rule: u32,
    /// What the checker does wrong.
    pub(super) name: String,
    /// The file, from the root of the repository.
    pub(super) file: String,
    #[serde(flatten)]
    place: Place,
    /// Other places of the file that hold the same rule, and would still refuse what it refuses.
    #[serde(default)]
    also: Vec<Place>,
}

/// One change of one place.
#[derive(Deserialize)]
pub(super) struct Place {
    /// What stands in the file exactly once and has `old` in it; `old` itself where left out.
    pub(super) find: Option<String>,
    /// An expression, or a statement with its semicolon; once in `find`.
    pub(super) old: String,
    /// What stands for it: of the same kind, nothing for a statement left out. Where `{on}` is in
    /// it, it is put there as it is, and `{on}` says whether the mutant is the one asked for.
    pub(super) new: String,
}

impl Mutant {
    /// All that it changes.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        std::iter::once(&self.place).chain(&self.also)
    }

    #[cfg(test)]
    pub(super) fn at(find: Option<&str>, old: &str, new: &str) -> Self {
        Self {
            rule: 1,
            name: "m".to_owned(),
            file: "f".to_owned(),
            place: Place {
                find: find.map(str::to_owned),
                old: old.to_owned(),
                new: new.to_owned(),
            },
            also: Vec::new(),
        }
    }
}

/// Reads the list.
pub(super) fn read(root: &Path) -> Result<Vec<Mutant>, String> {
    let text = fs::read_to_string(root.join(LIST))
        .map_err(|error| format!("cannot read `{LIST}`: {error}"))?;
    text.lines()
        .map(|line| serde_json::from_str(line).map_err(|error| format!("{LIST}: {error}: {line}")))
        .collect()
}
