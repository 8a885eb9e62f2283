//! Check digits, and the lengths and prefixes that go with them.

use crate::{lanes::luhn_among, swar};

/// Whether the last digit is right by ISO/IEC 7812 (Luhn).
pub(crate) fn luhn(digits: &[u8]) -> bool {
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && luhn_among(digits)
}

/// Whether so many digits, of which these are the first four at least, begin like a card of a known
/// scheme and have a length it issues.
pub(crate) fn issued(head: &[u8], length: usize) -> bool {
    let Some(head) = head.first_chunk::<4>() else {
        return false;
    };
    let [one, two, three, four] = head.map(|digit| u32::from(digit.wrapping_sub(b'0')));
    let two = one * 10 + two;
    let three = two * 10 + three;
    let four = three * 10 + four;
    match length {
        12..=19 if matches!(four, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763) => true, // Maestro
        13 => one == 4,                                                  // Visa, old
        14 => matches!(two, 36 | 38 | 39) || matches!(three, 300..=305), // Diners Club
        15 => matches!(two, 34 | 37) || matches!(four, 1800 | 2131),     // Amex, JCB
        16 => {
            let mastercard = matches!(two, 51..=55) || matches!(four, 2221..=2720);
            one == 4 || mastercard || long(two, three, four)
        }
        17 | 18 => long(two, three, four),
        19 => one == 4 || long(two, three, four),
        _ => false,
    }
}

/// Schemes that issue 16 to 19 digits: Discover, UnionPay, JCB.
fn long(two: u32, three: u32, four: u32) -> bool {
    four == 6011
        || matches!(three, 644..=649)
        || matches!(two, 62 | 65)
        || matches!(four, 3528..=3589)
}

/// The number that a few digits are; zero for anything else.
pub(super) fn value(digits: &[u8]) -> u32 {
    if digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
}

/// Whether digits are a card number: prefix, length and check digit.
pub(crate) fn card(digits: &[u8]) -> bool {
    issued(digits, digits.len()) && luhn(digits)
}

/// Whether letters and digits without spaces are an IBAN: country, its length, and mod 97.
#[must_use]
pub fn iban(text: &[u8]) -> bool {
    let Some((head, rest)) = text.split_first_chunk::<4>() else {
        return false;
    };
    let [first, second, ..] = head.map(|byte| byte.to_ascii_uppercase());
    if iban_length(&[first, second]) != Some(text.len()) {
        return false;
    }
    // The number is that of the rest and then the head; each part counts by what follows it.
    let [Some((head, digits)), Some((end, more))] = [start(head), part(rest.as_chunks::<8>().1)]
    else {
        return false;
    };
    let power = |digits: usize| POWERS.get(digits).copied().unwrap_or(0);
    let mut sum = head + end * power(digits);
    let mut behind = digits + more;
    for word in rest.as_chunks::<8>().0.iter().rev() {
        let Some((value, digits)) = part(word) else {
            return false;
        };
        sum += value * power(behind);
        behind += digits;
    }
    sum % 97 == 1
}

/// The powers of ten modulo 97, for as many digits as 34 letters are.
#[allow(clippy::indexing_slicing, reason = "done while compiling")]
pub(crate) static POWERS: [u64; 69] = {
    let mut powers = [1; 69];
    let mut digits = 1;
    while digits < powers.len() {
        powers[digits] = powers[digits - 1] * 10 % 97;
        digits += 1;
    }
    powers
};

/// As [`part`], for the country and the check digits.
#[inline(always)]
fn start(head: &[u8; 4]) -> Option<(u64, usize)> {
    let [first, second, tens, ones] = head.map(u64::from);
    let digit = |byte: u64| byte.wrapping_sub(u64::from(b'0'));
    if digit(tens) > 9 || digit(ones) > 9 {
        return part(head);
    }
    // Both are letters, of either case: from 10 on.
    let letter = |byte: u64| (byte & 31) + 9;
    let country = letter(first) * 100 + letter(second);
    Some((country * 100 + digit(tens) * 10 + digit(ones), 6))
}

/// The number that at most eight letters and digits are, a letter two digits of it (ISO 13616-1:
/// from 10 to 35), and how many digits that is.
#[inline(always)]
fn part(text: &[u8]) -> Option<(u64, usize)> {
    const ZEROS: u64 = swar::ONES * b'0' as u64;
    let word = text.first_chunk::<8>().map_or_else(
        || swar::short(text) << (63 - 8 * text.len()) << 1 | ZEROS >> (8 * text.len()),
        |word| u64::from_le_bytes(*word),
    );
    if swar::digits(word) == swar::ALL {
        return Some((swar::number(word), text.len()));
    }
    let mut number = (0_u64, 0);
    for byte in text {
        let (value, digits) = match byte {
            b'0'..=b'9' => (byte - b'0', 1),
            b'A'..=b'Z' => (byte - b'A' + 10, 2),
            b'a'..=b'z' => (byte - b'a' + 10, 2),
            _ => return None,
        };
        let times = if digits == 1 { 10 } else { 100 };
        number = (number.0 * times + u64::from(value), number.1 + digits);
    }
    Some(number)
}

/// Length of an IBAN by country, in capitals.
#[inline]
pub(crate) fn iban_length(country: &[u8; 2]) -> Option<usize> {
    let [first, second] = country.map(|letter| usize::from(letter.wrapping_sub(b'A')));
    let length = LENGTHS.get(first)?.get(second)?;
    (*length > 0).then_some(usize::from(*length))
}

/// By the two letters; zero where there are none.
#[allow(clippy::indexing_slicing, reason = "done while compiling")]
static LENGTHS: [[u8; 26]; 26] = {
    let mut lengths = [[0; 26]; 26];
    let mut at = 0;
    while at < 26 * 26 {
        lengths[at / 26][at % 26] = registered(&[b'A' + (at / 26) as u8, b'A' + (at % 26) as u8]);
        at += 1;
    }
    lengths
};

/// The SWIFT registry, release 101.
const fn registered(country: &[u8; 2]) -> u8 {
    match country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"FK" | b"FO" | b"GL" | b"NL" | b"SD" => 18,
        b"MK" | b"SI" => 19,
        b"AT" | b"BA" | b"EE" | b"KZ" | b"LT" | b"LU" | b"MN" | b"XK" => 20,
        b"CH" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"BH" | b"CR" | b"DE" | b"GB" | b"GE" | b"IE" | b"ME" | b"RS" | b"VA" => 22,
        b"AE" | b"GI" | b"IL" | b"IQ" | b"OM" | b"SO" | b"TL" => 23,
        b"AD" | b"CZ" | b"ES" | b"MD" | b"PK" | b"RO" | b"SA" | b"SE" | b"SK" | b"TN" | b"VG" => 24,
        b"LY" | b"PT" | b"ST" => 25,
        b"IS" | b"TR" => 26,
        b"BI" | b"DJ" | b"FR" | b"GR" | b"IT" | b"MC" | b"MR" | b"SM" => 27,
        b"AL" | b"AZ" | b"BY" | b"CY" | b"DO" | b"GT" | b"HN" | b"HU" | b"LB" | b"NI" | b"PL"
        | b"SV" => 28,
        b"BR" | b"EG" | b"PS" | b"QA" | b"UA" => 29,
        b"JO" | b"KW" | b"MU" | b"YE" => 30,
        b"MT" | b"SC" => 31,
        b"LC" => 32,
        b"RU" => 33,
        _ => 0,
    }
}

/// Whether nine digits can be a social security number: no area 000, 666 or 900 and above, no
/// group 00, no serial 0000.
pub(crate) fn ssn(digits: &[u8]) -> bool {
    let [a, b, c, d, e, f @ ..] = digits else {
        return false;
    };
    let area = [*a, *b, *c];
    f.len() == 4
        && digits.iter().all(u8::is_ascii_digit)
        && area != *b"000"
        && area != *b"666"
        && *a != b'9'
        && [*d, *e] != *b"00"
        && f != b"0000"
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
    fn known_cards() {
        // Test numbers that the schemes publish.
        for good in [
            "4111111111111111",
            "4222222222222",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "30569309025904",
            "6011111111111117",
            "3530111333300000",
            "6304000000000000",
        ] {
            assert!(card(good.as_bytes()), "{good}");
        }
        for bad in [
            "4111111111111112",
            "1111111111111117",
            "0000000000000000",
            "411111111111111",
            "",
            "4111x11111111111",
        ] {
            assert!(!card(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn luhn_finds_every_single_wrong_digit() {
        let good = *b"4111111111111111";
        for at in 0..good.len() {
            for digit in b'0'..=b'9' {
                let mut changed = good;
                changed[at] = digit;
                assert_eq!(luhn(&changed), digit == good[at]);
            }
        }
    }

    #[test]
    fn known_ibans() {
        // The registry's own examples.
        for good in [
            "GB29NWBK60161331926819",
            "de89370400440532013000",
            "FR1420041010050500013M02606",
            "NO9386011117947",
            "MT84MALT011000012345MTLCAST001S",
        ] {
            assert!(iban(good.as_bytes()), "{good}");
        }
        for bad in [
            "GB29NWBK60161331926818",
            "GB29NWBK6016133192681",
            "XX29NWBK60161331926819",
            "GB29",
            "GB29NWBK6016133192é19",
        ] {
            assert!(!iban(bad.as_bytes()), "{bad}");
        }
    }

    /// Against one byte at a time.
    #[test]
    fn checks_agree_with_their_definitions() {
        let mut random = crate::testing::Random::new(83);
        let letters = b"0123456789 -0123456789ABYZabyz*";
        for round in 0..40_000 {
            let among = if round % 2 == 0 { 12 } else { letters.len() };
            let text: Vec<u8> = (0..random.below(40))
                .map(|_| letters[random.below(among)])
                .collect();
            let digits = text.iter().rev().filter(|byte| byte.is_ascii_digit());
            let sum: u32 = digits
                .enumerate()
                .map(|(at, digit)| u32::from(digit - b'0') * (1 + at as u32 % 2))
                .map(|times| times / 10 + times % 10)
                .sum();
            assert_eq!(luhn_among(&text), sum.is_multiple_of(10), "{text:?}");

            let mut account = b"DE00".to_vec();
            account.extend((0..18).map(|_| letters[12 + random.below(18)]));
            let check = |account: &[u8]| {
                let moved = account[4..].iter().chain(&account[..4]);
                moved.fold(0, |number, byte| {
                    let value = char::from(*byte).to_digit(36).unwrap();
                    (number * if value < 10 { 10 } else { 100 } + value) % 97
                })
            };
            let right = 98 - check(&account);
            account[2..4].copy_from_slice(format!("{right:02}").as_bytes());
            assert!(check(&account) == 1 && iban(&account), "{account:?}");
            let at = random.below(account.len());
            account[at] = letters[random.below(letters.len())];
            let fits = account.iter().all(u8::is_ascii_alphanumeric) && account.starts_with(b"DE");
            assert_eq!(iban(&account), fits && check(&account) == 1, "{account:?}");
        }
    }

    #[test]
    fn social_security_numbers_that_were_never_issued() {
        assert!(ssn(b"460899847"));
        for bad in [
            "000121234",
            "666121234",
            "912121234",
            "123001234",
            "123120000",
            "12312123",
            "1231212345",
        ] {
            assert!(!ssn(bad.as_bytes()), "{bad}");
        }
    }
}
