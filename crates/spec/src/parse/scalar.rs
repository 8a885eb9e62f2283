//! What a scalar's text means: null, boolean, number or text, by the core schema of YAML 1.2.
//!
//! Texts are never converted behind the author's back: `NO`, `on` and `1_000` are texts.

use crate::sql::Style;

/// Whether the scalar is null: nothing, `~` or `null`, not quoted.
pub(crate) fn is_null(text: &str, style: Style) -> bool {
    style == Style::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The boolean that an unquoted text means.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// The integer that an unquoted text means; decimal digits only.
pub(crate) fn integer(text: &str) -> Option<i128> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// The finite number that an unquoted text means.
pub(crate) fn number(text: &str) -> Option<f64> {
    let allowed =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.bytes().all(allowed) || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The units of sizes, in bytes.
const UNITS: [(&str, u64); 8] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// The bytes that a whole number with a unit means, such as `512MiB`.
pub(crate) fn size(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, bytes) = UNITS
        .iter()
        .find(|(name, _)| *name == unit.trim_start_matches(' '))?;
    number.parse::<u64>().ok()?.checked_mul(*bytes)
}

/// Whether YAML would read an unquoted text as something else than text.
pub(crate) fn is_other(text: &str) -> bool {
    let prefixed = |prefix, radix| {
        text.strip_prefix(prefix)
            .is_some_and(|rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix)))
    };
    is_null(text, Style::Plain)
        || boolean(text).is_some()
        || number(text).is_some()
        || prefixed("0x", 16)
        || prefixed("0o", 8)
        || matches!(
            text,
            ".inf" | "-.inf" | "+.inf" | ".nan" | ".Inf" | ".NaN" | ".INF" | ".NAN"
        )
}

/// What the scalar is, as a message names it.
pub(crate) fn describe(text: &str, style: Style) -> String {
    if is_null(text, style) {
        return "nothing".to_owned();
    }
    match style {
        Style::Block => "a block of text".to_owned(),
        Style::Plain if boolean(text).is_some() => format!("the boolean `{text}`"),
        Style::Plain if is_other(text) => format!("the number {}", quote(text)),
        Style::Plain => format!("the text {}", quote(text)),
        Style::Single | Style::Double => format!("the quoted text {}", quote(text)),
    }
}

/// A text of the file in backticks, cut where it is long, with nothing that could garble a terminal.
pub(crate) fn quote(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown = String::from("`");
    for (at, c) in text.chars().enumerate() {
        if at == MOST {
            shown.push('…');
            break;
        }
        match c {
            '`' => shown.push('\''),
            c if c.is_control() => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown.push('`');
    shown
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
    fn norway_is_a_country() {
        for text in [
            "NO", "no", "on", "y", "1_000", "12e03x", "0b1", "1:30", "-", ".", "e",
        ] {
            assert!(!is_other(text), "{text}");
        }
        for text in [
            "1", "-1.5", "1e3", ".5", "0x1F", "0o17", ".nan", "true", "~", "",
        ] {
            assert!(is_other(text), "{text}");
        }
    }

    #[test]
    fn integers_are_decimal() {
        assert_eq!(integer("-12"), Some(-12));
        assert_eq!(integer("+7"), Some(7));
        assert_eq!(integer("1.0"), None);
        assert_eq!(integer("0x10"), None);
        assert_eq!(integer(""), None);
        assert_eq!(integer("-"), None);
        assert_eq!(integer(&"9".repeat(60)), None);
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("64MiB", 64 << 20),
            ("1 GiB", 1 << 30),
            ("20GB", 20_000_000_000),
            ("0kB", 0),
        ] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in [
            "1",
            "GiB",
            "1.5GiB",
            "-1GiB",
            "1gib",
            "1 GiB ",
            "16777216TiB",
            "１GiB",
        ] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn quoted_text_is_cut_and_harmless() {
        assert_eq!(quote("a`b\u{1b}[31m"), "`a'b\\u{1b}[31m`");
        assert_eq!(quote(&"x".repeat(100)).chars().count(), 63);
    }
}
