//! Customers as CSV: `id,email,card,age,country,nationality,comment`, the columns of
//! `examples/customers`. A given share of the rows breaks a rule of its contract, each rule in
//! turn, so that the quarantine has something of every kind.
//!
//! One row is held in memory at a time, so that any size can be written.

use super::people::{CARDS, CULTURES, Culture, DOMAINS};
use crate::random::Random;
use std::io::{self, Write};

/// The ways in which a row can break the contract, in the order in which they are used.
const FAULTS: &[Fault] = &[
    Fault::BadCard,
    Fault::BadEmail,
    Fault::AgeTooHigh,
    Fault::BadCountry,
    Fault::NoEmail,
    Fault::DuplicateId,
    Fault::AgeText,
    Fault::LongComment,
    Fault::NoId,
    Fault::IdText,
    Fault::AgeTooLow,
    Fault::LongEmail,
    Fault::FewColumns,
    Fault::ManyColumns,
];

const FALLBACK: &Culture = {
    let [first, ..] = CULTURES else {
        panic!("no cultures")
    };
    first
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    NoId,
    IdText,
    DuplicateId,
    NoEmail,
    BadEmail,
    LongEmail,
    BadCard,
    AgeTooLow,
    AgeTooHigh,
    AgeText,
    BadCountry,
    LongComment,
    FewColumns,
    ManyColumns,
}

struct Row {
    id: String,
    email: String,
    card: String,
    age: String,
    country: String,
    nationality: String,
    comment: String,
}

/// Writes `rows` rows and a header. `bad_per_mille` rows of a thousand break a rule.
pub(super) fn write(
    out: &mut impl Write,
    rows: u64,
    seed: u64,
    bad_per_mille: u64,
) -> io::Result<()> {
    let mut random = Random::new(seed);
    let mut faults = FAULTS.iter().cycle();
    let mut id = 1_000;
    let mut line = String::with_capacity(1_024);
    out.write_all(b"id,email,card,age,country,nationality,comment\n")?;
    for number in 0..rows {
        let before = id;
        id += 1 + random.below(3);
        let mut row = good(&mut random, id);
        // The first row is always good, so that a duplicate has something to repeat.
        let fault = if number > 0 && random.chance(bad_per_mille, 1_000) {
            faults.next().copied()
        } else {
            None
        };
        if let Some(fault) = fault {
            spoil(&mut row, fault, before);
        }
        line.clear();
        render(&mut line, &row, fault);
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

fn good(random: &mut Random, id: u64) -> Row {
    let culture = culture(random);
    let nobody = &("", "");
    let given = random.pick(culture.given, nobody);
    let family = random.pick(culture.family, nobody);
    let name = match culture.family_first {
        true => format!("{}{}", family.0, given.0),
        false => format!("{} {}", given.0, family.0),
    };
    // Some people live abroad, and some of those have another nationality.
    let country = random.text(culture.countries).to_owned();
    let nationality = match random.below(100) {
        0..6 => String::new(),
        6..10 => country.clone(),
        _ => culture.nationality.to_owned(),
    };
    Row {
        id: id.to_string(),
        email: email(random, given.1, family.1, id),
        card: if random.chance(7, 100) {
            String::new()
        } else {
            card(random)
        },
        age: if random.chance(3, 100) {
            String::new()
        } else {
            age(random).to_string()
        },
        country,
        nationality,
        comment: if random.chance(55, 100) {
            String::new()
        } else {
            random.text(culture.comments).replace("{}", &name)
        },
    }
}

fn culture(random: &mut Random) -> &'static Culture {
    let total = CULTURES.iter().map(|culture| culture.weight).sum();
    let mut ticket = random.below(total);
    for culture in CULTURES {
        if ticket < culture.weight {
            return culture;
        }
        ticket -= culture.weight;
    }
    // INVARIANT: the ticket is below the total, so this is never reached.
    FALLBACK
}

fn email(random: &mut Random, given: &str, family: &str, id: u64) -> String {
    let domain = random.text(DOMAINS);
    match random.below(6) {
        0 => format!("{given}.{family}@{domain}"),
        1 => format!("{given}{}@{domain}", id % 1_000),
        2 => format!(
            "{given}.{family}+{}@{domain}",
            random.text(&["news", "shop", "orders"])
        ),
        3 => format!(
            "{}.{family}{}@{domain}",
            given.chars().next().unwrap_or('x'),
            id % 100
        ),
        4 => format!("{family}_{given}@{domain}"),
        // People type their address as they like.
        _ => format!(
            "{}.{family}{}@{domain}",
            uppercase_first(given),
            id % 10_000
        ),
    }
}

fn uppercase_first(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(letters)
        .collect()
}

/// A number of a published test range with a right check digit (ISO/IEC 7812-1, annex B).
pub(super) fn card(random: &mut Random) -> String {
    let &(prefix, length) = random.pick(CARDS, &("411111", 16));
    let mut digits = prefix.to_owned();
    while digits.len() + 1 < length {
        digits.push(char::from(b'0' + random.below(10) as u8));
    }
    let check = (0..10)
        .map(|digit| char::from(b'0' + digit))
        .find(|digit| luhn(&format!("{digits}{digit}")));
    digits.extend(check);
    digits
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit.wrapping_sub(b'0'));
            if place % 2 == 0 {
                digit
            } else {
                digit / 5 + digit * 2 % 10
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Ages as customers have them: many between 25 and 60, a few of them very old.
fn age(random: &mut Random) -> u64 {
    match random.below(100) {
        0..4 => 1 + random.below(17),
        4..97 => 18 + (random.below(38) + random.below(38)),
        _ => 90 + random.below(20),
    }
}

fn spoil(row: &mut Row, fault: Fault, before: u64) {
    match fault {
        Fault::NoId => row.id.clear(),
        Fault::IdText => row.id.insert(0, '#'),
        Fault::DuplicateId => row.id = before.to_string(),
        Fault::NoEmail => row.email.clear(),
        Fault::BadEmail => row.email = row.email.replace('@', " at "),
        Fault::LongEmail => row.email.insert_str(0, &"a.very.long.name.".repeat(16)),
        Fault::BadCard => {
            // The last digit is off by one: the mistake that the check digit is there to catch.
            let last = row
                .card
                .pop()
                .and_then(|digit| digit.to_digit(10))
                .unwrap_or(1);
            if row.card.is_empty() {
                row.card.push_str("411111111111111");
            }
            row.card.extend(char::from_digit((last + 1) % 10, 10));
        }
        Fault::AgeTooLow => row.age = "0".to_owned(),
        Fault::AgeTooHigh => row.age = "214".to_owned(),
        Fault::AgeText => row.age = "forty-two".to_owned(),
        Fault::BadCountry => row.country = "XX".to_owned(),
        Fault::LongComment => {
            row.comment = "The customer called again about the same thing. ".repeat(12)
        }
        Fault::FewColumns | Fault::ManyColumns => {}
    }
}

fn render(line: &mut String, row: &Row, fault: Option<Fault>) {
    let fields = [
        &row.id,
        &row.email,
        &row.card,
        &row.age,
        &row.country,
        &row.nationality,
        &row.comment,
    ];
    let count = if fault == Some(Fault::FewColumns) {
        5
    } else {
        fields.len()
    };
    for (place, field) in fields.iter().take(count).enumerate() {
        if place > 0 {
            line.push(',');
        }
        quote(line, field);
    }
    if fault == Some(Fault::ManyColumns) {
        line.push_str(",one column too many");
    }
    line.push('\n');
}

/// RFC 4180, section 2, rules 5 to 7.
fn quote(line: &mut String, field: &str) {
    if field.contains([',', '"', '\n', '\r']) {
        line.push('"');
        line.push_str(&field.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(field);
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

    fn text(rows: u64, seed: u64, bad: u64) -> String {
        let mut out = Vec::new();
        write(&mut out, rows, seed, bad).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_file_and_another_does_not() {
        assert_eq!(text(200, 1, 3), text(200, 1, 3));
        assert_ne!(text(200, 1, 3), text(200, 2, 3));
    }

    #[test]
    fn cards_have_a_right_check_digit() {
        let mut random = Random::new(3);
        for _ in 0..1_000 {
            let number = card(&mut random);
            assert!(
                luhn(&number) && (14..=16).contains(&number.len()),
                "{number}"
            );
        }
        assert!(!luhn("4111111111111112"));
    }

    #[test]
    fn every_fault_appears() {
        let text = text(20_000, 11, 3);
        for sign in [
            "\n#",
            " at ",
            ",214,",
            ",forty-two,",
            ",XX,",
            "one column too many",
            "a.very.long.name.a.very",
            "same thing. The customer",
        ] {
            assert!(text.contains(sign), "{sign}");
        }
    }

    #[test]
    fn the_committed_example_is_what_the_generator_writes() {
        let path = crate::workspace::root().join("examples/customers/data/customers.csv");
        let committed = std::fs::read_to_string(&path).unwrap();
        assert!(committed.len() <= 2 << 20, "at most 2 MiB are committed");
        assert!(
            committed == text(10_000, 2, 3),
            "run `cargo xtask generate customers --rows 10000 --seed 2 --out examples/customers/data/customers.csv`"
        );
    }
}
