//! Calendar dates, with or without a time of day.
//!
//! Invariant: day, month and year are in range. A year alone counts after a word such as `in`,
//! with the least score; the days of the week are not recognised.

use super::{Kind, checksum, context, context::topic, scan::Pass};

/// The first three letters and the lengths that a name of a month has, in English, German, French,
/// Spanish and Italian.
const MONTHS: &[&str] = &[
    "jan",
    "january",
    "januar",
    "janvier",
    "enero",
    "gennaio",
    "feb",
    "february",
    "februar",
    "février",
    "febrero",
    "febbraio",
    "mar",
    "march",
    "märz",
    "mars",
    "marzo",
    "apr",
    "april",
    "avril",
    "abril",
    "aprile",
    "may",
    "mai",
    "mayo",
    "maggio",
    "jun",
    "june",
    "juni",
    "juin",
    "junio",
    "giugno",
    "jul",
    "july",
    "juli",
    "juillet",
    "julio",
    "luglio",
    "aug",
    "august",
    "août",
    "agosto",
    "sep",
    "sept",
    "september",
    "septembre",
    "septiembre",
    "settembre",
    "oct",
    "october",
    "oktober",
    "octobre",
    "octubre",
    "ottobre",
    "nov",
    "november",
    "novembre",
    "noviembre",
    "dec",
    "december",
    "dezember",
    "décembre",
    "diciembre",
    "dicembre",
];

/// The date that begins with the digits at `start`, or with a month before them: claims it and
/// gives its end.
pub(super) fn at(pass: &mut Pass<'_>, start: usize) -> Option<usize> {
    let first = digits(pass, start);
    let (from, end, score) = match first {
        1 | 2 | 4 => numeric(pass, start, first).or_else(|| named(pass, start, first))?,
        _ => return None,
    };
    let end = with_time(pass, end);
    let born = score > 0.4 && pass.around(from, end) & topic::BIRTH != 0;
    pass.push(Kind::Date, from, end, if born { 0.85 } else { score });
    Some(end)
}

/// How many digits stand at `at`, up to five.
fn digits(pass: &Pass<'_>, at: usize) -> usize {
    let bytes = pass.bytes.get(at..).unwrap_or_default();
    bytes
        .iter()
        .take(5)
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}

fn year(value: u32) -> bool {
    (1900..=2099).contains(&value)
}

/// `2000-04-16`, `16.04.2000`, `4/16/2000`, `4/16/00`.
fn numeric(pass: &Pass<'_>, start: usize, first: usize) -> Option<(usize, usize, f32)> {
    let separator = pass.at(start + first);
    if !b"-/.".contains(&separator) {
        return None;
    }
    let second_at = start + first + 1;
    let second = digits(pass, second_at);
    let third_at = second_at + second + 1;
    let third = digits(pass, third_at);
    let end = third_at + third;
    if !(1..=2).contains(&second) || pass.at(third_at - 1) != separator {
        return None;
    }
    let glued = pass.glued_after(end) && !matches!(pass.at(end), b'T');
    if glued || b"-/.".contains(&pass.at(end)) && pass.at(end + 1).is_ascii_digit() {
        return None;
    }
    // `1-2020-01-02` is something else, `nightly-2020-01-02` is not.
    if start > 1 && pass.at(start - 1) == separator && pass.at(start - 2).is_ascii_digit() {
        return None;
    }
    let value = |at: usize, length: usize| checksum::value(pass.part(at, at + length));
    let (a, b, c) = (
        value(start, first),
        value(second_at, second),
        value(third_at, third),
    );
    let both = |one: u32, other: u32| {
        (1..=31).contains(&one) && (1..=31).contains(&other) && one.min(other) <= 12
    };
    match (first, third) {
        (4, 1..=2)
            if (year(a) || separator == b'-' && second == 2 && third == 2)
                && (1..=12).contains(&b)
                && (1..=31).contains(&c) =>
        {
            Some((start, end, 0.6))
        }
        (1..=2, 4) if year(c) && both(a, b) => Some((start, end, 0.6)),
        (1..=2, 2) if separator == b'/' && both(a, b) => Some((start, end, 0.4)),
        _ => None,
    }
}

/// `12 March 2020`, `12th of March`, `March 12, 2020`, `in 2020`.
fn named(pass: &Pass<'_>, start: usize, first: usize) -> Option<(usize, usize, f32)> {
    let value = checksum::value(pass.part(start, start + first));
    let end = start + first;
    let before = || context::word_before(pass.bytes, start);
    if first == 4 {
        const TELLING: &[&str] = &[
            "in", "since", "during", "until", "till", "before", "after", "by", "year", "im",
            "seit", "en", "depuis", "nel", "dal",
        ];
        if !year(value)
            || pass.glued_after(end)
            || b"-/.,:%".contains(&pass.at(end)) && pass.at(end + 1).is_ascii_digit()
        {
            return None;
        }
        if pass.at(start.checked_sub(1)?) != b' ' {
            return None;
        }
        let before = before();
        if month(before) && before.len() > 2 {
            return Some((month_start(pass, start, before), end, 0.5));
        }
        return context::one_of(before, TELLING).then_some((start, end, 0.4));
    }
    if !(1..=31).contains(&value) {
        return None;
    }
    let mut at = end;
    for ordinal in [&b"st"[..], b"nd", b"rd", b"th", b"."] {
        if pass
            .part(end, end + ordinal.len())
            .eq_ignore_ascii_case(ordinal)
        {
            at = end + ordinal.len();
        }
    }
    if pass.part(at, at + 4).eq_ignore_ascii_case(b" of ") {
        at += 3;
    }
    if b" -".contains(&pass.at(at)) {
        let word = pass.bytes.get(at + 1..).unwrap_or_default();
        let length = word
            .iter()
            .take(12)
            .take_while(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80)
            .count();
        if month(word.get(..length)?) {
            let after = at + 1 + length;
            return Some(match a_year(pass, after) {
                Some(end) => (start, end, 0.7),
                None => (start, after, 0.45),
            });
        }
    }
    let before = before();
    if month(before) && !pass.glued_after(at) && pass.at(start.checked_sub(1)?) == b' ' {
        let from = month_start(pass, start, before);
        let capital = before.first().is_some_and(u8::is_ascii_uppercase);
        return match a_year(pass, at) {
            Some(end) => Some((from, end, 0.7)),
            None => (capital && !pass.continued(at, b'.') && !pass.continued(at, b','))
                .then_some((from, at, 0.45)),
        };
    }
    None
}

fn month_start(pass: &Pass<'_>, start: usize, month: &[u8]) -> usize {
    start
        - 1
        - month.len()
        - pass
            .part(start.saturating_sub(24), start - 1)
            .iter()
            .rev()
            .take_while(|byte| **byte == b' ')
            .count()
}

fn month(word: &[u8]) -> bool {
    let Some(head) = word.first_chunk::<2>() else {
        return false;
    };
    // Most words are told apart by two letters.
    let begins = matches!(
        &head.map(|byte| byte.to_ascii_lowercase()),
        b"ja"
            | b"en"
            | b"ge"
            | b"fe"
            | b"f\xc3"
            | b"ma"
            | b"m\xc3"
            | b"ap"
            | b"av"
            | b"ab"
            | b"ju"
            | b"gi"
            | b"lu"
            | b"au"
            | b"ao"
            | b"ag"
            | b"se"
            | b"oc"
            | b"ok"
            | b"ot"
            | b"no"
            | b"de"
            | b"d\xc3"
            | b"di"
    );
    begins && word.len() >= 3 && context::one_of(word, MONTHS)
}

/// Where a year ends that stands at `at`, after a space, a dash or a comma.
fn a_year(pass: &Pass<'_>, at: usize) -> Option<usize> {
    let gap = pass
        .part(at, pass.bytes.len().min(at + 2))
        .iter()
        .take_while(|byte| b" ,.-".contains(byte))
        .count();
    let start = at + gap;
    let value = checksum::value(pass.part(start, start + 4));
    (gap > 0 && digits(pass, start) == 4 && year(value) && !pass.glued_after(start + 4))
        .then_some(start + 4)
}

/// Where the time of day ends that stands after the date, or the date itself.
fn with_time(pass: &Pass<'_>, date: usize) -> usize {
    let mut at = date;
    at += match (pass.at(at), pass.at(at + 1)) {
        (b',', b' ') => 2,
        (b' ' | b'T', _) => 1,
        _ => return date,
    };
    let hours = digits(pass, at);
    if !(1..=2).contains(&hours) || pass.at(at + hours) != b':' || digits(pass, at + hours + 1) != 2
    {
        return date;
    }
    at += hours + 3;
    if pass.at(at) == b':' && digits(pass, at + 1) == 2 {
        at += 3;
        let fraction = pass
            .bytes
            .get(at + 1..)
            .unwrap_or_default()
            .iter()
            .take(9)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if pass.at(at) == b'.' && fraction > 0 {
            at += 1 + fraction;
        }
    }
    let half = pass.part(at, pass.bytes.len().min(at + 3));
    if half.eq_ignore_ascii_case(b" am") || half.eq_ignore_ascii_case(b" pm") {
        return at + 3;
    }
    match pass.at(at) {
        b'Z' => at + 1,
        b'+' | b'-'
            if digits(pass, at + 1) == 2
                && pass.at(at + 3) == b':'
                && digits(pass, at + 4) == 2 =>
        {
            at + 6
        }
        _ => at,
    }
}
