//! What a column holds, from its name and a sample of its values.
//!
//! Invariant: without a name that says so, several values must agree, and most of all of them.

use std::net::IpAddr;

use super::{Evidence, Found, Kind, Scanner, checksum};

/// How many values are looked at.
const SAMPLE: usize = 2_000;
/// Longer values are no single datum.
const LONGEST: usize = 512;
/// A few values say little without a name.
const FEWEST: usize = 3;

/// What a column seems to hold.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Classified {
    /// The kind.
    pub kind: Kind,
    /// From 0 to 1; below 0.5 name and values disagree.
    pub confidence: f32,
}

/// Proposes a kind for a column from its name and its values, of which it looks at 2,000; empty
/// ones do not count. `None` where nothing stands out: that is no proof that nothing is there.
pub fn classify_column<'a>(
    name: &str,
    values: impl Iterator<Item = &'a str>,
) -> Option<Classified> {
    let hint = hint(name);
    if hint == Some(Kind::DateOfBirth) {
        return Some(Classified {
            kind: Kind::DateOfBirth,
            confidence: 0.8,
        });
    }
    // The words of the name speak for the values as words nearby do in a text.
    let scanner = Scanner::of_column(words(name).join(" ").as_bytes());
    let mut found = Vec::new();
    let mut sampled = 0_usize;
    let mut votes = [0_usize; Kind::ALL.len()];
    for value in values
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .take(SAMPLE)
    {
        sampled += 1;
        if value.len() > LONGEST {
            continue;
        }
        scanner.scan(value, &mut found);
        for (vote, kind) in votes.iter_mut().zip(Kind::ALL) {
            *vote += usize::from(is(kind, value, hint == Some(kind), &found));
        }
    }
    if sampled == 0 {
        return hint.map(|kind| Classified {
            kind,
            confidence: 0.5,
        });
    }
    let share = |votes: usize| votes as f32 / sampled as f32;
    let of_hint =
        hint.and_then(|hint| Kind::ALL.iter().zip(votes).find(|(kind, _)| **kind == hint));
    if let Some((kind, votes)) = of_hint {
        let share = share(votes);
        if share >= 0.5 {
            return Some(Classified {
                kind: *kind,
                confidence: 0.5 + share / 2.0,
            });
        }
    }
    let best = Kind::ALL
        .into_iter()
        .zip(votes)
        // A column of ages or of dates is no finding: their words stand in a text, not in a value.
        .filter(|(kind, _)| kind.evidence() != Evidence::Weak || *kind == Kind::Url)
        .max_by_key(|(_, votes)| *votes);
    if let Some((kind, votes)) = best {
        // What is only a shape must be so throughout.
        let least = if kind == Kind::Phone { 0.9 } else { 0.6 };
        if votes >= FEWEST && share(votes) >= least {
            return Some(Classified {
                kind,
                confidence: share(votes),
            });
        }
    }
    hint.map(|kind| Classified {
        kind,
        confidence: 0.3,
    })
}

/// Whether the whole value is of this kind, given what was `found` in it. Shapes that digits alone
/// have count when the name of the column says so.
fn is(kind: Kind, value: &str, named: bool, found: &[Found]) -> bool {
    let digits = || value.bytes().filter(u8::is_ascii_digit).count();
    let plain = |c: char| c.is_ascii_digit() || "+-()./ x".contains(c);
    match kind {
        Kind::Ip if value.contains("::") => value.parse::<IpAddr>().is_ok(),
        Kind::Card => card(value),
        Kind::Ssn if named => ssn(value),
        Kind::Phone if named => (6..=20).contains(&digits()) && value.chars().all(plain),
        _ => matches!(found, [one] if one.kind == kind && one.start == 0 && one.end == value.len()),
    }
}

/// Whether the whole value is a card number of a known scheme.
fn card(value: &str) -> bool {
    let mut digits = [0_u8; 19];
    digits_of(value, &mut digits).is_some_and(checksum::card)
}

fn ssn(value: &str) -> bool {
    let mut digits = [0_u8; 9];
    digits_of(value, &mut digits).is_some_and(checksum::ssn)
}

/// The digits of a value that holds nothing else but spaces and dashes, where there is room.
fn digits_of<'a>(value: &str, room: &'a mut [u8]) -> Option<&'a [u8]> {
    let mut count = 0;
    for byte in value.bytes().filter(|byte| !b" -".contains(byte)) {
        let place = room.get_mut(count).filter(|_| byte.is_ascii_digit())?;
        *place = byte;
        count += 1;
    }
    room.get(..count)
}

/// What the name of a column says, in English and a few neighbours.
fn hint(name: &str) -> Option<Kind> {
    let words = words(name);
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let all = |list: &[&str]| {
        list.iter()
            .all(|wanted| words.iter().any(|word| word == wanted))
    };
    let joined = words.concat();
    if any(&[
        "dob",
        "birthdate",
        "birthday",
        "dateofbirth",
        "geburtsdatum",
    ]) || all(&["birth", "date"])
        || all(&["date", "birth"])
    {
        return Some(Kind::DateOfBirth);
    }
    if any(&["email", "mail", "emailaddress"]) || all(&["e", "mail"]) {
        Some(Kind::Email)
    } else if any(&["iban"]) {
        Some(Kind::Iban)
    } else if any(&["ssn"]) || joined.contains("socialsecurity") {
        Some(Kind::Ssn)
    } else if any(&["pan", "creditcard", "cardnumber", "ccnumber"])
        || (any(&["card", "cc"]) && any(&["number", "no", "num", "nr", "pan", "credit"]))
        || joined == "card"
    {
        Some(Kind::Card)
    } else if any(&[
        "phone",
        "telephone",
        "mobile",
        "tel",
        "cell",
        "cellphone",
        "fax",
        "msisdn",
        "telefon",
    ]) {
        Some(Kind::Phone)
    } else if any(&["ip", "ipaddress", "ipv4", "ipv6"]) {
        Some(Kind::Ip)
    } else if any(&["url", "website", "homepage", "uri"]) {
        Some(Kind::Url)
    } else {
        None
    }
}

/// The words of `home_phoneNumber` are `home`, `phone` and `number`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut lower_before = false;
    for c in name.chars().take(LONGEST) {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower_before) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        lower_before = c.is_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
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
    use crate::testing::Random;

    fn classify(name: &str, values: &[&str]) -> Option<(Kind, f32)> {
        classify_column(name, values.iter().copied()).map(|found| (found.kind, found.confidence))
    }

    #[test]
    fn names_and_values_agree() {
        let cards = ["4111111111111111", "5555 5555 5555 4444", "378282246310005"];
        assert_eq!(classify("c7", &cards), Some((Kind::Card, 1.0)));
        assert_eq!(
            classify("card_number", &cards[..1]),
            Some((Kind::Card, 1.0))
        );
        assert_eq!(
            classify("eMail", &["a@example.com"]),
            Some((Kind::Email, 1.0))
        );
        assert_eq!(
            classify("home_phoneNumber", &["9498777106", "", "078 651 450"]),
            Some((Kind::Phone, 1.0))
        );
        assert_eq!(
            classify("dateOfBirth", &["x"]),
            Some((Kind::DateOfBirth, 0.8))
        );
        assert_eq!(classify("ssn", &["460899847"]), Some((Kind::Ssn, 1.0)));
        assert_eq!(
            classify("x", &["10.0.0.1", "::1", "fe80::1"]),
            Some((Kind::Ip, 1.0))
        );
        assert_eq!(
            classify("x", &["https://a.example/x"; 3]),
            Some((Kind::Url, 1.0))
        );
        assert_eq!(
            classify("konto", &["GB29 NWBK 6016 1331 9268 19"; 3]),
            Some((Kind::Iban, 1.0))
        );
    }

    #[test]
    fn a_name_alone_is_a_guess_and_a_contradicted_name_a_weak_one() {
        assert_eq!(classify("email", &[]), Some((Kind::Email, 0.5)));
        assert_eq!(classify("email", &["yes", "no"]), Some((Kind::Email, 0.3)));
        // The values win over the name where they are clear.
        assert_eq!(
            classify("phone", &["a@example.com"; 5]),
            Some((Kind::Email, 1.0))
        );
    }

    #[test]
    fn names_that_only_contain_such_words_say_nothing() {
        for name in [
            "mailing",
            "discard",
            "company",
            "telling",
            "birthplace",
            "ship",
            "panel",
            "notes",
        ] {
            assert_eq!(classify(name, &["x", "y", "z"]), None, "{name}");
        }
    }

    #[test]
    fn random_digits_are_no_cards() {
        let mut random = Random::new(16);
        for first in ['4', '5', '1'] {
            let column: Vec<String> = (0..1000)
                .map(|_| format!("{first}{:015}", random.next() % 1_000_000_000_000_000))
                .collect();
            let passing = column
                .iter()
                .filter(|value| checksum::luhn(value.as_bytes()))
                .count();
            assert!((50..200).contains(&passing), "one in ten passes: {passing}");
            assert_eq!(
                classify_column("c7", column.iter().map(String::as_str)),
                None,
                "{first}"
            );
        }
    }

    #[test]
    fn bare_digits_under_a_common_word_are_nothing() {
        let values: Vec<String> = (0..100)
            .map(|row| format!("{}", 123_456_789 + row * 7919))
            .collect();
        for name in [
            "order_number",
            "message_id",
            "security_id",
            "contact",
            "account_id",
            "tax_amount",
        ] {
            assert_eq!(
                classify_column(name, values.iter().map(String::as_str)),
                None,
                "{name}"
            );
        }
        let values = ["84841564486", "41871812967", "46832388310"];
        assert_eq!(classify("pesel", &values), Some((Kind::PlPesel, 1.0)));
        assert_eq!(classify("x", &values), None);
    }

    #[test]
    fn two_values_without_a_name_are_too_few() {
        assert_eq!(classify("x", &["a@example.com", "b@example.com"]), None);
    }
}
