//! Card payments as CSV, 14 columns: `id,time,name,email,phone,national_id,card,iban,age,amount,
//! currency,country,merchant,note`. What `cargo xtask bench` measures with; every row meets its
//! contract but for a given share, which breaks one of the four checked columns in turn.
//!
//! One row is held in memory at a time, so that any size can be written.

use super::people::{CARDS, CULTURES, DOMAINS};
use crate::random::Random;
use std::fmt::Write as _;
use std::io::{self, Write};

const MERCHANTS: &[&str] = &[
    "Corner Bakery",
    "Nordlicht Books",
    "Harbour Foods",
    "Sunrise Pharmacy",
    "Old Town Optics",
    "Velo Garage",
    "Green Leaf Market",
    "City Cinema",
    "Blue Door Cafe",
    "Station Kiosk",
    "Alpine Outfitters",
    "Paper & Ink",
];
const CURRENCIES: &[&str] = &["EUR", "EUR", "EUR", "USD", "GBP", "CHF", "SEK", "JPY"];
const NOTES: &[&str] = &[
    "order collected in the shop and receipt sent by mail",
    "second delivery as the first was returned unopened",
    "paid at the counter without a contact",
    "subscription renewed for twelve months",
    "gift card included and no invoice wanted",
    "partial refund agreed on the phone",
];

/// Writes `rows` rows and a header.
pub(super) fn write(
    out: &mut impl Write,
    rows: u64,
    seed: u64,
    bad_per_mille: u64,
) -> io::Result<()> {
    let mut random = Random::new(seed);
    let mut line = String::with_capacity(512);
    let mut faults = (0..4).cycle();
    out.write_all(
        b"id,time,name,email,phone,national_id,card,iban,age,amount,currency,country,merchant,note\n",
    )?;
    for number in 0..rows {
        let fault = if random.chance(bad_per_mille, 1_000) {
            faults.next()
        } else {
            None
        };
        line.clear();
        row(&mut line, &mut random, number, fault);
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

fn row(line: &mut String, random: &mut Random, number: u64, fault: Option<u8>) {
    let nobody = &("", "");
    // A text cannot fail to be written to.
    let culture = random.pick(CULTURES, &super::people::NOBODY);
    let given = random.pick(culture.given, nobody);
    let family = random.pick(culture.family, nobody);
    let (day, hour, minute, second) = (
        1 + random.below(28),
        random.below(24),
        random.below(60),
        random.below(60),
    );
    let month = 1 + random.below(12);
    let _ = write!(
        line,
        "{number},2026-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z,{} {},",
        given.0, family.0
    );
    let at = if fault == Some(0) { " at " } else { "@" };
    let _ = write!(
        line,
        "{}.{}{}{at}{},",
        given.1,
        family.1,
        random.below(100_000),
        random.text(DOMAINS)
    );
    let plus = if fault == Some(1) { "ext" } else { "+" };
    let _ = write!(line, "{plus}49{:011},", random.below(100_000_000_000));
    let _ = write!(line, "{:011},", random.below(100_000_000_000));
    let &(prefix, length) = random.pick(CARDS, &("411111", 16));
    line.push_str(prefix);
    for _ in prefix.len()..length {
        line.push(char::from(b'0' + random.below(10) as u8));
    }
    let _ = write!(
        line,
        ",DE{:02}{:018},",
        10 + random.below(89),
        random.below(1_000_000_000_000_000_000)
    );
    let age = if fault == Some(2) {
        214
    } else {
        18 + random.below(70)
    };
    let amount = if fault == Some(3) {
        9_000_000
    } else {
        100 + random.below(250_000)
    };
    let _ = writeln!(
        line,
        "{age},{}.{:02},{},{},{},{} {}",
        amount / 100,
        amount % 100,
        random.text(CURRENCIES),
        random.text(culture.countries),
        random.text(MERCHANTS),
        random.text(NOTES),
        random.below(1_000_000)
    );
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
    fn rows_have_fourteen_fields_and_faults_appear() {
        let mut out = Vec::new();
        write(&mut out, 4_000, 1, 10).unwrap();
        let text = String::from_utf8(out).unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next().unwrap().split(',').count(), 14);
        assert!(lines.clone().all(|line| line.split(',').count() == 14));
        for sign in [" at ", ",ext49", ",214,", ",90000.00,"] {
            assert!(text.contains(sign), "{sign}");
        }
        // Near the 230 bytes that the comparison names.
        let mean = text.len() / 4_000;
        assert!((190..260).contains(&mean), "{mean} bytes a row");
    }
}
