//! Check digits, and the lengths and prefixes that go with them.

/// Whether the last digit is right by ISO/IEC 7812 (Luhn).
pub(crate) fn luhn(digits: &[u8]) -> bool {
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && luhn_among(digits)
}

/// Whether the last digit of a text is right by ISO/IEC 7812, whatever stands between the digits.
pub(crate) fn luhn_among(text: &[u8]) -> bool {
    // The sum where the last digit so far counts once, and where it counts twice.
    let (mut once, mut twice) = (0, 0);
    for byte in text {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        if digit < 10 {
            let doubled = 2 * digit - if digit > 4 { 9 } else { 0 };
            (once, twice) = (twice + digit, once + doubled);
        }
    }
    once % 10 == 0
}

/// Whether the digits begin like a card of a known scheme and have a length it issues.
pub(crate) fn issued(digits: &[u8]) -> bool {
    let prefix = |length: usize| -> u32 {
        let head = digits.get(..length).unwrap_or_default();
        head.iter().fold(0, |sum, digit| {
            sum * 10 + u32::from(digit.wrapping_sub(b'0'))
        })
    };
    let (two, three, four) = (prefix(2), prefix(3), prefix(4));
    match digits.len() {
        12..=19 if matches!(four, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763) => true, // Maestro
        13 => prefix(1) == 4, // Visa, old
        14 => matches!(two, 36 | 38 | 39) || matches!(three, 300..=305), // Diners Club
        15 => matches!(two, 34 | 37) || matches!(four, 1800 | 2131), // Amex, JCB
        16 => {
            let mastercard = matches!(two, 51..=55) || matches!(four, 2221..=2720);
            prefix(1) == 4 || mastercard || long(two, three, four)
        }
        17 | 18 => long(two, three, four),
        19 => prefix(1) == 4 || long(two, three, four),
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
    issued(digits) && luhn(digits)
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
    // As many digits as a word holds before each division.
    const FULL: u64 = u64::MAX / 1_000;
    let number = rest.iter().chain(head).try_fold(0_u64, |number, byte| {
        let number = match byte {
            b'0'..=b'9' => number * 10 + u64::from(byte - b'0'),
            b'A'..=b'Z' => number * 100 + u64::from(byte - b'A' + 10),
            b'a'..=b'z' => number * 100 + u64::from(byte - b'a' + 10),
            _ => return None,
        };
        Some(if number > FULL { number % 97 } else { number })
    });
    number.is_some_and(|number| number % 97 == 1)
}

/// Length of an IBAN by country: the SWIFT registry, release 101.
pub(super) fn iban_length(country: &[u8; 2]) -> Option<usize> {
    Some(match country {
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
        _ => return None,
    })
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
