//! Check digits of national numbers. Each takes the number without separators.
//!
//! Invariant: no input makes one panic; what has another length or alphabet is simply not one.

/// The digits as numbers, where there are exactly `N` of them.
fn digits<const N: usize>(text: &[u8]) -> Option<[u32; N]> {
    let exact: &[u8; N] = text.try_into().ok()?;
    exact
        .iter()
        .all(u8::is_ascii_digit)
        .then(|| exact.map(|byte| u32::from(byte - b'0')))
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits
        .iter()
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum()
}

fn number(text: &[u8]) -> Option<u64> {
    (text.len() <= 18 && text.iter().all(u8::is_ascii_digit)).then(|| {
        text.iter()
            .fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0'))
    })
}

/// Whether two digits each for month and day can be a date.
fn month_and_day(month: u32, day: u32) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// United Kingdom NHS number: weights 10 to 2, modulo 11.
pub(super) fn uk_nhs(text: &[u8]) -> bool {
    digits::<10>(text).is_some_and(|d| {
        d != [d[0]; 10] && weighted(&d, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
    })
}

/// Individual taxpayer identification number: 9xx, and a group that is issued.
pub(super) fn us_itin(text: &[u8]) -> bool {
    digits::<9>(text).is_some_and(|d| {
        let group = d[3] * 10 + d[4];
        d[0] == 9 && matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99)
    })
}

/// ABA routing number: weights 3, 7, 1, and a Federal Reserve prefix.
pub(super) fn us_routing(text: &[u8]) -> bool {
    digits::<9>(text).is_some_and(|d| {
        let prefix = d[0] * 10 + d[1];
        matches!(prefix, 0..=12 | 21..=32 | 61..=72 | 80)
            && weighted(&d, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
            && d != [0; 9]
    })
}

/// DEA registration: two letters, seven digits, of which the last is the check digit.
pub(super) fn medical_license(text: &[u8]) -> bool {
    let Some(([kind, name], rest)) = text.split_first_chunk::<2>() else {
        return false;
    };
    let lettered = b"ABCDEFGHJKLMPRSTUX".contains(&kind.to_ascii_uppercase())
        && (name.is_ascii_alphabetic() || *name == b'9');
    lettered
        && digits::<7>(rest)
            .is_some_and(|d| (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6])
}

/// British national insurance number: prefixes that are issued, six digits, A to D.
pub(super) fn uk_nino(text: &[u8]) -> bool {
    let upper = text.to_ascii_uppercase();
    let [first, second, middle @ .., last] = upper.as_slice() else {
        return false;
    };
    digits::<6>(middle).is_some()
        && first.is_ascii_alphabetic()
        && second.is_ascii_alphabetic()
        && !b"DFIQUV".contains(first)
        && !b"DFIQUVO".contains(second)
        && ![*b"BG", *b"GB", *b"KN", *b"NK", *b"NT", *b"TN", *b"ZZ"].contains(&[*first, *second])
        && (b'A'..=b'D').contains(last)
}

/// Spanish DNI, or NIE with X, Y or Z in front: modulo 23.
pub(super) fn es_nif(text: &[u8]) -> bool {
    let Some((check, body)) = text.split_last() else {
        return false;
    };
    let Some((first, rest)) = body.split_first() else {
        return false;
    };
    let front = match first.to_ascii_uppercase() {
        b'X' => 0,
        b'Y' => 1,
        b'Z' => 2,
        digit @ b'0'..=b'9' => u64::from(digit - b'0'),
        _ => return false,
    };
    let Some(rest) = number(rest).filter(|_| rest.len() == 7) else {
        return false;
    };
    let at = usize::try_from((front * 10_000_000 + rest) % 23).unwrap_or(23);
    b"TRWAGMYFPDXBNJZSQVHLCKE".get(at) == Some(&check.to_ascii_uppercase())
}

/// Italian fiscal code of a person, with the letters that replace digits where two would clash.
pub(super) fn it_fiscal_code(text: &[u8]) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    const SHAPE: &[u8; 16] = b"LLLLLLDDMDDLDDDL";
    if text.len() != SHAPE.len() {
        return false;
    }
    let mut sum = 0;
    for (at, (byte, shape)) in text.iter().zip(SHAPE).enumerate() {
        let byte = byte.to_ascii_uppercase();
        let fits = match shape {
            b'D' => byte.is_ascii_digit() || b"LMNPQRSTUV".contains(&byte),
            b'M' => b"ABCDEHLMPRST".contains(&byte),
            _ => byte.is_ascii_uppercase(),
        };
        if !fits {
            return false;
        }
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            _ => byte - b'A',
        };
        if at == 15 {
            return sum % 26 == u32::from(value);
        }
        sum += match at % 2 {
            0 => ODD.get(usize::from(value)).copied().unwrap_or(0),
            _ => u32::from(value),
        };
    }
    false
}

/// Polish PESEL: a date of birth, weights 1 3 7 9.
pub(super) fn pl_pesel(text: &[u8]) -> bool {
    digits::<11>(text).is_some_and(|d| {
        month_and_day((d[2] * 10 + d[3]) % 20, d[4] * 10 + d[5])
            && weighted(&d, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
    })
}

/// Finnish personal identity code: a date, a sign of the century, three digits, a check character.
pub(super) fn fi_code(text: &[u8]) -> bool {
    let Some((date, rest)) = text.split_first_chunk::<6>() else {
        return false;
    };
    let [sign, serial @ .., check] = rest else {
        return false;
    };
    let (Some(d), Some(serial_number)) = (digits::<6>(date), number(serial)) else {
        return false;
    };
    if serial.len() != 3 || !b"+-YXWVUABCDEF".contains(&sign.to_ascii_uppercase()) {
        return false;
    }
    let whole = number(date).unwrap_or(0) * 1000 + serial_number;
    let at = usize::try_from(whole % 31).unwrap_or(31);
    month_and_day(d[2] * 10 + d[3], d[0] * 10 + d[1])
        && (2..=899).contains(&serial_number)
        && b"0123456789ABCDEFHJKLMNPRSTUVWXY".get(at) == Some(&check.to_ascii_uppercase())
}

/// German tax identification number: ISO 7064 Mod 11,10, and one digit two or three times.
pub(super) fn de_tax_id(text: &[u8]) -> bool {
    let Some(d) = digits::<11>(text).filter(|d| d[0] != 0) else {
        return false;
    };
    let mut counts = [0_u8; 10];
    let mut product = 10;
    for digit in d.iter().take(10) {
        if let Some(count) = usize::try_from(*digit)
            .ok()
            .and_then(|at| counts.get_mut(at))
        {
            *count += 1;
        }
        let sum = match (digit + product) % 10 {
            0 => 10,
            sum => sum,
        };
        product = sum * 2 % 11;
    }
    let repeated = counts.iter().filter(|count| **count > 1).count();
    let most = counts.iter().max().copied().unwrap_or(0);
    repeated == 1 && most <= 3 && (11 - product) % 10 == d[10]
}

/// French NIR: thirteen digits (2A and 2B for Corsica) and a key, 97 minus the rest by 97.
pub(super) fn fr_nir(text: &[u8]) -> bool {
    let Some((body, key)) = text.split_at_checked(13) else {
        return false;
    };
    let Some(key) = number(key).filter(|_| key.len() == 2) else {
        return false;
    };
    let mut plain = [0_u8; 13];
    plain.copy_from_slice(body);
    let offset = match plain.get_mut(6).map(|byte| byte.to_ascii_uppercase()) {
        Some(letter @ (b'A' | b'B')) if body.get(5) == Some(&b'2') => {
            if let Some(place) = plain.get_mut(6) {
                *place = b'0';
            }
            1_000_000 * u64::from(letter - b'A' + 1)
        }
        _ => 0,
    };
    let first = matches!(body.first(), Some(b'1' | b'2' | b'7' | b'8'));
    let month = body.get(3..5).and_then(number);
    let dated = month.is_some_and(|month| matches!(month, 1..=12 | 20 | 30..=42 | 50..=99));
    first
        && dated
        && number(&plain).is_some_and(|body| body >= offset && 97 - (body - offset) % 97 == key)
}

/// Indian Aadhaar: twelve digits of which the first is above 1, by Verhoeff, no palindrome.
pub(super) fn in_aadhaar(text: &[u8]) -> bool {
    digits::<12>(text).is_some_and(|d| d[0] > 1 && verhoeff(&d) && !d.iter().eq(d.iter().rev()))
}

/// Verhoeff's check over the dihedral group of order ten.
fn verhoeff(digits: &[u32; 12]) -> bool {
    let step = |sum: u8, (digit, row): (&u32, &[[u8; 10]; 10])| {
        let products = row.get(usize::from(sum));
        let product = products.and_then(|row| row.get(usize::try_from(*digit).ok()?));
        product.copied().unwrap_or(0)
    };
    let places = digits.iter().rev().zip(STEPS.iter().cycle());
    places.fold(0, step) == 0
}

/// The product of what was before with a digit, permuted as at its place from the end, by the places
/// modulo eight: rotations are 0 to 4, reflections 5 to 9.
#[allow(clippy::indexing_slicing, reason = "done while compiling")]
static STEPS: [[[u8; 10]; 10]; 8] = {
    const ONCE: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let mut permuted = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    let mut steps = [[[0; 10]; 10]; 8];
    let mut at = 0;
    while at < 800 {
        let (place, a, digit) = (at / 100, at / 10 % 10, at % 10);
        let (b, a_u8): (u8, u8) = (permuted[digit], a as u8);
        steps[place][a][digit] = match (a_u8 < 5, b < 5) {
            (true, true) => (a_u8 + b) % 5,
            (true, false) => (a_u8 + b - 5) % 5 + 5,
            (false, true) => (a_u8 - b) % 5 + 5,
            (false, false) => (a_u8 + 5 - b) % 5,
        };
        at += 1;
        if at % 100 == 0 {
            let mut digit = 0;
            while digit < 10 {
                permuted[digit] = ONCE[permuted[digit] as usize];
                digit += 1;
            }
        }
    }
    steps
};

/// Indian permanent account number: five letters of which the fourth is a kind of holder, four
/// digits, a letter. It has no check digit that is public.
pub(super) fn in_pan(text: &[u8]) -> bool {
    let upper = text.to_ascii_uppercase();
    let Some((letters, rest)) = upper.split_first_chunk::<5>() else {
        return false;
    };
    let Some((middle, last)) = rest.split_first_chunk::<4>() else {
        return false;
    };
    letters.iter().all(u8::is_ascii_uppercase)
        && b"ABCFGHJLPT".contains(&letters[3])
        && middle.iter().all(u8::is_ascii_digit)
        && middle != b"0000"
        && matches!(last, [last] if last.is_ascii_uppercase())
}

/// Australian business number: the first digit less one, weights, modulo 89.
pub(super) fn au_abn(text: &[u8]) -> bool {
    digits::<11>(text).is_some_and(|mut d| {
        d[0] > 0 && {
            d[0] -= 1;
            weighted(&d, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]).is_multiple_of(89)
        }
    })
}

/// Australian company number: weights 8 to 1, modulo 10.
pub(super) fn au_acn(text: &[u8]) -> bool {
    digits::<9>(text).is_some_and(|d| {
        let sum = weighted(&d, &[8, 7, 6, 5, 4, 3, 2, 1]);
        d != [0; 9] && (10 - sum % 10) % 10 == d[8]
    })
}

/// Australian tax file number of nine digits: weights, modulo 11.
pub(super) fn au_tfn(text: &[u8]) -> bool {
    digits::<9>(text).is_some_and(|d| {
        d != [0; 9] && weighted(&d, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)
    })
}

/// Australian Medicare number, with or without the number of the person on the card.
pub(super) fn au_medicare(text: &[u8]) -> bool {
    let card = text.get(..10).unwrap_or_default();
    matches!(text.len(), 10 | 11)
        && text.iter().all(u8::is_ascii_digit)
        && digits::<10>(card).is_some_and(|d| {
            (2..=6).contains(&d[0])
                && weighted(&d, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == d[8]
                && d[9] > 0
        })
}

/// Singaporean NRIC or FIN: a letter, seven digits, a letter by weights modulo 11.
pub(super) fn sg_nric(text: &[u8]) -> bool {
    let upper = text.to_ascii_uppercase();
    let [first, middle @ .., last] = upper.as_slice() else {
        return false;
    };
    let Some(d) = digits::<7>(middle) else {
        return false;
    };
    let (offset, letters): (u32, &[u8; 11]) = match first {
        b'S' => (0, b"JZIHGFEDCBA"),
        b'T' => (4, b"JZIHGFEDCBA"),
        b'F' => (0, b"XWUTRQPNMLK"),
        b'G' => (4, b"XWUTRQPNMLK"),
        b'M' => (3, b"KLJNPQRTUWX"),
        _ => return false,
    };
    let rest = (weighted(&d, &[2, 7, 6, 5, 4, 3, 2]) + offset) % 11;
    let rest = if *first == b'M' { 10 - rest } else { rest };
    usize::try_from(rest).ok().and_then(|at| letters.get(at)) == Some(last)
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

    /// A check, numbers that are right and how many single wrong digits it may let pass.
    type Case = (fn(&[u8]) -> bool, &'static [&'static str], bool);

    /// Numbers that python-stdnum 2.x takes as valid (drawn at random there), and examples of the
    /// issuers; with whether every single wrong digit is found.
    const CASES: &[Case] = &[
        (
            uk_nhs,
            &[
                "6091390996",
                "9078666617",
                "1163726516",
                "0175989834",
                "9434765919",
            ],
            true,
        ),
        (us_routing, &["649264074", "711126985", "042303338"], true),
        (
            au_tfn,
            &["402344834", "088387371", "740931925", "912845298"],
            true,
        ),
        (
            au_abn,
            &[
                "45624180578",
                "95902949636",
                "97620669980",
                "94176738505",
                "51824753556",
            ],
            true,
        ),
        (
            au_acn,
            &[
                "702264079",
                "550597530",
                "838249522",
                "673501016",
                "004085616",
            ],
            false,
        ),
        (
            pl_pesel,
            &["84841564486", "41871812967", "46832388310", "56841470089"],
            true,
        ),
        (
            de_tax_id,
            &["48065271002", "26694630182", "85127498362", "53095246581"],
            true,
        ),
        (
            in_aadhaar,
            &[
                "505316038402",
                "371044734782",
                "707631867643",
                "508037931147",
            ],
            true,
        ),
        (
            es_nif,
            &[
                "52387016P",
                "91389850v",
                "45746625Q",
                "X1234567L",
                "Z7654321H",
            ],
            true,
        ),
        (
            it_fiscal_code,
            &["RSSMRA85T10A562S", "BNCLRD70A01F205D", "rssmra85t10a562s"],
            false,
        ),
        (fi_code, &["131052-308T", "010190A123M"], true),
        (fr_nir, &["295051234567875", "184097800608410"], true),
        (
            sg_nric,
            &["S1234567D", "T1234567J", "F1234567N", "G1234567X"],
            true,
        ),
        (medical_license, &["AB1234563", "F91234563"], false),
        (au_medicare, &["2123456701", "21234567012"], false),
    ];

    #[test]
    fn numbers_that_others_take_are_taken() {
        for (check, good, _) in CASES {
            for text in *good {
                assert!(check(text.as_bytes()), "{text}");
            }
        }
        assert!(us_itin(b"912903456") && !us_itin(b"912933456") && !us_itin(b"812903456"));
        assert!(uk_nino(b"AB123456C") && !uk_nino(b"GB123456C") && !uk_nino(b"AB123456E"));
        assert!(in_pan(b"ABCPD1234E") && !in_pan(b"ABCXD1234E"));
    }

    #[test]
    fn a_wrong_digit_is_found() {
        for (check, good, always) in CASES {
            let (mut wrong, mut passed) = (0, 0);
            for text in *good {
                for at in 0..text.len() {
                    for digit in b'0'..=b'9' {
                        let mut changed = text.as_bytes().to_vec();
                        if !changed[at].is_ascii_digit() || changed[at] == digit {
                            continue;
                        }
                        changed[at] = digit;
                        wrong += 1;
                        passed += usize::from(check(&changed));
                    }
                }
            }
            assert!(wrong > 0);
            assert!(
                passed * if *always { usize::MAX } else { 6 } <= wrong * usize::from(!*always),
                "{}: {passed} of {wrong}",
                good[0]
            );
        }
    }

    #[test]
    fn what_is_cut_or_of_another_alphabet_is_refused() {
        for (check, good, _) in CASES {
            for text in *good {
                for end in 0..text.len() {
                    // A Medicare number of eleven digits cut by one is one of ten.
                    let card = text.len() == 11 && end == 10;
                    assert!(card || !check(&text.as_bytes()[..end]), "{text}");
                }
                assert!(!check("é".repeat(text.len() / 2).as_bytes()), "{text}");
            }
        }
    }
}
