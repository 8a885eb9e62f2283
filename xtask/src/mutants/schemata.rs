//! All mutants in one text: what a mutant changes stands there twice, and a switch chooses.
//!
//! Invariant: with no mutant asked for, every file does what the product's does.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use super::list::{Mutant, Place};

/// The environment variable with the number of the mutant.
pub(super) const SWITCH: &str = "SEALINE_MUTANT";

/// The module that each changed crate of the copy gets.
const MODULE: &str = "//! Which mutant is asked for.

use std::sync::OnceLock;

static ASKED: OnceLock<usize> = OnceLock::new();

/// Whether it is the one with this number.
pub(crate) fn on(number: usize) -> bool {
    *ASKED.get_or_init(|| {
        std::env::var(\"SEALINE_MUTANT\").ok().and_then(|text| text.parse().ok()).unwrap_or(0)
    }) == number
}
";

/// One place of a file, with what the mutants of these numbers make of it.
struct Site<'m> {
    range: Range<usize>,
    changes: Vec<(usize, &'m Place)>,
}

/// The files that the copy of the tree has otherwise: those with mutants, and a switch for each crate.
pub(super) fn changes(root: &Path, mutants: &[Mutant]) -> Result<BTreeMap<String, String>, String> {
    let mut by_file: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
    for (index, mutant) in mutants.iter().enumerate() {
        let of = by_file.entry(&mutant.file).or_default();
        of.push((index + 1, mutant));
    }
    let read = |name: &str| {
        fs::read_to_string(root.join(name))
            .map_err(|error| format!("cannot read `{name}`: {error}"))
    };
    let mut changes = BTreeMap::new();
    for (file, mutants) in by_file {
        let (folder, _) = file
            .split_once("/src/")
            .ok_or_else(|| format!("`{file}` is in no crate"))?;
        let library = format!("{folder}/src/lib.rs");
        if library == file {
            return Err(format!("`{file}` declares the switch and holds no mutant"));
        }
        if !changes.contains_key(&library) {
            let text = read(&library)?;
            changes.insert(library, format!("{text}\nmod mutant;\n"));
            changes.insert(format!("{folder}/src/mutant.rs"), MODULE.to_owned());
        }
        changes.insert(file.to_owned(), schemata(&read(file)?, &mutants)?);
    }
    Ok(changes)
}

/// The text with every mutant in it.
pub(super) fn schemata(text: &str, mutants: &[(usize, &Mutant)]) -> Result<String, String> {
    let mut sites: BTreeMap<(usize, usize), Site<'_>> = BTreeMap::new();
    for (number, mutant) in mutants {
        for one in mutant.places() {
            let range = place(text, one).map_err(|found| {
                format!("{}: the mutant `{}`: {found}", mutant.file, mutant.name)
            })?;
            let site = sites.entry((range.start, range.end)).or_insert(Site {
                range,
                changes: Vec::new(),
            });
            site.changes.push((*number, one));
        }
    }
    let mut out = String::new();
    let mut done = 0;
    for site in sites.values() {
        let before = text.get(done..site.range.start).ok_or_else(|| {
            let (number, _) = site.changes.first().copied().unzip();
            format!("mutant {} overlaps another", number.unwrap_or_default())
        })?;
        out.push_str(before);
        out.push_str(&switched(
            text.get(site.range.clone()).unwrap_or_default(),
            &site.changes,
        )?);
        done = site.range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Ok(out)
}

/// Where a text is changed.
fn place(text: &str, change: &Place) -> Result<Range<usize>, String> {
    let once = |text: &str, part: &str, of: &str| match text.matches(part).count() {
        1 => Ok(text.find(part).unwrap_or_default()),
        found => Err(format!("`{part}` stands {found} times in {of}")),
    };
    let anchor = change.find.as_deref().unwrap_or(&change.old);
    let start = once(text, anchor, "the file")? + once(anchor, &change.old, "its `find`")?;
    Ok(start..start + change.old.len())
}

/// What stands at a site: a chain of switches, and in the end what the product has.
fn switched(old: &str, changes: &[(usize, &Place)]) -> Result<String, String> {
    let on = |number: usize| format!("crate::mutant::on({number})");
    if let [(number, change)] = changes
        && change.new.contains("{on}")
    {
        return Ok(change.new.replace("{on}", &on(*number)));
    }
    let mut chain = String::new();
    for (number, change) in changes {
        if change.new.contains("{on}") {
            return Err(format!("mutant {number} shares its place"));
        }
        chain.push_str(&format!("if {} {{ {} }} else ", on(*number), change.new));
    }
    let whole = format!("{chain}{{ {old} }}");
    Ok(if old.ends_with(';') {
        whole
    } else {
        format!("({whole})")
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use super::super::list::{LIST, read};
    use super::*;
    use crate::workspace::root;

    #[test]
    fn mutants_of_one_place_are_chained() {
        let (one, two) = (
            Mutant::at(None, "a + b", "a"),
            Mutant::at(None, "a + b", "b"),
        );
        let text = schemata("let c = a + b;", &[(1, &one), (2, &two)]).unwrap();
        assert_eq!(
            text,
            "let c = (if crate::mutant::on(1) { a } else if crate::mutant::on(2) { b } else { a + b });"
        );
    }

    #[test]
    fn statements_and_switches_of_their_own() {
        let out = Mutant::at(Some("x(); y"), "x();", "");
        let own = Mutant::at(None, "z", "w({on})");
        let text = schemata("x(); y(); z", &[(3, &out), (4, &own)]).unwrap();
        assert_eq!(
            text,
            "if crate::mutant::on(3) {  } else { x(); } y(); w(crate::mutant::on(4))"
        );
    }

    #[test]
    fn places_are_found_once_and_apart() {
        let twice = Mutant::at(None, "a", "b");
        assert!(schemata("a a", &[(1, &twice)]).is_err());
        let (one, two) = (Mutant::at(None, "abc", "x"), Mutant::at(None, "cd", "y"));
        assert!(schemata("abcd", &[(1, &one), (2, &two)]).is_err());
    }

    #[test]
    fn every_mutant_finds_its_place() {
        let root = root();
        let mutants = read(&root).unwrap();
        assert!(mutants.len() >= 60, "{LIST}");
        for (index, mutant) in mutants.iter().enumerate() {
            let text = fs::read_to_string(root.join(&mutant.file)).unwrap();
            let changed = schemata(&text, &[(index + 1, mutant)]);
            let changed = changed.unwrap_or_else(|error| panic!("{error}"));
            assert_ne!(changed, text, "{}", mutant.name);
        }
    }
}
