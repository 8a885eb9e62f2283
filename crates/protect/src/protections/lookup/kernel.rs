//! The kernel of `lookup`.
//!
//! Invariant: the result is a word of the dictionary's right side or the other word, never a part
//! of the value.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use crate::{ProtectError, argument::Arguments, rewrite::Rewrite, swar};

const SYNTAX: &str = "the dictionary is written 'DE=EU, FR=EU', with double quotes around words that hold `,`, `=` or `\"`";

/// The groups of the words. Whoever writes the dictionary is the author of the pipeline, so nobody
/// else can choose words that collide, and a hash that is no more than quick will do.
type Groups = HashMap<String, String, BuildHasherDefault<Quick>>;

/// Eight bytes at a time, each step a multiplication.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        swar::words(bytes, |word, _| {
            let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = mixed ^ mixed >> 32;
        });
    }

    fn write_u8(&mut self, _: u8) {
        // The end of a text: the map compares the whole of it.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// `lookup`, bound.
pub(crate) struct Lookup {
    groups: Groups,
    other: String,
}

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lookup({} words)", self.groups.len())
    }
}

pub(crate) fn kernel(arguments: &Arguments<'_>) -> Result<Lookup, ProtectError> {
    let groups = read(arguments.text(0)?).map_err(|reason| arguments.wrong(reason))?;
    Ok(Lookup {
        groups,
        other: arguments.text(1)?.to_owned(),
    })
}

impl Rewrite for Lookup {
    const NAME: &'static str = "lookup";

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let group = self.groups.get(text).unwrap_or(&self.other);
        swar::push(group.as_bytes(), out);
    }
}

/// Pairs `word=group`, with commas or line ends between them; one may follow the last.
fn read(text: &str) -> Result<Groups, String> {
    let mut groups = Groups::default();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let pair = groups.len() + 1;
        let broken = || format!("pair {pair} cannot be read; {SYNTAX}");
        let (value, after) = word(rest).ok_or_else(broken)?;
        let (group, after) =
            word(after.strip_prefix('=').ok_or_else(broken)?).ok_or_else(broken)?;
        if groups.insert(value, group).is_some() {
            return Err(format!("pair {pair} repeats a word; each has one group"));
        }
        rest = match after.strip_prefix([',', '\n']) {
            Some(next) => next.trim_start(),
            None if after.is_empty() => after,
            None => return Err(broken()),
        };
    }
    match groups.is_empty() {
        true => Err(SYNTAX.to_owned()),
        false => Ok(groups),
    }
}

/// One word, quoted or plain, and what follows it. Spaces around it do not count.
fn word(text: &str) -> Option<(String, &str)> {
    let blank = [' ', '\t', '\r'];
    let text = text.trim_start_matches(blank);
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', '=', '\n', '"']).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end)?;
        let word = word.trim_end();
        return (!word.is_empty() && !rest.starts_with('"')).then(|| (word.to_owned(), rest));
    };
    let mut word = String::new();
    let mut rest = quoted;
    loop {
        let (part, after) = rest.split_once('"')?;
        word.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                word.push('"');
                rest = next;
            }
            None => return Some((word, after.trim_start_matches(blank))),
        }
    }
}

#[cfg(test)]
pub(crate) fn sample() -> crate::testing::Sample {
    use crate::testing::{Sample, said};

    Sample::texts(vec![said("DE=EU, FR=EU"), said("elsewhere")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rewritten, said};

    #[test]
    fn words_and_the_other() {
        let dictionary =
            "DE=EU, FR = EU ,\n \"Côte d'Ivoire\"=AF\n\"a,\"\"b\"\"=c\"=\"x=y\", \"\"=none,";
        for (text, out) in [
            ("DE", "EU"),
            ("FR", "EU"),
            ("Côte d'Ivoire", "AF"),
            ("a,\"b\"=c", "x=y"),
            ("", "none"),
            ("de", "?"),
            ("DE ", "?"),
        ] {
            let arguments = vec![said(dictionary), said("?")];
            assert_eq!(rewritten("lookup", arguments, text), out, "{text}");
        }
    }

    #[test]
    fn dictionaries_that_are_refused() {
        for text in [
            "",
            " ",
            "DE",
            "DE=",
            "=EU",
            "DE=EU, DE=EU",
            "DE=EU FR=EU=",
            "\"DE=EU",
            "\"DE\"x=EU",
            "DE=EU,,FR=EU",
            "D\"E=EU",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
