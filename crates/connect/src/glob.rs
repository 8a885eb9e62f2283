//! Patterns in paths: `*`, `?`, `[a-z]`, `[!a-z]` within a part, and `**` as a whole part.
//!
//! INVARIANT: matching takes time in the product of pattern and name at most, whatever they hold.
//! Names that begin with `.` or `_` are matched only by a part that begins so.

use crate::ConnectError;

/// One part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A plain name.
    Name(String),
    /// Any name that fits.
    Pattern(Vec<Token>),
    /// `**`: any number of folders.
    Folders,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Char(char),
    One,
    Many,
    Class {
        not: bool,
        ranges: Vec<(char, char)>,
    },
}

/// The parts of a path that is a pattern; `None` if it is a plain path.
pub(crate) fn parse(path: &str) -> Result<Option<Vec<Part>>, ConnectError> {
    if !path.contains(['*', '?', '[']) {
        return Ok(None);
    }
    let parts: Option<Vec<Part>> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .map(part)
        .collect();
    // `in/**` means the files, too.
    match parts {
        Some(mut parts) => {
            if parts.last() == Some(&Part::Folders) {
                parts.push(Part::Pattern(vec![Token::Many]));
            }
            Ok(Some(parts))
        }
        None => Err(ConnectError::Pattern {
            path: path.to_owned(),
        }),
    }
}

fn part(text: &str) -> Option<Part> {
    if text == "**" {
        return Some(Part::Folders);
    }
    if text.contains("**") {
        return None;
    }
    if !text.contains(['*', '?', '[']) {
        return Some(Part::Name(text.to_owned()));
    }
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        tokens.push(match next {
            '*' => Token::Many,
            '?' => Token::One,
            '[' => {
                let not = rest.next_if(|c| matches!(c, '!' | '^')).is_some();
                let mut ranges = Vec::new();
                loop {
                    let from = rest.next()?;
                    // A bracket that comes first stands for itself.
                    if from == ']' && !ranges.is_empty() {
                        break;
                    }
                    let mut ahead = rest.clone();
                    let to = match (ahead.next(), ahead.next()) {
                        (Some('-'), Some(to)) if to != ']' => {
                            rest = ahead;
                            to
                        }
                        _ => from,
                    };
                    ranges.push((from, to));
                }
                Token::Class { not, ranges }
            }
            other => Token::Char(other),
        });
    }
    Some(Part::Pattern(tokens))
}

impl Part {
    /// Whether a name fits this part.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let tokens = match self {
            Part::Name(own) => return own == name,
            Part::Folders => return !name.starts_with(['.', '_']),
            Part::Pattern(tokens) => tokens,
        };
        let hidden = name.chars().next().filter(|c| matches!(c, '.' | '_'));
        if hidden.is_some_and(|c| tokens.first() != Some(&Token::Char(c))) {
            return false;
        }
        // One place to go back to is enough: a later `*` can take over whatever an earlier could.
        let name: Vec<char> = name.chars().collect();
        let (mut at, mut token) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        while let Some(found) = name.get(at) {
            match tokens.get(token) {
                Some(Token::Many) => {
                    back = Some((token + 1, at));
                    token += 1;
                    continue;
                }
                Some(one) if one.fits(*found) => {
                    token += 1;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let Some((after, from)) = back else {
                return false;
            };
            back = Some((after, from + 1));
            (token, at) = (after, from + 1);
        }
        tokens.iter().skip(token).all(|token| *token == Token::Many)
    }
}

impl Token {
    fn fits(&self, c: char) -> bool {
        match self {
            Token::Char(own) => *own == c,
            Token::One => true,
            Token::Many => false,
            Token::Class { not, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *not
            }
        }
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

    fn fits(pattern: &str, name: &str) -> bool {
        parse(pattern).unwrap().unwrap()[0].matches(name)
    }

    #[test]
    fn patterns_fit_what_a_shell_would() {
        for (pattern, yes, no) in [
            (
                "*.csv",
                vec!["a.csv", "a.b.csv"],
                vec![".csv", "a.csv.gz", "a.CSV", "_a.csv"],
            ),
            ("a?c", vec!["abc", "a\u{e9}c"], vec!["ac", "abbc"]),
            ("[a-c]x", vec!["ax", "cx"], vec!["dx", "x"]),
            ("[!a-c]x", vec!["dx"], vec!["ax"]),
            ("[]a]*", vec!["]", "a1"], vec!["b"]),
            ("[[]1]", vec!["[1]"], vec!["1"]),
            ("[a-]", vec!["a", "-"], vec!["b"]),
            ("*a*b*", vec!["ab", "xaxbx", "aab"], vec!["ba", "a"]),
            ("_*", vec!["_a"], vec!["a"]),
        ] {
            for name in yes {
                assert!(fits(pattern, name), "{pattern} {name}");
            }
            for name in no {
                assert!(!fits(pattern, name), "{pattern} {name}");
            }
        }
        assert_eq!(parse("in/customers.csv").unwrap(), None);
        for broken in ["a[b", "a**", "x/[", "[]"] {
            assert_eq!(parse(broken).unwrap_err().code(), "SL9041", "{broken}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = format!("{}b", "*a".repeat(100));
        assert!(!fits(&pattern, &"a".repeat(250)));
    }
}
