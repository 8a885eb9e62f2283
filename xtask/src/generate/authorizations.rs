//! Authorizations of card payments as JSON Lines, as a switch hands them over: the fields of
//! `examples/payments`, and the card verification code, which nobody may keep. Cards are of
//! published test ranges, with a right check digit; nobody in it exists.

use super::customers::card;
use super::people::{CULTURES, DOMAINS, NOBODY};
use crate::random::Random;
use std::io::{self, Write};

/// Merchant, its name and its category (ISO 18245).
const MERCHANTS: &[(&str, &str, &str)] = &[
    ("M0017", "Corner Bakery", "5462"),
    ("M0023", "Harbour Foods", "5411"),
    ("M0031", "Green Leaf Market", "5411"),
    ("M0044", "Sunrise Pharmacy", "5912"),
    ("M0052", "Station Kiosk", "5994"),
    ("M0068", "Nordlicht Books", "5942"),
    ("M0071", "Alpine Outfitters", "5941"),
    ("M0090", "City Cinema", "7832"),
];

/// Writes `rows` lines. Ids begin at a million times the seed, so that the files of several days
/// share none.
pub(super) fn write(
    out: &mut impl Write,
    rows: u64,
    seed: u64,
    bad_per_mille: u64,
) -> io::Result<()> {
    let mut random = Random::new(seed);
    for number in 0..rows {
        let fault = random.chance(bad_per_mille, 1_000).then(|| random.below(5));
        line(out, &mut random, seed, number, fault)?;
    }
    Ok(())
}

fn line(
    out: &mut impl Write,
    random: &mut Random,
    seed: u64,
    number: u64,
    fault: Option<u64>,
) -> io::Result<()> {
    let nobody = &("", "");
    let customer = random.below(200);
    // The same customer has the same name, address and card every time.
    let mut own = Random::new(customer + 1);
    let culture = own.pick(CULTURES, &NOBODY);
    let given = own.pick(culture.given, nobody);
    let family = own.pick(culture.family, nobody);
    let mail = format!("{}.{}@{}", given.1, family.1, own.text(DOMAINS));
    let mut pan = card(&mut own);
    if fault == Some(0) {
        // One digit mistyped.
        let last = pan.pop().map_or(0, |digit| u64::from(digit as u8 - b'0'));
        pan.push(char::from(b'0' + ((last + 1) % 10) as u8));
    }
    let expiry = format!("{:02}/{}", 1 + own.below(12), 27 + own.below(4));
    let (merchant, name, category) = random.pick(MERCHANTS, &("", "", ""));
    let cents = 150 + random.below(12_000);
    let sign = if fault == Some(1) { "-" } else { "" };
    let pan = match fault {
        Some(2) => "null".to_owned(),
        _ => format!("\"{pan}\""),
    };
    let currency = if fault == Some(3) {
        "EURO"
    } else {
        random.text(&["EUR", "EUR", "EUR", "CHF"])
    };
    let text = format!(
        "{{\"id\":{},\"at\":\"2026-03-{:02}T{:02}:{:02}:{:02}Z\",\"merchant\":\"{merchant}\",\"merchant_name\":\"{name}\",\
         \"category\":\"{category}\",\"customer\":{},\"holder\":\"{} {}\",\"email\":\"{mail}\",\"pan\":{pan},\
         \"expiry\":\"{expiry}\",\"cvv\":\"{:03}\",\"amount\":{sign}{}.{:02},\"currency\":\"{currency}\",\"approved\":{}}}",
        seed * 1_000_000 + number,
        1 + seed % 28,
        random.below(24),
        random.below(60),
        random.below(60),
        // The numbers of customers are drawn, not counted.
        (customer * 104_729 + 7_001) % 999_983,
        given.0,
        family.0,
        random.below(1_000),
        cents / 100,
        cents % 100,
        !random.chance(1, 20),
    );
    // A line that the connection broke off.
    let end = if fault == Some(4) {
        text.len() / 3
    } else {
        text.len()
    };
    writeln!(out, "{}", text.get(..end).unwrap_or(&text))
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
    fn a_customer_keeps_a_card_and_faults_appear() {
        let good = text(2_000, 1, 0);
        assert!(good.lines().all(|line| line.ends_with('}')));
        let field = |line: &str, name: &str| {
            let at = line.split(&format!("\"{name}\":")).nth(1).unwrap();
            at.split([',', '}']).next().unwrap().to_owned()
        };
        let mut cards = std::collections::BTreeMap::new();
        for line in good.lines() {
            let pan = field(line, "pan");
            assert_eq!(
                *cards.entry(field(line, "customer")).or_insert(pan.clone()),
                pan
            );
        }
        assert!(cards.len() > 150, "{}", cards.len());
        let bad = text(2_000, 1, 20);
        for sign in [":null", "EURO", "\"amount\":-"] {
            assert!(bad.contains(sign), "{sign}");
        }
        assert!(bad.lines().any(|line| !line.ends_with('}')));
    }

    #[test]
    fn the_committed_example_is_what_the_generator_writes() {
        let path =
            crate::workspace::root().join("examples/payments/data/authorizations/2026-03-02.jsonl");
        assert!(
            std::fs::read_to_string(&path).unwrap() == text(400, 1, 10),
            "run `cargo xtask generate authorizations --rows 400 --seed 1 --bad-per-mille 10 --out {}`",
            path.display()
        );
    }
}
