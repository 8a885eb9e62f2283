//! Text as a terminal shows it and does not obey it: control characters and those that turn the
//! direction of writing become visible. Everything from files, arguments and rows comes through here.
//!
//! INVARIANT: what leaves holds no character that acts, but for the line feeds, tabs and colours
//! that a function says it keeps.

use std::borrow::Cow;

/// Whether a terminal would obey it, or hide what stands beside it.
fn acts(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// On one line: every character that acts as an escape.
pub(crate) fn printable(text: &str) -> String {
    escaped(text, |_| false).into_owned()
}

/// On several lines: line feeds and tabs stay.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| matches!(letter, '\n' | '\t'))
}

fn escaped(text: &str, keeps: impl Fn(char) -> bool) -> Cow<'_, str> {
    let escapes = |letter: char| acts(letter) && !keeps(letter);
    if !text.contains(escapes) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match escapes(letter) {
            true => out.extend(letter.escape_default()),
            false => out.push(letter),
        }
    }
    Cow::Owned(out)
}

/// What is about to be printed for a person: line feeds and tabs stay, and colours where they are
/// wanted. The last gate of the screen, whatever came through before it.
pub(crate) fn painted(text: &str, color: bool) -> Cow<'_, str> {
    if !color {
        return lines(text);
    }
    let mut out = String::with_capacity(text.len());
    for (number, part) in text.split('\u{1b}').enumerate() {
        if number > 0 {
            out.push_str(if is_color(part) { "\u{1b}" } else { "\\u{1b}" });
        }
        out.push_str(&lines(part));
    }
    Cow::Owned(out)
}

/// Whether a colour follows the escape character, and nothing else that acts.
fn is_color(after: &str) -> bool {
    let Some(code) = after.strip_prefix('[') else {
        return false;
    };
    let digit = |letter: char| letter.is_ascii_digit() || letter == ';';
    code.trim_start_matches(digit).starts_with('m')
}

/// The same text in as many bytes and characters, so that every span into it stays right.
pub(crate) fn stand_ins(text: &str) -> Cow<'_, str> {
    if !text.contains(|letter| acts(letter) && !matches!(letter, '\n' | '\t')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        out.push(match (letter, letter.len_utf8()) {
            ('\n' | '\t', _) => letter,
            // The end of a line as some systems write it.
            ('\r', _) if letters.peek() == Some(&'\n') => ' ',
            (_, 1) if acts(letter) => '?',
            (_, 2) if acts(letter) => '\u{b7}',
            (_, _) if acts(letter) => '\u{fffd}',
            _ => letter,
        });
    }
    Cow::Owned(out)
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

    const NASTY: &str = "a\u{1b}[2Jb\r\n\t\u{7f}\u{9b}31m\u{202e}\u{61c}\u{feff}c é 猫";

    #[test]
    fn a_value_cannot_act_on_the_terminal() {
        let shown = printable(NASTY);
        assert!(!shown.chars().any(acts), "{shown}");
        assert!(shown.ends_with("c é 猫"), "{shown}");
        assert_eq!(lines("a\n\tb\u{7}"), "a\n\tb\\u{7}");
    }

    #[test]
    fn stand_ins_keep_every_place() {
        let shown = stand_ins(NASTY);
        assert_eq!(shown.len(), NASTY.len());
        assert!(
            shown
                .char_indices()
                .map(|(place, _)| place)
                .eq(NASTY.char_indices().map(|(place, _)| place))
        );
        assert!(
            !shown
                .chars()
                .any(|letter| acts(letter) && !"\n\t".contains(letter)),
            "{shown}"
        );
        assert_eq!(stand_ins("a\r\nb\rc"), "a \nb?c");
    }

    #[test]
    fn colours_pass_only_where_they_are_wanted() {
        assert_eq!(
            painted("\u{1b}[31mx\u{1b}[0m", true),
            "\u{1b}[31mx\u{1b}[0m"
        );
        assert_eq!(painted("\u{1b}[31mx", false), "\\u{1b}[31mx");
        assert_eq!(painted("\u{1b}[2Jx\u{1b}", true), "\\u{1b}[2Jx\\u{1b}");
    }
}
