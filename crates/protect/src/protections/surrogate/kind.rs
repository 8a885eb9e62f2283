//! The kinds of surrogates: what each looks like, and why nobody has it.
//!
//! Invariant: kinds of one group draw alike from one tag, so that they belong to one person or
//! place; kinds of different groups know nothing of each other.

use arrow::datatypes::DataType;
use sealine_label::declare::Returns;

use super::{
    draw::{Draw, Line},
    words::{FIRST, HEADS, LAST, ROADS, STREETS, TAILS},
};

/// One kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Name,
    FirstName,
    LastName,
    Email,
    Street,
    City,
    Postcode,
    Address,
    Phone,
    PhoneUk,
    Card,
    Iban,
    Ssn,
    Uuid,
    Integer,
}

/// The words of the parameter `kind`, in the order of [`KINDS`].
pub(super) const WORDS: &[&str] = &[
    "name",
    "first_name",
    "last_name",
    "email",
    "street",
    "city",
    "postcode",
    "address",
    "phone",
    "phone_uk",
    "card",
    "iban",
    "ssn",
    "uuid",
    "integer",
];

const KINDS: &[Kind] = &[
    Kind::Name,
    Kind::FirstName,
    Kind::LastName,
    Kind::Email,
    Kind::Street,
    Kind::City,
    Kind::Postcode,
    Kind::Address,
    Kind::Phone,
    Kind::PhoneUk,
    Kind::Card,
    Kind::Iban,
    Kind::Ssn,
    Kind::Uuid,
    Kind::Integer,
];

/// What each gives, in the same order.
pub(super) const RETURNS: &[Returns] = &{
    let mut returns = [Returns::Text; 15];
    returns[14] = Returns::Integer;
    returns
};

const INTEGERS: u128 = 10_u128.pow(18);
/// Ofcom's telephone numbers for drama: what stands before the last three digits of each range.
const DRAMA: [&str; 17] = [
    "1134960", "1144960", "1154960", "1164960", "1174960", "1184960", "1214960", "1314960",
    "1414960", "1514960", "1614960", "2079460", "1914980", "2896496", "2920180", "1632960",
    "7700900",
];
/// What area codes begin with; 5 is left out for 521 to 529, which are personal numbers.
const HUNDREDS: [u32; 7] = [2, 3, 4, 6, 7, 8, 9];

impl Kind {
    /// The kind that stands at this place of [`WORDS`].
    pub(super) fn at(place: usize) -> Option<Kind> {
        KINDS.get(place).copied()
    }

    /// The type of its values.
    pub(super) fn data_type(self) -> DataType {
        match self {
            Kind::Integer => DataType::Int64,
            _ => DataType::Utf8,
        }
    }

    /// What is hashed before the domain.
    pub(super) fn group(self) -> &'static str {
        match self {
            Kind::Name | Kind::FirstName | Kind::LastName | Kind::Email => "person",
            Kind::Street | Kind::City | Kind::Postcode | Kind::Address => "place",
            Kind::Phone => "phone",
            Kind::PhoneUk => "phone_uk",
            Kind::Card => "card",
            Kind::Iban => "iban",
            Kind::Ssn => "ssn",
            Kind::Uuid => "uuid",
            Kind::Integer => "integer",
        }
    }

    /// Writes the surrogate that `draw` chooses.
    pub(super) fn write(self, draw: &mut Draw<'_>, line: &mut Line) {
        match self {
            Kind::Name | Kind::FirstName | Kind::LastName | Kind::Email => {
                person(self, draw, line);
            }
            Kind::Street | Kind::City | Kind::Postcode | Kind::Address => {
                place(self, draw, line);
            }
            Kind::Phone => phone(draw, line),
            Kind::PhoneUk => {
                let range = DRAMA.get(draw.below(DRAMA.len() as u32) as usize);
                line.text("+44").text(range.copied().unwrap_or_default());
                line.number(draw.below(1000).into(), 3);
            }
            Kind::Card => card(draw, line),
            Kind::Iban => iban(draw, line),
            Kind::Ssn => ssn(draw, line),
            Kind::Uuid => uuid(draw, line),
            Kind::Integer => {
                line.number(integer(draw).unsigned_abs(), 1);
            }
        }
    }
}

/// A whole number below 10^18.
pub(super) fn integer(draw: &mut Draw<'_>) -> i64 {
    i64::try_from(draw.wider() % INTEGERS).unwrap_or_default()
}

fn person(kind: Kind, draw: &mut Draw<'_>, line: &mut Line) {
    let (first, last) = (draw.word(&FIRST), draw.word(&LAST));
    match kind {
        Kind::FirstName => line.text(first),
        Kind::LastName => line.text(last),
        Kind::Email => {
            // 50 bits beside the name: an address is often a key, and must not collide.
            line.lower(first).byte(b'.').lower(last).byte(b'.');
            line.letters(draw.wide(), 10);
            let ends = ["@example.com", "@example.net", "@example.org"];
            let end = ends.get(draw.below(3) as usize);
            line.text(end.copied().unwrap_or_default())
        }
        _ => line.text(first).byte(b' ').text(last),
    };
}

fn place(kind: Kind, draw: &mut Draw<'_>, line: &mut Line) {
    let number = draw.below(199) + 1;
    let (street, road) = (draw.word(&STREETS), draw.word(&ROADS));
    let (head, tail) = (draw.word(&HEADS), draw.word(&TAILS));
    let postcode = draw.below(200);
    if matches!(kind, Kind::Street | Kind::Address) {
        line.number(number.into(), 1).byte(b' ');
        line.text(street).byte(b' ').text(road);
    }
    if kind == Kind::Address {
        line.text(", ");
    }
    if matches!(kind, Kind::Postcode | Kind::Address) {
        line.number(postcode.into(), 5);
    }
    if kind == Kind::Address {
        line.byte(b' ');
    }
    if matches!(kind, Kind::City | Kind::Address) {
        line.text(head).text(tail);
    }
}

fn phone(draw: &mut Draw<'_>, line: &mut Line) {
    // Codes that end in two equal digits are no places: 800 and 888 are free of charge, 900 is
    // dear, 911 answers. There, 555-01 is not kept for fiction.
    let hundred = HUNDREDS.get(draw.below(7) as usize);
    let (ten, one) = (draw.below(9), draw.below(9));
    let one = if one < ten { one } else { one + 1 };
    line.text("+1")
        .number(hundred.copied().unwrap_or(2).into(), 1);
    line.number(ten.into(), 1).number(one.into(), 1);
    line.text("55501").number(draw.below(100).into(), 2);
}

fn card(draw: &mut Draw<'_>, line: &mut Line) {
    line.text("9999").number(draw.wide() % 10_u64.pow(11), 11);
    // From the right, beside the digit to come, every other digit counts twice.
    let sum = |(at, byte): (usize, &u8)| {
        let digit = u32::from(byte - b'0') * if at % 2 == 0 { 2 } else { 1 };
        digit / 10 + digit % 10
    };
    let total: u32 = line.as_bytes().iter().rev().enumerate().map(sum).sum();
    line.number(u64::from((10 - total % 10) % 10), 1);
}

fn iban(draw: &mut Draw<'_>, line: &mut Line) {
    // Bank code and account number: a zero and 17 digits.
    let account = draw.wider() % 10_u128.pow(17);
    // ISO 13616: behind the account stand the letters D (13) and E (14), and zeros for the check.
    let check = 98 - (account * 1_000_000 + 131_400) % 97;
    let small = |number: u128| u64::try_from(number).unwrap_or_default();
    line.text("DE").number(small(check), 2);
    line.number(small(account), 18);
}

fn ssn(draw: &mut Draw<'_>, line: &mut Line) {
    let (area, group, serial) = (draw.below(100), draw.below(49), draw.below(9999));
    line.number((900 + area).into(), 3).byte(b'-');
    line.number((group + 1).into(), 2).byte(b'-');
    line.number((serial + 1).into(), 4);
}

fn uuid(draw: &mut Draw<'_>, line: &mut Line) {
    let (high, low) = (draw.wide(), draw.wide());
    let high = high & !0xf000 | 0x8000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    line.hex(high >> 32, 8).byte(b'-').hex(high >> 16, 4);
    line.byte(b'-').hex(high, 4).byte(b'-');
    line.hex(low >> 48, 4).byte(b'-').hex(low, 12);
}
