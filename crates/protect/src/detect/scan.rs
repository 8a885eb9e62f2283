//! Personal data within running text.
//!
//! Invariant: results do not overlap and stand in the order of the text; where two could, the
//! higher score wins.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    ops::Range,
    sync::LazyLock,
};

use regex::Regex;

use super::{Kind, checksum};

/// Something found in a text.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Entity {
    /// What it is.
    pub kind: Kind,
    /// Where it begins, in characters from 0.
    pub start: usize,
    /// Where it ends, in characters; the end is not part of it.
    pub end: usize,
    /// From 0 to 1.
    pub score: f32,
}

/// What a word that names the kind, shortly before, adds to the score.
const CONTEXT: f32 = 0.35;
/// How far before, in bytes, such a word may stand.
const REACH: usize = 48;
/// Weaker candidates are not reported.
const LEAST: f32 = 0.4;

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        #[allow(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($text).expect("a valid pattern"));
    };
}

pattern!(
    EMAIL,
    r"(?i)[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.\-]+@(?:[a-z0-9\-]+\.)+[a-z][a-z0-9\-]*[a-z]"
);
pattern!(
    URL,
    r#"(?i)\b(?:https?://|www\.)[^\s<>"'`{}|\\^]{3}[^\s<>"'`{}|\\^]*"#
);
pattern!(IBAN, r"(?i)\b[a-z]{2}[0-9]{2}(?: ?[a-z0-9]){11,30}\b");
pattern!(IPV4, r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b");
pattern!(
    IPV6,
    r"(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?::?(?:[0-9]{1,3}\.){3}[0-9]{1,3})?"
);
pattern!(SSN, r"\b[0-9]{3}(?:-[0-9]{2}-|  ?[0-9]{2} )[0-9]{4}\b");
pattern!(DIGITS, r"[0-9](?:[ \-]?[0-9]){11,24}");
pattern!(
    PHONE,
    r"(?:\+|\()?[0-9][0-9 ().\-]{5,22}[0-9](?: ?(?:x|ext\.? ?)[0-9]{1,5})?"
);
pattern!(
    DATE,
    r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[.\-][0-9]{1,2}[.\-](?:19|20)[0-9]{2})"
);

/// A candidate, in bytes.
struct Found {
    kind: Kind,
    range: Range<usize>,
    score: f32,
}

/// Finds personal data in `text`, in time linear in its length.
pub fn scan_text(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    emails(text, &mut found);
    urls(text, &mut found);
    ibans(text, &mut found);
    addresses(text, &mut found);
    social_security_numbers(text, &mut found);
    cards(text, &mut found);
    phones(text, &mut found);
    found.retain(|one| one.score >= LEAST);
    in_characters(text, without_overlaps(found))
}

fn without_overlaps(mut found: Vec<Found>) -> Vec<Found> {
    // The sort is stable: of equal scores, the detector that ran first keeps its place.
    found.sort_by(|one, other| other.score.total_cmp(&one.score));
    let mut kept: std::collections::BTreeMap<usize, Found> = Default::default();
    for one in found {
        // Those kept do not overlap, so only the nearest on each side can overlap this one.
        let before = kept.range(..one.range.end).next_back();
        if before.is_none_or(|(_, before)| before.range.end <= one.range.start) {
            kept.insert(one.range.start, one);
        }
    }
    kept.into_values().collect()
}

fn in_characters(text: &str, found: Vec<Found>) -> Vec<Entity> {
    let (mut bytes, mut characters) = (0, 0);
    let mut position = |at: usize| {
        characters += text
            .get(bytes..at)
            .map_or(0, |between| between.chars().count());
        bytes = at;
        characters
    };
    let place = |one: Found| Entity {
        kind: one.kind,
        start: position(one.range.start),
        end: position(one.range.end),
        score: one.score,
    };
    found.into_iter().map(place).collect()
}

fn emails(text: &str, found: &mut Vec<Found>) {
    for one in EMAIL.find_iter(text) {
        let range = one.start() + leading(one.as_str(), ".'*=&|{/")..one.end();
        let local = one.as_str().split('@').next().unwrap_or_default();
        if local
            .trim_start_matches(['.', '\'', '*', '=', '&', '|', '{', '/'])
            .is_empty()
        {
            continue;
        }
        found.push(Found {
            kind: Kind::Email,
            range,
            score: 0.95,
        });
    }
}

fn leading(text: &str, any_of: &str) -> usize {
    text.len() - text.trim_start_matches(|c| any_of.contains(c)).len()
}

fn urls(text: &str, found: &mut Vec<Found>) {
    for one in URL.find_iter(text) {
        let length = one
            .as_str()
            .trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']'])
            .len();
        found.push(Found {
            kind: Kind::Url,
            range: one.start()..one.start() + length,
            score: 0.9,
        });
    }
}

fn ibans(text: &str, found: &mut Vec<Found>) {
    for one in IBAN.find_iter(text) {
        // The match may have run on into the words behind; an IBAN ends at a length of its own.
        let mut compact = Vec::with_capacity(34);
        for (at, byte) in one
            .as_str()
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte != b' ')
        {
            compact.push(byte);
            let next = one.as_str().as_bytes().get(at + 1);
            if next.is_none_or(|next| *next == b' ') && checksum::iban(&compact) {
                found.push(Found {
                    kind: Kind::Iban,
                    range: one.start()..one.start() + at + 1,
                    score: 1.0,
                });
                break;
            }
        }
    }
}

fn addresses(text: &str, found: &mut Vec<Found>) {
    for one in IPV4.find_iter(text) {
        if one.as_str().parse::<Ipv4Addr>().is_ok() && alone(text, &one.range(), ".") {
            found.push(Found {
                kind: Kind::Ip,
                range: one.range(),
                score: 0.8,
            });
        }
    }
    for one in IPV6.find_iter(text) {
        let digits = one.as_str().bytes().filter(u8::is_ascii_hexdigit).count();
        // `a::b` in source code and times such as 11:34:35 are no addresses.
        let shape =
            one.as_str().contains("::") && digits >= 4 || one.as_str().matches(':').count() == 7;
        if shape && one.as_str().parse::<Ipv6Addr>().is_ok() && alone(text, &one.range(), ":") {
            found.push(Found {
                kind: Kind::Ip,
                range: one.range(),
                score: 0.8,
            });
        }
    }
}

fn social_security_numbers(text: &str, found: &mut Vec<Found>) {
    for one in SSN.find_iter(text) {
        let digits: Vec<u8> = one.as_str().bytes().filter(u8::is_ascii_digit).collect();
        if checksum::ssn(&digits) && alone(text, &one.range(), "-") {
            let context = context(text, one.start(), &["ssn", "social", "security"]);
            let base = if one.as_str().contains('-') { 0.8 } else { 0.3 };
            found.push(Found {
                kind: Kind::Ssn,
                range: one.range(),
                score: (base + context).min(1.0),
            });
        }
    }
}

fn cards(text: &str, found: &mut Vec<Found>) {
    const WORDS: &[&str] = &[
        "card",
        "visa",
        "mastercard",
        "amex",
        "credit",
        "debit",
        "payment",
        "paid",
        "karte",
        "carte",
        "tarjeta",
    ];
    for one in DIGITS.find_iter(text) {
        if !alone(text, &one.range(), "") {
            continue;
        }
        for (range, grouped) in card_shapes(one.as_str()) {
            let range = one.start() + range.start..one.start() + range.end;
            let digits: Vec<u8> = text
                .get(range.clone())
                .into_iter()
                .flat_map(str::bytes)
                .filter(u8::is_ascii_digit)
                .collect();
            if checksum::card(&digits) {
                // Random digits pass the check digit once in ten, and a known prefix often enough.
                let base = if grouped { 0.9 } else { 0.6 };
                let score = (base + context(text, range.start, WORDS)).min(1.0);
                found.push(Found {
                    kind: Kind::Card,
                    range,
                    score,
                });
                break;
            }
        }
    }
}

/// Where a run of digits and separators holds digits grouped as on a card: all in one, or in
/// groups of four (or 4-6-5, 4-6-4) between one kind of separator.
fn card_shapes(run: &str) -> Vec<(Range<usize>, bool)> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for (at, _) in run.match_indices([' ', '-']) {
        groups.push(start..at);
        start = at + 1;
    }
    groups.push(start..run.len());
    let mut shapes = Vec::new();
    for (at, first) in groups.iter().enumerate() {
        if (12..=19).contains(&first.len()) {
            shapes.push((first.clone(), false));
        }
        for size in 3..=5 {
            let Some(window) = groups.get(at..at + size) else {
                continue;
            };
            let lengths: Vec<usize> = window.iter().map(Range::len).collect();
            let fits = matches!(
                lengths.as_slice(),
                [4, 6, 5 | 4] | [4, 4, 4] | [4, 4, 4, 1..=4] | [4, 4, 4, 4, 1..=3]
            );
            let end = window.last().map_or(first.end, |last| last.end);
            let separators = run.get(first.start..end).unwrap_or_default();
            if fits && !(separators.contains(' ') && separators.contains('-')) {
                shapes.push((first.start..end, true));
            }
        }
    }
    // The longest first: a card of 19 digits begins like one of 16.
    shapes.sort_by_key(|(range, _)| std::cmp::Reverse(range.len()));
    shapes
}

fn phones(text: &str, found: &mut Vec<Found>) {
    const WORDS: &[&str] = &[
        "phone", "call", "tel", "mobile", "cell", "fax", "number", "contact", "reach", "sms",
        "whatsapp",
    ];
    for one in PHONE.find_iter(text) {
        let candidate = one.as_str();
        let main = candidate.split(['x', 'e']).next().unwrap_or_default();
        let digits = main.bytes().filter(u8::is_ascii_digit).count();
        let separated = main.trim_end().contains([' ', '-', '.', '(']);
        if !(7..=15).contains(&digits) || !alone(text, &one.range(), "") || DATE.is_match(candidate)
        {
            continue;
        }
        if main.matches('.').count() == 3 && main.parse::<Ipv4Addr>().is_ok() {
            continue;
        }
        let balanced = main.matches('(').count() == main.matches(')').count();
        let groups = main
            .split([' ', '-', '.', '(', ')', '+'])
            .filter(|group| !group.is_empty());
        let shaped = groups.clone().count() <= 7
            && groups
                .clone()
                .skip(1)
                .all(|group| (2..=8).contains(&group.len()));
        let base = match (candidate.starts_with('+'), separated && shaped && balanced) {
            (true, _) => 0.75,
            // Two numbers side by side are mostly a house number and a street's.
            (false, true) if groups.count() == 2 => 0.2,
            (false, true) => 0.4,
            // Bare digits are anything; only a word beside them makes a telephone number of them.
            (false, false) if (9..=12).contains(&digits) && !separated => 0.1,
            _ => continue,
        };
        let score = (base + context(text, one.start(), WORDS)).min(1.0);
        found.push(Found {
            kind: Kind::Phone,
            range: one.range(),
            score,
        });
    }
}

/// Whether what stands on both sides does not go on with the same thing.
fn alone(text: &str, range: &Range<usize>, separators: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_' || separators.contains(c);
    let before = text
        .get(..range.start)
        .and_then(|before| before.chars().next_back());
    let mut after = text.get(range.end..).unwrap_or_default().chars();
    // A full stop ends a sentence; before another digit or letter it goes on.
    let goes_on = match after.next() {
        Some(c) if separators.contains(c) => after.next().is_some_and(char::is_alphanumeric),
        Some(c) => joins(c),
        None => false,
    };
    !before.is_some_and(joins) && !goes_on
}

/// [`CONTEXT`] where one of `words` stands shortly before `start`.
fn context(text: &str, start: usize, words: &[&str]) -> f32 {
    let mut from = start.saturating_sub(REACH);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = text
        .get(from..start)
        .unwrap_or_default()
        .to_ascii_lowercase();
    if words.iter().any(|word| before.contains(word)) {
        CONTEXT
    } else {
        0.0
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

    fn found(text: &str) -> Vec<(Kind, String)> {
        let characters: Vec<char> = text.chars().collect();
        let piece = |one: &Entity| (one.kind, characters[one.start..one.end].iter().collect());
        scan_text(text).iter().map(piece).collect()
    }

    #[test]
    fn each_kind_is_found_where_it_stands() {
        for (text, kind, value) in [
            (
                "Schreib an jürgen.o'neil+x@mail.example.co.uk, bitte",
                Kind::Email,
                "jürgen.o'neil+x@mail.example.co.uk",
            ),
            (
                "see https://example.com/a?b=c#d.",
                Kind::Url,
                "https://example.com/a?b=c#d",
            ),
            ("from 106.31.73.20.", Kind::Ip, "106.31.73.20"),
            (
                "from 6e40:4041:c617:e898:c11:40d2:c669:2eb4",
                Kind::Ip,
                "6e40:4041:c617:e898:c11:40d2:c669:2eb4",
            ),
            ("from 2001:db8::1 on", Kind::Ip, "2001:db8::1"),
            (
                "IBAN gb29 NWBK 6016 1331 9268 19 please",
                Kind::Iban,
                "gb29 NWBK 6016 1331 9268 19",
            ),
            (
                "paid with 4111 1111 1111 1111 123 today",
                Kind::Card,
                "4111 1111 1111 1111",
            ),
            ("paid with 378282246310005", Kind::Card, "378282246310005"),
            ("amex 3782-822463-10005", Kind::Card, "3782-822463-10005"),
            ("ssn 460-89-9847", Kind::Ssn, "460-89-9847"),
            (
                "ring me, +46 (0)8 928 571 38",
                Kind::Phone,
                "+46 (0)8 928 571 38",
            ),
            ("call 905-674-3793 now", Kind::Phone, "905-674-3793"),
            ("my number is 9498777106", Kind::Phone, "9498777106"),
            ("call 345-899-3560x4587", Kind::Phone, "345-899-3560x4587"),
        ] {
            assert_eq!(found(text), [(kind, value.to_owned())], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_left_alone() {
        for text in [
            "order 4111111111111112",
            "id 12345678901234567890123",
            "on 2000-04-16 11:34:35",
            "on 16.04.2000",
            "version 1.2.3.4.5",
            "std::fmt::Debug and a::b",
            "user@localhost, @name, a@b",
            "666-12-1234 000-12-1234",
            "x4111111111111111y",
            "GB29NWBK60161331926818",
            "999.1.1.1",
            "7 samurai, 12 monkeys, 101 dalmatians",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn offsets_count_characters() {
        let text = "日本 é a@example.com 😀 b@example.com";
        let entities = scan_text(text);
        let values: Vec<_> = entities.iter().map(|one| (one.start, one.end)).collect();
        assert_eq!(values, [(5, 18), (21, 34)]);
    }

    #[test]
    fn words_nearby_raise_the_score_and_bare_digits_stay_below_the_guards() {
        let score = |text: &str| scan_text(text)[0].score;
        assert!(score("4111111111111111") < 0.8);
        assert!(score("visa 4111111111111111") > 0.9);
        assert!(score("4111 1111 1111 1111") > 0.8);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "measures that time stays linear")]
    fn long_and_hostile_texts_take_linear_time() {
        let texts = [
            "1 ".repeat(1 << 16),
            "1-".repeat(1 << 16),
            "a@".repeat(1 << 16),
            ":".repeat(1 << 17),
        ];
        let others = [
            "+(".repeat(1 << 16),
            "GB29 ".repeat(1 << 15),
            "www.".repeat(1 << 15),
            "a.".repeat(1 << 16),
        ];
        for text in texts.iter().chain(&others) {
            let started = std::time::Instant::now();
            let _ = scan_text(text);
            assert!(started.elapsed().as_secs() < 10, "{}", &text[..4]);
        }
    }
}
